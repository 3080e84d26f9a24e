"""Every gate as steps, against the matrices of the language and the reference simulator."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import call, gate_calls, random_vector, reference

from qlang.ir.gates import BY_CODE, Primitive
from qlang.ir.matrices import controlled, matrix
from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.interpret import execute_steps
from qlang.kernels.steps import StepKind

CONTROLS = ["", *("".join(bits) for count in (1, 2, 3) for bits in itertools.product("01", repeat=count))]
PARAMETERS = (0.7, -1.9, 2.6)


def _unitary(calls: list[GateCall], qubits: int) -> np.ndarray:
    lowering = steps_of(calls, qubits)
    angles = lowering.angles()[0]
    return np.array([execute_steps(lowering.steps, angles, column) for column in np.eye(1 << qubits)]).T


def _reversed_bits(unitary: np.ndarray) -> np.ndarray:
    """The matrix with the first wire least significant."""
    width = len(unitary).bit_length() - 1
    order = [int(format(index, f"0{width}b")[::-1], 2) if width else 0 for index in range(1 << width)]
    return unitary[np.ix_(order, order)]


@pytest.mark.parametrize("row", BY_CODE, ids=lambda row: row.name)
def test_primitives_with_controls_are_exact(row: Primitive) -> None:
    parameters = PARAMETERS[: row.parameters]
    for controls in CONTROLS:
        width = row.qubits + len(controls)
        found = _unitary([(row.code, tuple(range(width)), parameters, controls)], max(width, 1))
        expected = _reversed_bits(controlled(matrix(row.code, parameters), controls))
        if width == 0:
            expected = expected[0, 0] * np.eye(2)
        np.testing.assert_allclose(found, expected, atol=1e-12, err_msg=controls)


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 6).flatmap(lambda qubits: st.tuples(st.just(qubits), gate_calls(qubits))))
def test_random_circuits_are_exact(case: tuple[int, list[GateCall]]) -> None:
    qubits, calls = case
    lowering = steps_of(calls, qubits)
    start = random_vector(qubits)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, qubits, start), atol=1e-12)


@pytest.mark.parametrize("name", ["y", "s", "sx", "iswap"])
def test_the_global_phase_of_many_gates_is_not_rounded_at_each(name: str) -> None:
    one = steps_of([call(name, 0, 1) if name == "iswap" else call(name, 0)], 2)
    count = 100_003
    many = steps_of([call(name, 0, 1) if name == "iswap" else call(name, 0)] * count, 2)
    expected = math.fsum([one.angle_map.constants[0]] * count)
    assert abs(many.angle_map.constants[0] - expected) <= math.ulp(expected)


def _rotations(calls: list[GateCall], qubits: int) -> int:
    return int((steps_of(calls, qubits).steps.kinds == StepKind.ROTATION).sum())


@pytest.mark.parametrize(
    ("calls", "rotations"),
    [
        ([call("h", 0), call("h", 0)], 0),
        ([call("h", 0), call("x", 0), call("h", 0)], 0),
        ([call("ry", 0, parameters=(0.3,)), call("z", 0), call("ry", 0, parameters=(0.4,))], 1),
        ([call("ry", 0, parameters=(0.3,)), call("swap", 0, 1), call("ry", 1, parameters=(0.4,))], 1),
        ([call("ry", 0, parameters=(0.3,)), call("rz", 0, parameters=(1.0,)), call("ry", 0, parameters=(0.4,))], 2),
        ([call("ry", 0, parameters=(0.3,)), call("cx", 1, 0), call("ry", 0, parameters=(0.4,))], 2),
        ([call("ccx", 0, 1, 2), call("h", 2)], 1),
    ],
)
def test_neighbouring_rotations_are_one(calls: list[GateCall], rotations: int) -> None:
    qubits = 1 + max(wire for each in calls for wire in each[1])
    assert _rotations(calls, qubits) == rotations
    start = random_vector(qubits)
    lowering = steps_of(calls, qubits)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, qubits, start), atol=1e-12)


def _count(calls: list[GateCall], qubits: int, kind: StepKind) -> int:
    return int((steps_of(calls, qubits).steps.kinds == kind).sum())


def test_heisenberg_terms_need_two_cx_and_two_rotations() -> None:
    calls = [call(name, 0, 1, parameters=(0.3 + i,)) for i, name in enumerate(("rxx", "ryy", "rzz"))]
    assert _count(calls, 2, StepKind.CX) == 2
    assert _count(calls, 2, StepKind.ROTATION) == 2


def test_repeated_rotations_about_a_pair_are_one() -> None:
    calls = [call("rxx", 0, 1, parameters=(angle,)) for angle in (0.3, 0.4, 0.5)]
    assert _count(calls, 2, StepKind.CX) == 2
    assert _count(calls, 2, StepKind.ROTATION) == 1


@pytest.mark.parametrize(
    ("between", "left"),
    [
        ([call("rz", 1, parameters=(0.3,)), call("rzz", 1, 2, parameters=(0.2,)), call("cx", 0, 2)], 1),
        ([call("cx", 2, 1)], 1),
        ([call("cx", 1, 2)], 3),
        ([call("cx", 2, 0)], 3),
        ([call("ry", 0, parameters=(0.3,))], 2),
        ([call("x", 1)], 2),
        ([call("cz", 1, 2)], 2),
        ([call("cz", 0, 2)], 0),
    ],
)
def test_cx_pairs_vanish_where_nothing_is_in_their_way(between: list[GateCall], left: int) -> None:
    calls = [call("cx", 0, 1), *between, call("cx", 0, 1)]
    assert _count(calls, 3, StepKind.CX) == left
    lowering = steps_of(calls, 3)
    start = random_vector(3)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, 3, start), atol=1e-12)


def test_phases_of_one_parity_are_one() -> None:
    rz = [call("rz", 1, parameters=(angle,)) for angle in (0.3, 0.4)]
    assert _count([rz[0], call("cx", 1, 0), rz[1]], 2, StepKind.PARITY) == 1
    assert _count([rz[0], call("cx", 0, 1), rz[1]], 2, StepKind.PARITY) == 2
    assert _count([rz[0], call("x", 1), rz[1]], 2, StepKind.PARITY) == 2


@st.composite
def few_gates(draw: st.DrawFn) -> list[GateCall]:
    """Circuits in which much cancels."""
    gates = [call(name, 0) for name in ("h", "x", "z", "s")] + [call("swap", 0, 1), call("rz", 0, parameters=(0.7,))]
    gates += [call("cx", 0, 1), call("cx", 0, 1), call("cz", 0, 1), call("rxx", 0, 1, parameters=(0.4,))]
    gates += [call("ryy", 0, 1, parameters=(1.4,)), call("rzz", 0, 1, parameters=(0.9,))]
    found = []
    for code, wires, parameters, controls in draw(st.lists(st.sampled_from(gates), max_size=25)):
        placed = tuple(draw(st.permutations(range(3)))[: len(wires)])
        found.append((code, placed, parameters, controls))
    return found


@settings(max_examples=150, deadline=None)
@given(few_gates())
def test_merging_keeps_the_circuit(calls: list[GateCall]) -> None:
    start = random_vector(3)
    expected = reference(calls, 3, start)
    for merge in (True, False):
        lowering = steps_of(calls, 3, merge=merge)
        found = execute_steps(lowering.steps, lowering.angles()[0], start)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize(("name", "rotations"), [("u", 1), ("rxx", 1), ("rzx", 1), ("ecr", 1), ("crx", 2), ("ccx", 2)])
def test_gates_take_no_more_rotations_than_they_need(name: str, rotations: int) -> None:
    row = next(row for row in BY_CODE if row.name == name)
    gate = call(name, *range(row.qubits), parameters=PARAMETERS[: row.parameters])
    assert _rotations([gate], row.qubits) == rotations


@pytest.mark.parametrize("name", ["x", "y", "z", "s", "t", "p", "cx", "cz", "cp", "crz", "swap", "iswap", "rzz", "ccz"])
def test_phases_and_permutations_take_none(name: str) -> None:
    row = next(row for row in BY_CODE if row.name == name)
    assert _rotations([call(name, *range(row.qubits), parameters=PARAMETERS[: row.parameters])], row.qubits) == 0
