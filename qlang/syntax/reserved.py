"""A keyword where a name is due: `float angle;`, `qubit[2] measure;`."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.lexer import kinds_of
from qlang.syntax.source import Span
from qlang.syntax.step import Step, token_span
from qlang.syntax.words import TYPE_WORDS

_BEHIND_NAMES = frozenset(
    (")", ",", ";", "]", "}", "+", "-", "*", "/", "%", "=", "==", "!=", "<", ">", "<=", ">=", "->", "**", "++", ":")
)
"""What stands behind a name, and not behind the keyword that it was taken from."""


def reserved_name(state: Automaton, position: int) -> Step:
    """Read a keyword as the name that it was meant to be, here and where the name is used later."""
    from qlang.syntax.token_errors import ReservedWord

    kinds, text = state.tokens.kinds, state.tokens.texts[position]
    kind, name = kinds[position], state.tables.kind["ID"]
    if not text.isalpha() or state.tables.literals.get(text) != kind or state.first_in_line(position):
        return None
    far = 1 if state.tokens.texts[position + 1] == ";" else 3
    if state.progress(state.shifted(state.states, name), position + 1, far) < far:
        return None
    places = [position, *_uses(state, position, kind)]
    for place in places:
        kinds[place] = name
    fresh = text + "_"
    while fresh in state.tokens.texts:
        fresh += "_"
    spans: list[Span] = [token_span(state, place) for place in places]
    return ReservedWord(spans[0], text, fresh, tuple(spans[1:])), position


def _uses(state: Automaton, position: int, kind: int) -> list[int]:
    """Later tokens of the same word that can be nothing but the name."""
    kinds, texts = state.tokens.kinds, state.tokens.texts
    found = []
    for place in range(position + 1, state.last_token):
        if kinds[place] != kind:
            continue
        after = texts[place + 1]
        if state.first_in_line(place):
            named = after == "="
        else:
            named = after in _BEHIND_NAMES or (after == "[" and kind not in kinds_of(TYPE_WORDS))
        if named:
            found.append(place)
    return found
