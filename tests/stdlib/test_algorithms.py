"""`std.algorithms` against closed forms and Qiskit."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import grover_operator
from qiskit.quantum_info import Operator
from stdlib_harness import compiled, distribution, equal_up_to_phase, run_state, state, unitary

ALGORITHMS = "import std.algorithms;\n"


@pytest.mark.parametrize("n", range(1, 6))
def test_reflections(n: int) -> None:
    for marked in (0, 2**n - 1, 2**n // 3):
        expected = np.ones(2**n)
        expected[marked] = -1
        np.testing.assert_allclose(unitary(f"mark_on(q, {marked});", n, ALGORITHMS), np.diag(expected), atol=1e-12)
    uniform = np.full((2**n, 2**n), 2.0**-n)
    np.testing.assert_allclose(unitary("diffuse_on(q);", n, ALGORITHMS), np.eye(2**n) - 2 * uniform, atol=1e-12)


def test_an_iteration_is_qiskits_grover_operator() -> None:
    oracle = QuantumCircuit(3)
    oracle.x(1)
    oracle.ccz(0, 1, 2)
    oracle.x(1)
    ours = unitary("mark_on(q, 5); diffuse_on(q);", 3, ALGORITHMS)
    assert equal_up_to_phase(ours, Operator(grover_operator(oracle)).data)


@settings(max_examples=12)
@given(st.integers(2, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, 2**n - 1), st.integers(0, 6))))
def test_grovers_probability(case: tuple[int, int, int]) -> None:
    n, marked, iterations = case
    theta = math.asin(2 ** (-n / 2))
    found = abs(run_state(f"grover({n}, marked = {marked}, iterations = {iterations})", ALGORITHMS)[marked]) ** 2
    assert found == pytest.approx(math.sin((2 * iterations + 1) * theta) ** 2, abs=1e-10)


@pytest.mark.parametrize("n", range(2, 8))
def test_grovers_best_number_of_iterations(n: int) -> None:
    theta = math.asin(2 ** (-n / 2))
    best = max(range(2**n), key=lambda k: math.sin(min((2 * k + 1) * theta, math.pi / 2)))
    chosen = math.floor(math.pi / 4 / theta)
    found = abs(run_state(f"grover({n}, marked = 1)", ALGORITHMS)[1]) ** 2
    assert found == pytest.approx(math.sin((2 * chosen + 1) * theta) ** 2, abs=1e-10)
    assert found >= 1 - 2.0**-n
    assert abs(best - chosen) <= 1


@pytest.mark.parametrize("n", range(2, 7))
def test_bernstein_vazirani(n: int) -> None:
    for secret in (0, 1, 2**n - 1, 2**n // 3):
        found = run_state(f"bernstein_vazirani({n}, {secret})", ALGORITHMS)
        assert abs(found[secret]) == pytest.approx(1)


@pytest.mark.parametrize("n", range(2, 7))
def test_deutsch_jozsa(n: int) -> None:
    for mask in (0, 1, 2**n - 1, 2**n // 3):
        found = distribution(f"{ALGORITHMS}job j {{ run deutsch_jozsa({n}, {mask}); sample q; }}\n")
        zero = sum(probability for outcome, probability in found.items() if outcome % 2**n == 0)
        assert zero == pytest.approx(1 if mask == 0 else 0, abs=1e-12)


@pytest.mark.parametrize("n", [2, 4, 6])
def test_hidden_shift(n: int) -> None:
    for shift in range(0, 2**n, 2**n // 4 + 1):
        assert abs(run_state(f"hidden_shift({n}, {shift})", ALGORITHMS)[shift]) == pytest.approx(1)


@settings(max_examples=8)
@given(st.floats(0, math.pi), st.floats(-3, 3))
def test_teleportation(theta: float, phi: float) -> None:
    received = state(f"{ALGORITHMS}job j {{ run teleport({theta!r}, {phi!r}); sample q; }}\n", (2,))
    sent = np.array([math.cos(theta / 2), np.exp(1j * phi) * math.sin(theta / 2)])
    if received.ndim == 1:
        received = np.outer(received, received.conj())
    np.testing.assert_allclose(received, np.outer(sent, sent.conj()), atol=1e-11)


@pytest.mark.parametrize("angle", [0.0, 0.7, math.pi])
def test_swap_test(angle: float) -> None:
    body = f"ry({angle!r}) q[1]; x q[2]; x q[4]; swap_test_on(q[0], q[1:2], q[3:4]);"
    text = f"{ALGORITHMS}circuit t() {{ qubit[5] q; {body} }}\njob j {{ run t(); sample q; }}\n"
    zero = sum(probability for outcome, probability in distribution(text).items() if outcome % 2 == 0)
    assert zero == pytest.approx((1 + math.cos(angle / 2) ** 2) / 2)


def test_iterations_stay_a_loop() -> None:
    few, many = (compiled(f"{ALGORITHMS}job j {{ run grover(8, 1, {k}); state q; }}\n", "ir").module for k in (5, 500))
    assert abs(len(str(few)) - len(str(many))) < 20
