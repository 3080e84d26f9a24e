"""Every token of every example deleted, doubled and replaced, as slips of the hand do it.

The bars: never a crash, at most three reports in 98 % of the cases, and 50 ms each. That there is a report wherever
one is due, test_agreement.py says of samples of the same changes.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from qlang.syntax.lexer import lex
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from tests.syntax.conftest import program_text, programs

EXAMPLE = 12_000
"""Characters of an example; the largest of QASMBench are no texts to be typed."""


def examples() -> dict[str, str]:
    texts = {name: program_text(path) for name, path in programs().items() if not name.endswith(".gz")}
    return {name: text for name, text in texts.items() if len(text) < EXAMPLE}


def changes(text: str, rng: random.Random) -> Iterator[tuple[int, str]]:
    """The place and the changed text: each token deleted, doubled, and replaced by another of the text."""
    tokens = lex(text)
    spelled = tokens.texts[:-1]
    for start, end in zip(tokens.starts[:-1], tokens.ends[:-1], strict=True):
        for put in ("", f"{text[start:end]} {text[start:end]}", rng.choice(spelled)):
            yield start, text[:start] + put + text[end:]


@dataclass
class Found:
    cases: int = 0
    wrong: int = 0
    """Changes that are no program any more."""
    many: int = 0
    """More than three reports."""
    slowest: float = 0.0

    def note(self, text: str) -> None:
        begun = time.process_time()
        diagnostics = parse(Source("t", text)).diagnostics
        spent = time.process_time() - begun
        for _ in range(4):  # an interruption is no work
            if spent > 0.05:
                begun = time.process_time()
                parse(Source("t", text))
                spent = min(spent, time.process_time() - begun)
        self.cases += 1
        self.wrong += bool(diagnostics)
        self.many += len(diagnostics) > 3
        self.slowest = max(self.slowest, spent)

    def __str__(self) -> str:
        share = 100 * (1 - self.many / self.cases)
        return (
            f"{self.cases} changes, {self.wrong} wrong, at most three reports in {share:.2f} %, "
            f"slowest {1e3 * self.slowest:.0f} ms"
        )


def test_samples_of_all_examples() -> None:
    rng, found = random.Random(11), Found()
    for text in examples().values():
        for _, changed in rng.sample(list(changes(text, rng)), 12):
            found.note(changed)
    assert found.wrong > 500
    assert found.many <= 0.02 * found.cases, str(found)
    assert found.slowest < 0.05, str(found)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(8))
def test_every_token_of_every_example(part: int) -> None:
    rng, found = random.Random(12), Found()
    for text in list(examples().values())[part::8]:
        for _, changed in changes(text, rng):
            found.note(changed)
    print(found)
    assert found.many <= 0.02 * found.cases, str(found)
    assert found.slowest < 0.05, str(found)
