"""Where an operation comes from in the user's text.

The span is the operation's MLIR location: two file-line-column points, begin and end. Gates inside a packed run
keep theirs as character offsets in the run's `spans`.
"""

from dataclasses import dataclass

from xdsl.dialects.builtin import (
    ArrayAttr,
    FileLineColLoc,
    FusedLoc,
    IntAttr,
    LocationAttr,
    NoneAttr,
    StringAttr,
)
from xdsl.ir import Operation


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a named source: lines and columns from 1, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


def location(place: Place) -> LocationAttr:
    """The location attribute that carries a place."""
    file = StringAttr(place.file)
    begin = FileLineColLoc(file, IntAttr(place.line), IntAttr(place.column))
    end = FileLineColLoc(file, IntAttr(place.end_line), IntAttr(place.end_column))
    return FusedLoc(ArrayAttr((begin, end)), NoneAttr())


def place_of(op: Operation) -> Place | None:
    """The place that an operation carries, or `None` where it has none (IR written by hand)."""
    match op.location:
        case FileLineColLoc() as point:
            line, column = point.line.data, point.column.data
            return Place(point.filename.data, line, column, line, column)
        case FusedLoc(locations=ArrayAttr(data=(FileLineColLoc() as begin, FileLineColLoc() as end))):
            return Place(begin.filename.data, begin.line.data, begin.column.data, end.line.data, end.column.data)
        case _:
            return None
