"""Which steps of a circuit are on which wires, and which comes last or next on a wire: of all steps at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.steps import CX, PARITY, PATTERN, SWAP, TWIST, Steps

Integers = NDArray[np.int64]

_INDEX_BITS = 56
_MOST_BITS = 63
"""Of a number that is not negative."""


def wire_masks(steps: Steps) -> Integers:
    """The wires of each step."""
    kinds, first, second = steps.kinds, steps.first, steps.second
    masks = np.where((kinds == PARITY) | (kinds == PATTERN), first, np.left_shift(1, first))
    pairs, twists = np.flatnonzero((kinds == CX) | (kinds == SWAP)), np.flatnonzero(kinds == TWIST)
    masks[pairs] |= np.left_shift(1, second[pairs])
    masks[twists] |= second[twists]
    return masks


def by_wire(masks: Integers) -> tuple[Integers, Integers]:
    """Wires and steps for every wire of every step, by wire and then by step, from the wires of each step."""
    keys = [masks[:0], *(wires << _INDEX_BITS | rows for rows, wires in _lowest_first(masks))]
    return _apart(np.concatenate(keys))


def ordered(wires: Integers, indices: Integers) -> tuple[Integers, Integers]:
    """The same by wire and then by index, which are below 2^56."""
    return _apart(wires << _INDEX_BITS | indices)


def _apart(keys: Integers) -> tuple[Integers, Integers]:
    """Wires and indices in order, from numbers that hold both."""
    keys.sort()
    return keys >> _INDEX_BITS, keys & (1 << _INDEX_BITS) - 1


def stable_order(numbers: Integers) -> Integers:
    """The places of numbers, which are not negative, in ascending order; of equal ones the first place comes first.

    Where there is room, places are sorted along with the numbers: this takes half of the time of sorting by them.
    """
    bits = len(numbers).bit_length()
    if int(numbers.max(initial=0)).bit_length() + bits > _MOST_BITS:
        return np.argsort(numbers, kind="stable")
    keys = numbers << bits | np.arange(len(numbers))
    keys.sort()
    places: Integers = keys & (1 << bits) - 1
    return places


def wires_in(masks: Integers) -> tuple[Integers, Integers]:
    """For every bit of every mask the mask's number and the bit; the lowest bits of all masks come first."""
    numbers, wires = [masks[:0]], [masks[:0]]
    for rows, lowest in _lowest_first(masks):
        numbers.append(rows)
        wires.append(lowest)
    return np.concatenate(numbers), np.concatenate(wires)


def _lowest_first(masks: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Numbers of masks and a bit of each: the lowest bits of all masks, then the second ones, …"""
    rows = np.flatnonzero(masks)
    masks = masks[rows]
    while len(rows):
        rest = masks & (masks - 1)
        yield rows, np.bitwise_count((masks ^ rest) - 1).astype(np.int64)
        left = np.flatnonzero(rest)
        rows, masks = rows[left], rest[left]


def ranges(begins: Integers, lengths: Integers) -> Integers:
    """The numbers of some ranges, one range after the other."""
    offsets = begins - np.cumsum(lengths) + lengths
    return np.repeat(offsets, lengths) + np.arange(lengths.sum())


def repeated(numbers: Integers) -> bool:
    """Whether a number is there twice."""
    ascending = np.sort(numbers)
    return bool((ascending[1:] == ascending[:-1]).any())


@dataclass(frozen=True, slots=True, eq=False)
class WireEvents:
    """Steps at which something happens on a wire.

    keys: wire · 2^56 + index, ascending, between two that are no steps'; length: steps of the circuit.
    """

    keys: Integers
    length: int

    @classmethod
    def of(cls, wires: Integers, indices: Integers, length: int) -> "WireEvents":
        """Something happens on wires at steps with these indices, in any order."""
        keys = np.sort(wires << _INDEX_BITS | indices)
        return cls(np.concatenate([[-1], keys, [np.iinfo(np.int64).max]]), length)

    def last(self, wires: Integers, indices: Integers) -> Integers:
        """The last such step on a wire in front of a step, −1 if there is none."""
        begins = wires << _INDEX_BITS
        found = self.keys[np.searchsorted(self.keys, begins + indices) - 1]
        return np.where(found >= begins, found - begins, -1)

    def next(self, wires: Integers, indices: Integers) -> Integers:
        """The next such step on a wire behind a step, `length` if there is none."""
        begins = wires << _INDEX_BITS
        found = self.keys[np.searchsorted(self.keys, begins + indices, side="right")]
        behind: Integers = np.minimum(found - begins, self.length)
        return behind
