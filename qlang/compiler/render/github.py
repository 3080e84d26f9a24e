"""Workflow commands that GitHub Actions turns into annotations of a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qlang.compiler.render.calls import call_text, shown_calls
from qlang.compiler.render.cells import shown_character
from qlang.compiler.render.limit import limited
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Diagnostic

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def render(diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """`::error file=…,line=…,col=…::message`, one per line; the theme does not matter."""
    shown, hidden = limited(diagnostics)
    lines = [_command(diagnostic) for diagnostic in shown]
    lines += [f"::notice::{_escaped(sentence, _DATA)}" for sentence in hidden]
    return "".join(f"{line}\n" for line in lines)


def _command(diagnostic: Diagnostic) -> str:
    source = diagnostic.span.source
    line, column = source.line_column(diagnostic.span.start)
    end_line, end_column = source.line_column(diagnostic.span.end)
    properties = {
        "file": _file(source.name),
        "line": line,
        "col": column,
        "endLine": end_line,
        "endColumn": end_column,
        "title": f"qlang {diagnostic.code}",
    }
    listed = ",".join(f"{key}={_escaped(str(value), _PROPERTY)}" for key, value in properties.items())
    words = [diagnostic.message(), diagnostic.label()]
    words += [f"{label.span}: {label.text}" for label in diagnostic.labels() if label.text]
    words += [call_text(call) for call in shown_calls(diagnostic)]
    words += [*diagnostic.notes(), *diagnostic.helps()]
    text = "\n".join(filter(None, words))
    return f"::{_LEVELS[diagnostic.severity]} {listed}::{_escaped(text, _DATA)}"


def _file(name: str) -> str:
    """A file of this folder by its path in it, which is what the service knows."""
    path = Path(name)
    return path.relative_to(Path.cwd()).as_posix() if path.is_absolute() and path.is_relative_to(Path.cwd()) else name


def _escaped(text: str, table: dict[str, str]) -> str:
    """The service's own escapes; what could steer a terminal that shows its log is replaced."""
    return "".join(table.get(character) or shown_character(character)[0] for character in text)
