"""`std.observables` against matrices, and the hydrogen molecule from files against exact diagonalisation."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp
from stdlib_harness import run_state, states

from qlang.compiler.frontend import analyse
from qlang.syntax.source import Source

EXAMPLES = Path(__file__).parents[2] / "examples"
SIZES = range(2, 6)


def matrix(observable: str, registers: dict[str, int], imports: str = "import std.observables;\n") -> Any:
    """The matrix of an observable over registers, the first of them on the low qubits."""
    body = " ".join(f"qubit[{size}] {name}; h {name};" for name, size in registers.items())
    text = f"{imports}circuit t() {{ {body} }}\njob j {{ run t(); expect e = {observable}; }}\n"
    found = analyse(Source("test.qjob", text))
    assert found.ok, [each.message() for each in found.diagnostics]
    first, size = {}, 0
    for name, qubits in registers.items():
        first[name], size = size, size + qubits
    terms = [
        ("".join(letter for _, _, letter in term.factors), [first[r] + i for r, i, _ in term.factors], term.coefficient)
        for term in found.module.jobs[0].expect[0].terms
    ]
    return SparsePauliOp.from_sparse_list(terms or [("", [], 0.0)], num_qubits=size).to_matrix()


def pauli(n: int, *terms: tuple[str, list[int], float]) -> Any:
    return SparsePauliOp.from_sparse_list(terms, num_qubits=n).to_matrix()


def bonds(n: int, ring: bool = False) -> list[tuple[int, int]]:
    return [*pairwise(range(n)), *([(n - 1, 0)] if ring else [])]


def ising(n: int, ring: bool) -> Any:
    return pauli(n, *(("ZZ", list(b), -0.7) for b in bonds(n, ring)), *(("X", [i], -0.3) for i in range(n)))


def xxz(n: int, ring: bool) -> Any:
    return pauli(
        n, *((p, list(b), c) for b in bonds(n, ring) for p, c in (("XX", 0.7), ("YY", 0.7), ("ZZ", 0.7 * 1.5)))
    )


def spin_squared(n: int) -> Any:
    total = [pauli(n, *((letter, [i], 0.5) for i in range(n))) for letter in "XYZ"]
    return sum(component @ component for component in total)


def words(n: int) -> np.ndarray:
    return np.array([[x >> k & 1 for k in range(n)] for x in range(2**n)])


def ghz(n: int) -> Any:
    state = np.zeros(2**n)
    state[[0, -1]] = 2**-0.5
    return np.outer(state, state)


def structure(n: int, k: float) -> Any:
    fourier = np.array([np.exp(1j * k * i) for i in range(n)])
    return np.diag(np.abs((1 - 2 * words(n)) @ fourier) ** 2) / n**2


CHAINS: dict[str, Any] = {
    "magnetization(q)": lambda n: np.diag((1 - 2 * words(n)).mean(axis=1)),
    "transverse_magnetization(q)": lambda n: pauli(n, *(("X", [i], 1 / n) for i in range(n))),
    "staggered_magnetization(q)": lambda n: np.diag((1 - 2 * words(n)) @ (-1.0) ** np.arange(n)) / n,
    "correlation(q[0], q[1])": lambda n: pauli(n, ("ZZ", [0, 1], 1)),
    "neighbour_correlation(q)": lambda n: pauli(n, *(("ZZ", list(b), 1 / (n - 1)) for b in bonds(n))),
    "distant_correlation(q, 1)": lambda n: pauli(n, *(("ZZ", list(b), 1 / (n - 1)) for b in bonds(n))),
    "structure_factor(q, 0.8)": lambda n: structure(n, 0.8),
    "parity(q)": lambda n: np.diag((-1.0) ** words(n).sum(axis=1)),
    "flip_parity(q)": lambda n: np.fliplr(np.eye(2**n)),
    "excited(q[1])": lambda n: np.diag(words(n)[:, 1]),
    "excitations(q)": lambda n: np.diag(words(n).sum(axis=1)),
    "projector(q, 2)": lambda n: np.diag(np.arange(2**n) == 2),
    "ghz_fidelity(q)": ghz,
    "exchange_parity(q[0], q[1])": lambda n: pauli(n, *((p, [0, 1], 0.5) for p in ("II", "XX", "YY", "ZZ"))),
    "chsh(q[0], q[1])": lambda n: pauli(n, *((p, [0, 1], 2**0.5) for p in ("XX", "ZZ"))),
    "total_spin(q)": spin_squared,
    "ising_energy(q, J = 0.7, h = 0.3)": lambda n: ising(n, False),
    "heisenberg_energy(q, J = 0.7, delta = 1.5)": lambda n: xxz(n, False),
    "exchange_energy(q[0], q[1], 0.1, 0.2, 0.3)": lambda n: pauli(
        n, ("XX", [0, 1], 0.1), ("YY", [0, 1], 0.2), ("ZZ", [0, 1], 0.3)
    ),
    "xyz_energy(q, 0.1, 0.2, 0.3, 0.4)": lambda n: pauli(
        n,
        *((p, list(b), c) for b in bonds(n) for p, c in (("XX", 0.1), ("YY", 0.2), ("ZZ", 0.3))),
        *(("Z", [i], 0.4) for i in range(n)),
    ),
    "cluster_energy(q)": lambda n: pauli(n, *(("ZXZ", [i - 1, i, i + 1], -1) for i in range(1, n - 1)), ("", [], 0)),
    "maxcut(q, {{0, 1}, {1, 0}})": lambda n: np.diag(2.0 * (words(n)[:, 0] != words(n)[:, 1])),
    "hopping(q)": lambda n: pauli(n, *((p + "Z" * (n - 2) + p, list(range(n)), 0.5) for p in "XY")),
}
RINGS: dict[str, Any] = {
    "ising_ring_energy(q, J = 0.7, h = 0.3)": lambda n: ising(n, True),
    "heisenberg_ring_energy(q, J = 0.7, delta = 1.5)": lambda n: xxz(n, True),
    "ring_cut(q)": lambda n: np.diag((words(n) != np.roll(words(n), 1, axis=1)).sum(axis=1)),
}
OTHERS = {"string_order", "double_occupancy", "hubbard_energy"}
"""Observables with a test of their own."""


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("name", CHAINS)
def test_chains(name: str, n: int) -> None:
    np.testing.assert_allclose(matrix(name, {"q": n}), CHAINS[name](n), atol=1e-12)


@pytest.mark.parametrize("n", range(3, 6))
@pytest.mark.parametrize("name", RINGS)
def test_rings(name: str, n: int) -> None:
    np.testing.assert_allclose(matrix(name, {"q": n}), RINGS[name](n), atol=1e-12)


def test_every_observable_has_a_test() -> None:
    found = analyse(Source("test.qjob", "import std.observables;\n")).module.scope.parents[0]
    assert set(found.names) == {name.split("(")[0] for name in (*CHAINS, *RINGS)} | OTHERS


@pytest.mark.parametrize("n", [3, 5])
def test_string_order(n: int) -> None:
    state = run_state(f"cluster({n})", "import std.states;\n")
    order = matrix("string_order(q)", {"q": n})
    assert np.vdot(state, order @ state).real == pytest.approx(1)
    letters = "Z" + "".join("X" if i % 2 else "I" for i in range(1, n - 1)) + "Z"
    np.testing.assert_allclose(order, SparsePauliOp(letters[::-1]).to_matrix())


def annihilators(n: int) -> list[Any]:
    found = []
    for j in range(n):
        factors = [np.diag([1, -1])] * j + [np.array([[0, 1], [0, 0]])] + [np.eye(2)] * (n - 1 - j)
        product = np.eye(1)
        for factor in factors:
            product = np.kron(factor, product)
        found.append(product)
    return found


@pytest.mark.parametrize("sites", [2, 3])
def test_hubbard(sites: int) -> None:
    """Modes in the order of the qubits: all sites with spin up, then all with spin down."""
    modes = annihilators(2 * sites)
    hops = [(i + s * sites, i + 1 + s * sites) for s in (0, 1) for i in range(sites - 1)]
    kinetic = sum(modes[a].T @ modes[b] + modes[b].T @ modes[a] for a, b in hops)
    pairs = sum(modes[i].T @ modes[i] @ modes[i + sites].T @ modes[i + sites] for i in range(sites))
    registers = {"up": sites, "down": sites}
    found = matrix("hubbard_energy(up, down, t = 1.2, U = 3.0)", registers)
    np.testing.assert_allclose(found, -1.2 * kinetic + 3.0 * pairs, atol=1e-12)
    np.testing.assert_allclose(matrix("double_occupancy(up, down)", registers), pairs / sites, atol=1e-12)


def test_arrays_as_arguments() -> None:
    text = (
        "import std.observables;\ncircuit t() {{ qubit[2] q; h q; }}\njob j {{ run t(); expect e = maxcut(q, {}); }}\n"
    )
    for edges, code in (("{0, 1}", "QJ0301"), ("3", "QJ0301"), ("{{0, 5}}", "QJ0401"), ("{{0, 1}, {1}}", "QJ0301")):
        found = analyse(Source("test.qjob", text.format(edges)))
        assert [each.code for each in found.diagnostics] == [code]


def imported(name: str, qubits: int) -> Any:
    text = (EXAMPLES / "molecules" / name).read_text(encoding="utf-8")
    assert json.loads(text)["qubits"] == qubits
    program = Source(
        str(EXAMPLES / "test.qjob"),
        f'import "molecules/{name}" as h2;\ncircuit t() {{ qubit[{qubits}] q; h q; }}\n'
        "job j { run t(); expect e = h2(q); }\n",
    )
    terms = analyse(program).module.jobs[0].expect[0].terms
    listed = [("".join(f[2] for f in term.factors), [f[1] for f in term.factors], term.coefficient) for term in terms]
    return SparsePauliOp.from_sparse_list(listed, num_qubits=qubits).to_matrix()


def test_hydrogen() -> None:
    """The exact ground-state energy in this basis, -1.137283834 hartree (Seeley, Richard, Love 2012), in both forms."""
    whole, reduced = imported("h2_sto3g_4_qubits.json", 4), imported("h2_sto3g_2_qubits.json", 2)
    assert np.linalg.eigvalsh(whole)[0] == pytest.approx(-1.137283834, abs=1e-8)
    up, down = (0, 2), (1, 3)
    sector = [1 << up[a] | 1 << down[b] for b in (0, 1) for a in (0, 1)]
    np.testing.assert_allclose(whole[np.ix_(sector, sector)], reduced, atol=1e-12)


def test_the_double_excitation_is_exact_for_hydrogen() -> None:
    text = "import std.ansatz;\ncircuit t(float a) { qubit[4] q; x q[0:1]; fermionic_double_on(q, 0, 1, 2, 3, a); }\n"
    hamiltonian = imported("h2_sto3g_4_qubits.json", 4)
    text += "job j { run t(a = a); sweep a in linspace(-0.2, 0.2, 41); state q; }\n"
    final = np.array(states(text, [(float(angle),) for angle in np.linspace(-0.2, 0.2, 41)]))
    energies = np.einsum("ki,ij,kj->k", final.conj(), hamiltonian, final).real
    assert min(energies) == pytest.approx(-1.137283834, abs=1e-4)
