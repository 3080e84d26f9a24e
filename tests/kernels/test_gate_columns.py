"""Gates as columns are the same gates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from step_circuits import call

from qlang.ir.gates import BY_CODE
from qlang.ir.packed import pack
from qlang.kernels.decompose import steps_of
from qlang.kernels.gate_columns import GateCall, GateColumns

QUBITS = 4
CALLS = [
    call("ry", 1, parameters=(0.5,)),
    call("cx", 2, 0),
    call("u", 3, parameters=(0.1, 0.2, 0.3)),
    call("ccx", 0, 1, 3),
    call("gphase", parameters=(0.7,)),
]


@st.composite
def gates(draw: st.DrawFn) -> list[GateCall]:
    found = []
    for row in draw(st.lists(st.sampled_from(BY_CODE), max_size=12)):
        controls = draw(st.text("01", max_size=QUBITS - row.qubits))
        wires = draw(st.permutations(range(QUBITS)))[: row.qubits + len(controls)]
        numbers = draw(st.lists(st.floats(-9, 9), min_size=row.parameters, max_size=row.parameters))
        found.append((row.code, tuple(wires), tuple(numbers), controls))
    return found


@given(gates())
def test_gates_as_columns_are_the_gates(calls: list[GateCall]) -> None:
    columns = GateColumns.of(calls)
    assert list(columns) == calls
    assert len(columns) == len(calls)
    assert columns.wires_within(QUBITS)
    assert not columns.wires_twice


@given(gates())
def test_packed_runs_are_the_gates(calls: list[GateCall]) -> None:
    plain = [(code, wires[len(controls) :], numbers, "") for code, wires, numbers, controls in calls]
    columns = GateColumns.packed(*pack([each[:3] for each in plain]).arrays())
    assert list(columns) == plain
    assert list(GateColumns.joined([columns, columns])) == 2 * plain


def test_columns_are_lowered_as_their_gates_are() -> None:
    of_calls, of_columns = steps_of(CALLS, QUBITS), steps_of(GateColumns.of(CALLS), QUBITS)
    assert of_calls.steps == of_columns.steps
    np.testing.assert_array_equal(of_calls.angles(), of_columns.angles())


@pytest.mark.parametrize("wires", [(0, 0), (1, 2, 1), (3, 3, 0, 1)])
def test_a_wire_twice_is_seen(wires: tuple[int, ...]) -> None:
    code = CALLS[1][0]
    good = [(code, (0, 1), (), ""), (code, (1, 2, 3), (), "1"), (code, (0, 1, 2, 3), (), "11")]
    assert not GateColumns.of(good).wires_twice
    assert GateColumns.of([*good, (code, wires, (), "1" * (len(wires) - 2))]).wires_twice


def test_a_wire_that_is_none_is_seen() -> None:
    assert not GateColumns.of(CALLS).wires_within(3)
    assert not GateColumns.of([call("h", -1)]).wires_within(3)


def test_a_gate_on_too_few_wires_is_refused() -> None:
    with pytest.raises(ValueError, match="cx with 1 controls is on 2 wires"):
        GateColumns.of([*CALLS, (CALLS[1][0], (0, 1), (), "1")])
