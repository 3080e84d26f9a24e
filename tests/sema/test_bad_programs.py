"""Every mistake is found, at its line, once, and nothing else is reported.

`bad_programs.txt` holds programs; `//~ QJ0401` marks the line of an expected diagnostic, `//~^2 QJ0401` a line
that stands two lines higher.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

_MARK = re.compile(r"//~(?:\^(\d+))?((?: QJ\d{4})+)")


def programs() -> Iterator[tuple[str, str]]:
    text = (Path(__file__).parent / "bad_programs.txt").read_text(encoding="utf-8")
    for part in text.split("=== ")[1:]:
        title, _, body = part.partition("\n")
        yield title, body


def expected(text: str) -> list[str]:
    return [
        f"{code}@{number - int(mark.group(1) or 0)}"
        for number, line in enumerate(text.splitlines(), 1)
        for mark in _MARK.finditer(line)
        for code in mark.group(2).split()
    ]


PROGRAMS = dict(programs())


@pytest.mark.parametrize("title", PROGRAMS)
def test_exactly_the_marked_mistakes_are_found(title: str, found: Callable[..., list[str]]) -> None:
    assert sorted(found(PROGRAMS[title])) == sorted(expected(PROGRAMS[title]))


def test_there_are_mistakes_enough() -> None:
    assert sum(len(expected(text)) for text in PROGRAMS.values()) >= 120
