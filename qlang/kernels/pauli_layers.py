"""Steps as layers of commuting Pauli rotations over an index that nothing permutes.

CX, SWAP and X are never executed: with y = A x ⊕ b the index of the circuit and x that of memory, they change A and b.
A rotation of a wire then joins x and x ⊕ flip, and the bit of the wire is parity(x & sign) ⊕ sense; a phase is one of
parities of x. What commutes is gathered, so that a layer can be done in few walks over memory. Global phases, which no
expectation value sees, are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal, TypeAlias

from qlang.kernels.steps import StepKind, Steps

MOST_PATTERN_BITS = 12
"""A pattern of k bits is written as 2^k − 1 parities."""
LOOK_BACK = 8
"""Layers that a step may pass on its way to one that it can join."""


class PatternTooWide(ValueError):
    """A pattern of more bits than are written out."""


@dataclass(frozen=True, slots=True)
class Turn:
    """angle = constant + factor · angles[slot] (slot −1: constant alone), of a rotation or phase.

    A rotation is [[c, −s], [s, c]] on the amplitudes at x (parity of x & sign even) and x ^ flip. A phase has flip 0
    and multiplies by exp(−i angle/2 · (−1)^parity(x & sign)).
    """

    flip: int
    sign: int
    slot: int
    factor: float
    constant: float = 0.0


@dataclass(frozen=True, slots=True)
class Layer:
    """Turns of one kind that commute. Of rotations, none changes the bit of another."""

    kind: Literal["rotations", "phases"]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class PauliLayers:
    """A circuit from |0…0⟩, and the frame at its end."""

    qubits: int
    layers: tuple[Layer, ...]
    flips: tuple[int, ...]
    """For each wire, which bits of x flip its bit alone."""
    signs: tuple[int, ...]
    """For each wire, the parity of x that is its bit, up to `flipped`."""
    flipped: int
    """Mask of the wires whose bit is the other one."""

    def product(self, flip: int, sign: int) -> tuple[int, int, bool]:
        """The product X^flip Z^sign of the circuit's index as one of x, and whether it is negated."""
        over, under = 0, 0
        for wire in range(self.qubits):
            over ^= self.flips[wire] if flip >> wire & 1 else 0
            under ^= self.signs[wire] if sign >> wire & 1 else 0
        return over, under, _odd(self.flipped & sign)


_Open: TypeAlias = list[Turn]


def _odd(mask: int) -> bool:
    return bool(mask.bit_count() & 1)


@dataclass(slots=True)
class _Walk:
    flips: list[int]
    signs: list[int]
    flipped: int = 0
    layers: list[tuple[Literal["rotations", "phases"], _Open]] = field(default_factory=list)

    def parity(self, wires: int) -> tuple[int, bool]:
        """The parity of wires as one of x, and whether it is the other one."""
        mask = 0
        for wire in _bits(wires):
            mask ^= self.signs[wire]
        return mask, _odd(wires & self.flipped)

    def rotation(self, wire: int, slot: int) -> None:
        sense = -1.0 if self.flipped >> wire & 1 else 1.0
        self.place("rotations", Turn(self.flips[wire], self.signs[wire], slot, sense))

    def phase(self, wires: int, slot: int, factor: float = 1.0, constant: float = 0.0) -> None:
        mask, other = self.parity(wires)
        sense = -1.0 if other else 1.0
        self.place("phases", Turn(0, mask, slot, sense * factor, sense * constant))

    def pattern(self, wires: int, value: int, slot: int) -> None:
        """exp(iθ) where all bits match: θ/2^k over all products of the bits' signs."""
        bits = list(_bits(wires))
        if len(bits) > MOST_PATTERN_BITS:
            raise PatternTooWide(f"a phase on a pattern of {len(bits)} qubits; at most {MOST_PATTERN_BITS}")
        for size in range(1, len(bits) + 1):
            for chosen in combinations(bits, size):
                mask = sum(1 << wire for wire in chosen)
                factor = -(2.0 ** (1 - len(bits)))
                self.phase(mask, slot, -factor if _odd(mask & value) else factor)

    def cx(self, control: int, target: int) -> None:
        self.signs[target] ^= self.signs[control]
        self.flips[control] ^= self.flips[target]
        self.flipped ^= (self.flipped >> control & 1) << target

    def swap(self, first: int, second: int) -> None:
        for row in (self.signs, self.flips):
            row[first], row[second] = row[second], row[first]
        if (self.flipped >> first ^ self.flipped >> second) & 1:
            self.flipped ^= 1 << first | 1 << second

    def place(self, kind: Literal["rotations", "phases"], turn: Turn) -> None:
        """Into the earliest layer of its kind that it can reach."""
        found = None
        for known, turns in reversed(self.layers[-LOOK_BACK:]):
            if known == kind and (kind == "phases" or all(_apart(turn, each) for each in turns)):
                found = turns
            if known == kind == "phases":
                continue  # phases commute, however many there are
            if any(_odd(turn.flip & each.sign) ^ _odd(each.flip & turn.sign) for each in turns):
                break
        if found is None:
            found = []
            self.layers.append((kind, found))
        found.append(turn)


def _apart(one: Turn, other: Turn) -> bool:
    return not _odd(one.flip & other.sign) and not _odd(other.flip & one.sign)


def _bits(mask: int) -> Sequence[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]


def pauli_layers(steps: Steps, flips: Sequence[int] | None = None, signs: Sequence[int] | None = None) -> PauliLayers:
    """The layers of a circuit; `flips` and `signs` say where wires begin (at their own bits where not given).

    Raises PatternTooWide.
    """
    own = [1 << wire for wire in range(steps.qubits)]
    walk = _Walk(list(flips or own), list(signs or own))
    for kind, first, second, slot in steps.rows():
        match kind:
            case StepKind.ROTATION:
                walk.rotation(first, slot)
            case StepKind.PARITY:
                walk.phase(first, slot)
            case StepKind.PATTERN:
                walk.pattern(first, second, slot)
            case StepKind.CX:
                walk.cx(first, second)
            case StepKind.SWAP:
                walk.swap(first, second)
            case StepKind.X:
                walk.flipped ^= 1 << first
            case StepKind.Z:
                walk.phase(1 << first, -1, 0.0, 3.141592653589793)
    layers = tuple(Layer(kind, tuple(turns)) for kind, turns in walk.layers)
    return PauliLayers(steps.qubits, layers, tuple(walk.flips), tuple(walk.signs), walk.flipped)
