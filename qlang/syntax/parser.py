"""Text to tree: the LALR driver over the tables, for the command and the editor alike.

The loop below runs while the text is right; when no action fits, `recovery.py` works on the same stacks
and hands back. There is no recursion, so only memory bounds the depth, and `_too_deep` keeps trees shallow
enough for those who walk them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qlang.collection import CollectionPaused
from qlang.syntax.automaton import Automaton
from qlang.syntax.builders import compiled_rules
from qlang.syntax.context import Context
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.flat_gates import flat_gate, flat_gate_pattern, kinds_as_text
from qlang.syntax.gate_lines import gate_run, is_run
from qlang.syntax.lexer import Tokens, kinds_of, lex, soft_kinds, split, unpack
from qlang.syntax.limits import overlong_line, too_many_tokens
from qlang.syntax.panic import finish, gate_list_states
from qlang.syntax.source import Source
from qlang.syntax.tables import NO_ACTION, load
from qlang.syntax.tree import Comment, Node, Program
from qlang.syntax.words import JOB_WORDS


@dataclass(frozen=True, slots=True)
class ParseResult:
    program: Program
    diagnostics: tuple[Diagnostic, ...]
    version: Literal[2, 3]
    """The OpenQASM version of the text; 3 where none is given."""


_VERSION_2 = re.compile(r"(?:\s|//[^\n]*|/\*(?s:.*?)\*/)*OPENQASM\s+2(?!\d)")

PACKED_FROM = 4096
"""Characters of a text that is worth the larger pattern, which takes some milliseconds to prepare."""
MAX_STATES = 600
MAX_NESTING = 200
_NESTING_WORDS = frozenset(("(", "[", "{", "**", "for", "else"))
_SIGNS = frozenset(("-", "+", "~", "!"))


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
    shown, matches, lists, name = kinds_as_text(kinds), flat_gate_pattern().match, gate_list_states(), tables.kind["ID"]
    texts, packed = state.tokens.texts, state.packed
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
        if packed and (code == NO_ACTION or (kind == name and is_run(texts[position]))):
            if code != NO_ACTION and top in lists and take_run(state, position):
                position += 1
                continue
            if code != NO_ACTION and top not in lists:
                split(state.tokens, position)
                state.last_token = len(kinds) - 1
            else:
                packed = False
                position = unpack_rest(state, position)
            shown, end = kinds_as_text(kinds), len(kinds)
            continue
        if code == NO_ACTION:
            position = recover(state, position)
            if position < 0:
                return
            top = states[-1]
            continue
        if kind == name and top in lists:
            found = matches(shown, position)
            if found is not None:
                values[-1].append(flat_gate(context, kinds, position, found.end()))
                position = found.end()
                continue
        top = code
        states.append(code)
        values.append(position)
        position += 1
        if len(states) > MAX_NESTING and _too_deep(state):
            from qlang.syntax.errors import NestingTooDeep

            span = context.span(context.starts[position - 1], context.ends[position - 1])
            context.diagnostics.append(NestingTooDeep(span))
            finish(state)
            return


def take_run(state: Automaton, position: int) -> bool:
    """Append the node of a run of gate lines to the list on top; not in a gate, whose body others read call by call."""
    texts, values = state.tokens.texts, state.values
    if any(isinstance(value, int) and texts[value] == "gate" for value in values):
        return False
    run = gate_run(texts[position], state.tokens.starts[position])
    if run is not None:
        values[-1].append(run)
    return run is not None


def unpack_rest(state: Automaton, position: int) -> int:
    """Go on with single tokens: something is wrong.

    The token before is unpacked as well, for the recovery looks at it; returns where the position is then.
    """
    tokens = state.tokens
    first = max(position - 1, 0)
    behind = len(tokens.kinds) - position
    if tokens.kinds[first] == state.tables.kind["ID"] and is_run(tokens.texts[first]):
        unpack(tokens, first, position)
    position = len(tokens.kinds) - behind
    unpack(tokens, position, len(tokens.kinds))
    state.packed = False
    state.last_token = len(tokens.kinds) - 1
    return position


def _too_deep(state: Automaton) -> bool:
    """Whether the tree would be deeper than those who walk it recursively can bear."""
    if len(state.states) > MAX_STATES:
        return True
    nested, texts, after_operand = 0, state.tokens.texts, False
    for value in state.values:
        if isinstance(value, int):
            nested += texts[value] in _NESTING_WORDS or (texts[value] in _SIGNS and not after_operand)
        after_operand = isinstance(value, Node)
    return nested > MAX_NESTING


def _recover(state: Automaton, position: int) -> int:
    """Recovery and its diagnostics load when there is something to recover from: right texts start faster."""
    from qlang.syntax.recovery import recover

    return recover(state, position)


def parse(source: Source, packed: bool = False) -> ParseResult:
    """The tree of a text and all its mistakes of syntax; broken text gives the tree of what could be read.

    The jobs of qlang and OpenQASM are read alike, whatever the file is called; the version comes from the text.
    With `packed`, long runs of plain gate calls are one `GateRun` each, which costs a tenth.
    """
    return parse_tokens(source, packed)[0]


def parse_tokens(source: Source, packed: bool = False) -> tuple[ParseResult, Tokens]:
    """As `parse`, with the tokens as the parser read them: soft words are settled."""
    with CollectionPaused():
        return _parse(source, packed and len(source.text) >= PACKED_FROM)


def _parse(source: Source, packed: bool) -> tuple[ParseResult, Tokens]:
    tables = load()
    version: Literal[2, 3] = 2 if _VERSION_2.match(source.text) else 3
    refused = overlong_line(source)
    tokens = lex("" if refused else source.text, packed)
    if not tokens.complete:
        refused = too_many_tokens(source, tokens.ends[-1], packed)
    if refused:
        return ParseResult(Program(0, len(source.text), [], []), (refused,), version), tokens
    if version == 2:  # where `^` is the power and binds as `**` does
        power, caret = tables.literals["**"], tables.literals["^"]
        tokens.kinds[:] = [power if kind == caret else kind for kind in tokens.kinds]
    context = Context(source, tokens.texts, tokens.starts, tokens.ends)
    last = len(tokens.kinds) - 1
    state = Automaton(
        tables, tokens, context, soft_kinds(version), [tables.start], [], last, kinds_of(JOB_WORDS), packed
    )
    drive(state, _recover)
    program: Program = state.values[0]
    program.comments = [Comment(start, end) for start, end in tokens.comments]
    return ParseResult(program, tuple(context.diagnostics), version), tokens
