"""Runs of passes over pieces of a state that a core's own cache holds.

A state that is one buffer may be larger than that cache. Where the cache that all cores share is slow, passes that
rotate few wires between them are executed one after the other on a piece of the buffer before the next piece begins.
A piece is what some bits of an offset leave free that none of these passes changes, so it is made of several spans.
Every group of vectors goes through the same operations in the same order: no bit of the result depends on pieces.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from qlang.kernels.cpu.arguments import Word

_SPAN_BITS = 10
"""log2 of the bytes that a piece has together at least: processors fetch neighbouring lines of the cache."""
_WHOLE = 2
"""A state of up to so many pieces is in the cache as it is. Threads that share each pass over it are up to a third
faster than such that take pieces, which would be one or two."""
_WAY_SHARE = 4
"""A piece of a quarter of the cache is so many times what one of the usual 16 ways of it holds."""
_MOST_ALIKE = 4
"""log2 of the spans of a plane that may fall into the same sets of the cache."""


@dataclass(frozen=True, slots=True)
class PassRun:
    """The passes `first` … `first + passes − 1`; `fixed` are the bits of an offset that are constant in a piece."""

    first: int
    passes: int
    fixed: int


def runs_of(held: Sequence[int], plane_bytes: int, piece_bytes: int) -> list[PassRun]:
    """The runs of passes over a buffer with planes of so many bytes.

    `held` are the bits of an offset that the vectors differ in which a pass holds at once; `piece_bytes` are those of
    both planes of a piece, 0: no pieces. A run of one pass has nothing fixed.
    """
    largest = piece_bytes // 2
    if not largest or plane_bytes <= _WHOLE * largest:
        return [PassRun(number, 1, 0) for number in range(len(held))]
    whole, span = plane_bytes - 1, (1 << _SPAN_BITS) - 1
    alike = whole & -(piece_bytes // _WAY_SHARE)
    runs = []
    first, union = 0, span
    for number, each in enumerate(held):
        both = union | each
        if 1 << both.bit_count() > largest or (both & alike).bit_count() > _MOST_ALIKE:
            if number > first:
                runs.append(_run(first, number - first, union, largest, whole))
            first, union = number, span | each
        else:
            union = both
    if held:
        runs.append(_run(first, len(held) - first, union, largest, whole))
    return runs


def _run(first: int, passes: int, union: int, largest: int, whole: int) -> PassRun:
    """A run whose pieces have some bits and, as far as there is room, the lowest others."""
    if passes == 1:
        return PassRun(first, 1, 0)
    free = whole & ~union
    while free and 1 << union.bit_count() < largest:
        lowest = free & -free
        union, free = union | lowest, free ^ lowest
    return PassRun(first, passes, free)


def write_runs(runs: Sequence[PassRun], words: array[int], start: int) -> None:
    """Writes a sweep's runs into the blocks of its passes, the first of which begins at `start`."""
    for number, run in enumerate(runs):
        words[start + number * Word.WORDS + Word.RUN_FIRST] = run.first
        begin = start + run.first * Word.WORDS
        words[begin + Word.RUN_PASSES] = run.passes
        words[begin + Word.RUN_FIXED] = run.fixed
        if run.fixed:
            for block in range(begin, begin + run.passes * Word.WORDS, Word.WORDS):
                words[block + Word.WALK] |= run.fixed
                words[block + Word.GROUPS] >>= run.fixed.bit_count()
