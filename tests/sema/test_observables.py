"""Observables expand into the Pauli sums that their matrices say."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.sema import pauli
from qlang.sema.jobs import PauliTerm
from qlang.sema.module import Module

MATRICES = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}
QUBITS = 3

products = st.lists(st.sampled_from("IXYZ"), min_size=QUBITS, max_size=QUBITS).map("".join)
coefficients = st.complex_numbers(max_magnitude=4, allow_nan=False, allow_infinity=False)


def product_of(word: str) -> pauli.Product:
    return tuple(("q", index, letter) for index, letter in enumerate(word) if letter != "I")


def matrix_of(polynomial: pauli.Polynomial) -> np.ndarray:
    total = np.zeros((2**QUBITS, 2**QUBITS), complex)
    for product, coefficient in polynomial.items():
        letters = {index: letter for _, index, letter in product}
        matrix = np.eye(1)
        for index in range(QUBITS):
            matrix = np.kron(matrix, MATRICES[letters.get(index, "I")])
        total += coefficient * matrix
    return total


polynomials = st.dictionaries(products.map(product_of), coefficients, max_size=5)


@given(polynomials, polynomials)
def test_the_algebra_is_that_of_matrices(left: pauli.Polynomial, right: pauli.Polynomial) -> None:
    a, b = matrix_of(left), matrix_of(right)
    assert np.allclose(matrix_of(pauli.multiply(left, right)), a @ b)
    total = dict(left)
    pauli.accumulate(total, right, -2)
    assert np.allclose(matrix_of(total), a - 2 * b)


def terms(module: Callable[..., Module], observable: str, definitions: str = "") -> dict[tuple[str, ...], float]:
    circuit = "circuit c() { qubit[4] q; qubit r; h q; h r; }\n"
    text = f"{definitions}{circuit}job j {{ run c(); expect e = {observable}; }}\n"
    (expectation,) = module(text).jobs[0].expect
    assert len({term.factors for term in expectation.terms}) == len(expectation.terms)
    return {tuple(f"{p}{reg}{i}" for reg, i, p in term.factors): term.coefficient for term in expectation.terms}


@pytest.mark.parametrize(
    ("observable", "expected"),
    [
        ("Z(q[0])", {("Zq0",): 1}),
        ("2", {(): 2}),
        ("I(q[1]) - 0.5 * Z(r)", {(): 1, ("Zr0",): -0.5}),
        ("1/2 * X(q[0])", {("Xq0",): 0.5}),
        ("X(q[0]) * X(q[0])", {(): 1}),
        ("X(q[0]) * Y(q[0]) * Z(q[0]) * -1im", {(): 1}),
        ("Z(q[0]) - Z(q[0])", {}),
        ("X(q[0]) * Y(q[0]) + Y(q[0]) * X(q[0])", {}),
        ("(X(q[0]) + Z(q[1])) * (X(q[0]) - Z(q[1]))", {}),
        ("(1 + Z(q[0])) * (1 + Z(q[1])) / 4", {(): 0.25, ("Zq0",): 0.25, ("Zq1",): 0.25, ("Zq0", "Zq1"): 0.25}),
        ("sum(int i in [0:1]) i * Z(q[i])", {("Zq1",): 1}),
        ("sum(int i in {0, 3}) Z(q[i]) / 2 + 1", {(): 1, ("Zq0",): 0.5, ("Zq3",): 0.5}),
        ("prod(int i in [0:sizeof(q)-1]) Z(q[i])", {("Zq0", "Zq1", "Zq2", "Zq3"): 1}),
        ("sum(int i in [0:2:3]) prod(int j in [i:i+1]) X(q[j])", {("Xq0", "Xq1"): 1, ("Xq2", "Xq3"): 1}),
        ("Z(q[-1])", {("Zq3",): 1}),
        ("-sum(int i in [3:-1:2]) Y(q[i])", {("Yq2",): -1, ("Yq3",): -1}),
        ("cos(0) * Z(q[0]) + sqrt(4) * Z(q[6 / 2])", {("Zq0",): 1, ("Zq3",): 2}),
    ],
)
def test_expansion(observable: str, expected: dict[tuple[str, ...], float], module: Callable[..., Module]) -> None:
    assert terms(module, observable) == pytest.approx(expected)


DEFINITIONS = """
const float J = 2.0;
observable mean(qubit[] q) = sum(int i in [0:sizeof(q)-1]) Z(q[i]) / sizeof(q);
observable pair(qubit a, qubit b, float c = J) = c * X(a) * X(b);
observable ends(qubit[2] q) = pair(q[0], q[1]) + pair(q[1], q[0], c = 1);
observable whole = Z(q[0]) + Z(r);
"""


@pytest.mark.parametrize(
    ("observable", "expected"),
    [
        ("mean(q)", {(f"Zq{i}",): 0.25 for i in range(4)}),
        ("mean(q[1:2])", {("Zq1",): 0.5, ("Zq2",): 0.5}),
        ("mean(q[{3, 0}])", {("Zq0",): 0.5, ("Zq3",): 0.5}),
        ("2 * mean(r)", {("Zr0",): 2}),
        ("pair(q[0], r)", {("Xq0", "Xr0"): 2}),
        ("ends(q[2:3])", {("Xq2", "Xq3"): 3}),
        ("pair(b = q[1], a = q[0], c = -1)", {("Xq0", "Xq1"): -1}),
        ("whole", {("Zq0",): 1, ("Zr0",): 1}),
    ],
)
def test_calls(observable: str, expected: dict[tuple[str, ...], float], module: Callable[..., Module]) -> None:
    assert terms(module, observable, DEFINITIONS) == pytest.approx(expected)


def test_terms_come_in_a_fixed_order(module: Callable[..., Module]) -> None:
    text = "circuit c() { qubit[3] q; h q; }\njob j { run c(); expect e = {}; }\n"
    orders = ["Z(q[2]) + 1 + X(q[0]) * Y(q[1]) + Z(q[0])", "Y(q[1]) * X(q[0]) + Z(q[0]) + Z(q[2]) + I(q[0])"]
    first, second = (module(text.replace("e = {}", f"e = {order}")).jobs[0] for order in orders)
    assert first.expect[0].terms == second.expect[0].terms
    assert first.expect[0].terms[0] == PauliTerm(1.0, ())


def test_a_product_of_sums_is_refused_before_it_grows(found: Callable[..., list[str]]) -> None:
    observable = "prod(int i in [0:{m}]) (X(q[i]) + Z(q[i]))"
    text = f"circuit c() {{{{ qubit[{{n}}] q; h q; }}}}\njob j {{{{ run c(); expect a = {observable}; }}}}\n"
    assert found(text.format(n=10, m=9)) == []
    assert found(text.format(n=60, m=59)) == ["QJ0521@2"]
    assert found("circuit c() { qubit q; h q; }\njob j { run c(); expect a = sum(int i in [0:10**9]) Z(q); }\n") == [
        "QJ0521@2"
    ]


def test_the_library_of_observables(module: Callable[..., Module]) -> None:
    imported = "import std.observables;\n"
    assert terms(module, "magnetization(q)", imported) == {(f"Zq{i}",): 0.25 for i in range(4)}
    assert terms(module, "staggered_magnetization(q[0:1])", imported) == {("Zq0",): 0.5, ("Zq1",): -0.5}
    assert terms(module, "correlation(q[0], r)", imported) == {("Zq0", "Zr0"): 1}
    assert terms(module, "parity(q[0:2])", imported) == {("Zq0", "Zq1", "Zq2"): 1}
    assert terms(module, "excitations(q[0:1])", imported) == {(): 1, ("Zq0",): -0.5, ("Zq1",): -0.5}
    ising = terms(module, "ising_energy(q[0:2], h = 0.5)", imported)
    assert ising == {("Zq0", "Zq1"): -1, ("Zq1", "Zq2"): -1, ("Xq0",): -0.5, ("Xq1",): -0.5, ("Xq2",): -0.5}
    assert terms(module, "heisenberg_energy(q[0:1], delta = 2)", imported) == {
        ("Xq0", "Xq1"): 1,
        ("Yq0", "Yq1"): 1,
        ("Zq0", "Zq1"): 2,
    }
