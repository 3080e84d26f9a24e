"""A program's numbers, from the angles of its steps: what every target needs, before it makes tables of its own."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.frames import Frame, FramedAngles, PauliInsertions, framed
from qlang.kernels.program import Program
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, StepKind, Steps

Reals = NDArray[np.float64]
Masks = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ProgramAngles:
    """The angles of a program for each batch item, signs of the Pauli frame and range reduction worked in.

    tangents (batch, rotations): tan(θ/2) within [−1, 1]; terms (batch, terms): φ in radians; values (batch, terms):
    what the index is compared with under the mask of a pattern term, bits as positions (0 for parity terms); scales
    (batch, groups): product of the cosines that the group takes; factors (batch, qubits, 2): the state of each
    position that a fresh program begins with; twists (batch, program.twists, 2, 3): for an even and an odd parity
    tan(θ/4), sin(θ/2) and cos(θ/2) (tangent and cosine of such a rotation are 0 and 1). Any of them may have a batch
    of 1. The true state is that of the program with `frame` put on top, in wires; its phase contains the circuit's
    global phase.
    """

    tangents: Reals
    terms: Reals
    values: Masks
    scales: Reals
    factors: NDArray[np.complex128]
    frame: Frame
    twists: Reals = field(default_factory=lambda: np.zeros((1, 0, 2, 3)))

    @property
    def batch(self) -> int:
        """Items."""
        return len(self.frame.x)


@dataclass(frozen=True, slots=True, eq=False)
class AngleSources:
    """Which angles a program's numbers come from: made once for each program."""

    program: Program
    steps: Steps
    rotations: NDArray[np.int32]
    """Slot of each rotation id."""
    starts: Masks
    """Of each group, the first of the rotations whose cosines it takes, up to the next group's."""
    terms: NDArray[np.int32]
    """Slot of each term."""
    coefficients: Reals
    expanded: NDArray[np.intp]
    """The parity terms that patterns were written as."""
    subsets: Masks
    """Of these, the wires of the pattern that decide the sign."""
    values: Masks
    """Of each pattern term its value without frames, 0 for others."""
    flips: tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]
    """Term, wire and position of every bit of every pattern term."""
    initial: tuple[tuple[Masks, NDArray[np.int32], NDArray[np.bool_]], ...]
    """Of the n-th of the steps that begin a wire: the positions that have one, slots, and whether they rotate."""
    twists: NDArray[np.intp]
    """The number among the TWIST steps of each of the program's."""

    @classmethod
    def of(cls, program: Program, steps: Steps) -> "AngleSources":
        """The sources of a program that was planned from these steps."""
        terms = program.terms
        places = np.array(terms.steps, dtype=np.intp)
        patterns = steps.kinds[places] == StepKind.PATTERN
        expanded = np.flatnonzero(patterns & np.array([not bits for bits in terms.bits], dtype=np.bool_))
        values = np.zeros(len(places), dtype=np.int64)
        for group in program.groups:
            for _, value, term in group.pattern:
                values[term] = value
        bits = [(term, *pair) for term, pairs in enumerate(terms.bits) for pair in pairs]
        columns = np.array(bits, dtype=np.int64).reshape(-1, 3).T
        return cls(
            program,
            steps,
            steps.slots[np.array(program.rotations, dtype=np.intp)],
            _group_starts(program),
            steps.slots[places],
            np.array(terms.coefficients, dtype=np.float64),
            expanded,
            np.array(terms.wires, dtype=np.int64)[expanded],
            values,
            (columns[0], columns[1], columns[2]),
            _initial(program, steps),
            _twist_numbers(program, steps),
        )


def _twist_numbers(program: Program, steps: Steps) -> NDArray[np.intp]:
    chosen = np.array([program.rotations[rotation] for rotation, _ in program.twists], dtype=np.intp)
    return np.searchsorted(np.flatnonzero(steps.kinds == StepKind.TWIST), chosen)


def _group_starts(program: Program) -> Masks:
    """Group g takes the cosines of rotations after group g−1 and before its own pass; the last also what follows."""
    rotated = phases = 0
    ends = np.zeros(len(program.groups), dtype=np.int64)
    for sweep in program.sweeps:
        for each in sweep.passes:
            if each.phase >= 0:
                ends[each.phase] = rotated
                phases += 1
            rotated += sum(rotation >= 0 for rotation in (*each.rotations, *each.lane_rotations))
    if phases != len(program.groups) or (rotated and not phases):
        raise ValueError("every phase group stands in one pass, and a program with rotations has one")
    return np.concatenate([np.zeros(min(1, phases), dtype=np.int64), ends[:-1]])


def _initial(program: Program, steps: Steps) -> tuple[tuple[Masks, NDArray[np.int32], NDArray[np.bool_]], ...]:
    result = []
    for depth in range(max(map(len, program.initial), default=0)):
        wires = [wire for wire, begun in enumerate(program.initial) if len(begun) > depth]
        chosen = np.array([program.initial[wire][depth] for wire in wires], dtype=np.intp)
        positions = np.array([program.start[wire] for wire in wires], dtype=np.int64)
        result.append((positions, steps.slots[chosen], steps.kinds[chosen] == StepKind.ROTATION))
    return tuple(result)


def program_angles(
    sources: AngleSources, angles: Reals, *, frame: Frame | None = None, paulis: PauliInsertions | None = None
) -> ProgramAngles:
    """The numbers for angles (batch, slots) of the steps; see `qlang.kernels.frames.framed` for frames and errors."""
    found = framed(sources.steps, angles, frame, paulis)
    phase = found.frame.phase * np.exp(1j * found.phases[:, GLOBAL_PHASE_SLOT])
    return ProgramAngles(
        found.tangents[:, sources.rotations],
        _terms(sources, found),
        _values(sources, found),
        _scales(sources, found),
        _factors(sources, found),
        Frame(found.frame.x, found.frame.z, phase),
        found.twists[:, sources.twists],
    )


def _terms(sources: AngleSources, found: FramedAngles) -> Reals:
    terms: Reals = found.phases[:, sources.terms] * sources.coefficients
    if found.flips is not None and len(sources.expanded):
        flipped = np.bitwise_count(found.flips[:, sources.terms[sources.expanded]] & sources.subsets) & 1
        if len(terms) != len(flipped):
            terms = np.repeat(terms, len(flipped), axis=0)
        terms[:, sources.expanded] *= 1.0 - 2.0 * flipped
    return terms


def _values(sources: AngleSources, found: FramedAngles) -> Masks:
    if found.flips is None or not len(sources.flips[0]):
        return sources.values[None]
    term, wire, position = sources.flips
    flipped = (found.flips[:, sources.terms[term]] >> wire & 1) << position
    values = np.repeat(sources.values[None], len(flipped), axis=0)
    first = np.flatnonzero(np.diff(term, prepend=-1))
    values[:, term[first]] ^= np.add.reduceat(flipped, first, axis=1)
    return values


def _scales(sources: AngleSources, found: FramedAngles) -> Reals:
    """Products of cosines by group; a group may take none."""
    cosines = found.cosines[:, sources.rotations]
    taking = np.flatnonzero(np.diff(sources.starts, append=len(sources.rotations)))
    scales = np.ones((len(cosines), len(sources.starts)))
    if len(taking):
        scales[:, taking] = np.multiply.reduceat(cosines, sources.starts[taking], axis=1)
    return scales


def _factors(sources: AngleSources, found: FramedAngles) -> NDArray[np.complex128]:
    batch = max(len(found.tangents), len(found.phases)) if sources.initial else 1
    factors = np.zeros((batch, sources.program.qubits, 2), dtype=np.complex128)
    factors[:, :, 0] = 1
    for positions, slots, rotating in sources.initial:
        cosine = np.where(rotating, found.cosines[:, slots], 1.0)
        sine = np.where(rotating, found.tangents[:, slots], 0.0) * cosine
        half = np.exp(0.5j * np.where(rotating, 0.0, found.phases[:, slots]))
        zero, one = factors[:, positions, 0], factors[:, positions, 1]
        factors[:, positions, 0] = (cosine * zero - sine * one) * half.conj()
        factors[:, positions, 1] = (sine * zero + cosine * one) * half
    return factors
