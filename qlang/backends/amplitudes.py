"""A vector over bits, changed in place through views of its parts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from qlang.backends.gate_steps import Array, Step

_MAX_KEPT = 4096
"""Entries kept in the table of views; it is emptied when full."""

_Views: TypeAlias = tuple[tuple[Array, ...], Array, Array]
"""The parts, and two pieces of scratch space of the shape of one."""


class Amplitudes:
    """2^bits numbers; bit 0 is the least significant of an index.

    Views are made once for each list of bits and stay valid, since the vector is only ever changed in place. Copies
    keep none: there may be thousands. The scratch space is shared among copies; nothing in it outlives a step.
    """

    __slots__ = ("_kept", "_scratch", "vector")

    def __init__(self, vector: Array) -> None:
        self.vector = vector
        self._scratch = np.empty_like(vector)
        self._kept: dict[tuple[tuple[int, ...], str], _Views] | None = {}

    def copy(self) -> "Amplitudes":
        """An independent copy."""
        twin = Amplitudes.__new__(Amplitudes)
        twin.vector, twin._scratch, twin._kept = self.vector.copy(), self._scratch, None
        return twin

    def apply(self, steps: Sequence[Step], bits: tuple[int, ...], controls: str = "") -> None:
        """Apply a matrix; its index is made of `bits` without the leading controls, the first most significant.

        Bit k of the leading `len(controls)` must have the value `controls[k]`.
        """
        parts, spare, other = self._views(bits, controls)
        for function, where, coefficients in steps:
            function(parts, where, coefficients, spare, other)

    def parts(self, bits: tuple[int, ...]) -> tuple[Array, ...]:
        """Views where `bits` spell 0, 1, 2, …, the first bit the most significant."""
        return self._views(bits, "")[0]

    def _views(self, bits: tuple[int, ...], controls: str) -> _Views:
        if self._kept is None:
            return self._make(bits, controls)
        found = self._kept.get((bits, controls))
        if found is None:
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            found = self._kept[bits, controls] = self._make(bits, controls)
        return found

    def _make(self, bits: tuple[int, ...], controls: str) -> _Views:
        shape, indices = _recipe(bits, controls)
        grid = self.vector.reshape(shape)
        parts = tuple([grid[index] for index in indices])
        size, half = parts[0].size, len(self._scratch) // 2
        spare = self._scratch[:size].reshape(parts[0].shape)
        other = self._scratch[half : half + size].reshape(parts[0].shape) if size <= half else spare
        return parts, spare, other


@lru_cache(maxsize=_MAX_KEPT)
def _recipe(bits: tuple[int, ...], controls: str) -> tuple[tuple[int, ...], tuple[tuple[int | slice, ...], ...]]:
    """The shape that gives every bit an axis of its own, and the index of each part."""
    order = sorted(bits, reverse=True)
    shape = [-1]
    for bit, lower in zip(order, [*order, -1][1:], strict=False):
        shape += [2, 1 << (bit - lower - 1)]
    axes = {bit: 1 + 2 * position for position, bit in enumerate(order)}
    free = len(bits) - len(controls)
    indices = []
    for pattern in range(1 << free):
        values = [int(value) for value in controls] + [pattern >> (free - 1 - k) & 1 for k in range(free)]
        index: list[int | slice] = [slice(None)] * len(shape)
        for bit, value in zip(bits, values, strict=True):
            index[axes[bit]] = value
        indices.append(tuple(index))
    return tuple(shape), tuple(indices)
