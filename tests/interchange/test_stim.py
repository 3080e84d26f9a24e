"""Stim circuits in and out.

Unitaries are compared as `stim.Tableau`s, so up to a global phase; records by sampling where they are random, and
exactly where they are not.
"""

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator

import qlang as ql
from tests.compiler.programs import distribution

UNITARY = sorted(name for name, data in stim.gate_data().items() if data.is_unitary and not name.startswith("SPP"))
ONE = [name for name in UNITARY if stim.gate_data(name).is_single_qubit_gate]
TWO = [name for name in UNITARY if stim.gate_data(name).is_two_qubit_gate]


def there_and_back(text: str) -> stim.Circuit:
    return stim.Circuit(ql.from_stim(text).to_stim())


def same_tableau(left: stim.Circuit, right: stim.Circuit, size: int) -> bool:
    pad = "".join(f"I {k}\n" for k in range(size))
    return stim.Tableau.from_circuit(stim.Circuit(pad) + left) == stim.Tableau.from_circuit(stim.Circuit(pad) + right)


@pytest.mark.parametrize("name", UNITARY)
def test_every_unitary_gate_and_its_aliases(name: str) -> None:
    for alias in stim.gate_data(name).aliases:
        text = f"{alias} {'1 0' if name in TWO else '0'}"
        assert same_tableau(stim.Circuit(text), there_and_back(text), 2)


@pytest.mark.parametrize("name", ["SPP X0*!Y1*Z2", "SPP_DAG Z0*X1 Y2", "SPP !X1"])
def test_roots_of_pauli_products(name: str) -> None:
    assert same_tableau(stim.Circuit(name), there_and_back(name), 3)


@st.composite
def clifford_circuits(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 25))):
        if draw(st.booleans()):
            lines.append(f"{draw(st.sampled_from(ONE))} {draw(st.integers(0, 3))}")
        else:
            first = draw(st.integers(0, 3))
            second = draw(st.integers(0, 3).filter(lambda k, first=first: k != first))  # type: ignore[misc]  # defaults
            lines.append(f"{draw(st.sampled_from(TWO))} {first} {second}")
    return "\n".join(lines)


@settings(max_examples=30, deadline=None)
@given(clifford_circuits())
def test_random_clifford_circuits(text: str) -> None:
    assert same_tableau(stim.Circuit(text), there_and_back(text), 4)


def outcomes(text: str, register: str = "rec") -> dict[int, float]:
    return {value: p for value, p in distribution(ql.from_stim(text).text)[register].items() if p > 1e-12}


DETERMINISTIC = """
RX 0
RY 1
X 2
MX 0 !0
MY 1
MZ !2 2
MRX 0
MR 2
M 2
MXX 0 3
CX rec[-1] 3 2 3
XCZ 3 rec[-6]
MZZ 2 !3
MPP X0*!Z2 Z2*Z3
REPEAT 3 {
    X 2
    MR 2
    REPEAT 2 {
        CX rec[-1] 3
        M 3
    }
}
CZ rec[-1] 0
Y 1
MY 1
DETECTOR(1, 2) rec[-1] rec[-2]
OBSERVABLE_INCLUDE(1) rec[-1] rec[-3]
OBSERVABLE_INCLUDE(1) rec[-2]
"""
"""Every measurement has one possible outcome, but for MXX of a product state."""


def test_measurements_resets_and_feedback() -> None:
    """Our exact outcomes are those that Stim samples."""
    sampled = {
        sum(1 << k for k, bit in enumerate(shot) if bit)
        for shot in stim.Circuit(DETERMINISTIC).compile_sampler(seed=1).sample(200)
    }
    assert set(outcomes(DETERMINISTIC)) == sampled
    circuit = stim.Circuit(DETERMINISTIC)
    detections, flips = circuit.compile_detector_sampler(seed=1).sample(10, separate_observables=True)
    assert not detections.any() and not flips.any()  # Stim reports flips against its reference sample


def test_detectors_are_parities_of_the_record() -> None:
    text = "X 0\nM 0 1\nDETECTOR rec[-1] rec[-2]\nDETECTOR rec[-1]\nOBSERVABLE_INCLUDE(0) rec[-2]\n"
    assert outcomes(text, "det") == {1: pytest.approx(1.0)}
    assert outcomes(text, "obs") == {1: pytest.approx(1.0)}


def test_records_survive_both_ways() -> None:
    text = "H 0\nCX 0 1\nM 0\nCX rec[-1] 1\nM 1\n"
    again = there_and_back(text)
    assert {tuple(map(bool, shot)) for shot in again.compile_sampler(seed=3).sample(50)} == {
        (False, False),
        (True, False),
    }


def test_repeats_stay_loops() -> None:
    program = ql.from_stim("H 0\nREPEAT 1000000000000 {\n  S 0\n  CX 0 1\n}\n")
    assert "for int k in [0:999999999999] {" in program.text
    assert "REPEAT 1000000000000 {" in program.to_stim()
    again = there_and_back("M 1\nREPEAT 5 {\n  M 0\n  CX rec[-1] 1\n  M 1\n}\nCX rec[-3] 2\n")
    assert "REPEAT 5 {" in str(again) and again.num_measurements == 11
    assert "CX rec[-1] 1" in str(again) and "CX rec[-3] 2" in str(again)


def test_loops_of_ours_become_repeats_where_turns_are_equal() -> None:
    loops = "for int i in [0:9] { s q[0]; } for int i in [0:2] { h q[i]; }"
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; ' + loops
    stim_text = ql.compile(text, "x.qasm").to_stim()
    assert "REPEAT 10 {" in stim_text and stim_text.count("REPEAT") == 1
    assert stim_text.endswith("H 0\nH 1\nH 2\n")


def test_clifford_angles_are_recognised() -> None:
    text = """OPENQASM 3.0; include "stdgates.inc"; qubit[2] q;
      rz(pi/2) q[0]; rx(-pi/2) q[0]; ry(5*pi/2) q[1]; p(pi) q[0]; cp(pi) q[0], q[1]; crz(pi) q[0], q[1];
      crx(-pi) q[0], q[1]; cry(3*pi) q[1], q[0]; U(pi/2, 0, pi) q[0]; u3(pi, 0.3, 0.3 + pi/2) q[1];"""
    program = ql.compile(text, "x.qasm")
    ours = stim.Tableau.from_circuit(stim.Circuit(program.to_stim()))
    a, b = ours.to_unitary_matrix(endian="little"), Operator(program.to_qiskit()).data
    assert abs(abs(np.vdot(a, b)) - 4) < 1e-5


@pytest.mark.parametrize(
    ("text", "code", "words", "line"),
    [
        ("H 0\nDEPOLARIZE1(0.1) 0", "QJ0907", "`DEPOLARIZE1`", 2),
        ("M(0.1) 0", "QJ0907", "measurement noise", 1),
        ("MPAD 0 1", "QJ0907", "`MPAD`", 1),
        ("CX sweep[0] 1", "QJ0907", "sweep", 1),
        ("FOO 1", "QJ0911", "no gate `FOO`", 1),
        ("H 0\n\nREPEAT 3 {\n H 0", "QJ0911", "not closed", 3),
        ("}", "QJ0911", "without a `REPEAT`", 1),
        ("REPEAT 0 {\nH 0\n}", "QJ0911", "the count", 1),
        ("REPEAT 99999999999999999999999 {\nH 0\n}", "QJ0911", "the count", 1),
        ("CX 0 0", "QJ0911", "same qubit twice", 1),
        ("CX 0 1 2", "QJ0911", "pairs", 1),
        ("H -1", "QJ0911", "no target", 1),
        ("H 99999999999", "QJ0907", "qubits", 1),
        ("CX rec[-1] 0", "QJ0911", "before the first measurement", 1),
        ("MPP X0*X0", "QJ0907", "same qubit twice", 1),
        ("REPEAT 1000000000000 {\n M 0\n}", "QJ0907", "a record of more than", 1),
        ("H 0 {", "QJ0911", "no block", 1),
        ("\x00", "QJ0911", "no instruction", 1),
        ("REPEAT 2 {\n" * 80 + "H 0\n" + "}\n" * 80, "QJ0907", "deeper than", 61),
    ],
)
def test_bad_texts_have_a_place(text: str, code: str, words: str, line: int) -> None:
    with pytest.raises(ql.CompileError) as caught:
        ql.from_stim(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code and words in diagnostic.message()
    assert diagnostic.span.source.line_column(diagnostic.span.start)[0] in (line, 1)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("t q[0];", "`t`"),
        ("rz(0.3) q[0];", "`rz(0.3)`"),
        ("ctrl(2) @ x q[0], q[1], q[2];", "`ccx`"),
        ("if (c[0]) { h q[0]; }", "`h` under a condition"),
        ("delay[10ns] q[0];", "`delay`"),
        ("c[0] = measure q[0]; c[1] = measure q[1]; if (c == 3) { x q[0]; }", "this condition"),
        ("while (c[0]) { c[0] = measure q[0]; }", "`while`"),
    ],
)
def test_what_stim_cannot_say_is_named(body: str, words: str) -> None:
    text = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[2] c; c = measure q[0:1];\n' + body
    with pytest.raises(ql.CompileError) as caught:
        ql.compile(text, "x.qasm").to_stim()
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "QJ0908" and words in diagnostic.message()
    assert diagnostic.span.source.line_column(diagnostic.span.start)[0] == 2


def test_a_hundred_thousand_gates() -> None:
    text = "H 0\nCX 0 1\n" * 50_000
    assert len(ql.from_stim(text).text.splitlines()) == 100_003


@pytest.mark.parametrize("condition", ["c[0]", "!c[0]", "c[0] == c[1]", "c[0] != c[1]", "!(c[0] == c[1])"])
def test_conditions_on_parities(condition: str) -> None:
    """The same outcomes, sampled by Stim, as our executor finds possible; both with and without an `else`."""
    text = f"""OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[2] c; bit[1] d;
      h q[0]; h q[1]; c = measure q[0:1]; if ({condition}) {{ x q[2]; }} else {{ z q[2]; }} d[0] = measure q[2];"""
    shots = stim.Circuit(ql.compile(text, "x.qasm").to_stim()).compile_sampler(seed=5).sample(200)
    found = {"".join(map(str, map(int, shot))) for shot in shots}
    joined = text.replace("bit[1] d;", "bit[3] all;").replace(
        "d[0] = measure q[2];", "all[0:1] = c; all[2] = measure q[2];"
    )
    exact = distribution(joined)["all"]
    assert found == {format(value, "03b")[::-1] for value, p in exact.items() if p > 1e-9}
