"""One canonical layout for programs: `qlangc fmt`.

Two blanks of indentation, one statement a line, job statements in columns, at most one empty line. Kept as
written: comments, line breaks inside a statement, blanks around arithmetic (both sides or none), and blocks
of at most three statements that stand on one line. Only blanks and line breaks change, so the tree stays.
"""

from dataclasses import dataclass, field
from itertools import zip_longest

from qlang.syntax.diagnostic import Diagnostic, errors_of
from qlang.syntax.layout import Layout, layout_of
from qlang.syntax.lexer import Tokens
from qlang.syntax.parser import parse_tokens
from qlang.syntax.source import Source
from qlang.syntax.spacing import Spacing, is_as_written
from qlang.syntax.tables import load

INDENT = "  "
COMMENT = -1
"""The kind that a comment has among the tokens here."""


@dataclass(frozen=True, slots=True)
class FormatResult:
    text: str | None
    """The text laid out; `None` where it has mistakes of syntax, for broken text is never rewritten."""
    diagnostics: tuple[Diagnostic, ...]


def format_source(source: Source) -> FormatResult:
    """The text of a program in canonical layout; formatting twice changes nothing more."""
    result, tokens = parse_tokens(source)
    if errors_of(result.diagnostics):
        return FormatResult(None, result.diagnostics)
    printer = _Printer(source.text, layout_of(result.program, source.text, tokens), Spacing(load()))
    printer.put_all(_items(source.text, tokens))
    return FormatResult(printer.text(), result.diagnostics)


@dataclass(frozen=True, slots=True)
class _Item:
    """A token or a comment."""

    kind: int
    text: str
    start: int
    end: int


def _items(text: str, tokens: Tokens) -> list[_Item]:
    quantity = load().kind["QUANTITY"]
    rows = zip(tokens.kinds, tokens.texts, tokens.starts, tokens.ends, strict=True)
    items = [
        _Item(kind, " ".join(shown.split()) if kind == quantity else shown, start, end)
        for kind, shown, start, end in rows
        if start < end
    ]
    comments = (_Item(COMMENT, text[start:end].rstrip(), start, end) for start, end in tokens.comments)
    return sorted((*items, *comments), key=lambda item: item.start)


@dataclass(slots=True)
class _Line:
    indent: int
    code: str = ""
    marks: list[tuple[int, int]] = field(default_factory=list)
    """(group, column) of what is aligned with other lines."""
    comment: str = ""
    comment_column: int = 0

    def shown(self) -> str:
        code = (" " * self.indent + self.code).rstrip()
        if not self.comment:
            return code
        return code.ljust(max(self.comment_column, len(code) + 2)) + self.comment


class _Printer:
    """Takes tokens and comments in order and builds lines."""

    def __init__(self, text: str, layout: Layout, spacing: Spacing) -> None:
        self._source = text
        self._layout = layout
        self._spacing = spacing
        self._closings = set(layout.closing.values())
        self._lines: list[_Line] = []
        self._open = False
        """Whether the last line may still grow."""
        self._depth = 0
        self._anchor = 0
        """Column, in the source, of the statement at hand: continued lines keep their distance from it."""
        self._last: _Item | None = None
        self._last_code: _Item | None = None
        self._after_sign = False
        self._spaced: set[int] = set()

    def put_all(self, items: list[_Item]) -> None:
        self._spaced = self._written_with_blanks(items)
        for item, following in zip_longest(items, items[1:]):
            if item.kind == COMMENT:
                self._put_comment(item, following)
            else:
                self._put_token(item)
            self._last = item

    def text(self) -> str:
        _align(self._lines)
        shown = "\n".join(line.shown() for line in self._lines)
        return shown + "\n" if shown else ""

    def _put_token(self, item: _Item) -> None:
        closes = item.start in self._closings and item.start not in self._layout.inline
        self._depth -= closes
        if closes or self._begins(item):
            self._new_line(item, 0, empty_line=not closes)
            self._anchor = self._column(item)
        elif not self._open or self._breaks_before(item):
            self._new_line(item, self._continuation(item), empty_line=False)
        self._append(item)
        self._depth += item.start in self._layout.closing and item.start not in self._layout.inline
        self._after_sign = self._spacing.is_sign(self._before(), item.text)
        self._last_code = item

    def _begins(self, item: _Item) -> bool:
        """Whether the token begins a line of its own in any case."""
        after_annotation = self._last_code is not None and self._last_code.text[0] == "@" != self._last_code.text
        return item.start in self._layout.beginnings or self._last_code is None or after_annotation

    def _breaks_before(self, item: _Item) -> bool:
        """Whether the author's line break inside a statement stays."""
        if item.text in (";", ",") or item.start in self._layout.closing or not self._line_breaks(item):
            return False
        last = self._last_code
        return not (item.text == "else" and last is not None and last.start in self._closings)

    def _append(self, item: _Item) -> None:
        line = self._lines[-1]
        if line.code and self._blank_before(item):
            line.code += " "
        group = self._layout.aligned.get(item.start)
        if group is not None and line.code:
            line.marks.append((group, len(line.code)))
        line.code += item.text

    def _blank_before(self, item: _Item) -> bool:
        last = self._last_code
        if last is None or (self._last is not None and self._last.kind == COMMENT):
            return True
        if last.start in self._layout.closing or item.start in self._closings or item.start in self._layout.closing:
            return last.text != "("
        spaced = last.start in self._spaced or item.start in self._spaced
        return self._spacing.blank(self._before(), (item.kind, item.text), self._after_sign, spaced)

    def _before(self) -> tuple[int, str]:
        return (self._last_code.kind, self._last_code.text) if self._last_code else (0, "")

    def _written_with_blanks(self, items: list[_Item]) -> set[int]:
        """The operators around which the author left a blank on at least one side."""
        code = [item for item in items if item.kind != COMMENT]
        return {
            item.start
            for before, item, after in zip(code, code[1:], code[2:], strict=False)
            if is_as_written(item.text) and (before.end < item.start or item.end < after.start)
        }

    def _put_comment(self, item: _Item, following: _Item | None) -> None:
        if self._last is None or self._line_breaks(item):
            within = following is not None and following.kind != COMMENT and not self._starts_line(following)
            self._new_line(item, self._continuation(item) if within else 0, empty_line=True)
            self._lines[-1].code = item.text
            self._open = False
        elif (
            item.text.startswith("//")
            or following is None
            or self._starts_line(following)
            or "\n" in self._source[item.end : following.start]
        ):
            self._put_behind(item)
        else:
            self._lines[-1].code += f" {item.text}"

    def _put_behind(self, item: _Item) -> None:
        """A comment at the end of a line keeps its column where the code leaves room."""
        line = self._lines[-1]
        if line.comment:
            line.comment += f" {item.text}"
        else:
            line.comment, line.comment_column = item.text, self._column(item)
        self._open = False

    def _starts_line(self, item: _Item) -> bool:
        closes = item.start in self._closings and item.start not in self._layout.inline
        return closes or self._begins(item)

    def _new_line(self, item: _Item, extra: int, empty_line: bool) -> None:
        opened = self._last_code is not None and self._last_code is self._last and self._opens_block(self._last_code)
        if empty_line and self._lines and not opened and self._line_breaks(item) > 1:
            self._lines.append(_Line(0))
        self._lines.append(_Line(len(INDENT) * self._depth + extra))
        self._open = True

    def _opens_block(self, item: _Item) -> bool:
        return item.start in self._layout.closing and item.start not in self._layout.inline

    def _line_breaks(self, item: _Item) -> int:
        """Line breaks in the source between the last item and this one."""
        return self._source.count("\n", self._last.end if self._last else 0, item.start)

    def _column(self, item: _Item) -> int:
        return item.start - self._source.rfind("\n", 0, item.start) - 1

    def _continuation(self, item: _Item) -> int:
        if item.start in self._layout.closing:
            return 0
        least = 0 if item.text in (")", "]", "}", "else") else len(INDENT)
        return max(least, self._column(item) - self._anchor)


def _align(lines: list[_Line]) -> None:
    """Fill marked lines up, so that the marks of a group stand under each other."""
    columns: dict[int, int] = {}
    for line in lines:
        for group, column in line.marks:
            columns[group] = max(columns.get(group, 0), column)
    for line in lines:
        for group, column in line.marks[:1]:
            line.code = line.code[:column] + " " * (columns[group] - column) + line.code[column:]
