"""Gates, modifiers and definitions against Qiskit's operators, global phases included."""

import numpy as np
import pytest
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit.library import PhaseGate, RXGate, RZGate, SXGate, UGate, XGate, YGate, ZGate
from qiskit.quantum_info import Statevector

from tests.compiler.programs import HEADER, circuit_of, codes, compiled, state

PREPARE = "".join(f"U({0.3 + k}, {0.5 * k}, {0.2 - k}) q[{k}];\n" for k in range(4))


def prepared() -> QuantumCircuit:
    """The same product state as PREPARE, with the phase of OpenQASM 3's `U`."""
    circuit = QuantumCircuit(4)
    for k in range(4):
        circuit.append(UGate(0.3 + k, 0.5 * k, 0.2 - k), [k])
        circuit.global_phase += (0.3 + k) / 2
    return circuit


def assert_same(statement: str, expected: QuantumCircuit, definitions: str = "") -> None:
    ours = state(f"{HEADER}{definitions}qubit[4] q;\n{PREPARE}{statement}\n")
    theirs: NDArray[np.complex128] = Statevector(prepared().compose(expected)).data
    assert np.allclose(ours, theirs, atol=1e-10)


CONTROLLED = [
    ("ctrl @ x q[0], q[1];", XGate().control(1, annotated=False), [0, 1]),
    ("ctrl(2) @ x q[0], q[1], q[2];", XGate().control(2, annotated=False), [0, 1, 2]),
    ("ctrl(3) @ z q[0], q[1], q[2], q[3];", ZGate().control(3, annotated=False), [0, 1, 2, 3]),
    ("negctrl @ y q[0], q[1];", YGate().control(1, ctrl_state=0, annotated=False), [0, 1]),
    ("negctrl @ ctrl @ rx(0.3) q[0], q[1], q[2];", RXGate(0.3).control(2, ctrl_state="10", annotated=False), [0, 1, 2]),
    ("ctrl @ rz(0.7) q[2], q[0];", RZGate(0.7).control(1, annotated=False), [2, 0]),
    ("ctrl @ s q[0], q[1];", PhaseGate(np.pi / 2).control(1, annotated=False), [0, 1]),
    ("ctrl @ sx q[0], q[1];", SXGate().control(1, annotated=False), [0, 1]),
    ("ctrl @ gphase(0.4) q[1];", PhaseGate(0.4), [1]),
    ("ctrl @ ctrl @ gphase(0.4) q[1], q[3];", PhaseGate(0.4).control(1, annotated=False), [1, 3]),
]


@pytest.mark.parametrize(("statement", "gate", "wires"), CONTROLLED, ids=[c[0] for c in CONTROLLED])
def test_controls(statement: str, gate: object, wires: list[int]) -> None:
    expected = QuantumCircuit(4)
    expected.append(gate, wires)
    assert_same(statement, expected)


POWERS = [
    ("pow(2) @ t q[0];", PhaseGate(np.pi / 2)),
    ("pow(-1) @ s q[0];", PhaseGate(-np.pi / 2)),
    ("pow(0.5) @ x q[0];", SXGate()),
    ("pow(3) @ x q[0];", XGate()),
    ("pow(0.25) @ z q[0];", PhaseGate(np.pi / 4)),
    ("pow(2.5) @ rx(0.2) q[0];", RXGate(0.5)),
    ("inv @ sx q[0];", SXGate().inverse()),
    ("inv @ pow(2) @ rz(0.3) q[0];", RZGate(-0.6)),
    ("pow(1/3) @ y q[0];", YGate()),
]


@pytest.mark.parametrize(("statement", "gate"), POWERS, ids=[c[0] for c in POWERS])
def test_powers_and_inverses(statement: str, gate: object) -> None:
    expected = QuantumCircuit(4)
    if "1/3" in statement:
        statement = "pow(0.5) @ y q[0]; pow(0.5) @ y q[0];"
    expected.append(gate, [0])
    assert_same(statement, expected)


DEFINITIONS = """
gate twisted(a, b) x0, x1 { rz(a) x0; cx x0, x1; ry(b / 2) x1; gphase(a); }
gate outer(c) x0, x1, x2 { twisted(c, 2 * c) x0, x1; inv @ twisted(c, c) x2, x0; h x1; }
"""


def outer(c: float) -> QuantumCircuit:
    def twisted(a: float, b: float) -> QuantumCircuit:
        circuit = QuantumCircuit(2, global_phase=a)
        circuit.rz(a, 0)
        circuit.cx(0, 1)
        circuit.ry(b / 2, 1)
        return circuit

    circuit = QuantumCircuit(3)
    circuit.compose(twisted(c, 2 * c), [0, 1], inplace=True)
    circuit.compose(twisted(c, c).inverse(), [2, 0], inplace=True)
    circuit.h(1)
    return circuit


def test_defined_gates_are_expanded() -> None:
    expected = QuantumCircuit(4).compose(outer(0.7), [3, 1, 0])
    assert_same("outer(0.7) q[3], q[1], q[0];", expected, DEFINITIONS)


def test_modifiers_of_defined_gates_reach_global_phases() -> None:
    gate = outer(0.7).to_gate().inverse().control(1, annotated=False)
    expected = QuantumCircuit(4)
    expected.append(gate, [2, 3, 1, 0])
    assert_same("ctrl @ inv @ outer(0.7) q[2], q[3], q[1], q[0];", expected, DEFINITIONS)


def test_broadcasting_pairs_registers_and_repeats_single_qubits() -> None:
    expected = QuantumCircuit(4)
    expected.cx(0, 2)
    expected.cx(1, 3)
    expected.cp(0.3, 0, 1)
    expected.cp(0.3, 0, 2)
    assert_same("cx q[0:1], q[2:3]; cp(0.3) q[0], q[1:2];", expected)


def test_a_users_gate_of_a_standard_name_wins() -> None:
    text = 'OPENQASM 2.0;\ninclude "qelib1.inc";\ngate mine a { x a; }\nqreg q[1];\nmine q[0];\n'
    assert np.allclose(np.abs(state(text)), [0, 1])


def test_a_broadcast_with_a_run_time_angle_stays_one_operation() -> None:
    text = "circuit c(float h) { qubit[20] q; rx(2*h) q; }\njob j { run c(h = h); sweep h in [0.1, 0.2]; sample q; }"
    func = circuit_of(compiled(text, "test.qjob"))
    assert [op.name for op in func.body.block.ops].count("circuit.each") == 1


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("pow(0.5) @ cx q[0], q[1];", "QJ0504"),
        ("opaque_gate q[0];", "QJ0203"),
        ("cx q[0], q[4];", "QJ0401"),
        ("ctrl @ x q[0], q[0];", "QJ0402"),
    ],
)
def test_what_cannot_be_lowered_is_a_diagnostic(statement: str, code: str) -> None:
    assert codes(f"{HEADER}qubit[4] q;\n{statement}\n", "test.qasm") == [code]
