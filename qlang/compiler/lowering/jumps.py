"""Which statements may leave the body that they stand in, and how."""

from collections.abc import Iterable, Iterator

from qlang.compiler.lowering.assigned import parts
from qlang.compiler.lowering.levels import Jump
from qlang.sema.symbols import FileScope, SubroutineSymbol
from qlang.syntax import tree

Jumps = frozenset[Jump]

NONE: Jumps = frozenset()
_LOOP: Jumps = frozenset({"break", "continue"})
_OF: dict[type[tree.Node], Jumps] = {
    tree.Break: frozenset({"break"}),
    tree.Continue: frozenset({"continue"}),
    tree.Return: frozenset({"return"}),
    tree.End: frozenset({"end"}),
}


class Endings:
    """Which subroutines may end the whole circuit, each looked at once."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[SubroutineSymbol, bool]] = {}
        self.any = False
        """Whether one of those looked at does; before anything is lowered, `look` looks at all."""

    def look(self, scope: FileScope) -> None:
        """Look at all subroutines that a file sees."""
        for symbol in scope.visible():
            if isinstance(symbol, SubroutineSymbol):
                self.any = self.ends(symbol) or self.any

    def ends(self, symbol: SubroutineSymbol) -> bool:
        """Whether a call may not come back. Subroutines that call each other in a circle are refused elsewhere."""
        found = self._known.get(id(symbol))
        if found is None:
            self._known[id(symbol)] = symbol, False
            found = self._known[id(symbol)] = symbol, "end" in self.jumps(symbol.scope, symbol.definition.body)
        return found[1]

    def jumps(self, scope: FileScope, *nodes: tree.Node) -> Jumps:
        """How the statements below may leave the body that they stand in."""
        found: set[Jump] = set()
        for node in nodes:
            match node:
                case tree.For() | tree.While():
                    found |= self.jumps(scope, node.body) - _LOOP
                    found |= self._in_calls(scope, node.domain if isinstance(node, tree.For) else node.condition)
                case tree.If():
                    found |= self.jumps(scope, node.then, *([node.otherwise] if node.otherwise else []))
                    found |= self._in_calls(scope, node.condition)
                case tree.Switch():
                    found |= self.jumps(scope, *(case.body for case in node.cases))
                    found |= self._in_calls(scope, node.subject)
                case tree.Block():
                    found |= self.jumps(scope, *node.statements)
                case tree.Scope() | tree.Box():
                    found |= self.jumps(scope, node.body)
                case tree.Annotated():
                    found |= self.jumps(scope, node.statement)
                case tree.GateRun():
                    found |= self._in_names(scope, node.gates)
                case _:
                    found |= _OF.get(type(node), NONE)
                    found |= self._in_calls(scope, node)
        return frozenset(found)

    def calls(self, scope: FileScope, node: tree.Node) -> Iterator[tree.Call]:
        """The calls of subroutines in an expression or simple statement, in order of evaluation."""
        for child in tree.children(node):
            yield from self.calls(scope, child)
        if isinstance(node, tree.Call) and isinstance(scope.lookup(node.callee.name), SubroutineSymbol):
            yield node

    def ending(self, scope: FileScope, call: tree.Call) -> bool:
        """Whether a call may end the circuit."""
        return bool(self._in_names(scope, [call.callee.name]))

    def _in_calls(self, scope: FileScope, node: tree.Node) -> Jumps:
        names = [part.callee.name for part in parts(node) if isinstance(part, tree.Call)]
        if isinstance(node, tree.GateCall):
            names.append(node.name.name)
        return self._in_names(scope, names)

    def _in_names(self, scope: FileScope, names: Iterable[str]) -> Jumps:
        symbols = (scope.lookup(name) for name in set(names))
        ends = any(isinstance(symbol, SubroutineSymbol) and self.ends(symbol) for symbol in symbols)
        return frozenset({"end"}) if ends else NONE


def returns_early(body: tree.Block) -> bool:
    """Whether a `return` stands anywhere but among the statements of the body itself."""
    return any(
        isinstance(node, tree.Return)
        for statement in body.statements
        if not isinstance(statement, (tree.Return, tree.GateRun))
        for node in tree.walk(statement)
    )
