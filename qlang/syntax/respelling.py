"""Recovery by the word that a statement begins with: misspelt, missing, or outside a job."""

from bisect import bisect_left

from qlang.syntax.automaton import Automaton
from qlang.syntax.errors import MissingToken, OutsideJob, UnknownWord
from qlang.syntax.expectation import nearest_keyword
from qlang.syntax.foreign_words import TYPES
from qlang.syntax.panic import list_states, panic
from qlang.syntax.spelling import nearest
from qlang.syntax.step import Step, token_span
from qlang.syntax.tree import Node
from qlang.syntax.words import JOB_WORDS, STATEMENT_WORDS, TOP_WORDS


def outside_job(state: Automaton, position: int) -> Step:
    """`shots 100;` at the top level or in a circuit: skipped, and reported unless an earlier mistake explains it."""
    height = _list_height(state)
    if height is None or height >= len(state.values):
        return None
    if list_states()[state.states[height]] not in ("items", "statements"):
        return None
    start = _start_of(state, state.values[height])
    first = bisect_left(state.tokens.starts, start, 0, state.last_token)
    word, following = state.tokens.texts[first], state.tokens.texts[first + 1]
    if word not in JOB_WORDS or not state.first_in_line(first) or not (following[:1].isalnum() or following == "{"):
        return None
    diagnostic = OutsideJob(token_span(state, first), word)
    return diagnostic, panic(state, position)


def respell(state: Automaton, position: int) -> Step:
    """`shot 100;` → `shots 100;`."""
    if state.tokens.kinds[position] != state.tables.kind["ID"]:
        return None
    word = nearest_keyword(state, state.tokens.texts[position])
    if word is None:
        return None
    kind = state.tables.literals[word]
    if not any(state.fits(kind, after) for after in state.readings(position + 1)):
        return None
    diagnostic = UnknownWord(token_span(state, position), state.tokens.texts[position], word)
    state.feed(kind, position)
    return diagnostic, position + 1


def respell_beginning(state: Automaton, position: int) -> Step:
    """`cosnt int n = 3;`, `jbo demo {`: the first word made a gate call of it, the second or third does not fit."""
    for word in (position - 1, position - 2):
        if word < 0 or state.tokens.kinds[word] != state.tables.kind["ID"] or not state.first_in_line(word):
            continue
        text = state.tokens.texts[word]
        right = TYPES.get(text.lower()) or nearest(text, STATEMENT_WORDS + TOP_WORDS)
        if right is None and _looks_like_job(state, position) and word == position - 2:
            right = "job"
        height = _beginning(state, word)
        if right is None or height is None:
            continue
        kind = state.tables.literals[right]
        if _fits_at(state, height, kind, *state.tokens.kinds[word + 1 : position + 1]):
            _rewind(state, height)
            state.tokens.kinds[word] = kind
            return UnknownWord(token_span(state, word), text, right), word
    return None


def add_job(state: Automaton, position: int) -> Step:
    """`demo { run …` → `job demo { run …`."""
    name = position - 1
    height = _beginning(state, name)
    if height is None or not _looks_like_job(state, position):
        return None
    job, name_kind, brace = (state.tables.literals["job"], state.tokens.kinds[name], state.tokens.kinds[position])
    if not _fits_at(state, height, job, name_kind, brace):
        return None
    _rewind(state, height)
    start = state.tokens.starts[name]
    state.feed(job, state.invent(job, "job", start, start))
    return MissingToken(state.context.span(start, start), "job"), name


def _looks_like_job(state: Automaton, position: int) -> bool:
    kinds = state.tokens.kinds
    return kinds[position] == state.tables.literals["{"] and kinds[position + 1] in state.job_words


def _beginning(state: Automaton, token: int) -> int | None:
    """The height of the stacks below the statement that begins with `token`."""
    height = _list_height(state)
    if token < 0 or height is None or height >= len(state.values):
        return None
    return height if _start_of(state, state.values[height]) == state.tokens.starts[token] else None


def _list_height(state: Automaton) -> int | None:
    """The height of the stacks below the statement at hand."""
    lists = list_states()
    heights = range(len(state.states) - 1, -1, -1)
    return next((height for height in heights if state.states[height] in lists), None)


def _start_of(state: Automaton, value: object) -> int:
    while isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, int):
        return state.tokens.starts[value]
    return value.start if isinstance(value, Node) else -1


def _fits_at(state: Automaton, height: int, *kinds: int) -> bool:
    stack: list[int] | None = state.states[: height + 1]
    for kind in kinds:
        stack = None if stack is None else state.shifted(stack, kind)
    return stack is not None


def _rewind(state: Automaton, height: int) -> None:
    del state.states[height + 1 :], state.values[height:]
