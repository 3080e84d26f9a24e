"""Devices through CuPy. Nothing imports CuPy before `cuda_devices` is called.

Modules are compiled by NVRTC for the device at hand; CuPy keeps the machine code in its own cache on disk, under the
digest of source, options and compiler, with a checksum in each entry.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.device import Argument, Device, DeviceArray, Link
from qlang.kernels.cuda.driver import missing
from qlang.kernels.cuda.errors import NoCuda
from qlang.kernels.cuda.shape import KernelShape
from qlang.kernels.cuda.source import cuda_source

_OPTIONS = ("--std=c++17",)
_KEPT_BYTES = 256 << 20
"""Memory left to the driver and to phase tables when a state is allocated."""


@lru_cache(maxsize=1)
def cuda_devices() -> tuple["CupyDevice", ...]:
    """All devices of this process, in CUDA's order, with the modules loaded on them. Raises NoCuda."""
    if (lacking := missing()) is not None:
        raise lacking
    try:
        cupy: Any = import_module("cupy")
    except ImportError as error:  # CuPy without the libraries that it needs
        raise NoCuda("broken_cupy", str(error)) from error
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise NoCuda("no_driver", str(error)) from error
    if not count:
        raise NoCuda("no_device")
    try:  # here, and not in the middle of a run, when it compiles
        cupy.cuda.nvrtc.getVersion()
    except (RuntimeError, ImportError) as error:
        raise NoCuda("no_compiler", str(error).strip()) from error
    return tuple(CupyDevice(cupy, number) for number in range(count))


def cuda_available() -> bool:
    """Whether `cuda_devices` would give one; CuPy is imported only where it is installed."""
    if missing() is not None:
        return False
    try:
        return bool(cuda_devices())
    except NoCuda:
        return False


class CupyDevice:
    """One GPU; launches and copies go to the stream that is current for it."""

    def __init__(self, cupy: Any, number: int) -> None:
        self.number = number
        self._cupy = cupy
        self._device = cupy.cuda.Device(number)
        self._modules: dict[KernelShape, Any] = {}
        self._kernels: dict[tuple[KernelShape, str], Any] = {}
        properties = cupy.cuda.runtime.getDeviceProperties(number)
        self.name: str = properties["name"].decode()
        self.most_shared_bytes: int = properties["sharedMemPerBlockOptin"]

    def free_bytes(self) -> int:
        with self._device:
            free, _ = self._cupy.cuda.runtime.memGetInfo()
            return max(0, int(free) + int(self._cupy.get_default_memory_pool().free_bytes()) - _KEPT_BYTES)

    def empty(self, count: int, dtype: np.dtype[Any]) -> DeviceArray:
        with self._device:
            return self._cupy.empty(count, dtype=dtype)

    def upload(self, values: NDArray[Any]) -> DeviceArray:
        flat = np.ascontiguousarray(values).reshape(-1)
        with self._device:  # CuPy has no record types
            return self._cupy.asarray(flat.view(np.uint8) if flat.dtype.names else flat)

    def download(self, array: DeviceArray, dtype: np.dtype[Any]) -> NDArray[Any]:
        with self._device:
            values: NDArray[Any] = self._cupy.asnumpy(array).view(dtype)
            return values

    def copy(self, source: DeviceArray, target: DeviceArray) -> None:
        with self._device:  # no kernel of CuPy's, which would need more of CUDA than its compiler
            target.data.copy_from_device_async(source.data, source.nbytes)

    def part(self, array: DeviceArray, start: int, stop: int) -> DeviceArray:
        return array[start:stop]

    def launch(
        self,
        shape: KernelShape,
        kernel: str,
        grid: tuple[int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Argument],
    ) -> None:
        with self._device:
            function = self._function(shape, kernel)
            function((*grid, 1), (threads, 1, 1), tuple(arguments), shared_mem=shared_bytes)

    def synchronize(self) -> None:
        """Wait for all launches."""
        self._device.synchronize()

    def _function(self, shape: KernelShape, kernel: str) -> Any:
        key = (shape, kernel)
        if key not in self._kernels:
            if shape not in self._modules:
                self._modules[shape] = self._cupy.RawModule(code=cuda_source(shape), options=_OPTIONS)
            function = self._modules[shape].get_function(kernel)
            function.max_dynamic_shared_size_bytes = self.most_shared_bytes  # beyond 48 KiB only what is asked for
            self._kernels[key] = function
        return self._kernels[key]


class PeerLink:
    """Copies between devices by the driver, directly where the hardware has a path and through the host otherwise."""

    def __init__(self, cupy: Any) -> None:
        self._cupy = cupy

    def swap(
        self, left: Device, left_part: DeviceArray, right: Device, right_part: DeviceArray, dtype: np.dtype[Any]
    ) -> None:
        assert isinstance(left, CupyDevice) and isinstance(right, CupyDevice)
        copy = self._cupy.cuda.runtime.memcpyPeer
        left.synchronize()
        right.synchronize()
        kept = right.empty(len(right_part), dtype)
        size = kept.nbytes
        copy(kept.data.ptr, right.number, left_part.data.ptr, left.number, size)
        copy(left_part.data.ptr, left.number, right_part.data.ptr, right.number, size)
        copy(right_part.data.ptr, right.number, kept.data.ptr, right.number, size)
        left.synchronize()
        right.synchronize()


class NcclLink:
    """Sends and receives of NCCL, both directions at once."""

    def __init__(self, cupy: Any, nccl: Any, devices: Sequence[CupyDevice]) -> None:
        self._cupy, self._nccl = cupy, nccl
        self._rank = {device.number: rank for rank, device in enumerate(devices)}
        self._communicators = nccl.NcclCommunicator.initAll([device.number for device in devices])

    def swap(
        self, left: Device, left_part: DeviceArray, right: Device, right_part: DeviceArray, dtype: np.dtype[Any]
    ) -> None:
        assert isinstance(left, CupyDevice) and isinstance(right, CupyDevice)
        sides = ((left, left_part, right), (right, right_part, left))
        received = [device.empty(len(part), dtype) for device, part, _ in sides]
        self._nccl.groupStart()
        for (device, part, other), into in zip(sides, received, strict=True):
            communicator, peer = self._communicators[self._rank[device.number]], self._rank[other.number]
            with self._cupy.cuda.Device(device.number):
                stream = self._cupy.cuda.get_current_stream().ptr
                communicator.send(part.data.ptr, part.nbytes, self._nccl.NCCL_UINT8, peer, stream)
                communicator.recv(into.data.ptr, into.nbytes, self._nccl.NCCL_UINT8, peer, stream)
        self._nccl.groupEnd()
        for (device, part, _), into in zip(sides, received, strict=True):
            device.copy(into, part)


def link_of(devices: Sequence[CupyDevice]) -> Link:
    """How these devices exchange amplitudes: by NCCL where CuPy has it."""
    cupy: Any = import_module("cupy")
    nccl: Any = import_module("cupy.cuda.nccl")
    return NcclLink(cupy, nccl, devices) if nccl.available else PeerLink(cupy)
