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
from qlang.kernels.steps import StepKind, Steps

_PARITY, _PATTERN, _CX, _SWAP = map(int, (StepKind.PARITY, StepKind.PATTERN, StepKind.CX, StepKind.SWAP))
_TWIST = int(StepKind.TWIST)


def without_cx_pairs(steps: Steps) -> Steps:
    """The same circuit with fewer CX; slots are unchanged. Linear in the wires that the steps touch."""
    taken = _paired(steps)
    if not taken.any():
        return steps
    kept = ~taken
    first = _relabelled(steps, taken)
    return Steps(steps.qubits, steps.kinds[kept], first[kept], steps.second[kept], steps.slots[kept], steps.slot_count)


def _relabelled(steps: Steps, taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The first operands, those of parities as they are without the CX that are taken out.

    Bit w of the index is the parity over `seen[w]` of the index without them. What is left commutes with the CX that
    are open, so nothing else changes that.
    """
    first = steps.first.copy()
    places = np.flatnonzero(taken | (steps.kinds == StepKind.PARITY))
    seen = [1 << wire for wire in range(steps.qubits)]
    masks = []
    rows = zip(steps.kinds[places].tolist(), first[places].tolist(), steps.second[places].tolist(), strict=True)
    for kind, one, two in rows:
        if kind == _CX:
            seen[two] ^= seen[one]
            continue
        mask = 0
        while one:
            bit = one & -one
            mask ^= seen[bit.bit_length() - 1]
            one ^= bit
        masks.append(mask)
    first[places[steps.kinds[places] == StepKind.PARITY]] = masks
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
    found: list[int] = []
    stacks: list[list[_Run]] = [[] for _ in range(steps.qubits)]
    for index, (kind, first, second, _) in enumerate(steps.rows()):
        if kind == _CX:
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
        elif kind == _PATTERN:
            while first:
                bit = first & -first
                _last(stacks[bit.bit_length() - 1], target=False).stays = True
                first ^= bit
        elif kind != _PARITY:
            stacks[first].clear()
            if kind == _TWIST:
                for wire in bits_of(second):
                    _last(stacks[wire], target=False).stays = True
            if kind == _SWAP:
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
    rotation, parity, pattern, cx, swap, _, _, twist = map(int, StepKind)
    exchange: list[int] = [-1] * steps.qubits  # the CX that a wire is the target of, if phases on it may be moved
    controls: list[list[int]] = [[] for _ in range(steps.qubits)]
    twisted: list[int] = [0] * steps.qubits  # by wire the wires that chose the angle of its latest rotation
    moved: dict[int, list[int]] = {}
    rows = list(steps.rows())
    for index, (kind, first, second, _) in enumerate(rows):
        if kind == parity:
            for wire in bits_of(first) if first.bit_count() < 3 else ():
                if exchange[wire] >= 0 and not first & ~(1 << wire | 1 << rows[exchange[wire]][1]):
                    moved.setdefault(exchange[wire], []).append(index)
                    break
            continue
        if kind == pattern:
            continue
        for wire in _changed(kind, first, second):
            exchange[wire] = -1
            for target in controls[wire]:
                exchange[target] = -1
            controls[wire] = []
        if kind == cx and twisted[first] >> second & 1:
            exchange[second] = index
            controls[first].append(second)
        if kind in (rotation, twist, swap):
            twisted[first] = second if kind == twist else 0
    if not moved:
        return steps
    masks = steps.first.copy()
    for index, phases in moved.items():
        masks[phases] ^= 1 << rows[index][1]
    gone = {phase for phases in moved.values() for phase in phases}
    order = [place for index in range(len(rows)) if index not in gone for place in (*moved.get(index, ()), index)]
    return Steps(
        steps.qubits, steps.kinds[order], masks[order], steps.second[order], steps.slots[order], steps.slot_count
    )


def _changed(kind: int, first: int, second: int) -> tuple[int, ...]:
    """The wires on which a step is no phase."""
    return {int(StepKind.CX): (second,), int(StepKind.SWAP): (first, second)}.get(kind, (first,))
