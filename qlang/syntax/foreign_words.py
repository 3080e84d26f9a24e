"""Words that people bring from elsewhere: what types and units are called here."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.errors import MissingToken, Unexpected, UnknownWord, WrongToken
from qlang.syntax.spelling import nearest
from qlang.syntax.step import Step, token_span

TYPES = {
    "double": "float",
    "real": "float",
    "decimal": "float",
    "number": "float",
    "integer": "int",
    "long": "int",
    "short": "int",
    "unsigned": "uint",
    "boolean": "bool",
    "qbit": "qubit",
    "qubits": "qubit",
    "quantumregister": "qubit",
    "bits": "bit",
    "cbit": "bit",
    "classicalregister": "bit",
    "time": "duration",
}
"""Names of types elsewhere, in lower case without `_`."""

UNITS = {
    "nanosecond": "ns",
    "nanosec": "ns",
    "nsec": "ns",
    "microsecond": "us",
    "microsec": "us",
    "usec": "us",
    "millisecond": "ms",
    "millisec": "ms",
    "msec": "ms",
    "second": "s",
    "sec": "s",
    "minute": "min",
    "mins": "min",
    "hour": "h",
    "hr": "h",
    "d": "days",
    "dollar": "usd",
    "us$": "usd",
    "euro": "eur",
    "times": "x",
    "fold": "x",
}
"""Units in words, in lower case without the `s` of several."""
_TYPES_HERE = ("qubit", "bit", "bool", "int", "uint", "float", "complex", "angle", "duration", "stretch", "array")
_KNOWN = ("ns", "us", "ms", "s", "min", "h", "days", "usd", "eur", "x")


def type_meant(word: str) -> str | None:
    """The type that a word was probably meant to be."""
    plain = word.lower().replace("_", "")
    found = TYPES.get(plain)
    if found is None and plain in _TYPES_HERE and plain != word:
        return plain
    return found or (nearest(word, _TYPES_HERE) if len(word) > 3 else None)


def unit_meant(word: str) -> str | None:
    """The unit that a word was probably meant to be."""
    plain = word.lower()
    for each in (plain, plain.removesuffix("s")):
        if each in UNITS:
            return UNITS[each]
        if each in _KNOWN:
            return each
    return nearest(word, [*UNITS, *_KNOWN]) if len(word) < 3 else None


_OPERATORS = {"and": "&&", "or": "||", "AND": "&&", "OR": "||", "mod": "%"}
_CONSTANTS = ("pi", "π", "tau", "τ", "euler", "ℇ")


def respell_operator(state: Automaton, position: int) -> Step:
    """`a and b`, `2pi`: a word where an operator belongs, or none."""
    if position == 0:
        return None
    word, span = state.tokens.texts[position], token_span(state, position)
    right = _OPERATORS.get(word)
    if right is not None and state.fits(state.tables.literals[right]):
        kind = state.tables.literals[right]
        state.feed(kind, state.invent(kind, right, span.start, span.end))
        return WrongToken(span, right, f"`{word}`"), position + 1
    before = state.tokens.texts[position - 1][-1:]
    if word in _CONSTANTS and (before.isdigit() or before in ")].") and state.progress(state.states, position + 1, 1):
        end = state.tokens.ends[position - 1]
        return MissingToken(state.context.span(end, end), "*"), position + 1  # the factor before it is taken already
    return None


def respell_unit(state: Automaton, position: int) -> Step:
    """`3 hours`: a word behind a number that nothing else can be."""
    kinds, tokens = state.tables.kind, state.tokens
    if position == 0 or tokens.kinds[position] != kinds["ID"]:
        return None
    number = tokens.texts[position - 1]
    if not number[:1].isdigit() or not (number[-1:].isdigit() or number.endswith(".")):
        return None
    if "\n" in state.context.source.text[tokens.ends[position - 1] : tokens.starts[position]]:
        return None
    if state.progress(state.states, position + 1, 1) < 1:
        return None
    word, span = tokens.texts[position], token_span(state, position)
    unit = unit_meant(word)
    if unit is None:
        return Unexpected(span, "a unit (`ns us ms s min h days`, `usd eur`, `x`, `%`)", f"`{word}`"), position + 1
    return UnknownWord(span, word, unit), position + 1


def skip_measurement(state: Automaton, position: int) -> Step:
    """`if (measure q[0])`: a measurement where a value belongs, taken for some value."""
    texts, missing = state.tokens.texts, state.tables.kind["MISSING"]
    if texts[position] != "measure" or not state.fits(missing):
        return None
    end = position + 1
    if state.tokens.kinds[end] == state.tables.kind["ID"]:
        end += 1
    if texts[end] == "[":
        while end < state.last_token and texts[end] != "]":
            end += 1
        end += 1
    if end >= state.last_token or state.progress(state.shifted(state.states, missing), end, 1) < 1:
        return None
    span = state.context.span(state.tokens.starts[position], state.tokens.ends[end - 1])
    state.feed(missing, state.invent(missing, "", span.start, span.end))
    return Unexpected(span, "an expression", "`measure`"), end
