"""Going on after a mistake, on the driver's own stacks.

`recover` is called with the first token `a` that no action fits; `b` and `c` follow it. The first of these
that makes the text fit again is taken and reported, once:

1. a job statement outside a job is skipped, a misspelt keyword is read as the keyword (respelling.py);
2. close: where `a` ends or begins something larger, the shortest run of closing marks before it;
3. change one token, whatever makes most of what follows fit: insert a mark, assume a name or an expression,
   delete `a`, or put a mark in its place;
4. a closing bracket without partner is dropped;
5. panic: skip to where a statement ends or begins, and go on in the innermost list of statements.

All but the last are tried on copies of the state stack only.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.automaton import Automaton
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.errors import (
    MissingPart,
    MissingToken,
    MissingTokens,
    OutsideJob,
    StrayToken,
    TooManyErrors,
    Unexpected,
    UnpairedBracket,
    WrongToken,
)
from qlang.syntax.expectation import expectation, found
from qlang.syntax.foreign_words import respell_operator, respell_unit, skip_measurement
from qlang.syntax.lexer import UNEXPECTED, kinds_of
from qlang.syntax.panic import finish, panic
from qlang.syntax.reserved import reserved_name
from qlang.syntax.respelling import add_job, outside_job, respell, respell_beginning
from qlang.syntax.source import Span
from qlang.syntax.step import Step, token_span
from qlang.syntax.unreadable import report_unreadable
from qlang.syntax.words import JOB_WORDS, STATEMENT_WORDS, TOP_WORDS, TYPE_WORDS

MAX_ERRORS = 100
MAX_PER_LINE = 2
MAX_CALLS = 1000
"""Most often that a text is repaired; on one line most of the mistakes are not even reported."""
LOOKAHEAD = 12
"""Tokens that candidates are compared by."""

_CLOSERS = (";", ")", "]", "}", "{")
_SAME_LINE = (",", ")", "]", ";", "{", "=", "(", "[", "in", "->")
_NEXT_LINE = (";", ")", "]", ",", "{", "=", "(", "[", "in", "->")
_REPLACEMENTS = (";", ")", "]", ",", "{", "[", "(", "==", "=", "->")
_PHANTOMS = ("MISSING", "ID")
_PARTNERS = {"(": ")", "[": "]", "{": "}"}


def recover(state: Automaton, position: int) -> int:
    """Make the stacks fit and return the position to go on from; -1 ends the parse."""
    quiet = position <= state.resumed
    state.attempts = state.attempts + 1 if position == state.last_error else 0
    state.last_error = position
    state.calls += 1
    if len(state.context.diagnostics) >= MAX_ERRORS or state.calls > MAX_CALLS:
        state.context.diagnostics.append(TooManyErrors(token_span(state, position)))
        return finish(state)
    if state.tokens.kinds[position] <= UNEXPECTED:
        return report_unreadable(state, position)
    if state.attempts > 2:
        return panic(state, position, skip=True)
    for step in _STEPS:
        result = step(state, position)
        if result is not None:
            diagnostic, position = result
            quiet = quiet or (isinstance(diagnostic, OutsideJob) and bool(state.context.diagnostics))
            break
    else:
        words, name = expectation(state), found(state, position)
        diagnostic = Unexpected(token_span(state, position), words, name)
        position = panic(state, position)
    state.resumed = position
    if not quiet and _is_new(state, diagnostic):
        state.context.diagnostics.append(diagnostic)
    return position


def _is_new(state: Automaton, diagnostic: Diagnostic) -> bool:
    """Whether the line of a mistake has not been complained about enough; more would be guesses upon guesses."""
    earlier = state.context.diagnostics[-MAX_PER_LINE:]
    if len(earlier) < MAX_PER_LINE:
        return True
    between = state.context.source.text[earlier[0].span.start : diagnostic.span.start]
    return "\n" in between


def _before(state: Automaton, position: int) -> Span:
    """The empty span behind the token before `position`."""
    end = state.tokens.ends[position - 1] if position else 0
    return state.context.span(end, end)


def _begins_statement(state: Automaton, position: int) -> bool:
    """Whether the token is a keyword that begins a statement or a definition."""
    kind = state.tokens.kinds[position]
    if kind in kinds_of(JOB_WORDS + TYPE_WORDS):
        return state.first_in_line(position)
    return kind in kinds_of(STATEMENT_WORDS) or kind in kinds_of(TOP_WORDS)


def _is_firm(state: Automaton, position: int) -> bool:
    """Whether the token is too telling to be dropped: a keyword, a brace, a semicolon, the end."""
    text = state.tokens.texts[position]
    return position >= state.last_token or text in "{};" or _begins_statement(state, position)


def _drop_double(state: Automaton, position: int) -> Step:
    """`qubit qubit[3] d` → `qubit[3] d`."""
    text = state.tokens.texts[position]
    if position == 0 or text != state.tokens.texts[position - 1] or text in ")]}":
        return None
    if state.progress(state.states, position + 1, 3) < 3:
        return None
    return StrayToken(token_span(state, position), text), position + 1


def _exchange_bracket(state: Automaton, position: int) -> Step:
    """`Z(q[1}` → `Z(q[1]`, where the text goes on as if it were right."""
    text, opener = state.tokens.texts[position], next(state.open_brackets(), None)
    if text not in _PARTNERS.values() or opener is None:
        return None
    right = _PARTNERS[state.tokens.texts[opener]]
    after = state.shifted(state.states, state.tables.literals[right])
    far = LOOKAHEAD if right == "}" else 3  # leaving a block is a large step
    if text == right or state.progress(after, position + 1, far) < far:
        return None
    return _exchange(state, position, right)


def _close(state: Automaton, position: int) -> Step:
    """Finish what is open before the end of the text, a closing brace or the next statement."""
    literals = state.tables.literals
    kind = state.tokens.kinds[position]
    ends = position >= state.last_token or kind == literals["}"] or kind in kinds_of(TOP_WORDS)
    begins = not ends and state.first_in_line(position) and _begins_statement(state, position)
    if not ends and not begins:
        return None
    if kind == literals["}"] and not _opened(state, "{"):
        return None
    signs: tuple[str, ...] = _CLOSERS
    if kind == literals["}"]:
        signs = (";", ")", "]", "}")
    elif begins and kind not in state.job_words:
        signs = (";", ")", "]", "{")  # an open block takes the statement as it is
    sequence = _shortest(state, position, signs) or _straight(state, position)
    if sequence is None:
        return None
    return _add(state, position, sequence)


def _shortest(state: Automaton, position: int, signs: tuple[str, ...]) -> list[str] | None:
    """The shortest run of at most 6 marks and assumed names after which the token fits."""
    pending: deque[tuple[list[int], list[str]]] = deque([(state.states, [])])
    seen: set[tuple[int, ...]] = set()
    while pending and len(seen) < 400:
        stack, sequence = pending.popleft()
        for text in (*signs, *_PHANTOMS):
            kind = state.tables.literals.get(text) or state.tables.kind[text]
            further = state.shifted(stack, kind)
            if further is None or tuple(further) in seen:
                continue
            seen.add(tuple(further))
            if state.progress(further, position, 1) == 1:
                return [*sequence, text]
            if len(sequence) < 5:
                pending.append((further, [*sequence, text]))
    return None


def _straight(state: Automaton, position: int) -> list[str] | None:
    """Closing marks one after the other, for text that ends deep inside."""
    stack, sequence = state.states, []
    for _ in range(len(state.states)):
        for text in (";", ")", "]", "}", "MISSING"):
            further = state.shifted(stack, state.tables.literals.get(text) or state.tables.kind[text])
            if further is not None:
                break
        else:
            return None
        stack = further
        sequence.append(text)
        if state.progress(stack, position, 1) == 1:
            return sequence
    return None


def _opened(state: Automaton, sign: str) -> bool:
    return any(state.tokens.texts[token] == sign for token in state.open_brackets())


def _add(state: Automaton, position: int, sequence: list[str]) -> tuple[Diagnostic, int]:
    """Take made-up tokens before `position` and report them."""
    place = _before(state, position)
    opener = _opener(state, sequence)
    shown = [text for text in sequence if text not in _PHANTOMS]
    if len(sequence) == 1 and shown:
        diagnostic: Diagnostic = MissingToken(place, shown[0], opener)
    elif len(sequence) == 1:
        diagnostic = MissingPart(token_span(state, position), expectation(state, 1), found(state, position))
    else:
        diagnostic = MissingTokens(place, tuple(sequence), opener)
    for text in sequence:
        kind = state.tables.literals.get(text) or state.tables.kind[text]
        state.feed(kind, state.invent(kind, "" if text in _PHANTOMS else text, place.start, place.end))
    return diagnostic, position


def _opener(state: Automaton, sequence: list[str]) -> Span | None:
    """The bracket that the last closing mark of a sequence closes, when it is far away."""
    closing = [text for text in sequence if text in ")]}"]
    if not closing:
        return None
    token = list(state.open_brackets())[len(closing) - 1 : len(closing)]
    return token_span(state, token[0]) if token else None


def _repair(state: Automaton, position: int) -> Step:
    """The smallest change of one token after which most of what follows fits; insertion wins a draw."""
    at_least = position + (state.tokens.texts[position] != ";")  # what follows a statement's end is another matter
    best = _Candidate(at_least, "", "")
    for candidate in _candidates(state, position):
        if candidate.reached > best.reached:
            best = candidate
    span, text = token_span(state, position), best.text
    if best.change == "insert":
        return _add(state, position, [text])
    if best.change == "delete":
        return StrayToken(span, span.text), position + 1
    if best.change == "replace":
        return _exchange(state, position, text)
    return None


def _exchange(state: Automaton, position: int, text: str) -> tuple[Diagnostic, int]:
    """Take another token, or an assumed name or expression, for the one at `position`."""
    span, shown = token_span(state, position), found(state, position)
    kind = state.tables.literals.get(text) or state.tables.kind[text]
    diagnostic: Diagnostic = WrongToken(span, text, shown)
    if text in _PHANTOMS:
        diagnostic = Unexpected(span, expectation(state, 1), shown)
        text = ""
    state.feed(kind, state.invent(kind, text, span.start, span.end))
    return diagnostic, position + 1


@dataclass(frozen=True, slots=True)
class _Candidate:
    reached: int
    """The first token that does not fit after the change."""
    change: str
    text: str


def _candidates(state: Automaton, position: int) -> Iterator[_Candidate]:
    """What could be changed, the likeliest first."""
    literals, kind = state.tables.literals, state.tables.kind

    def reached(stack: list[int] | None, start: int) -> int:
        return start + state.progress(stack, start, position + LOOKAHEAD - start)

    found_text = state.tokens.texts[position]
    for text in _NEXT_LINE if state.first_in_line(position) else _SAME_LINE:
        if text != "{" or not (found_text == "}" or state.fits(literals["include"])):
            after = state.shifted(state.states, literals[text])
            yield _Candidate(reached(after, position), "insert", text)
    firm = _is_firm(state, position)
    phantoms = () if state.fits(literals["include"]) else _PHANTOMS  # a statement needs more than a name
    deletion = _Candidate(0 if firm else reached(state.states, position + 1), "delete", "")
    for text in phantoms:
        yield _Candidate(reached(state.shifted(state.states, kind[text]), position), "insert", text)
    yield deletion
    if position < state.last_token and (not firm or next(state.open_brackets(), None) is not None):
        for text in phantoms:
            after = state.shifted(state.states, kind[text])
            yield _Candidate(reached(after, position + 1), "replace", text)
    if firm:
        return
    for text in ("{",) if found_text[0].isalnum() else _REPLACEMENTS:
        after = state.shifted(state.states, literals[text])
        yield _Candidate(reached(after, position + 1), "replace", text)


def _unpaired(state: Automaton, position: int) -> Step:
    """A closing bracket that closes nothing goes."""
    span = token_span(state, position)
    partners = [opening for opening, closing in _PARTNERS.items() if closing == span.text]
    if not partners or _opened(state, partners[0]):
        return None
    return UnpairedBracket(span, span.text), position + 1


_STEPS = (
    outside_job,
    respell,
    respell_beginning,
    add_job,
    respell_operator,
    skip_measurement,
    respell_unit,
    reserved_name,
    _drop_double,
    _exchange_bracket,
    _close,
    _repair,
    _unpaired,
)
