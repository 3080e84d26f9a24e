"""Offsets in characters against the positions of the protocol: a line and a count of code units.

Lines end at `\\n`, `\\r\\n` or `\\r` (LSP 3.17, "Text Documents"). A character outside the Basic Multilingual Plane
counts one in a Python string, two in UTF-16 and four in UTF-8.
"""

import re
from bisect import bisect_right
from collections.abc import Callable

from lsprotocol.types import Position, PositionEncodingKind, Range

_LINE_END = re.compile(r"\r\n|\n|\r")


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _utf16(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)


_UNITS: dict[str, Callable[[str], int]] = {
    PositionEncodingKind.Utf8: _utf8,
    PositionEncodingKind.Utf16: _utf16,
    PositionEncodingKind.Utf32: len,
}


class Positions:
    """Both directions for one text and one encoding."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self.units = _UNITS[encoding]
        ends = list(_LINE_END.finditer(text))
        self.starts = [0, *(end.end() for end in ends)]
        self.stops = [*(end.start() for end in ends), len(text)]
        """Ends of the lines without their line breaks."""

    def position(self, offset: int) -> Position:
        """The position of an offset, which is cut to the text; inside a line break it is the line's end."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        start = self.starts[line]
        return Position(line, self.units(self.text[start : min(offset, self.stops[line])]))

    def range(self, start: int, end: int) -> Range:
        return Range(self.position(start), self.position(end))

    def offset(self, position: Position) -> int:
        """The offset of a position; beyond a line it is the line's end, inside a character its beginning."""
        if position.line >= len(self.starts):
            return len(self.text)
        start, stop = self.starts[position.line], self.stops[position.line]
        line = self.text[start:stop]
        if line.isascii():
            return start + min(position.character, len(line))
        count = 0
        for index, character in enumerate(line):
            count += self.units(character)
            if count > position.character:
                return start + index
        return stop
