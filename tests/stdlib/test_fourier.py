"""`std.fourier` against Qiskit's Fourier transform and the closed distributions of phase estimation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import Operator
from qiskit.synthesis.qft import synth_qft_full
from stdlib_harness import distribution, run_state, unitary

FOURIER = "import std.fourier;\n"
SIZES = range(1, 6)


@pytest.mark.parametrize("n", SIZES)
def test_transform(n: int) -> None:
    expected = Operator(QFTGate(n)).data
    np.testing.assert_allclose(unitary("qft_on(q);", n, FOURIER), expected, atol=1e-11)
    np.testing.assert_allclose(unitary("inverse_qft_on(q);", n, FOURIER), expected.conj().T, atol=1e-11)


@pytest.mark.parametrize("n", SIZES)
def test_without_swaps(n: int) -> None:
    both = unitary("reversed_qft_on(q); reverse_on(q);", n, FOURIER)
    np.testing.assert_allclose(both, Operator(QFTGate(n)).data, atol=1e-11)
    nothing = unitary("reversed_qft_on(q); inverse_reversed_qft_on(q);", n, FOURIER)
    np.testing.assert_allclose(nothing, np.eye(2**n), atol=1e-11)


@pytest.mark.parametrize(("n", "degree"), [(n, degree) for n in range(2, 6) for degree in range(n)])
def test_approximate_transform(n: int, degree: int) -> None:
    expected = Operator(synth_qft_full(n, approximation_degree=degree)).data
    np.testing.assert_allclose(unitary(f"approximate_qft_on(q, {degree});", n, FOURIER), expected, atol=1e-11)


@pytest.mark.parametrize("n", range(2, 7))
def test_circuits(n: int) -> None:
    x, size = 2**n // 3, 2**n
    expected = np.exp(2j * np.pi * x * np.arange(size) / size) / np.sqrt(size)
    np.testing.assert_allclose(run_state(f"qft({n}, x = {x})", FOURIER), expected, atol=1e-11)
    np.testing.assert_allclose(run_state(f"inverse_qft({n}, x = {x})", FOURIER), expected.conj(), atol=1e-11)


def kernel_of_phases(n: int, phase: float) -> np.ndarray:
    """Probabilities of phase estimation: |Σ exp(2πi k (phase - y/2ⁿ))|²/4ⁿ."""
    size = 2**n
    differences = phase - np.arange(size) / size
    return np.abs(np.exp(2j * np.pi * np.outer(differences, np.arange(size))).sum(axis=1)) ** 2 / size**2


def counted(text: str, n: int) -> np.ndarray:
    """The distribution of the first n qubits."""
    found = np.zeros(2**n)
    for outcome, probability in distribution(text).items():
        found[outcome % 2**n] += probability
    return found


@settings(max_examples=12)
@given(st.integers(1, 6), st.floats(0, 1))
def test_phase_estimation(n: int, phase: float) -> None:
    found = counted(f"{FOURIER}job j {{ run qpe({n}, phase = {phase!r}); sample q; }}\n", n)
    np.testing.assert_allclose(found, kernel_of_phases(n, phase), atol=1e-10)


@pytest.mark.parametrize(("n", "phase"), [(1, 0.5), (3, 0.3), (4, 0.8125), (5, 0.777)])
def test_phase_estimation_bit_by_bit(n: int, phase: float) -> None:
    text = f"{FOURIER}job j {{ run iterative_qpe({n}, phase = {phase}); sample y; }}\n"
    found = np.zeros(2**n)
    for outcome, probability in distribution(text, "y").items():
        found[outcome] = probability
    np.testing.assert_allclose(found, kernel_of_phases(n, phase), atol=1e-10)


@pytest.mark.parametrize(("n", "a"), [(3, 0.3), (4, 0.5), (5, 0.01)])
def test_amplitude_estimation(n: int, a: float) -> None:
    turn = math.asin(math.sqrt(a)) / math.pi
    found = counted(f"{FOURIER}job j {{ run amplitude_estimation({n}, a = {a}); sample q; }}\n", n)
    # Both eigenvectors of the Grover operator have the same weight.
    np.testing.assert_allclose(found, (kernel_of_phases(n, turn) + kernel_of_phases(n, -turn)) / 2, atol=1e-10)
