"""How text may look on a stream: glyphs, colours and width."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

ColorChoice = Literal["auto", "always", "never"]

COLOR_CHOICES: tuple[ColorChoice, ...] = ("auto", "always", "never")
PLAIN_WIDTH = 140
"""Columns where the stream is no terminal."""
_RESET = "\x1b[0m"
_STYLES = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "help": "\x1b[1;32m",
    "secondary": "\x1b[1;34m",
    "gutter": "\x1b[1;34m",
    "strong": "\x1b[1m",
    "dim": "\x1b[2m",
    "good": "\x1b[32m",
    "bad": "\x1b[31m",
}


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters that frames are drawn with."""

    first: str
    """Before the place of the primary span."""
    other: str
    """Before every further place."""
    bar: str
    begin: str
    """Where a span of several lines begins, in the margin."""
    finish: str
    across: str
    skipped: str
    """Stands for lines that are left out."""
    cut: str
    """Stands for the part of a line that is left out; one column."""


UNICODE = Glyphs("┌─", "├─", "│", "╭", "╰", "─", "⋮", "…")
ASCII = Glyphs("-->", ":::", "|", "/", "\\", "_", ":", "~")


@dataclass(frozen=True, slots=True)
class Theme:
    """The look of everything that goes to one stream."""

    glyphs: Glyphs = UNICODE
    color: bool = False
    width: int = PLAIN_WIDTH

    def paint(self, text: str, style: str) -> str:
        """The text in a style of this module's table, or as it is where there is no colour."""
        return f"{_STYLES[style]}{text}{_RESET}" if self.color and text and style else text


PLAIN = Theme()


def theme_of(stream: TextIO, choice: ColorChoice = "auto", environment: Mapping[str, str] | None = None) -> Theme:
    """The theme that a stream can show.

    `auto` colours terminals only; `NO_COLOR` and `TERM=dumb` turn that off, `FORCE_COLOR` turns it on, and
    `NO_COLOR` wins (https://no-color.org, and as Python itself does).
    """
    variables = os.environ if environment is None else environment
    terminal = stream.isatty()
    width = PLAIN_WIDTH
    if terminal:
        from shutil import get_terminal_size

        width = max(get_terminal_size((PLAIN_WIDTH, 24)).columns, 40)
    return Theme(_glyphs(stream), _colored(choice, variables, terminal), width)


def _colored(choice: ColorChoice, variables: Mapping[str, str], terminal: bool) -> bool:
    if choice != "auto":
        return choice == "always"
    if variables.get("NO_COLOR"):
        return False
    if variables.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and variables.get("TERM") != "dumb"


def _glyphs(stream: TextIO) -> Glyphs:
    """Frames in ASCII where the stream's encoding is not Unicode."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-")
    return UNICODE if encoding.startswith("utf") else ASCII
