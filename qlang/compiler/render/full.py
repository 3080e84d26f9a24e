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
from qlang.compiler.render.cells import excerpt, lay_out, safe_text, window
from qlang.compiler.render.limit import limited
from qlang.compiler.render.snippet import Drawing, Mark, Section, sections
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Call, Diagnostic, Edit, Fix


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
        yield from _fixed_line(fix, digits, theme)


def _digits(places: list[Section], fixes: tuple[Fix, ...]) -> int:
    numbers = [section.lines()[1] for section in places if section.source.text]
    numbers += [line for fix in fixes if (line := _single_line(fix)) is not None]
    return len(str(max(numbers, default=0)))


def _remark(indent: str, kind: str, text: str, theme: Theme) -> Iterator[str]:
    first, *rest = text.split("\n")
    yield f"{indent}{theme.paint('=', 'gutter')} {theme.paint(kind, 'strong')}: {safe_text(first)}"
    hanging = " " * (len(indent) + len(kind) + 4)
    for line in rest:
        yield f"{hanging}{safe_text(line)}".rstrip()


def _single_line(fix: Fix) -> int | None:
    """The line that a fix changes, if it changes one line and leaves it one line."""
    lines = set()
    for edit in fix.edits:
        source = edit.span.source
        lines |= {source.line_column(edit.span.start)[0], source.line_column(edit.span.end)[0]}
        if "\n" in edit.text:
            return None
    same = len({id(edit.span.source) for edit in fix.edits}) == 1
    return lines.pop() if len(lines) == 1 and same else None


def _fixed_line(fix: Fix, digits: int, theme: Theme) -> Iterator[str]:
    """The line as the fix leaves it, with `+` under what is new and `~` under what replaces something."""
    number = _single_line(fix)
    if number is None:
        return
    text, marks = _apply(fix.edits, number)
    room = max(theme.width - digits - 3, 20)
    text, shift = excerpt(text, *marks[0][:2], room)
    cells = lay_out(text)
    spans = [cells.span(max(begin - shift, 0), max(end - shift, 0)) for begin, end, _ in marks]
    low, high = window(cells.width, spans, room)
    bar = theme.glyphs.bar
    yield f"{theme.paint(f'{number:>{digits}} {bar}', 'gutter')} {cells.cut(low, high, theme.glyphs.cut)}".rstrip()
    row = [" "] * (high - low)
    for (begin, end), (_, _, sign) in zip(spans, marks, strict=False):
        for cell in range(max(begin, low), min(end, high)):
            row[cell - low] = sign
    under = "".join(row).rstrip()
    if under:
        yield f"{theme.paint(' ' * digits + f' {bar}', 'gutter')} {theme.paint(under, 'help')}"


def _apply(edits: tuple[Edit, ...], number: int) -> tuple[str, list[tuple[int, int, str]]]:
    """The line after the edits, and each new text as (begin, end, sign) in characters."""
    source = edits[0].span.source
    line, start = source.line(number), source.offset(number, 1)
    marks: list[tuple[int, int, str]] = []
    shift = 0
    for edit in sorted(edits, key=lambda e: e.span.start):
        begin, end = edit.span.start - start + shift, edit.span.end - start + shift
        line = line[:begin] + edit.text + line[end:]
        marks.append((begin, begin + len(edit.text), "~" if end > begin else "+"))
        shift += len(edit.text) - (end - begin)
    return line, marks
