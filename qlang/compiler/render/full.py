"""Diagnostics for people: the source, what is wrong in it, why, and ways out.

error[QJ0201]: unknown gate `cnot`
  ┌─ bell.qjob:4:3
4 │   cnot q[0], q[1];
  │   ^^^^ no gate of this name
  = help: the controlled X is called `cx`
  = fix: use `cx`
4 │   cx q[0], q[1];
  │   ~~
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qlang.compiler.render.calls import call_text, shown_calls
from qlang.compiler.render.cells import safe_text, wrapped
from qlang.compiler.render.fixes import fix_rows, last_number
from qlang.compiler.render.limit import limited
from qlang.compiler.render.snippet import Drawing, Mark, Section, sections
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Call, Diagnostic, Fix


def render(diagnostics: Sequence[Diagnostic], theme: Theme) -> str:
    """All diagnostics, a blank line between them; ends with a line break unless there are none."""
    shown, hidden = limited(diagnostics)
    parts = ["\n".join(diagnostic_rows(diagnostic, theme)) + "\n" for diagnostic in shown]
    parts.extend(f"{safe_text(line)}\n" for line in hidden)
    return "\n".join(parts)


def diagnostic_rows(diagnostic: Diagnostic, theme: Theme) -> Iterator[str]:
    """The rows of one diagnostic."""
    severity = diagnostic.severity
    head = theme.paint(f"{severity}[{diagnostic.code}]", severity)
    yield head + theme.paint(f": {safe_text(diagnostic.message())}", "strong")
    primary = Mark(diagnostic.span, diagnostic.label(), severity)
    labels = [Mark(label.span, label.text, "secondary") for label in diagnostic.labels()]
    places = sections([primary, *labels])
    fixes, calls = tuple(diagnostic.fixes()), shown_calls(diagnostic)
    callers = [(call, sections([Mark(call.span, "", "secondary")])[0]) for call in calls if isinstance(call, Call)]
    digits = _digits([*places, *(section for _, section in callers)], fixes)
    drawing = Drawing(theme, digits)
    indent = " " * (digits + 1)
    for index, section in enumerate(places):
        corner = theme.glyphs.other if index else theme.glyphs.first
        yield f"{indent}{theme.paint(corner, 'gutter')} {safe_text(section.place())}"
        yield from drawing.rows(section)
    stack = {id(call): section for call, section in callers}
    for call in calls:
        yield f"{indent}{theme.paint(theme.glyphs.other, 'gutter')} {safe_text(call_text(call))}"
        if id(call) in stack:
            yield from drawing.rows(stack[id(call)])
    for kind, texts in (("note", diagnostic.notes()), ("help", diagnostic.helps())):
        for text in texts:
            yield from _remark(indent, kind, text, theme)
    for fix in fixes:
        yield from _remark(indent, "fix", fix.title, theme)
        yield from fix_rows(fix, digits, theme)


def _digits(places: list[Section], fixes: tuple[Fix, ...]) -> int:
    numbers = [section.lines()[1] for section in places if section.source.text]
    numbers += [last_number(fix) for fix in fixes]
    return len(str(max(numbers, default=0)))


def _remark(indent: str, kind: str, text: str, theme: Theme) -> Iterator[str]:
    hanging = " " * (len(indent) + len(kind) + 4)
    room = max(theme.width - len(hanging), 40)
    first, *rest = (row for line in text.split("\n") for row in wrapped(safe_text(line), room))
    yield f"{indent}{theme.paint('=', 'gutter')} {theme.paint(kind, 'strong')}: {first}"
    for row in rest:
        yield f"{hanging}{row}".rstrip()
