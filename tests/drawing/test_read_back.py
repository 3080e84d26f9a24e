"""A drawing, read back as a person reads it, is the circuit: compared with what Qiskit reads in the same text."""

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import Gate
from qiskit.circuit.library import (
    HGate,
    PhaseGate,
    RXGate,
    RYGate,
    RZGate,
    RZZGate,
    SdgGate,
    SGate,
    SwapGate,
    SXGate,
    TdgGate,
    TGate,
    UGate,
    XGate,
    YGate,
    ZGate,
)
from qiskit.quantum_info import Operator

from qlang.compiler.drawing.model import Operation, operations
from tests.drawing.circuits import picture

QUBITS = 4
PLAIN = ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "cx", "cy", "cz", "ch", "swap", "ccx", "cswap")
ANGLED = {"rx": 1, "ry": 1, "rz": 1, "p": 1, "cp": 2, "crx": 2, "cry": 2, "crz": 2, "rzz": 2}
WIDTHS = {"ccx": 3, "cswap": 3} | dict.fromkeys(("cx", "cy", "cz", "ch", "swap"), 2) | ANGLED
BOXES: dict[str, type[Gate]] = {
    "X": XGate, "Y": YGate, "Z": ZGate, "H": HGate, "S": SGate, "S†": SdgGate, "T": TGate, "T†": TdgGate, "√X": SXGate,
    "Rx": RXGate, "Ry": RYGate, "Rz": RZGate, "P": PhaseGate, "U": UGate, "Rzz": RZZGate,
}  # fmt: skip


@st.composite
def gate(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from([*PLAIN, *ANGLED, "u"]))
    count = {"u": 3}.get(name, int(name in ANGLED))
    angles = [f"{draw(st.integers(-16, 16))}*pi/{draw(st.sampled_from([1, 3, 8]))}" for _ in range(count)]
    lines = draw(st.permutations(range(QUBITS)))[: WIDTHS.get(name, 1)]
    given = f"({', '.join(angles)})" if angles else ""
    return f"{name}{given} {', '.join(f'q[{line}]' for line in lines)};"


def number(text: str) -> float:
    """`-3π/4`, as it is drawn."""
    found = re.fullmatch(r"(-?)(\d*)(π?)(?:/(\d+))?", text)
    assert found, text
    sign, count, pi, below = found.groups()
    return (-1 if sign else 1) * int(count or 1) * (np.pi if pi else 1) / int(below or 1)


def box(text: str) -> Gate:
    name, _, rest = text.partition("(")
    angles = [number(each) for each in rest.rstrip(")").split(", ")] if rest else []
    return BOXES[name](*angles)


def read(circuit: QuantumCircuit, operation: Operation) -> None:
    """Append what one column of the drawing says."""
    marks = operation.marks
    controls = [mark.line for mark in marks if mark.shape in ("dot", "ring")]
    state = "".join("1" if mark.shape == "dot" else "0" for mark in reversed(marks) if mark.shape in ("dot", "ring"))
    targets = [mark for mark in marks if mark.shape not in ("dot", "ring")]
    if operation.frame is not None:
        lines = [line for line, _ in sorted(operation.frame.ports, key=lambda port: port[1])]
        base: Gate = box(operation.frame.text)
    elif not targets:  # dots alone: a controlled Z
        lines, controls, state = [controls[-1]], controls[:-1], state[:-1]
        base = ZGate()
    elif targets[0].shape == "cross":
        lines, base = [mark.line for mark in targets], SwapGate()
    else:
        lines, base = [targets[0].line], XGate() if targets[0].shape == "plus" else box(targets[0].text)
    if controls:
        base = base.control(len(controls), ctrl_state=state)
    circuit.append(base, [*controls, *lines])


@given(st.lists(gate(), min_size=1, max_size=14))
@settings(max_examples=60)
def test_a_drawing_read_back_has_the_matrix_of_the_program(gates: list[str]) -> None:
    body = "\n".join(gates)
    drawn = QuantumCircuit(QUBITS)
    for operation in operations(picture(f"qubit[{QUBITS}] q;\n{body}\n").items):
        read(drawn, operation)
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[{QUBITS}];\n{body}\n'
    meant = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    assert np.allclose(Operator(drawn).data, Operator(meant).data, atol=1e-9)
