"""Text to tree: the LALR driver over the tables, for the command and the editor alike.

The loop below runs while the text is right; when no action fits, `recovery.py` works on the same stacks
and hands back. There is no recursion, so only memory bounds the depth, and `too_deep` keeps trees shallow
enough for those who walk them.
"""

import gc
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from qlang.syntax.actions_expressions import ACTIONS as EXPRESSION_ACTIONS
from qlang.syntax.actions_job import ACTIONS as JOB_ACTIONS
from qlang.syntax.actions_statements import ACTIONS as STATEMENT_ACTIONS
from qlang.syntax.automaton import Automaton
from qlang.syntax.context import Action, Context
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.lexer import lex, soft_kinds
from qlang.syntax.recovery import recover
from qlang.syntax.source import Source
from qlang.syntax.tables import NO_ACTION, load
from qlang.syntax.tree import Comment, Program

Language = Literal["auto", "qjob", "qasm"]


@dataclass(frozen=True, slots=True)
class ParseResult:
    program: Program
    diagnostics: tuple[Diagnostic, ...]
    version: Literal[2, 3]
    """The OpenQASM version of the text; 3 where none is given."""


_VERSION_2 = re.compile(r"(?:\s|//[^\n]*|/\*(?s:.*?)\*/)*OPENQASM\s+2(?!\d)")

CompiledRule = tuple[int, int, Action | None]


@cache
def compiled_rules() -> list[CompiledRule]:
    """(length, nonterminal, builder) of every rule."""
    actions = {**EXPRESSION_ACTIONS, **STATEMENT_ACTIONS, **JOB_ACTIONS}
    return [(rule.length, rule.nonterminal, actions[rule.action] if rule.action else None) for rule in load().rules]


def drive(state: Automaton, recover: Callable[[Automaton, int], int]) -> None:
    """Run the automaton over all tokens.

    `recover(state, position)` is called where no action fits; it changes stacks or tokens and returns the
    position to go on from, or -1 to stop.
    """
    tables, kinds, soft = state.tables, state.tokens.kinds, state.soft
    states, values, context = state.states, state.values, state.context
    rows, jumps, follow, rules = tables.rows, tables.jumps, tables.follow, compiled_rules()
    width, height = len(tables.terminals), len(tables.nonterminals)
    position, end = 0, len(kinds)
    top = states[-1]
    while position < end:
        kind = kinds[position]
        if kind in soft:
            kind = kinds[position] = state.settle(position)
        while (code := rows[top].get(kind, NO_ACTION)) < 0:
            length, nonterminal, action = rules[~code]
            if length:
                children = values[-length:]
                del values[-length:], states[-length:]
            else:
                children = []
            values.append(children[0] if action is None else action(context, children))
            base = states[-1]
            key = (base * height + nonterminal) * width + kind
            top = jumps.get(key, -1)
            if top < 0:
                top = jumps[key] = follow(base, nonterminal, kind)
            states.append(top)
        if code == NO_ACTION:
            position = recover(state, position)
            if position < 0:
                return
            top, end = states[-1], len(kinds)
            continue
        top = code
        states.append(code)
        values.append(position)
        position += 1


def parse(source: Source, *, language: Language = "auto") -> ParseResult:
    """The tree of a text and all its mistakes of syntax; broken text gives the tree of what could be read.

    `language` says what the file's name told: `qasm` texts have no soft words that begin jobs; `auto` and
    `qjob` read both. The version comes from the text.
    """
    collecting = gc.isenabled()
    gc.disable()  # a parse makes many objects and no garbage: collection would double its time
    try:
        return _parse(source, language)
    finally:
        if collecting:
            gc.enable()


def _parse(source: Source, language: Language) -> ParseResult:
    tables = load()
    tokens = lex(source.text)
    version: Literal[2, 3] = 2 if _VERSION_2.match(source.text) else 3
    context = Context(source, tokens.texts, tokens.starts, tokens.ends)
    state = Automaton(tables, tokens, context, soft_kinds(version), [tables.start], [])
    drive(state, recover)
    program = state.values[0]
    program.comments = [Comment(start, end) for start, end in tokens.comments]
    return ParseResult(program, tuple(context.diagnostics), version)
