"""Neighbouring steps made one, wherever the structure alone shows it.

R(b) P R(a) = P R(a ± b) for Paulis P between them, minus where one of X and Z but not both stands there. Phases of
one parity are summed if nothing between them changes it. A rotation that is left with a constant multiple of π
becomes Paulis, R(π) = XZ, and costs nothing; what is constant and zero is left out.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cancel import without_cx_pairs
from qlang.kernels.steps import CX, GLOBAL_PHASE_SLOT, PARITY, ROTATION, SWAP, TWIST, AngleMap, Lowering, Steps, X, Z
from qlang.kernels.wire_events import Integers, by_wire, ordered, repeated, stable_order, wire_masks


def merged(lowering: Lowering) -> Lowering:
    """The same circuit with fewer steps; parameters are unchanged."""
    found = replace(lowering, steps=without_cx_pairs(lowering.steps), gate_ends=None)
    more = True
    while more:
        found, more = _merged_once(found)
    return found


@dataclass(frozen=True, eq=False)
class _Visits:
    """Steps, and once they are needed those on each wire."""

    steps: Steps

    @cached_property
    def by_wire(self) -> tuple[Integers, Integers, NDArray[np.int8]]:
        """Wires, steps and their kinds, by wire and then by step."""
        wires, indices = by_wire(wire_masks(self.steps))
        return wires, indices, self.steps.kinds[indices]


def _merged_once(lowering: Lowering) -> tuple[Lowering, bool]:
    """Merge what is next to each other; and whether something is left out that kept others apart."""
    steps = lowering.steps
    visits = _Visits(steps)
    targets, signs = _merges(visits)
    angles = lowering.angle_map
    joined = targets != np.arange(steps.slot_count)
    if joined.any():
        angles = _moved(angles, targets, signs)
    turns = np.rint(angles.constants / np.pi)
    known = np.ones(steps.slot_count, dtype=np.bool_)
    known[angles.rows] = False
    known[GLOBAL_PHASE_SLOT] = False
    rotating = np.zeros_like(known)
    rotating[steps.slots[np.flatnonzero(steps.kinds == ROTATION)]] = True
    gone = known & ((angles.constants == 0) | (rotating & (angles.constants == turns * np.pi)))
    if not gone.any():
        return Lowering(steps, angles, lowering.parameters), False
    halves = np.where(gone, turns, 0).astype(np.int64)  # R(π)^k = (−1)^(k // 2) (XZ)^(k mod 2)
    angles.constants[GLOBAL_PHASE_SLOT] += np.pi * (halves >> 1 & 1).sum()
    left = Lowering(_kept_steps(steps, gone, halves & 1 == 1), _kept_slots(angles, ~gone), lowering.parameters)
    return left, _let_others_meet(visits, gone, joined, rotating)


def _let_others_meet(
    visits: _Visits, gone: NDArray[np.bool_], joined: NDArray[np.bool_], rotating: NDArray[np.bool_]
) -> bool:
    """Whether others may join once the steps of slots are left out; by slot, too, which joined others and which rotate.

    A step that has joined another one kept nothing apart that the other one did not. Phases keep rotations apart, and
    nothing else; of rotations and SWAPs it is not known without another look.
    """
    steps, freed = visits.steps, gone & ~joined
    if not freed.any():
        return False
    if (freed & rotating).any() or (steps.kinds == SWAP).any():
        return True
    wires, indices, kinds = visits.by_wire
    free = np.append(gone, False)[steps.slots][indices]
    turns = np.flatnonzero(kinds == ROTATION)
    between = np.cumsum(~((kinds == ROTATION) | (kinds == X) | (kinds == Z) | free))[turns]
    return bool(np.count_nonzero(_new(wires[turns], between)) < np.count_nonzero(rotating & ~joined))


def merges(steps: Steps) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each slot the slot in front of it that can take its angle, or itself, and with which sign."""
    return _merges(_Visits(steps))


def _merges(visits: _Visits) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    steps = visits.steps
    targets = np.arange(steps.slot_count)
    signs = np.ones(steps.slot_count)
    if repeated(steps.first[np.flatnonzero(steps.kinds == ROTATION)]) or (steps.kinds == SWAP).any():
        _join_rotations(visits, targets, signs)
    parities = np.flatnonzero(steps.kinds == PARITY)
    parities = parities[stable_order(steps.first[parities])]
    masks = steps.first[parities]
    if (masks[1:] == masks[:-1]).any():
        slots = steps.slots[parities]
        targets[slots] = slots[_begins(masks, _newest_changes(visits)[parities])]
    return targets, signs


def _join_rotations(visits: _Visits, targets: NDArray[np.int64], signs: NDArray[np.float64]) -> None:
    """Rotations with nothing but Paulis between them join the first of them."""
    steps = visits.steps
    wires, indices, kinds = visits.by_wire
    if (swaps := kinds == SWAP).any():
        wires, indices = ordered(_unswapped(steps, wires, indices)[~swaps], indices[~swaps])
        kinds = steps.kinds[indices]
    turning, flipping = kinds == ROTATION, (kinds == X) | (kinds == Z)
    turns = np.flatnonzero(turning)
    between = np.cumsum(~(turning | flipping), dtype=np.int64)[turns]
    begins = _begins(wires[turns], between)
    slots = steps.slots[indices[turns]]
    targets[slots] = slots[begins]
    if flipping.any():
        flips = np.cumsum(flipping, dtype=np.int64)[turns]
        signs[slots] = 1.0 - 2.0 * (flips - flips[begins] & 1)


def _new(*columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row is another one than the row in front of it."""
    new = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = False
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return new


def _begins(*columns: NDArray[np.int64]) -> NDArray[np.intp]:
    """For each row where the run of equal rows begins that it is in."""
    new = _new(*columns)
    return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def _newest_changes(visits: _Visits) -> NDArray[np.int64]:
    """The last step in front of each, or −1, after which parities with one of its wires are others."""
    steps = visits.steps
    wires, indices, kinds = visits.by_wire
    changing = (kinds == ROTATION) | (kinds == X) | (kinds == SWAP)
    for kind, changed in ((CX, steps.second), (TWIST, steps.first)):
        places = np.flatnonzero(kinds == kind)
        changing[places] = wires[places] == changed[indices[places]]
    latest = np.maximum.accumulate(np.where(changing | _new(wires), np.arange(len(wires)), 0))
    newest = np.full(len(steps), -1)
    np.maximum.at(newest, indices, np.where(changing, indices, -1)[latest])
    return newest


def _unswapped(steps: Steps, wires: NDArray[np.int64], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The wires on which what is on wires at some steps was at the beginning, SWAPs being followed."""
    swaps = np.flatnonzero(steps.kinds == SWAP)
    if not len(swaps):
        return wires
    names = np.empty((len(swaps) + 1, steps.qubits), dtype=np.int8)
    names[0] = np.arange(steps.qubits)
    for number, pair in enumerate(zip(steps.first[swaps].tolist(), steps.second[swaps].tolist(), strict=True)):
        names[number + 1] = names[number]
        names[number + 1, pair] = names[number, pair[::-1]]
    return names[np.searchsorted(swaps, indices), wires].astype(np.int64)


def _moved(angles: AngleMap, targets: NDArray[np.int64], signs: NDArray[np.float64]) -> AngleMap:
    """The map after every slot's angle is added to that of its target; sums that vanish are exactly zero."""
    constants = np.zeros_like(angles.constants)
    np.add.at(constants, targets, signs * angles.constants)
    rows = targets[angles.rows].astype(np.int32)
    return AngleMap.of(angles.parameters, constants, rows, angles.columns, angles.coefficients * signs[angles.rows])


def _kept_steps(steps: Steps, gone: NDArray[np.bool_], flips: NDArray[np.bool_]) -> Steps:
    """Steps without the slots that are gone; those of `flips` become Z and X."""
    angled = steps.slots >= 0
    flipped = angled & flips[steps.slots]
    kept = ~(angled & gone[steps.slots]) | flipped
    sources = np.sort(np.concatenate([np.flatnonzero(kept), np.flatnonzero(flipped)]))  # those of `flips` twice
    kinds = steps.kinds[sources]
    places = np.flatnonzero(flipped[sources])
    kinds[places[::2]], kinds[places[1::2]] = Z, X
    renumbered = np.append(np.where(gone, -1, np.cumsum(~gone) - 1), -1).astype(np.int32)
    slots = renumbered[steps.slots[sources]]
    return Steps(steps.qubits, kinds, steps.first[sources], steps.second[sources], slots, int((~gone).sum()))


def _kept_slots(angles: AngleMap, used: NDArray[np.bool_]) -> AngleMap:
    renumbered = np.cumsum(used) - 1
    rows = renumbered[angles.rows].astype(np.int32)
    return AngleMap(angles.parameters, angles.constants[used], rows, angles.columns, angles.coefficients)
