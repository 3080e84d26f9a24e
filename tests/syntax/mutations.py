"""Small changes to programs, as slips of the hand make them."""

import random

from qlang.syntax.lexer import lex


def mutated(text: str, rng: random.Random) -> str:
    """One token deleted, doubled or replaced by another of the text."""
    tokens = lex(text)
    at, other = rng.randrange(len(tokens.kinds) - 1), rng.randrange(len(tokens.kinds) - 1)
    start, end = tokens.starts[at], tokens.ends[at]
    put = rng.choice(["", f"{text[start:end]} {text[start:end]}", text[tokens.starts[other] : tokens.ends[other]]])
    return text[:start] + put + text[end:]
