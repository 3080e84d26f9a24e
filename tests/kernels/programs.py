"""A kernel program executed from its definition, on whole state vectors, and random steps to plan."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from qlang.kernels.interpret import Indices, Vector, parity_signs
from qlang.kernels.program import Pass, PhaseGroup, Program, Sweep
from qlang.kernels.steps import Step, StepKind, Steps

ROTATION, PARITY, PATTERN, CX, SWAP, X, Z, TWIST = map(int, StepKind)


def steps_from(qubits: int, rows: Sequence[tuple[int, int, int]]) -> Steps:
    """Steps given as (kind, first, second), each with slots of its own where it has an angle, or two."""
    slots, count = [], 1
    for kind, _, _ in rows:
        angles = {ROTATION: 1, PARITY: 1, PATTERN: 1, TWIST: 2}.get(kind, 0)
        slots.append(count if angles else -1)
        count += angles
    kinds, first, second = ([row[i] for row in rows] for i in range(3))
    return Steps(
        qubits,
        np.array(kinds, dtype=np.int8),
        np.array(first, dtype=np.int64),
        np.array(second, dtype=np.int64),
        np.array(slots, dtype=np.int32),
        count,
    )


@st.composite
def step_lists(draw: st.DrawFn, max_qubits: int = 6, max_steps: int = 40, *, twists: bool = False) -> Steps:
    """Any steps on up to `max_qubits` qubits: every kind (TWIST if asked), masks of any size."""
    qubits = draw(st.integers(1, max_qubits))
    wire = st.integers(0, qubits - 1)
    rows = []
    for _ in range(draw(st.integers(0, max_steps))):
        more = [TWIST, TWIST] if twists else []
        kind = draw(st.sampled_from([ROTATION, ROTATION, PARITY, PATTERN, CX, CX, SWAP, X, Z, *more]))
        first, second = draw(wire), 0
        if kind in (CX, SWAP):
            second = draw(wire)
            if first == second:
                continue
        if kind == PARITY:
            first = draw(st.integers(1, (1 << qubits) - 1))
        if kind == PATTERN:
            first = draw(st.integers(1, (1 << qubits) - 1))
            if first.bit_count() < 2:
                continue
            second = first & draw(st.integers(0, (1 << qubits) - 1))
        if kind == TWIST:
            second = draw(st.integers(0, (1 << qubits) - 1)) & ~(1 << first)
            if not second:
                continue
        rows.append((kind, first, second))
    return steps_from(qubits, rows)


def angles_for(steps: Steps, seed: int = 7) -> np.ndarray:
    """Angles in which every term and rotation shows; the global phase too."""
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, steps.slot_count)


class Signed:
    """The steps with their X and Z moved to the end, as ± X^x Z^z: what a program is executed with."""

    def __init__(self, steps: Steps, angles: np.ndarray) -> None:
        x = z = 0
        self.sign = 1.0
        self.angles, self.values, self.frames, rows = [], [], [], list(steps.rows())
        self.twists: dict[int, tuple[float, float]] = {}
        for kind, first, second, slot in rows:
            angle = float(angles[slot]) if slot >= 0 else 0.0
            if kind == TWIST:
                sign = -1.0 if (x ^ z) >> first & 1 else 1.0
                chosen = (sign * float(angles[slot]), sign * float(angles[slot + 1]))
                self.twists[len(self.angles)] = chosen[::-1] if (x & second).bit_count() & 1 else chosen
            if kind == ROTATION and (x ^ z) >> first & 1:
                angle = -angle
            self.angles.append(angle)
            self.values.append(second ^ (x & first))
            self.frames.append(x)
            if kind == Z and x >> first & 1:
                self.sign = -self.sign
            x, z = _frame_after(kind, first, second, x, z)
        self.x, self.z = x, z
        self.global_phase = float(angles[0])

    def term(self, program: Program, term: int, *, pattern: bool) -> float:
        step = program.terms.steps[term]
        angle = program.terms.coefficients[term] * self.angles[step]
        odd = not pattern and (self.frames[step] & program.terms.wires[term]).bit_count() & 1
        return -angle if odd else angle

    def value(self, program: Program, term: int) -> int:
        """A pattern's value over positions, by the frame at its step."""
        value = self.values[program.terms.steps[term]]
        return sum(1 << position for wire, position in program.terms.bits[term] if value >> wire & 1)


def _frame_after(kind: int, first: int, second: int, x: int, z: int) -> tuple[int, int]:
    if kind == X:
        x ^= 1 << first
    elif kind == Z:
        z ^= 1 << first
    elif kind == CX:
        x ^= (x >> first & 1) << second
        z ^= (z >> second & 1) << first
    elif kind == SWAP:
        x, z = (_exchanged(mask, first, second) for mask in (x, z))
    return x, z


def _exchanged(mask: int, left: int, right: int) -> int:
    unlike = (mask >> left ^ mask >> right) & 1
    return mask ^ (unlike << left | unlike << right)


def execute(program: Program, steps: Steps, angles: np.ndarray, vector: Vector) -> Vector:
    """The state over wires after a program; `vector` over wires is where it starts, |0…0⟩ if it is fresh.

    True rotations instead of scaled ones.
    """
    signed = Signed(steps, angles)
    index = np.arange(1 << program.qubits, dtype=np.int64)
    state = np.zeros(1 << program.qubits, dtype=np.complex128)
    for y, amplitude in enumerate(vector):
        state[_moved(y, program.start)] = amplitude
    for wire, entries in enumerate(program.initial):
        for step in entries:
            state = _initial(program, steps, signed, state, index, wire, step)
    for sweep in program.sweeps:
        for entry in sweep.passes:
            state = _execute_pass(program, sweep, entry, signed, state, index)
    places = np.array([_moved(y ^ signed.x, program.end) for y in range(1 << program.wires)])
    over_wires = index[: 1 << program.wires]
    scalar = signed.sign * np.exp(1j * signed.global_phase)
    result: Vector = scalar * parity_signs(over_wires ^ signed.x, signed.z) * state[places]
    return result


def _moved(y: int, positions: Sequence[int]) -> int:
    return sum(1 << positions[wire] for wire in range(y.bit_length()) if y >> wire & 1)


def _initial(
    program: Program, steps: Steps, signed: Signed, state: Vector, index: Indices, wire: int, step: int
) -> Vector:
    position = program.start[wire]
    if steps.kinds[step] == ROTATION:
        return _rotated(state, index, position, signed.angles[step])
    sign = -1 if signed.frames[step] & int(steps.first[step]) else 1
    result: Vector = state * np.exp(-0.5j * sign * signed.angles[step] * parity_signs(index, 1 << position))
    return result


def _execute_pass(program: Program, sweep: Sweep, entry: Pass, signed: Signed, state: Vector, index: Indices) -> Vector:
    state = state[_sources(entry.permutation, sweep, index)]
    for control, target in entry.lane_cx:
        state = state[index ^ ((index >> control & 1) << sweep.local[target])]
    if entry.phase >= 0:
        state = state * _phases(program, program.groups[entry.phase], signed, index)
    registers = [sweep.local[register] for register in entry.registers]
    for position, rotation in [*zip(registers, entry.rotations, strict=True), *enumerate(entry.lane_rotations)]:
        if rotation >= 0:
            state = _rotated(state, index, position, _angle(program, signed, rotation, index))
    return state[_sources(entry.exchange, sweep, index)]


def _sources(rows: Sequence[tuple[int, int]], sweep: Sweep, index: Indices) -> Indices:
    source = index.copy()
    for target, mask in rows:
        position = sweep.local[target]
        source = source & ~(1 << position) | (np.bitwise_count(index & mask) & 1).astype(np.int64) << position
    return source


def _angle(program: Program, signed: Signed, rotation: int, index: Indices) -> float | np.ndarray:
    """The angle of a rotation; of a TWIST by index."""
    step = program.rotations[rotation]
    masks = dict(program.twists)
    if rotation not in masks:
        return signed.angles[step]
    return np.array(signed.twists[step])[np.bitwise_count(index & masks[rotation]) & 1]


def _phases(program: Program, group: PhaseGroup, signed: Signed, index: Indices) -> Vector:
    exponent = np.zeros(len(index))
    for mask, term in group.parity:
        exponent -= 0.5 * signed.term(program, term, pattern=False) * parity_signs(index, mask)
    for mask, _, term in group.pattern:
        value = signed.value(program, term)
        exponent += np.where((index & mask) == value, signed.term(program, term, pattern=True), 0.0)
    result: Vector = np.exp(1j * exponent)
    return result


def _rotated(state: Vector, index: Indices, position: int, angle: float | np.ndarray) -> Vector:
    partner = state[index ^ (1 << position)]
    result: Vector = np.cos(angle / 2) * state - np.sin(angle / 2) * parity_signs(index, 1 << position) * partner
    return result


def rows_of(steps: Steps) -> list[Step]:
    return list(steps.rows())
