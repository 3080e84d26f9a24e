"""PennyLane tapes and QNodes in: matrices, global phase included, PennyLane's first wire most significant."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import Operator

import qlang as ql
from tests.compiler.programs import distribution

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pennylane as qml


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs are recorded, and keys made, in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield


def tape_of(operations: Callable[[], Any], wires: int = 4) -> Any:
    with qml.queuing.AnnotatedQueue() as queue:
        for wire in range(wires):
            qml.Identity(wire)
        operations()
    return qml.tape.QuantumScript.from_queue(queue)


LAYERS = np.random.default_rng(1).uniform(size=(2, 4, 3))
CASES: dict[str, Callable[[], Any]] = {
    "fixed": lambda: [gate(0) for gate in (qml.X, qml.Y, qml.Z, qml.H, qml.S, qml.T, qml.SX)],
    "pairs": lambda: [
        gate([0, 1]) for gate in (qml.CNOT, qml.CZ, qml.CY, qml.CH, qml.SWAP, qml.ISWAP, qml.ECR, qml.SISWAP)
    ],
    "triples": lambda: [gate([2, 0, 1]) for gate in (qml.CSWAP, qml.Toffoli, qml.CCZ)],
    "rotations": lambda: [
        qml.Rot(0.1, 0.2, 0.3, 0),
        qml.U1(0.3, 1),
        qml.U2(0.2, 0.4, 2),
        qml.U3(0.1, 0.2, 0.3, 3),
        qml.PhaseShift(0.4, 0),
        qml.RX(0.1, 0),
        qml.RY(0.2, 1),
        qml.RZ(0.3, 2),
    ],
    "controlled rotations": lambda: [
        qml.CRot(0.1, 0.2, 0.3, [0, 1]),
        qml.CRX(0.1, [0, 1]),
        qml.CRY(0.1, [0, 1]),
        qml.CRZ(0.1, [1, 2]),
        qml.ControlledPhaseShift(0.3, [0, 3]),
    ],
    "two-qubit rotations": lambda: [
        qml.IsingXX(0.1, [0, 1]),
        qml.IsingYY(0.1, [0, 1]),
        qml.IsingZZ(0.1, [0, 1]),
        qml.IsingXY(0.1, [0, 1]),
        qml.PSWAP(0.3, [0, 1]),
    ],
    "many wires": lambda: [
        qml.MultiRZ(0.3, [0, 1, 3]),
        qml.PauliRot(0.4, "XYZ", [0, 1, 2]),
        qml.GlobalPhase(0.3),
        qml.MultiControlledX([0, 1, 2, 3], control_values=[1, 0, 1]),
        qml.DoubleExcitation(0.3, [0, 1, 2, 3]),
    ],
    "adjoint": lambda: [
        qml.adjoint(qml.S(0)),
        qml.adjoint(qml.RX(0.3, 1)),
        qml.adjoint(qml.QFT([0, 1, 2])),
        qml.adjoint(qml.ISWAP([0, 1])),
        qml.adjoint(qml.Rot(0.1, 0.2, 0.3, 0)),
    ],
    "controls": lambda: [
        qml.ctrl(qml.Rot(0.1, 0.2, 0.3, 1), control=[0, 2], control_values=[0, 1]),
        qml.ctrl(qml.adjoint(qml.T(1)), control=0),
        qml.ctrl(qml.QFT([1, 2]), control=3),
        qml.ctrl(qml.GlobalPhase(0.3), control=1),
        qml.ctrl(qml.S(0), [1, 2, 3]),
    ],
    "powers": lambda: [
        qml.pow(qml.X(0), 0.3),
        qml.pow(qml.RX(0.2, 1), 2.5),
        qml.pow(qml.H(1), 0.4),
        qml.pow(qml.QFT([0, 1]), 2),
    ],
    "matrices": lambda: [
        qml.QubitUnitary(np.array([[0, 1j], [1, 0]]), 0),
        qml.QubitUnitary(qml.matrix(qml.QFT([0, 1])), [2, 3]),
        qml.DiagonalQubitUnitary(np.exp(1j * np.arange(4)), [0, 1]),
        qml.exp(qml.X(0) @ qml.Z(1), 0.3j),
        qml.prod(qml.X(0), qml.RZ(0.3, 1)),
    ],
    "templates": lambda: [
        qml.StronglyEntanglingLayers(LAYERS, wires=range(4)),
        qml.TrotterProduct(qml.dot([0.1, 0.2], [qml.X(0), qml.Z(1) @ qml.Z(2)]), 1.0),
        qml.Permute([2, 0, 1, 3], wires=range(4)),
        qml.GroverOperator([0, 1, 2]),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_operations(name: str) -> None:
    tape = tape_of(CASES[name])
    ours = Operator(ql.from_pennylane(tape).to_qiskit().reverse_bits()).data
    assert np.allclose(ours, qml.matrix(tape, wire_order=range(4)), atol=1e-7)


def test_expectation_values_are_pennylanes() -> None:
    @qml.qnode(qml.device("default.qubit"))
    def node(angle: Any) -> Any:
        qml.RX(angle, 0)
        qml.RY(2 * angle, 1)
        qml.CNOT([0, 1])
        qml.StatePrep(np.array([0, 0, 0.6, 0.8j]), wires=[2, 3])
        return qml.expval(qml.Z(0) @ qml.Z(1) - 0.5 * qml.X(2) + 0.25 * qml.I(0)), qml.expval(qml.Y(3) @ qml.X(1))

    angle = qml.numpy.array(0.3, requires_grad=True)
    program = ql.from_pennylane(node, angle)
    assert program.jobs == ("pennylane",)
    found = program.run().expect
    assert [found["e0"].value, found["e1"].value] == pytest.approx([float(v) for v in node(angle)], abs=1e-9)


def test_counts_feedback_and_wires_with_names() -> None:
    @qml.qnode(qml.device("default.qubit", wires=["a", "if", "c"]), shots=20)
    def node() -> Any:
        qml.X("a")
        first = qml.measure("a", reset=True)
        qml.cond(first == 1, qml.X)("if")
        second = qml.measure("if")
        qml.cond(first & ~second, qml.X)("a")
        qml.cond(first & second, qml.X)("c")
        return qml.counts(first), qml.counts()

    program = ql.from_pennylane(node)
    assert program.run(seed=1).counts == {
        "m0": {"1": 20},
        "q": {"110": 20},
    }  # PennyLane writes 011: its first wire leftmost
    assert list(node()[1]) == ["011"]
    assert "// q[1]: wire if" in program.text


def test_a_tape_without_measurements_is_openqasm() -> None:
    tape = qml.tape.QuantumScript([qml.X(3), qml.Barrier([3, 7])], [])
    program = ql.from_pennylane(tape)
    assert program.text.startswith("OPENQASM 3.0;") and "barrier q[0], q[1];" in program.text
    assert distribution(program.text + "bit[2] c; c = measure q;")["c"] == {1: pytest.approx(1.0)}
    assert ql.from_pennylane(qml.tape.QuantumScript([], [])).text.splitlines()[0] == "OPENQASM 3.0;"


@pytest.mark.parametrize(
    ("operations", "measurements", "code", "words"),
    [
        (lambda: [qml.RX(np.array([0.1, 0.2]), 0)], lambda: [], "QJ0909", "batch"),
        (lambda: [qml.RX(float("nan"), 0)], lambda: [], "QJ0910", "nan"),
        (lambda: [qml.RX("a", 0)], lambda: [], "QJ0909", "RX"),
        (lambda: [qml.DepolarizingChannel(0.1, 0)], lambda: [], "QJ0907", "DepolarizingChannel"),
        (lambda: [qml.X(0)], lambda: [qml.var(qml.X(0))], "QJ0907", "Variance"),
        (lambda: [qml.X(0)], lambda: [qml.vn_entropy(0)], "QJ0907", "VnEntropy"),
        (lambda: [], lambda: [qml.expval(qml.Hermitian(np.eye(2), 0))], "QJ0907", "Hermitian"),
        (lambda: [qml.measurements.MidMeasureMP(0, postselect=1)], lambda: [], "QJ0907", "postselection"),
    ],
)
def test_refusals(operations: Callable[[], Any], measurements: Callable[[], Any], code: str, words: str) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.from_pennylane(qml.tape.QuantumScript(operations(), measurements()))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code and words in diagnostic.message()


def test_a_tape_takes_no_arguments() -> None:
    with pytest.raises(TypeError, match="no arguments"):
        ql.from_pennylane(qml.tape.QuantumScript([], []), 3)
    with pytest.raises(TypeError, match="pennylane"):
        ql.from_pennylane(qml.X(0))
