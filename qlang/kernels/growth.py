"""Wires that join the state when a rotation needs them.

A wire that nothing has entangled yet is a factor of the state, two numbers. So a state that is made new begins with few
wires, executes what they admit, and doubles with each wire that joins: what stands in the light cone of few wires costs
the less, the fewer they are. Of 20 layers of rotations on a chain of 24 wires more than half need not all of them.

    layer 0  ▏▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░█      ▒ before the last two wires of the chain have joined
          1  ▏▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░███      ░ before the last
          2  ▏▒▒▒▒▒▒▒▒▒▒▒▒▒░█████      █ after it

An operation is executed in the stage in which the first rotation that depends on it is; one that none depends on, in
the last. Wires are called by their labels, as in `qlang.kernels.order`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.order import ROTATION, TURN, TWIST, Order
from qlang.kernels.program import PlanOptions

_ROTATION, _PASS = 2.0, 4.5
"""Cycles for 16 amplitudes of a rotation, and of a pass with some of the phase tables (`qlang.kernels.cost`). A stage
has passes for all its rotations, but no fewer than there are levels among them."""
_NEAR_JOIN, _FAR_JOIN = 6.0, 50.0
"""The same for writing a state's products with what joins: in the cache, and in memory, with the sweep that follows."""
_CALLS = 4096.0
"""What a stage costs besides, in the same unit: some 20 μs of calls."""


@dataclass(frozen=True, slots=True)
class Growth:
    """In what order wires join, and when."""

    labels: tuple[int, ...]
    """The wires in the order of joining: the wire at each position."""
    sizes: tuple[int, ...]
    """How many wires the state has in each stage, rising to all of them."""
    stages: tuple[int, ...]
    """For each operation the stage that executes it."""

    @classmethod
    def none(cls, labels: list[int], operations: int) -> "Growth":
        """All wires are in the state from the beginning."""
        return cls(tuple(labels), (len(labels),), (0,) * operations)


def growth_of(order: Order, options: PlanOptions, sizes: Sequence[int] | None = None) -> Growth | None:
    """How a state that is made new grows: by the given sizes, ascending to all wires, or by those that cost least.

    `None` if it does not: too few wires, or all are needed at once.
    """
    first = max(options.first_wires, options.contiguous_bits + 1, options.lane_bits)
    if sizes is None and (not options.first_wires or order.qubits <= first):
        return None
    rotations = [operation for operation, kind in enumerate(order.kinds) if kind in (ROTATION, TWIST)]
    needed = _needed_wires(order)
    masks = np.array([needed[operation] for operation in rotations], dtype=np.int64)
    bits = masks[:, None] >> np.arange(order.qubits) & 1
    labels = _joining_order(bits)
    ranks = np.empty(order.qubits, dtype=np.int64)
    ranks[labels] = np.arange(order.qubits)
    sizes_needed = (bits * (ranks + 1)).max(axis=1, initial=1)
    if sizes is None:
        possible: list[list[int]] = [[] for _ in range(order.qubits + 1)]
        for operation, size in zip(rotations, sizes_needed.tolist(), strict=True):
            possible[size].append(order.levels[operation])
        sizes = _sizes(possible, first, options)
    if len(sizes) == 1:
        return None
    labels[: sizes[0]] = _lanes_first(order, labels[: sizes[0]], options.lane_bits)
    stages = dict(zip(rotations, np.searchsorted(sizes, sizes_needed).tolist(), strict=True))
    return Growth(tuple(labels), tuple(sizes), _stages(order, stages, len(sizes) - 1))


def _lanes_first(order: Order, labels: list[int], lane_bits: int) -> list[int]:
    """The wires that a state begins with: where TWIST steps turn one wire of a pair and not the other, those that are
    turned least are the lanes, because rotations of lanes wait for each other."""
    if TWIST not in order.kinds:
        return labels
    ranked = sorted(labels, key=lambda wire: order.classes[wire].count(TURN))
    lanes = set(ranked[:lane_bits])
    return [*(wire for wire in labels if wire in lanes), *(wire for wire in labels if wire not in lanes)]


def _needed_wires(order: Order) -> list[int]:
    """For each operation the mask of wires that it and what it depends on are on."""
    before = [1 << wire for wire in range(order.qubits)]
    within, number = [0] * order.qubits, [0] * order.qubits
    found = []
    for wires, places in zip(order.wires, order.places, strict=True):
        mask = 0
        for wire, place in zip(wires, places, strict=True):
            if number[wire] != place:
                number[wire] = place
                before[wire] |= within[wire]
            mask |= before[wire]
        for wire in wires:
            within[wire] |= mask
        found.append(mask)
    return found


def _joining_order(bits: NDArray[np.int64]) -> list[int]:
    """From the last to the first: always the wire that the fewest of the rotations left can do without.

    `bits` (rotations, wires): whether a rotation needs a wire.
    """
    left = list(range(bits.shape[1]))
    order: list[int] = []
    while left:
        needing = bits[:, left].sum(axis=0)
        last = max(range(len(left)), key=lambda i: (-needing[i], left[i]))
        wire = left.pop(last)
        order.append(wire)
        bits = bits[bits[:, wire] == 0]
    return order[::-1]


def _sizes(possible: list[list[int]], first: int, options: PlanOptions) -> tuple[int, ...]:
    """The sizes that cost least together. `possible[s]` are the levels of the rotations that need s wires."""
    last = len(possible) - 1
    best: dict[int, tuple[float, tuple[int, ...]]] = {}
    for size in range(first, last + 1):
        join = _NEAR_JOIN if size <= options.whole_bits else _FAR_JOIN
        found: list[tuple[float, tuple[int, ...]]] = []
        rotations, levels = 0, 0
        for before in range(size - 1, -1, -1):
            for level in possible[before + 1]:
                rotations += 1
                levels |= 1 << level
            if before >= first or not before:
                passes = max(levels.bit_count(), rotations / options.registers)
                cost, sizes = best[before] if before else (0.0, ())
                more = _ROTATION * rotations + _PASS * passes + join
                found.append((cost + 2.0 ** (size - 4) * more + _CALLS, (*sizes, size)))
        best[size] = min(found)
    return best[last][1]


def _stages(order: Order, stages: dict[int, int], last: int) -> tuple[int, ...]:
    """For each operation its stage, given those of the rotations."""
    later, within, number = [last] * order.qubits, [last] * order.qubits, [-1] * order.qubits
    found = [last] * len(order)
    for operation in reversed(range(len(order))):
        wires = order.wires[operation]
        stage = stages.get(operation, last)
        for wire, place in zip(wires, order.places[operation], strict=True):
            if number[wire] != place:
                number[wire] = place
                later[wire] = min(later[wire], within[wire])
            stage = min(stage, later[wire])
        for wire in wires:
            within[wire] = min(within[wire], stage)
        found[operation] = stage
    return tuple(found)
