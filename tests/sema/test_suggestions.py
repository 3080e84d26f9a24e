"""Did you mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.sema.gate_files import standard_gates
from qlang.sema.suggestions import distance, suggest

GATES = [*standard_gates("prelude.qjob").names, *standard_gates("stdgates.inc").names]
words = st.text("abcx", max_size=5)


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


@given(words, words)
def test_the_distance_is_that_of_edits(left: str, right: str) -> None:
    assert distance(left, right, 99) == distance(right, left, 99) == _slow(left, right)
    assert distance(left, right, 1) == min(_slow(left, right), distance(left, right, 1))


def _slow(left: str, right: str) -> int:
    """Optimal string alignment, straight from its definition."""
    if not left or not right:
        return len(left) + len(right)
    best = min(
        _slow(left[:-1], right) + 1,
        _slow(left, right[:-1]) + 1,
        _slow(left[:-1], right[:-1]) + (left[-1] != right[-1]),
    )
    if len(left) > 1 and len(right) > 1 and left[-1] == right[-2] and left[-2] == right[-1]:
        best = min(best, _slow(left[:-2], right[:-2]) + 1)
    return best
