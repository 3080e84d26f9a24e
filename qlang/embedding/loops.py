"""`for`: over ranges, lists from outside, arrays and registers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from qlang.embedding.calls import size_of
from qlang.embedding.captured import as_array, literal
from qlang.embedding.expressions import expression
from qlang.embedding.indexing import less_one, range_of_call
from qlang.embedding.kinds import BIT, INT, LIST, QUBIT, Kind, Value, named
from qlang.embedding.reader import Reader, Variable
from qlang.embedding.unrolling import is_short, written_out
from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Bound:
    """A name that each turn of a loop gives a value: an expression of the loop's hidden index."""

    target: ast.Name
    value: Value


def for_loop(reader: Reader, node: ast.For) -> list[tree.Statement]:
    """A `for` statement."""
    if node.orelse:
        raise reader.refuse(node, "`for` with `else`", "use a variable that says how the loop ended")
    match node.iter:
        case ast.Call(func=ast.Name(id="range")):
            return _over_integers(reader, node, range_of_call(reader, node.iter))
        case ast.Call(func=ast.Name(id=name)) if reader.outside(name) is enumerate:
            return _over_elements(reader, node, _only(reader, node.iter), counted=True)
        case ast.Call(func=ast.Name(id=name)) if name in ("zip", "reversed", "map", "filter", "sorted"):
            raise reader.refuse(node.iter, f"a loop over `{name}`", "loop over `range(…)` and index, or prepare a list")
        case ast.List(elts=items) | ast.Tuple(elts=items) if _varies(reader, items):
            values = [expression(reader, item) for item in items]
            if not all(value.kind == INT for value in values):
                raise reader.refuse(node.iter, "a list of values that vary", "loop over integers, or a list of numbers")
            return _over_integers(reader, node, _set(reader, node.iter, values))
        case _:
            return _over_elements(reader, node, node.iter, counted=False)


def _varies(reader: Reader, items: Sequence[ast.expr]) -> bool:
    names = (part.id for item in items for part in ast.walk(item) if isinstance(part, ast.Name))
    return any(reader.scopes.is_local(name) for name in names)


def _only(reader: Reader, call: ast.Call) -> ast.expr:
    if len(call.args) != 1 or call.keywords:
        raise reader.refuse(call, f"`{ast.unparse(call)}`", "`enumerate` takes one list, and counts from 0")
    return call.args[0]


def _set(reader: Reader, node: ast.AST, values: Sequence[Value]) -> tree.IndexSet:
    return tree.IndexSet(*reader.position(node), [value.node for value in values])


def _over_integers(reader: Reader, node: ast.For, domain: tree.Expression) -> list[tree.Statement]:
    """A loop whose variable is the language's, unless Python code uses it like any other variable."""
    if not isinstance(node.target, ast.Name):
        raise reader.refuse(node.target, "several loop variables", "they need a list of pairs")
    outer = reader.take_before()
    name = node.target.id
    if reader.scopes.is_plain_loop_variable(name):
        reader.variables[name] = Variable(INT, reader.function.span(node.target), declared=True)
        return [*outer, _loop(reader, node, name, domain, [], also=name)]
    hidden = reader.fresh_name()
    place = reader.position(node.target)
    return [*outer, _loop(reader, node, hidden, domain, [Bound(node.target, Value(tree.Name(*place, hidden), INT))])]


def _loop(
    reader: Reader, node: ast.For, name: str, domain: tree.Expression, bounds: Sequence[Bound], also: str = ""
) -> tree.For:
    """The loop, each turn of which begins with giving names their values."""
    from qlang.embedding.statements import statements

    start, end = reader.position(node)
    place = reader.position(node.target)
    sure = set(reader.sure)
    if also:
        reader.sure.add(also)
    opening = [statement for bound in bounds for statement in _given(reader, node, bound)]
    body = tree.Block(start, end, [*opening, *statements(reader, node.body)])
    reader.sure = sure
    return tree.For(start, end, tree.Type(*place, "int"), tree.Name(*place, name), domain, body)


def _given(reader: Reader, node: ast.For, bound: Bound) -> list[tree.Statement]:
    """The statement that gives a name its value for one turn."""
    name, value = bound.target.id, bound.value
    place = reader.position(bound.target)
    written = tree.Name(*place, name)
    if reader.scopes.is_plain_loop_variable(name):
        variable = Variable(value.kind, reader.function.span(bound.target), declared=True)
        reader.variables[name] = variable
        reader.sure.add(name)
        if value.kind == QUBIT:
            return [tree.Alias(*place, written, value.node)]
        kind = named(value.kind, *place)
        return [tree.ClassicalDeclaration(*place, kind, written, value.node, None, False)]
    if value.kind == QUBIT:
        raise reader.refuse(bound.target, f"`{name}` for qubits and other things", "use a new name")
    variable = reader.give(bound.target, name, value.kind)
    if not variable.declared and reader.scopes.home(name) == id(node.body):
        variable.declared = True
        return [tree.ClassicalDeclaration(*place, named(value.kind, *place), written, value.node, None, False)]
    return [tree.Assignment(*place, reader.name(bound.target), "=", value.node)]


def _over_elements(reader: Reader, node: ast.For, iterated: ast.expr, *, counted: bool) -> list[tree.Statement]:
    """A loop over what a list, array or register holds, by its index."""
    targets = _targets(reader, node, counted)
    found = expression(reader, iterated)
    outer = reader.take_before()
    single = len(targets) == 1 and isinstance(targets[0], ast.Name) and not counted
    if found.kind == LIST and single and found.constant and all(type(item) is int for item in found.constant):
        items = [literal(reader, iterated, item) for item in found.constant]
        return [*outer, *_over_integers(reader, node, _set(reader, iterated, items))]
    if found.kind == LIST and not found.constant:
        return outer
    if found.kind == LIST and is_short(reader, node, found.constant):
        return [*outer, *written_out(reader, node, targets, found.constant)]
    if found.kind.name not in ("list", "array", "qubits", "bits"):
        instead = "loop over `range(…)`, a list, an array or a register"
        raise reader.refuse(iterated, f"a loop over `{ast.unparse(iterated)}`", instead)
    hidden = reader.fresh_name()
    start, end = reader.position(iterated)
    index = Value(tree.Name(start, end, hidden), INT)
    bounds = [Bound(target, index) for target in targets[:-1] if counted and isinstance(target, ast.Name)]
    bounds += _elements(reader, node, iterated, found, index, targets[-1])
    size = size_of(reader, iterated, found)
    last = less_one(size)
    domain = tree.Range(start, end, tree.IntLiteral(start, end, 0), None, last)
    return [*outer, _loop(reader, node, hidden, domain, bounds)]


def _targets(reader: Reader, node: ast.For, counted: bool) -> list[ast.expr]:
    if not counted:
        return [node.target]
    if isinstance(node.target, ast.Tuple) and len(node.target.elts) == 2:
        return list(node.target.elts)
    raise reader.refuse(node.target, "one variable for `enumerate`", "write `for i, x in enumerate(…)`")


def _elements(
    reader: Reader, node: ast.For, iterated: ast.expr, found: Value, index: Value, target: ast.expr
) -> list[Bound]:
    """What a turn of the loop gives to its variables."""
    place = reader.position(iterated)
    if found.kind == LIST:
        name, element = as_array(reader, iterated, found)
        rank = 2 if isinstance(found.constant[0], list) else 1
        found = Value(name, Kind("array", element.name, rank))
        width = None if rank == 1 else len(expression(reader, iterated).constant[0])
    else:
        width = None
    kind = {"qubits": QUBIT, "bits": BIT}.get(found.kind.name) or Kind(found.kind.element)
    if isinstance(target, ast.Name):
        if found.kind.rank > 1:
            raise reader.refuse(target, "one variable for a row of a list", "write a variable for each of its parts")
        return [Bound(target, Value(tree.Index(*place, found.node, [index.node]), kind))]
    parts = target.elts if isinstance(target, ast.Tuple) else []
    if found.kind.rank != 2 or not all(isinstance(part, ast.Name) for part in parts):
        raise reader.refuse(target, "several loop variables", "they need a list of pairs")
    if width is not None and width != len(parts):
        raise reader.refuse(target, f"{len(parts)} variables for rows of {width}")
    numbers = [tree.IntLiteral(*place, k) for k in range(len(parts))]
    return [
        Bound(part, Value(tree.Index(*place, found.node, [index.node, number]), kind))
        for part, number in zip(parts, numbers, strict=True)
        if isinstance(part, ast.Name)
    ]
