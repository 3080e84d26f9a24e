"""What could have come next, in words."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.spelling import nearest
from qlang.syntax.tables import END_OF_TEXT

_GROUPS = (
    ("a job statement", ("run", "shots", "backend")),
    ("a statement", ("measure", "reset", "include")),
    ("an expression", ("(", "true")),
    ("a type", ("int", "bool")),
)
"""Name of a group, and literals that are all expected when the group is."""

_STATEMENTS = ("a job statement", "a statement")
_SINGLE = {
    "ID": "a name",
    "HARDWARE": "a qubit",
    "STRING": "a string",
    "INTEGER": "a number",
    "ARITY": "`1q` or `2q`",
}
_FIRST = (";", ")", "]", "}", "{", "(", "[", ",", "=", ":", "in", "->", "@")
"""Literals worth naming before others."""


def expectation(state: Automaton, limit: int = 4) -> str:
    """What fits next, as in "a name, `)` or `]`": grouped, at most `limit` items."""
    items = expected_items(state)[:limit]
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} or {items[-1]}"


def expected_items(state: Automaton) -> list[str]:
    """What fits next, in words: groups such as "an expression" before single literals."""
    tables, kinds = state.tables, state.expected()
    literals = {text for text, kind in tables.literals.items() if kind in kinds}
    groups = [words for words, needed in _GROUPS if literals.issuperset(needed)]
    if groups and groups[0] in _STATEMENTS:
        return [groups[0], *(f"`{text}`" for text in ("else", "}") if text in literals)]
    items = groups[:1]
    if groups:
        literals -= {text for text in literals if text[0].isalpha()} | {"(", "-", "+", "~", "!"}
    else:
        items += [words for name, words in _SINGLE.items() if tables.kind[name] in kinds]
    if literals.issuperset(("<=", ">=")) and "+" not in literals:
        items.append("a comparison such as `>=`")
    items += [f"`{text}`" for text in _FIRST if text in literals]
    items += [f"`{text}`" for text in sorted(literals) if text not in _FIRST and not _is_operator(text)]
    if items:
        return items
    return ["an operator" if literals else "the end of the file"] if kinds else ["nothing more"]


def _is_operator(text: str) -> bool:
    return not text[0].isalpha() or text in ("within", "and", "or")


def found(state: Automaton, position: int) -> str:
    """The token at `position` in words."""
    if position >= state.last_token:
        return "the end of the file"
    line = state.tokens.texts[position].split("\n", 1)[0]
    return f"`{line}`" if len(line) <= 40 else f"`{line[:37]}…`"


def nearest_keyword(state: Automaton, text: str) -> str | None:
    """The expected keyword that `text` may be a misspelling of."""
    kinds = state.expected() - {END_OF_TEXT}
    words = state.tables.literals.items()
    return nearest(text, (word for word, kind in words if kind in kinds and len(word) > 2 and word.isalpha()))
