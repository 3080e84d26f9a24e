"""Structure and angles of steps."""

import numpy as np
import pytest
from step_circuits import call

from qlang.kernels.decompose import steps_of
from qlang.kernels.steps import AngleMap, BadAngle, StepKind


def test_structure_does_not_depend_on_angles() -> None:
    first, second = (
        steps_of([call("u", 0, parameters=(angle, 0.2, 0.3)), call("cry", 0, 1, parameters=(angle,))], 2)
        for angle in (0.1, 7.0)
    )
    assert first.steps == second.steps
    assert hash(first.steps) == hash(second.steps)
    assert not np.array_equal(first.angles(), second.angles())


@pytest.mark.parametrize(
    ("calls", "qubits"),
    [
        ([call("cx", 1, 0)], 2),
        ([call("cx", 0, 1)], 3),
        ([call("cx", 0, 1), call("cx", 0, 1)], 2),
        ([call("cx", 0, 1, controls="")], 2),
        ([call("x", 0, 1, controls="0")], 2),
    ],
)
def test_digest_tells_structures_apart(calls: list, qubits: int) -> None:
    known = {steps_of([call("cz", 0, 1)], 2).steps, steps_of([call("swap", 0, 1)], 2).steps}
    lowered = steps_of(calls, qubits).steps
    assert lowered not in known
    assert lowered == steps_of(calls, qubits).steps


def test_frames_and_permutations_have_no_angle_and_others_one_of_their_own() -> None:
    steps = steps_of([call("h", 0), call("cx", 0, 1), call("u", 1, parameters=(1, 2, 3)), call("y", 0)], 2).steps
    angled = steps.kinds < StepKind.CX
    assert (steps.slots[~angled] == -1).all()
    assert sorted(steps.slots[angled]) == list(range(1, steps.slot_count))


def test_angles_of_a_batch_are_those_of_its_rows() -> None:
    calls = [
        call("u", 0, parameters=(0.1, 0.2, 0.3)),
        call("ry", 0, parameters=(0.4,)),
        call("rzz", 0, 1, parameters=(1,)),
    ]
    angle_map = steps_of(calls, 2).angle_map
    batch = np.random.default_rng(3).normal(size=(5, 5))
    together = angle_map.angles(batch)
    assert together.shape == (5, len(angle_map.constants))
    for row, parameters in zip(together, batch, strict=True):
        np.testing.assert_array_equal(angle_map.angles(parameters)[0], row)


def test_pullback_is_the_transpose() -> None:
    calls = [
        call("u", 0, parameters=(0.1, 0.2, 0.3)),
        call("cry", 1, 0, parameters=(0.4,)),
        call("gphase", parameters=(1,)),
    ]
    angle_map = steps_of(calls, 2).angle_map
    generator = np.random.default_rng(4)
    change, gradient = generator.normal(size=5), generator.normal(size=len(angle_map.constants))
    forward = (angle_map.angles(change) - angle_map.angles(np.zeros(5)))[0]
    assert angle_map.pullback(gradient)[0] @ change == pytest.approx(gradient @ forward, abs=1e-12)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_parameters_that_are_not_finite_are_named(value: float) -> None:
    lowering = steps_of([call("ry", 0, parameters=(0.5,)), call("rz", 0, parameters=(value,))], 1)
    with pytest.raises(BadAngle, match="parameter 1 of batch item 0") as caught:
        lowering.angles()
    assert (caught.value.parameter, caught.value.slot) == (1, -1)
    with pytest.raises(BadAngle) as caught:
        lowering.angle_map.angles([[0.0, 0.0], [value, 0.0]])
    assert (caught.value.parameter, caught.value.item) == (0, 1)


def test_wrong_number_of_parameters_is_refused() -> None:
    with pytest.raises(ValueError, match="2 parameters"):
        steps_of([call("ry", 0, parameters=(0.5,)), call("rz", 0, parameters=(1,))], 1).angle_map.angles([1.0])


def test_entries_of_one_slot_and_parameter_are_summed() -> None:
    built = AngleMap.of(2, np.zeros(2), np.array([1, 1, 0], np.int32), np.array([0, 0, 1]), np.array([0.5, 1.0, 2.0]))
    np.testing.assert_array_equal(built.angles([2.0, 3.0]), [[6.0, 3.0]])


@pytest.mark.parametrize("wires", [(0, 0), (0, 2), (-1, 0)])
def test_impossible_wires_are_refused(wires: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="wire"):
        steps_of([call("cx", *wires)], 2)


def test_too_many_qubits_are_refused() -> None:
    with pytest.raises(ValueError, match="62"):
        steps_of([], 63)
