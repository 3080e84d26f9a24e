"""Did you mean."""

import pytest

from qlang.sema.gate_files import standard_gates
from qlang.sema.suggestions import suggest

GATES = [*standard_gates("prelude.qjob").names, *standard_gates("stdgates.inc").names]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("cnot", "cx"),
        ("CNOT", "cx"),
        ("toffoli", "ccx"),
        ("Hadamard", "h"),
        ("hadamard", "h"),
        ("ccxx", "ccx"),
        ("swpa", "swap"),
        ("RZZ", "rzz"),
        ("H", "h"),
        ("identity", "id"),
        ("fredkin", "cswap"),
        ("sdag", "sdg"),
        ("q", None),
        ("quantum_fourier", None),
    ],
)
def test_gates(written: str, meant: str | None) -> None:
    assert suggest(written, GATES) == meant
