"""Which steps of a circuit are on which wires, and which comes last or next on a wire: of all steps at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.steps import CX, PARITY, PATTERN, SWAP, TWIST, StepKind, Steps

Integers = NDArray[np.int64]


_MASKED, _PAIRED = np.zeros((2, len(StepKind)), dtype=np.bool_)
"""By kind of step: whether its first operand is a mask, and whether its second one is a wire."""
_MASKED[[PARITY, PATTERN]] = True
_PAIRED[[CX, SWAP]] = True


def wire_masks(steps: Steps) -> Integers:
    """The wires of each step."""
    kinds, first, second = steps.kinds, steps.first, steps.second
    masks = np.where(_MASKED[kinds], first, np.left_shift(1, first))
    masks |= np.where(_PAIRED[kinds], np.left_shift(1, second), np.where(kinds == TWIST, second, 0))
    return masks


def by_wire(masks: Integers) -> tuple[Integers, Integers]:
    """Wires and steps for every wire of every step, by wire and then by step, from the wires of each step."""
    indices, wires = wires_in(masks)
    return ordered(wires, indices)


def ordered(wires: Integers, indices: Integers) -> tuple[Integers, Integers]:
    """The same by wire and then by index; fast where the indices are few ascending runs."""
    order = np.argsort(indices, kind="stable")
    order = order[np.argsort(wires[order].astype(np.uint8), kind="stable")]
    return wires[order], indices[order]


def wires_in(masks: Integers) -> tuple[Integers, Integers]:
    """For every bit of every mask the mask's number and the bit; the lowest bits of all masks come first."""
    rows = np.flatnonzero(masks)
    masks = masks[rows]
    numbers, wires = [rows[:0]], [masks[:0]]
    while len(rows):
        rest = masks & (masks - 1)
        numbers.append(rows)
        wires.append(np.bitwise_count((masks ^ rest) - 1).astype(np.int64))
        left = rest != 0
        rows, masks = rows[left], rest[left]
    return np.concatenate(numbers), np.concatenate(wires)


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

    keys: wire · length + index, ascending, between two that are no steps'; length: steps of the circuit.
    """

    keys: Integers
    length: int

    @classmethod
    def of(cls, wires: Integers, indices: Integers, length: int) -> "WireEvents":
        """Something happens on wires at steps with these indices, in any order."""
        wires, indices = ordered(wires, indices)
        return cls(np.concatenate([[-1], wires * length + indices, [np.iinfo(np.int64).max]]), length)

    def last(self, wires: Integers, indices: Integers) -> Integers:
        """The last such step on a wire in front of a step, −1 if there is none."""
        begins = wires * self.length
        found = self.keys[np.searchsorted(self.keys, begins + indices) - 1]
        return np.where(found >= begins, found - begins, -1)

    def next(self, wires: Integers, indices: Integers) -> Integers:
        """The next such step on a wire behind a step, `length` if there is none."""
        begins = wires * self.length
        found = self.keys[np.searchsorted(self.keys, begins + indices, side="right")]
        behind: Integers = np.minimum(found - begins, self.length)
        return behind
