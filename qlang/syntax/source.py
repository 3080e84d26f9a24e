"""Source text with positions.

Positions inside the compiler are offsets in characters (`start` inclusive, `end` exclusive); lines and
columns are computed only when somebody reads them.
"""

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """One input text: a file, a notebook cell, a Python function or standard input."""

    name: str
    """What the user calls it: a path as given, `<stdin>`, `cell In[3]`."""
    text: str
    first_line: int = 1
    """Number of the first line, for text cut out of a larger file."""
    _line_starts: list[int] = field(default_factory=list, repr=False, compare=False)

    def line_starts(self) -> list[int]:
        """Offsets at which lines begin, computed at first use."""
        starts = self._line_starts
        if not starts:
            starts.append(0)
            position = self.text.find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = self.text.find("\n", position + 1)
        return starts

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1; columns count characters."""
        starts = self.line_starts()
        row = bisect_right(starts, offset) - 1
        return row + self.first_line, offset - starts[row] + 1

    def offset(self, line: int, column: int) -> int:
        """The inverse of `line_column`; positions beyond a line's end are clipped to it."""
        starts = self.line_starts()
        row = min(max(line - self.first_line, 0), len(starts) - 1)
        end = starts[row + 1] - 1 if row + 1 < len(starts) else len(self.text)
        return min(starts[row] + column - 1, end)

    def line(self, number: int) -> str:
        """The text of a line, counted as `line_column` does, without its line break."""
        starts = self.line_starts()
        row = number - self.first_line
        end = starts[row + 1] - 1 if row + 1 < len(starts) else len(self.text)
        return self.text[starts[row] : end].rstrip("\r")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source: `source.text[start:end]`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def __str__(self) -> str:
        line, column = self.source.line_column(self.start)
        if self.source.name.startswith("cell "):
            return f"{self.source.name}, line {line}, column {column}"  # as notebooks say it
        return f"{self.source.name}:{line}:{column}"
