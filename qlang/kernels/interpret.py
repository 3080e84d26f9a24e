"""Steps executed in NumPy, one by one, by masks and index arithmetic: the oracle of plans and of native targets."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


def _rotation(state: Vector, index: Indices, wire: int, _: int, angle: float) -> Vector:
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
