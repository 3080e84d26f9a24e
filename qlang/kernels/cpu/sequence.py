"""Native calls one after the other, made by one call from Python.

Where other processes have had the processor in between, the caches hold nothing of the interpreter, and each step that
Python makes takes some 10 μs more than where runs follow each other: of a circuit that takes 200 μs, a fifth.

The function is `void sequence(ptr calls, i64 count)`. A call is a function's address and `MOST_ARGUMENTS` integers;
functions of fewer do not look at the others, which a caller may pass by the calling conventions of all 64-bit systems.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Target
from qlang.kernels.cpu.memory import address
from qlang.kernels.cpu.native import sequence
from qlang.kernels.cpu.sequence_text import MOST_ARGUMENTS


class Call(NamedTuple):
    """One native call."""

    function: int
    """Its address."""
    arguments: tuple[int, ...]
    """Integers and addresses; what they point to is kept by others."""
    seconds: float
    """How long it takes at most, more or less."""


class CallSequence:
    """Calls that are made in their order."""

    __slots__ = ("_calls", "_count", "_first", "_function")

    def __init__(self, calls: Sequence[Call], compiler: Compiler, target: Target) -> None:
        self._calls = np.zeros((len(calls), 1 + MOST_ARGUMENTS), dtype=np.int64)
        for row, call in zip(self._calls, calls, strict=True):
            row[: 1 + len(call.arguments)] = call.function, *call.arguments
        self._first, self._count = address(self._calls), len(calls)
        self._function = sequence(compiler, target)

    def make(self) -> None:
        """Once more."""
        self._function(self._first, self._count)
