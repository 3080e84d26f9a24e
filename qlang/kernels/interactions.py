"""Interactions on one pair of wires found, and written as one rotation (`qlang.kernels.pair_forms`).

What is found in a block of steps on a pair (`qlang.kernels.pair_segments`) depends on its pattern alone, so it is
looked for once in each pattern, and then written for all blocks at a time.

Angles stay affine in the circuit's parameters. A segment that would not take fewer rotations, or of which the bound on
rounding would have to know (`qlang.passes.rounding` counts its gates), is left as it is.
"""

from dataclasses import dataclass, field
from math import pi
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.pair_blocks import UNKNOWN, Block, Blocks, Pattern, blocks_of
from qlang.kernels.pair_forms import NewStep
from qlang.kernels.pair_segments import Rewrite, rewrites_of
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, AngleMap, Lowering, StepKind, Steps
from qlang.kernels.wire_events import Integers, ranges, repeated, wire_masks

Number = TypeVar("Number", np.int64, np.float64)

_MOST_TURNS = 8
"""Multiples of π/2 that count as constants."""

_PARITY, _CX, _SWAP = map(int, (StepKind.PARITY, StepKind.CX, StepKind.SWAP))


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """A rewrite as numbers, to be put together with others; steps before it by their places in the pattern.

    members (m,): the steps that it takes the place of; behind: how many of them are behind the block, on either wire;
    start: the first on both wires; steps (4, n): kinds, operands as `_operands` writes them, and how many angles each
    has; constants (angles,); entries (2, e) with coefficients (e,): numbers of angles, and the steps whose angles are
    added to them.
    """

    members: NDArray[np.int64]
    behind: tuple[int, int]
    start: int
    steps: NDArray[np.int64]
    constants: NDArray[np.float64]
    entries: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    phase: float

    @classmethod
    def of(cls, rewrite: Rewrite, pattern: Pattern) -> "_Written":
        """Of a rewrite in a pattern."""
        end = sum(map(len, pattern[:3]))
        behind = [place - end < len(pattern[3]) for place in rewrite.members if place >= end]
        steps = [(step.kind, *_operands(step), len(step.angles)) for step in rewrite.form.steps]
        angles = [angle for step in rewrite.form.steps for angle in step.angles]
        entries = [
            (number, place, sign * coefficient)
            for number, (_, coefficients) in enumerate(angles)
            for coefficient, sources in zip(coefficients, rewrite.sources, strict=False)
            if coefficient
            for place, sign in sources
        ]
        return cls(
            np.array(rewrite.members, dtype=np.int64),
            (behind.count(True), behind.count(False)),
            rewrite.start,
            np.array(steps, dtype=np.int64).T,
            np.array([constant for constant, _ in angles]),
            np.array([entry[:2] for entry in entries], dtype=np.int64).reshape(-1, 2).T,
            np.array([entry[2] for entry in entries]),
            rewrite.form.phase,
        )


class _Found(NamedTuple):
    """Rewrites on pairs of wires, as columns in the order of their starts: the first step on both wires, the number of
    the form, the wires, and the offset of the block in the list of all blocks' steps."""

    start: Integers
    form: Integers
    low: Integers
    high: Integers
    offset: Integers


@dataclass(slots=True)
class _Search:
    """Looks for rewrites in all blocks of a circuit, once in each pattern."""

    blocks: Blocks
    taken: dict[int, int] = field(default_factory=dict)
    """For some wires, up to where the singles are taken by blocks in front."""
    forms: list[_Written] = field(default_factory=list)
    known: dict[Pattern, range] = field(default_factory=dict)
    """The forms of patterns."""

    def run(self) -> tuple[_Found, Integers, float]:
        """The rewrites, the steps of the blocks that have some, and the sum of their phases."""
        chosen, numbers = [], []
        for place, block in enumerate(self.blocks.rows()):
            if self.taken:
                block = self.blocks.without(place, self.taken)
            pattern = self.blocks.pattern(block)
            found = self.known.get(pattern)
            if found is None:
                begin = len(self.forms)
                self.forms += [_Written.of(rewrite, pattern) for rewrite in rewrites_of(pattern)]
                found = self.known[pattern] = range(begin, len(self.forms))
            if found:
                chosen.append(place)
                numbers.append(found)
                if any(behind := self.forms[found[-1]].behind):
                    self._take(block, behind)
        return self._columns(chosen, numbers)

    def _take(self, block: Block, behind: tuple[int, int]) -> None:
        """Constants behind a block are taken by its last rewrite."""
        for wire, begin, count in zip(block[:2], (block[8], block[10]), behind, strict=True):
            if count:
                self.taken[wire] = begin + count

    def _columns(self, chosen: list[int], numbers: list[range]) -> tuple[_Found, Integers, float]:
        table = self.blocks.table[:, chosen]
        members, offsets = self.blocks.steps(table)
        each = np.repeat(np.arange(len(chosen)), [len(found) for found in numbers])
        forms = np.array([number for found in numbers for number in found], dtype=np.int64)
        starts = members[offsets[each] + np.array([form.start for form in self.forms], dtype=np.int64)[forms]]
        phase = sum([self.forms[number].phase for number in forms.tolist()])
        order = np.argsort(starts)
        each = each[order]
        return _Found(starts[order], forms[order], table[0][each], table[1][each], offsets[each]), members, phase


def twisted(lowering: Lowering, *, fixed: bool = True) -> Lowering:
    """The same circuit with interactions of pairs in this form.

    `fixed`: the parameters are those that the circuit is executed with, so that one that is a multiple of π/2 may be
    taken as a constant. Raises BadAngle.
    """
    masks = wire_masks(lowering.steps)
    if not repeated(masks[masks & (masks - 1) != 0]):
        return lowering
    blocks = blocks_of(lowering.steps, masks, _quarter_turns(lowering, fixed))
    search = _Search(blocks)
    found, members, phase = search.run()
    return _rewritten(lowering, search.forms, found, members, phase) if len(found.start) else lowering


def _quarter_turns(lowering: Lowering, fixed: bool) -> NDArray[np.int64]:
    """For each step the multiple of π/2 that its angle is, exactly as a double is that is written so, modulo 4π."""
    angles = lowering.angle_map.angles(lowering.parameters)[0] if fixed else lowering.angle_map.constants.copy()
    if not fixed:
        angles[lowering.angle_map.rows] = np.inf
    turns = np.rint(np.where(np.abs(angles) <= _MOST_TURNS * pi / 2, angles, 0.3) / (pi / 2))
    turns = np.where(turns * (pi / 2) == angles, turns.astype(np.int64) & 7, UNKNOWN)
    return np.append(turns, 0)[lowering.steps.slots]  # the last one of slot −1


def _operands(step: NewStep) -> tuple[int, int]:
    """First and second as wires of the pair, 0 and 1, or 2 + a mask of them."""
    first = 2 + step.first if step.kind == _PARITY else step.first
    return first, step.second if step.kind in (_CX, _SWAP) else 2 + step.second


def _rewritten(lowering: Lowering, forms: list[_Written], found: _Found, members: Integers, phase: float) -> Lowering:
    """The circuit with forms where their segments began to involve both wires; `members` are the blocks' steps."""
    steps = lowering.steps
    gone = np.zeros(len(steps), dtype=np.bool_)
    taken = _of_each([each.members for each in forms], found.form)
    gone[members[taken + np.repeat(found.offset, np.array([len(each.members) for each in forms])[found.form])]] = True
    kept = np.ones(steps.slot_count, dtype=np.bool_)
    kept[steps.slots[gone & (steps.slots >= 0)]] = False
    old = np.flatnonzero(kept)
    angles = np.array([len(each.constants) for each in forms])[found.form]
    begins = len(old) + np.cumsum(angles) - angles
    shifts = np.concatenate([np.zeros(len(old)), _of_each([each.constants for each in forms], found.form)])
    shifts[GLOBAL_PHASE_SLOT] += phase
    entries = _of_each([each.entries for each in forms], found.form)
    lengths = np.array([each.entries.shape[1] for each in forms])[found.form]
    targets = np.concatenate([np.arange(len(old)), entries[0] + np.repeat(begins, lengths)])
    sources = members[entries[1] + np.repeat(found.offset, lengths)]
    before = np.concatenate([old, steps.slots[sources]])
    factors = np.concatenate([np.ones(len(old)), _of_each([each.coefficients for each in forms], found.form)])
    angle_map = _composed(lowering.angle_map, (targets, before, factors), shifts)
    return Lowering(_rewritten_steps(steps, forms, found, gone, kept), angle_map, lowering.parameters)


def _of_each(parts: list[NDArray[Number]], chosen: Integers) -> NDArray[Number]:
    """The last axes of some parts, one behind the other."""
    lengths = np.array([part.shape[-1] for part in parts])
    return np.concatenate(parts, axis=-1)[..., ranges((np.cumsum(lengths) - lengths)[chosen], lengths[chosen])]


def _rewritten_steps(
    steps: Steps, forms: list[_Written], found: _Found, gone: NDArray[np.bool_], kept: NDArray[np.bool_]
) -> Steps:
    """The steps, those of rewrites, in the order of their starts, in place of what is gone; `kept` slots come first."""
    made = _of_each([each.steps for each in forms], found.form)
    lengths = np.array([each.steps.shape[1] for each in forms])[found.form]
    wires, starts = np.stack([found.low, found.high]), found.start
    bits = np.left_shift(1, wires)
    operands = np.stack([*wires, np.zeros_like(starts), *bits, bits[0] | bits[1]])
    pairs = np.repeat(np.arange(len(starts)), lengths)
    counts = np.where(gone, 0, 1)
    counts[starts] = lengths
    places = ranges((np.cumsum(counts) - counts)[starts], lengths)
    sources = np.repeat(np.arange(len(steps)), counts)
    slots = np.append(np.cumsum(kept) - 1, -1)[steps.slots[sources]]  # the last one of slot −1
    kinds, first, second = steps.kinds[sources], steps.first[sources], steps.second[sources]
    kinds[places], first[places], second[places] = made[0], operands[made[1], pairs], operands[made[2], pairs]
    begins = int(kept.sum()) + np.cumsum(made[3]) - made[3]
    slots[places] = np.where(made[3] > 0, begins, -1)
    return Steps(steps.qubits, kinds, first, second, slots.astype(np.int32), int(kept.sum() + made[3].sum()))


def _composed(
    angles: AngleMap,
    matrix: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    shifts: NDArray[np.float64],
) -> AngleMap:
    """New slots as sums of those before, given as (new, before, coefficient), and constants."""
    targets, sources, factors = matrix
    constants = shifts.copy()
    np.add.at(constants, targets, factors * angles.constants[sources])
    lengths = np.bincount(angles.rows, minlength=len(angles.constants))
    starts, counts = np.cumsum(lengths) - lengths, lengths[sources]
    each = np.repeat(np.arange(len(sources)), counts)
    places = ranges(starts[sources], counts)
    return AngleMap.of(
        angles.parameters,
        constants,
        targets[each].astype(np.int32),
        angles.columns[places],
        factors[each] * angles.coefficients[places],
    )
