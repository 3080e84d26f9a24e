"""OpenQASM 2 by its forms: distributions against Qiskit's reader and state vectors."""

from pathlib import Path

import pytest
from qiskit import qasm2

from tests.compiler.programs import codes, execute
from tests.qasmbench.test_distribution import exact_counts, loaded

INCLUDE = 'OPENQASM 2.0;\ninclude "qelib1.inc";\n'

FILE = Path(__file__).with_name("openqasm2.qasm")
PROGRAMS = {
    part.partition("\n")[0]: part.partition("\n")[2] for part in FILE.read_text(encoding="utf-8").split("//: ")[1:]
}
"""Name → program."""


@pytest.mark.parametrize("name", PROGRAMS)
def test_distributions_agree_with_qiskit(name: str) -> None:
    expected = exact_counts(loaded(PROGRAMS[name]))
    samples = execute(PROGRAMS[name]).samples
    assert {sample.label for sample in samples} == set(expected)
    for sample in samples:
        found = {format(k, f"0{sample.width}b"): p for k, p in (sample.probabilities or {}).items()}
        wanted = {word: p for word, p in expected[sample.label].items() if p > 1e-12}
        assert {word: pytest.approx(p, abs=1e-9) for word, p in wanted.items()} == found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("opaque magic(a) s; qreg q[1]; magic(0.1) q[0];", "QJ0504"),
        ("qreg q[2]; cx q[0];", "QJ0501"),
        ("qreg q[2]; rx q[0];", "QJ0502"),
        ("qreg q[2]; creg c[1]; measure q -> c;", "QJ0404"),
        ("qreg q[2]; cx q[0],q[0];", "QJ0402"),
        ("qreg q[2]; h q[2];", "QJ0401"),
        ("qreg q[2]; g q[0]; gate g a { h a; }", "QJ0206"),
        ("qreg q[2]; creg q[2];", "QJ0202"),
    ],
)
def test_mistakes_that_qiskit_reports_are_reported(text: str, code: str) -> None:
    assert code in codes(INCLUDE + text, "test.qasm")
    if "opaque" not in text:  # Qiskit keeps opaque gates without a matrix
        with pytest.raises((qasm2.QASM2ParseError, TypeError)):
            loaded(INCLUDE + text)
