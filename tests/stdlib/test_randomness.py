"""`std.randomness`: the generator against its definition in Python, the ensembles against their laws.

Seeds are fixed, so that a test always gives the same verdict; the rates of false alarms are over the choice of seeds.
"""

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import quantum_volume
from qiskit.quantum_info import Operator, Statevector
from scipy.stats import chisquare, ks_2samp, kstest, unitary_group
from stdlib_harness import run_state, states

RANDOMNESS = "import std.randomness;\n"
MASK = 0xFFFFFFFF


def hash32(word: int) -> int:
    """`lowbias32`: https://nullprogram.com/blog/2018/07/31/."""
    word ^= word >> 16
    word = word * 0x7FEB352D & MASK
    word ^= word >> 15
    word = word * 0x846CA68B & MASK
    return word ^ word >> 16


def random_float(seed: int, i: int) -> float:
    stream = hash32((seed & MASK) + 0x9E3779B9 & MASK)
    return hash32(stream + (i & MASK) * 0x9E3779B9 & MASK) / 2**32


def swept(body: str, qubits: int, seeds: range, parameters: str = "int s") -> list[Any]:
    """The states of a body with the seed `s`, at each seed; compiled once."""
    text = f"{RANDOMNESS}circuit t({parameters}) {{ qubit[{qubits}] q; {body} }}\n"
    text += f"job j {{ run t(s = s); sweep s in {seeds.start}:{seeds.stop - 1}; state q; }}\n"
    return states(text, [(float(seed),) for seed in seeds])


def test_numbers_are_those_of_the_definition() -> None:
    seeds = range(-3, 40)
    for i in (0, 1, 17, 65_536):
        found = swept(f"h q[0]; p(6 * random_float(s, {i})) q[0];", 1, seeds)
        expected = [np.exp(6j * random_float(seed, i)) for seed in seeds]
        np.testing.assert_allclose([state[1] / state[0] for state in found], expected, atol=1e-12)


def test_numbers_are_uniform_and_independent() -> None:
    """Chi-squared of 64 cells for one number and 32² for two in a row, by place and by seed: p < 1e-4 is an alarm."""
    numbers = np.array([random_float(7, i) for i in range(20_001)])
    seeds = np.array([random_float(seed, 3) for seed in range(20_001)])
    for values in (numbers, seeds):
        assert chisquare(np.histogram(values, 64, (0, 1))[0]).pvalue > 1e-4
        pairs, _, _ = np.histogram2d(values[:-1], values[1:], 32, ((0, 1), (0, 1)))
        assert chisquare(pairs.ravel()).pvalue > 1e-4


def test_integers_are_below_their_bound() -> None:
    found = swept("for int k in [1:random_int(s, 2, 5)] { x q[k - 1]; }", 4, range(60))
    values = [int(np.argmax(np.abs(state))).bit_count() for state in found]
    assert values == [int(random_float(seed, 2) * 5) for seed in range(60)]
    assert set(values) == set(range(5))


def test_gates_on_one_qubit_are_haar() -> None:
    """The state is uniform on the sphere: p < 1e-4 of Kolmogorov and Smirnov is an alarm (3 tests)."""
    found = np.array(swept("random_su2_on(q[0], s, 0);", 1, range(400)))
    a, b = found[:, 0], found[:, 1]
    vectors = (2 * (a.conj() * b).real, 2 * (a.conj() * b).imag, np.abs(a) ** 2 - np.abs(b) ** 2)
    for component in vectors:
        assert kstest(component, "uniform", (-1, 2)).pvalue > 1e-4


def local_invariants(unitary: Any) -> tuple[float, float]:
    """Makhlin's invariants |G1| and G2 of a gate on two qubits (quant-ph/0002045)."""
    magic = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)
    inside = magic.conj().T @ unitary @ magic
    m = inside.T @ inside
    determinant = np.linalg.det(unitary)
    return abs(np.trace(m) ** 2 / 16 / determinant), ((np.trace(m) ** 2 - np.trace(m @ m)) / 4 / determinant).real


def test_gates_on_two_qubits_are_haar() -> None:
    """Local invariants against SciPy's Haar unitaries, p < 1e-4 is an alarm; the mean of |tr U|², 1 ± 1/√N, at 4 σ."""
    found = swept("qubit[2] r; h r; cx r, q; random_su4_on(q[0], q[1], s, 0);", 2, range(300))
    ours = [2 * np.asarray(state).reshape(4, 4) for state in found]
    for unitary in ours[:5]:
        np.testing.assert_allclose(unitary @ unitary.conj().T, np.eye(4), atol=1e-11)
    theirs = unitary_group.rvs(4, size=4000, random_state=np.random.default_rng(5))
    first, second = (np.array([local_invariants(unitary) for unitary in sample]) for sample in (ours, theirs))
    for column in (0, 1):
        assert ks_2samp(first[:, column], second[:, column]).pvalue > 1e-4
    assert np.mean([abs(np.trace(unitary)) ** 2 for unitary in ours]) == pytest.approx(1, abs=4 / np.sqrt(300))


def test_places_are_a_uniform_permutation() -> None:
    """All six orders of three things, chi-squared: p < 1e-4 is an alarm."""
    body = "for int i in [0:2] { ry(0.1 * (i + 1)) q[random_place(s, 0, 3, i)]; }"
    orders = []
    for state in swept(body, 3, range(300)):
        ones = [np.sqrt(sum(abs(state[x]) ** 2 for x in range(8) if x >> wire & 1)) for wire in range(3)]
        orders.append(tuple(round(20 * float(np.arcsin(one))) for one in ones))
    counts = [orders.count(order) for order in sorted(set(orders))]
    assert sorted(set(orders)) == [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1)]
    assert chisquare(counts).pvalue > 1e-4


def brickwork(n: int, layers: int, seed: int) -> QuantumCircuit:
    """The same circuit, built in Python."""
    circuit = QuantumCircuit(n)
    for layer in range(layers):
        for i in range(n):
            weight, phi, lam = (random_float(seed, 3 * (layer * n + i) + k) for k in range(3))
            circuit.u(2 * np.arcsin(np.sqrt(weight)), 2 * np.pi * phi, 2 * np.pi * lam, i)
        for i in range(layer % 2, n - 1, 2):
            circuit.cz(i, i + 1)
    return circuit


@pytest.mark.parametrize(("n", "layers", "seed"), [(2, 1, 0), (3, 4, 1), (4, 5, 99), (5, 3, -1)])
def test_brickwork(n: int, layers: int, seed: int) -> None:
    ours = run_state(f"brickwork({n}, layers = {layers}, seed = {seed})", RANDOMNESS)
    np.testing.assert_allclose(ours, Statevector(brickwork(n, layers, seed)).data, atol=1e-11)
    other = run_state(f"brickwork({n}, layers = {layers}, seed = {seed + 1})", RANDOMNESS)
    assert abs(np.vdot(ours, other)) < 0.99


def heavy(probabilities: Any) -> float:
    """The weight of the outcomes above the median."""
    return float(probabilities[probabilities > np.median(probabilities)].sum())


def test_heavy_outputs_of_quantum_volume() -> None:
    """As many as in Qiskit's circuits, and about (1 + ln 2)/2; the means differ by 4 σ with a probability of 6e-5."""
    text = f"{RANDOMNESS}job j {{ run quantum_volume(4, seed = s); sweep s in 0:39; state q; }}\n"
    ours = [heavy(np.abs(state) ** 2) for state in states(text, [(float(seed),) for seed in range(40)])]
    theirs = [heavy(Statevector(quantum_volume(4, seed=seed)).probabilities()) for seed in range(150)]
    spread = np.sqrt(np.var(ours) / 40 + np.var(theirs) / 150)
    assert abs(np.mean(ours) - np.mean(theirs)) < 4 * spread
    assert np.mean(ours) == pytest.approx((1 + np.log(2)) / 2, abs=0.03)


@pytest.mark.parametrize("n", range(2, 7))
def test_quantum_volume_pairs_all_qubits(n: int) -> None:
    """One layer is a product of gates on n // 2 pairs: every other qubit is unentangled with the rest of its pair."""
    state = run_state(f"quantum_volume({n}, layers = 1, seed = 3)", RANDOMNESS).reshape((2,) * n)
    ranks = {}
    for first in range(n):
        for second in range(first):
            axes = [n - 1 - first, n - 1 - second]
            matrix = np.moveaxis(state, axes, (0, 1)).reshape(4, -1)
            ranks[first, second] = int(np.linalg.matrix_rank(matrix, tol=1e-9))
    assert sum(rank == 1 for rank in ranks.values()) >= n // 2


def test_default_depth() -> None:
    assert np.array_equal(
        run_state("quantum_volume(3, seed = 5)", RANDOMNESS), run_state("quantum_volume(3, 3, 5)", RANDOMNESS)
    )
    assert Operator(brickwork(2, 1, 0)).is_unitary()
