"""Tokens: what they are, and that every text has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.syntax.lexer import OPEN_COMMENT, OPEN_STRING, UNEXPECTED, lex
from qlang.syntax.tables import load


def kinds(text: str) -> list[str]:
    return [load().terminals[kind] if kind > 0 else str(kind) for kind in lex(text).kinds[:-1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x1F 0b1_0 0o17 1_000 3", ["INTEGER"] * 5),
        (".5 1. 1.5e-3 2E5 1_0.2_5", ["DECIMAL"] * 5),
        ("100ns 1e3dt 3µs 10x 2days 2.5 us", ["QUANTITY"] * 6),
        ("30 min; 25  usd", ["QUANTITY", "SEMICOLON", "QUANTITY"]),
        ("5%; 5 % 3", ["QUANTITY", "SEMICOLON", "INTEGER", "PERCENT", "INTEGER"]),
        ("2im 2.5 im", ["IMAGINARY"] * 2),
        ("1q 2q", ["ARITY"] * 2),
        ("2 x q", ["INTEGER", "ID", "ID"]),
        ("\"0101\" '1_0'", ["BITSTRING"] * 2),
        ("\"abc\" 'a b' \"\"", ["STRING"] * 3),
        ("$0 $12", ["HARDWARE"] * 2),
        ("ibm.* iqm.garnet std.observables.pauli aws.aria-1", ["DOTTED"] * 4),
        ("θ π ℇ _a a1 größe", ["ID"] * 6),
        ("if iff", ["IF", "ID"]),
        ("**= ** * <<= <<", ["POWER_ASSIGN", "POWER", "STAR", "SHIFT_LEFT_ASSIGN", "SHIFT_LEFT"]),
        ("< -> - ++ +", ["LESS", "ARROW", "MINUS", "CONCATENATE", "PLUS"]),
        ("@a.b c d\nx", ["ANNOTATION", "ID"]),
        ("ctrl @ x", ["CTRL", "AT", "ID"]),
        ("#pragma a b\npragma c", ["PRAGMA"] * 2),
        ("pragmatic", ["ID"]),
        ("defcal x $0 { a { b } } cal {}", ["CALIBRATION"] * 2),
        ("calm", ["ID"]),
        ("\"open", [str(OPEN_STRING)]),
        ("x /* open", ["ID", str(OPEN_COMMENT)]),
        ("§", [str(UNEXPECTED)]),
    ],
)  # fmt: skip
def test_kinds(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("job demo {", "JOB"),
        ("job q[0];", "ID"),
        ("noise q;", "ID"),
        ("noise lab {", "NOISE"),
        ("circuit = 3;", "ID"),
        ("import = 3;", "ID"),
        ("sum(int i in x)", "SUM"),
        ("sum[0]", "ID"),
        ("sum(a, b)", "ID"),
    ],
)
def test_words_that_begin_definitions_are_names_elsewhere(text: str, expected: str) -> None:
    assert kinds(text)[0] == expected


def test_comments_are_kept_apart() -> None:
    text = "x /* one */ q; // two\n/* three\nlines */ y q;"
    assert [text[start:end] for start, end in lex(text).comments] == ["/* one */", "// two", "/* three\nlines */"]


def check_cover(text: str) -> None:
    """Tokens and comments lie in order, spell themselves, and leave out blanks only."""
    tokens = lex(text)
    spans = sorted([*zip(tokens.starts[:-1], tokens.ends[:-1], strict=True), *tokens.comments])
    position = 0
    for start, end in spans:
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()
    for shown, start, end in zip(tokens.texts, tokens.starts, tokens.ends, strict=True):
        assert text[start:end] == shown


@given(st.text(max_size=60))
def test_every_text_has_tokens(text: str) -> None:
    check_cover(text)


MARKS = (
    "a", "@", "b.c", " ", "\n", "/*", "*/", "//", '"', "'", "1", ".", "ns", "cal", "{", "}", "#", "pragma", "$", "%",
    ";", "\t", "\r\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(MARKS), max_size=25).map("".join))
def test_every_mixture_of_special_marks_has_tokens(text: str) -> None:
    check_cover(text)


def test_programs_have_tokens(program: str) -> None:
    check_cover(program)
