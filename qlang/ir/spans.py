"""Where an operation comes from in the user's text.

The span is the operation's MLIR location: two file-line-column points, begin and end. Gates inside a packed run
keep theirs as character offsets in the run's `spans`. An operation of a subroutine's body has its place there, and
the calls that led to it as MLIR's call sites, each callee with its name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.dialects.builtin import (
    ArrayAttr,
    CallSiteLoc,
    FileLineColLoc,
    FusedLoc,
    IntAttr,
    LocationAttr,
    NameLoc,
    NoneAttr,
    StringAttr,
)
from xdsl.ir import Attribute, Operation


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a named source: lines and columns from 1, the end exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class CallPlace:
    """A call: what is called, and where."""

    name: str
    place: Place


def location(place: Place, calls: Sequence[CallPlace] = ()) -> LocationAttr:
    """The location attribute that carries a place, and the calls that led there, innermost first."""
    if calls:
        first, *rest = calls
        callee = NameLoc(StringAttr(first.name), location(place))
        return CallSiteLoc(callee, location(first.place, rest))
    file = StringAttr(place.file)
    begin = FileLineColLoc(file, IntAttr(place.line), IntAttr(place.column))
    end = FileLineColLoc(file, IntAttr(place.end_line), IntAttr(place.end_column))
    return FusedLoc(ArrayAttr((begin, end)), NoneAttr())


def place_of(op: Operation) -> Place | None:
    """The place that an operation carries, or `None` where it has none (IR written by hand)."""
    return _place(op.location)


def calls_of(op: Operation) -> tuple[CallPlace, ...]:
    """The calls that led to an operation of a subroutine's body, innermost first."""
    found: list[CallPlace] = []
    where: Attribute = op.location
    while isinstance(where, CallSiteLoc) and isinstance(where.callee, NameLoc):
        place = _place(where.caller)
        if place is not None:
            found.append(CallPlace(where.callee.desc.data, place))
        where = where.caller
    return tuple(found)


def _place(where: Attribute) -> Place | None:
    match where:
        case CallSiteLoc(callee=NameLoc(location=inner)):
            return _place(inner)
        case FileLineColLoc() as point:
            line, column = point.line.data, point.column.data
            return Place(point.filename.data, line, column, line, column)
        case FusedLoc(locations=ArrayAttr(data=(FileLineColLoc() as begin, FileLineColLoc() as end))):
            return Place(begin.filename.data, begin.line.data, begin.column.data, end.line.data, end.column.data)
        case _:
            return None
