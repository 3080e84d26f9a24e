"""The driver takes the texts that Lark's own parser takes with the same grammar, and no others.

Lark gets our tokens. A soft word has two readings; Lark counts as accepting when some reading of all soft
words is accepted. The driver decides each soft word with one token of look-ahead, so equality here also says
that this look-ahead is enough on these texts.
"""

import random
from functools import cache

import pytest
from lark import Token
from lark.exceptions import UnexpectedToken
from lark.parsers.lalr_interactive_parser import InteractiveParser

from qlang.syntax.lexer import lex, soft_kinds
from qlang.syntax.parser import parse
from qlang.syntax.source import Source
from qlang.syntax.tables import GRAMMAR, lark_parser, load
from tests.syntax.mutations import mutated

BEYOND_GRAMMAR = {"QJ0120", "QJ0121", "QJ0122", "QJ0123", "QJ0124"}
"""Mistakes that the tree builders find in texts that the grammar takes."""


@cache
def start() -> InteractiveParser:
    return lark_parser(GRAMMAR.read_text(encoding="utf-8")).parse_interactive("")


def lark_accepts(text: str, version: int) -> bool:
    terminals, name = load().terminals, load().kind["ID"]
    soft = soft_kinds(version)
    tokens = lex(text)
    alive = [start().copy(deepcopy_values=False)]
    for kind, shown in zip(tokens.kinds, tokens.texts, strict=True):
        if kind < 0:
            return False
        readings = (kind, name) if kind in soft else (kind,)
        successors = {}
        for parser in alive:
            for reading in readings:
                copy = parser.copy(deepcopy_values=False) if len(readings) > 1 else parser
                try:
                    copy.feed_token(Token(terminals[reading], shown))
                except UnexpectedToken:
                    continue
                successors[tuple(copy.parser_state.state_stack)] = copy
        alive = list(successors.values())
    return bool(alive)


def driver_accepts(text: str) -> bool:
    return {diagnostic.code for diagnostic in parse(Source("t", text)).diagnostics} <= BEYOND_GRAMMAR


def check(text: str) -> bool:
    accepted = driver_accepts(text)
    assert accepted == lark_accepts(text, parse(Source("t", text)).version), text
    return accepted


def test_programs(small_program: str) -> None:
    assert check(small_program)


@pytest.mark.parametrize("seed", range(4))
def test_one_token_deleted_doubled_or_replaced(small_programs: list[str], seed: int) -> None:
    rng = random.Random(seed)
    accepted = sum(check(mutated(rng.choice(small_programs), rng)) for _ in range(75))
    assert 0 < accepted < 75
