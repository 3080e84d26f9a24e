"""The value of a function under `@ql.observable`: sums of Pauli products, written with `sum(… for …)`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from qlang.embedding.arguments import matched
from qlang.embedding.captured import literal
from qlang.embedding.definition import definition_of
from qlang.embedding.expressions import expression
from qlang.embedding.indexing import range_of_call
from qlang.embedding.kinds import INT, LIST, OBSERVABLE, QUBITS, UNKNOWN, Kind, Value
from qlang.embedding.reader import Reader, Variable
from qlang.syntax import tree

MOST_ROWS = 10_000
"""Rows of a list from outside that a sum may run over."""
PAULIS = ("X", "Y", "Z", "I")


def observable_value(reader: Reader, body: Sequence[ast.stmt]) -> tree.Expression:
    """The expression of a body: names for parts of it, and a `return`."""
    statements = list(body)
    if statements and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Constant):
        del statements[0]
    for node in statements[:-1]:
        _named_part(reader, node)
    last = statements[-1] if statements else reader.function.tree
    if not isinstance(last, ast.Return) or last.value is None:
        raise reader.refuse(last, "an end without `return`", "return a sum of products of `ql.X`, `ql.Y`, `ql.Z`")
    found = expression(reader, last.value)
    if found.kind not in (OBSERVABLE, UNKNOWN) and not found.kind.number:
        raise reader.refuse(last.value, f"a {found.kind} as its value", "return a sum of products of Pauli matrices")
    return found.node


def _named_part(reader: Reader, node: ast.stmt) -> None:
    """`name = part`: the part is written where the name stands."""
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.targets[0], ast.Name):
        instead = "name parts by `name = …`, and return their sum: `sum(… for …)`"
        raise reader.refuse(node, f"`{ast.unparse(node).splitlines()[0]}`", instead)
    target = node.targets[0]
    if target.id in reader.variables:
        raise reader.refuse(node, f"a second value of `{target.id}`", "use another name")
    found = expression(reader, node.value)
    span = reader.function.span(target)
    reader.variables[target.id] = Variable(found.kind, span, declared=True, node=found.node, constant=found.constant)
    reader.sure.add(target.id)


def observable_call(reader: Reader, node: ast.Call) -> Value | None:
    """A call that only observables have; `None` for others."""
    name = _name(reader, node.func)
    handler = _HANDLERS.get(name or "")
    if handler is not None:
        return handler(reader, node)
    if name in PAULIS:
        return _pauli(reader, node, name or "")
    from qlang.embedding.calls import callee

    definition = definition_of(callee(reader, node.func))
    if definition is None or definition.place != "observable":
        return None
    arguments = []
    for parameter, value in matched(reader, node, definition.name, definition.parameters, definition.span):
        found = expression(reader, value)
        part = tree.Name(found.node.start, found.node.end, parameter.name)
        arguments.append(tree.Argument(found.node.start, found.node.end, part, found.node))
    called = tree.Name(*reader.name_span(node.func), reader.use(definition.name, definition))
    return Value(tree.Call(*reader.position(node), called, arguments), OBSERVABLE)


def _name(reader: Reader, node: ast.expr) -> str | None:
    """`Z` for `ql.Z`, and `sum` for Python's."""
    if isinstance(node, ast.Name):
        if reader.scopes.is_local(node.id):
            return None
        if reader.outside(node.id) is sum:
            return "sum"
        return getattr(reader.outside(node.id), "letter", None) or reader.attribute(node)
    return reader.attribute(node)


def _pauli(reader: Reader, node: ast.Call, letter: str) -> Value:
    if len(node.args) != 1 or node.keywords:
        raise reader.refuse(node, f"`{ast.unparse(node)}`", f"write `ql.{letter}(q[0])`")
    argument = expression(reader, node.args[0])
    start, end = reader.position(node)
    name = tree.Name(*reader.name_span(node.func), letter)
    part = tree.Argument(argument.node.start, argument.node.end, None, argument.node)
    return Value(tree.Call(start, end, name, [part]), OBSERVABLE)


def _reduced(kind: str) -> Callable[[Reader, ast.Call], Value]:
    def handler(reader: Reader, node: ast.Call) -> Value:
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], (ast.GeneratorExp, ast.ListComp)):
            raise reader.refuse(node, f"`{ast.unparse(node)}`", f"write `{kind}(… for i in range(…))`")
        generator = node.args[0]
        return _over(reader, kind, generator.generators, generator.elt)

    return handler


def _over(reader: Reader, kind: str, clauses: Sequence[ast.comprehension], body: ast.expr) -> Value:
    """The sum over the first clause of the sum over the others."""
    if not clauses:
        return expression(reader, body)
    clause = clauses[0]
    if clause.ifs:
        raise reader.refuse(clause.ifs[0], "`if` in a sum", "prepare a list outside, and loop over it")
    match clause.iter:
        case ast.Call(func=ast.Name(id="range")):
            return _over_range(reader, kind, clauses, body, range_of_call(reader, clause.iter))
    found = expression(reader, clause.iter)
    if found.kind != LIST:
        raise reader.refuse(clause.iter, f"a sum over `{ast.unparse(clause.iter)}`", "loop over `range(…)` or a list")
    return _over_rows(reader, kind, clauses, body, found.constant)


def _over_range(
    reader: Reader, kind: str, clauses: Sequence[ast.comprehension], body: ast.expr, domain: tree.Range
) -> Value:
    target = clauses[0].target
    if not isinstance(target, ast.Name):
        raise reader.refuse(target, "several variables of a range")
    variable = Variable(INT, reader.function.span(target), declared=True)
    with _bound(reader, {target.id: variable}):
        inner = _over(reader, kind, clauses[1:], body)
    place = reader.position(target)
    start, end = inner.node.start, inner.node.end
    name = tree.Name(*place, target.id)
    reduction = tree.Reduction(start, end, kind, tree.Type(*place, "int"), name, domain, inner.node)
    return Value(reduction, inner.kind)


def _over_rows(
    reader: Reader, kind: str, clauses: Sequence[ast.comprehension], body: ast.expr, rows: list[Any]
) -> Value:
    """A sum over data from outside, written out."""
    target = clauses[0].target
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    if len(rows) > MOST_ROWS:
        raise reader.refuse(target, f"a sum over {len(rows)} rows", f"at most {MOST_ROWS}")
    start, end = reader.position(body)
    symbol = "*" if kind == "prod" else "+"
    result: Value | None = None
    for row in rows:
        items = row if isinstance(target, (ast.Tuple, ast.List)) else [row]
        if not isinstance(items, list) or len(items) != len(parts):
            raise reader.refuse(target, "loop variables", "the list has rows of another length")
        bound = {}
        for part, item in zip(parts, items, strict=True):
            if not isinstance(part, ast.Name):
                raise reader.refuse(part, "nested loop variables")
            value = literal(reader, part, item)
            span = reader.function.span(part)
            bound[part.id] = Variable(value.kind, span, declared=True, node=value.node, constant=value.constant)
        with _bound(reader, bound):
            term = _over(reader, kind, clauses[1:], body)
        joint = term.node if result is None else tree.BinaryOp(start, end, symbol, result.node, term.node)
        result = Value(joint, term.kind)
    return result or Value(tree.IntLiteral(start, end, 1 if kind == "prod" else 0), OBSERVABLE)


@contextmanager
def _bound(reader: Reader, variables: dict[str, Variable]) -> Iterator[None]:
    """The variables of a generator, inside of it."""
    hidden = {name: reader.variables.get(name) for name in variables}
    local = {name for name in variables if reader.scopes.is_local(name)}
    reader.variables.update(variables)
    reader.sure |= variables.keys()
    reader.scopes.assigned |= variables.keys()
    try:
        yield
    finally:
        reader.scopes.assigned -= variables.keys() - local
        for name, before in hidden.items():
            if before is None:
                del reader.variables[name]
                reader.sure.discard(name)
            else:
                reader.variables[name] = before


def _of_all(average: bool) -> Callable[[Reader, ast.Call], Value]:
    """`ql.mean(ql.Z, q)` and `ql.total(ql.Z, q)`."""

    def handler(reader: Reader, node: ast.Call) -> Value:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        letter = _name(reader, given[0]) if given else None
        if len(given) != 2 or letter not in PAULIS:
            raise reader.refuse(node, f"`{ast.unparse(node)}`", "write `ql.mean(ql.Z, q)`")
        register = expression(reader, given[1])
        if register.kind != QUBITS:
            raise reader.refuse(given[1], f"a {register.kind} here", "name a register")
        place = reader.position(node)
        size = tree.Call(*place, tree.Name(*place, "sizeof"), [tree.Argument(*place, None, register.node)])
        last = tree.BinaryOp(*place, "-", size, tree.IntLiteral(*place, 1))
        index = tree.Name(*place, "_k")
        qubit = tree.Argument(*place, None, tree.Index(*place, register.node, [index]))
        term = tree.Call(*place, tree.Name(*place, letter or ""), [qubit])
        domain = tree.Range(*place, tree.IntLiteral(*place, 0), None, last)
        found: tree.Expression = tree.Reduction(*place, "sum", tree.Type(*place, "int"), index, domain, term)
        if average:
            found = tree.BinaryOp(*place, "/", found, size)
        return Value(found, Kind("observable"))

    return handler


_HANDLERS: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "sum": _reduced("sum"),
    "prod": _reduced("prod"),
    "mean": _of_all(average=True),
    "total": _of_all(average=False),
}
