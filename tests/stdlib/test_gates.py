"""`std.gates`: every gate is the matrix that its comment states, global phase included."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit.library import (
    C3SXGate,
    RC3XGate,
    RVGate,
    XXMinusYYGate,
    XXPlusYYGate,
    get_standard_gate_name_mapping,
)
from qiskit.quantum_info import Operator
from scipy.linalg import expm
from stdlib_harness import big_endian, unitary

from qlang.sema.gate_files import standard_gates
from qlang.sema.loader import standard_source
from qlang.syntax import tree
from qlang.syntax.parser import parse

GATES = "import std.gates;\n"
I2, X, Y, Z = np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1.0, -1.0])
H = (X + Z) / math.sqrt(2)
W = (X + Y) / math.sqrt(2)


def kron(*factors: Any) -> Any:
    """Tensor product, the first factor leftmost."""
    result = np.eye(1)
    for factor in factors:
        result = np.kron(result, factor)
    return result


def rotation(pauli: Any, angle: float) -> Any:
    return expm(-0.5j * angle * pauli)


def root(matrix: Any) -> Any:
    """The principal square root of a matrix with eigenvalues 1 and -1."""
    return ((1 + 1j) * np.eye(len(matrix)) + (1 - 1j) * matrix) / 2


def controlled(matrix: Any, controls: int = 1) -> Any:
    size, whole = len(matrix), len(matrix) * 2**controls
    result = np.eye(whole, dtype=complex)
    result[whole - size :, whole - size :] = matrix
    return result


def inner(block: Any, corner: complex = 1) -> Any:
    """A block between |01⟩ and |10⟩."""
    result = np.diag([1, 0, 0, corner]).astype(complex)
    result[1:3, 1:3] = block
    return result


def phases(angle: float, place: int) -> Any:
    diagonal = np.ones(4, dtype=complex)
    diagonal[place] = np.exp(1j * angle)
    return np.diag(diagonal)


def plane(angle: float, first: int, second: int, size: int) -> Any:
    """Rotation that takes |first⟩ to cos |first⟩ + sin |second⟩."""
    result = np.eye(size)
    result[[first, second], [first, second]] = math.cos(angle)
    result[second, first], result[first, second] = math.sin(angle), -math.sin(angle)
    return result


def permutation(images: dict[int, int], size: int) -> Any:
    result = np.zeros((size, size))
    for column in range(size):
        result[images.get(column, column), column] = 1
    return result


def sigma(angle: float) -> Any:
    return math.cos(angle) * X + math.sin(angle) * Y


XX, YY, ZZ = kron(X, X), kron(Y, Y), kron(Z, Z)
SWAP = inner(X)
TURN = np.array([[0, 1j], [1j, 0]])

CLOSED_FORMS: dict[str, Callable[..., Any]] = {
    "v": lambda: root(X),
    "vdg": lambda: root(X).conj().T,
    "sy": lambda: root(Y),
    "sydg": lambda: root(Y).conj().T,
    "sw": lambda: root(W),
    "swdg": lambda: root(W).conj().T,
    "rv": lambda x, y, z: expm(-0.5j * (x * X + y * Y + z * Z)),
    "prx": lambda t, f: rotation(sigma(f), t),
    "gpi": sigma,
    "gpi2": lambda f: rotation(sigma(f), math.pi / 2),
    "ms": lambda t, f, g: rotation(kron(sigma(f), sigma(g)), t),
    "givens": lambda t: inner([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]]),
    "single_excitation": lambda t: plane(t / 2, 1, 2, 4),
    "double_excitation": lambda t: plane(t / 2, 3, 12, 16),
    "xx_plus_yy": lambda t, b: kron(rotation(Z, -b), I2) @ expm(-0.25j * t * (XX + YY)) @ kron(rotation(Z, b), I2),
    "xx_minus_yy": lambda t, b: kron(I2, rotation(Z, b)) @ expm(-0.25j * t * (XX - YY)) @ kron(I2, rotation(Z, -b)),
    "fsim": lambda t, f: inner(expm(-1j * t * X), np.exp(-1j * f)),
    "sycamore": lambda: inner(-1j * X, np.exp(-1j * math.pi / 6)),
    "xy": lambda t: expm(0.25j * t * (XX + YY)),
    "iswap_pow": lambda t: inner(expm(0.5j * math.pi * t * X)),
    "siswap": lambda: inner(expm(0.25j * math.pi * X)),
    "siswapdg": lambda: inner(expm(-0.25j * math.pi * X)),
    "iswapdg": lambda: inner(-1j * X),
    "swap_pow": lambda t: expm(0.5j * math.pi * t * (np.eye(4) - SWAP)),
    "sqrt_swap": lambda: root(SWAP),
    "pswap": lambda f: inner(np.exp(1j * f) * X),
    "fswap": lambda: inner(X, -1),
    "cphase00": lambda f: phases(f, 0),
    "cphase01": lambda f: phases(f, 1),
    "cphase10": lambda f: phases(f, 2),
    "canonical": lambda x, y, z: expm(-1j * (x * XX + y * YY + z * ZZ)),
    "berkeley": lambda: expm(1j * math.pi / 8 * (2 * XX + YY)),
    "magic": lambda: np.array([[1, 1j, 0, 0], [0, 0, 1j, 1], [0, 0, 1j, -1], [1, -1j, 0, 0]]) / math.sqrt(2),
    "exchange": lambda t: expm(-0.25j * t * (XX + YY + ZZ)),
    "crxx": lambda t: controlled(rotation(XX, t)),
    "cryy": lambda t: controlled(rotation(YY, t)),
    "crzz": lambda t: controlled(rotation(ZZ, t)),
    "ciswap": lambda: controlled(inner(TURN)),
    "ccy": lambda: controlled(Y, 2),
    "cch": lambda: controlled(H, 2),
    "ccp": lambda t: controlled(np.diag([1, np.exp(1j * t)]), 2),
    "cccp": lambda t: controlled(np.diag([1, np.exp(1j * t)]), 3),
    "ccrx": lambda t: controlled(rotation(X, t), 2),
    "ccry": lambda t: controlled(rotation(Y, t), 2),
    "ccrz": lambda t: controlled(rotation(Z, t), 2),
    "cccz": lambda: controlled(Z, 3),
    "ccswap": lambda: controlled(SWAP, 2),
    "cccx": lambda: controlled(X, 3),
    "c3sx": lambda: controlled(root(X), 3),
    "rcccx": lambda: qiskits(RC3XGate()),
    "toffoli": lambda: controlled(X, 2),
    "fredkin": lambda: controlled(SWAP, 1),
    "peres": lambda: permutation({4: 6, 5: 7, 6: 5, 7: 4}, 8),
    "deutsch": lambda t: controlled(1j * rotation(X, 2 * t), 2),
}
"""Name to matrix with the first qubit leftmost."""


def qiskits(gate: Any) -> Any:
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits))
    return np.asarray(Operator(circuit.reverse_bits()).data)


def definitions() -> list[tree.GateDefinition]:
    source = standard_source("std/gates.qjob")
    assert source is not None
    return [node for node in parse(source).program.statements if isinstance(node, tree.GateDefinition)]


DEFINITIONS = {node.name.name: node for node in definitions()}


def ours(name: str, angles: tuple[float, ...]) -> Any:
    """The gate's matrix, the first qubit leftmost."""
    node = DEFINITIONS[name]
    shown = f"({', '.join(map(repr, angles))})" if angles else ""
    qubits = ", ".join(f"q[{index}]" for index in range(len(node.qubits)))
    return big_endian(unitary(f"{name}{shown} {qubits};", len(node.qubits), GATES))


def test_every_gate_has_an_oracle() -> None:
    assert DEFINITIONS.keys() == CLOSED_FORMS.keys()


@pytest.mark.parametrize("name", DEFINITIONS)
def test_matrix(name: str) -> None:
    angles = (0.37, -1.2, 2.5)[: len(DEFINITIONS[name].parameters)]
    np.testing.assert_allclose(ours(name, angles), CLOSED_FORMS[name](*angles), atol=1e-12)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_controlled_and_inverse(name: str) -> None:
    """`ctrl @` sees the phase of the matrix; `inv @` undoes it."""
    node = DEFINITIONS[name]
    angles = (0.37, -1.2, 2.5)[: len(node.parameters)]
    shown = f"({', '.join(map(repr, angles))})" if angles else ""
    qubits = [f"q[{index}]" for index in range(len(node.qubits) + 1)]
    text = f"ctrl @ inv @ {name}{shown} {', '.join(qubits)};"
    found = big_endian(unitary(text, len(qubits), GATES))
    np.testing.assert_allclose(found, controlled(CLOSED_FORMS[name](*angles).conj().T), atol=1e-12)


@pytest.mark.parametrize("name", [name for name, node in DEFINITIONS.items() if node.parameters])
@settings(max_examples=6)
@given(data=st.data())
def test_matrix_of_any_angles(name: str, data: st.DataObject) -> None:
    values = st.one_of(st.floats(-7, 7), st.sampled_from((0.0, math.pi, -math.pi / 2)))
    angles = tuple(data.draw(values) for _ in DEFINITIONS[name].parameters)
    np.testing.assert_allclose(ours(name, angles), CLOSED_FORMS[name](*angles), atol=1e-11)


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("rv", RVGate(0.37, -1.2, 2.5)),
        ("xx_plus_yy", XXPlusYYGate(0.37, -1.2)),
        ("xx_minus_yy", XXMinusYYGate(0.37, -1.2)),
        ("c3sx", C3SXGate()),
    ],
)
def test_qiskits_gates(name: str, gate: Any) -> None:
    np.testing.assert_allclose(ours(name, tuple(map(float, gate.params))), qiskits(gate), atol=1e-12)


@pytest.mark.parametrize("n", range(1, 6))
def test_gates_with_a_register_of_controls(n: int) -> None:
    phase = np.ones(2**n, dtype=complex)
    phase[-1] = np.exp(0.3j)
    np.testing.assert_allclose(unitary("mcp_on(q, 0.3);", n, GATES), np.diag(phase), atol=1e-12)
    if n > 1:
        found = big_endian(unitary(f"mcx_on(q[0:{n - 2}], q[{n - 1}]);", n, GATES))
        np.testing.assert_allclose(found, controlled(X, n - 1), atol=1e-12)


def test_nothing_of_qiskits_standard_gates_is_missing() -> None:
    known = {*DEFINITIONS, *standard_gates("prelude.qjob").names, *standard_gates("stdgates.inc").names}
    statements = {"measure", "reset", "delay", "global_phase"}  # the last is `gphase`
    assert set(get_standard_gate_name_mapping()) - known == statements


@pytest.mark.parametrize(("y", "x"), [(0.0, 0.0), (0.0, -1.0), (1e-9, -1.0), (-1e-9, -1.0), (-3.0, 0.0), (2.0, 1e-300)])
def test_angle_of_a_point(y: float, x: float) -> None:
    matrix = unitary(f"p(arctan2({y!r}, {x!r})) q[0];", 1, GATES)
    assert np.angle(matrix[1, 1]) == pytest.approx(math.atan2(y, x), abs=1e-14)
