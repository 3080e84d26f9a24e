"""Pairs of equal CX with nothing but phases and commuting CX between them, taken out.

CX P(mask) CX = P(mask'), where mask' has the control flipped if it has the target: so two rotations about different
axes of one pair of wires (rxx, then ryy) need one CX before and one after them, not four. A ladder of CX with a phase
on its last wire becomes one parity: what stood between two equal CX and is gone itself stands in nobody's way.

    cx 0 1, cx 1 2, rz 2, cx 1 2, cx 0 1    is    exp(−iφ/2 Z₀Z₁Z₂)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.order import bits_of
from qlang.kernels.steps import CX, PARITY, PATTERN, ROTATION, SWAP, TWIST, StepKind, Steps, X, Z
from qlang.kernels.wire_events import WireEvents, by_wire, repeated, wire_masks, wires_in

_ENDING = np.zeros(len(StepKind), dtype=np.bool_)
"""Kinds of steps that end all runs on their wires; a TWIST does so on one."""
_ENDING[[ROTATION, SWAP, X, Z]] = True


def without_cx_pairs(steps: Steps) -> Steps:
    """The same circuit with fewer CX; slots are unchanged. Linear in the wires that the steps touch."""
    cx = np.flatnonzero(steps.kinds == CX)
    if not repeated(steps.first[cx] * steps.qubits + steps.second[cx]):
        return steps
    steps = _without_neighbours(steps)
    taken = _paired(steps)
    return _left(steps, _relabelled(steps, taken), ~taken) if taken.any() else steps


def _left(steps: Steps, first: NDArray[np.int64], kept: NDArray[np.bool_]) -> Steps:
    """The steps that are kept, with other first operands."""
    places = np.flatnonzero(kept)
    kinds, second, slots = steps.kinds[places], steps.second[places], steps.slots[places]
    return Steps(steps.qubits, kinds, first[places], second, slots, steps.slot_count)


def _without_neighbours(steps: Steps) -> Steps:
    """The same circuit without CX that only phases of parities separate, where they can have no other partner.

    That is so if the step in front of the first one ends all runs on one of its wires.
    """
    pairs = _neighbours(steps)
    if not pairs.size:
        return steps
    first, (opening, closing) = steps.first.copy(), pairs
    wires, parities = by_wire(np.where(steps.kinds == PARITY, first, 0))
    opened = WireEvents.of(steps.second[opening], opening, len(steps)).last(wires, parities)
    partner = np.full(len(steps), -1)
    partner[opening] = closing
    inside = np.flatnonzero((opened >= 0) & (partner[opened] > parities))
    np.bitwise_xor.at(first, parities[inside], np.left_shift(1, first[opened[inside]]))
    kept = np.ones(len(steps), dtype=np.bool_)
    kept[pairs] = False
    return _left(steps, first, kept)


def _neighbours(steps: Steps) -> NDArray[np.int64]:
    """These pairs, the first CX and the second (2, pairs)."""
    kinds, first = steps.kinds, steps.first
    wires, indices = by_wire(np.where(kinds == PARITY, 0, wire_masks(steps)))
    around = np.concatenate([[-1], wires, [-1]])
    places = np.flatnonzero(kinds[indices] == CX)
    own, cx = wires[places], indices[places]
    after = np.where(around[places + 2] == own, indices.take(places + 1, mode="clip"), -1)
    alone = (around[places] != own) | _ENDING[kinds[indices[places - 1]]]
    next_on = np.full((2, len(steps)), -1)
    next_on[(own != first[cx]).astype(np.intp), cx] = after  # on the control and on the target
    free = np.zeros(len(steps), dtype=np.bool_)
    free[cx[alone]] = True
    opening = np.flatnonzero(free & (next_on[0] >= 0) & (next_on[0] == next_on[1]))
    closing = next_on[0, opening]
    paired = (kinds[closing] == CX) & (first[closing] == first[opening])
    return np.stack([opening[paired], closing[paired]])


def _relabelled(steps: Steps, taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first operands, those of parities as they are without the CX that are taken out.

    Bit w of the index is the parity over `seen[w]` of the index without them. What is left commutes with the CX that
    are open, so nothing else changes that.
    """
    first = steps.first.copy()
    places = np.flatnonzero(taken | (steps.kinds == PARITY))
    seen = [1 << wire for wire in range(steps.qubits)]
    masks = []
    rows = zip(steps.kinds[places].tolist(), first[places].tolist(), steps.second[places].tolist(), strict=True)
    for kind, one, two in rows:
        if kind == CX:
            seen[two] ^= seen[one]
            continue
        mask = 0
        while one:
            bit = one & -one
            mask ^= seen[bit.bit_length() - 1]
            one ^= bit
        masks.append(mask)
    first[places[steps.kinds[places] == PARITY]] = masks
    return first


@dataclass(slots=True)
class _Run:
    """Steps on a wire that commute there: CX controls and patterns, or CX targets. Phases of parities are none."""

    target: bool
    pairs: dict[tuple[int, int], list[int]]
    """Where the CX without a partner are."""
    stays: bool = False
    """Whether something else is in it, so that it always separates what is before and after it."""


def _paired(steps: Steps) -> NDArray[np.bool_]:
    """The CX that are taken out.

    Each wire has a stack of runs. A CX meets its partner where that is in the last run of both wires; a run that has
    become empty is taken off, and the one below it is the last one again.
    """
    taken = np.zeros(len(steps), dtype=np.bool_)
    if not (steps.kinds == CX).any():
        return taken
    found: list[int] = []
    stacks: list[list[_Run]] = [[] for _ in range(steps.qubits)]
    for index, (kind, first, second, _) in enumerate(steps.rows()):
        if kind == CX:
            control, target = _last(stacks[first], target=False), _last(stacks[second], target=True)
            pair = (first, second)
            before, others = control.pairs.setdefault(pair, []), target.pairs.setdefault(pair, [])
            if before and others and before[-1] == others[-1]:
                found += [before[-1], index]
                _leave(stacks[first], pair)
                _leave(stacks[second], pair)
            else:
                before.append(index)
                others.append(index)
        elif kind == PATTERN:
            while first:
                bit = first & -first
                _last(stacks[bit.bit_length() - 1], target=False).stays = True
                first ^= bit
        elif kind != PARITY:
            stacks[first].clear()
            if kind == TWIST:
                for wire in bits_of(second):
                    _last(stacks[wire], target=False).stays = True
            if kind == SWAP:
                stacks[second].clear()
    taken[found] = True
    return taken


def _last(stack: list[_Run], *, target: bool) -> _Run:
    """The last run of a wire if it is of a kind, else a new one."""
    if not stack or stack[-1].target != target:
        stack.append(_Run(target, {}))
    return stack[-1]


def _leave(stack: list[_Run], pair: tuple[int, int]) -> None:
    """A CX leaves the last run of a wire."""
    run = stack[-1]
    run.pairs[pair].pop()
    if not run.pairs[pair]:
        del run.pairs[pair]
    if not run.pairs and not run.stays:
        stack.pop()


def with_phases_in_front(steps: Steps) -> Steps:
    """The same circuit with phases of a CX and its target in front of it, as parities, where it ends a TWIST.

    The CX then need not have been executed for the phases to be applied: those of all pairs of a layer are one table.
    """
    kinds, first, length = steps.kinds, steps.first, len(steps)
    cx = _ending_twists(steps)
    if not len(cx):
        return steps
    changing = np.flatnonzero((kinds != PARITY) & (kinds != PATTERN))
    swaps = np.flatnonzero(kinds == SWAP)
    wires = np.concatenate([np.where(kinds == CX, steps.second, first)[changing], steps.second[swaps]])
    indices = np.concatenate([changing, swaps])
    # where the control changes, phases on the target are no longer free to go
    closed = WireEvents.of(wires, indices, length).next(first[cx], cx)
    left = closed < length
    latest = WireEvents.of(
        np.concatenate([wires, steps.second[cx[left]]]), np.concatenate([indices, closed[left]]), length
    )
    parities = np.flatnonzero((kinds == PARITY) & (np.bitwise_count(first) < 3))
    rows, wires = wires_in(first[parities])
    places = parities[rows]
    exchange = latest.last(wires, places)
    movable = np.zeros(length, dtype=np.bool_)
    movable[cx] = True
    movable = movable[exchange] & (exchange >= 0) & (steps.second[exchange] == wires)
    movable &= first[places] & ~(np.left_shift(1, wires) | np.left_shift(1, first[exchange])) == 0
    if not movable.any():
        return steps
    places, exchange = places[movable][::-1], exchange[movable][::-1]  # of two wires the first one decides
    masks, keys = first.copy(), 2 * np.arange(length) + 1
    keys[places] = 2 * exchange
    masks[places] = first[places] ^ np.left_shift(1, first[exchange])
    order = np.argsort(keys, kind="stable")
    return Steps(steps.qubits, kinds[order], masks[order], steps.second[order], steps.slots[order], steps.slot_count)


def _ending_twists(steps: Steps) -> NDArray[np.int64]:
    """The CX whose target chose the angle of the latest rotation of the control."""
    kinds, first, second = steps.kinds, steps.first, steps.second
    twists = kinds == TWIST
    if not twists.any():
        return np.zeros(0, dtype=np.int64)
    cx = np.flatnonzero(kinds == CX)
    turning = np.flatnonzero(twists | (kinds == ROTATION) | (kinds == SWAP))
    latest = WireEvents.of(first[turning], turning, len(steps)).last(first[cx], cx)
    ending: NDArray[np.int64] = cx[(latest >= 0) & twists[latest] & (second[latest] >> second[cx] & 1 == 1)]
    return ending
