"""Which devices NVIDIA's driver shows, asked without CuPy: a compiler that only wants to know shall not wait for it."""

import ctypes
from functools import lru_cache
from importlib.util import find_spec

from qlang.kernels.cuda.errors import NoCuda

_LIBRARIES = ("libcuda.so.1", "nvcuda.dll")
_NO_DEVICE = 100
"""What the driver's functions return where it works and shows no device (CUDA_ERROR_NO_DEVICE)."""


def cupy_installed() -> bool:
    """Whether the extra `cuda` is there; looks for the package without importing it."""
    return find_spec("cupy") is not None


def missing() -> NoCuda | None:
    """Why the GPU target cannot run here; None where it can. CuPy is not imported."""
    if not cupy_installed():
        return NoCuda("no_cupy")
    memory = device_memory()
    if memory is None:
        return NoCuda("no_driver")
    return None if memory else NoCuda("no_device")


@lru_cache(maxsize=1)
def device_memory() -> tuple[int, ...] | None:
    """Bytes of each device in CUDA's order; None where there is no working driver."""
    driver = _driver()
    if driver is None:
        return None
    if failure := driver.cuInit(0):
        return () if failure == _NO_DEVICE else None
    count = ctypes.c_int()
    if driver.cuDeviceGetCount(ctypes.byref(count)):
        return None
    sizes = []
    for number in range(count.value):
        device, size = ctypes.c_int(), ctypes.c_size_t()
        if driver.cuDeviceGet(ctypes.byref(device), number) or driver.cuDeviceTotalMem_v2(ctypes.byref(size), device):
            return None
        sizes.append(size.value)
    return tuple(sizes)


def usable_memory() -> int:
    """Nine tenths of the bytes that a state may be spread over: a power of two of devices, all as large as the
    smallest of them; 0 without devices."""
    memory = device_memory() or ()
    count = 1 << len(memory).bit_length() - 1 if memory else 0
    return count * min(memory[:count], default=0) * 9 // 10


def _driver() -> ctypes.CDLL | None:
    for name in _LIBRARIES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None
