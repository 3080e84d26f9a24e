"""A home of its own for every session of tests, and diagnostics made to order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Source, Span


@pytest.fixture(scope="session")
def session_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def own_home(session_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or makes keys of whoever runs the tests."""
    monkeypatch.setenv("HOME", str(session_home))
    monkeypatch.setenv("XDG_STATE_HOME", str(session_home / "state"))


@dataclass(frozen=True)
class Sample(Diagnostic):
    code = "QJ0203"
    title = "{what}"
    explanation = "A diagnostic of the tests."

    what: str = "something is wrong"
    under: str = ""
    others: tuple[Label, ...] = ()
    facts: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    repairs: tuple[Fix, ...] = ()

    def label(self) -> str:
        return self.under

    def secondary(self) -> Iterable[Label]:
        return self.others

    def notes(self) -> Iterable[str]:
        return self.facts

    def helps(self) -> Iterable[str]:
        return self.ways

    def fixes(self) -> Iterable[Fix]:
        return self.repairs


@dataclass(frozen=True)
class SampleWarning(Sample):
    code = "QJ1002"
    severity = "warning"


class Maker:
    """Makes spans by the text that they cover."""

    diagnostic = Sample
    warning = SampleWarning
    label = Label
    fix = Fix
    edit = Edit

    @staticmethod
    def span(source: Source, text: str, occurrence: int = 0) -> Span:
        start = -1
        for _ in range(occurrence + 1):
            start = source.text.index(text, start + 1)
        return Span(source, start, start + len(text))


@pytest.fixture(scope="session")
def make() -> type[Maker]:
    return Maker
