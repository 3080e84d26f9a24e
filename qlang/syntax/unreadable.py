"""Mistakes that the lexer finds: characters and marks that belong to no token."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.lexer import LONG_NAME, MAX_NAME, OPEN_CALIBRATION, OPEN_COMMENT, OPEN_STRING, UNEXPECTED
from qlang.syntax.panic import panic
from qlang.syntax.token_errors import (
    NameTooLong,
    UnclosedCalibration,
    UnclosedComment,
    UnclosedString,
    UnexpectedCharacter,
)


def report_unreadable(state: Automaton, position: int) -> int:
    """Report a token of negative kind, make it readable or skip it; returns the token to go on from."""
    tokens, context = state.tokens, state.context
    kind, text = tokens.kinds[position], tokens.texts[position]
    span = context.span(tokens.starts[position], tokens.ends[position])
    if kind == OPEN_STRING:
        context.diagnostics.append(UnclosedString(span, text[0]))
        tokens.kinds[position] = state.tables.kind["STRING"]
        tokens.texts[position] = text + text[0]
        state.resumed = position + 1  # what is missing behind it is most likely inside
        return position
    if kind == OPEN_COMMENT:
        context.diagnostics.append(UnclosedComment(context.span(span.start, span.start + 2)))
        return position + 1
    if kind == OPEN_CALIBRATION:
        context.diagnostics.append(UnclosedCalibration(span, text))
        return panic(state, position)
    if kind == LONG_NAME:
        context.diagnostics.append(NameTooLong(span, len(text), MAX_NAME))
        tokens.kinds[position] = state.tables.kind["ID"]
        tokens.texts[position] = ""  # a name of no text is one that the parser had to assume
        state.resumed = position
        return position
    end = position + 1
    while tokens.kinds[end] == UNEXPECTED and tokens.starts[end] == tokens.ends[end - 1]:
        end += 1
    whole = context.span(span.start, tokens.ends[end - 1])
    context.diagnostics.append(UnexpectedCharacter(whole, whole.text[:20]))
    if text.startswith("#"):  # a comment as in Python
        line_end = context.source.text.find("\n", span.start)
        while end < state.last_token and tokens.starts[end] < line_end:
            end += 1
    state.resumed = end
    return end
