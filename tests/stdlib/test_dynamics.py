"""`std.dynamics` against Qiskit's product formulas and exact evolution."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import Operator, SparsePauliOp
from qiskit.synthesis import LieTrotter, SuzukiTrotter
from scipy.linalg import expm
from stdlib_harness import equal_up_to_phase, run_state, unitary

DYNAMICS = "import std.dynamics;\n"
CASES = [(n, order, periodic) for n in range(2, 6) for order in (1, 2) for periodic in (False, True)]


def operator(n: int, terms: list[tuple[str, list[int], float]]) -> SparsePauliOp:
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n)


def formula(groups: list[SparsePauliOp], t: float, steps: int, order: int) -> Any:
    """Qiskit's product formula over groups of commuting terms."""
    synthesis = LieTrotter(reps=steps) if order == 1 else SuzukiTrotter(order=2, reps=steps)
    return Operator(PauliEvolutionGate(groups, t, synthesis=synthesis).definition).data


def bonds(n: int, periodic: bool) -> list[tuple[int, int]]:
    return [(i, i + 1) for i in range(n - 1)] + ([(n - 1, 0)] if periodic and n > 2 else [])


def word(value: object) -> str:
    return str(value).lower()


@pytest.mark.parametrize(("n", "order", "periodic"), CASES)
def test_ising(n: int, order: int, periodic: bool) -> None:
    J, h, t = 0.7, -0.4, 0.9
    couplings = operator(n, [("ZZ", list(bond), -J) for bond in bonds(n, periodic)])
    field = operator(n, [("X", [i], -h) for i in range(n)])
    ours = unitary(f"ising_on(q, {t}, 3, {J}, {h}, {order}, {word(periodic)});", n, DYNAMICS)
    assert equal_up_to_phase(ours, formula([couplings, field], t, 3, order))


@pytest.mark.parametrize(("n", "order", "periodic"), CASES)
def test_heisenberg(n: int, order: int, periodic: bool) -> None:
    strengths, h, t = {"XX": 0.7, "YY": -0.3, "ZZ": 1.1}, 0.6, 0.8
    groups = [
        [("Z", [i], h) for i in range(n)],
        *([(pair, [i, i + 1], J) for i in range(k, n - 1, 2) for pair, J in strengths.items()] for k in (0, 1)),
        [(pair, [n - 1, 0], J) for pair, J in strengths.items()] if periodic and n > 2 else [],
    ]
    listed = [operator(n, group) for group in groups if group]
    numbers = ", ".join(map(str, strengths.values()))
    ours = unitary(f"heisenberg_on(q, {t}, 2, {numbers}, {h}, {order}, {word(periodic)});", n, DYNAMICS)
    assert equal_up_to_phase(ours, formula(listed, t, 2, order))


@settings(max_examples=10)
@given(
    st.integers(2, 4),
    st.integers(1, 3),
    st.integers(1, 2),
    st.booleans(),
    st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2)),
)
def test_ising_with_any_parameters(n: int, steps: int, order: int, ring: bool, numbers: tuple[float, ...]) -> None:
    J, h, t = numbers
    couplings = operator(n, [("ZZ", list(bond), -J) for bond in bonds(n, ring)])
    field = operator(n, [("X", [i], -h) for i in range(n)])
    ours = unitary(f"ising_on(q, {t!r}, {steps}, {J!r}, {h!r}, {order}, {word(ring)});", n, DYNAMICS)
    assert equal_up_to_phase(ours, formula([couplings, field], t, steps, order))


@pytest.mark.parametrize("order", [1, 2])
def test_the_error_falls_with_the_order(order: int) -> None:
    n, t, J, delta = 4, 0.5, 1.0, 0.5
    terms = [(pair, list(bond), J * c) for bond in bonds(n, True) for pair, c in (("XX", 1), ("YY", 1), ("ZZ", delta))]
    exact = expm(-1j * t * operator(n, terms).to_matrix())[:, 0b1010]

    def error(steps: int) -> float:
        call = f"xxz({n}, t = {t}, steps = {steps}, delta = {delta}, order = {order}, periodic = true)"
        return float(np.linalg.norm(run_state(call, DYNAMICS) - exact))

    assert error(8) / error(16) == pytest.approx(2**order, rel=0.15)


def test_circuits_begin_as_they_say() -> None:
    ising = unitary("ising_on(q, 0.4, 2, 1.0, 0.5, 2, true);", 3, DYNAMICS)[:, 0]
    np.testing.assert_allclose(run_state("ising(3, 0.4, 2, h = 0.5, order = 2, periodic = true)", DYNAMICS), ising)
    heisenberg = unitary("heisenberg_on(q, 0.4, 2, 1.0, 0.5, 2.0, 0.1, 1, false);", 3, DYNAMICS)[:, 0b010]
    np.testing.assert_allclose(run_state("heisenberg(3, 0.4, 2, Jy = 0.5, Jz = 2, h = 0.1)", DYNAMICS), heisenberg)
