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


def gate_call(run: GateRun, index: int) -> GateCall:
    """One call of a run."""
    if run.calls is not None:
        return run.calls[index]
    start = run.starts[index]
    return _calls(run.text[start - run.start : run.ends[index] - run.start], start)[0]


@lru_cache(maxsize=4096)
def parameter_of(text: str) -> Expression:
    """The expression that a parameter of a run is; its position means nothing."""
    return _calls(f"g({text}) q[0];", 0)[0].parameters[0]


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
