"""What only simultaneous threads do: races, barriers that some threads miss, and how busy banks are, on the stand-in
that sees every access (`emulation/checker.hpp`). That it finds such mistakes is shown by putting them into the text."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from checked import CheckedDevice, Wrong
from emulated import EmulatedLink
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from programs import angles_for, step_lists
from random_programs import execute, product, random_angles, random_program

from qlang.kernels.angles import AngleSources, program_angles
from qlang.kernels.cuda.linear import bank_bits, physical, span
from qlang.kernels.cuda.readout import block_marginal, density, marginal, norms, overlap, sample
from qlang.kernels.cuda.shape import KernelShape, Precision
from qlang.kernels.cuda.source import KERNELS, cuda_source
from qlang.kernels.cuda.state import CudaState
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps

BARRIER = "QLANG_BARRIER;"
TOLERANCE: dict[Precision, float] = {"float64": 1e-13, "float32": 2e-5, "bfloat16": 0.1}
SMALL = PlanOptions(lane_bits=0, contiguous_bits=1, tile_bits=4, registers=3)


def _use_every_kernel(device: CheckedDevice, qubits: int = 9, tile_bits: int = 6) -> None:
    program = random_program(12, qubits, tile_bits, contiguous_bits=3)
    state = CudaState.empty(qubits, "float64", 2, [device])
    state.run(program, random_angles(12, program, 2))
    assert np.isfinite(norms(state)).all()
    marginal(state, (2, 7))
    marginal(state, tuple(range(qubits)))
    block_marginal(state, 1, qubits - 1, (0, 3))
    overlap(state, state, 5, 9)
    density(state, (1, 8))
    sample(state, np.arange(300) / 300)
    state.project(3, 1, [2.0, 3.0])
    state.set_amplitudes(state.amplitudes(1))


@pytest.mark.parametrize("stride", [1, 255, 37])
def test_no_kernel_races(emulation_folder: Path, stride: int) -> None:
    device = CheckedDevice(emulation_folder, stride=stride)
    _use_every_kernel(device)
    assert {*KERNELS} - {*device.launches} == {"join_state"}


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16"])
def test_sweeps_with_tiles_as_on_a_gpu(emulation_folder: Path, precision: Precision) -> None:
    for seed in (1, 2):
        program = random_program(seed, 14, 12, contiguous_bits=5)
        angles = random_angles(seed, program, 2)
        state = CudaState.empty(14, precision, 2, [CheckedDevice(emulation_folder, stride=511)])
        state.run(program, angles)
        for item in range(2):
            wanted = execute(program, angles, item, product(angles, item))
            error = np.linalg.norm(state.amplitudes(item) - wanted) / np.linalg.norm(wanted)
            assert error < TOLERANCE[precision]


@pytest.mark.parametrize("devices", [1, 2])
@given(steps=step_lists(max_qubits=7, max_steps=60).filter(lambda steps: steps.qubits >= 5))
@hypothesis_settings(max_examples=20)
def test_circuits_whose_states_grow(emulation_folder: Path, devices: int, steps: Steps) -> None:
    program = plan(steps, steps.qubits, SMALL, fresh=True, sizes=[4, steps.qubits])
    group = [CheckedDevice(emulation_folder, number) for number in range(devices)]
    state = CudaState.empty(program.qubits, "float64", 2, group, EmulatedLink())
    state.run(program, program_angles(AngleSources.of(program, steps), np.stack([angles_for(steps, 1)] * 2)))
    np.testing.assert_allclose(norms(state), 1, rtol=1e-12)


def _without_barrier(number: int) -> Callable[[str], str]:
    def changed(text: str) -> str:
        places = [found.span() for found in re.finditer(BARRIER, text)]
        begin, end = places[number]
        return text[:begin] + " " * (end - begin) + text[end:]

    return changed


def _replaced(old: str, new: str) -> Callable[[str], str]:
    def changed(text: str) -> str:
        assert text.count(old) == 1, old
        return text.replace(old, new)

    return changed


def test_every_barrier_is_needed(emulation_folder: Path) -> None:
    """No barrier of the text can be taken away unnoticed."""
    barriers = cuda_source(KernelShape("float64", 6, 3, patterns=True)).count(BARRIER)
    assert barriers == 3
    for number in range(barriers):
        with pytest.raises(Wrong, match=r"written|read"):
            _use_every_kernel(CheckedDevice(emulation_folder, changed=_without_barrier(number)))


MISTAKES = {
    "all threads write the same": (
        "for (u32 word = threadIdx.x; word < pass_count * sizeof(Pass) / sizeof(u32); word += THREADS)",
        "for (u32 word = 0; word < pass_count * sizeof(Pass) / sizeof(u32); ++word)",
        "two writes",
    ),
    "a warp is taken to be in step": (
        "        QLANG_BARRIER;                                                                   \\",
        "        if (distance >= 32) QLANG_BARRIER;   \\",
        "write of what is read|read of what is written",
    ),
    "a barrier that some threads reach": (
        "if (first && cell < cells) out[blockIdx.y * cells + cell] = sums[threadIdx.x].x;",
        "if (first) QLANG_BARRIER;",
        "not all threads",
    ),
    "blocks write the same word": ("out[shot] = (i64)chosen;", "out[shot & 255] = (i64)chosen;", "two writes"),
    "one thread too many": ("if (shot < shots) {", "if (shot <= shots) {", "outside of all arrays"),
    "a chunk that begins in the middle of one": (
        "const Chunk chunk = *(const Chunk*)(base + rows[x >> ROW_BITS] + (x & (ROW - 1)));",
        "const Chunk chunk = *(const Chunk*)((const char*)(base + rows[x >> ROW_BITS] + (x & (ROW - 1))) + 8);",
        "no multiple of its size",
    ),
    "loads from another thread's group": (
        "u32 load = word & 0xffff;",
        "u32 load = 0xffff & (word ^ words[pass.words + 1]);",
        "read of what is written|write of what is read",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_found(emulation_folder: Path, name: str) -> None:
    old, new, said = MISTAKES[name]
    with pytest.raises(Wrong, match=said):
        _use_every_kernel(CheckedDevice(emulation_folder, changed=_replaced(old, new)))


@pytest.mark.parametrize("precision", ["float64", "float32", "bfloat16"])
def test_warps_meet_no_bank_twice(emulation_folder: Path, precision: Precision) -> None:
    """Tiles are gathered, rotated and written back as fast as shared memory can."""
    program = random_program(5, 14, 12, contiguous_bits=5)
    device = CheckedDevice(emulation_folder, banks=True)
    state = CudaState.empty(14, precision, 1, [device])
    state.run(program, random_angles(5, program, 1))
    served, ideal = device.wavefronts()
    assert served == ideal > 0


@pytest.mark.parametrize(("precision", "chunk_bits"), [("float64", 0), ("float32", 1), ("bfloat16", 2)])
def test_neighbouring_chunks_are_in_different_banks(precision: Precision, chunk_bits: int) -> None:
    double = precision == "float64"
    assert KernelShape(precision, 12, 5, patterns=False).chunk == 1 << chunk_bits
    columns = [physical(1 << bit, double) for bit in range(chunk_bits, chunk_bits + bank_bits(double))]
    banks = (1 << bank_bits(double)) - 1
    assert sorted(address & banks for address in span(columns)) == list(range(banks + 1))
