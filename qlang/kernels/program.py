"""The kernel program: what is executed, by whatever target, for one structure of a circuit. No angles.

A *wire* is a qubit of the circuit; a *position* is a bit of the index into the stored state. Wire `w` starts at
position `start[w]` and, SWAPs being relabelled, ends at `end[w]`. Steps are those of `qlang.kernels.steps`; rotations
and phase terms name the step whose angle they take, so Pauli frames and range reduction are worked out over the
steps in circuit order and never need the schedule: executing the program with the signed and reduced angles of the
steps is the circuit up to the final frame. X and Z steps are frame alone, slot 0 is a scalar: neither is in here.

    Program ── Sweep ── Sweep ── …          one pass over memory each
                 │
                 ├─ local positions         gathered into a buffer: bit i of its index is position local[i]
                 └─ Pass ── Pass ── …       permutation, then phase, then rotations, in place in the buffer

Masks are Python ints over absolute positions, bit p for position p, unless said otherwise. Everything here is
immutable and hashable.
"""

from dataclasses import dataclass
from typing import NamedTuple

LONGEST_GROWTH = 64
"""Most rotations between two phase groups, before the first and after the last one: each scaled rotation grows the
state by at most √2, so an amplitude never grows by more than 2³² before a phase table takes it back."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How a program is cut up: the tuner's genome. Defaults are chosen by `qlang.kernels.cost.default_options`."""

    lane_bits: int = 4
    """Positions 0…lane_bits−1 are the lanes of a vector. AVX-512 4 (float32) or 3, AVX2 3/2, NEON 2/1, GPU 0."""
    contiguous_bits: int = 6
    """Positions 0…contiguous_bits−1 are local in every sweep, so rows of memory stay whole. At least `lane_bits`."""
    tile_bits: int = 16
    """Positions that are local in a sweep: the buffer holds 2**tile_bits amplitudes."""
    registers: int = 3
    """Most positions that one pass rotates besides lanes: 2**registers vectors are held at once."""
    lookahead: int = 4
    """Wires from which a sweep's local positions are grown before the best growth is taken."""
    lane_choice: str = "shared"
    """Which wires stand at the contiguous positions: `shared` (those that most sweeps want), `fewest` (those with the
    fewest rotations) or `first` (wires 0, 1, …)."""
    phase_cost: float = 0.5
    """What a phase group costs, in passes. As long as registers / (1 + phase_cost) rotations need none, a pass without
    is made; then all phases that wait are applied."""
    lane_cost: float = 0.75
    """Share of the lanes that must be able to move for them to join a pass before they are urgent; above 1: never."""
    whole_bits: int = 0
    """A state of up to so many positions is one buffer, even if that is more than `tile_bits`."""
    first_wires: int = 0
    """Wires that a state made new begins with at least; others join when they are needed. 0: all are in from the
    beginning."""

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that fit no program."""
        if not 0 <= self.lane_bits <= self.contiguous_bits < self.tile_bits:
            raise ValueError("0 ≤ lane_bits ≤ contiguous_bits < tile_bits is needed")
        if self.whole_bits < 0 or self.first_wires < 0:
            raise ValueError("whole_bits and first_wires are no less than 0")
        if self.registers < 1:
            raise ValueError("a pass needs a register")
        if self.lane_choice not in ("shared", "fewest", "first"):
            raise ValueError(f"unknown lane choice {self.lane_choice}")

    def local_bits(self, size: int) -> int:
        """How many positions a sweep over a state of `size` positions has in its buffer."""
        return size if size <= self.whole_bits else min(size, self.tile_bits)


class PhaseGroup(NamedTuple):
    """Phases that are applied together, as one table of the row and one of the lanes.

    The group may be empty: it then carries the scale of rotations only. Masks are those after the permutation of the
    pass that the group stands in. Terms may be on outer positions alone (in the last group).
    """

    parity: tuple[tuple[int, int], ...]
    """(mask, term): multiplies by exp(−i φ/2 · (−1)^|x & mask|), φ the angle of the term. Mask 0 is a global phase
    (part of a pattern that was written out)."""
    pattern: tuple[tuple[int, int, int], ...]
    """(mask, value, term): multiplies by exp(i φ) where x & mask == value."""
    lanes: bool
    """Whether a term touches a lane position."""


class Pass(NamedTuple):
    """One walk over the buffer: permutation, then phase, then rotations, then exchange.

    Empty tuples and −1 mean that a part is absent. A pass may be a phase alone (no registers).
    """

    registers: tuple[int, ...]
    """Ascending buffer bits ≥ lane_bits, at most `options.registers`: the 2**k vectors that are held at once."""
    rotations: tuple[int, ...]
    """For each register the rotation [[c, −s], [s, c]] on it, or −1."""
    lane_rotations: tuple[int, ...] = ()
    """For each of the lane_bits lanes the rotation on it, or −1; empty: none."""
    permutation: tuple[tuple[int, int], ...] = ()
    """Register targets, all at once: (target buffer bit, mask). The amplitude at index x is taken from the index whose
    bit `target` is parity(x & mask) for each of the targets, the other bits being those of x. Targets are registers
    of this pass, each once; masks have no lane, and otherwise any position, outer ones too (a single CX has
    mask = target's own position | control). As the other bits stay, a group of 2**k vectors is permuted in itself."""
    lane_cx: tuple[tuple[int, int], ...] = ()
    """CX gates with a lane, after `permutation` and in this order: (control position, target buffer bit), where the
    control or the target is a lane. The target is a lane or a register of this pass; the control is any position."""
    phase: int = -1
    """The phase group, or −1."""
    exchange: tuple[tuple[int, int], ...] = ()
    """As `permutation`, behind the rotations. A mask holds no target but its own, so it is its own inverse."""

    @property
    def lanes(self) -> bool:
        """Whether the pass rotates or exchanges lanes (its phase group may touch lanes besides)."""
        return bool(self.lane_rotations or self.lane_cx)


@dataclass(frozen=True, slots=True)
class Sweep:
    """Passes over a buffer with some positions, for every value of the others: one read and write of the state."""

    local: tuple[int, ...]
    """Ascending positions; buffer bit i is position local[i]. Starts with 0…contiguous_bits−1. The other positions
    are *outer*: constant in a tile. If every position is local, the state itself is the buffer."""
    passes: tuple[Pass, ...]
    size: int
    """Positions 0…size−1 are in use. Those that were not in the sweep before (in the first one: not at all) join in
    front of it: the state becomes the product of itself and what the wires' `Program.initial` made of |0⟩. Sizes never
    fall; what is left after the last sweep joins then."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Where the angles of phase terms come from: parallel tuples indexed by term id.

    φ = coefficient · angle(step) · (−1)^|frame & wires|, for parity terms, with the X frame in front of the step.
    A pattern term has coefficient 1; its value is changed in every bit whose wire is in the frame.
    """

    steps: tuple[int, ...]
    """Index of the step."""
    coefficients: tuple[float, ...]
    """1, or ±2^(1−k) for the parities that a pattern of k bits was written as (because a CX had to pass it)."""
    wires: tuple[int, ...]
    """Parity terms: mask over wires that decides the sign (the step's mask; a part of it for a written-out pattern)."""
    bits: tuple[tuple[tuple[int, int], ...], ...]
    """Pattern terms: (wire, position) for each bit of the mask; empty for parity terms."""


@dataclass(frozen=True, slots=True)
class Program:
    """A circuit's structure as sweeps.

    Scale: rotations are executed without their cosines, b += t·a, a −= t·b_old with t = tan(θ/2). Group g takes the
    cosines of all rotations after group g−1 and up to g's pass (which applies it before its own rotations); the last
    one takes those after it too. A program with rotations has a group, and there are at most `LONGEST_GROWTH`
    rotations between groups, so the state stays within 2^±32 in between and is normalised at the end.
    """

    qubits: int
    """Positions of the state: the circuit's qubits, or `lane_bits` if that is more (further wires stay |0⟩)."""
    wires: int
    """Qubits of the circuit."""
    options: PlanOptions
    fresh: bool
    """Whether the program starts from |0…0⟩ rather than from a given state."""
    start: tuple[int, ...]
    """Position of each of the `qubits` wires at the beginning."""
    end: tuple[int, ...]
    """Position of each wire at the end."""
    initial: tuple[tuple[int, ...], ...]
    """For each wire the steps (rotations, one-qubit parities and patterns) that |0⟩ has gone through when the first
    sweep begins, in order; all empty unless `fresh`. The state begins as the product of these, or of those that are in
    use in the first sweep."""
    sweeps: tuple[Sweep, ...]
    rotations: tuple[int, ...]
    """Step of each rotation id; ids number the rotations in the order of execution."""
    terms: Terms
    groups: tuple[PhaseGroup, ...]
    """Numbered in the order of execution."""
    twists: tuple[tuple[int, int], ...] = ()
    """(rotation id, mask), ascending: the rotations of TWIST steps, which take their first angle where |x & mask| is
    even, their second one where it is odd. They are executed with their cosines, so no scale is left. The mask holds
    nothing that the pass rotates."""
