"""Offsets against lines and columns; Python's own codecs are the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position

from qlang.lsp.positions import Positions

TEXTS = st.text(alphabet="ab ;\n\rπ€🦆𝒬", max_size=40)
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def units(text: str, encoding: str) -> int:
    codec, width = CODECS[encoding]
    return len(text.encode(codec)) // width


@pytest.mark.parametrize("encoding", CODECS)
@given(text=TEXTS, data=st.data())
def test_a_position_counts_code_units(encoding: str, text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset]
    if before.endswith("\r") and text[offset : offset + 1] == "\n":
        return  # between the two halves of a line break there is no position
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    position = Positions(text, encoding).position(offset)
    assert position == Position(len(lines) - 1, units(lines[-1], encoding))
    assert Positions(text, encoding).offset(position) == offset


@pytest.mark.parametrize("encoding", CODECS)
@given(text=TEXTS, line=st.integers(0, 9), character=st.integers(0, 99))
def test_every_position_is_somewhere(encoding: str, text: str, line: int, character: int) -> None:
    assert 0 <= Positions(text, encoding).offset(Position(line, character)) <= len(text)


def test_positions_beyond_the_line_are_its_end() -> None:
    positions = Positions("ab\r\ncd\n", "utf-16")
    assert [positions.offset(Position(0, each)) for each in (2, 3, 99)] == [2, 2, 2]
    assert positions.offset(Position(9, 0)) == 7


def test_a_position_inside_a_character_is_its_beginning() -> None:
    assert Positions("x🦆y", "utf-16").offset(Position(0, 2)) == 1
    assert Positions("x🦆y", "utf-8").offset(Position(0, 3)) == 1
