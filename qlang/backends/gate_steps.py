"""A matrix as the least work that applies it.

The 2^k amplitudes that a gate mixes form groups: indices joined by nonzero entries. A group of one is scaled, a
group of two is exchanged or rotated, a larger one multiplied by its block; what stays as it is costs nothing. So
controlled gates touch only their active half, rotations such as `rxx` become two plane rotations, and the same
holds for noise channels in the Pauli basis.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.ir.matrices import matrix

Array: TypeAlias = NDArray[Any]
"""Amplitudes (complex128) or Pauli components (float64)."""

Apply: TypeAlias = Callable[[tuple[Array, ...], tuple[int, ...], Any, Array, Array], None]
Step: TypeAlias = tuple[Apply, tuple[int, ...], Any]
"""How, on which groups of amplitudes, with which coefficients."""

NEGLIGIBLE = 1e-16
"""Entries of smaller modulus are taken as zero: below the rounding of a unit entry."""


def _scale(parts: tuple[Array, ...], where: tuple[int, ...], factor: Any, spare: Array, other: Array) -> None:
    part = parts[where[0]]
    np.multiply(part, factor, part)


def _swap(parts: tuple[Array, ...], where: tuple[int, ...], factors: Any, spare: Array, other: Array) -> None:
    first, second = parts[where[0]], parts[where[1]]
    np.copyto(spare, first)
    np.copyto(first, second)
    np.copyto(second, spare)


def _exchange(parts: tuple[Array, ...], where: tuple[int, ...], factors: Any, spare: Array, other: Array) -> None:
    first, second = parts[where[0]], parts[where[1]]
    np.multiply(second, factors[0], spare)
    np.multiply(first, factors[1], second)
    np.copyto(first, spare)


def _rotate(parts: tuple[Array, ...], where: tuple[int, ...], block: Any, spare: Array, other: Array) -> None:
    first, second = parts[where[0]], parts[where[1]]
    np.multiply(first, block[0], spare)
    np.multiply(second, block[1], other)
    np.add(spare, other, spare)
    np.multiply(first, block[2], first)
    np.multiply(second, block[3], second)
    np.add(second, first, second)
    np.copyto(first, spare)


def _multiply(parts: tuple[Array, ...], where: tuple[int, ...], block: Any, spare: Array, other: Array) -> None:
    chosen = [parts[index] for index in where]
    product = block @ np.stack(chosen).reshape(len(where), -1)
    for part, row in zip(chosen, product, strict=True):
        part[...] = row.reshape(part.shape)


def steps_of(block: Array, negligible: float = NEGLIGIBLE) -> tuple[Step, ...]:
    """The steps that apply a square matrix to the parts of a state."""
    used = np.abs(block) > negligible
    steps: list[Step] = []
    for where in _groups(used.tobytes(), len(block)):
        step = _MAKERS.get(len(where), _block_step)(block, used, where)
        if step is not None:
            steps.append(step)
    return tuple(steps)


def _scale_step(block: Array, used: Array, where: tuple[int, ...]) -> Step | None:
    factor = block[where[0], where[0]].item()
    return None if factor == 1 else (_scale, where, factor)


def _pair_step(block: Array, used: Array, where: tuple[int, ...]) -> Step | None:
    i, j = where
    if used[i, i] or used[j, j]:
        return _rotate, where, tuple(block[np.ix_(where, where)].ravel().tolist())
    factors = block[i, j].item(), block[j, i].item()
    return (_swap, where, None) if factors == (1, 1) else (_exchange, where, factors)


def _block_step(block: Array, used: Array, where: tuple[int, ...]) -> Step | None:
    return _multiply, where, block[np.ix_(where, where)]


_MAKERS = {1: _scale_step, 2: _pair_step}


@lru_cache(maxsize=1024)
def _groups(pattern: bytes, size: int) -> tuple[tuple[int, ...], ...]:
    """Indices joined by nonzero entries, each group ascending."""
    used = np.frombuffer(pattern, dtype=bool).reshape(size, size)
    joined = used | used.T
    left, groups = set(range(size)), []
    while left:
        group, waiting = set(), [min(left)]
        while waiting:
            index = waiting.pop()
            if index not in group:
                group.add(index)
                waiting.extend(np.flatnonzero(joined[index]).tolist())
        left -= group
        groups.append(tuple(sorted(group)))
    return tuple(groups)


@lru_cache(maxsize=8192)
def gate_steps(code: int, parameters: tuple[float, ...]) -> tuple[Step, ...]:
    """The steps of a primitive gate on a state vector."""
    return steps_of(matrix(code, parameters))
