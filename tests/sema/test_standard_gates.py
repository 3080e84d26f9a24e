"""The shipped gates are the unitaries of Qiskit's gates of the same names; their files pass the checker."""

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator

from qlang import stdlib
from qlang.sema.check import check
from qlang.sema.constants import evaluate
from qlang.sema.gate_files import standard_gates
from qlang.sema.loader import StandardLoader, standard_source
from qlang.sema.symbols import GateSymbol
from qlang.sema.types import FLOAT
from qlang.sema.values import CONSTANTS, Constant, as_float
from qlang.syntax import tree
from qlang.syntax.parser import parse

ANGLES = (0.37, -1.2, 2.5, 0.81)
OTHER_NAMES = {"c3x": "mcx", "c4x": "mcx", "c3sqrtx": "c3sx", "cphase": "cp", "phase": "p", "rc3x": "rcccx", "CX": "cx"}
PHASE_OF_OPENQASM = {"u2", "u3"}
"""OpenQASM 3 gives these determinant 1; Qiskit does not."""


def unitary(gate: GateSymbol, angles: tuple[float, ...]) -> np.ndarray:
    """The matrix of a gate by its definition; qubit 0 is the leftmost factor."""
    if gate.builtin:
        return builtin(gate, angles)
    assert gate.definition is not None and gate.definition.body is not None
    names = {**CONSTANTS}
    names |= {name.name: Constant(FLOAT, angle) for name, angle in zip(gate.definition.parameters, angles, strict=True)}
    places = {name.name: index for index, name in enumerate(gate.definition.qubits)}
    total = np.eye(2**gate.qubits, dtype=complex)
    for call in gate.definition.body.statements:
        assert isinstance(call, tree.GateCall)
        inner = gate.scope.lookup(call.name.name)
        assert isinstance(inner, GateSymbol)
        values = tuple(as_float(evaluate(each, names.get, gate.scope.version)) for each in call.parameters)
        matrix = unitary(inner, values)
        for modifier in reversed(call.modifiers):
            matrix = modified(modifier, matrix, names)
        wires = [places[operand.name] for operand in call.operands if isinstance(operand, tree.Name)]
        total = embedded(matrix, wires, gate.qubits) @ total
    return total


def builtin(gate: GateSymbol, angles: tuple[float, ...]) -> np.ndarray:
    if gate.name == "gphase":
        return np.array([[np.exp(1j * angles[0])]])
    if gate.name == "CX":
        return np.eye(4)[[0, 1, 3, 2]].astype(complex)
    theta, phi, lam = angles
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    matrix = np.array([[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]])
    return matrix * (np.exp(1j * theta / 2) if gate.scope.version == 3 else np.exp(-0.5j * (phi + lam)))


def modified(modifier: tree.Modifier, matrix: np.ndarray, names: dict[str, Constant]) -> np.ndarray:
    argument = 1.0 if modifier.argument is None else as_float(evaluate(modifier.argument, names.get))
    if modifier.kind == "inv":
        return matrix.conj().T
    if modifier.kind == "pow":
        values, vectors = np.linalg.eig(matrix)
        return vectors @ np.diag(values**argument) @ np.linalg.inv(vectors)
    assert modifier.kind == "ctrl"
    for _ in range(int(argument)):
        size = len(matrix)
        matrix = np.block([[np.eye(size), np.zeros((size, size))], [np.zeros((size, size)), matrix]])
    return matrix


def embedded(matrix: np.ndarray, wires: list[int], qubits: int) -> np.ndarray:
    tensor = np.eye(2**qubits, dtype=complex).reshape((2,) * qubits + (2**qubits,))
    count = len(wires)
    operator = matrix.reshape((2,) * (2 * count))
    tensor = np.tensordot(operator, tensor, axes=(range(count, 2 * count), wires))
    return np.moveaxis(tensor, range(count), wires).reshape(2**qubits, 2**qubits)


def qiskits(name: str, gate: GateSymbol, angles: tuple[float, ...]) -> np.ndarray | None:
    """The matrix of Qiskit's gate of this name, with our order of qubits."""
    if name == "u0":
        return np.eye(2)
    circuit = QuantumCircuit(gate.qubits)
    known = get_standard_gate_name_mapping()
    if name in ("c3x", "c4x"):
        circuit.mcx(list(range(gate.qubits - 1)), gate.qubits - 1)
    elif name == "c3sqrtx":
        from qiskit.circuit.library import C3SXGate

        circuit.append(C3SXGate(), range(4))
    else:
        kind = known[OTHER_NAMES.get(name, name)]
        circuit.append(type(kind)(*angles), range(gate.qubits))
    return np.asarray(Operator(circuit.reverse_bits()).data)


FILES = [(path, name) for path in ("stdgates.inc", "qelib1.inc", "prelude.qjob") for name in standard_gates(path).names]


@pytest.mark.parametrize(("path", "name"), FILES)
def test_unitaries(path: str, name: str) -> None:
    gate = standard_gates(path).names[name]
    assert isinstance(gate, GateSymbol)
    angles = ANGLES[: gate.parameters]
    ours, theirs = unitary(gate, angles), qiskits(name, gate, angles)
    assert theirs is not None
    if path == "qelib1.inc" or name in PHASE_OF_OPENQASM:
        overlap = np.trace(ours.conj().T @ theirs) / len(ours)
        ours = ours * overlap
        assert abs(overlap) == pytest.approx(1, abs=1e-9)
    assert np.allclose(ours, theirs, atol=1e-9)


@pytest.mark.parametrize("path", stdlib.NAMES)
def test_the_files_pass_the_checker(path: str) -> None:
    source = standard_source(path)
    assert source is not None
    result = parse(source)
    assert result.diagnostics == ()
    found = check(result.program, source, StandardLoader(), result.version).diagnostics
    assert [each.code for each in found if each.span.text not in ("gamma", "γ")] == []  # u0 waits, and does nothing


def test_every_file_of_the_library_is_known() -> None:
    assert stdlib.read("nothing.inc") is None
    assert stdlib.read("../sema/check.py") is None
    assert all(stdlib.read(name) for name in stdlib.NAMES)
