"""The interpreter itself, against closed forms."""

import numpy as np
import pytest
from programs import PARITY, TWIST, steps_from
from step_circuits import call, random_vector

from qlang.kernels.bind import Binder, bind
from qlang.kernels.decompose import steps_of
from qlang.kernels.frames import Frame
from qlang.kernels.interpret import execute, execute_steps, true_state, with_frame
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan


def test_ghz_by_steps() -> None:
    lowering = steps_of([call("h", 0), call("cx", 0, 1), call("cx", 1, 2)], 3)
    state = execute_steps(lowering.steps, lowering.angles()[0], [1, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(state, np.array([1, 0, 0, 0, 0, 0, 0, 1]) / np.sqrt(2), atol=1e-15)


def test_fourier_transform_by_program() -> None:
    qubits, number = 6, 11
    calls = [call("x", wire) for wire in range(qubits) if number >> wire & 1]
    for wire in reversed(range(qubits)):
        calls.append(call("h", wire))
        calls += [call("cp", k, wire, parameters=(np.pi / 2 ** (wire - k),)) for k in range(wire)]
    calls += [call("swap", wire, qubits - 1 - wire) for wire in range(qubits // 2)]
    lowering = steps_of(calls, qubits)
    program = plan(lowering.steps, qubits, PlanOptions(1, 2, 4), fresh=True)
    bound = bind(Binder.of(program, lowering.steps), lowering.angles())
    expected = np.exp(2j * np.pi * number * np.arange(64) / 64) / 8
    np.testing.assert_allclose(true_state(program, bound.frame, execute(bound)), expected, atol=1e-13)


def test_steps_leave_their_input_alone() -> None:
    lowering = steps_of([call("x", 0), call("h", 1)], 2)
    start = random_vector(2)
    kept = start.copy()
    execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_array_equal(start, kept)


@pytest.mark.parametrize("phases", [0, 254, 300])
def test_a_twist_takes_the_angle_of_the_parity_wherever_its_slots_are(phases: int) -> None:
    steps = steps_from(2, [*[(PARITY, 1, 0)] * phases, (TWIST, 0, 2)])
    angles = np.zeros(steps.slot_count)
    angles[-2:] = 0.4, 1.8
    found = execute_steps(steps, angles, [1, 0, 1, 0])
    np.testing.assert_allclose(found, [np.cos(0.2), np.sin(0.2), np.cos(0.9), np.sin(0.9)], atol=1e-15)


def test_a_vector_of_the_wrong_size_is_refused() -> None:
    lowering = steps_of([call("x", 0)], 2)
    with pytest.raises(ValueError, match="4 amplitudes"):
        execute_steps(lowering.steps, lowering.angles()[0], [1, 0])


def test_frames_act_as_x_after_z() -> None:
    np.testing.assert_array_equal(with_frame([1, 2, 3, 4], 0b01, 0b10), [2, 1, -4, -3])
    np.testing.assert_array_equal(with_frame([1, 2], 1, 1), [-2, 1])


def test_frames_are_read_by_wire() -> None:
    lowering = steps_of([call("swap", 0, 2)], 3)
    program = plan(lowering.steps, 3, PlanOptions(0, 1, 3), fresh=False, start=(1, 2, 0))
    bound = bind(
        Binder.of(program, lowering.steps), lowering.angles(), frame=Frame(*np.array([[1], [0]]), np.array([1j]))
    )
    stored = np.zeros(8)
    stored[1 << program.start[1]] = 1  # wire 1 is 1, then X on wire 0, then wires 0 and 2 change places
    np.testing.assert_allclose(true_state(program, bound.frame, stored), 1j * np.eye(8)[0b110], atol=1e-15)
