"""Drawings as text: one row for each line, rows between them for what connects lines, wrapped to a width."""

from __future__ import annotations

from collections.abc import Callable

from qlang.compiler.drawing.bands import Band, Columns, measure
from qlang.compiler.drawing.canvas import Canvas
from qlang.compiler.drawing.layout import Layout, PlacedBlock, Strip, lay_out, strips
from qlang.compiler.drawing.model import Frame, Mark, Operation, Picture
from qlang.compiler.render.cells import text_width

_WIRES = {"qubit": "─", "bundle": "━", "bits": "═"}
_SINGLE = {"qubit": "┼", "bundle": "┿", "bits": "╪"}
_DOUBLE = {"qubit": "╫", "bundle": "╫", "bits": "╬"}
_SYMBOLS = {"dot": "●", "ring": "○", "plus": "⊕", "cross": "╳", "fence": "░"}
_EDGE = 2
_PADDING = 2
_NARROWEST = 24
_ASCII = str.maketrans(
    {
        **dict.fromkeys("┌┐└┘┬┴┼┿╪╫╬", "+"), **dict.fromkeys("│║", "|"), **dict.fromkeys("─", "-"),
        **dict.fromkeys("═━", "="), "●": "@", "○": "o", "⊕": "X", "╳": "x", "░": ":", "┤": "[", "├": "]",
        "╩": "v", "»": ">",
    }
)  # fmt: skip
_WORDS = {"π": "pi", "τ": "tau", "ℇ": "euler", "√": "sqrt", "†": "dg", "⟩": ">", "…": "~", "θ": "theta", "φ": "phi",
          "λ": "lambda", "γ": "gamma", "●": "@", "○": "o"}  # fmt: skip


def render(picture: Picture, *, width: int, ascii: bool) -> str:
    """The picture; see `qlang.compiler.drawing.draw_text`."""
    said = _ascii_words if ascii else str
    layout = lay_out(picture)
    labels = [said(line.label) for line in picture.lines]
    margin = max(map(text_width, labels), default=0) + 2
    columns = measure(
        layout,
        max(width - margin - 2, _NARROWEST),
        edge=_EDGE,
        of=lambda operation: _width(operation, said) + _PADDING,
        header=lambda text: text_width(said(text)) + 5 if text else 0,
    )
    parts: list[str] = []
    if picture.lines:
        bounds = [(band.first, band.last) for band in columns.bands]
        for band, strip in zip(columns.bands, strips(layout, bounds), strict=True):
            parts.append("\n".join(_Page(layout, columns, said, margin, labels, band, strip).rows_of_text()))
    drawn = "\n\n".join([said(picture.title), *(parts or ["no qubits"])]) + "\n"
    notes = "".join(f"{said(note)}\n" for note in picture.notes)
    return (drawn.translate(_ASCII) if ascii else drawn) + ("\n" + notes if notes else "")


def _ascii_words(text: str) -> str:
    """Words in ASCII: known symbols by their names, others as escapes."""
    named = "".join(_WORDS.get(character, character) for character in text)
    return named.encode("ascii", "backslashreplace").decode()


def _width(operation: Operation, said: Callable[[str], str]) -> int:
    widths = [_mark_width(mark, said) for mark in operation.marks]
    if operation.frame is not None:
        widths.append(_frame_width(operation.frame, said))
    return max(widths, default=1)


def _mark_width(mark: Mark, said: Callable[[str], str]) -> int:
    if mark.shape in ("box", "meter"):
        return text_width(said(mark.text or "M")) + 2
    return 1 + 2 * text_width(said(mark.text))  # a bit's index stands right of the middle


def _frame_width(frame: Frame, said: Callable[[str], str]) -> int:
    return text_width(said(frame.text)) + _port_width(frame) + 4


def _port_width(frame: Frame) -> int:
    widest = max((len(text) for _, text in frame.ports), default=0)
    return widest + 1 if widest else 0


class _Page:
    """One band of a drawing."""

    def __init__(
        self,
        layout: Layout,
        columns: Columns,
        said: Callable[[str], str],
        margin: int,
        labels: list[str],
        band: Band,
        strip: Strip,
    ) -> None:
        self.columns, self.said, self.margin, self.labels = columns, said, margin, labels
        self.lines, self.band, self.strip = layout.picture.lines, band, strip
        self.rows, self.height = _rows(strip, len(self.lines))
        self.kinds = {row: line.kind for row, line in zip(self.rows, self.lines, strict=True)}
        self.starts = [margin + int(start) for start in columns.starts(band)]

    def rows_of_text(self) -> list[str]:
        end = self.starts[-1] + 1
        canvas = Canvas(end + 1, self.height)
        for label, line, row in zip(self.labels, self.lines, self.rows, strict=True):
            canvas.put(row, 0, f"{label}:")
            canvas.across(row, self.margin, end, _WIRES[line.kind])
            if self.band is not self.columns.bands[-1]:
                canvas.put(row, end, "»")
        for block in self.strip.blocks:
            self._block(canvas, block)
        for placed in self.strip.placed:
            start, width = self.starts[placed.column - self.band.first], self.columns.widths[placed.column]
            self._operation(canvas, placed.operation, start + int(width) // 2)
        return canvas.text()

    def _block(self, canvas: Canvas, placed: PlacedBlock) -> None:
        block, band, starts = placed.block, self.band, self.starts
        top, bottom = self.rows[block.top] - placed.above, self.rows[block.bottom] + placed.below
        edges = [(column, index) for index, column in enumerate(placed.edges) if band.first <= column < band.last]
        begins, ends = placed.edges[0] >= band.first, placed.edges[-1] < band.last
        left = starts[placed.edges[0] - band.first] if begins else self.margin
        right = starts[placed.edges[-1] - band.first] if ends else starts[-1]
        for row in (top, bottom):
            canvas.across(row, left, right + 1, "─")
        for column, index in edges:
            x = starts[column - band.first]
            corners = "┌└" if index == 0 else "┐┘" if index == len(placed.edges) - 1 else "┬┴"
            self._down(canvas, x, top, bottom, "│", _SINGLE)
            canvas.put(top, x, corners[0])
            canvas.put(bottom, x, corners[1])
            if index < len(block.parts) and block.parts[index].header:
                canvas.put(top, x + 2, f" {self.said(block.parts[index].header)} ")

    def _down(self, canvas: Canvas, x: int, top: int, bottom: int, plain: str, crossing: dict[str, str]) -> None:
        """A vertical line between two rows, both included, that crosses lines."""
        for row in range(top, bottom + 1):
            canvas.put(row, x, crossing[self.kinds[row]] if row in self.kinds else plain)

    def _operation(self, canvas: Canvas, operation: Operation, middle: int) -> None:
        top, bottom = self.rows[operation.top], self.rows[operation.bottom]
        if operation.joined == "single":
            self._down(canvas, middle, top, bottom, "│", _SINGLE)
        elif operation.joined == "double":
            self._down(canvas, middle, top, bottom, "║", _DOUBLE)
        if operation.frame is not None:
            self._frame(canvas, operation.frame, middle, top, bottom)
        fenced = {mark.line for mark in operation.marks if mark.shape == "fence"}
        for mark in operation.marks:
            self._mark(canvas, mark, middle)
            if mark.line in fenced and mark.line + 1 in fenced:
                for row in range(self.rows[mark.line] + 1, self.rows[mark.line + 1]):
                    canvas.put(row, middle, "░")

    def _mark(self, canvas: Canvas, mark: Mark, middle: int) -> None:
        row = self.rows[mark.line]
        if mark.shape in ("box", "meter"):
            text = f"┤{self.said(mark.text or 'M')}├"
            canvas.put(row, middle - text_width(text) // 2, text)
        elif mark.shape == "land":
            canvas.put(row, middle, "╩" + self.said(mark.text))
        else:
            canvas.put(row, middle, _SYMBOLS[mark.shape])

    def _frame(self, canvas: Canvas, frame: Frame, middle: int, top: int, bottom: int) -> None:
        width = _frame_width(frame, self.said)
        left, right = middle - width // 2, middle - width // 2 + width - 1
        first, last = self.rows[frame.top], self.rows[frame.bottom]
        canvas.put(first - 1, left, "┌" + "─" * (width - 2) + "┐")
        canvas.put(last + 1, left, "└" + "─" * (width - 2) + "┘")
        for row in range(first, last + 1):
            canvas.put(row, left, "│" + " " * (width - 2) + "│")
        for line, text in frame.ports:
            canvas.put(self.rows[line], left, "┤" + self.said(text))
            canvas.put(self.rows[line], right, "├")
        canvas.put((first + last) // 2, left + 2 + _port_width(frame), self.said(frame.text))
        if top < first:
            canvas.put(first - 1, middle, "┴")
        if bottom > last:
            canvas.put(last + 1, middle, "┬")


def _rows(strip: Strip, lines: int) -> tuple[list[int], int]:
    """The row of each line, and how many rows there are."""
    above, below = strip.levels(lines)
    linked = strip.linked()
    rows: list[int] = []
    row = 0
    for line in range(lines):
        gap = max(below[line - 1] + above[line], int(line - 1 in linked)) + 1 if line else above[0]
        row += gap
        rows.append(row)
    return rows, row + 1 + (below[-1] if below else 0)
