"""How wide columns are, and where a long circuit is wrapped; in characters or pixels, as the caller measures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from qlang.compiler.drawing.layout import Layout
from qlang.compiler.drawing.model import Operation


@dataclass(frozen=True, slots=True)
class Band:
    """Columns that stand in one row of the page, from `first` to before `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Widths of all columns, and the bands that they are wrapped into."""

    widths: tuple[float, ...]
    bands: tuple[Band, ...]

    def starts(self, band: Band) -> list[float]:
        """Where each column of a band begins, and the end of the last one."""
        return [0, *accumulate(self.widths[band.first : band.last])]


def measure(
    layout: Layout, room: float, *, edge: float, of: Callable[[Operation], float], header: Callable[[str], float]
) -> Columns:
    """Widths, by what `of` and `header` say about operations and headers, and bands of at most `room`.

    `edge` is the width of a block's edge. A header is kept in one piece, in the band that its part begins in; a column
    wider than the room stands alone.
    """
    widths = [0.0] * layout.columns
    for placed in layout.placed:
        widths[placed.column] = max(widths[placed.column], of(placed.operation))
    for each in layout.blocks:
        for column in each.edges:
            widths[column] = max(widths[column], edge)
    columns, widest = _wrapped(layout, list(widths), room, header, apart=False)
    if widest > room:  # headers of nested blocks lean on each other: give each its own columns
        columns, _ = _wrapped(layout, widths, room, header, apart=True)
    return columns


def _wrapped(
    layout: Layout, widths: list[float], room: float, header: Callable[[str], float], *, apart: bool
) -> tuple[Columns, float]:
    """The columns, and the width of the widest band. With `apart` a header ends before the next edge of a block."""
    edges = sorted({column for each in layout.blocks for column in each.edges}) if apart else []
    together = set[int]()
    for each in layout.blocks:
        for part, first, last in zip(each.block.parts, each.edges, each.edges[1:], strict=False):
            end = min(last, edges[bisect_right(edges, first)]) if apart else last
            needed = header(part.header)
            missing = needed - sum(widths[first:end])
            if missing > 0:
                widths[end - 1] += missing
            together |= _together(widths, first, end, needed)
    bands = tuple(_bands(widths, together, room))
    return Columns(tuple(widths), bands), max(sum(widths[band.first : band.last]) for band in bands)


def _together(widths: Sequence[float], first: int, last: int, needed: float) -> set[int]:
    """Columns that must not begin a band, because a header runs over their left edge."""
    found, covered = set[int](), widths[first]
    for column in range(first + 1, last):
        if covered >= needed:
            break
        found.add(column)
        covered += widths[column]
    return found


def _bands(widths: Sequence[float], together: set[int], room: float) -> list[Band]:
    bands: list[Band] = []
    first, width = 0, 0.0
    for column in range(len(widths)):
        if column in together:
            continue  # measured with the column that it belongs to
        end = column + 1
        while end in together:
            end += 1
        piece = sum(widths[column:end])
        if width and width + piece > room:
            bands.append(Band(first, column))
            first, width = column, 0.0
        width += piece
    if widths or not bands:
        bands.append(Band(first, len(widths)))
    return bands
