"""A piece of source with marks under it.

6 │   cx q[0], q[0];
  │      ----  ^^^^ the same qubit again
  │      │
  │      first used here
7 │ ╭ for int i in [0:2] {
8 │ │   h q[i];
9 │ │ }
  │ ╰─^ a span of several lines
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from qlang.compiler.render.cells import excerpt, lay_out, safe_text, window
from qlang.compiler.render.theme import Theme
from qlang.syntax.source import Source, Span

JOINED_GAP = 2
"""Marks at most so many lines apart share a piece of source."""
_SHOWN_INSIDE = 3
"""A span of several lines shows at most so many lines between its first and its last."""
_NARROWEST = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to point at, the words for it, and its style: a severity or `secondary`."""

    span: Span
    text: str
    style: str

    @property
    def character(self) -> str:
        return "-" if self.style == "secondary" else "^"

    def lines(self) -> tuple[int, int]:
        """First and last line; a span that ends with a line break ends on the line that it breaks."""
        source, start, end = self.span.source, self.span.start, self.span.end
        if end > start and source.text[end - 1 : end] == "\n":
            end -= 1
        return source.line_column(start)[0], source.line_column(end)[0]


@dataclass
class Section:
    """Marks in one stretch of one source; the first one names the place."""

    source: Source
    marks: list[Mark] = field(default_factory=list)

    def place(self) -> str:
        span = self.marks[0].span
        if not self.source.text:
            return self.source.name
        return str(span)

    def lines(self) -> tuple[int, int]:
        bounds = [mark.lines() for mark in self.marks]
        return min(first for first, _ in bounds), max(last for _, last in bounds)

    def near(self, mark: Mark) -> bool:
        """Whether a mark lies in or close to this stretch."""
        if mark.span.source is not self.source:
            return False
        (first, last), (begin, end) = self.lines(), mark.lines()
        return begin <= last + JOINED_GAP + 1 and end >= first - JOINED_GAP - 1


def sections(marks: Iterable[Mark]) -> list[Section]:
    """Marks gathered by place, in the order of their first mentions."""
    found: list[Section] = []
    for mark in marks:
        section = next((s for s in found if s.near(mark)), None)
        if section is None:
            section = Section(mark.span.source)
            found.append(section)
        section.marks.append(mark)
    return found


@dataclass(frozen=True, slots=True)
class _Piece:
    """A mark on one line, in cells relative to what is shown of the line."""

    begin: int
    end: int
    mark: Mark

    @property
    def words(self) -> str:
        return safe_text(self.mark.text)


@dataclass(frozen=True)
class Drawing:
    """What draws a section: the theme and the width of the line numbers."""

    theme: Theme
    digits: int

    def rows(self, section: Section) -> Iterator[str]:
        """The rows of a section, without its headline."""
        if not section.source.text:
            return
        tall = [mark for mark in section.marks if mark.lines()[0] != mark.lines()[1]]
        flat = [mark for mark in section.marks if mark not in tall]
        previous: int | None = None
        for number in _shown_lines(flat, tall):
            if previous is not None and number > previous + 1:
                yield self._row(self.theme.glyphs.skipped, self._margin(tall, number - 1), "")
            yield from self._line(section.source, number, flat, tall)
            previous = number

    def _line(self, source: Source, number: int, flat: list[Mark], tall: list[Mark]) -> Iterator[str]:
        here = [mark for mark in flat if mark.lines()[0] == number]
        opening = [mark for mark in tall if mark.lines()[0] == number]
        closing = [mark for mark in tall if mark.lines()[1] == number]
        line = source.line(number)
        marked = next((_columns_of(mark.span, number, len(line)) for mark in (*here, *opening, *closing)), (0, 0))
        part, shift = excerpt(line, *marked, self._room(tall))
        cells = lay_out(part)

        def cells_of(mark: Mark) -> tuple[int, int]:
            begin, end = _columns_of(mark.span, number, len(line))
            return cells.span(max(begin - shift, 0), max(end - shift, 0))

        spans = [cells_of(mark) for mark in (*here, *opening, *closing)] or [(0, 0)]
        low, high = window(cells.width, spans, self._room(tall))
        hung = [mark for mark in opening if not _opens_line(line, mark)]
        margin = self._margin(tall, number, opened=[m for m in opening if m not in hung], pending=hung)
        yield self._row(str(number), margin, cells.cut(low, high, self.theme.glyphs.cut))
        pieces = []
        for mark in here:
            begin, end = cells_of(mark)
            begin, end = min(max(begin, low), high), min(max(end, low), high)
            pieces.append(_Piece(begin - low, max(end - low, begin - low + 1), mark))
        below = self._margin(tall, number, pending=hung)
        for row in self._marked(pieces):
            yield self._row("", below, row)
        for position, mark in enumerate(hung):
            cell = min(max(cells_of(mark)[0], low), high) - low
            yield self._elbow(tall, number, mark, cell, pending=hung[position + 1 :], words="")
        for position, mark in enumerate(closing):
            cell = min(max(cells_of(mark)[1], low), high) - low
            yield self._elbow(tall, number, mark, max(cell - 1, 0), closed=closing[:position], words=mark.text)

    def _marked(self, pieces: list[_Piece]) -> Iterator[str]:
        """The rows under a line: the marks, the words beside the last one, the others hung below."""
        if not pieces:
            return
        beside = _beside(pieces)
        row: dict[int, tuple[str, str]] = {}
        for piece in sorted(pieces, key=lambda p: (p.begin - p.end, p.mark.style != "secondary")):  # narrow on top
            for cell in range(piece.begin, piece.end):
                row[cell] = (piece.mark.character, piece.mark.style)
        words = f" {self.theme.paint(beside.words, beside.mark.style)}" if beside and beside.words else ""
        yield self._painted(row) + words
        hung = sorted((p for p in pieces if p is not beside and p.words), key=lambda p: -p.begin)
        bar = self.theme.glyphs.bar
        if hung:
            yield self._painted({piece.begin: (bar, piece.mark.style) for piece in reversed(hung)})
        for index, piece in enumerate(hung):
            left = {p.begin: (bar, p.mark.style) for p in hung[index + 1 :] if p.begin < piece.begin}
            used = max(left, default=-1) + 1
            yield self._painted(left) + " " * (piece.begin - used) + self.theme.paint(piece.words, piece.mark.style)

    def _painted(self, row: dict[int, tuple[str, str]]) -> str:
        """Characters at their cells, runs of one style painted together."""
        text, run, style = [], "", ""
        for cell in range(max(row, default=-1) + 1):
            character, wanted = row.get(cell, (" ", ""))
            if wanted != style:
                text.append(self.theme.paint(run, style))
                run, style = "", wanted
            run += character
        text.append(self.theme.paint(run, style))
        return "".join(text)

    def _margin(
        self, tall: list[Mark], number: int, *, opened: Sequence[Mark] = (), pending: Sequence[Mark] = ()
    ) -> str:
        """The bars of spans of several lines at a line; two cells for each such span of the section."""
        text = ""
        for mark in tall:
            first, last = mark.lines()
            glyph = " "
            if mark in opened:
                glyph = self.theme.glyphs.begin
            elif first <= number <= last and mark not in pending:
                glyph = self.theme.glyphs.bar
            text += self.theme.paint(glyph, mark.style if glyph != " " else "") + " "
        return text

    def _elbow(
        self,
        tall: list[Mark],
        number: int,
        mark: Mark,
        cell: int,
        *,
        pending: Sequence[Mark] = (),
        closed: Sequence[Mark] = (),
        words: str,
    ) -> str:
        """The row that leads from the margin to the first or the last character of a span of several lines."""
        glyphs, index = self.theme.glyphs, tall.index(mark)
        left = self._margin(tall[:index], number, pending=(*pending, *closed))
        corner = glyphs.finish if mark.lines()[1] == number else glyphs.begin
        reach = glyphs.across * (2 * (len(tall) - index) - 1 + cell)
        text = self.theme.paint(corner + reach + mark.character, mark.style)
        return self._row("", left, text + (f" {self.theme.paint(safe_text(words), mark.style)}" if words else ""))

    def _row(self, number: str, margin: str, text: str) -> str:
        bar = self.theme.paint(f"{number:>{self.digits}} {self.theme.glyphs.bar}", "gutter")
        return f"{bar} {margin}{text}".rstrip()

    def _room(self, tall: list[Mark]) -> int:
        return max(self.theme.width - self.digits - 3 - 2 * len(tall), _NARROWEST)


def _shown_lines(flat: list[Mark], tall: list[Mark]) -> list[int]:
    wanted = {mark.lines()[0] for mark in flat}
    for mark in tall:
        first, last = mark.lines()
        wanted |= set(range(first, last + 1)) if last - first - 1 <= _SHOWN_INSIDE else {first, first + 1, last}
    lines = sorted(wanted)
    for before, after in pairwise(lines):
        if after - before - 1 <= JOINED_GAP:
            wanted.update(range(before + 1, after))
    return sorted(wanted)


def _columns_of(span: Span, number: int, length: int) -> tuple[int, int]:
    """Characters that a span covers of one line, which has `length` of them."""
    source = span.source
    first, column = source.line_column(span.start)
    last, end_column = source.line_column(span.end)
    return column - 1 if first == number else 0, end_column - 1 if last == number else length


def _opens_line(line: str, mark: Mark) -> bool:
    column = mark.span.source.line_column(mark.span.start)[1]
    return not line[: column - 1].strip()


def _beside(pieces: list[_Piece]) -> _Piece | None:
    """The mark whose words fit beside it: nothing stands to its right, no other words begin at or after it."""
    last = max(pieces, key=lambda p: (p.end, p.begin, bool(p.words)))
    others = [p for p in pieces if p is not last and p.words]
    return last if all(p.begin < last.begin for p in others) else None
