"""What a step of the recovery gives, for the modules that have steps."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Step = tuple[Diagnostic, int] | None
"""The report and the token to go on from; None where the step does not help."""


def token_span(state: Automaton, position: int) -> Span:
    """The span of the token at a position."""
    return state.context.span(state.tokens.starts[position], state.tokens.ends[position])
