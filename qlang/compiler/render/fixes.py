"""A fix as it would leave the text.

5 │   if (b == 1) { x q; }        one line: what is new is marked with `+`, what replaces something with `~`,
  │         ~~                    what goes, where something only goes, with `-`
1 + include "stdgates.inc";       several lines: those that go and those that come
"""

from __future__ import annotations

from collections.abc import Iterator

from qlang.compiler.render.cells import excerpt, lay_out, window
from qlang.compiler.render.theme import Theme
from qlang.syntax.diagnostic import Edit, Fix
from qlang.syntax.source import Source

_MOST_ROWS = 8
"""A change of more lines is named, not shown."""
_NARROWEST = 20


def last_number(fix: Fix) -> int:
    """The largest line number that is shown of a fix; 0 where none is."""
    number = _single_line(fix)
    if number is not None:
        return number
    return max((number for number, _, _ in _changed_lines(fix)), default=0)


def fix_rows(fix: Fix, digits: int, theme: Theme) -> Iterator[str]:
    """The rows under a fix's title."""
    number = _single_line(fix)
    if number is not None:
        yield from _one_line(fix, number, digits, theme)
        return
    for number, sign, text in _changed_lines(fix):
        cells = lay_out(excerpt(text, 0, 0, theme.width)[0])
        shown = cells.cut(0, max(theme.width - digits - 3, _NARROWEST), theme.glyphs.cut)
        style = "good" if sign == "+" else "bad"
        yield f"{theme.paint(f'{number:>{digits}}', 'gutter')} {theme.paint(f'{sign} {shown}'.rstrip(), style)}"


def _single_line(fix: Fix) -> int | None:
    """The line that a fix changes, if it changes one line and leaves it one line."""
    lines = set()
    for edit in fix.edits:
        source = edit.span.source
        lines |= {source.line_column(edit.span.start)[0], source.line_column(edit.span.end)[0]}
        if "\n" in edit.text:
            return None
    return lines.pop() if len(lines) == 1 and _one_source(fix) is not None else None


def _one_source(fix: Fix) -> Source | None:
    """The source that a fix changes, if it is one."""
    sources = {id(edit.span.source): edit.span.source for edit in fix.edits}
    return next(iter(sources.values())) if len(sources) == 1 else None


def _one_line(fix: Fix, number: int, digits: int, theme: Theme) -> Iterator[str]:
    text, marks = _removed(fix.edits, number) if _only_removes(fix) else _applied(fix.edits, number)
    room = max(theme.width - digits - 3, _NARROWEST)
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
        style = "bad" if "-" in under else "help"
        yield f"{theme.paint(' ' * digits + f' {bar}', 'gutter')} {theme.paint(under, style)}"


def _only_removes(fix: Fix) -> bool:
    return not any(edit.text for edit in fix.edits)


_Marks = list[tuple[int, int, str]]
"""Begin, end and sign, in characters of the line."""


def _removed(edits: tuple[Edit, ...], number: int) -> tuple[str, _Marks]:
    """The line as it is, and what goes."""
    source = edits[0].span.source
    start = source.offset(number, 1)
    return source.line(number), [(edit.span.start - start, edit.span.end - start, "-") for edit in edits]


def _applied(edits: tuple[Edit, ...], number: int) -> tuple[str, _Marks]:
    """The line after the edits, and each new text."""
    source = edits[0].span.source
    line, start = source.line(number), source.offset(number, 1)
    marks: _Marks = []
    shift = 0
    for edit in sorted(edits, key=lambda e: e.span.start):
        begin, end = edit.span.start - start + shift, edit.span.end - start + shift
        line = line[:begin] + edit.text + line[end:]
        marks.append((begin, begin + len(edit.text), "~" if end > begin else "+"))
        shift += len(edit.text) - (end - begin)
    return line, marks


def _changed_lines(fix: Fix) -> list[tuple[int, str, str]]:
    """Number, sign and text of the lines that go and come; empty where that is too much to show."""
    source = _one_source(fix)
    if source is None:
        return []
    first = source.line_column(min(edit.span.start for edit in fix.edits))[0]
    last = source.line_column(max(edit.span.end for edit in fix.edits))[0]
    if last - first > _MOST_ROWS:
        return []
    begin = source.offset(first, 1)
    end = source.text.find("\n", max(edit.span.end for edit in fix.edits))
    old, new, position = source.text[begin : end if end >= 0 else len(source.text)], "", 0
    for edit in sorted(fix.edits, key=lambda e: e.span.start):
        new += old[position : edit.span.start - begin] + edit.text
        position = edit.span.end - begin
    return _difference(first, _lines(old), _lines(new + old[position:]))


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removesuffix("\r").split("\n")


def _difference(first: int, old: list[str], new: list[str]) -> list[tuple[int, str, str]]:
    while old and new and old[0] == new[0]:
        old, new, first = old[1:], new[1:], first + 1
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    if len(old) + len(new) > _MOST_ROWS:
        return []
    rows = [(first + index, "-", text) for index, text in enumerate(old)]
    return rows + [(first + index, "+", text) for index, text in enumerate(new)]
