"""Subroutines and gates that call themselves, through others or directly: the circle, found before anything runs."""

from collections import deque
from collections.abc import Iterator, Sequence

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.syntax import tree
from qlang.syntax.diagnostic import Call, with_calls

Edge = tuple[str, str, tree.Node]
"""Who calls, what, and where."""


class Definitions:
    """The gates and subroutines of a file, and which of them call which."""

    def __init__(self, statements: Sequence[tree.Statement]) -> None:
        self._statements = statements
        self._calls: dict[str, list[Edge]] | None = None
        self._names: dict[str, tree.Name] = {}
        self._reported: set[str] = set()

    def report(self, context: Context, callee: str) -> bool:
        """Report the circle that a call of a later definition closes; whether there is one."""
        circle = self._circle(context.definition, callee)
        if circle is None:
            return False
        members = {edge[0] for edge in circle}
        if not members & self._reported:
            *way, (_, _, last) = circle
            found = errors.subroutines.Recursion(
                context.span(last), name=context.definition, definition=context.span(self._names[context.definition])
            )
            context.report(with_calls(found, [Call(context.span(node), name) for _, name, node in reversed(way)]))
        else:
            context.reporter.errors += 1
        self._reported |= members
        return True

    def _circle(self, start: str, callee: str) -> list[Edge] | None:
        """The shortest way from a definition over a callee back to it."""
        graph = self._graph()
        pending = deque([edge] for edge in graph.get(start, ()) if edge[1] == callee)
        seen = {callee}
        while pending:
            way = pending.popleft()
            if way[-1][1] == start:
                return way
            for edge in graph.get(way[-1][1], ()):
                if edge[1] == start or edge[1] not in seen:
                    seen.add(edge[1])
                    pending.append([*way, edge])
        return None

    def _graph(self) -> dict[str, list[Edge]]:
        if self._calls is None:
            self._calls = {}
            for statement in self._statements:
                while isinstance(statement, tree.Annotated):
                    statement = statement.statement
                if isinstance(statement, (tree.SubroutineDefinition, tree.GateDefinition)) and statement.body:
                    name = statement.name.name
                    self._names.setdefault(name, statement.name)
                    self._calls.setdefault(name, list(_edges(name, statement.body)))
        return self._calls


def _edges(caller: str, body: tree.Block) -> Iterator[Edge]:
    for node in tree.walk(body):
        match node:
            case tree.Call(callee=callee):
                yield caller, callee.name, node
            case tree.GateCall(name=name):
                yield caller, name.name, node
            case _:
                continue


def closes_circle(context: Context, callee: str) -> bool:
    """Whether a call of what is defined here or later leads back to this body; the circle is reported, once."""
    return bool(context.definition and context.definitions is not None and context.definitions.report(context, callee))
