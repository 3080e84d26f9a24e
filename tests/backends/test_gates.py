"""Every primitive, with and without controls, against Qiskit's operators, global phase included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import body, packed, statevector
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix as QiskitDensityMatrix
from qiskit.quantum_info import Statevector
from qiskit_gates import qiskit_circuit, qiskit_gate

from qlang.backends.density_matrix import DensityMatrix
from qlang.ir.gates import BY_CODE, BY_NAME

ANGLES = (0.37, -1.1, 2.3)
QUBITS = 5
PREPARE = [("u", (wire,), (0.4 + wire, 0.3 * wire, -0.2)) for wire in range(QUBITS)] + [
    ("cx", (wire, (wire + 2) % QUBITS), ()) for wire in range(QUBITS)
]
PLACES = {0: [()], 1: [(0,), (3,)], 2: [(0, 1), (3, 1), (1, 4)], 3: [(0, 1, 2), (4, 0, 2)]}
CONTROLS = ["", "1", "0", "01"]
CASES = [
    (row.name, controls, place)
    for row in BY_CODE
    for controls in CONTROLS
    for place in PLACES[row.qubits]
    if len(controls) + row.qubits <= QUBITS
]


def _wires(place: tuple[int, ...], controls: str) -> tuple[int, ...]:
    return (*[wire for wire in (2, 4, 0, 1, 3) if wire not in place][: len(controls)], *place)


def _ours(name: str, controls: str, wires: tuple[int, ...]) -> str:
    row = BY_NAME[name]
    constants = "\n".join(f"%a{k} = arith.constant {ANGLES[k]} : f64" for k in range(row.parameters))
    angles = ", ".join(f"%a{k}" for k in range(row.parameters))
    control = f'controls "{controls}"' if controls else ""
    return f'{constants}\nkernel.gate "{name}" {control} ({angles}) [{", ".join(map(str, wires))}]'


def _qiskit(name: str, controls: str, wires: tuple[int, ...]) -> QuantumCircuit:
    gate = qiskit_gate(name, ANGLES[: BY_NAME[name].parameters])
    circuit = qiskit_circuit(PREPARE, QUBITS)
    if controls and not wires[len(controls) :]:  # a controlled global phase is a phase gate
        gate = qiskit_gate("p", ANGLES[:1])
        if controls[-1] == "0":
            circuit.x(wires[-1])
        circuit.append(
            gate if len(controls) == 1 else gate.control(len(controls) - 1, ctrl_state=controls[-2::-1]), wires
        )
        if controls[-1] == "0":
            circuit.x(wires[-1])
        return circuit
    if controls:
        gate = gate.control(len(controls), ctrl_state=controls[::-1], annotated=True)
    circuit.append(gate, wires)
    return circuit


@pytest.mark.parametrize(("name", "controls", "place"), CASES)
def test_gate_on_a_state_vector(name: str, controls: str, place: tuple[int, ...]) -> None:
    wires = _wires(place, controls)
    run = ", ".join(
        (f"{gate}({', '.join(map(str, angles))})" if angles else gate) + "".join(f" {wire}" for wire in on)
        for gate, on, angles in PREPARE
    )
    func = body(f"kernel.sweep <{run}>\n{_ours(name, controls, wires)}", QUBITS)
    expected = Statevector(_qiskit(name, controls, wires)).data
    np.testing.assert_allclose(statevector(func), expected, atol=1e-13)


@pytest.mark.parametrize(("name", "controls", "place"), [case for case in CASES if case[1] in ("", "01")])
def test_gate_on_a_density_matrix(name: str, controls: str, place: tuple[int, ...]) -> None:
    wires = _wires(place, controls)
    state = DensityMatrix(QUBITS)
    state.gates([(BY_NAME[g].code, w, p, "") for g, w, p in PREPARE])
    state.gates([(BY_NAME[name].code, wires, ANGLES[: BY_NAME[name].parameters], controls)])
    expected = QiskitDensityMatrix(_qiskit(name, controls, wires)).data
    np.testing.assert_allclose(state.reduced(tuple(range(QUBITS))), expected, atol=1e-13)


@st.composite
def circuits(draw: st.DrawFn, max_qubits: int = 5, max_gates: int = 25) -> tuple[list, int]:
    qubits = draw(st.integers(1, max_qubits))
    rows = [row for row in BY_CODE if row.qubits <= qubits]
    angle = st.floats(-7, 7, allow_nan=False)
    gates = []
    for _ in range(draw(st.integers(0, max_gates))):
        row = draw(st.sampled_from(rows))
        wires = tuple(draw(st.permutations(range(qubits)))[: row.qubits])
        gates.append((row.name, wires, tuple(draw(angle) for _ in range(row.parameters))))
    return gates, qubits


@settings(max_examples=60, deadline=None)
@given(circuits())
def test_random_circuits(circuit: tuple[list, int]) -> None:
    gates, qubits = circuit
    expected = Statevector(qiskit_circuit(gates, qubits)).data
    np.testing.assert_allclose(statevector(packed(gates, qubits)), expected, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(circuits(max_qubits=4, max_gates=12))
def test_density_matrix_of_random_circuits(circuit: tuple[list, int]) -> None:
    gates, qubits = circuit
    state = DensityMatrix(qubits)
    state.gates([(BY_NAME[name].code, wires, parameters, "") for name, wires, parameters in gates])
    expected = Statevector(qiskit_circuit(gates, qubits)).data
    np.testing.assert_allclose(state.reduced(tuple(range(qubits))), np.outer(expected, expected.conj()), atol=1e-12)
