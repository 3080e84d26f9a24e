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

from qlang.kernels.order import ROTATIONS, TWIST, Order
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
    masks = np.array(_needed_wires(order), dtype=np.int64)
    bits = masks[:, None] >> np.arange(order.qubits) & 1
    labels = _joining_order(bits)
    ranks = np.empty(order.qubits, dtype=np.int64)
    ranks[labels] = np.arange(order.qubits)
    sizes_needed: list[int] = (bits * (ranks + 1)).max(axis=1, initial=1).tolist()
    sizes_needed += [order.qubits] * (len(order.rotations) - len(sizes_needed))
    if sizes is None:
        levels = [order.levels[operation] for operation in order.rotations]
        sizes = _sizes(sizes_needed, levels, order.qubits, options, first)
    if len(sizes) == 1:
        return None
    labels[: sizes[0]] = _lanes_first(order, labels[: sizes[0]], options.lane_bits)
    return Growth(
        tuple(labels), tuple(sizes), _stages(order, np.searchsorted(sizes, sizes_needed).tolist(), len(sizes))
    )


def _lanes_first(order: Order, labels: list[int], lane_bits: int) -> list[int]:
    """The wires that a state begins with: where TWIST steps turn one wire of a pair and not the other, those that are
    turned least are the lanes, because rotations of lanes wait for each other."""
    if TWIST not in order.kinds:
        return labels
    ranked = sorted(labels, key=order.turns().__getitem__)
    lanes = set(ranked[:lane_bits])
    return [*(wire for wire in labels if wire in lanes), *(wire for wire in labels if wire not in lanes)]


def _needed_wires(order: Order) -> list[int]:
    """For each rotation, in circuit order, the mask of wires that it and what it depends on are on; it ends where all
    that follow need every wire."""
    before = [0] * len(order.runs)
    for run, (operations, after) in enumerate(zip(order.runs, _following(order), strict=True)):
        if operations or run < order.qubits:
            before[after] = run
    reached = [1 << wire for wire in range(order.qubits)] + [0] * (len(order.runs) - order.qubits)
    found: list[int] = []
    every, saturated = (1 << order.qubits) - 1, 0
    for kind, wires, places in zip(order.kinds, order.wires, order.places, strict=True):
        if len(places) == 1:
            (place,) = places
            reached[place] |= reached[before[place]]
            if kind not in ROTATIONS:
                continue
            found.append(reached[place])
            if reached[place] == every:
                saturated |= 1 << wires[0]
                if saturated == every:  # whatever follows depends on one of these
                    break
            continue
        mask = 0
        for place in places:
            mask |= reached[before[place]]
        for place in places:
            reached[place] |= mask
        if kind == TWIST:
            found.append(mask)
    return found


def _following(order: Order) -> list[int]:
    """For each run the wire's next one that has operations, or its END."""
    runs, following = order.runs, order.following
    return [after if runs[after] else following[after] for after in following]


def _joining_order(bits: NDArray[np.int64]) -> list[int]:
    """From the last to the first: always the wire that the fewest of the rotations left can do without.

    `bits` (rotations, wires): whether a rotation needs a wire. Those that need every wire make no difference.
    """
    left = list(range(bits.shape[1]))
    order: list[int] = []
    while left:
        needing = bits.sum(axis=0).tolist()
        wire = max(left, key=lambda wire: (-needing[wire], wire))
        left.remove(wire)
        order.append(wire)
        bits = bits[bits[:, wire] == 0]
    return order[::-1]


def _sizes(needed: list[int], levels: list[int], wires: int, options: PlanOptions, first: int) -> tuple[int, ...]:
    """The sizes, up to `wires`, that cost least together, given how many wires each rotation needs, and its level."""
    counts, present = [0] * (wires + 1), [0] * (wires + 1)
    for size, level in zip(needed, levels, strict=True):
        counts[size] += 1
        present[size] |= 1 << level
    best: dict[int, tuple[float, tuple[int, ...]]] = {}
    for size in range(first, wires + 1):
        join = _NEAR_JOIN if size <= options.whole_bits else _FAR_JOIN
        found: list[tuple[float, tuple[int, ...]]] = []
        rotations, together = 0, 0
        for before in range(size - 1, -1, -1):
            rotations += counts[before + 1]
            together |= present[before + 1]
            if before >= first or not before:
                passes = max(together.bit_count(), rotations / options.registers)
                cost, sizes = best[before] if before else (0.0, ())
                more = _ROTATION * rotations + _PASS * passes + join
                found.append((cost + 2.0 ** (size - 4) * more + _CALLS, (*sizes, size)))
        best[size] = min(found)
    return best[wires][1]


def _stages(order: Order, of_rotations: list[int], stages: int) -> tuple[int, ...]:
    """For each operation its stage, given those of the rotations in circuit order."""
    last, following = stages - 1, _following(order)
    early = [number for number, stage in enumerate(of_rotations) if stage < last]
    end = order.rotations[early[-1]] + 1 if early else 0
    lowest = [last] * len(order.runs)
    found = [last] * (len(order) - end)
    rotations = reversed(of_rotations[: early[-1] + 1] if early else [])
    for kind, places in zip(reversed(order.kinds[:end]), reversed(order.places[:end]), strict=True):
        if len(places) == 1:
            (place,) = places
            stage = lowest[following[place]]
            if kind in ROTATIONS:
                stage = min(stage, next(rotations))
            if stage < lowest[place]:
                lowest[place] = stage
            found.append(stage)
            continue
        stage = next(rotations) if kind == TWIST else last
        for place in places:
            if lowest[following[place]] < stage:
                stage = lowest[following[place]]
        for place in places:
            if stage < lowest[place]:
                lowest[place] = stage
        found.append(stage)
    return tuple(reversed(found))
