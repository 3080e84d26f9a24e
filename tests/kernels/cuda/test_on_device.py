"""The same programs on a real GPU. Without one these tests are skipped by name: nothing here was verified then."""

import numpy as np
import pytest
from random_programs import execute, product, random_angles, random_program

from qlang.kernels.cuda.cupy_device import cuda_available, cuda_devices, link_of
from qlang.kernels.cuda.readout import density, marginal, norms, overlap, sample
from qlang.kernels.cuda.shape import Precision
from qlang.kernels.cuda.state import CudaState

pytestmark = pytest.mark.skipif(not cuda_available(), reason="no CUDA device: the GPU target is not verified here")

TOLERANCE: dict[Precision, float] = {"float64": 1e-13, "float32": 2e-5, "bfloat16": 0.1}


def _check(precision: Precision, seed: int, qubits: int, tile_bits: int, batch: int = 1, devices: int = 1) -> None:
    found = cuda_devices()[:devices]
    program = random_program(seed, qubits, tile_bits, contiguous_bits=min(5, qubits - 1), sweeps=4)
    angles = random_angles(seed, program, batch)
    state = CudaState.empty(qubits, precision, batch, found, link_of(found) if devices > 1 else None)
    state.run(program, angles)
    for item in range(batch):
        wanted = execute(program, angles, item, product(angles, item))
        error = np.linalg.norm(state.amplitudes(item) - wanted) / np.linalg.norm(wanted)
        assert error < TOLERANCE[precision], (seed, item, error)


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("seed", range(8))
def test_programs(precision: Precision, seed: int) -> None:
    _check(precision, seed, 15 + seed % 3, 12)


@pytest.mark.parametrize("qubits", [1, 2, 3, 5, 8])
def test_small_states(qubits: int) -> None:
    _check("float64", 20 + qubits, qubits, qubits)


def test_batches() -> None:
    _check("float64", 31, 9, 9, batch=50)


def test_states_over_devices() -> None:
    if len(cuda_devices()) < 2:
        pytest.skip("one CUDA device: exchanges between devices are not verified here")
    for seed in range(40, 44):
        _check("float64", seed, 16, 12, devices=2)


def test_readings() -> None:
    vector = np.random.default_rng(3).normal(size=(2, 1 << 14)).view(np.complex128)[:, : 1 << 13]
    state = CudaState.empty(13, "float64", 2, cuda_devices()[:1])
    state.set_amplitudes(vector)
    weights = np.abs(vector) ** 2
    np.testing.assert_allclose(norms(state), weights.sum(axis=1), rtol=1e-13)
    ones = weights.reshape(2, -1, 2, 1 << 7, 2).sum(axis=(1, 3))  # positions 8 and 0
    np.testing.assert_allclose(marginal(state, (0, 8)), ones.reshape(2, -1), rtol=1e-12)
    swapped = vector[:, np.arange(1 << 13) ^ 5]
    np.testing.assert_allclose(overlap(state, state, flips=5), (swapped.conj() * vector).sum(axis=1), rtol=1e-11)
    np.testing.assert_allclose(np.trace(density(state, (2, 11))[1]), weights[1].sum(), rtol=1e-12)
    drawn = sample(state, (np.arange(20000) + 0.5) / 20000)
    shares = weights[0] / weights[0].sum()
    assert np.abs(np.bincount(drawn, minlength=1 << 13) - 20000 * shares).max() <= 2
    twin = state.copy()
    state.project(4, 1, [2.0, 0.5])
    kept = np.arange(1 << 13) >> 4 & 1
    np.testing.assert_allclose(state.amplitudes(1), vector[1] * kept * 0.5, rtol=1e-15)
    np.testing.assert_array_equal(twin.amplitudes(1), vector[1])


def test_the_same_bits_every_time() -> None:
    program = random_program(50, 16, 12, contiguous_bits=5)
    angles = random_angles(50, program, 1)
    runs = []
    for _ in range(3):
        state = CudaState.empty(16, "float32", 1, cuda_devices()[:1])
        state.run(program, angles)
        runs.append((state.amplitudes().tobytes(), norms(state).tobytes()))
    assert len(set(runs)) == 1
