"""Source lines as a terminal shows them: tabs expanded, wide characters two columns, no control characters.

A column of the terminal is called a cell, to tell it from the columns of the source, which count characters.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, east_asian_width

TAB_STOP = 4
_LONG = 10_000
"""Characters of a line that is laid out as a whole."""
_UNSEEN = "\ufffd"
_JOINERS = "\u200c\u200d"


@dataclass(frozen=True, slots=True)
class Cells:
    """One line laid out in cells; character k of the line covers cells `starts[k]` to `starts[k + 1]`."""

    pieces: Sequence[str]
    """What is shown for each character."""
    starts: Sequence[int]

    @property
    def width(self) -> int:
        return self.starts[-1]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Cells of the characters from `start` to `end`, both clipped to the line."""
        last = len(self.pieces)
        return self.starts[min(start, last)], self.starts[min(end, last)]

    def cut(self, low: int, high: int, mark: str) -> str:
        """What is shown of cells `low` to `high`, with a mark of one cell at each end that is cut off."""
        if low <= 0 and high >= self.width:
            return "".join(self.pieces)
        text = []
        first = max(bisect_right(self.starts, low) - 1, 0)
        stop = min(bisect_left(self.starts, high), len(self.pieces))
        for index in range(first, stop):
            piece, begin, end = self.pieces[index], self.starts[index], self.starts[index + 1]
            if low <= begin and end <= high:
                text.append(piece)
            elif begin < high and end > low:  # half of a wide character or of a tab
                text.append(" " * (min(end, high) - max(begin, low)))
        shown = "".join(text)
        if low > 0:
            shown = mark + _without_first_cell(shown)
        if high < self.width:
            shown = _without_last_cell(shown) + mark
        return shown


@lru_cache(maxsize=4)
def lay_out(line: str) -> Cells:
    """A line without its line break, laid out."""
    if line.isascii() and line.isprintable():
        return Cells(line, range(len(line) + 1))
    pieces, starts, cell = [], [0], 0
    for character in line:
        if character == "\t":
            piece, width = " " * (TAB_STOP - cell % TAB_STOP), TAB_STOP - cell % TAB_STOP
        else:
            piece, width = shown_character(character)
        pieces.append(piece)
        cell += width
        starts.append(cell)
    return Cells(pieces, starts)


def excerpt(line: str, begin: int, end: int, width: int) -> tuple[str, int]:
    """Of a very long line only what a window of `width` cells round the characters `begin` to `end` can show.

    Returns the part and how many characters stand before it: lines of a megabyte must not be laid out a hundred times.
    """
    if len(line) <= _LONG:
        return line, 0
    low = max(begin - 4 * width, 0)
    return line[low : min(end, begin + 4 * width) + 4 * width], low


def shown_character(character: str) -> tuple[str, int]:
    """What stands for a character, and its width in cells; what could steer a terminal is replaced."""
    code = ord(character)
    if 0x20 <= code < 0x7F:
        return character, 1
    if code < 0x20:
        return chr(0x2400 + code), 1
    if code == 0x7F:
        return "␡", 1
    kind = category(character)
    if kind in ("Mn", "Me") or character in _JOINERS:
        return character, 0
    if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return _UNSEEN, 1
    return character, 2 if east_asian_width(character) in "WF" else 1


def safe_text(text: str) -> str:
    """Words that may quote a user's text, in one line that cannot steer the terminal."""
    if text.isprintable():
        return text
    return "".join(" " if c in "\n\t" else shown_character(c)[0] for c in text)


def text_width(text: str) -> int:
    """Cells that a safe text covers."""
    return len(text) if text.isascii() else sum(shown_character(c)[1] for c in text)


def wrapped(text: str, width: int) -> list[str]:
    """A safe text in rows of at most `width` cells, broken at blanks; a longer word stands alone."""
    if text_width(text) <= width:
        return [text]
    rows = [""]
    for word in text.split(" "):
        longer = f"{rows[-1]} {word}" if rows[-1] else word
        if text_width(longer) <= width or not rows[-1]:
            rows[-1] = longer
        else:
            rows.append(word)
    return rows


def window(total: int, spans: Sequence[tuple[int, int]], width: int) -> tuple[int, int]:
    """Which cells of a line of `total` cells to show in `width`: all, or a stretch around the marked spans.

    `spans[0]` matters most; it is kept in view if not all can be.
    """
    if total <= width:
        return 0, total
    low, high = min(a for a, _ in spans), max(b for _, b in spans)
    if high - low > width - 2:
        low, high = spans[0]
    slack = max(width - 2 - (high - low), 0)
    begin = min(max(low - 1 - slack // 3, 0), total - width)
    return begin, begin + width


def _without_first_cell(text: str) -> str:
    head = text[:1]
    return " " * (text_width(head) - 1) + text[1:]


def _without_last_cell(text: str) -> str:
    tail = text[-1:]
    return text[:-1] + " " * (text_width(tail) - 1)
