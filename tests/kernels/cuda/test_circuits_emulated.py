"""Circuits planned for a GPU and run on its stand-in, against the execution of their steps one by one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from emulated import EmulatedDevice, EmulatedLink
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from programs import PATTERN, ROTATION, angles_for, step_lists, steps_from

from qlang.kernels.angles import AngleSources, ProgramAngles, program_angles
from qlang.kernels.cuda.shape import Precision
from qlang.kernels.cuda.state import CudaState
from qlang.kernels.interpret import Vector, execute_steps, parity_signs
from qlang.kernels.program import PlanOptions, Program
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps

SMALL = PlanOptions(lane_bits=0, contiguous_bits=1, tile_bits=4, registers=3)
"""Tiles so small that circuits of six qubits have outer positions."""


def _true(state: CudaState, program: Program, angles: ProgramAngles, item: int) -> Vector:
    """The state over wires, its frame put on top."""
    stored = state.amplitudes(item)
    index = np.arange(len(stored))
    there = sum((index >> wire & 1) << program.end[wire] for wire in range(program.wires)) + 0 * index
    by_wire = stored[there]
    frame = angles.frame
    signed = by_wire * parity_signs(index, int(frame.z[item]))
    return frame.phase[item] * signed[index ^ int(frame.x[item])]


def _check(
    folder: Path,
    steps: Steps,
    precision: Precision,
    devices: int,
    options: PlanOptions,
    sizes: Sequence[int] | None = None,
) -> None:
    program = plan(steps, steps.qubits, options, fresh=True, sizes=sizes)
    given_angles = np.stack([angles_for(steps, seed) for seed in (1, 2)])
    angles = program_angles(AngleSources.of(program, steps), given_angles)
    group = [EmulatedDevice(folder, number) for number in range(devices)]
    state = CudaState.empty(program.qubits, precision, 2, group, EmulatedLink())
    state.run(program, angles)
    start = np.eye(1, 1 << steps.qubits)[0]
    for item in range(2):
        wanted = execute_steps(steps, given_angles[item], start)
        np.testing.assert_allclose(
            _true(state, program, angles, item), wanted, atol=1e-12 if precision == "float64" else 2e-5
        )


@given(steps=step_lists(max_qubits=7, max_steps=60))
@hypothesis_settings(max_examples=60)
def test_circuits_in_tiles(emulation_folder: Path, steps: Steps) -> None:
    _check(emulation_folder, steps, "float64", 1, SMALL)


@pytest.mark.parametrize("devices", [1, 2])
@given(steps=step_lists(max_qubits=7, max_steps=60).filter(lambda steps: steps.qubits >= 5), data=st.data())
@hypothesis_settings(max_examples=40)
def test_states_that_grow(emulation_folder: Path, devices: int, steps: Steps, data: st.DataObject) -> None:
    sizes = sorted({*data.draw(st.lists(st.integers(2, steps.qubits))), steps.qubits})
    _check(emulation_folder, steps, "float64", devices, SMALL, sizes)


@given(steps=step_lists(max_qubits=6, max_steps=60))
@hypothesis_settings(max_examples=30)
def test_circuits_in_single_precision(emulation_folder: Path, steps: Steps) -> None:
    _check(emulation_folder, steps, "float32", 1, SMALL)


@pytest.mark.parametrize("devices", [2, 4])
@given(steps=step_lists(max_qubits=7, max_steps=60).filter(lambda steps: steps.qubits >= 6))
@hypothesis_settings(max_examples=20)
def test_circuits_over_devices(emulation_folder: Path, devices: int, steps: Steps) -> None:
    _check(emulation_folder, steps, "float64", devices, SMALL)


def test_sweeps_with_very_many_passes_are_launched_in_parts(emulation_folder: Path) -> None:
    rows = [row for turn in range(150) for row in ((ROTATION, turn % 3, 0), (PATTERN, 7, turn % 8))]
    steps = steps_from(3, rows)
    program = plan(steps, 3, SMALL, fresh=False)
    assert max(len(sweep.passes) for sweep in program.sweeps) > 128
    _check(emulation_folder, steps, "float64", 1, SMALL)
