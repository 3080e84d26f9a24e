"""The single gate calls of a run of gate lines, as the parser would have made them one by one."""

from functools import lru_cache

from qlang.syntax.context import Context
from qlang.syntax.flat_gates import flat_gate
from qlang.syntax.lexer import lex
from qlang.syntax.source import Source
from qlang.syntax.tables import load
from qlang.syntax.tree import Expression, GateCall, GateRun


def gate_calls(run: GateRun) -> list[GateCall]:
    """Every call of a run, made at first use."""
    if run.calls is None:
        run.calls = _calls(run.text, run.start)
    return run.calls


@lru_cache(maxsize=4096)
def parameters_of(text: str) -> tuple[Expression, ...]:
    """The expressions in `(a, pi/2)` as they stand in a run; their positions mean nothing."""
    return tuple(_calls(f"g{text} q[0];", 0)[0].parameters)


def _calls(text: str, offset: int) -> list[GateCall]:
    tokens = lex(text)
    starts = [start + offset for start in tokens.starts]
    ends = [end + offset for end in tokens.ends]
    context = Context(Source("", text), tokens.texts, starts, ends)
    semicolon = load().literals[";"]
    calls, first = [], 0
    for position, kind in enumerate(tokens.kinds):
        if kind == semicolon:
            calls.append(flat_gate(context, tokens.kinds, first, position + 1))
            first = position + 1
    return calls
