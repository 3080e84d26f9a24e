"""Blocks of a circuit: steps on one pair of wires that no other wire interrupts, and the pattern of each.

A pattern is what a block is when its wires are called 0 and 1 and angles are written in quarter turns where they are
constant. A circuit has few: pairs and layers are mostly alike, and what is found out about one of them holds for all.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cliffords import StepKey
from qlang.kernels.order import bits_of
from qlang.kernels.steps import StepKind, Steps
from qlang.kernels.wire_events import by_wire

UNKNOWN = 8
"""In place of a number of quarter turns: the angle is no multiple of π/2, or may change."""

_MOST_AFTER = 4
"""Constants behind a block on a wire that its last segment may take."""

_ROTATION, _PARITY, _PATTERN, _CX, _SWAP, _X, _Z, _ = map(int, StepKind)
_ALONE = (_ROTATION, _X, _Z)
_BOTH = 0b11

Codes: TypeAlias = tuple[int, ...]
"""Steps of a pattern as numbers: ((kind · 9 + quarter turns) · 4 + operands) · 2 + wire.

The wire is that of a step on one of them, else 0; operands are those of a step on both: the mask of a PARITY, the value
of a PATTERN, whether the first wire of a CX or a SWAP is wire 1, else 0.
"""

Pattern: TypeAlias = tuple[Codes, Codes, Codes, Codes, Codes]
"""Constants in front of a block on wire 0 and on wire 1, its steps, and constants behind it on wire 0 and on wire 1."""

Gap: TypeAlias = tuple[int, int]
"""Steps on one wire without others between: a range of `Singles`."""


@dataclass(slots=True)
class Block:
    """Steps on a pair of wires that no other wire interrupts.

    members: from the first to the last step on both, in order, and their codes; before, after: steps on one of the
    wires (the first, the second) in front of them and behind them, which those of other blocks may be too.
    """

    wires: tuple[int, int]
    before: tuple[Gap, Gap]
    members: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    after: list[Gap] = field(default_factory=lambda: [(0, 0), (0, 0)])


@dataclass(frozen=True, slots=True)
class Singles:
    """The steps on one wire, ordered by wire, then by index in the circuit.

    codes: of each as a step on wire 0 and on wire 1; constants: where the run of constants begins that ends with the
    step, its own place plus one where it is none.
    """

    order: list[int]
    codes: tuple[list[int], list[int]]
    constants: list[int]


def blocks_of(steps: Steps, masks: NDArray[np.int64], turns: NDArray[np.int64]) -> tuple[list[Block], Singles]:
    """All blocks of more than one step, in the order of their first steps, from the wires and the quarter turns, or
    `UNKNOWN`, of each step."""
    single = masks & (masks - 1) == 0
    codes = (steps.kinds.astype(np.int64) * (UNKNOWN + 1) + turns) * 8
    wires, order = by_wire(np.where(single, masks, 0))
    own = codes[order]
    numbers = np.arange(len(order))
    constant = (own >> 3) % (UNKNOWN + 1) != UNKNOWN
    begins = np.maximum.accumulate(np.where(constant, 0, numbers + 1)) if len(order) else numbers
    singles = Singles(order.tolist(), (own.tolist(), (own + 1).tolist()), begins.tolist())
    found = _found(steps, masks, np.flatnonzero(~single), codes, wires * len(steps) + order, singles)
    return [block for block in found if len(block.members) > 1], singles


def _found(
    steps: Steps,
    masks: NDArray[np.int64],
    joint: NDArray[np.int64],
    codes: NDArray[np.int64],
    keys: NDArray[np.int64],
    singles: Singles,
) -> list[Block]:
    """All blocks, from the steps on several wires and the `keys` of those on one: wire · len(steps) + index."""
    kinds, first, second, rest = steps.kinds[joint], steps.first[joint], steps.second[joint], masks[joint]
    sides = []
    for _ in range(2):
        sides.append(np.bitwise_count((rest & -rest) - 1).astype(np.int64))
        rest = rest & (rest - 1)
    low, high = sides
    operands = np.where(kinds == _PATTERN, (second >> low & 1) | (second >> high & 1) << 1, first > second)
    operands[kinds == _PARITY] = _BOTH
    lows, highs = (np.searchsorted(keys, wires * len(steps) + joint).tolist() for wires in (low, high))
    columns = (joint, low, high, codes[joint] + 2 * operands, rest)
    ends = np.searchsorted(keys, np.arange(steps.qubits + 1) * len(steps)).tolist()
    begun, order, (of_low, of_high) = ends[:-1], singles.order, singles.codes
    latest: list[Block | None] = [None] * steps.qubits
    found: list[Block] = []
    for index, a, b, code, more, end_a, end_b in zip(*(each.tolist() for each in columns), lows, highs, strict=True):
        block = latest[a]
        if block is None or block is not latest[b] or more:
            wires = [(a, end_a), (b, end_b)]
            wires += [(wire, bisect_left(keys, wire * len(steps) + index)) for wire in bits_of(more)]
            for wire, end in wires:
                _end(latest[wire], wire, (begun[wire], end))
            block = None
            if not more:
                block = Block((a, b), ((begun[a], end_a), (begun[b], end_b)))
                found.append(block)
            for wire, end in wires:
                latest[wire], begun[wire] = block, end
            if block is None:
                continue
        else:
            block.members += order[begun[a] : end_a] + order[begun[b] : end_b]
            block.codes += of_low[begun[a] : end_a] + of_high[begun[b] : end_b]
            begun[a], begun[b] = end_a, end_b
        block.members.append(index)
        block.codes.append(code)
    for wire, end in enumerate(ends[1:]):
        _end(latest[wire], wire, (begun[wire], end))
    return found


def _end(block: Block | None, wire: int, gap: Gap) -> None:
    """A step that is not of a block comes on one of its wires."""
    if block is not None:
        block.after[block.wires.index(wire)] = gap


def pattern_of(block: Block, singles: Singles, taken: set[int]) -> tuple[Pattern, list[int]]:
    """The pattern of a block, without constants that are taken, and the index in the circuit of each of its steps."""
    order, constants = singles.order, singles.constants
    codes: list[Codes] = []
    places: list[int] = []
    for wire, (begin, end) in enumerate(block.before):
        first = max(begin, constants[end - 1]) if begin < end else end
        for place in range(end - 1, first - 1, -1):
            if order[place] in taken:
                first = place + 1
                break
        codes.append(tuple(singles.codes[wire][first:end]))
        places += order[first:end]
    codes.append(tuple(block.codes))
    places += block.members
    for wire, (begin, end) in enumerate(block.after):
        last = begin
        while last < min(end, begin + _MOST_AFTER) and constants[last] <= begin:
            last += 1
        codes.append(tuple(singles.codes[wire][begin:last]))
        places += order[begin:last]
    return (codes[0], codes[1], codes[2], codes[3], codes[4]), places


@dataclass(frozen=True, slots=True)
class PairStep:
    """A step of a pattern: its kind, whether it is on one wire and on which, and itself where it is a Clifford for all
    parameters; `pauli` is what it rotates about, 0 for other steps, and `angled` whether it has an angle."""

    kind: int
    single: bool
    wire: int
    key: StepKey | None
    pauli: int
    angled: bool


@lru_cache(maxsize=1024)
def pair_step(code: int) -> PairStep:
    """The step of a code."""
    rest, wire = divmod(code, 2)
    rest, operands = divmod(rest, 4)
    kind, turns = divmod(rest, UNKNOWN + 1)
    single = kind in _ALONE or (kind == _PARITY and not operands)
    first, second, pauli = wire, 0, 0
    if kind == _PARITY:
        first = 1 << wire if single else operands
        pauli = first << 2
    elif kind == _PATTERN:
        first, second = _BOTH, operands
        turns = UNKNOWN if turns & 1 else turns
    elif kind in (_CX, _SWAP):
        first, second = operands, 1 - operands
    elif kind == _ROTATION:
        pauli = 0b0101 << wire
    key = None if turns == UNKNOWN else (kind, first, second, turns)
    return PairStep(kind, single, wire, key, pauli, kind in (_ROTATION, _PARITY, _PATTERN))
