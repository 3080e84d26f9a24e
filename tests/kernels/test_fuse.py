"""Runs of one-qubit gates as one rotation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import ANGLES, call, gate_calls, random_vector, reference

from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.fuse import FusedMap, fused
from qlang.kernels.interpret import execute_steps
from qlang.kernels.steps import BadAngle, StepKind


@st.composite
def one_qubit_runs(draw: st.DrawFn) -> list[GateCall]:
    """Many one-qubit gates and few others."""
    found = []
    for _ in range(draw(st.integers(0, 30))):
        name = draw(st.sampled_from(["h", "t", "sx", "x", "z", "y", "ry", "u", "rz", "h", "cx", "rzz"]))
        count = 3 if name == "u" else int(name in ("ry", "rz", "rzz"))
        wires = draw(st.permutations(range(3)))[: 2 if name in ("cx", "rzz") else 1]
        found.append(call(name, *wires, parameters=tuple(draw(ANGLES) for _ in range(count))))
    return found


@settings(max_examples=80, deadline=None)
@given(st.one_of(one_qubit_runs(), gate_calls(3)))
def test_fusing_keeps_the_circuit(calls: list[GateCall]) -> None:
    lowering = fused(steps_of(calls, 3))
    start = random_vector(3)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, 3, start), atol=1e-12)


@settings(max_examples=50, deadline=None)
@given(one_qubit_runs())
def test_no_run_keeps_two_rotations(calls: list[GateCall]) -> None:
    steps = fused(steps_of(calls, 3)).steps
    rotations = [0, 0, 0]
    for kind, first, second, _ in steps.rows():
        if kind == StepKind.ROTATION:
            rotations[first] += 1
            assert rotations[first] == 1
        elif kind == StepKind.CX:
            rotations[first] = rotations[second] = 0
        elif kind == StepKind.PARITY and first.bit_count() > 1:
            rotations = [0 if first >> wire & 1 else count for wire, count in enumerate(rotations)]


def test_su4_gates_in_a_row_take_four_rotations_each() -> None:
    generator = np.random.default_rng(1)
    calls = []
    for _ in range(10):
        for name, wires in [
            ("u", (0,)),
            ("u", (1,)),
            ("rxx", (0, 1)),
            ("ryy", (0, 1)),
            ("rzz", (0, 1)),
            ("u", (0,)),
            ("u", (1,)),
        ]:
            calls.append(call(name, *wires, parameters=tuple(generator.uniform(0, 6, 3 if name == "u" else 1))))
    steps = fused(steps_of(calls, 2)).steps
    assert (steps.kinds == StepKind.ROTATION).sum() == 4 * 10 + 2
    assert (steps.kinds == StepKind.CX).sum() == 2 * 10


def test_structure_does_not_depend_on_angles_and_batches_are_their_items() -> None:
    calls = [call("u", 0, parameters=(1, 2, 3)), call("h", 0), call("u", 0, parameters=(0, 0, 0)), call("cx", 0, 1)]
    lowering = fused(steps_of(calls, 2))
    other = fused(steps_of([call("u", 0, parameters=(0, 0, 0)), *calls[1:]], 2))
    assert lowering.steps == other.steps
    batch = np.random.default_rng(2).uniform(-7, 7, (40, 6))
    together = lowering.angle_map.angles(batch)
    for angles, parameters in zip(together, batch, strict=True):
        np.testing.assert_array_equal(lowering.angle_map.angles(parameters)[0], angles)
        gates = [
            call("u", 0, parameters=tuple(parameters[:3])),
            calls[1],
            call("u", 0, parameters=tuple(parameters[3:])),
        ]
        found = execute_steps(lowering.steps, angles, random_vector(2))
        np.testing.assert_allclose(found, reference([*gates, calls[3]], 2, random_vector(2)), atol=1e-13)


def test_bad_parameters_are_named() -> None:
    with pytest.raises(BadAngle, match="parameter 1"):
        fused(steps_of([call("ry", 0, parameters=(1,)), call("rz", 0, parameters=(np.inf,)), call("h", 0)], 1)).angles()


def test_a_long_run_takes_no_room_in_short_ones() -> None:
    short = [call("ry", wire, parameters=(0.1 * wire,)) for wire in (1, 2)]
    short += [call("rz", wire, parameters=(0.2,)) for wire in (1, 2)]
    short += [*short[:2], call("cx", 1, 2)]
    calls = [call("ry" if i % 2 else "rz", 0, parameters=(0.1 + i,)) for i in range(200)]
    for _ in range(60):
        calls += short
    lowering = fused(steps_of(calls, 3))
    assert isinstance(lowering.angle_map, FusedMap)
    assert len(lowering.angle_map.slots) <= len(calls)
    start = random_vector(3)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, 3, start), atol=1e-11)
