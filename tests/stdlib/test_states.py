"""`std.states` against closed forms and Qiskit, and how long chains scale."""

import time
from itertools import combinations
from math import comb

import numpy as np
import pytest
from qiskit.circuit.library import GraphStateGate
from qiskit.quantum_info import Statevector
from stdlib_harness import compiled, run_state

STATES = "import std.states;\n"
SIZES = range(2, 7)


@pytest.mark.parametrize("n", SIZES)
def test_ghz(n: int) -> None:
    expected = np.zeros(2**n)
    expected[[0, -1]] = 1 / np.sqrt(2)
    np.testing.assert_allclose(run_state(f"ghz({n})", STATES), expected, atol=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_w(n: int) -> None:
    expected = np.zeros(2**n)
    expected[[1 << k for k in range(n)]] = 1 / np.sqrt(n)
    np.testing.assert_allclose(run_state(f"w({n})", STATES), expected, atol=1e-12)


@pytest.mark.parametrize(("n", "k"), [(n, k) for n in SIZES for k in range(1, n + 1)])
def test_dicke(n: int, k: int) -> None:
    expected = np.zeros(2**n)
    expected[[sum(1 << bit for bit in bits) for bits in combinations(range(n), k)]] = 1 / np.sqrt(comb(n, k))
    np.testing.assert_allclose(run_state(f"dicke({n}, {k})", STATES), expected, atol=1e-12)


def graph_state(n: int, edges: list[tuple[int, int]]) -> Statevector:
    adjacency = np.zeros((n, n), dtype=int)
    for a, b in edges:
        adjacency[a, b] = adjacency[b, a] = 1
    return Statevector(GraphStateGate(adjacency).definition)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("periodic", [False, True])
def test_cluster(n: int, periodic: bool) -> None:
    edges = [(i, i + 1) for i in range(n - 1)] + ([(n - 1, 0)] if periodic and n > 2 else [])
    found = run_state(f"cluster({n}, periodic = {str(periodic).lower()})", STATES)
    np.testing.assert_allclose(found, graph_state(n, edges).data, atol=1e-12)


def test_graph() -> None:
    edges = [(0, 1), (1, 3), (4, 2), (0, 4)]
    shown = "{" + ", ".join(f"{{{a}, {b}}}" for a, b in edges) + "}"
    np.testing.assert_allclose(run_state(f"graph(5, {shown})", STATES), graph_state(5, edges).data, atol=1e-12)


def test_loops_stay_loops() -> None:
    """The IR of a chain does not grow with it, and neither does the time by more than the counting of gates."""

    def compile_chain(n: int) -> tuple[int, float]:
        start = time.perf_counter()
        found = compiled(f"{STATES}job j {{ run ghz({n}); expect z = Z(q[0]); }}\n", "ir")
        assert found.module is not None
        return len(str(found.module)), time.perf_counter() - start

    compile_chain(4)
    (short, _), (long, seconds) = compile_chain(2500), compile_chain(10_000)
    assert long < short + 100
    assert seconds < 2
