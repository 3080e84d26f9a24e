"""Blocks of a circuit: steps on one pair of wires that no other wire interrupts, and the pattern of each.

A pattern is what a block is when its wires are called 0 and 1 and angles are written in quarter turns where they are
constant. A circuit has few: pairs and layers are mostly alike, and what is found out about one of them holds for all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cliffords import StepKey
from qlang.kernels.steps import CX, PARITY, PATTERN, ROTATION, SWAP, Steps, X, Z
from qlang.kernels.wire_events import Integers, by_wire, ranges, stable_order

Values = TypeVar("Values", NDArray[np.int64], NDArray[np.bool_])

UNKNOWN = 8
"""In place of a number of quarter turns: the angle is no multiple of π/2, or may change."""

_MOST_AFTER = 4
"""Constants behind a block on a wire that its last segment may take."""

_ALONE = (ROTATION, X, Z)
_BOTH = 0b11

Codes: TypeAlias = str
"""Steps of a pattern, each as the character of this number: ((kind · 9 + quarter turns) · 4 + operands) · 2 + wire.

The wire is that of a step on one of them, else 0; operands are those of a step on both: the mask of a PARITY, the value
of a PATTERN, whether the first wire of a CX or a SWAP is wire 1, else 0.
"""

Pattern: TypeAlias = tuple[Codes, Codes, Codes, Codes, Codes]
"""Constants in front of a block on wire 0 and on wire 1, its steps, and constants behind it on wire 0 and on wire 1."""

Block: TypeAlias = tuple[int, ...]
"""Steps on a pair of wires that no other wire interrupts: the wires, then five ranges, each from … to.

Constants on the first wire and on the second one in front of the block, of `Blocks.singles`; from the first to the last
step on both, of `Blocks.members`; constants on the wires behind it, as in front, which other blocks may have too.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """All blocks of more than one step, in the order of their first steps.

    table (12, blocks): the blocks; singles: the steps on one wire, ordered by wire, then by index in the circuit;
    members: the steps of all blocks, one block after the other; codes: of the singles as steps on wire 0 and on wire 1,
    and of the members.
    """

    table: Integers
    singles: Integers
    members: Integers
    codes: tuple[Codes, Codes, Codes]

    def rows(self) -> Iterator[Block]:
        """The blocks one by one."""
        return zip(*self.table.tolist(), strict=True)

    def pattern(self, block: Block) -> Pattern:
        """The pattern of a block."""
        (low, high, members), (_, _, a, a_end, b, b_end, begin, end, c, c_end, d, d_end) = self.codes, block
        return low[a:a_end], high[b:b_end], members[begin:end], low[c:c_end], high[d:d_end]

    def without(self, place: int, taken: dict[int, int]) -> Block:
        """A block, for good without constants in front that are taken: for some wires, the singles up to a place."""
        column = self.table[:, place]
        column[2], column[4] = (max(column[2 + 2 * side], taken.get(column[side], 0)) for side in (0, 1))
        return tuple(column.tolist())

    def steps(self, table: Integers) -> tuple[Integers, Integers]:
        """The steps of some blocks as in their patterns, one block after the other, and where each block begins."""
        begins, lengths = table[2::2].copy(), table[3::2] - table[2::2]
        begins[2] += len(self.singles)
        found = np.concatenate([self.singles, self.members])[ranges(begins.T.ravel(), lengths.T.ravel())]
        totals = lengths.sum(axis=0)
        return found, np.cumsum(totals) - totals


@dataclass(frozen=True, slots=True)
class _Visits:
    """The steps on several wires, once for each of these: by wire, then by index in the circuit.

    steps: their numbers among the steps on several wires; wires; latest: the number of the one before on the wire, or
    −1; begins, ends, behind: the places of the singles between that one and the step, and between it and the next one.
    """

    steps: Integers
    wires: Integers
    latest: Integers
    begins: Integers
    ends: Integers
    behind: Integers

    @classmethod
    def of(cls, wires: Integers, indices: Integers, several: NDArray[np.bool_], qubits: int) -> "_Visits":
        """From wires and steps, by wire and then by step, and whether each step is on several wires."""
        of_several = several[indices]
        joint = np.flatnonzero(of_several)
        ends = np.cumsum(~of_several, dtype=np.int64)
        limits = np.append(0, ends)[np.searchsorted(wires, np.arange(qubits + 1))]
        ends = ends[joint]
        wires, steps = wires[joint], (np.cumsum(several) - 1)[indices[joint]]
        first = np.ones(len(wires) + 1, dtype=np.bool_)
        first[1:-1] = wires[1:] != wires[:-1]
        begins = np.where(first[:-1], limits[wires], _before(ends))
        behind = np.where(first[1:], limits[wires + 1], _behind(ends))
        return cls(steps, wires, np.where(first[:-1], -1, _before(steps)), begins, ends, behind)

    def sides(self) -> tuple[Integers, Integers, NDArray[np.bool_]]:
        """The visits of each step to its first and its second wire, and whether these are all of its wires."""
        order, widths = stable_order(self.steps), np.bincount(self.steps)
        first = np.cumsum(widths) - widths
        return order[first], order[first + 1], widths == 2


def _before(values: Values) -> Values:
    """For each place the value in front of it, for the first one the last value."""
    return np.concatenate([values[-1:], values[:-1]])


def _behind(values: Values) -> Values:
    """For each place the value behind it, for the last one the first value."""
    return np.concatenate([values[1:], values[:1]])


def blocks_of(steps: Steps, masks: Integers, turns: Integers) -> Blocks:
    """All blocks from the wires and the quarter turns, or `UNKNOWN`, of each step."""
    several = masks & (masks - 1) != 0
    wires, indices = by_wire(masks)
    visits, singles = _Visits.of(wires, indices, several, steps.qubits), indices[np.flatnonzero(~several[indices])]
    low, high, two = visits.sides()
    codes = (steps.kinds.astype(np.int64) * (UNKNOWN + 1) + turns) * 8
    own, joint = codes[singles], np.flatnonzero(several)
    joint_codes = codes[joint] + 2 * _operands(steps, joint, visits.wires[low], visits.wires[high])
    each, fresh = _by_block(visits, low, high, two)
    # between two steps on both wires of a block come those on the first wire, then those on the second one
    sides = low[each], high[each]
    counts = [np.where(fresh, 0, (visits.ends - visits.begins)[side]) for side in sides]
    begins = np.stack([*(visits.begins[side] for side in sides), each]) + np.array([[0], [1], [2]]) * len(singles)
    lengths = np.stack([*counts, np.ones_like(each)])
    members = ranges(begins.T.ravel(), lengths.T.ravel())
    ends = np.cumsum(lengths.sum(axis=0))
    heads, tails = np.flatnonzero(fresh), np.flatnonzero(_behind(fresh))
    long = tails > heads
    heads, tails = heads[long], tails[long]
    first, last = [side[heads] for side in sides], [side[tails] for side in sides]
    before, after = _constants(own, visits, first, last)
    table = np.stack([*(visits.wires[side] for side in first), *before, ends[heads] - 1, ends[tails], *after])
    found = np.concatenate([own, own + 1, joint_codes])[members]
    return Blocks(
        table,
        singles,
        np.concatenate([singles, singles, joint])[members],
        (_characters(own), _characters(own + 1), _characters(found)),
    )


def _characters(codes: Integers) -> Codes:
    return codes.astype(np.uint16).tobytes().decode("utf-16")  # none is a surrogate, or a mark of the byte order


def _operands(steps: Steps, joint: Integers, low: Integers, high: Integers) -> Integers:
    """Of steps on both wires of a pair as in their codes."""
    kinds, first, second = steps.kinds[joint], steps.first[joint], steps.second[joint]
    operands = np.where(kinds == PATTERN, (second >> low & 1) | (second >> high & 1) << 1, first > second)
    operands[kinds == PARITY] = _BOTH
    return operands


def _by_block(
    visits: _Visits, low: Integers, high: Integers, two: NDArray[np.bool_]
) -> tuple[Integers, NDArray[np.bool_]]:
    """The numbers of the steps on two wires, those of a block together, and whether each is the first of its block."""
    latest = visits.latest[low]
    continuing = two & (latest >= 0) & (latest == visits.latest[high]) & two[latest]
    each = visits.steps[np.sort(low[two])]  # by the first wire, on which those of a block follow each other
    fresh = ~continuing[each]
    order = np.argsort(each[fresh][np.cumsum(fresh) - 1], kind="stable")
    return each[order], fresh[order]


def _constants(
    codes: Integers, visits: _Visits, heads: Sequence[Integers], tails: Sequence[Integers]
) -> tuple[list[Integers], list[Integers]]:
    """On each wire from where to where the constants are that lead to blocks' first steps, and some behind the last."""
    numbers = np.arange(len(codes) + 1)
    constant = np.append((codes >> 3) % (UNKNOWN + 1) != UNKNOWN, False)
    since = np.append(0, np.maximum.accumulate(np.where(constant, 0, numbers + 1)))[:-1]
    until = np.minimum.accumulate(np.where(constant, len(codes), numbers)[::-1])[::-1]
    before, after = [], []
    for head in heads:
        end = visits.ends[head]
        before += [np.maximum(visits.begins[head], since[end]), end]
    for tail in tails:
        begin = visits.ends[tail]
        after += [begin, np.minimum(np.minimum(visits.behind[tail], begin + _MOST_AFTER), until[begin])]
    return before, after


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
def pair_step(code: str) -> PairStep:
    """The step of a code."""
    rest, wire = divmod(ord(code), 2)
    rest, operands = divmod(rest, 4)
    kind, turns = divmod(rest, UNKNOWN + 1)
    single = kind in _ALONE or (kind == PARITY and not operands)
    first, second, pauli = wire, 0, 0
    if kind == PARITY:
        first = 1 << wire if single else operands
        pauli = first << 2
    elif kind == PATTERN:
        first, second = _BOTH, operands
        turns = UNKNOWN if turns & 1 else turns
    elif kind in (CX, SWAP):
        first, second = operands, 1 - operands
    elif kind == ROTATION:
        pauli = 0b0101 << wire
    key = None if turns == UNKNOWN else (kind, first, second, turns)
    return PairStep(kind, single, wire, key, pauli, kind in (ROTATION, PARITY, PATTERN))
