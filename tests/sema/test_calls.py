"""Bodies of subroutines are checked again for what a call makes known; errors carry the calls."""

from collections.abc import Callable

import pytest

from qlang.sema.module import CheckResult
from qlang.syntax.diagnostic import Diagnostic

JOB = "job j { run c(); sample q; }\n"


def errors(result: CheckResult) -> list[Diagnostic]:
    return [each for each in result.diagnostics if each.severity == "error"]


def stack(diagnostic: Diagnostic) -> list[str]:
    return [call.span.text for call in diagnostic.calls()]


@pytest.mark.parametrize(
    ("definitions", "body", "code", "calls"),
    [
        ("def f(qubit[] a) { x a[5]; }", "f(q);", "QJ0401", ["f(q)"]),
        ("def f(qubit[] a) { x a[5]; }", "f q;", "QJ0401", ["f q;"]),
        ("def f(qubit[4] a, int k) { x a[k]; }", "f(q, 4);", "QJ0401", ["f(q, 4)"]),
        ("def f(qubit[] a) { for int i in [0:sizeof(a)-1] { cx a[i], a[i+1]; } }", "f(q);", "QJ0401", ["f(q)"]),
        ("def f(qubit[] a, int k) { cx a[0], a[k]; }", "f(q, 0);", "QJ0402", ["f(q, 0)"]),
        ("def f(qubit[] a, qubit[] b) { cx a, b; }", "f(q[0:1], q[2:2]);", "QJ0403", ["f(q[0:1], q[2:2])"]),
        ("def f(qubit[] a) { bit[2] m; m = measure a; }", "f(q);", "QJ0404", ["f(q)"]),
        ("def f(int n) { bit[n] m; m[2] = 1; }", "f(2); x q;", "QJ0311", ["f(2)"]),
        (
            "def f(qubit[] a) { x a[3]; } def g(qubit[] a) { f(a[0:2]); }",
            "g(q);",
            "QJ0401",
            ["f(a[0:2])"],
        ),
        (
            "def f(qubit[] a) { x a[3]; } def g(qubit[] a, int k) { f(a[0:k]); }",
            "g(q, 2);",
            "QJ0401",
            ["f(a[0:k])", "g(q, 2)"],
        ),
        ("def f(qubit[] a, int k) { x a[k]; }", "for int i in [0:4] { f(q, i); }", "QJ0401", ["f(q, i)"]),
    ],
)
def test_a_call_shows_what_its_sizes_and_numbers_break(
    checked: Callable[..., CheckResult], definitions: str, body: str, code: str, calls: list[str]
) -> None:
    (error,) = errors(checked(f"{definitions}\ncircuit c() {{ qubit[4] q; {body} }}\n{JOB}"))
    assert error.code == code
    assert stack(error) == calls


@pytest.mark.parametrize(
    ("definitions", "body"),
    [
        ("def f(qubit[] a) { x a[3]; }", "f(q);"),
        ("def f(qubit[] a) { if (sizeof(a) > 5) { x a[5]; } }", "f(q);"),
        ("def f(qubit[] a) { x a[5]; }", "if (false) { f(q); } x q;"),
        ("def f(qubit[] a, int k) { while (k > 0) { k -= 1; x a[k]; } }", "f(q, 4);"),
        ("def f(qubit[] a, int k) { if (k > 0) { x a[k - 1]; } }", "f(q, 0);"),
        ("def f(qubit[] a) -> bit[4] { bit[sizeof(a)] m = measure a; return m; }", "bit[4] m = f(q);"),
        ("def f(qubit[] a, int k) { x a[k]; }", "for int i in [0:3] { f(q, i); }"),
        ("def f(qubit[] a, int k) { ctrl(k) @ x a[0], a[1]; }", "f(q, 1);"),
    ],
)
def test_what_a_call_does_not_break_is_right(checked: Callable[..., CheckResult], definitions: str, body: str) -> None:
    assert errors(checked(f"{definitions}\ncircuit c() {{ qubit[4] q; {body} }}\n{JOB}")) == []


def test_a_circuit_of_unknown_size_is_checked_with_its_job(checked: Callable[..., CheckResult]) -> None:
    text = "def f(qubit[] a) { x a[5]; }\ncircuit c(int n) { qubit[n] q; f(q); }\njob j { run c(n = 4); sample q; }\n"
    (error,) = errors(checked(text))
    assert (error.code, stack(error)) == ("QJ0401", ["f(q)", "run c(n = 4);"])
    assert errors(checked(text.replace("n = 4", "n = 6"))) == []


def test_a_body_with_mistakes_of_its_own_is_not_checked_again(checked: Callable[..., CheckResult]) -> None:
    text = f"def f(qubit[] a) {{ y2 a; x a[5]; }}\ncircuit c() {{ qubit[4] q; f(q); }}\n{JOB}"
    (error,) = errors(checked(text))
    assert error.calls() == ()


def test_many_calls_are_checked_in_time(checked: Callable[..., CheckResult]) -> None:
    """Each level calls the next with two numbers: 2^24 ways down, of which few are tried."""
    levels = "".join(
        f"def f{k}(qubit[] a, int n) {{ f{k - 1}(a, n); f{k - 1}(a, n + {2 ** (k - 1)}); }}\n" for k in range(1, 25)
    )
    text = f"def f0(qubit[] a, int n) {{ x a; }}\n{levels}circuit c() {{ qubit[4] q; f24(q, 0); }}\n{JOB}"
    assert errors(checked(text)) == []


def test_openqasm_has_no_registers_of_any_size(found: Callable[..., list[str]]) -> None:
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ndef f(qubit[] a) { x a; }\nqubit[2] q;\nf(q);\n'
    assert found(text, "test.qasm") == ["QJ0509@3"]
    assert found(text.split("\n", 2)[2], "test.qjob") == []


@pytest.mark.parametrize(
    "body",
    [
        "for int i in [0:9] { x q[i]; if (i == 3) { break; } }",
        "for int i in [0:9] { x q[i]; if (i == 3) { end; } }",
        "for int i in [0:9] { for int j in [0:9] { x q[j]; if (j == 3) { end; } } x q[i]; }",
        "for int i in [0:9] { x q[i]; stop(i); }",
        "for int i in [0:9] { x q[i]; while (true) { if (i == 3) { end; } break; } }",
    ],
)
def test_a_loop_that_may_be_left_may_not_reach_its_end(checked: Callable[..., CheckResult], body: str) -> None:
    stop = "def stop(int i) { if (i == 3) { end; } }\n"
    assert errors(checked(f"{stop}circuit c() {{ qubit[4] q; {body} }}\n{JOB}")) == []


@pytest.mark.parametrize(
    "body",
    [
        "for int i in [0:9] { x q[i]; if (i == 3) { continue; } }",
        "for int i in [0:9] { x q[i]; for int j in [0:3] { break; } }",
        "for int i in [0:9] { x q[i]; go(i); }",
    ],
)
def test_a_loop_that_goes_on_reaches_its_end(checked: Callable[..., CheckResult], body: str) -> None:
    go = "def go(int i) { for int j in [0:i] { if (j == 3) { break; } } }\n"
    found = errors(checked(f"{go}circuit c() {{ qubit[4] q; {body} }}\n{JOB}"))
    assert [each.code for each in found] == ["QJ0401"]
