"""Going on after a mistake."""

from qlang.syntax.automaton import Automaton
from qlang.syntax.errors import Unexpected
from qlang.syntax.tree import Program, Statement


def recover(state: Automaton, position: int) -> int:
    tokens, context = state.tokens, state.context
    found = tokens.texts[position] or "the end of the file"
    span = context.span(tokens.starts[position], tokens.ends[position])
    context.diagnostics.append(Unexpected(span, "something else", f"`{found}`"))
    done = [item for value in state.values if isinstance(value, list) for item in value if isinstance(item, Statement)]
    state.values[:] = [Program(0, len(context.source.text), done, [])]
    return -1
