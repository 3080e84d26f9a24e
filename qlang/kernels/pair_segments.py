"""Interactions in a block of steps on a pair of wires (`qlang.kernels.pair_blocks`), each with the form it is given.

A segment is a run of steps on the wires of which the constant Cliffords (angles that are multiples of π/2) are
followed symbolically, so that what remains are rotations exp(−iθ/2 P) about Paulis P on both wires which commute,
and one Clifford at the end, a gate on each wire. The order of the interactions and the bases that they are written in
do not matter. Constants on one wire in front of a segment and behind it belong to it where that saves a rotation.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from qlang.kernels.cliffords import IDENTITY, MINUS, Clifford, commute, weight
from qlang.kernels.pair_blocks import PairStep, Pattern, pair_step
from qlang.kernels.pair_forms import AT_END, ROTATION_ERROR, TABLE_ERROR, Form, form_of
from qlang.kernels.steps import StepKind

_LONGEST = 96
"""Steps of a segment."""

_ROTATION, _PARITY = int(StepKind.ROTATION), int(StepKind.PARITY)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A segment that is rewritten: its steps, the first on both wires, and its form; steps by place in the pattern.

    sources: for each Pauli of the form the steps that its angle is the sum of, with signs.
    """

    members: tuple[int, ...]
    start: int
    sources: tuple[tuple[tuple[int, int], ...], ...]
    form: Form


@dataclass(slots=True)
class _Segment:
    """Steps of a block that are being followed."""

    members: list[int]
    clifford: Clifford
    core: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """The Paulis, and for each the steps that rotate about it with their signs."""
    closed: int = 0
    """Wires on which a step that is not part of it has come."""

    def copy(self) -> "_Segment":
        """As it is now."""
        core = {pauli: list(sources) for pauli, sources in self.core.items()}
        return _Segment(list(self.members), self.clifford, core, self.closed)


def rewrites_of(pattern: Pattern) -> list[Rewrite]:
    """All segments of a block with a form that is better, in order."""
    scan = _Scan(pattern)
    return scan.run() if scan.worthwhile() else []


class _Scan:
    """Looks for segments in one block. Steps are their places in the pattern."""

    def __init__(self, pattern: Pattern) -> None:
        self.steps: list[PairStep] = [pair_step(code) for codes in pattern for code in codes]
        ranges, end = [], 0
        for codes in pattern:
            ranges.append(range(end, end + len(codes)))
            end += len(codes)
        self.before, self.members, self.after = ranges[:2], ranges[2], ranges[3:]

    def worthwhile(self) -> bool:
        """Whether the block has more than one interaction."""
        joint = turned = 0
        for place in self.members:
            step = self.steps[place]
            joint += step.kind == _PARITY and not step.single
            turned += step.kind == _ROTATION
        return turned > 0 and joint + turned > 1

    def run(self) -> list[Rewrite]:
        """All segments with a form that is better."""
        found: list[Rewrite] = []
        before = [[*places] for places in self.before]
        place = self.members.start
        while place < self.members.stop:
            step = self.steps[place]
            if step.single:
                if step.key is None:
                    before[step.wire] = []
                else:
                    before[step.wire].append(place)
            else:
                if (best := self._best(place, [*before[0], *before[1]])) is not None:
                    segment, form = best
                    sources = tuple(tuple(each) for each in segment.core.values())
                    found.append(Rewrite(tuple(segment.members), place, sources, form))
                    place = max(each for each in segment.members if each < self.members.stop)
                before = [[], []]
            place += 1
        return found

    def _best(self, place: int, before: list[int]) -> tuple[_Segment, Form] | None:
        """The segment from a step on both wires on, up to where its form is best; the latest of equal ones.

        With all the constants in front of it, else with those that are phases.
        """
        best: tuple[float, _Segment, Form] | None = None
        turned: set[int] = set()
        diagonal: list[int] = []
        for each in reversed(before):
            step = self.steps[each]
            if step.kind == _ROTATION:
                turned.add(step.wire)
            if step.wire not in turned:
                diagonal.append(each)
        diagonal.reverse()
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
        for each in before:
            key = self.steps[each].key
            assert key is not None
            clifford = clifford.then(key)
        segment = _Segment(list(before), clifford)
        for each in range(place, min(place + _LONGEST, self.members.stop)):
            if not self._follow(each, segment):
                return
            if len(segment.core) > 1 and segment.clifford.local and each in segment.members[-1:]:
                yield segment.copy()
        if place + _LONGEST < self.members.stop or segment.closed or not segment.clifford.local:
            return
        yield from self._extended(segment)

    def _extended(self, segment: _Segment) -> Iterator[_Segment]:
        """A segment with constants behind the block, any number of each wire."""
        if len(segment.core) < 2:
            return
        first, second = self.after
        for a in range(len(first) + 1):
            for b in range(len(second) + 1):
                if a or b:
                    extended = segment.copy()
                    for place in (*first[:a], *second[:b]):
                        self._follow(place, extended)
                    yield extended

    def _follow(self, place: int, segment: _Segment) -> bool:
        """Make a step part of a segment if it can be one; whether the segment may go on."""
        step = self.steps[place]
        if step.single and segment.closed >> step.wire & 1:
            return True
        if not step.single and segment.closed:
            return False
        if not self._interacts(place, segment):
            if step.key is None:
                segment.closed |= 1 << step.wire
                return step.single and segment.clifford.local
            segment.clifford = segment.clifford.then(step.key)
        segment.members.append(place)
        return True

    def _interacts(self, place: int, segment: _Segment) -> bool:
        """Add a rotation to the segment's if it is about a Pauli on both wires that commutes with the others'."""
        pauli = self.steps[place].pauli
        if not pauli:
            return False
        pulled = segment.clifford.pulled[pauli]
        code = pulled & 15
        if weight(code) < 2 or not all(commute(code, other) for other in segment.core):
            return False
        segment.core.setdefault(code, []).append((place, -1 if pulled & MINUS else 1))
        return True

    def _form(self, segment: _Segment) -> tuple[float, Form]:
        """How many rotations the segment's form saves, none if it may not be taken, and the form."""
        form = form_of(tuple(segment.core), segment.clifford)
        members = [self.steps[place] for place in segment.members]
        angled = sum([step.angled for step in members])
        turns = sum([step.kind == _ROTATION for step in members])
        if form.angles > angled or form.error > TABLE_ERROR * angled + ROTATION_ERROR * turns + 1e-9:
            return 0.0, form
        return _rotations(members) - form.rotations, form


def _rotations(members: Iterable[PairStep]) -> float:
    """Rotations of steps, those of a wire between two steps on both wires counting as one, at the ends as half."""
    count = 0.0
    turned, joint = 0, False
    for step in members:
        if not step.single:
            count += turned.bit_count() * (1.0 if joint else AT_END)
            turned, joint = 0, True
        elif step.kind == _ROTATION:
            turned |= 1 << step.wire
    return count + turned.bit_count() * AT_END
