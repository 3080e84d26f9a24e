"""Neighbouring steps made one, wherever the structure alone shows it.

R(b) P R(a) = P R(a ± b) for Paulis P between them, minus where one of X and Z but not both stands there. Phases of
one parity are summed if nothing between them changes it. A rotation that is left with a constant multiple of π
becomes Paulis, R(π) = XZ, and costs nothing; what is constant and zero is left out.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cancel import without_cx_pairs
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, AngleMap, Lowering, StepKind, Steps


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
    targets, signs = _merges(steps)
    angles = lowering.angle_map
    joined = targets != np.arange(steps.slot_count)
    if joined.any():
        angles = _moved(angles, targets, signs)
    turns = np.rint(angles.constants / np.pi)
    known = np.ones(steps.slot_count, dtype=np.bool_)
    known[angles.rows] = False
    known[GLOBAL_PHASE_SLOT] = False
    rotating = np.zeros_like(known)
    rotating[steps.slots[steps.kinds == StepKind.ROTATION]] = True
    gone = known & ((angles.constants == 0) | (rotating & (angles.constants == turns * np.pi)))
    if not gone.any():
        return Lowering(steps, angles, lowering.parameters), False
    halves = np.where(gone, turns, 0).astype(np.int64)  # R(π)^k = (−1)^(k // 2) (XZ)^(k mod 2)
    angles.constants[GLOBAL_PHASE_SLOT] += np.pi * (halves // 2 % 2).sum()
    left = Lowering(_kept_steps(steps, gone, halves % 2 == 1), _kept_slots(angles, ~gone), lowering.parameters)
    return left, bool((gone & ~joined).any())


def _merges(steps: Steps) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each slot, the slot that takes its angle, and with which sign."""
    targets = np.arange(steps.slot_count)
    signs = np.ones(steps.slot_count)
    latest = [-1] * steps.qubits  # slot of the rotation that the next one on the wire may join
    flips = [1] * steps.qubits
    changed = [-1] * steps.qubits  # where the parities that hold the wire last became others
    parities: dict[int, tuple[int, int]] = {}
    rotation, parity, pattern, cx, swap, _, z, _ = (int(kind) for kind in StepKind)
    for index, (kind, first, second, slot) in enumerate(steps.rows()):
        if kind == rotation:
            changed[first] = index
            if latest[first] < 0:
                latest[first], flips[first] = slot, 1
            else:
                targets[slot], signs[slot] = latest[first], flips[first]
        elif kind == cx:
            latest[first] = latest[second] = -1
            changed[second] = index
        elif kind == parity and not first & (first - 1):
            wire = first.bit_length() - 1
            latest[wire] = -1
            before, found = parities.get(first, (-1, slot))
            if before > changed[wire]:
                targets[slot] = found
            else:
                parities[first] = index, slot
        elif kind in (parity, pattern):
            mask, newest = first, -1
            while mask:
                bit = mask & -mask
                wire = bit.bit_length() - 1
                latest[wire] = -1
                newest = max(newest, changed[wire])
                mask ^= bit
            if kind == parity:
                before, found = parities.get(first, (-1, slot))
                if before > newest:
                    targets[slot] = found
                else:
                    parities[first] = index, slot
        elif kind == swap:
            latest[first], latest[second] = latest[second], latest[first]
            flips[first], flips[second] = flips[second], flips[first]
            changed[first] = changed[second] = index
        else:
            flips[first] = -flips[first]
            if kind != z:
                changed[first] = index
    return targets, signs


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
    kinds[places], kinds[places + 1] = StepKind.Z, StepKind.X
    return Steps(steps.qubits, kinds, first, second, slots.astype(np.int32), int((~gone).sum()))


def _kept_slots(angles: AngleMap, used: NDArray[np.bool_]) -> AngleMap:
    renumbered = np.cumsum(used) - 1
    rows = renumbered[angles.rows].astype(np.int32)
    return AngleMap(angles.parameters, angles.constants[used], rows, angles.columns, angles.coefficients)
