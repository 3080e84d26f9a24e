"""The shipped TextMate grammar and the tables that it is made from.

Python's `re` reads these patterns as the engines of the editors do: they use nothing beyond lookaround.
"""

import re
from pathlib import Path

import pytest

from qlang.compiler.editor.textmate import grammar, text
from qlang.syntax.tables import load

SHIPPED = Path(__file__).parents[2] / "editors" / "vscode" / "syntaxes" / "qjob.tmLanguage.json"


def scope(line: str, word: str) -> str | None:
    """The scope of a word in a line: at every place the first pattern wins, as in TextMate."""
    patterns = [(each["name"], re.compile(each["match"])) for each in grammar()["patterns"] if "match" in each]
    wanted, at = line.index(word), 0
    while at < len(line):
        found = [
            (match.start(), index, match)
            for index, (_, each) in enumerate(patterns)
            if (match := each.search(line, at))
        ]
        if not found:
            return None
        start, index, match = min(found, key=lambda each: each[:2])
        if start <= wanted < match.end():
            return patterns[index][0]
        at = max(match.end(), at + 1)
    return None


def test_the_shipped_grammar_is_the_one_of_the_tables() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == text(), "write it again: see qlang/compiler/editor/textmate.py"


def test_every_keyword_has_a_colour() -> None:
    for word in load().literals:
        if re.fullmatch(r"[A-Za-z]\w+", word):
            assert scope(f"{word}(x)", word), word


@pytest.mark.parametrize(
    ("line", "word", "expected"),
    [
        ("job ising {", "job", "storage.type.definition.qjob"),
        ("  shots 100;", "shots", "keyword.other.job.qjob"),
        ("  backend sim like ibm.guadalupe;", "ibm.guadalupe", "constant.other.device.qjob"),
        ("  cost <= 25 usd;", "25 usd", "constant.numeric.qjob"),
        ("  cost <= 25 usd;", "cost", "support.variable.sla.qjob"),
        ("  rzz(-2*J*dt) q[i], q[i+1]; // ring", "rzz", "support.function.gate.qjob"),
        ("  rzz(-2*J*dt) q[i], q[i+1]; // ring", "ring", "comment.line.double-slash.qjob"),
        ("  qubit[n] shots_left;", "shots_left", None),
        ('label k = "run";', "run", "string.quoted.double.qjob"),
        ("expect e = Z(q[0]);", "Z", "support.function.pauli.qjob"),
        ("if (x) { }", "if", "keyword.control.qjob"),
        ("float π2 = π;", "π;", "constant.language.qjob"),
    ],
)
def test_colours(line: str, word: str, expected: str | None) -> None:
    assert scope(line, word) == expected
