"""Gates and subroutines that call themselves: the circle is shown, once."""

from collections.abc import Callable

import pytest

from qlang.sema.module import CheckResult

JOB = "circuit c() { qubit q; x q; }\njob j { run c(); sample q; }\n"


@pytest.mark.parametrize(
    ("definitions", "span", "calls"),
    [
        ("def f(qubit a) { f(a); }", "f(a)", []),
        ("def f(qubit a) { f a; }", "f a;", []),
        ("def f(int n) -> int { return n * f(n - 1); }", "f(n - 1)", []),
        ("def f(qubit a) { g(a); } def g(qubit a) { f(a); }", "f(a)", ["g(a)"]),
        (
            "def f(qubit a) { g(a); } def g(qubit a) { h1(a); } def h1(qubit a) { if (true) { f(a); } }",
            "f(a)",
            ["h1(a)", "g(a)"],
        ),
        ("gate g a { g a; }", "g a;", []),
        ("gate g a { h2 a; } gate h2 a { inv @ g a; }", "inv @ g a;", ["h2 a;"]),
    ],
)
def test_a_circle_is_shown(checked: Callable[..., CheckResult], definitions: str, span: str, calls: list[str]) -> None:
    (found,) = [each for each in checked(f"{definitions}\n{JOB}").diagnostics if each.severity == "error"]
    assert (found.code, found.span.text) == ("QJ0510", span)
    assert [call.span.text for call in found.calls()] == calls


@pytest.mark.parametrize(
    ("definitions", "code"),
    [
        ("def f(qubit a) { g(a); } def g(qubit a) { x a; }", "QJ0206"),
        ("gate g a { h2 a; } gate h2 a { x a; }", "QJ0206"),
    ],
)
def test_a_call_ahead_that_does_not_come_back_is_none(
    found: Callable[..., list[str]], definitions: str, code: str
) -> None:
    assert found(f"{definitions}\n{JOB}") == [f"{code}@1"]
