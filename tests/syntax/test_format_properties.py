"""What the layout keeps, on all corpora and on layouts that nobody chose."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.syntax.format import format_source
from qlang.syntax.lexer import lex
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from tests.syntax.conftest import DATA, REPOSITORY, program_text, programs, shape_of
from tests.syntax.test_specification import snippets, we_take

CORPORA = sorted(
    path
    for folder, glob in ((DATA / "nam-circuits", "*.qasm"), (REPOSITORY / "qlang" / "stdlib", "**/*.*"))
    for path in folder.glob(glob)
    if path.suffix in (".qasm", ".qjob", ".inc") and path.stat().st_size < 60_000
)
GAPS = (" ", "  ", "\n", "\n\n\n", "\t", "\r\n", "\n     ", " /* c */ ", " // c\n", "/**/", " /* a\n b */\n")


def laid_out(text: str) -> str:
    result = format_source(Source("t", text))
    assert result.text is not None, [diagnostic.message() for diagnostic in result.diagnostics]
    return result.text


def words_of_comments(text: str) -> list[str]:
    return ["".join(text[start:end].split()) for start, end in lex(text).comments]


def check(text: str) -> None:
    """Comments kept, in order; the same tree; nothing left to do the second time."""
    once = laid_out(text)
    assert laid_out(once) == once
    assert shape_of(parse(Source("t", once)).program) == shape_of(parse(Source("t", text)).program)
    assert words_of_comments(once) == words_of_comments(text)


@pytest.mark.parametrize("path", CORPORA, ids=lambda path: path.name)
def test_corpora(path: Path) -> None:
    check(path.read_text(encoding="utf-8"))


def test_every_form_of_the_grammar() -> None:
    taken = [text for _, text in snippets() if we_take(text)]
    assert len(taken) > 250
    for text in taken:
        check(text)


@cache
def short_programs() -> list[str]:
    """Whose statements may be laid out in any way: no annotations, pragmas or calibrations, which own their lines."""
    texts = [program_text(path) for path in programs().values() if path.stat().st_size < 2_500 and path.suffix != ".gz"]
    return [text for text in texts if not any(mark in text for mark in ("@", "pragma", "cal", "//", "/*"))]


@settings(max_examples=150)
@given(st.data())
def test_any_layout_of_a_program(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(short_programs()))
    tokens = lex(text)
    gaps = data.draw(st.lists(st.sampled_from(GAPS), min_size=1, max_size=12))
    pieces = [f"{shown}{gaps[(7 * index) % len(gaps)]}" for index, shown in enumerate(tokens.texts[:-1])]
    mangled = "".join(pieces)
    if parse(Source("t", mangled)).diagnostics:
        return  # a number and its unit were parted
    check(mangled)
