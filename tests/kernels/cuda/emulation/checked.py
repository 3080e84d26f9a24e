"""A stand-in for a GPU that finds races: see `checker.hpp`. Slower than `emulated`, and for the same texts."""

import ctypes
import hashlib
import re
import subprocess
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from emulated import COMPILER, EmulatedDevice, as_declared, declarations

from qlang.kernels.cuda.shape import KernelShape
from qlang.kernels.cuda.source import KERNELS, cuda_source

HERE = Path(__file__).parent
_FLAGS = ("-std=c++17", "-fPIC", "-w")
_KERNEL_FLAGS = ("-O0", "-ffp-contract=off", "-fsanitize=thread")


class Wrong(AssertionError):
    """What a launch does that it may not do, line by line."""


class CheckedDevice(EmulatedDevice):
    """Raises `Wrong` at the first launch with a race, a divergent barrier or an access outside of its memory.

    `changed` may put mistakes into the text. With `banks` conflicts in the tiles of sweeps are counted.
    """

    def __init__(
        self,
        folder: Path,
        number: int = 0,
        stride: int = 1,
        changed: Callable[[str], str] = lambda text: text,
        *,
        banks: bool = False,
    ) -> None:
        super().__init__(folder, number, stride=stride)
        self.changed, self.banks = changed, banks
        self._checked: dict[KernelShape, ctypes.CDLL] = {}

    def launch(
        self,
        shape: KernelShape,
        kernel: str,
        grid: tuple[int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Any],
    ) -> None:
        if shape not in self._checked:
            self._checked[shape] = _library(self.changed(cuda_source(shape)), shape, self.folder)
        library = self._checked[shape]
        self.launches.append(kernel)
        held = [as_declared(*each) for each in zip(declarations(shape)[kernel], arguments, strict=True)]
        cells = (ctypes.c_uint64 * len(held)).in_dll(library, "qlang_arguments")
        for place, value in enumerate(held):
            ctypes.memmove(ctypes.byref(cells, 8 * place), ctypes.byref(value), ctypes.sizeof(value))
        arrays = list({each.ctypes.data: each for each in arguments if isinstance(each, np.ndarray)}.values())
        begins, sizes = ((ctypes.c_size_t * len(arrays))() for _ in range(2))
        for place, array in enumerate(arrays):
            begins[place], sizes[place] = array.ctypes.data, array.nbytes
        library.qlang_launch.restype = ctypes.c_char_p
        counted = shape.tile_bytes if self.banks and kernel == "sweep" else 0
        said = library.qlang_launch(
            *(getattr(library, f"qlang_thread_{kernel}"), *grid, threads, ctypes.c_size_t(shared_bytes), self.stride),
            *(len(arrays), begins, sizes, ctypes.c_size_t(counted)),
        )
        if said:
            raise Wrong(f"{kernel}:\n{said.decode()}")

    def wavefronts(self) -> tuple[int, int]:
        """Of the tiles' shared memory since the modules were loaded: how many, and how many without conflicts."""
        both = (ctypes.c_longlong * 2)()
        total = np.zeros(2, dtype=np.int64)
        for library in self._checked.values():
            library.qlang_wavefronts(both)
            total += both
        return int(total[0]), int(total[1])


def _library(source: str, shape: KernelShape, folder: Path) -> ctypes.CDLL:
    """The text with one function for each kernel that a thread begins with; a library of its own for every call."""
    thunks = [
        f'extern "C" void qlang_thread_{name}() {{ {name}({", ".join(_passed(parameters))}); }}'
        for name, parameters in re.findall(r"QLANG_KERNEL QLANG_BOUNDS\([^)]*\) (\w+)\(([^)]*)\)", source)
    ]
    assert len(thunks) == len(KERNELS) == len(declarations(shape))
    text = "\n".join(
        [f'#include "{HERE / "checker.hpp"}"', source, 'extern "C" u64 qlang_arguments[32] = {};', *thunks]
    )
    stem = folder / f"checked-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    library = stem.with_suffix(".so")
    if not library.exists():
        stem.with_suffix(".cpp").write_text(text, encoding="utf-8")
        _compile([*_KERNEL_FLAGS, "-c", "-o", str(stem.with_suffix(".o")), str(stem.with_suffix(".cpp"))])
        _compile(["-shared", "-o", str(library), str(stem.with_suffix(".o")), str(_runtime(folder))])
    return ctypes.CDLL(str(library))


def _passed(parameters: str) -> list[str]:
    """The arguments of a kernel, each from a cell of its own."""
    types = [
        re.sub(r"\w+$|__restrict__", "", each.strip()).strip() for each in re.sub(r"\s+", " ", parameters).split(",")
    ]
    return [f"*({kind.strip()}*)&qlang_arguments[{place}]" for place, kind in enumerate(types)]


@lru_cache(maxsize=4)
def _runtime(folder: Path) -> Path:
    _compile(["-O2", "-c", "-o", str(folder / "checker.o"), str(HERE / "checker.cpp")])
    return folder / "checker.o"


def _compile(arguments: Sequence[str]) -> None:
    assert COMPILER is not None
    made = subprocess.run([COMPILER, *_FLAGS, *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert made.returncode == 0, made.stderr
