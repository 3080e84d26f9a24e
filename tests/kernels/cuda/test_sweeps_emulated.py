"""The generated CUDA C against the definitions, on a stand-in for a GPU: its threads run on the CPU one by one.

What is tested is meaning: addresses, permutations, phases, rotations, batches, devices. Nothing about speed, and
nothing that needs threads to run at the same time.
"""

from pathlib import Path

import numpy as np
import pytest
from emulated import EmulatedDevice, EmulatedLink
from random_programs import execute, product, random_angles, random_program

from qlang.kernels.cuda.binding import device_angles
from qlang.kernels.cuda.device import STORED
from qlang.kernels.cuda.launcher import Spread, run_program
from qlang.kernels.cuda.lowering import lower
from qlang.kernels.cuda.shape import Precision

TOLERANCE: dict[Precision, float] = {"float64": 1e-13, "float32": 2e-5, "bfloat16": 0.1}


def _run(folder: Path, program, angles, precision: Precision, device_bits: int = 0):
    lowered = lower(program, precision, device_bits)
    devices = tuple(EmulatedDevice(folder, number) for number in range(1 << device_bits))
    size = angles.batch << lowered.bits - device_bits
    arrays = tuple(device.empty(size, STORED[precision]) for device in devices)
    state = Spread(devices, arrays, lowered.bits, angles.batch, precision, EmulatedLink())
    run_program(lowered, device_angles(lowered, angles, angles.batch), state, fresh=True)
    return lowered, state


def _amplitudes(lowered, state: Spread, item: int):
    """In order of positions, whichever device and bit they are at."""
    parts = [array[item * state.item_size : (item + 1) * state.item_size] for array in state.arrays]
    whole = np.concatenate(parts)
    if state.precision == "bfloat16":
        bits = np.stack([whole << 16, whole & 0xFFFF0000], axis=1)
        whole = bits.astype(np.uint32).view(np.float32).reshape(-1, 2).astype(np.float64).view(np.complex128)[:, 0]
    index = np.arange(len(whole))
    stored = np.zeros_like(index)
    for position, bit in enumerate(lowered.end):
        stored |= (index >> position & 1) << bit
    return whole[stored]


def _check(folder: Path, seed: int, qubits: int, tile_bits: int, precision: Precision, batch: int = 1, **how) -> int:
    """The number of exchanges between devices."""
    device_bits = how.pop("device_bits", 0)
    program = random_program(seed, qubits, tile_bits, **how)
    angles = random_angles(seed, program, batch)
    lowered, state = _run(folder, program, angles, precision, device_bits)
    for item in range(batch):
        wanted = execute(program, angles, item, product(angles, item))
        found = _amplitudes(lowered, state, item)[: len(wanted)]
        error = np.linalg.norm(found - wanted) / np.linalg.norm(wanted)
        assert error < TOLERANCE[precision], (seed, item, error)
    assert isinstance(state.link, EmulatedLink)
    return state.link.swaps


@pytest.mark.parametrize("seed", range(40))
def test_random_programs_in_float64(emulation_folder: Path, seed: int) -> None:
    _check(emulation_folder, seed, 4 + seed % 6, (3, 5, 8)[seed % 3], "float64")


@pytest.mark.parametrize("seed", range(40, 52))
def test_random_programs_in_float32(emulation_folder: Path, seed: int) -> None:
    _check(emulation_folder, seed, 4 + seed % 6, (3, 5, 8)[seed % 3], "float32")


@pytest.mark.parametrize("seed", range(52, 56))
def test_random_programs_stored_in_bfloat16(emulation_folder: Path, seed: int) -> None:
    _check(emulation_folder, seed, 8, 5, "bfloat16", sweeps=2)


@pytest.mark.parametrize("qubits", [1, 2, 3])
def test_states_smaller_than_a_group(emulation_folder: Path, qubits: int) -> None:
    for seed in range(60, 64):
        _check(emulation_folder, seed, qubits, qubits, "float64", contiguous_bits=min(2, qubits))


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_tiles_and_rows_as_large_as_on_a_gpu(emulation_folder: Path, precision: Precision) -> None:
    _check(emulation_folder, 70, 15, 12, precision, contiguous_bits=5)


def test_batches_have_angles_of_their_own(emulation_folder: Path) -> None:
    for seed in (80, 81, 82):
        _check(emulation_folder, seed, 7, 5, "float64", batch=5)


@pytest.mark.parametrize("device_bits", [1, 2])
def test_states_spread_over_devices(emulation_folder: Path, device_bits: int) -> None:
    swaps = 0
    for seed in range(90, 98):
        swaps += _check(emulation_folder, seed, 9, 5, "float64", batch=1 + seed % 2, sweeps=5, device_bits=device_bits)
    assert swaps > 0
