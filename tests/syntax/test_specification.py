"""Agreement with the reference parser of OpenQASM 3 (`openqasm3`) on snippets for each rule of the grammar."""

from pathlib import Path

import openqasm3
import pytest
from openqasm3.parser import QASM3ParsingError

from qlang.syntax.parser import parse
from qlang.syntax.source import Source

SNIPPETS = Path(__file__).with_name("specification.txt")


def snippets() -> list[tuple[str, str]]:
    """Rule and snippet."""
    found, rule = [], ""
    for line in SNIPPETS.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            rule = line[3:]
        elif line and rule:
            found.append((rule, line.replace("⏎", "\n")))
    return found


def reference_takes(text: str) -> bool:
    try:
        openqasm3.parse(text)
    except QASM3ParsingError:
        return False
    except (AttributeError, TypeError):
        return True  # the grammar took it; some nodes of old forms the reference cannot build
    return True


def we_take(text: str) -> bool:
    return not parse(Source("t.qasm", text)).diagnostics


EXTENSIONS = {
    'if (true) { include "x.inc"; }': "refused by the checker, which says where it belongs",
    "pragma": "a pragma without words says nothing",
    "complex[int] c;": "taken as `complex`",
    "x = 0O17;": "the specification has it, the reference only in lower case",
    "x = '01';": "OpenQASM 2 and older texts quote either way",
    "x = 5h;": "units of job terms",
    "x = 5min;": "units of job terms",
    "x = +a;": "the sign that changes nothing",
    "x = a b;": "a subroutine called in the older way, `f q`",
    "x = not a;": "the same, in form; the checker knows no `not`",
    "x = pow(2, 3);": "the specification's function, which the reference takes for the modifier",
    "f(x) = 5;": "refused by the checker",
    "if (a) gate g q { }": "refused by the checker, which says where definitions belong",
    "if (a) qubit q;": "refused by the checker, which says where qubits are declared",
    "if (a) { qubit q; }": "as above",
    "if (a) { def f() { } }": "as above",
    "def f() -> bit { qubit q; return measure q; }": "as above",
    "break;": "refused by the checker, which looks for the loop",
    "continue;": "as above",
    "return;": "refused by the checker, which looks for the subroutine",
    "return 5;": "as above",
    "def f(array[int[8], 4] a) { }": "arrays without `readonly` are read only",
    "opaque g q;": "OpenQASM 2",
    "opaque g(a) q, r;": "OpenQASM 2",
}
"""Snippets that we take and the reference refuses, and why; there are none the other way round."""


@pytest.mark.parametrize(("rule", "text"), [pytest.param(*each, id=each[1][:40]) for each in snippets()])
def test_we_take_what_the_reference_takes(rule: str, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert we_take(text) == (reference_takes(text) or text in EXTENSIONS), rule


def test_the_extensions_are_extensions() -> None:
    texts = {text for _, text in snippets()}
    assert EXTENSIONS.keys() <= texts
    assert not any(map(reference_takes, EXTENSIONS))
