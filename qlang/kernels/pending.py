"""Phases that have been reached and not yet applied.

Held by columns: for each wire an int whose bit k says that phase k is on it. A CX relabels all of them at once, as a
parity that has the target gains (or loses) the control:

    column[control] ^= column[target]

A pattern cannot pass a CX on one of its wires; one of up to `LONGEST_WRITTEN_OUT` wires is written as parities then,

    exp(iφ·[x = v on m])  =  Π over S ⊆ m of exp(−i φ_S/2 · (−1)^|x & S|),   φ_S = −φ · 2^(1−k) · (−1)^|S & v|,

and a longer one has to be applied before the CX.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from qlang.kernels.order import Order, bits_of
from qlang.kernels.program import PhaseGroup, Terms

LONGEST_WRITTEN_OUT = 3
"""Wires of the longest pattern that is written as parities (2^k of them)."""

_FEW = 64


class _Part(NamedTuple):
    """A parity that a pattern was written as."""

    step: int
    coefficient: float
    wires: int


@dataclass(slots=True)
class Pending:
    """The phases, their columns by wire label, and which of them are patterns (as bits)."""

    order: Order
    columns: list[int]
    phases: list[int] = field(default_factory=list)
    """For each phase its step, or the bits' inverse of the index in `parts`."""
    parts: list[_Part] = field(default_factory=list)
    patterns: int = 0
    constants: int = 0
    """Those on no wire, left by patterns that were written out."""
    gone: int = 0
    """Those that have been applied: they are swept out now and then."""
    applied: list[int] = field(default_factory=list)
    """What was in `phases`, in the order of application: a term each."""

    @property
    def alive(self) -> int:
        """Those that have not been applied."""
        return ((1 << len(self.phases)) - 1) ^ self.gone

    def issue(self, step: int, wires: Iterable[int], pattern: bool) -> None:
        """A phase's wires have all come to it."""
        bit, columns = 1 << len(self.phases), self.columns
        self.phases.append(step)
        for wire in wires:
            columns[wire] |= bit
        if pattern:
            self.patterns |= bit

    def issue_on(self, wire: int, steps: Iterable[int]) -> None:
        """A wire has come to parities of it alone."""
        column, phases = self.columns[wire], self.phases
        for step in steps:
            column |= 1 << len(phases)
            phases.append(step)
        self.columns[wire] = column

    def passes_cx(self, target: int) -> bool:
        """Whether every phase on the target can pass a CX on it."""
        stuck = self.columns[target] & self.patterns
        patterns = self.order.patterns
        return not stuck or all(len(patterns[self.phases[k]].names) <= LONGEST_WRITTEN_OUT for k in bits_of(stuck))

    def cx(self, control: int, target: int) -> None:
        """Relabel by a CX that is executed now."""
        stuck = self.columns[target] & self.patterns
        if stuck:
            for k in bits_of(stuck):
                self._write_out(k)
        self.columns[control] ^= self.columns[target]

    def _write_out(self, k: int) -> None:
        """Replace a pattern by parities; the one of no wire takes its place."""
        step, bit = self.phases[k], 1 << k
        names, labels, value = self.order.patterns[step]
        self.patterns ^= bit
        self.constants |= bit
        for label in labels:
            self.columns[label] ^= bit
        coefficient = -(2.0 ** (1 - len(labels)))
        self.phases[k] = self._part(step, coefficient, 0)
        for part in range(1, 1 << len(labels)):
            chosen = bits_of(part)
            wires = sum([1 << names[i] for i in chosen])
            sign = -1.0 if (wires & value).bit_count() & 1 else 1.0
            new = 1 << len(self.phases)
            for i in chosen:
                self.columns[labels[i]] |= new
            self.phases.append(self._part(step, sign * coefficient, wires))

    def _part(self, step: int, coefficient: float, wires: int) -> int:
        self.parts.append(_Part(step, coefficient, wires))
        return -len(self.parts)

    def touching(self, wires: Iterable[int]) -> int:
        """The phases on any of some wires, as bits."""
        columns, found = self.columns, 0
        for wire in wires:
            found |= columns[wire]
        return found

    def take(self, chosen: int, positions: list[int], lanes: int) -> PhaseGroup:
        """Apply some phases: they leave and become a group over positions; `lanes` is the mask of lane positions."""
        masks, lanes_too = self._taken(chosen, positions, lanes)
        phases, patterns, first = self.phases, self.patterns & chosen, len(self.applied)
        numbers = range(len(phases)) if chosen == (1 << len(phases)) - 1 else bits_of(chosen)
        self.applied += [phases[k] for k in numbers]
        if not patterns:
            parity, pattern = [(masks[k], term) for term, k in enumerate(numbers, first)], []
        else:
            terms = list(enumerate(numbers, first))
            parity = [(masks[k], term) for term, k in terms if not patterns >> k & 1]
            pattern = [(masks[k], self._value(phases[k], positions), term) for term, k in terms if patterns >> k & 1]
        self._forget(chosen)
        return PhaseGroup(tuple(parity), tuple(pattern), lanes_too)

    def _taken(self, chosen: int, positions: list[int], lanes: int) -> tuple[list[int], bool]:
        """Take the chosen phases out of the columns: for each its mask over positions (0 for the others), and whether
        one of them is on lanes."""
        masks, union, columns = [0] * len(self.phases), 0, self.columns
        for label, column in enumerate(columns):
            left = column & chosen
            if left:
                columns[label] = column ^ left
                bit = 1 << positions[label]
                union |= bit
                while left:
                    number = left.bit_length() - 1
                    masks[number] |= bit
                    left ^= 1 << number
        return masks, bool(union & lanes)

    def _value(self, step: int, positions: list[int]) -> int:
        """Of a pattern, over positions."""
        names, labels, value = self.order.patterns[step]
        return sum([1 << positions[label] for name, label in zip(names, labels, strict=True) if value >> name & 1])

    def terms(self, positions: list[int], masks: Sequence[int]) -> Terms:
        """What was applied, given the masks of all steps over wires."""
        parts, patterns, applied = self.parts, self.order.patterns, self.applied
        if not patterns:
            wires = tuple([masks[step] for step in applied])
            return Terms(tuple(applied), (1.0,) * len(applied), wires, ((),) * len(applied))
        bits = {
            step: tuple([(name, positions[label]) for name, label in zip(names, labels, strict=True)])
            for step, (names, labels, _) in patterns.items()
        }
        return Terms(
            tuple([each if each >= 0 else parts[~each].step for each in applied]),
            tuple([1.0 if each >= 0 else parts[~each].coefficient for each in applied]),
            tuple([0 if each in bits else masks[each] if each >= 0 else parts[~each].wires for each in applied]),
            tuple([bits.get(each, ()) for each in applied]),
        )

    def _forget(self, chosen: int) -> None:
        """Phases that were taken leave; the others are renumbered once they are few among those that left."""
        self.gone |= chosen
        alive = self.alive
        self.patterns &= alive
        self.constants &= alive
        if not alive:
            self.phases, self.gone = [], 0
            return
        if len(self.phases) < 2 * alive.bit_count() + _FEW:
            return
        old = bits_of(alive)
        self.phases = [self.phases[k] for k in old]
        self.columns[:] = [_compressed(column, old) for column in self.columns]
        self.patterns = _compressed(self.patterns, old)
        self.constants = _compressed(self.constants, old)
        self.gone = 0


def _compressed(column: int, old: tuple[int, ...]) -> int:
    """Bit i of the result is bit old[i]."""
    if not column:
        return 0
    return sum([1 << new for new, k in enumerate(old) if column >> k & 1])
