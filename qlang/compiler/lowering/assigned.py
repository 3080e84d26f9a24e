"""Which variables a body may change: what a loop or branch has to carry."""

from collections.abc import Iterator

from qlang.sema.symbols import FileScope, SubroutineSymbol
from qlang.syntax import tree


def parts(body: tree.Node) -> Iterator[tree.Node]:
    """The nodes below, but for the calls of a run of gates, which are many and change no variable."""
    pending = [body]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, tree.GateRun):
            pending.extend(reversed(list(tree.children(node))))


def assigned_names(body: tree.Node) -> set[str]:
    """Names that statements below assign to or measure into; names declared inside are harmless extras."""
    found: set[str] = set()
    for node in parts(body):
        match node:
            case tree.Assignment(target=target) | tree.MeasureStatement(target=tree.Expression() as target):
                found.add(_base_name(target))
            case _:
                continue
    return found


def calls_in(scope: FileScope, *bodies: tree.Node) -> Iterator[tree.Call]:
    """The calls below; those of subroutines in the form of gate calls, too."""
    for body in bodies:
        for node in parts(body):
            if isinstance(node, tree.Call):
                yield node
            elif isinstance(node, tree.GateCall) and node.parameters and _is_subroutine(scope, node.name.name):
                yield call_of(node)


def _is_subroutine(scope: FileScope, name: str) -> bool:
    return isinstance(scope.lookup(name), SubroutineSymbol)


def call_of(node: tree.GateCall) -> tree.Call:
    """`f(a) q, r;` as the call `f(a, q, r)` that it is."""
    values = (*node.parameters, *node.operands)
    return tree.Call(node.start, node.end, node.name, [tree.Argument(v.start, v.end, None, v) for v in values])


def _base_name(target: tree.Expression) -> str:
    while isinstance(target, tree.Index):
        target = target.base
    return target.name if isinstance(target, tree.Name) else ""
