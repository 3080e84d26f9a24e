"""A page of character cells; a wide character covers two of them."""

from __future__ import annotations

from qlang.compiler.render.cells import shown_character


class Canvas:
    """Rows of cells, blank at first."""

    def __init__(self, width: int, height: int) -> None:
        self._cells = [[" "] * width for _ in range(height)]

    def put(self, row: int, x: int, text: str) -> None:
        """Write words from a cell on, over what is there; words were made safe before, single characters are ours."""
        cells = self._cells[row]
        if text.isascii() or (len(text) == 1 and "\u2500" <= text <= "\u25f0"):  # box drawing
            cells[x : x + len(text)] = text
            return
        for character in text:
            shown, width = shown_character(character)
            if width == 0:
                cells[x - 1] += shown
                continue
            cells[x] = shown
            if width == 2:
                cells[x + 1] = ""
            x += width

    def across(self, row: int, start: int, end: int, character: str) -> None:
        """Fill cells from `start` to before `end`."""
        self._cells[row][start:end] = [character] * (end - start)

    def text(self) -> list[str]:
        """The rows, without blanks at their ends."""
        return ["".join(cells).rstrip() for cells in self._cells]
