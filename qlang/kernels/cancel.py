"""Pairs of equal CX with nothing but phases and commuting CX between them, taken out.

CX P(mask) CX = P(mask'), where mask' has the control flipped if it has the target: so two rotations about different
axes of one pair of wires (rxx, then ryy) need one CX before and one after them, not four.
"""

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.order import bits_of
from qlang.kernels.steps import Step, StepKind, Steps


def without_cx_pairs(steps: Steps) -> Steps:
    """The same circuit with fewer CX; slots are unchanged."""
    rows = list(steps.rows())
    pairs = _pairs(rows, steps.qubits)
    if not pairs:
        return steps
    first = steps.first.copy()
    kept = np.ones(len(steps), dtype=np.bool_)
    for begin, end in pairs:
        between = slice(begin + 1, end)
        control, target = rows[begin][1:3]
        kept[[begin, end]] = False
        _relabel(first[between], steps.kinds[between], control, target)
    return Steps(steps.qubits, steps.kinds[kept], first[kept], steps.second[kept], steps.slots[kept], steps.slot_count)


def _relabel(masks: NDArray[np.int64], kinds: NDArray[np.int8], control: int, target: int) -> None:
    """Parities between two CX, as they are without these."""
    crossing = (kinds == StepKind.PARITY) & (masks >> target & 1 == 1)
    masks[crossing] ^= 1 << control


def _pairs(rows: list[Step], qubits: int) -> list[tuple[int, int]]:
    """Where pairs begin and end, in the order in which they end: those inside others come first."""
    parity, pattern, cx = int(StepKind.PARITY), int(StepKind.PATTERN), int(StepKind.CX)
    open_at: dict[tuple[int, int], int] = {}
    touching: list[set[tuple[int, int]]] = [set() for _ in range(qubits)]
    pairs = []
    for index, (kind, first, second, _) in enumerate(rows):
        if kind == cx:
            pair = (first, second)
            blocked = {each for each in touching[first] if each[1] == first} | {
                each for each in touching[second] if each[0] == second
            }
            _close(blocked, open_at, touching)
            if pair in open_at:
                pairs.append((open_at[pair], index))
                _close({pair}, open_at, touching)
            else:
                open_at[pair] = index
                touching[first].add(pair)
                touching[second].add(pair)
        elif kind == parity:
            continue
        elif kind == pattern:
            wires = [wire for wire in range(qubits) if first >> wire & 1]
            _close({pair for wire in wires for pair in touching[wire] if pair[1] == wire}, open_at, touching)
        else:
            wires = [first, second] if kind == StepKind.SWAP else [first]
            _close({pair for wire in wires for pair in touching[wire]}, open_at, touching)
    return pairs


def _close(
    pairs: set[tuple[int, int]], open_at: dict[tuple[int, int], int], touching: list[set[tuple[int, int]]]
) -> None:
    """What cannot be moved past a step is left where it is."""
    for pair in pairs:
        del open_at[pair]
        touching[pair[0]].discard(pair)
        touching[pair[1]].discard(pair)


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
