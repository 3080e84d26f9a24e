"""Steps and bound programs executed in NumPy by masks and index arithmetic, amplitude by amplitude.

The oracle of plans and of native targets; it shares no trick with them. `execute_steps` needs no plan,
`execute_terms` no tables, and `execute` reads what native code reads.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.angles import ProgramAngles
from qlang.kernels.bind import BoundProgram
from qlang.kernels.frames import Frame
from qlang.kernels.layout import TWIST_NUMBERS, GroupLayout, Mixed, Selector
from qlang.kernels.program import Pass, PhaseGroup, Program, Sweep
from qlang.kernels.spectra import factor_sizes
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, StepKind, Steps

Vector: TypeAlias = NDArray[np.complex128]
Indices: TypeAlias = NDArray[np.int64]


def execute_steps(steps: Steps, angles: ArrayLike, vector: ArrayLike) -> Vector:
    """The state after the steps; `vector` (2^qubits,) is not changed. `angles` (slots,), any finite numbers."""
    state = np.array(vector, dtype=np.complex128)
    index = np.arange(1 << steps.qubits, dtype=np.int64)
    if state.shape != index.shape:
        raise ValueError(f"{steps.qubits} qubits have {len(index)} amplitudes, not {state.shape}")
    values = np.asarray(angles, dtype=np.float64)
    for kind, first, second, slot in steps.rows():
        angle = float(values[slot]) if slot >= 0 else 0.0
        if kind == StepKind.TWIST:
            odd = np.bitwise_count(index & second).astype(np.intp) & 1
            chosen = values[slot + odd]
            state = _rotation(state, index, first, 0, chosen)
            continue
        state = _EXECUTE[kind](state, index, first, second, angle)
    result: Vector = state * np.exp(1j * values[GLOBAL_PHASE_SLOT])
    return result


def with_frame(state: ArrayLike, x: int, z: int) -> Vector:
    """X^x Z^z applied to a vector; the masks are over the bits of its index."""
    vector = np.asarray(state, dtype=np.complex128)
    index = np.arange(len(vector), dtype=np.int64) ^ x
    result: Vector = vector[index] * parity_signs(index, z)
    return result


def parity_signs(index: Indices, mask: int) -> NDArray[np.float64]:
    """(−1)^parity(x & mask) for each index x."""
    signs: NDArray[np.float64] = 1.0 - 2.0 * (np.bitwise_count(index & mask) & 1)
    return signs


def _rotation(state: Vector, index: Indices, wire: int, _: int, angle: float | NDArray[np.float64]) -> Vector:
    partner = state[index ^ (1 << wire)]
    result: Vector = np.cos(angle / 2) * state - np.sin(angle / 2) * parity_signs(index, 1 << wire) * partner
    return result


def _parity(state: Vector, index: Indices, mask: int, _: int, angle: float) -> Vector:
    result: Vector = state * np.exp(-0.5j * angle * parity_signs(index, mask))
    return result


def _pattern(state: Vector, index: Indices, mask: int, value: int, angle: float) -> Vector:
    result: Vector = np.where((index & mask) == value, state * np.exp(1j * angle), state)
    return result


def _cx(state: Vector, index: Indices, control: int, target: int, _: float) -> Vector:
    result: Vector = state[index ^ ((index >> control & 1) << target)]
    return result


def _swap(state: Vector, index: Indices, left: int, right: int, _: float) -> Vector:
    unlike = (index >> left ^ index >> right) & 1
    result: Vector = state[index ^ (unlike << left | unlike << right)]
    return result


def _x(state: Vector, index: Indices, wire: int, _: int, __: float) -> Vector:
    result: Vector = state[index ^ (1 << wire)]
    return result


def _z(state: Vector, index: Indices, wire: int, _: int, __: float) -> Vector:
    result: Vector = state * parity_signs(index, 1 << wire)
    return result


_EXECUTE: dict[int, Callable[[Vector, Indices, int, int, float], Vector]] = {
    StepKind.ROTATION: _rotation,
    StepKind.PARITY: _parity,
    StepKind.PATTERN: _pattern,
    StepKind.CX: _cx,
    StepKind.SWAP: _swap,
    StepKind.X: _x,
    StepKind.Z: _z,
}


def execute(bound: BoundProgram, item: int = 0, stored: ArrayLike | None = None) -> Vector:
    """The stored state (2^qubits,) after the program, indexed by positions, without the frame.

    `stored` is the state before it; None for a fresh program, which begins in its product state.
    """
    program = bound.program

    def phases(sweep: Sweep, group: int) -> Vector:
        return table_factors(bound, sweep, group, item)

    layout, count = bound.layout, TWIST_NUMBERS * len(program.twists)
    turned = bound.data[item, layout.twists : layout.twists + count].astype(np.float64)
    return _execute(program, bound.angles, item, stored, (turned.reshape(-1, 2, TWIST_NUMBERS // 2), phases))


def execute_terms(program: Program, numbers: ProgramAngles, item: int = 0, stored: ArrayLike | None = None) -> Vector:
    """The same as `execute`, phases being taken from the terms rather than from tables."""

    def phases(_: Sweep, group: int) -> Vector:
        scale = numbers.scales[item % len(numbers.scales), group]
        result: Vector = scale * term_factors(program.groups[group], program.qubits, numbers, item)
        return result

    return _execute(program, numbers, item, stored, (numbers.twists[item % len(numbers.twists)], phases))


def true_state(program: Program, frame: Frame, stored: ArrayLike, item: int = 0) -> Vector:
    """The circuit's state (2^wires,), indexed by wires, from the stored one: frame and phase are applied."""
    index = np.arange(1 << program.wires, dtype=np.int64)
    place = np.zeros_like(index)
    for wire in range(program.wires):
        place |= (index >> wire & 1) << program.end[wire]
    state = np.asarray(stored, dtype=np.complex128)[place]
    result: Vector = with_frame(state, int(frame.x[item]), int(frame.z[item])) * frame.phase[item]
    return result


def _execute(
    program: Program,
    numbers: ProgramAngles,
    item: int,
    stored: ArrayLike | None,
    parts: tuple[NDArray[np.float64], Callable[[Sweep, int], Vector]],
) -> Vector:
    """`parts`: the numbers of TWIST steps, and what phase groups multiply by."""
    turned, phases = parts
    state = np.array(_product(numbers.factors[item % len(numbers.factors)]) if stored is None else stored)
    tangents = numbers.tangents[item % len(numbers.tangents)]
    twists = dict(zip([rotation for rotation, _ in program.twists], program.twists, strict=True))
    index = np.arange(1 << program.qubits, dtype=np.int64)
    for sweep in program.sweeps:
        for each in sweep.passes:
            state = _permuted(state, index, sweep, each)
            if each.phase >= 0:
                state = state * phases(sweep, each.phase)
            registers = [(sweep.local[bit], r) for bit, r in zip(each.registers, each.rotations, strict=True)]
            for position, rotation in [*registers, *enumerate(each.lane_rotations)]:
                if rotation in twists:
                    place = program.twists.index(twists[rotation])
                    state = _twisted(state, index, position, turned[place], twists[rotation][1])
                elif rotation >= 0:
                    signs = parity_signs(index, 1 << position)
                    state = state - tangents[rotation] * signs * state[index ^ (1 << position)]
            state = _from_sources(state, index, sweep, each.exchange)
    return state


def _twisted(state: Vector, index: Indices, position: int, numbers: NDArray[np.float64], mask: int) -> Vector:
    """A rotation whose sine and cosine are chosen by a parity."""
    odd = np.bitwise_count(index & mask).astype(np.intp) & 1
    signs = parity_signs(index, 1 << position)
    result: Vector = numbers[odd, 2] * state - numbers[odd, 1] * signs * state[index ^ (1 << position)]
    return result


def _product(factors: Vector) -> Vector:
    """The product state of (qubits, 2) factors by position."""
    state = np.ones(1, dtype=np.complex128)
    for zero, one in factors:
        state = np.concatenate([zero * state, one * state])
    return state


def _from_sources(state: Vector, index: Indices, sweep: Sweep, rows: tuple[tuple[int, int], ...]) -> Vector:
    source = index
    for bit, mask in rows:
        target = sweep.local[bit]
        source = source & ~(1 << target) | (np.bitwise_count(index & mask).astype(np.int64) & 1) << target
    return state[source]


def _permuted(state: Vector, index: Indices, sweep: Sweep, each: Pass) -> Vector:
    state = _from_sources(state, index, sweep, each.permutation)
    for control, bit in each.lane_cx:
        state = _cx(state, index, control, sweep.local[bit], 0.0)
    return state


def term_factors(group: PhaseGroup, qubits: int, numbers: ProgramAngles, item: int = 0) -> Vector:
    """What a phase group multiplies each amplitude by, term by term, without the scale."""
    index = np.arange(1 << qubits, dtype=np.int64)
    angles, values = numbers.terms[item % len(numbers.terms)], numbers.values[item % len(numbers.values)]
    exponents = np.zeros(len(index))
    for mask, term in group.parity:
        exponents -= angles[term] / 2 * parity_signs(index, mask)
    for mask, _, term in group.pattern:
        exponents += angles[term] * ((index & mask) == values[term])
    result: Vector = np.exp(1j * exponents)
    return result


def table_factors(bound: BoundProgram, sweep: Sweep, group: int, item: int = 0) -> Vector:
    """What a phase group multiplies each amplitude by, looked up in the bound tables."""
    program, layout = bound.program, bound.layout.groups[group]
    index, lane_bits = np.arange(1 << program.qubits, dtype=np.int64), program.options.lane_bits
    rows = np.zeros_like(index)
    for bit, position in enumerate(sweep.local[lane_bits:]):
        rows |= (index >> position & 1) << bit
    entries = rows
    if layout.choice >= 0:
        bits, width = bound.bits[item % len(bound.bits)], layout.choice_bytes
        parts = [bits[layout.choice + width * rows + i].astype(np.int64) << 8 * i for i in range(width)]
        entries = sum(parts[1:], parts[0])
    factors = _row_table(bound, item, layout)[entries]
    for mixed in layout.mixed:
        table = _table(bound, item, mixed.offset, layout.entries)[entries]
        met = _condition(bound, mixed, index, item)
        factors = factors * (np.where(met, table, 1) if mixed.pattern else np.where(met, table.conj(), table))
    return factors * _lane_factors(bound, layout, (index, rows), item)


def _lane_factors(bound: BoundProgram, group: GroupLayout, places: tuple[Indices, Indices], item: int) -> Vector:
    (index, rows), lanes = places, 1 << bound.program.options.lane_bits
    factors = np.ones(len(index), dtype=np.complex128)
    bits = bound.bits[item % len(bound.bits)]
    for each in group.lane_tables:
        chosen = np.zeros_like(index) if each.bits_offset < 0 else bits[each.bits_offset + rows].astype(np.int64)
        for bit, selector in enumerate(each.selectors):
            met = _condition(bound, selector, index, item)
            chosen = chosen & ~(~met << bit & 1 << bit) if selector.pattern else chosen ^ met << bit
        table = _table(bound, item, each.offset, lanes << len(each.selectors))
        factors = factors * table[chosen * lanes + (index & lanes - 1)]
    return factors


def _condition(bound: BoundProgram, condition: Mixed | Selector, index: Indices, item: int) -> Indices:
    """Whether outer bits match, or their parity."""
    outer = index & condition.outer
    met = outer == bound.values[item, condition.value] if condition.pattern else np.bitwise_count(outer) & 1
    result: Indices = met.astype(np.int64)
    return result


def _row_table(bound: BoundProgram, item: int, group: GroupLayout) -> Vector:
    if not group.factors:
        return _table(bound, item, group.row_offset, group.entries)
    high, low = factor_sizes(group.entries.bit_length() - 1, group.factors)
    left = _table(bound, item, group.row_offset, high).reshape(-1, group.factors)
    right = _table(bound, item, group.row_offset + 2 * high, low).reshape(group.factors, -1)
    product: Vector = (left @ right).ravel()
    return product


def _table(bound: BoundProgram, item: int, offset: int, size: int) -> Vector:
    planes = bound.data[item, offset : offset + 2 * size].astype(np.float64).reshape(2, size)
    table: Vector = planes[0] + 1j * planes[1]
    return table
