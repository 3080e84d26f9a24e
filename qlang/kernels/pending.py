"""Phases that have been reached and not yet applied.

Held by columns: for each wire an int whose bit k says that phase k is on it. A CX relabels all of them at once, as a
parity that has the target gains (or loses) the control:

    column[control] ^= column[target]

A pattern cannot pass a CX on one of its wires; one of up to `LONGEST_WRITTEN_OUT` wires is written as parities then,

    exp(iφ·[x = v on m])  =  Π over S ⊆ m of exp(−i φ_S/2 · (−1)^|x & S|),   φ_S = −φ · 2^(1−k) · (−1)^|S & v|,

and a longer one has to be applied before the CX.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from qlang.kernels.order import PATTERN, Order, bits_of
from qlang.kernels.program import PhaseGroup, Terms

LONGEST_WRITTEN_OUT = 3
"""Wires of the longest pattern that is written as parities (2^k of them)."""

_FEW = 64


class _Phase(NamedTuple):
    """What will become a term; `value` and `bits` (wire's name, label) are those of a pattern."""

    step: int
    coefficient: float
    wires: int
    value: int = -1
    bits: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True)
class TermList:
    """The terms that were applied, in the order of application."""

    steps: list[int] = field(default_factory=list)
    coefficients: list[float] = field(default_factory=list)
    wires: list[int] = field(default_factory=list)
    bits: list[tuple[tuple[int, int], ...]] = field(default_factory=list)

    def add(self, phase: _Phase, positions: list[int]) -> int:
        """The id of the new term; `positions` of the labels."""
        self.steps.append(phase.step)
        self.coefficients.append(phase.coefficient)
        self.wires.append(phase.wires)
        self.bits.append(tuple([(wire, positions[label]) for wire, label in phase.bits]) if phase.bits else ())
        return len(self.steps) - 1

    def build(self) -> Terms:
        return Terms(tuple(self.steps), tuple(self.coefficients), tuple(self.wires), tuple(self.bits))


@dataclass(slots=True)
class Pending:
    """The phases, their columns by wire label, and which of them are patterns (as bits)."""

    order: Order
    columns: list[int]
    phases: list[_Phase] = field(default_factory=list)
    patterns: int = 0
    constants: int = 0
    """Those on no wire, left by patterns that were written out."""
    alive: int = 0
    """Those that have not been applied: applied ones are swept out now and then."""

    def issue(self, operation: int) -> None:
        """A phase's wires have all come to it."""
        order = self.order
        bit = 1 << len(self.phases)
        self.alive |= bit
        for wire in order.wires[operation]:
            self.columns[wire] |= bit
        if order.kinds[operation] == PATTERN:
            names, value = order.patterns[operation]
            pairs = tuple(zip(names, order.wires[operation], strict=True))
            self.patterns |= bit
            self.phases.append(_Phase(order.steps[operation], 1.0, 0, value, pairs))
        else:
            self.phases.append(_Phase(order.steps[operation], 1.0, order.masks[operation]))

    def passes_cx(self, target: int) -> bool:
        """Whether every phase on the target can pass a CX on it."""
        stuck = self.columns[target] & self.patterns
        return not stuck or all(len(self.phases[k].bits) <= LONGEST_WRITTEN_OUT for k in bits_of(stuck))

    def cx(self, control: int, target: int) -> None:
        """Relabel by a CX that is executed now."""
        stuck = self.columns[target] & self.patterns
        if stuck:
            for k in bits_of(stuck):
                self._write_out(k)
        self.columns[control] ^= self.columns[target]

    def _write_out(self, k: int) -> None:
        """Replace a pattern by parities; the one of no wire takes its place."""
        phase, bit = self.phases[k], 1 << k
        size = len(phase.bits)
        self.patterns ^= bit
        self.constants |= bit
        for _, label in phase.bits:
            self.columns[label] ^= bit
        coefficient = -(2.0 ** (1 - size))
        self.phases[k] = _Phase(phase.step, coefficient, 0)
        for part in range(1, 1 << size):
            chosen = [phase.bits[i] for i in bits_of(part)]
            wires = sum(1 << name for name, _ in chosen)
            sign = -1.0 if (wires & phase.value).bit_count() & 1 else 1.0
            new = 1 << len(self.phases)
            self.alive |= new
            for _, label in chosen:
                self.columns[label] |= new
            self.phases.append(_Phase(phase.step, sign * coefficient, wires))

    def touching(self, wires: list[int]) -> int:
        """The phases on any of some wires, as bits."""
        found = 0
        columns = self.columns
        for wire in wires:
            found |= columns[wire]
        return found

    def take(self, chosen: int, positions: list[int], lanes: int, terms: TermList) -> PhaseGroup:
        """Apply some phases: they leave and become a group over positions; `lanes` is the mask of lane positions."""
        numbers = bits_of(chosen)
        masks, union = dict.fromkeys(numbers, 0), 0
        for label, column in enumerate(self.columns):
            column &= chosen
            if column:
                bit = 1 << positions[label]
                union |= bit
                for k in bits_of(column):
                    masks[k] |= bit
        parity, pattern = [], []
        for k in numbers:
            phase, mask = self.phases[k], masks[k]
            term = terms.add(phase, positions)
            if phase.value >= 0:
                value = sum(1 << positions[label] for name, label in phase.bits if phase.value >> name & 1)
                pattern.append((mask, value, term))
            else:
                parity.append((mask, term))
        self._forget(chosen)
        return PhaseGroup(tuple(parity), tuple(pattern), bool(union & lanes))

    def _forget(self, chosen: int) -> None:
        """Phases leave; the others are renumbered once they are few among those that left."""
        self.alive &= ~chosen
        self.patterns &= self.alive
        self.constants &= self.alive
        self.columns[:] = [column & self.alive for column in self.columns]
        if len(self.phases) < 2 * self.alive.bit_count() + _FEW and self.alive:
            return
        old = bits_of(self.alive)
        self.phases = [self.phases[k] for k in old]
        self.columns[:] = [_compressed(column, old) for column in self.columns]
        self.patterns = _compressed(self.patterns, old)
        self.constants = _compressed(self.constants, old)
        self.alive = (1 << len(old)) - 1


def _compressed(column: int, old: tuple[int, ...]) -> int:
    """Bit i of the result is bit old[i]."""
    if not column:
        return 0
    return sum([1 << new for new, k in enumerate(old) if column >> k & 1])
