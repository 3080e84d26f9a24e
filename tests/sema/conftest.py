"""Check a text as the command does: parse, then check."""

from collections.abc import Callable, Mapping

import pytest

from qlang.sema.check import check
from qlang.sema.loader import LoadFailure, StandardLoader
from qlang.sema.module import CheckResult, Module
from qlang.syntax.diagnostic import Diagnostic, errors_of
from qlang.syntax.parser import parse
from qlang.syntax.source import Source


class TextLoader:
    """Files by name, and the standard ones."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files

    def load(self, path: str, importing: Source) -> Source | LoadFailure:
        if path in self.files:
            return Source(path, self.files[path])
        return StandardLoader().load(path, importing)


def checked_text(
    text: str, name: str = "test.qjob", files: Mapping[str, str] | None = None, references: bool = False
) -> CheckResult:
    """The result of parsing and checking, syntax errors included."""
    source = Source(name, text)
    parsed = parse(source)
    result = check(
        parsed.program,
        source,
        TextLoader(files or {}),
        parsed.version,
        references=references,
        complete=not errors_of(parsed.diagnostics),
    )
    return CheckResult(result.module, (*parsed.diagnostics, *result.diagnostics))


def described(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """`QJ0401@3` for each diagnostic: code and line."""
    return [f"{each.code}@{each.span.source.line_column(each.span.start)[0]}" for each in diagnostics]


@pytest.fixture
def checked() -> Callable[..., CheckResult]:
    return checked_text


@pytest.fixture
def found() -> Callable[..., list[str]]:
    """Codes and lines of a text's diagnostics."""
    return lambda text, *arguments, **options: described(checked_text(text, *arguments, **options).diagnostics)


@pytest.fixture
def module() -> Callable[..., Module]:
    """The module of a text that has no mistakes; it may have warnings."""

    def clean(text: str, *arguments: object, **options: object) -> Module:
        result = checked_text(text, *arguments, **options)  # type: ignore[arg-type]  # passed through
        assert described(errors_of(result.diagnostics)) == []
        return result.module

    return clean
