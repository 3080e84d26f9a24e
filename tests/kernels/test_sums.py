"""Steps whose angles others can take leave, and the state stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import CX, PARITY, ROTATION, TWIST, X, Z, angles_for, step_lists, steps_from
from step_circuits import random_vector

from qlang.kernels.interpret import execute_steps
from qlang.kernels.steps import AngleMap, MappedLowering, Steps
from qlang.kernels.sums import summed


def _with_own_angles(steps: Steps, seed: int = 7) -> MappedLowering:
    """Steps of which each slot is a parameter."""
    every = np.arange(steps.slot_count)
    angles = AngleMap.of(
        len(every), np.zeros(len(every)), every.astype(np.int32), every.astype(np.int64), np.ones(len(every))
    )
    return MappedLowering(steps, angles, angles_for(steps, seed))


@settings(max_examples=150, deadline=None)
@given(step_lists(5, 40, twists=True), st.integers(0, 2**32))
def test_sums_are_the_circuit(steps: Steps, seed: int) -> None:
    lowering = _with_own_angles(steps, seed)
    found = summed(lowering)
    start = random_vector(steps.qubits)
    expected = execute_steps(steps, lowering.parameters, start)
    np.testing.assert_allclose(execute_steps(found.steps, found.angles()[0], start), expected, atol=1e-12)
    both = np.stack([lowering.parameters, -lowering.parameters])
    np.testing.assert_array_equal(found.angle_map.angles(both)[0], found.angles()[0])
    again = summed(found)
    assert len(again.steps) == len(found.steps)


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ((TWIST, 1, 0b001), 2),  # chosen by the parity's wire: nothing changes
        ((TWIST, 0, 0b010), 3),
        ((ROTATION, 0, 0), 3),
        ((CX, 0, 1), 2),
        ((CX, 1, 0), 3),
        ((Z, 0, 0), 2),
        ((X, 0, 0), 3),
        ((PARITY, 0b011, 0), 2),
    ],
)
def test_equal_phases_meet_unless_what_is_between_changes_them(between: tuple[int, int, int], left: int) -> None:
    steps = steps_from(3, [(PARITY, 0b001, 0), between, (PARITY, 0b001, 0)])
    assert len(summed(_with_own_angles(steps)).steps) == left


def test_without_anything_to_sum_nothing_is_made() -> None:
    lowering = _with_own_angles(steps_from(2, [(PARITY, 1, 0), (ROTATION, 0, 0), (PARITY, 1, 0)]))
    assert summed(lowering) is lowering
