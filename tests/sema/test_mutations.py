"""Whatever the text, checking ends with diagnostics, never with an exception."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.sema.module import CheckResult

ROOT = Path(__file__).parents[2]
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


def texts() -> list[tuple[str, str]]:
    files = [*(ROOT / "examples").glob("*.qjob"), *(ROOT / "tests" / "data" / "openqasm3-examples").glob("*.qasm")]
    bad = [path for path in (ROOT / "tests" / "ui").glob("*/*.q*") if path.parent.name != "files"]
    return [(path.name, path.read_text(encoding="utf-8", errors="replace")) for path in sorted([*files, *bad])]


TEXTS = texts()
WORDS = sorted({word for _, text in TEXTS for word in _TOKEN.findall(text) if not word.isspace()})


def mutated(text: str, choice: random.Random) -> str:
    """The text with one to three words removed, doubled or replaced."""
    words = _TOKEN.findall(text)
    for _ in range(choice.randint(1, 3)):
        place = choice.randrange(len(words))
        kind = choice.random()
        if kind < 0.3:
            del words[place]
        elif kind < 0.5:
            words.insert(place, words[place])
        else:
            words[place] = choice.choice(WORDS)
    return "".join(words)


@pytest.mark.parametrize("seed", range(10))
def test_mutated_programs(seed: int, checked: Callable[..., CheckResult]) -> None:
    choice = random.Random(seed)
    for _ in range(60):
        name, text = choice.choice(TEXTS)
        for each in checked(mutated(text, choice), name, references=True).diagnostics:
            assert each.message()
            assert 0 <= each.span.start <= each.span.end <= len(each.span.source.text)
            each.label()
            list(each.secondary()), list(each.notes()), list(each.helps()), list(each.fixes())


@pytest.mark.parametrize(
    "text",
    [
        "circuit c() { qubit q; rx(" + "+".join(["1"] * 5000) + ") q; }",
        "circuit c() { qubit q; h q; }\njob j { run c(); expect z = " + " + ".join(["Z(q)"] * 5000) + "; }",
        "observable o0(qubit q) = Z(q);"
        + "".join(f"observable o{k + 1}(qubit q) = o{k}(q);" for k in range(60))
        + "circuit c() { qubit q; h q; }\njob j { run c(); expect z = o60(q); }",
        "circuit c() { qubit[4] q; h q; let a0 = q;"
        + "".join(f"let a{k + 1} = a{k} ++ q[0:0];" for k in range(500))
        + "}",
        "circuit c() { qubit[1000000] q; h q; cx q[0:499999], q[500000:999999]; }",
    ],
    ids=["long sum", "long observable", "chain of observables", "chain of aliases", "large registers"],
)
def test_long_and_large_programs(text: str, checked: Callable[..., CheckResult]) -> None:
    assert checked(text).ok
