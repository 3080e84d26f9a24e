"""The calls that a mistake was met in, in words; a long stack keeps its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlang.syntax.diagnostic import Call, Diagnostic

_INNERMOST, _OUTERMOST = 6, 2


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Calls between the ends of a long stack."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} more call{'s' if self.count > 1 else ''}"


def shown_calls(diagnostic: Diagnostic) -> Sequence[Call | LeftOut]:
    """The calls, innermost first."""
    calls = diagnostic.calls()
    hidden = len(calls) - _INNERMOST - _OUTERMOST
    if hidden <= 0:
        return calls
    return [*calls[:_INNERMOST], LeftOut(hidden), *calls[-_OUTERMOST:]]


def call_text(call: Call | LeftOut) -> str:
    """`` in `layer`, called at ising.qjob:14:3 ``"""
    return str(call) if isinstance(call, LeftOut) else f"in `{call.name}`, called at {call.span}"
