"""Gates are suggested for the names of other libraries only where the matrices are the same."""

from collections.abc import Callable

import numpy as np
import pytest

from qlang.sema.foreign_names import GATES, INSTEAD, WORDS
from qlang.sema.gate_files import PRELUDE, STANDARD_GATES, standard_gates
from qlang.sema.module import CheckResult
from qlang.sema.suggestions import elsewhere, plain, suggest
from qlang.sema.symbols import GateSymbol
from qlang.syntax.spelling import Uncertain
from tests.sema.test_standard_gates import unitary

OURS = {**standard_gates(STANDARD_GATES).names, **standard_gates(PRELUDE).names}
ANGLE = 0.37


def ours(name: str) -> np.ndarray:
    gate = OURS[name]
    assert isinstance(gate, GateSymbol)
    return unitary(gate, (ANGLE, -1.2, 2.5)[: gate.parameters])


@pytest.mark.slow
def test_pennylanes_gates_are_ours() -> None:
    import pennylane as qml

    plain_gates = ["Hadamard", "PauliX", "PauliY", "PauliZ", "Identity", "CNOT", "Toffoli"]
    turned = ["PhaseShift", "ControlledPhaseShift", "CPhase", "IsingXX", "IsingYY", "IsingZZ", "U1"]
    for name in plain_gates + turned:
        kind = getattr(qml, name)
        near = next(each for each in GATES[plain(name)] if each in OURS)
        arguments = [ANGLE] if name in turned else []
        matrix = qml.matrix(kind(*arguments, wires=range(kind.num_wires or 1)))
        np.testing.assert_allclose(matrix, ours(near), atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_cirqs_gates_are_ours() -> None:
    import cirq

    for name in ("CNOT", "TOFFOLI", "FREDKIN", "CCNOT"):
        (near,) = GATES[plain(name)]
        np.testing.assert_allclose(cirq.unitary(getattr(cirq, name)), ours(near), atol=1e-12, err_msg=name)
    fsim = ours_of("rxx(0.4) p, q; ryy(0.4) p, q; cp(-0.9) p, q;")
    np.testing.assert_allclose(cirq.unitary(cirq.FSimGate(0.4, 0.9)), fsim, atol=1e-12)


@pytest.mark.slow
def test_what_is_to_be_written_instead_is_the_same() -> None:
    """The words of `INSTEAD` that spell out a gate, against PennyLane's matrices."""
    import pennylane as qml

    a, b, c = 0.4, -1.1, 0.7
    rot = ours_of(f"rz({a}) q; ry({b}) q; rz({c}) q;", 1)
    np.testing.assert_allclose(qml.matrix(qml.Rot(a, b, c, wires=0)), rot, atol=1e-12)
    xy = ours_of(f"rxx({-a / 2}) p, q; ryy({-a / 2}) p, q;")
    np.testing.assert_allclose(qml.matrix(qml.IsingXY(a, wires=[0, 1])), xy, atol=1e-12)
    swapped = ours_of(f"swap p, q; cx p, q; p({a}) q; cx p, q;")
    np.testing.assert_allclose(qml.matrix(qml.PSWAP(a, wires=[0, 1])), swapped, atol=1e-12)


def ours_of(statements: str, qubits: int = 2) -> np.ndarray:
    from qlang.sema.check import check
    from qlang.sema.loader import StandardLoader
    from qlang.syntax.parser import parse
    from qlang.syntax.source import Source

    names = "p, q" if qubits == 2 else "q"
    source = Source("test.qjob", f"gate whole {names} {{ {statements} }}\n")
    module = check(parse(source).program, source, StandardLoader(), 3).module
    gate = module.scope.lookup("whole")
    assert isinstance(gate, GateSymbol)
    return unitary(gate, ())


def test_the_names_of_braket_are_ours() -> None:
    """Braket's V is the root of X, up to no phase; its Si and Ti are inverses (Braket SDK, `circuits/gates.py`)."""
    root = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2
    np.testing.assert_allclose(ours(GATES["v"][0]), root, atol=1e-12)
    np.testing.assert_allclose(ours(GATES["vi"][0]), root.conj().T, atol=1e-12)
    np.testing.assert_allclose(ours(GATES["si"][0]), np.diag([1, -1j]), atol=1e-12)
    np.testing.assert_allclose(ours(GATES["ti"][0]), np.diag([1, np.exp(-0.25j * np.pi)]), atol=1e-12)


def test_the_tables_are_in_plain_form_and_lead_somewhere() -> None:
    for name, targets in GATES.items():
        assert name == plain(name)
        assert any(target in OURS or target == "U" for target in targets), name
    assert all(name == plain(name) for name in (*INSTEAD, *WORDS))


@pytest.mark.parametrize(
    ("written", "known", "meant", "sure"),
    [
        ("CNOT", ["cx", "cy"], "cx", True),
        ("rxxx", ["rxx", "rx"], "rxx", True),
        ("cxx", ["csx", "cx"], "csx", False),
        ("trex", ["readout", "zne"], "readout", False),
        ("hh", ["ch", "h"], "h", True),
        ("sz", ["cz"], None, True),
        ("tehta", ["theta"], "theta", True),
        ("Theta", ["theta", "thetb"], "theta", True),
    ],
)
def test_guesses(written: str, known: list[str], meant: str | None, sure: bool) -> None:
    found = suggest(written, known)
    assert (found, isinstance(found, Uncertain)) == (meant, not sure)


def test_the_shape_of_a_call_decides(checked: Callable[..., CheckResult]) -> None:
    text = "circuit c() {{ qubit[3] q; {} }}"
    for call, meant in [
        ("chh q[0], q[1];", "ch"),
        ("rxxx(0.5) q[0], q[1];", "rxx"),
        ("ccxx q[0], q[1], q[2];", "ccx"),
    ]:
        (diagnostic,) = checked(text.format(call)).diagnostics
        assert [fix.edits[0].text for fix in diagnostic.fixes()] == [meant]


def test_what_has_no_gate_is_explained() -> None:
    assert "pow(t) @ cz" in elsewhere("CZPow")
    assert elsewhere("nothing_known") == ""
