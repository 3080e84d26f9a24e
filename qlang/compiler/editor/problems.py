"""Diagnostics as an editor shows them: one text, a range in the file, and edits that mend it."""

from dataclasses import dataclass

from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.files import Location, location, resolved
from qlang.compiler.render.limit import limited
from qlang.compiler.render.record import explain_url
from qlang.syntax import tree
from qlang.syntax.diagnostic import Applicability, Diagnostic, Fix, Severity
from qlang.syntax.source import Source

UNNECESSARY = frozenset({"QJ1001", "QJ1003", "QJ1004", "QJ1006", "QJ1007", "QJ1009", "QJ1012"})
"""Codes about text that does nothing; editors fade it."""


@dataclass(frozen=True, slots=True)
class Related:
    """A second place, maybe in another file, and why it matters."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits in this file that mend a problem."""

    title: str
    edits: tuple[tuple[int, int, str], ...]
    """Start, end and new text."""
    applicability: Applicability


@dataclass(frozen=True, slots=True)
class Problem:
    """One diagnostic in this file."""

    start: int
    end: int
    severity: Severity
    code: str
    url: str
    message: str
    related: tuple[Related, ...]
    unnecessary: bool
    repairs: tuple[Repair, ...]


def problems(analysis: Analysis) -> list[Problem]:
    """The first hundred problems of a file, and one that counts the rest."""
    source = analysis.source
    shown, more = limited(analysis.diagnostics)
    found = [_problem(analysis, diagnostic) for diagnostic in shown]
    if more:
        size = len(source.text)
        found.append(Problem(size, size, "note", "", "", "; ".join(more), (), False, ()))
    return found


def _problem(analysis: Analysis, diagnostic: Diagnostic) -> Problem:
    source, span = analysis.source, diagnostic.span
    here = span.source.name == source.name
    places = [(label.span, label.text) for label in diagnostic.labels()]
    places += [(call.span, f"in `{call.name}`, called here") for call in diagnostic.calls()]
    if not here:
        places.insert(0, (span, diagnostic.label() or diagnostic.message()))
    related = [Related(found, text) for place, text in places if (found := location(place)) is not None]
    start, end = (span.start, span.end) if here else _include_of(analysis, span.source)
    return Problem(
        start,
        end,
        diagnostic.severity,
        diagnostic.code,
        explain_url(diagnostic.code),
        _message(diagnostic),
        tuple(related),
        diagnostic.code in UNNECESSARY,
        tuple(_repair(fix) for fix in diagnostic.fixes() if _can_apply(source, fix)),
    )


def _include_of(analysis: Analysis, other: Source) -> tuple[int, int]:
    """Where the file names another one; its beginning where that comes in through a third."""
    for statement in analysis.program.statements:
        path = statement.path if isinstance(statement, (tree.Include, tree.Import)) else None
        if path is not None and str(resolved(path.value, analysis.source)) == other.name:
            return path.start, path.end
    return 0, 0


def _message(diagnostic: Diagnostic) -> str:
    """The title, the words under the span, and what the command prints below: notes and helps."""
    label = diagnostic.label()
    lines = [diagnostic.message() + (f": {label}" if label else "")]
    lines += [f"note: {note}" for note in diagnostic.notes()]
    lines += [f"help: {text}" for text in diagnostic.helps()]
    return "\n".join(lines)


def _can_apply(source: Source, fix: Fix) -> bool:
    """Whether an editor may offer it: no blanks to fill in, and in this file only."""
    return fix.applicability != "placeholder" and all(edit.span.source.name == source.name for edit in fix.edits)


def _repair(fix: Fix) -> Repair:
    edits = tuple((edit.span.start, edit.span.end, edit.text) for edit in fix.edits)
    return Repair(fix.title, edits, fix.applicability)
