"""Drawings as SVG: one element that needs nothing else. Colours are the text colour of wherever it stands.

Nothing is painted over: lines stop at boxes, so that the picture has no background and fits light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from qlang.compiler.drawing.bands import Band, Columns, measure
from qlang.compiler.drawing.layout import PlacedBlock, Strip, lay_out, strips
from qlang.compiler.drawing.model import Frame, Mark, Operation, Picture
from qlang.compiler.drawing.svg_parts import HALF, centered, escaped, line, rectangle, symbol, words_at
from qlang.compiler.drawing.svg_parts import width_of as text_pixels
from qlang.compiler.drawing.words import label

_PITCH, _STEP = 36, 14
"""Between lines without anything between them, and more for each frame."""
_PADDING, _EDGE = 12, 14
_TITLE = 26
_GAP = 30
"""Between bands."""
_NARROWEST = 160
_LONGEST_TOOLTIP = 400


def render(picture: Picture, *, width: int) -> str:
    """The picture; see `qlang.compiler.drawing.draw_svg`."""
    layout = lay_out(picture)
    margin = max((text_pixels(each.label) for each in picture.lines), default=0) + 14
    columns = measure(
        layout,
        max(width - margin - _PADDING, _NARROWEST),
        edge=_EDGE,
        of=lambda operation: _width(operation) + _PADDING,
        header=lambda text: text_pixels(text) + 12 if text else 0,
    )
    parts: list[str] = []
    y = float(_TITLE)
    reach = text_pixels(picture.title) + 8
    bounds = [(band.first, band.last) for band in columns.bands]
    for band, strip in zip(columns.bands, strips(layout, bounds), strict=True) if picture.lines else ():
        drawn = _Band(picture, columns, band, strip, margin, y)
        parts += drawn.parts()
        y = drawn.bottom + _GAP
        reach = max(reach, drawn.right)
    for note in picture.notes:
        parts.append(words_at(4, y, note, dim=True))
        reach = max(reach, text_pixels(note) + 8)
        y += 18
    return _document(picture, reach, y, parts)


def _document(picture: Picture, width: float, height: float, parts: list[str]) -> str:
    kinds = [line.kind for line in picture.lines]
    said = f"{kinds.count('qubit') + kinds.count('bundle')} quantum and {kinds.count('bits')} classical lines"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" fill="none" stroke="currentColor" stroke-width="1.2" '
        'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13">'
    )
    title = f"<title>{escaped(picture.title)}</title><desc>{escaped(said)}</desc>"
    return head + title + words_at(4, 16, picture.title) + "".join(parts) + "</svg>"


def _width(operation: Operation) -> float:
    widths = [_mark_width(mark) for mark in operation.marks]
    if operation.frame is not None:
        widths.append(_frame_width(operation.frame))
    return max(widths, default=2 * HALF)


def _mark_width(mark: Mark) -> float:
    if mark.shape == "box":
        return max(text_pixels(mark.text) + 12, 2 * HALF)
    return 2 * HALF + (2 * text_pixels(mark.text) if mark.shape == "land" else 0)


def _frame_width(frame: Frame) -> float:
    return text_pixels(frame.text) + _port_width(frame) + 16


def _port_width(frame: Frame) -> float:
    widest = max((text_pixels(text) for _, text in frame.ports), default=0)
    return widest + 8 if widest else 0


class _Band:
    """One row of the page, its top at `y`."""

    def __init__(self, picture: Picture, columns: Columns, band: Band, strip: Strip, margin: float, y: float) -> None:
        self.picture, self.columns, self.band, self.strip, self.margin = picture, columns, band, strip, margin
        self.starts = [margin + start for start in columns.starts(band)]
        self.right = self.starts[-1] + _PADDING
        above, below = strip.levels(len(picture.lines))
        self.y = [y + HALF + _STEP * above[0]]
        for index in range(1, len(picture.lines)):
            frames = below[index - 1] + above[index]
            self.y.append(self.y[-1] + _PITCH + _STEP * max(frames - 1, 0) + 4 * min(frames, 1))
        self.bottom = self.y[-1] + HALF + _STEP * below[-1]
        self.cuts: dict[int, list[tuple[float, float]]] = {index: [] for index in range(len(picture.lines))}
        """Stretches of each line that something stands on."""

    def parts(self) -> Iterator[str]:
        for block in self.strip.blocks:
            yield from self._block(block)
        for placed in self.strip.placed:
            start, width = self.starts[placed.column - self.band.first], self.columns.widths[placed.column]
            inner = "".join(self._operation(placed.operation, start + width / 2))
            tooltip = escaped(label(placed.operation.title, _LONGEST_TOOLTIP))
            yield f'<g class="operation"><title>{tooltip}</title>{inner}</g>'
        for index in range(len(self.picture.lines)):
            yield from self._line(index)

    def _line(self, index: int) -> Iterator[str]:
        each, y = self.picture.lines[index], self.y[index]
        yield words_at(self.margin - 8, y + 4.5, each.label, anchor="end")
        position = self.margin - 2
        for begin, end in [*sorted(self.cuts[index]), (self.right, self.right)]:
            if begin > position:
                offsets = {"qubit": (0.0,), "bundle": (0.0,), "bits": (-1.5, 1.5)}[each.kind]
                for offset in offsets:
                    yield line(position, y + offset, begin, y + offset, heavy=each.kind == "bundle")
            position = max(position, end)

    def _block(self, placed: PlacedBlock) -> Iterator[str]:
        block, first, last = placed.block, self.band.first, self.band.last
        top = self.y[block.top] - HALF - _STEP * placed.above + 8
        bottom = self.y[block.bottom] + HALF + _STEP * placed.below - 8
        begins, ends = placed.edges[0] >= first, placed.edges[-1] < last
        left = self.starts[placed.edges[0] - first] + 4 if begins else self.margin - 2
        right = self.starts[placed.edges[-1] - first] + 4 if ends else self.right
        yield f'<g class="block"><title>{escaped(label(block.title, _LONGEST_TOOLTIP))}</title>'
        for y in (top, bottom):
            yield line(left, y, right, y, dashed=True)
        for index, column in enumerate(placed.edges):
            if first <= column < last:
                x = self.starts[column - first] + 4
                yield line(x, top, x, bottom, dashed=True)
                if index < len(block.parts):
                    yield words_at(x + 4, top - 4, block.parts[index].header, small=True)
        yield "</g>"

    def _operation(self, operation: Operation, x: float) -> Iterator[str]:
        yield from self._links(operation, x)
        if operation.frame is not None:
            yield from self._frame(operation.frame, x)
        fenced = sorted(mark.line for mark in operation.marks if mark.shape == "fence")
        for mark in operation.marks:
            y = self.y[mark.line]
            width = _mark_width(mark)
            if mark.shape in ("box", "meter", "ring"):
                half = 5 if mark.shape == "ring" else width / 2
                self.cuts[mark.line].append((x - half, x + half))
            yield symbol(mark, x, y, width)
        for above, below in pairwise(fenced):
            if below == above + 1:
                yield line(x, self.y[above] + HALF, x, self.y[below] - HALF, dotted=True)

    def _links(self, operation: Operation, x: float) -> Iterator[str]:
        """The vertical line of an operation, in pieces between what stands on it."""
        if not operation.joined:
            return
        offsets = (0.0,) if operation.joined == "single" else (-1.5, 1.5)
        stops = [(self.y[mark.line] - _reach(mark), self.y[mark.line] + _reach(mark)) for mark in operation.marks]
        if operation.frame is not None:
            stops.append((self.y[operation.frame.top] - HALF, self.y[operation.frame.bottom] + HALF))
        stops.sort()
        for (_, begin), (end, _) in pairwise(stops):
            for offset in offsets:
                yield line(x + offset, begin, x + offset, end)

    def _frame(self, frame: Frame, x: float) -> Iterator[str]:
        width = _frame_width(frame)
        top, bottom = self.y[frame.top] - HALF, self.y[frame.bottom] + HALF
        yield rectangle(x - width / 2, top, width, bottom - top)
        for index in range(frame.top, frame.bottom + 1):
            self.cuts[index].append((x - width / 2, x + width / 2))
        for index, text in frame.ports:
            if text:
                yield words_at(x - width / 2 + 5, self.y[index] + 4.5, text, dim=True)
        yield centered(x + _port_width(frame) / 2, (top + bottom) / 2 + 4.5, frame.text)


def _reach(mark: Mark) -> float:
    return {"box": HALF, "meter": HALF, "ring": 5.0, "plus": 9.0, "land": 6.0}.get(mark.shape, 0.0)
