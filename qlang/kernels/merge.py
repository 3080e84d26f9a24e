"""Neighbouring steps made one, wherever the structure alone shows it.

R(b) P R(a) = P R(a ± b) for Paulis P between them, minus where one of X and Z but not both stands there. Phases of
one parity are summed if nothing between them changes it. A rotation that is left with a constant multiple of π
becomes Paulis, R(π) = XZ, and costs nothing; what is constant and zero is left out.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cancel import without_cx_pairs
from qlang.kernels.steps import CX, GLOBAL_PHASE_SLOT, PARITY, ROTATION, SWAP, TWIST, AngleMap, Lowering, Steps, X, Z
from qlang.kernels.wire_events import by_wire, ordered, repeated, wire_masks


def merged(lowering: Lowering) -> Lowering:
    """The same circuit with fewer steps; parameters are unchanged."""
    found = replace(lowering, steps=without_cx_pairs(lowering.steps), gate_ends=None)
    more = True
    while more:
        found, more = _merged_once(found)
    return found


def _merged_once(lowering: Lowering) -> tuple[Lowering, bool]:
    """Merge what is next to each other; and whether something is left out that may have kept others apart.

    A step that has joined another one did not: whatever it separates, the other one separates too.
    """
    steps = lowering.steps
    targets, signs = merges(steps)
    angles = lowering.angle_map
    joined = targets != np.arange(steps.slot_count)
    if joined.any():
        angles = _moved(angles, targets, signs)
    turns = np.rint(angles.constants / np.pi)
    known = np.ones(steps.slot_count, dtype=np.bool_)
    known[angles.rows] = False
    known[GLOBAL_PHASE_SLOT] = False
    rotating = np.zeros_like(known)
    rotating[steps.slots[steps.kinds == ROTATION]] = True
    gone = known & ((angles.constants == 0) | (rotating & (angles.constants == turns * np.pi)))
    if not gone.any():
        return Lowering(steps, angles, lowering.parameters), False
    halves = np.where(gone, turns, 0).astype(np.int64)  # R(π)^k = (−1)^(k // 2) (XZ)^(k mod 2)
    angles.constants[GLOBAL_PHASE_SLOT] += np.pi * (halves // 2 % 2).sum()
    left = Lowering(_kept_steps(steps, gone, halves % 2 == 1), _kept_slots(angles, ~gone), lowering.parameters)
    return left, bool((gone & ~joined).any())


def merges(steps: Steps) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each slot the slot in front of it that can take its angle, or itself, and with which sign."""
    targets = np.arange(steps.slot_count)
    signs = np.ones(steps.slot_count)
    parities = np.flatnonzero(steps.kinds == PARITY)
    masks = steps.first[parities]
    turning = repeated(steps.first[steps.kinds == ROTATION]) or bool((steps.kinds == SWAP).any())
    phases = repeated(masks)
    if turning or phases:
        wires, indices = by_wire(wire_masks(steps))
    if turning:
        _join_rotations(steps, wires, indices, targets, signs)
    if phases:
        newest = _newest_changes(steps, wires, indices)[parities]
        order = np.argsort(masks, kind="stable")
        slots = steps.slots[parities[order]]
        targets[slots] = slots[_begins(masks[order], newest[order])]
    return targets, signs


def _join_rotations(
    steps: Steps,
    wires: NDArray[np.int64],
    indices: NDArray[np.int64],
    targets: NDArray[np.int64],
    signs: NDArray[np.float64],
) -> None:
    """Rotations with nothing but Paulis between them join the first of them; steps by wire and by index."""
    kinds = steps.kinds[indices]
    if (swaps := kinds == SWAP).any():
        wires, indices = ordered(_unswapped(steps, wires, indices)[~swaps], indices[~swaps])
        kinds = steps.kinds[indices]
    turning, flipping = kinds == ROTATION, (kinds == X) | (kinds == Z)
    turns = np.flatnonzero(turning)
    between = np.cumsum(~(turning | flipping), dtype=np.int64)[turns]
    flips = np.cumsum(flipping, dtype=np.int64)[turns]
    begins = _begins(wires[turns], between)
    slots = steps.slots[indices[turns]]
    targets[slots] = slots[begins]
    signs[slots] = 1.0 - 2.0 * (flips - flips[begins] & 1)


def _begins(*columns: NDArray[np.int64]) -> NDArray[np.intp]:
    """For each row where the run of equal rows begins that it is in."""
    new = np.ones(len(columns[0]), dtype=np.bool_)
    new[1:] = False
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))


def _newest_changes(steps: Steps, wires: NDArray[np.int64], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """The last step in front of each, or −1, after which parities with one of its wires are others."""
    kinds = steps.kinds[indices]
    changing = (kinds == ROTATION) | (kinds == X) | (kinds == SWAP)
    changing |= (kinds == CX) & (wires == steps.second[indices])
    changing |= (kinds == TWIST) & (wires == steps.first[indices])
    last = np.maximum.accumulate(np.where(changing, np.arange(len(wires)), -1))
    newest = np.full(len(steps), -1)
    np.maximum.at(newest, indices, np.where(last >= _begins(wires), indices[last], -1))
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
    counts = np.where(flipped, 2, np.where(angled & gone[steps.slots], 0, 1))
    renumbered = np.where(angled & ~flipped, (np.cumsum(~gone) - 1)[steps.slots], -1)
    kinds, first, second, slots = (
        np.repeat(array, counts) for array in (steps.kinds, steps.first, steps.second, renumbered)
    )
    places = (np.cumsum(counts) - counts)[flipped]
    kinds[places], kinds[places + 1] = Z, X
    return Steps(steps.qubits, kinds, first, second, slots.astype(np.int32), int((~gone).sum()))


def _kept_slots(angles: AngleMap, used: NDArray[np.bool_]) -> AngleMap:
    renumbered = np.cumsum(used) - 1
    rows = renumbered[angles.rows].astype(np.int32)
    return AngleMap(angles.parameters, angles.constants[used], rows, angles.columns, angles.coefficients)
