"""When there is colour, and which frames a stream gets."""

import io

import pytest

from qlang.compiler.render.cells import lay_out, safe_text, text_width
from qlang.compiler.render.theme import ASCII, UNICODE, theme_of


class Terminal(io.StringIO):
    def __init__(self, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__()
        self._terminal = terminal
        self._encoding = encoding

    def isatty(self) -> bool:
        return self._terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute in the base class
        return self._encoding


@pytest.mark.parametrize(
    ("terminal", "choice", "environment", "colored"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "0"}, False),
        (False, "auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_color(terminal: bool, choice, environment: dict[str, str], colored: bool) -> None:
    assert theme_of(Terminal(terminal), choice, environment).color is colored


@pytest.mark.parametrize(
    ("encoding", "glyphs"), [("utf-8", UNICODE), ("UTF-8", UNICODE), ("ascii", ASCII), ("latin-1", ASCII)]
)
def test_glyphs(encoding: str, glyphs) -> None:
    assert theme_of(Terminal(False, encoding), "auto", {}).glyphs is glyphs


def test_cells_of_tabs_and_wide_characters() -> None:
    assert lay_out("a\tb").starts == [0, 1, 4, 5]
    assert lay_out("量b").starts == [0, 2, 3]
    assert lay_out("e\u0301b").starts == [0, 1, 1, 2]
    assert text_width("量b") == 3


def test_nothing_steers_the_terminal() -> None:
    hostile = "".join(map(chr, [*range(0x20), 0x7F, *range(0x80, 0xA0), 0x202E, 0x2066, 0x2028, 0xFEFF]))
    assert all(character.isprintable() for character in safe_text(hostile))
