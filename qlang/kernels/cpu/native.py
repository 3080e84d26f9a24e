"""Functions of the generated code, as Python calls them."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.driver_text import driver_module
from qlang.kernels.cpu.host import Precision, Target
from qlang.kernels.cpu.sequence_text import sequence_module
from qlang.kernels.cpu.state_text import join_module, overlap_module, product_module
from qlang.kernels.cpu.team_text import team_module

NativeFunction = Callable[..., Any]
_POINTER, _INTEGER = ctypes.c_void_p, ctypes.c_int64


@lru_cache(maxsize=16)
def driver(compiler: Compiler, target: Target, precision: Precision) -> NativeFunction:
    """`drive(sweep, blocks, re, im, mixed, begin, end)`, see `qlang.kernels.cpu.driver_text`."""
    address = compiler.address(Source(driver_module, (target, precision), target))
    return ctypes.CFUNCTYPE(None, *[_POINTER] * 5, _INTEGER, _INTEGER)(address)


@lru_cache(maxsize=16)
def team_driver(compiler: Compiler, target: Target, precision: Precision) -> NativeFunction:
    """`team(sweep, blocks, re, im, mixed, team, joins, begin, end)`, see `qlang.kernels.cpu.team_text`."""
    address = compiler.address(Source(team_module, (target, precision), target))
    return ctypes.CFUNCTYPE(None, *[_POINTER] * 6, *[_INTEGER] * 3)(address)


@lru_cache(maxsize=16)
def sequence(compiler: Compiler, target: Target) -> NativeFunction:
    """`sequence(calls, count)`, see `qlang.kernels.cpu.sequence`."""
    address = compiler.address(Source(sequence_module, (), target))
    return ctypes.CFUNCTYPE(None, _POINTER, _INTEGER)(address)


def address_of(function: Any) -> int:
    """Where the code of one of these functions is, or of one of `ctypes`."""
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@lru_cache(maxsize=1)
def yield_address() -> int:
    """The system's function that offers the processor to other threads; an integer is returned, none is taken."""
    if sys.platform == "win32":
        function = ctypes.windll.kernel32.SwitchToThread
    else:
        function = ctypes.CDLL(None).sched_yield
    return ctypes.cast(function, ctypes.c_void_p).value or 0


@lru_cache(maxsize=16)
def product(compiler: Compiler, target: Target, precision: Precision) -> NativeFunction:
    """`product(re, im, low, low_bytes, high, begin, end)`, see `qlang.kernels.cpu.state_text`."""
    address = compiler.address(Source(product_module, (target, precision), target))
    return ctypes.CFUNCTYPE(None, *[_POINTER] * 3, _INTEGER, _POINTER, _INTEGER, _INTEGER)(address)


@lru_cache(maxsize=16)
def join(compiler: Compiler, target: Target, precision: Precision) -> NativeFunction:
    """`join(re, im, chunk_bytes, factors, stride, count, begin, end)`, see `qlang.kernels.cpu.state_text`."""
    address = compiler.address(Source(join_module, (target, precision), target))
    return ctypes.CFUNCTYPE(None, *[_POINTER] * 2, _INTEGER, _POINTER, *[_INTEGER] * 4)(address)


@lru_cache(maxsize=16)
def overlap(compiler: Compiler, target: Target, precision: Precision) -> NativeFunction:
    """`overlap(words, index, out, begin, end)`, see `qlang.kernels.cpu.state_text`."""
    address = compiler.address(Source(overlap_module, (target, precision), target))
    return ctypes.CFUNCTYPE(None, *[_POINTER] * 3, _INTEGER, _INTEGER)(address)
