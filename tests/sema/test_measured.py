"""What is said of qubits after their measurement, and what is left alone."""

from collections.abc import Callable

import pytest

from qlang.sema.check import check
from qlang.sema.loader import StandardLoader
from qlang.syntax.parser import parse
from qlang.syntax.source import Source

HEAD = "def fresh(qubit a) -> bit { reset a; h a; return 0; }\ncircuit c() { qubit[3] q; bit[3] b; h q; "
JOB = " }\njob j { run c(); expect x = X(q[0]); }\n"

FINE = {
    "a correction by the outcome": "b = measure q; if (b[0]) { x q[0]; } if (b[1]) { h q[0]; }",
    "a gate in a loop": "b = measure q; for int i in [0:2] { h q[i]; }",
    "a reset in a loop": "b = measure q; for int i in [0:2] { reset q[i]; } h q;",
    "a subroutine": "b[0] = measure q[0]; b[1] = fresh(q[0]); h q[0];",
    "a reset of an alias": "let a = q[0:1]; b[0:1] = measure a; reset a; h q[0];",
    "a reset of joined parts": "let a = q[0] ++ q[2]; b = measure q; reset a; h q[0]; h q[2];",
    "measured again": "b[0] = measure q[0]; if (b[0]) { x q[0]; } h q[0]; b[1] = measure q[0]; reset q[0];",
    "measured in one branch": "if (b[1]) { b[0] = measure q[0]; } h q[0];",
    "measured in a round before": "for int i in [0:2] { h q[0]; b[0] = measure q[0]; reset q[0]; }",
}


@pytest.mark.parametrize("title", FINE)
def test_left_alone(title: str, found: Callable[..., list[str]]) -> None:
    assert found(HEAD + FINE[title] + JOB) == []


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("b[0] = measure q[0]; h q[0];", ["QJ1015@2"]),
        ("b[0] = measure q[0];", ["QJ1016@3"]),
        ("for int i in [0:2] { b[i] = measure q[i]; }", ["QJ1016@3"]),
        ("for int i in [0:2] { b[i] = measure q[i]; } h q[0];", ["QJ1015@2"]),
        ("let a = q[0:1]; b[0:1] = measure a; cx q[2], q[1];", ["QJ1015@2", "QJ1016@3"]),
        ("b = measure q; b[1] = fresh(q[1]); h q[2];", ["QJ1015@2", "QJ1016@3"]),
    ],
)
def test_warned_of(body: str, codes: list[str], found: Callable[..., list[str]]) -> None:
    assert found(HEAD + body + JOB) == codes


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("for int i in [0:1] { x q[0]; b[0] = measure q[0]; }", ["x q[0];"]),
        ("while (b[1]) { x q[0]; b[0] = measure q[0]; }", ["x q[0];"]),
        ("for int i in [0:1] { reset q[0]; x q[0]; b[0] = measure q[0]; }", []),
        ("for int i in [0:2] { b[i] = measure q[i]; } x q[1]; x q[1];", ["x q[1];", "x q[1];"]),
        ("b[0] = measure q[0]; if (b[0]) { x q[0]; }", ["x q[0];"]),
    ],
)
def test_forbidden_by_a_target(body: str, wrong: list[str]) -> None:
    """A target without reuse forbids gates in later rounds and in branches, too."""
    source = Source("test.qjob", f"circuit c() {{ qubit[3] q; bit[3] b; h q; {body} }}\n")
    diagnostics = check(parse(source).program, source, StandardLoader(), 3, forbid_reuse=True).diagnostics
    assert [each.span.text for each in diagnostics if each.code == "QJ0405"] == wrong
