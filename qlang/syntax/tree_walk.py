"""The way through a tree."""

from collections.abc import Iterator

from qlang.syntax.tree_base import Node, field_names
from qlang.syntax.tree_statements import GateRun


def children(parent: Node) -> Iterator[Node]:
    """The direct child nodes, in source order of the fields; of a packed run its calls."""
    if isinstance(parent, GateRun):
        from qlang.syntax.gate_runs import gate_calls

        yield from gate_calls(parent)
        return
    for name in field_names(type(parent)):
        value = getattr(parent, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, Node))


def walk(root: Node) -> Iterator[Node]:
    """The node and all below it, parents first; iterative, so depth is no limit."""
    pending = [root]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))
