"""Cirq circuits in, and out as Qiskit's: matrices, global phase included, Cirq's most significant qubit first."""

import cirq
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator

import qlang as ql
from tests.compiler.programs import distribution

Q = cirq.LineQubit.range(4)
FIXED = [cirq.X, cirq.Y, cirq.Z, cirq.H, cirq.CX, cirq.CZ, cirq.SWAP, cirq.ISWAP, cirq.CCX, cirq.CCZ, cirq.XX, cirq.YY]
FIXED += [cirq.ZZ, cirq.S, cirq.T]
SINGLE = [
    cirq.CSWAP,
    cirq.rx(0.3),
    cirq.ry(1.2),
    cirq.rz(-0.7),
    cirq.XPowGate(exponent=1, global_shift=0.3),
    cirq.CXPowGate(exponent=0.3, global_shift=0.2),
    cirq.PhasedXPowGate(phase_exponent=0.3, exponent=0.7, global_shift=0.1),
    cirq.PhasedXZGate(x_exponent=0.1, z_exponent=0.2, axis_phase_exponent=0.3),
    cirq.FSimGate(0.3, 0.4),
    cirq.PhasedFSimGate(0.3, 0.1, 0.2, 0.3, 0.4),
    cirq.PhasedISwapPowGate(phase_exponent=0.2, exponent=0.4),
    cirq.MatrixGate(cirq.testing.random_unitary(2, random_state=1)),
    cirq.MatrixGate(cirq.testing.random_unitary(4, random_state=1)),
    cirq.MatrixGate(cirq.testing.random_unitary(8, random_state=1)),
    cirq.QubitPermutationGate([2, 0, 1]),
    cirq.DiagonalGate([0.1, 0.2, 0.3, 0.4]),
    cirq.givens(0.3),
    cirq.ms(0.3),
    cirq.QuantumFourierTransformGate(3),
    cirq.DensePauliString("XYZ"),
    cirq.BooleanHamiltonianGate(["a", "b"], ["a ^ b"], 0.3),
]
GATES = [gate**exponent for gate in FIXED for exponent in (1, 0.5, 0.3, -1.75)] + SINGLE


def survives(circuit: cirq.Circuit) -> bool:
    padded = cirq.Circuit(cirq.I.on_each(*Q), circuit)
    ours = Operator(ql.from_cirq(padded).to_qiskit().reverse_bits()).data
    return bool(np.allclose(ours, padded.unitary(qubit_order=Q), atol=1e-7))


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: str(gate).split("\n")[0][:30])
def test_gates_alone_and_under_controls(gate: cirq.Gate) -> None:
    count = cirq.num_qubits(gate)
    assert survives(cirq.Circuit(gate(*Q[:count])))
    assert survives(cirq.Circuit(gate(*Q[1 : 1 + count]).controlled_by(Q[0])))
    if count < 3:
        assert survives(cirq.Circuit(gate(*Q[2 : 2 + count]).controlled_by(Q[0], Q[1], control_values=[0, 1])))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_random_circuits(seed: int) -> None:
    assert survives(cirq.testing.random_circuit(Q, 6, 0.8, random_state=seed))


def test_operations_that_are_no_gates() -> None:
    inner = cirq.FrozenCircuit(cirq.H(Q[1]), cirq.T(Q[1]))
    assert survives(
        cirq.Circuit(
            cirq.PauliString({Q[0]: cirq.X, Q[2]: cirq.Z}),
            cirq.PauliStringPhasor(cirq.PauliString({Q[0]: cirq.X, Q[1]: cirq.Y}), exponent_neg=0.3),
            cirq.CircuitOperation(inner),
            cirq.CircuitOperation(inner, repetitions=-2),
            cirq.global_phase_operation(1j),
            cirq.X(Q[3]).with_tags("tag"),
        )
    )
    repeated = ql.from_cirq(cirq.Circuit(cirq.CircuitOperation(inner, repetitions=10**9)))
    assert "for int k in [0:999999999] {" in repeated.text


def test_order_of_qubits_and_bits() -> None:
    """Cirq's first qubit is q[0], and bit 0 of its key: rightmost here, most significant there."""
    a, b = cirq.GridQubit(0, 1), cirq.GridQubit(1, 0)
    circuit = cirq.Circuit(cirq.X(a), cirq.measure(a, b, key="m"))
    assert cirq.Simulator().run(circuit).histogram(key="m") == {2: 1}
    program = ql.from_cirq(circuit)
    assert distribution(program.text)["m"] == {1: pytest.approx(1.0)}
    assert "// q[0]: cirq.GridQubit(0, 1)" in program.text


def test_feedback_and_inverted_outcomes() -> None:
    named = [cirq.NamedQubit(name) for name in ("if", "a b", "é")]
    circuit = cirq.Circuit(
        cirq.X(named[0]),
        cirq.measure(named[0], named[1], key="gate", invert_mask=(True, False)),
        cirq.X(named[2]).with_classical_controls("gate"),
        cirq.reset(named[0]),
        cirq.measure(named[0], named[2], key="end"),
    )
    measured = cirq.Simulator().run(circuit).measurements
    found = distribution(ql.from_cirq(circuit).text)
    for register, key in (("gate_1", "gate"), ("end_1", "end")):
        value = sum(int(bit) << k for k, bit in enumerate(measured[key][0]))  # bit k is the key's qubit k
        assert found[register] == {value: pytest.approx(1.0)}


def test_empty_circuit() -> None:
    assert ql.from_cirq(cirq.Circuit()).text.splitlines() == ["OPENQASM 3.0;", 'include "stdgates.inc";']


@pytest.mark.parametrize(
    ("circuit", "code", "words"),
    [
        (cirq.Circuit(cirq.X(Q[0]) ** sympy.Symbol("t")), "QJ0909", "`t`"),
        (cirq.Circuit(cirq.FSimGate(sympy.Symbol("a"), 1)(*Q[:2])), "QJ0909", "`a`"),
        (cirq.Circuit(cirq.depolarize(0.1)(Q[0])), "QJ0907", "depolarize"),
        (cirq.Circuit(cirq.rx(float("nan"))(Q[0])), "QJ0910", "nan"),
        (cirq.Circuit(cirq.rx(float("inf"))(Q[0])), "QJ0910", "inf"),
        (cirq.Circuit(cirq.measure(Q[0], key="a"), cirq.measure(Q[0], key="a")), "QJ0907", "measured twice"),
        (cirq.Circuit(cirq.measure(Q[0], confusion_map={(0,): np.eye(2)})), "QJ0907", "confusion map"),
        (cirq.Circuit(cirq.IdentityGate(1, qid_shape=(3,))(cirq.LineQid(0, 3))), "QJ0907", "qudits"),
        (
            cirq.Circuit(cirq.measure(Q[0], key="a"), cirq.X(Q[1]).with_classical_controls(sympy.Symbol("a") > 1)),
            "QJ0907",
            "the classical condition",
        ),
    ],
)
def test_refusals(circuit: cirq.Circuit, code: str, words: str) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.from_cirq(circuit)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code and words in diagnostic.message()


def test_other_objects_are_no_circuits() -> None:
    with pytest.raises(TypeError, match="cirq"):
        ql.from_cirq(cirq.X)
