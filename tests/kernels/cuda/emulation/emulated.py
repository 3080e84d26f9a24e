"""A stand-in for a GPU: the generated CUDA C compiled for the CPU. Its results test semantics, never speed."""

import ctypes
import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.device import STORED
from qlang.kernels.cuda.layout import PASS, PATTERN, PHASE, TABLE, TERM
from qlang.kernels.cuda.shape import KernelShape
from qlang.kernels.cuda.source import KERNELS, cuda_source

PRELUDE = Path(__file__).parent / "prelude.hpp"
COMPILER = shutil.which("g++") or shutil.which("clang++")

_FLAGS = ("-std=c++17", "-O0", "-fPIC", "-shared", "-w", "-ffp-contract=off")


def compiled(shape: KernelShape, folder: Path) -> ctypes.CDLL:
    """The module of a shape, built in `folder` unless it is there."""
    assert COMPILER is not None
    text = f'#include "{PRELUDE}"\n{cuda_source(shape)}'
    stem = folder / hashlib.sha256((text + PRELUDE.read_text(encoding="utf-8")).encode()).hexdigest()[:16]
    library = stem.with_suffix(".so")
    if not library.exists():
        stem.with_suffix(".cpp").write_text(text, encoding="utf-8")
        made = subprocess.run(
            [COMPILER, *_FLAGS, "-o", str(stem.with_suffix(".part")), str(stem.with_suffix(".cpp"))],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        stem.with_suffix(".part").replace(library)
    return ctypes.CDLL(str(library))


class EmulatedDevice:
    """Implements `qlang.kernels.cuda.device.Device` on the CPU. Threads run one by one, by `stride` (odd) in their
    number, and blocks backwards unless that is 1: results may not depend on it."""

    def __init__(self, folder: Path, number: int = 0, memory: int = 1 << 30, stride: int = 1) -> None:
        self.name = f"stand-in {number} (CUDA C compiled for the CPU)"
        self.folder, self.memory, self.stride = folder, memory, stride
        self.launches: list[str] = []
        self._modules: dict[KernelShape, ctypes.CDLL] = {}

    def free_bytes(self) -> int:
        return self.memory

    def empty(self, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        return np.full(count * dtype.itemsize, 0xEE, dtype=np.uint8).view(dtype)

    def upload(self, values: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(values).reshape(-1).copy()

    def download(self, array: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
        return array.copy().view(dtype)

    def copy(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        target[...] = source

    def part(self, array: NDArray[Any], start: int, stop: int) -> NDArray[Any]:
        assert 0 <= start <= stop <= len(array)
        return array[start:stop]

    def synchronize(self) -> None:
        """Nothing: every launch is done when it returns."""

    def launch(
        self,
        shape: KernelShape,
        kernel: str,
        grid: tuple[int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Any],
    ) -> None:
        assert kernel in KERNELS and threads <= 1024 and shared_bytes <= 1 << 18
        assert self.stride % 2 and not threads & threads - 1, "every thread has to come once"
        assert 0 < grid[0] < 1 << 31 and 0 < grid[1] < 1 << 16
        self.launches.append(kernel)
        if shape not in self._modules:
            self._modules[shape] = compiled(shape, self.folder)
        module = self._modules[shape]
        function = getattr(module, kernel)
        function.restype = None
        declared = declarations(shape)[kernel]
        passed = [as_declared(*each) for each in zip(declared, arguments, strict=True)]
        blocks = [(x, y) for y in range(grid[1]) for x in range(grid[0])]
        for x, y in blocks if self.stride == 1 else reversed(blocks):
            module.qlang_block(x, y, *grid, threads, self.stride)
            function(*passed)


class EmulatedLink:
    """Parts of two stand-ins trade contents."""

    def __init__(self) -> None:
        self.swaps = 0

    def swap(self, left: Any, left_part: NDArray[Any], right: Any, right_part: NDArray[Any], dtype: Any) -> None:
        self.swaps += 1
        kept = left_part.copy()
        left_part[...] = right_part
        right_part[...] = kept


@lru_cache(maxsize=64)
def declarations(shape: KernelShape) -> dict[str, tuple[tuple[bool, np.dtype[Any]], ...]]:
    """By kernel, for each parameter whether it is a pointer, and the type of the number or of what it points to."""
    text = re.sub(r"\s+", " ", cuda_source(shape))
    double = shape.double
    records = {"Pass": PASS, "Phase": PHASE, "Table": TABLE, "Term": TERM, "Pattern": PATTERN}
    numbers = {"u64": "u8", "u32": "u4", "i64": "i8", "i32": "i4", "int": "i4", "double": "f8", "Wide": "c16"}
    numbers |= {"Real": "f8" if double else "f4", "Complex": "c16" if double else "c8"}
    types = {name: np.dtype(code) for name, code in numbers.items()} | records | {"Stored": STORED[shape.precision]}
    found = {}
    for name, parameters in re.findall(r"QLANG_KERNEL QLANG_BOUNDS\([^)]*\) (\w+)\(([^)]*)\)", text):
        found[name] = tuple(_declared(parameter, types) for parameter in parameters.split(","))
    assert sorted(found) == sorted(KERNELS)
    return found


def _declared(parameter: str, types: dict[str, np.dtype[Any]]) -> tuple[bool, np.dtype[Any]]:
    words = parameter.replace("const", "").replace("__restrict__", "").replace("*", " * ").split()
    return "*" in words, types[words[0]]


def as_declared(declared: tuple[bool, np.dtype[Any]], argument: Any) -> Any:
    """As ctypes passes it. A GPU takes as many bytes as the kernel declares, so types have to be the very same."""
    pointer, kind = declared
    assert isinstance(argument, np.ndarray) == pointer and argument.dtype == kind, (declared, argument)
    if pointer:
        return ctypes.c_void_p(argument.ctypes.data)
    return {"u": ctypes.c_uint64, "i": ctypes.c_int32, "f": ctypes.c_double}[kind.kind](argument.item())
