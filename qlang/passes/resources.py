"""Tallies of what a circuit uses, by adding and multiplying; used by `count-resources`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from qlang.ir.gates import Kind, Primitive, cx_gates


@dataclass(slots=True)
class Tally:
    """Counts of a stretch of circuit. Depth is kept per wire, relative to the stretch's begin."""

    gates: Counter[str] = field(default_factory=Counter)
    """By name; controlled gates as `c<name>` with one `c` for each control."""
    one_qubit: Counter[int] = field(default_factory=Counter)
    """Wire → one-qubit gates that are not diagonal (those are virtual on most devices)."""
    pairs: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Wires → two-qubit gates in units of CX."""
    scattered: int = 0
    """Two-qubit gates in units of CX whose wires are not known before the run."""
    t: int = 0
    rotations: int = 0
    """Gates by an angle, which have no exact Clifford+T form."""
    measurements: int = 0
    resets: int = 0
    seconds: float = 0.0
    """Time in `delay`, summed over the wires."""
    unlisted: int = 0
    """Delays (for each wire) and global phases: no gates, but a simulator computes them."""
    depths: dict[int, int] = field(default_factory=dict)
    floor: int = 0
    """Depth that every wire has at least: what a barrier or a loop's end sets."""
    exact: bool = True
    """Whether the counts are those of every execution; otherwise they are those of the longest one known."""
    bounded: bool = True
    """Whether no execution can have more: false for a loop whose end is not known before the run."""

    @property
    def depth(self) -> int:
        return max(self.depths.values(), default=self.floor)

    def advance(self, wires: Sequence[int | None]) -> None:
        """One more layer on wires; an unknown wire stops all."""
        if None in wires:
            self.floor = self.depth + 1
            self.depths.clear()
            return
        known = [wire for wire in wires if wire is not None]
        level = max([self.depths.get(wire, self.floor) for wire in known], default=self.floor) + 1
        for wire in known:
            self.depths[wire] = level

    def level(self, wires: Sequence[int | None]) -> None:
        """A barrier: the wires wait for each other."""
        if None in wires:
            self.floor = self.depth
            self.depths.clear()
            return
        known = [wire for wire in wires if wire is not None]
        level = max([self.depths.get(wire, self.floor) for wire in known], default=self.floor)
        for wire in known:
            self.depths[wire] = level

    def gate(self, primitive: Primitive, wires: Sequence[int | None], controls: int = 0) -> None:
        """One gate; controls beyond the primitive's own cost as `cx_gates` says."""
        if not primitive.qubits and not controls:
            self.unlisted += 1
            return
        self.gates["c" * controls + primitive.name] += 1
        self.advance(wires)
        if primitive.t_count is None:
            self.rotations += 1
        else:
            self.t += primitive.t_count
        if len(wires) == 1:
            if primitive.kind is not Kind.DIAGONAL:
                self._single(wires[0])
            return
        cost = cx_gates(primitive, controls)
        pairs = [(a, b) for k, a in enumerate(wires) for b in wires[k + 1 :]]
        for number, (a, b) in enumerate(pairs):
            share = cost // len(pairs) + (1 if number < cost % len(pairs) else 0)
            if a is None or b is None:
                self.scattered += share
            elif share:
                self.pairs[min(a, b), max(a, b)] += share

    def _single(self, wire: int | None) -> None:
        self.one_qubit[-1 if wire is None else wire] += 1

    def add(self, other: "Tally", times: int = 1) -> None:
        """Append what another stretch uses, `times` over, as a block behind what is here."""
        for mine, theirs in ((self.gates, other.gates), (self.one_qubit, other.one_qubit), (self.pairs, other.pairs)):
            for key, count in theirs.items():
                mine[key] += count * times  # type: ignore[index]  # each counter with its own keys
        self.scattered += other.scattered * times
        self.t += other.t * times
        self.rotations += other.rotations * times
        self.measurements += other.measurements * times
        self.resets += other.resets * times
        self.seconds += other.seconds * times
        self.unlisted += other.unlisted * times
        self.floor = self.depth + other.depth * times
        self.depths.clear()
        self.exact = self.exact and other.exact
        self.bounded = self.bounded and other.bounded

    def larger(self, other: "Tally") -> None:
        """Become the larger of two alternatives in every count."""
        for mine, theirs in ((self.gates, other.gates), (self.one_qubit, other.one_qubit), (self.pairs, other.pairs)):
            for key, count in theirs.items():
                mine[key] = max(mine[key], count)  # type: ignore[index]  # each counter with its own keys
        for name in ("scattered", "t", "rotations", "measurements", "resets", "seconds", "unlisted"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        self.floor = max(self.depth, other.depth)
        self.depths.clear()
        self.exact = False
        self.bounded = self.bounded and other.bounded
