"""States and readings through the stand-in for a GPU, against NumPy; on one device and spread over several."""

from pathlib import Path

import numpy as np
import pytest
from emulated import EmulatedDevice, EmulatedLink
from random_programs import execute, product, random_angles, random_program

from qlang.kernels.cuda.errors import StateTooLarge
from qlang.kernels.cuda.readout import density, marginal, norms, overlap, probability_of_one, sample
from qlang.kernels.cuda.shape import Precision
from qlang.kernels.cuda.state import CudaState, devices_for, state_bytes

QUBITS = 7


def _empty(folder: Path, devices: int = 1, batch: int = 2, precision: Precision = "float64") -> CudaState:
    group = [EmulatedDevice(folder, number) for number in range(devices)]
    return CudaState.empty(QUBITS, precision, batch, group, EmulatedLink())


def _vectors(batch: int = 2, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.normal(size=(batch, 1 << QUBITS)) + 1j * random.normal(size=(batch, 1 << QUBITS))


def _scattered(folder: Path, devices: int, seed: int = 1) -> tuple[CudaState, np.ndarray]:
    """A state whose positions were exchanged among devices, where there are several."""
    state, vectors = _empty(folder, devices), _vectors(seed=seed)
    state.set_amplitudes(vectors)
    state.on_each_device([QUBITS - 1, 2])
    assert devices == 1 or state.where != list(range(QUBITS))
    return state, vectors


@pytest.mark.parametrize("devices", [1, 2, 4])
class TestReadings:
    def test_amplitudes_come_back(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        for item, vector in enumerate(vectors):
            np.testing.assert_array_equal(state.amplitudes(item), vector)

    @pytest.mark.parametrize("positions", [(), (0,), (6,), (5, 0, 6), (3, 4), tuple(range(7)), (6, 5, 4, 3, 2, 1, 0)])
    def test_marginals(self, emulation_folder: Path, devices: int, positions: tuple[int, ...]) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        index = np.arange(1 << QUBITS)
        bins = sum((index >> position & 1) << k for k, position in enumerate(positions)) + 0 * index
        for found, vector in zip(marginal(state, positions), vectors, strict=True):
            wanted = np.bincount(bins, np.abs(vector) ** 2, 1 << len(positions))
            np.testing.assert_allclose(found, wanted, rtol=1e-13)

    def test_norms_and_probabilities(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        weights = np.abs(vectors) ** 2
        np.testing.assert_allclose(norms(state), weights.sum(axis=1), rtol=1e-13)
        for position in range(QUBITS):
            ones = weights[:, (np.arange(1 << QUBITS) >> position & 1) == 1].sum(axis=1)
            np.testing.assert_allclose(probability_of_one(state, position), ones, rtol=1e-13)

    @pytest.mark.parametrize(("flips", "signs"), [(0, 0), (0, 0b1000001), (0b1100010, 0b0100111), (0b1111111, 0)])
    def test_overlaps_with_pauli_products(self, emulation_folder: Path, devices: int, flips: int, signs: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        if flips.bit_count() > QUBITS - devices.bit_length() + 1:
            with pytest.raises(ValueError, match="of each device"):
                overlap(state, state, flips, signs)
            return
        index = np.arange(1 << QUBITS)
        parity = 1 - 2.0 * (np.bitwise_count(index & signs) & 1)
        wanted = [np.sum(vector[index ^ flips].conj() * parity * vector) for vector in vectors]
        np.testing.assert_allclose(overlap(state, state, flips, signs), wanted, rtol=1e-12, atol=1e-12)

    def test_density_matrices(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        for found, vector in zip(density(state, (6, 1)), vectors, strict=True):
            grid = vector.reshape((2,) * QUBITS)
            matrix = np.moveaxis(grid, [QUBITS - 2, 0], [0, 1]).reshape(4, -1)  # position 1, then position 6
            np.testing.assert_allclose(found, matrix @ matrix.conj().T, rtol=1e-12)

    def test_samples_follow_the_running_sum(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        shots = 20000
        found = sample(state, (np.arange(shots) + 0.5) / shots, item=1)
        weights = np.abs(vectors[1]) ** 2 / np.sum(np.abs(vectors[1]) ** 2)
        # Evenly spaced numbers give each outcome its share to within one shot at each end.
        assert np.abs(np.bincount(found, minlength=1 << QUBITS) - shots * weights).max() <= 2

    def test_projection_and_scale(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        state.project(6, 1, [2.0, 3.0])
        state.scale(0.5)
        kept = np.arange(1 << QUBITS) >> 6 & 1
        for item, factor in enumerate((1.0, 1.5)):
            np.testing.assert_allclose(state.amplitudes(item), vectors[item] * kept * factor, rtol=1e-15)

    def test_copies_are_independent(self, emulation_folder: Path, devices: int) -> None:
        state, vectors = _scattered(emulation_folder, devices)
        twin = state.copy()
        state.set_basis(5)
        np.testing.assert_array_equal(twin.amplitudes(1), vectors[1])
        assert state.amplitudes(1).tolist() == [float(k == 5) for k in range(1 << QUBITS)]

    def test_a_program_after_another(self, emulation_folder: Path, devices: int) -> None:
        state = _empty(emulation_folder, devices)
        first, second = (random_program(seed, QUBITS, 4, fresh=seed == 5) for seed in (5, 6))
        angles = [random_angles(seed, program, 2) for seed, program in ((5, first), (6, second))]
        state.run(first, angles[0])
        state.run(second, angles[1])
        for item in range(2):
            middle = execute(first, angles[0], item, product(angles[0], item))
            wanted = execute(second, angles[1], item, middle)
            error = np.linalg.norm(state.amplitudes(item) - wanted) / np.linalg.norm(wanted)
            assert error < 1e-13


def test_zero_weight_is_never_sampled(emulation_folder: Path) -> None:
    state = _empty(emulation_folder)
    state.set_basis(77)
    assert set(sample(state, np.array([0.0, 0.3, np.nextafter(1.0, 0)])).tolist()) == {77}


def test_more_states_than_memory_are_refused_before_allocating(emulation_folder: Path) -> None:
    devices = [EmulatedDevice(emulation_folder, number, memory=1 << 29) for number in range(4)]
    assert len(devices_for(20, "float32", 1, devices)) == 1
    assert len(devices_for(27, "float32", 1, devices)) == 4
    with pytest.raises(StateTooLarge) as refused:
        devices_for(30, "float64", 1, devices)
    assert refused.value.needed == state_bytes(30, "float64", 1, 4) > refused.value.limit == 1 << 29
    with pytest.raises(StateTooLarge):
        CudaState.empty(30, "float64", 1, devices)


@pytest.mark.parametrize(("qubits", "devices"), [(4, 4), (3, 2), (1, 2)])
def test_states_that_do_not_fill_their_devices_are_refused(emulation_folder: Path, qubits: int, devices: int) -> None:
    """Padded positions would travel between devices, and be read as others."""
    group = [EmulatedDevice(emulation_folder, number) for number in range(devices)]
    with pytest.raises(ValueError, match=f"on {devices} devices"):
        CudaState.empty(qubits, "float64", 1, group, EmulatedLink())


def test_single_precision_sums_are_in_double(emulation_folder: Path) -> None:
    state, vectors = _empty(emulation_folder, precision="float32"), _vectors().astype(np.complex64)
    state.set_amplitudes(vectors)
    wanted = np.sum(np.abs(vectors.astype(np.complex128)) ** 2, axis=1)
    np.testing.assert_allclose(norms(state), wanted, rtol=1e-14)


@pytest.mark.parametrize("stride", [255, 37])  # threads backwards, and scattered
def test_nothing_depends_on_the_order_of_threads(emulation_folder: Path, stride: int) -> None:
    program = random_program(12, 13, 11, contiguous_bits=5, sweeps=5)
    angles = random_angles(12, program, 2)
    found = []
    for device in (EmulatedDevice(emulation_folder), EmulatedDevice(emulation_folder, stride=stride)):
        state = CudaState.empty(13, "float64", 2, [device])
        state.run(program, angles)
        numbers = [state.amplitudes(), norms(state), marginal(state, (2, 9)), overlap(state, state, 5, 9)]
        found.append([each.tobytes() for each in (*numbers, density(state, (1, 12)), sample(state, np.arange(9) / 9))])
    assert found[0] == found[1]
