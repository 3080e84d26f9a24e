"""What the launcher asks of a device, so that one driver serves CuPy's devices and the stand-in of the tests."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.shape import KernelShape, Precision

DeviceArray: TypeAlias = Any
"""Memory on a device, flat; only the device that made it looks inside."""

Argument: TypeAlias = DeviceArray | np.generic
"""Of a kernel: an array, or a number of exactly the type that the kernel declares."""

STORED: dict[Precision, np.dtype[Any]] = {
    "float32": np.dtype(np.complex64),
    "float64": np.dtype(np.complex128),
    "bfloat16": np.dtype(np.uint32),
}
"""The type of a stored amplitude; for `bfloat16` two of them in 32 bits, the real part lower."""


class Device(Protocol):
    """One GPU, or a stand-in."""

    name: str

    def __hash__(self) -> int:
        """By identity: arrays of programs are kept for a device."""

    def free_bytes(self) -> int:
        """Memory that may still be allocated."""

    def empty(self, count: int, dtype: np.dtype[Any]) -> DeviceArray:
        """Memory with undefined contents."""

    def upload(self, values: NDArray[Any]) -> DeviceArray:
        """A copy of an array, of any record type, flattened."""

    def download(self, array: DeviceArray, dtype: np.dtype[Any]) -> NDArray[Any]:
        """A flat copy on the host, once all launches before are done."""

    def copy(self, source: DeviceArray, target: DeviceArray) -> None:
        """Copy all of one array into another of the same length."""

    def part(self, array: DeviceArray, start: int, stop: int) -> DeviceArray:
        """Elements `start` up to `stop` of an array, shared with it."""

    def launch(
        self,
        shape: KernelShape,
        kernel: str,
        grid: tuple[int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Argument],
    ) -> None:
        """Start a kernel of the module of `shape`; later launches and copies of this device wait for it."""


class Link(Protocol):
    """How amplitudes travel between devices."""

    def swap(
        self, left: Device, left_part: DeviceArray, right: Device, right_part: DeviceArray, dtype: np.dtype[Any]
    ) -> None:
        """Let two parts of equal length, one on each device, trade contents."""
