"""Subroutines over registers of any size, and mistakes inside of what is called."""

import pytest

from qlang.compiler.driver import compile_source
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source
from tests.compiler.programs import SEEDED, certain, circuit_of, compiled

CHAIN = """
def chain(qubit[] q) { for int i in [0:sizeof(q)-2] { cx q[i], q[i+1]; } }
def flipped(qubit[] q) -> uint[8] { bit[sizeof(q)] m; x q; m = measure q; uint[8] k = m; return k; }
"""


def run_bits(definitions: str, body: str, size: int = 4) -> int:
    """Run statements on `q` in a `.qjob`, and read all of it."""
    text = f"{definitions}\ncircuit c() {{ qubit[{size}] q; bit[{size}] c;\n{body}\nc = measure q; }}\n"
    return certain(f"{text}job j {{ run c(); sample c; }}\n", "c", "test.qjob")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x q[0]; chain(q);", 0b1111),
        ("x q[0]; chain(q[0:2]);", 0b0111),
        ("x q[3]; chain(q[{3, 1, 0}]);", 0b1011),
        ("x q[3]; let part = q[3:3] ++ q[0:1]; chain(part);", 0b1011),
        ("x q[0]; chain q[0:1];", 0b0011),
        ("chain(q[2]); x q[2];", 0b0100),
        ("uint[8] k = flipped(q[0:1]); if (k == 3) x q[2];", 0b0111),
        ("x q[2]; uint[8] k = flipped(q[1:3]); if (k == 5) x q[0];", 0b1011),
    ],
)
def test_a_subroutine_takes_registers_of_any_size(body: str, expected: int) -> None:
    assert run_bits(CHAIN, body) == expected


def test_a_subroutine_of_any_size_calls_others() -> None:
    nested = f"{CHAIN}\ndef twice(qubit[] a, int k) {{ chain(a[0:k]); chain(a[k:sizeof(a)-1]); }}\n"
    assert run_bits(nested, "x q[0]; twice(q, 1);") == 0b1111


def test_a_single_qubit_and_a_register_of_one_are_what_the_parameter_says() -> None:
    definitions = "def one(qubit a) { x a; }\ndef any(qubit[] a) { x a[sizeof(a) - 1]; }\n"
    assert run_bits(definitions, "one(q[1:1]); any(q[3]);") == 0b1010


def test_the_size_of_a_call_stays_out_of_the_loop_count() -> None:
    def operations(size: int) -> int:
        text = f"{CHAIN}circuit c() {{ qubit[{size}] q; x q[0]; chain(q); }}\njob j {{ run c(); sample q; }}"
        module = circuit_of(compiled(text, "test.qjob"))
        return len(list(module.walk()))

    assert operations(4) == operations(24)


def first_error(text: str) -> Diagnostic:
    found = compile_source(Source("test.qjob", text), SEEDED).diagnostics
    return next(each for each in found if each.severity == "error")


def stack(diagnostic: Diagnostic) -> list[tuple[str, str]]:
    """The calls of a diagnostic: what is called, and the text of the call."""
    return [(call.name, call.span.text) for call in diagnostic.calls()]


def test_a_mistake_at_lowering_carries_the_calls() -> None:
    text = """
def inner(qubit[2] a, int k) { x a[k]; }
def outer(qubit[2] a, int k) { k += 1; inner(a, k); }
circuit c() { qubit[2] q; outer(q, 1); }
job j { run c(); sample q; }
"""
    error = first_error(text)
    assert error.code == "QJ0401"
    assert error.span.text == "k"
    assert stack(error) == [("inner", "inner(a, k)"), ("outer", "outer(q, 1)")]


def test_a_mistake_inside_a_gate_carries_the_gates() -> None:
    text = """
gate half(k) a { pow(k) @ h a; }
gate both(k) a, b { half(k) a; cx a, b; }
def use(qubit[2] a, float t) { bit m = measure a[0]; float k = t; if (m) { k = 0.3; } both(k) a[0], a[1]; }
circuit c() { qubit[2] q; use(q, 0.5); }
job j { run c(); sample q; }
"""
    error = first_error(text)
    assert error.code == "QJ0504"
    assert [name for name, _ in stack(error)] == ["half", "both", "use"]
