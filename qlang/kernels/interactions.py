"""Interactions on one pair of wires found, and written as one rotation (`qlang.kernels.pair_forms`).

A segment is a run of steps on wires a and b of which the constant Cliffords (angles that are multiples of π/2) are
followed symbolically, so that what remains are rotations exp(−iθ/2 P) about Paulis P on both wires which commute,
and one Clifford at the end, a gate on each wire. The order of the interactions and the bases that they are written in
do not matter. Constants on one wire in front of a segment and behind it belong to it where that saves a rotation.

Angles stay affine in the circuit's parameters. A segment that would not take fewer rotations, or of which the bound on
rounding would have to know (`qlang.passes.rounding` counts its gates), is left as it is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from math import pi

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cliffords import IDENTITY, MINUS, Clifford, StepKey, commute, weight
from qlang.kernels.order import bits_of
from qlang.kernels.pair_forms import AT_END, ROTATION_ERROR, TABLE_ERROR, Form, NewStep, form_of
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, AngleMap, Lowering, Step, StepKind, Steps

_LONGEST = 96
"""Steps of a segment."""
_MOST_AFTER = 4
"""Constants behind a block on a wire that its last segment may take."""
_MOST_TURNS = 8
"""Multiples of π/2 that count as constants."""

_ROTATION, _PARITY, _PATTERN, _CX, _SWAP, _X, _Z, _TWIST = map(int, StepKind)
_Sources = tuple[tuple[tuple[int, int], ...], ...]
"""For each Pauli of a segment the slots of its angle, with signs."""


@dataclass(slots=True)
class _Block:
    """Steps on a pair of wires that no other wire interrupts.

    members: from the first to the last step on both, in order; before, after: steps on one of the wires (the first,
    the second) in front of them and behind them, which those of other blocks may be too.
    """

    wires: tuple[int, int]
    members: list[int] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=lambda: [[], []])
    after: list[list[int]] = field(default_factory=lambda: [[], []])


@dataclass(slots=True)
class _Segment:
    """Steps of a block that are being followed."""

    members: list[int]
    clifford: Clifford
    core: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """The Paulis, and for each the slots of its angle with their signs."""
    closed: int = 0
    """Wires on which a step that is not part of it has come."""

    def copy(self) -> "_Segment":
        """As it is now."""
        core = {pauli: list(sources) for pauli, sources in self.core.items()}
        return _Segment(list(self.members), self.clifford, core, self.closed)


@dataclass(frozen=True, slots=True)
class _Found:
    """A segment's steps, the first on both wires, the wires, where its Paulis' angles come from, and its form."""

    members: tuple[int, ...]
    start: int
    wires: tuple[int, int]
    sources: _Sources
    form: Form


def twisted(lowering: Lowering, *, fixed: bool = True) -> Lowering:
    """The same circuit with interactions of pairs in this form.

    `fixed`: the parameters are those that the circuit is executed with, so that one that is a multiple of π/2 may be
    taken as a constant. Raises BadAngle.
    """
    rows = list(lowering.steps.rows())
    single = [_single(row) for row in rows]
    blocks = [block for block in _blocks(rows, single, lowering.steps.qubits) if _worthwhile(rows, block)]
    if not blocks:
        return lowering
    quarters = _quarters(lowering, fixed)
    taken: set[int] = set()
    found = [each for block in blocks for each in _Scan(rows, single, quarters, block, taken).run()]
    return _rewritten(lowering, rows, found) if found else lowering


def _blocks(rows: list[Step], single: list[bool], qubits: int) -> list[_Block]:
    """All blocks, in the order of their first steps."""
    singles: list[list[int]] = [[] for _ in range(qubits)]
    latest: list[_Block | None] = [None] * qubits
    found: list[_Block] = []
    for index, row in enumerate(rows):
        kind, first, second, _ = row
        if single[index]:
            singles[first.bit_length() - 1 if kind == _PARITY else first].append(index)
            continue
        wires = bits_of(first) if kind in (_PARITY, _PATTERN) else (min(first, second), max(first, second))
        block = latest[wires[0]]
        if len(wires) == 2 and block is not None and block is latest[wires[1]]:
            block.members += [*singles[wires[0]], *singles[wires[1]], index]
        else:
            for wire in wires:
                if (old := latest[wire]) is not None:
                    old.after[old.wires.index(wire)] = singles[wire]
            pair = _Block((wires[0], wires[1]), [index]) if len(wires) == 2 else None
            if pair is not None:
                pair.before = [singles[wire] for wire in wires]
                found.append(pair)
            for wire in wires:
                latest[wire] = pair
        for wire in wires:
            singles[wire] = []
    for wire, block in enumerate(latest):
        if block is not None:
            block.after[block.wires.index(wire)] = singles[wire]
    return found


def _worthwhile(rows: list[Step], block: _Block) -> bool:
    """Whether a block has more than one interaction."""
    joint = turned = 0
    for index in block.members:
        kind, first, _, _ = rows[index]
        joint += kind == _PARITY and first & (first - 1) != 0
        turned += kind == _ROTATION
    return turned > 0 and joint + turned > 1


def _single(row: Step) -> bool:
    kind, first, _, _ = row
    return kind in (_ROTATION, _X, _Z) or (kind == _PARITY and first & (first - 1) == 0)


def _quarters(lowering: Lowering, fixed: bool) -> list[int | None]:
    """For each slot the multiple of π/2 that its angle is, exactly as a double is that is written so."""
    angles = lowering.angle_map.angles(lowering.parameters)[0] if fixed else lowering.angle_map.constants.copy()
    if not fixed:
        angles[lowering.angle_map.rows] = np.inf
    turns = np.rint(np.where(np.abs(angles) <= _MOST_TURNS * pi / 2, angles, 0.3) / (pi / 2))
    exact = turns * (pi / 2) == angles
    return [turn if same else None for turn, same in zip(turns.astype(int).tolist(), exact.tolist(), strict=True)]


class _Scan:
    """Looks for segments in one block; `single` says which steps are on one wire, `taken` are those of segments."""

    def __init__(
        self,
        rows: list[Step],
        single: list[bool],
        quarters: Sequence[int | None],
        block: _Block,
        taken: set[int],
    ) -> None:
        self.rows, self.single, self.quarters, self.block, self.taken = rows, single, quarters, block, taken
        a, b = block.wires
        self.local = {a: 0, b: 1}
        self.bits = {1 << a: 1, 1 << b: 2, 1 << a | 1 << b: 3}

    def run(self) -> list[_Found]:
        """All segments with a form that is better."""
        found: list[_Found] = []
        before = [self._constants_before(steps) for steps in self.block.before]
        place, members = 0, self.block.members
        while place < len(members):
            index = members[place]
            if self.single[index]:
                key, wire = self._key(index)
                before[wire] = [] if key is None else [*before[wire], index]
            else:
                if (best := self._best(place, [*before[0], *before[1]])) is not None:
                    found.append(self._made(*best, index))
                    self.taken.update(best[0].members)
                    while place + 1 < len(members) and any(each in self.taken for each in members[place + 1 :]):
                        place += 1
                before = [[], []]
            place += 1
        return found

    def _constants_before(self, steps: list[int]) -> list[int]:
        """The last steps on a wire that are constants, and free."""
        count = 0
        for index in reversed(steps):
            if index in self.taken or self._key(index)[0] is None:
                break
            count += 1
        return steps[len(steps) - count :]

    def _key(self, index: int) -> tuple[StepKey | None, int]:
        """A step on the pair as a Clifford, or `None`; and its wire if it is on one."""
        kind, first, second, slot = self.rows[index]
        turns = self.quarters[slot] if slot >= 0 else 0
        if kind in (_PARITY, _PATTERN):
            mask = self.bits[first]
            wire = mask >> 1 & 1
            if kind == _PATTERN:
                second = (second >> self.block.wires[0] & 1) | (second >> self.block.wires[1] & 1) << 1
                turns = None if turns is None or turns & 1 else turns
            return (None if turns is None else (kind, mask, second, turns % 8)), wire
        wire = self.local[first]
        second = self.local[second] if kind in (_CX, _SWAP) else 0
        return (None if turns is None else (kind, wire, second, turns % 8)), wire

    def _best(self, place: int, before: list[int]) -> tuple[_Segment, Form] | None:
        """The segment from a step on both wires on, up to where its form is best; the latest of equal ones.

        With all the constants in front of it, else with those that are phases.
        """
        best: tuple[float, _Segment, Form] | None = None
        turned: set[int] = set()
        diagonal: list[int] = []
        for index in reversed(before):
            wire = self._key(index)[1]
            if self.rows[index][0] == _ROTATION:
                turned.add(wire)
            if wire not in turned:
                diagonal.insert(0, index)
        for beginning in (before, diagonal) if turned else (before,):
            for segment in self._segments(place, beginning):
                gain, form = self._form(segment)
                if gain > 0 and (best is None or gain >= best[0]):
                    best = gain, segment, form
            if best is not None:
                return best[1:]
        return None

    def _segments(self, place: int, before: list[int]) -> Iterator[_Segment]:
        """Segments from a step on both wires on that have two rotations or more and a local Clifford."""
        clifford = IDENTITY
        for index in before:
            key, _ = self._key(index)
            assert key is not None
            clifford = clifford.then(key)
        segment = _Segment(list(before), clifford)
        members = self.block.members[place : place + _LONGEST]
        for index in members:
            if not self._follow(index, segment):
                return
            if len(segment.core) > 1 and segment.clifford.local and index in segment.members[-1:]:
                yield segment.copy()
        if place + _LONGEST < len(self.block.members) or segment.closed or not segment.clifford.local:
            return
        yield from self._extended(segment)

    def _extended(self, segment: _Segment) -> Iterator[_Segment]:
        """A segment with constants behind the block, any number of each wire."""
        if len(segment.core) < 2:
            return
        first, second = ([*self._constants_after(steps)] for steps in self.block.after)
        for a in range(len(first) + 1):
            for b in range(len(second) + 1):
                if a or b:
                    extended = segment.copy()
                    for index in (*first[:a], *second[:b]):
                        self._follow(index, extended)
                    yield extended

    def _constants_after(self, steps: list[int]) -> Iterator[int]:
        for index in steps[:_MOST_AFTER]:
            if self._key(index)[0] is None:
                return
            yield index

    def _follow(self, index: int, segment: _Segment) -> bool:
        """Make a step part of a segment if it can be one; whether the segment may go on."""
        row = self.rows[index]
        key, wire = self._key(index)
        single = self.single[index]
        if single and segment.closed >> wire & 1:
            return True
        if not single and segment.closed:
            return False
        if not self._interacts(row, segment):
            if key is None:
                segment.closed |= 1 << wire
                return single and segment.clifford.local
            segment.clifford = segment.clifford.then(key)
        segment.members.append(index)
        return True

    def _interacts(self, row: Step, segment: _Segment) -> bool:
        """Add a rotation to the segment's if it is about a Pauli on both wires that commutes with the others'."""
        kind, first, _, slot = row
        if kind == _ROTATION:
            pauli = 0b0101 << self.local[first]
        elif kind == _PARITY:
            pauli = self.bits[first] << 2
        else:
            return False
        pulled = segment.clifford.pulled[pauli]
        code = pulled & 15
        if weight(code) < 2 or not all(commute(code, other) for other in segment.core):
            return False
        segment.core.setdefault(code, []).append((slot, -1 if pulled & MINUS else 1))
        return True

    def _form(self, segment: _Segment) -> tuple[float, Form]:
        """How many rotations the segment's form saves, none if it may not be taken, and the form."""
        form = form_of(tuple(segment.core), segment.clifford)
        rows = [self.rows[index] for index in segment.members]
        angled = sum([row[3] >= 0 for row in rows])
        turns = sum([row[0] == _ROTATION for row in rows])
        if form.angles > angled or form.error > TABLE_ERROR * angled + ROTATION_ERROR * turns + 1e-9:
            return 0.0, form
        return self._rotations(segment.members) - form.rotations, form

    def _rotations(self, members: Iterable[int]) -> float:
        """Rotations of steps, those of a wire between two steps on both wires counting as one, at the ends as half."""
        count = 0.0
        turned, joint = 0, False
        for index in members:
            row = self.rows[index]
            if not self.single[index]:
                count += turned.bit_count() * (1.0 if joint else AT_END)
                turned, joint = 0, True
            elif row[0] == _ROTATION:
                turned |= 1 << self.local[row[1]]
        return count + turned.bit_count() * AT_END

    def _made(self, segment: _Segment, form: Form, start: int) -> _Found:
        sources = tuple(tuple(each) for each in segment.core.values())
        return _Found(tuple(segment.members), start, self.block.wires, sources, form)


def _rewritten(lowering: Lowering, rows: list[Step], found: list[_Found]) -> Lowering:
    """The circuit with forms where their segments began to involve both wires."""
    steps = lowering.steps
    gone = {index for each in found for index in each.members}
    starts = {each.start: each for each in found}
    made: list[Step] = []
    entries: list[tuple[int, int, float]] = []  # new slot, slot before, coefficient
    constants: list[tuple[int, float]] = [(GLOBAL_PHASE_SLOT, sum(each.form.phase for each in found))]
    kept = np.ones(steps.slot_count, dtype=np.bool_)
    kept[[rows[index][3] for index in gone if rows[index][3] >= 0]] = False
    renumbered = (np.cumsum(kept) - 1).tolist()
    count = int(kept.sum())
    for index, (kind, first, second, slot) in enumerate(rows):
        if (each := starts.get(index)) is not None:
            for step in each.form.steps:
                made.append(_placed(step, each.wires, count))
                for constant, coefficients in step.angles:
                    constants.append((count, constant))
                    for coefficient, sources in zip(coefficients, each.sources, strict=False):
                        if coefficient:
                            entries += [(count, source, sign * coefficient) for source, sign in sources]
                    count += 1
        if index not in gone:
            made.append((kind, first, second, renumbered[slot] if slot >= 0 else -1))
    columns = np.array(made, dtype=np.int64).reshape(-1, 4).T
    kinds, slots = columns[0].astype(np.int8), columns[3].astype(np.int32)
    changed = Steps(steps.qubits, kinds, columns[1].copy(), columns[2].copy(), slots, count)
    old = np.flatnonzero(kept)
    added = np.array(entries, dtype=np.float64).reshape(-1, 3)
    targets = np.concatenate([np.arange(len(old)), added[:, 0].astype(np.int64)])
    before = np.concatenate([old, added[:, 1].astype(np.int64)])
    factors = np.concatenate([np.ones(len(old)), added[:, 2]])
    shifts = np.zeros(count)
    np.add.at(shifts, [slot for slot, _ in constants], [value for _, value in constants])
    return Lowering(changed, _composed(lowering.angle_map, (targets, before, factors), shifts), lowering.parameters)


def _placed(step: NewStep, wires: tuple[int, int], slot: int) -> Step:
    """A step on the circuit's wires."""
    second = step.second
    first = _mask(step.first, wires) if step.kind == _PARITY else wires[step.first]
    if step.kind == _TWIST:
        second = _mask(second, wires)
    elif step.kind in (_CX, _SWAP):
        second = wires[second]
    return step.kind, first, second, slot if step.angles else -1


def _mask(mask: int, wires: tuple[int, int]) -> int:
    return sum(1 << wire for bit, wire in enumerate(wires) if mask >> bit & 1)


def _composed(
    angles: AngleMap,
    matrix: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    shifts: NDArray[np.float64],
) -> AngleMap:
    """New slots as sums of those before, given as (new, before, coefficient), and constants."""
    targets, sources, factors = matrix
    constants = shifts.copy()
    np.add.at(constants, targets, factors * angles.constants[sources])
    starts = np.searchsorted(angles.rows, np.arange(len(angles.constants) + 1))
    counts = np.diff(starts)[sources]
    each = np.repeat(np.arange(len(sources)), counts)
    places = starts[sources][each] + np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
    return AngleMap.of(
        angles.parameters,
        constants,
        targets[each].astype(np.int32),
        angles.columns[places],
        factors[each] * angles.coefficients[places],
    )
