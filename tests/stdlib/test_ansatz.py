"""`std.ansatz` against Qiskit's ansatz circuits, matrix exponentials and fermionic operators."""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import SparsePauliOp, Statevector
from scipy.linalg import expm
from stdlib_harness import equal_up_to_phase, run_state, unitary

from qlang.compiler.driver import compile_source
from qlang.syntax.source import Source

ANSATZ = "import std.ansatz;\n"


def listed(values: Sequence[Any]) -> str:
    """An array as qlang writes it."""
    return "{" + ", ".join(listed(v) if isinstance(v, (list, tuple)) else repr(v) for v in values) + "}"


def angles(count: int) -> list[float]:
    return [round(0.3 * math.sin(1.7 * k + 0.4) + 0.05 * k, 6) for k in range(count)]


@pytest.mark.parametrize(("n", "circular"), [(n, circular) for n in range(2, 6) for circular in (False, True)])
@pytest.mark.parametrize("repetitions", [0, 1, 3])
def test_hardware_efficient_circuits(n: int, circular: bool, repetitions: int) -> None:
    entanglement = "circular" if circular else "linear"
    for name, kind, layer in (("real_amplitudes", real_amplitudes, n), ("efficient_su2", efficient_su2, 2 * n)):
        theta = angles(layer * (repetitions + 1))
        theirs = kind(n, entanglement=entanglement, reps=repetitions).assign_parameters(theta)
        ours = run_state(f"{name}({n}, {listed(theta)}, circular = {str(circular).lower()})", ANSATZ)
        np.testing.assert_allclose(ours, Statevector(theirs).data, atol=1e-11)


EDGES = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]


def cut(n: int, edges: Sequence[tuple[int, int]]) -> Any:
    return np.array([sum((x >> a ^ x >> b) & 1 for a, b in edges) for x in range(2**n)])


def qaoa_state(n: int, edges: Sequence[tuple[int, int]], gamma: Sequence[float], beta: Sequence[float]) -> Any:
    """By diagonal phases and the exponential of the mixer."""
    mixer = SparsePauliOp.from_sparse_list([("X", [i], 1.0) for i in range(n)], num_qubits=n).to_matrix()
    state = np.full(2**n, 2 ** (-n / 2), dtype=complex)
    for g, b in zip(gamma, beta, strict=True):
        state = expm(-1j * b * mixer) @ (np.exp(-1j * g * cut(n, edges)) * state)
    return state


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_qaoa(layers: int) -> None:
    gamma, beta = angles(layers), angles(2 * layers)[layers:]
    ours = run_state(f"qaoa(4, {listed(EDGES)}, {listed(gamma)}, {listed(beta)})", ANSATZ)
    assert equal_up_to_phase(ours, qaoa_state(4, EDGES, gamma, beta))


@pytest.mark.parametrize("n", range(3, 7))
def test_qaoa_of_a_ring(n: int) -> None:
    """One layer cuts an edge of a ring with n > 3 with probability 1/2 + sin(4β) sin(2γ)/4 (Wang et al. 2018)."""
    ring = [(i, (i + 1) % n) for i in range(n)]
    ours = run_state(f"qaoa_ring({n}, gamma = 0.7, beta = 0.4, p = 2)", ANSATZ)
    assert equal_up_to_phase(ours, qaoa_state(n, ring, [0.7] * 2, [0.4] * 2))
    if n > 3:
        one = np.abs(run_state(f"qaoa_ring({n}, gamma = 0.7, beta = 0.4)", ANSATZ)) ** 2
        expected = 0.5 + 0.25 * np.sin(4 * 0.4) * np.sin(2 * 0.7)
        assert one @ cut(n, ring) / n == pytest.approx(expected)


def annihilators(n: int) -> list[Any]:
    """Jordan-Wigner: a_j = Z…Z (X + iY)/2, with the Z on the qubits below j."""
    lowering, z, one = np.array([[0, 1], [0, 0]]), np.diag([1, -1]), np.eye(2)
    found = []
    for j in range(n):
        matrix = np.eye(1)
        for k in range(n):
            factor = z if k < j else lowering if k == j else one
            matrix = np.kron(factor, matrix)  # qubit 0 rightmost
        found.append(matrix)
    return found


def single(n: int, i: int, a: int, theta: float) -> Any:
    modes = annihilators(n)
    excitation = modes[a].T @ modes[i]
    return expm(theta * (excitation - excitation.T))


def double(n: int, i: int, j: int, a: int, b: int, theta: float) -> Any:
    modes = annihilators(n)
    excitation = modes[a].T @ modes[b].T @ modes[j] @ modes[i]
    return expm(theta * (excitation - excitation.T))


@pytest.mark.parametrize(("i", "a"), list(combinations(range(5), 2)))
def test_single_excitations(i: int, a: int) -> None:
    ours = unitary(f"fermionic_single_on(q, {i}, {a}, 0.43);", 5, ANSATZ)
    np.testing.assert_allclose(ours, single(5, i, a, 0.43), atol=1e-11)


@pytest.mark.parametrize(("i", "j", "a", "b"), [*combinations(range(5), 4), (0, 2, 3, 5), (0, 3, 4, 5)])
def test_double_excitations(i: int, j: int, a: int, b: int) -> None:
    ours = unitary(f"fermionic_double_on(q, {i}, {j}, {a}, {b}, 0.43);", 6, ANSATZ)
    np.testing.assert_allclose(ours, double(6, i, j, a, b, 0.43), atol=1e-11)


@pytest.mark.parametrize(("n", "electrons"), [(2, 1), (4, 2), (5, 2)])
def test_unitary_coupled_cluster(n: int, electrons: int) -> None:
    occupied, virtual = range(electrons), range(electrons, n)
    singles = [(i, a) for i in occupied for a in virtual]
    doubles = [(*pair, *other) for pair in combinations(occupied, 2) for other in combinations(virtual, 2)]
    theta = angles(len(singles) + len(doubles))
    state = np.zeros(2**n)
    state[2**electrons - 1] = 1
    for place, (i, a) in enumerate(singles):
        state = single(n, i, a, theta[place]) @ state
    for place, (i, j, a, b) in enumerate(doubles, len(singles)):
        state = double(n, i, j, a, b, theta[place]) @ state
    ours = run_state(f"uccsd({n}, {electrons}, {listed(theta)})", ANSATZ)
    np.testing.assert_allclose(ours, state, atol=1e-11)


@pytest.mark.parametrize(
    ("n", "electrons", "count", "expected"),
    [(4, 2, 4, ["QJ0311"]), (4, 2, 5, []), (4, 2, 6, []), (6, 3, 17, ["QJ0311"]), (6, 3, 18, []), (2, 2, 1, [])],
)
def test_too_few_angles_of_coupled_cluster_are_found_before_the_run(
    n: int, electrons: int, count: int, expected: list[str]
) -> None:
    text = f"{ANSATZ}job j {{ run uccsd({n}, {electrons}, {listed(angles(count))}); expect z = Z(q[0]); }}\n"
    found = compile_source(Source("few.qjob", text), stop_after="kernel").diagnostics
    assert [each.code for each in found] == expected
