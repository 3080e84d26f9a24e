"""States in planes: how they begin, and what is read from them, against NumPy."""

import mmap

import numpy as np
import pytest

from qlang.kernels.cpu import readout
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Precision, Target, executable_targets
from qlang.kernels.cpu.memory import LARGE_PAGE, address, pages, prefer_large_pages
from qlang.kernels.cpu.state import NativeState

TARGETS = [pytest.param(each, id=f"{each.cpu}-{each.vector_bytes}") for each in executable_targets()]
PRECISIONS: list[Precision] = ["float32", "float64"]
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
SIZES = [(5, 3), (13, 2), (17, 1)]


def random_product(qubits: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Factors (batch, qubits, 2) and the vectors (batch, 2^qubits)."""
    random = np.random.default_rng(qubits)
    factors = random.normal(size=(batch, qubits, 2)) + 1j * random.normal(size=(batch, qubits, 2))
    factors /= np.linalg.norm(factors, axis=2)[..., None]
    vectors = []
    for item in factors:
        vector = np.ones(1, dtype=complex)
        for factor in item:
            vector = np.kron(factor, vector)
        vectors.append(vector)
    return factors, np.array(vectors)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize(("qubits", "batch"), SIZES)
def test_products_and_what_is_read(
    target: Target, precision: Precision, qubits: int, batch: int, compiler: Compiler
) -> None:
    tolerance = TOLERANCE[precision]
    factors, vectors = random_product(qubits, batch)
    state = NativeState.empty(qubits, precision, batch, target=target, compiler=compiler)
    state.set_product(factors, threads=2)
    assert np.abs(state.amplitudes() - vectors).max() < tolerance
    assert np.abs(state.amplitudes([3, 1]) - vectors[:, [3, 1]]).max() < tolerance
    assert np.abs(readout.norms(state) - 1).max() < tolerance
    probabilities, index = np.abs(vectors) ** 2, np.arange(1 << qubits)
    for position in range(qubits):
        expected = probabilities[:, index >> position & 1 == 1].sum(axis=1)
        assert np.abs(readout.probability_of_one(state, position) - expected).max() < tolerance
    low = target.lane_bits(precision)
    blocks = probabilities.reshape(batch, -1, 1 << low).sum(axis=2)
    assert np.abs(readout.block_probabilities(state, low) - blocks).max() < tolerance
    for positions in [(0, 2), (1, 3, 4), (qubits - 1,), (0, qubits - 1), tuple(range(5)), ()]:
        key = sum(((index >> position & 1) << i for i, position in enumerate(positions)), 0 * index)
        found = readout.marginal(state, positions)
        for item in range(batch):
            expected = np.bincount(key, probabilities[item], 1 << len(positions))
            assert np.abs(found[item] - expected).max() < tolerance


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("qubits", [5, 12])
def test_overlaps_with_pauli_products(target: Target, precision: Precision, qubits: int, compiler: Compiler) -> None:
    random = np.random.default_rng(qubits)
    left, right = (NativeState.empty(qubits, precision, 2, target=target, compiler=compiler) for _ in range(2))
    vectors = [random.normal(size=(2, 1 << qubits)) + 1j * random.normal(size=(2, 1 << qubits)) for _ in range(2)]
    for state, vector in zip((left, right), vectors, strict=True):
        vector /= np.linalg.norm(vector, axis=1)[:, None]
        state.set_amplitudes(vector)
    index = np.arange(1 << qubits)
    for flips, signs in random.integers(1 << qubits, size=(10, 2)):
        weights = 1.0 - 2.0 * (np.bitwise_count(index & signs) & 1)
        expected = (vectors[0][:, index ^ flips].conj() * weights * vectors[1]).sum(axis=1)
        found = readout.overlap(left, right, int(flips), int(signs))
        assert np.abs(found - expected).max() < TOLERANCE[precision]
        assert np.array_equal(found, readout.overlap(left, right, int(flips), int(signs), threads=3))


def test_projecting_and_scaling(compiler: Compiler) -> None:
    factors, vectors = random_product(6, 2)
    state = NativeState.empty(6, "float64", 2, compiler=compiler)
    state.set_product(factors)
    other = state.copy()
    state.project(2, 1)
    state.scale([2.0, 3.0])
    kept = np.where(np.arange(64) >> 2 & 1, vectors, 0) * np.array([[2.0], [3.0]])
    assert np.abs(state.amplitudes() - kept).max() < 1e-12
    assert np.abs(other.amplitudes() - vectors).max() < 1e-12
    other.project(0, 0, item=1)
    assert np.abs(other.amplitudes()[0] - vectors[0]).max() < 1e-12
    state.set_basis(5)
    assert np.array_equal(state.amplitudes(), np.tile(np.eye(64)[5], (2, 1)))


def test_shapes_that_do_not_fit(compiler: Compiler) -> None:
    small, large = (NativeState.empty(qubits, "float64", compiler=compiler) for qubits in (4, 5))
    with pytest.raises(ValueError, match="same shape"):
        readout.overlap(small, large)
    with pytest.raises(ValueError, match="blocks have between"):
        readout.block_probabilities(small, 5)
    with pytest.raises(ValueError, match="qubits of a vector"):
        NativeState.empty(0, "float64", compiler=compiler)


def test_memory_without_large_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    large = pages(LARGE_PAGE + 5)
    assert address(large) % LARGE_PAGE == 0
    monkeypatch.delattr(mmap, "MADV_HUGEPAGE", raising=False)
    with mmap.mmap(-1, mmap.PAGESIZE) as area:
        assert not prefer_large_pages(area)
    small = pages(LARGE_PAGE + 5)
    small[:] = 7
    assert (len(small), int(small[-1]), int(large[-1])) == (LARGE_PAGE + 5, 7, 0)


def test_memory_that_the_system_has_not() -> None:
    with pytest.raises(MemoryError):
        pages(1 << 62)
