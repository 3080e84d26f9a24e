"""When no small change helps: skip, and go on in the innermost list of statements."""

from bisect import bisect_left
from functools import cache

from qlang.syntax.automaton import Automaton
from qlang.syntax.lexer import kinds_of
from qlang.syntax.tables import END_OF_TEXT, load
from qlang.syntax.tree import ErrorNode, JobError, Node, Program, Statement
from qlang.syntax.words import JOB_WORDS, STATEMENT_WORDS, TOP_WORDS

_LISTS: dict[str, type[Node] | None] = {
    "items": ErrorNode,
    "statements": ErrorNode,
    "job_statements": JobError,
    "noise_rules": None,
    "sla_terms": None,
    "cases": None,
}
"""The lists that a parse can go on in, and what stands there for skipped text."""


def panic(state: Automaton, position: int, skip: bool = False) -> int:
    """Skip to the next place where a statement can begin or a block end; returns that token.

    With `skip` the token at `position` goes in any case: recovery there has failed before.
    """
    first = _unwind(state)
    stop = _next_boundary(state, position)
    if stop == position and (skip or not _fits(state, stop)):
        if stop >= state.last_token:
            return finish(state) if skip else stop
        stop += 1  # else the same token would fail for ever
    kind = _LISTS[_list_on_top(state)]
    if kind is not None:
        start = state.tokens.starts[position if first is None else first]
        end = state.tokens.ends[stop - 1] if stop else start
        if end > start:
            state.values[-1].append(kind(start, end))
    return stop


def finish(state: Automaton) -> int:
    """Give up: the tree of what was read so far, without the blocks that are open, whose names are nobody else's."""
    lists = [value for value in state.values if isinstance(value, list)]
    statements = [item for item in lists[0] if isinstance(item, Statement)] if lists else []
    state.values[:] = [Program(0, len(state.context.source.text), statements, [])]
    return -1


@cache
def list_states() -> dict[int, str]:
    """The states in which a list of statements is on top of the stack."""
    tables = load()
    return {
        moves[number]: name
        for moves in tables.gotos
        for number, name in enumerate(tables.nonterminals)
        if name in _LISTS and number in moves
    }


@cache
def gate_list_states() -> frozenset[int]:
    """The states in which a gate call may come next and be appended to the list on top."""
    return frozenset(state for state, name in list_states().items() if name in ("items", "statements"))


def _list_on_top(state: Automaton) -> str:
    return list_states()[state.states[-1]]


def _unwind(state: Automaton) -> int | None:
    """Pop to the innermost list; returns the first token of what was popped."""
    lists = list_states()
    first = None
    while state.states[-1] not in lists:
        beginning = _list_beginning(state.states[-1])
        if beginning is not None:
            state.states.append(beginning)
            state.values.append([])
            break
        state.states.pop()
        value = state.values.pop()
        first = _first_token(state, value, first)
    return first


@cache
def _list_beginning(state: int) -> int | None:
    """The state after an empty list, where a list of statements may begin; so everywhere behind a `{`."""
    tables = load()
    moves = tables.gotos[state]
    begun = [moves[number] for number, name in enumerate(tables.nonterminals) if name in _LISTS and number in moves]
    return begun[0] if begun else None


def _first_token(state: Automaton, value: object, known: int | None) -> int | None:
    """The token at which a popped value begins; made-up tokens have no place in the text."""
    if isinstance(value, int):
        return value if value < state.last_token else known
    while isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, Node):
        return bisect_left(state.tokens.starts, value.start, 0, state.last_token)
    return known


def _fits(state: Automaton, position: int) -> bool:
    return any(state.fits(kind) for kind in state.readings(position))


def _next_boundary(state: Automaton, position: int) -> int:
    """The token to go on from: after a `;` or a whole block, before a keyword, a closing brace or the end."""
    kinds, literals = state.tokens.kinds, state.tables.literals
    opening, closing, semicolon = literals["{"], literals["}"], literals[";"]
    begins, defines = kinds_of(STATEMENT_WORDS + JOB_WORDS + TOP_WORDS), kinds_of(TOP_WORDS)
    depth = 0
    while kinds[position] != END_OF_TEXT:
        kind = kinds[position]
        if kind in defines or (depth == 0 and (kind == closing or _begins(state, position, begins))):
            return position
        position += 1
        depth += (kind == opening) - (kind == closing)
        if depth == 0 and kind in (semicolon, closing):
            return position
    return position


def _begins(state: Automaton, position: int, begins: frozenset[int]) -> bool:
    kind = state.tokens.kinds[position]
    return kind in begins and (kind not in state.soft or state.first_in_line(position))
