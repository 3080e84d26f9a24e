"""How much the calls of a program expand to, counted before anything is expanded.

Sixty definitions that each call the one before twice are a few lines of text and 2⁶⁰ gates. The count is a lower
bound: loops and broadcasts count once.
"""

from qlang.sema.symbols import FileScope, GateSymbol, SubroutineSymbol
from qlang.syntax import tree

DEEPEST = 60
"""Calls inside of calls that are followed; lowering refuses deeper ones by name."""

Counts = dict[GateSymbol | SubroutineSymbol, int]


def expansion(symbol: GateSymbol | SubroutineSymbol, counts: Counts, depth: int = 0) -> int:
    """Gates and calls that one call of a gate or subroutine becomes, at least; `counts` keeps what is known."""
    known = counts.get(symbol)
    if known is not None:
        return known
    definition = symbol.definition
    if depth > DEEPEST or definition is None or definition.body is None or (_is_gate(symbol) and symbol.scope.standard):
        return 1
    counts[symbol] = 1  # a circle of calls ends here, and has its own complaint
    counts[symbol] = total = 1 + sum(
        expansion(called, counts, depth + 1)
        for node in tree.walk(definition.body)
        if (called := _called(symbol.scope, node)) is not None
    )
    return total


def _is_gate(symbol: GateSymbol | SubroutineSymbol) -> bool:
    return isinstance(symbol, GateSymbol)


def _called(scope: FileScope, node: tree.Node) -> GateSymbol | SubroutineSymbol | None:
    if isinstance(node, tree.GateCall):
        found = scope.lookup(node.name.name)
    elif isinstance(node, tree.Call):
        found = scope.lookup(node.callee.name)
    else:
        return None
    return found if isinstance(found, (GateSymbol, SubroutineSymbol)) else None
