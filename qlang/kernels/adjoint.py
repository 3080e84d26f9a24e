"""Expectation values and their derivatives by the angles of the steps, in NumPy: the reference of the native kernels.

Adjoint differentiation (Jones, Gacon, arXiv:2009.02823). With ψ the state after the circuit and λ = Hψ, the steps are
undone one after the other on both. Before step U(θ) = exp(θK) is undone, dE/dθ = 2 Re ⟨λ|Kψ⟩:

| step     | K                 | dE/dθ                                         |
|----------|-------------------|-----------------------------------------------|
| ROTATION | −iY/2             | Σ over pairs of Re(conj λ₁ ψ₀ − conj λ₀ ψ₁)   |
| PARITY   | −i/2 · (−1)^par   | Σ (−1)^parity(x & mask) Im(conj λ ψ)          |
| PATTERN  | i where it matches| −2 Σ over matching x of Im(conj λ ψ)          |
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.observables import PauliSums
from qlang.kernels.steps import StepKind, Steps

State: TypeAlias = NDArray[np.complexfloating[Any, Any]]
"""Amplitudes, shape (2^qubits,); bit q of the index is wire q."""


def state_after(steps: Steps, angles: NDArray[np.float64], dtype: Any = np.complex128) -> State:
    """The state from |0…0⟩ with angles (slots,), global phase included."""
    state: State = np.zeros(1 << steps.qubits, dtype=dtype)
    state[0] = np.exp(1j * angles[0])
    for kind, first, second, slot in steps.rows():
        _APPLY[kind](state, first, second, angles[slot] if slot >= 0 else 0.0)
    return state


def expectation_values(state: State, sums: PauliSums) -> NDArray[np.float64]:
    """Values (count,) of the observables."""
    values = np.zeros(sums.count)
    for flip, sign, factor, output in _terms(sums, sums.coefficients):
        values[output] += (factor * np.vdot(state, _product(state, flip, sign))).real
    return values


def adjoint_gradient(
    steps: Steps, angles: NDArray[np.float64], sums: PauliSums, weights: NDArray[np.float64], dtype: Any = np.complex128
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values (count,) of the observables, and the derivatives (slots,) of Σ weight · value."""
    state = state_after(steps, angles, dtype)
    values = expectation_values(state, sums)
    dual = np.zeros_like(state)
    for flip, sign, factor, _ in _terms(sums, sums.weighted(weights)):
        dual += factor * _product(state, flip, sign)
    gradient = np.zeros(steps.slot_count)
    for kind, first, second, slot in reversed(list(steps.rows())):
        angle = angles[slot] if slot >= 0 else 0.0
        if slot >= 0:
            gradient[slot] = _SLOPE[kind](state, dual, first, second)
        for each in (state, dual):
            _APPLY[kind](each, first, second, -angle)
    return values, gradient


def _terms(sums: PauliSums, coefficients: NDArray[np.float64]) -> Any:
    factors = sums.phases() * coefficients
    return zip(sums.flips.tolist(), sums.signs.tolist(), factors.tolist(), sums.outputs.tolist(), strict=True)


def _product(state: State, flip: int, sign: int) -> State:
    """X^flip Z^sign on a state."""
    index = np.arange(len(state)) ^ flip
    moved: State = np.where(_odd(index, sign), -state[index], state[index])
    return moved


def _odd(index: NDArray[np.int64], mask: int) -> NDArray[np.bool_]:
    odd: NDArray[np.bool_] = np.bitwise_count(index & mask) & 1 == 1
    return odd


def _halves(state: State, wire: int) -> tuple[State, State]:
    parts = state.reshape(-1, 2, 1 << wire)
    return parts[:, 0], parts[:, 1]


def _rotate(state: State, wire: int, _: int, angle: float) -> None:
    zero, one = _halves(state, wire)
    cosine, sine = np.cos(angle / 2), np.sin(angle / 2)
    before = zero.copy()
    zero[...] = cosine * before - sine * one
    one[...] = sine * before + cosine * one


def _parity(state: State, mask: int, _: int, angle: float) -> None:
    state *= np.where(_odd(np.arange(len(state)), mask), np.exp(0.5j * angle), np.exp(-0.5j * angle))


def _pattern(state: State, mask: int, value: int, angle: float) -> None:
    state[np.arange(len(state)) & mask == value] *= np.exp(1j * angle)


def _gather(state: State, source: NDArray[np.int64]) -> None:
    state[...] = state[source]


def _cx(state: State, control: int, target: int, _: float) -> None:
    index = np.arange(len(state))
    _gather(state, index ^ (index >> control & 1) << target)


def _swap(state: State, first: int, second: int, _: float) -> None:
    index = np.arange(len(state))
    differ = (index >> first ^ index >> second) & 1
    _gather(state, index ^ (differ << first | differ << second))


def _x(state: State, wire: int, _: int, __: float) -> None:
    _gather(state, np.arange(len(state)) ^ 1 << wire)


def _z(state: State, wire: int, _: int, __: float) -> None:
    one = _halves(state, wire)[1]
    np.negative(one, out=one)


_APPLY: Mapping[int, Callable[[State, int, int, float], None]] = {
    StepKind.ROTATION: _rotate,
    StepKind.PARITY: _parity,
    StepKind.PATTERN: _pattern,
    StepKind.CX: _cx,
    StepKind.SWAP: _swap,
    StepKind.X: _x,
    StepKind.Z: _z,
}
"""Each undone by the negated angle; those without one are their own inverses."""


def _rotation_slope(state: State, dual: State, wire: int, _: int) -> float:
    (zero, one), (dual_zero, dual_one) = _halves(state, wire), _halves(dual, wire)
    return float((np.vdot(dual_one, zero) - np.vdot(dual_zero, one)).real)


def _parity_slope(state: State, dual: State, mask: int, _: int) -> float:
    weights = (dual.conj() * state).imag
    return float(np.where(_odd(np.arange(len(state)), mask), -weights, weights).sum())


def _pattern_slope(state: State, dual: State, mask: int, value: int) -> float:
    matching = np.arange(len(state)) & mask == value
    return float(-2 * np.vdot(dual[matching], state[matching]).imag)


_SLOPE: Mapping[int, Callable[[State, State, int, int], float]] = {
    StepKind.ROTATION: _rotation_slope,
    StepKind.PARITY: _parity_slope,
    StepKind.PATTERN: _pattern_slope,
}
