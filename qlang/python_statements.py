"""A Python function's body as the body of a circuit: loops are kept, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cache

from qlang.python_expressions import BINARY, Names, expression, is_whole, range_of_call
from qlang.python_source import PythonFunction
from qlang.sema.loader import standard_source
from qlang.syntax import tree
from qlang.syntax.parser import parse

_TYPES = {"int": "int", "float": "float", "bool": "bool"}


def circuit_definition(function: PythonFunction) -> tree.CircuitDefinition:
    """The circuit that a function describes.

    Raises CompileError at the first construct that circuits do not have.
    """
    definition = function.tree
    names = Names(function)
    arguments = definition.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs or arguments.kwonlyargs:
        raise names.refuse(definition, "a parameter with `*` or `/`", "name every parameter")
    defaults = [None] * (len(arguments.args) - len(arguments.defaults)) + list(arguments.defaults)
    parameters = []
    for argument, default in zip(arguments.args, defaults, strict=True):
        start, end = names.place(argument)
        kind = _annotated_type(names, argument)
        value = expression(names, default) if default is not None else None
        name = tree.Name(start, start + len(argument.arg), argument.arg)
        parameters.append(tree.Parameter(start, end, tree.Type(start, end, kind), name, value))
        names.known.add(argument.arg)
        if kind == "int":
            names.whole.add(argument.arg)
    start, end = names.place(definition)
    body = statements(names, definition.body)
    name = tree.Name(start, end, definition.name)
    return tree.CircuitDefinition(start, end, name, parameters, tree.Block(start, end, body))


def _annotated_type(names: Names, argument: ast.arg) -> str:
    annotation = argument.annotation
    text = ast.unparse(annotation).strip("'\"") if annotation is not None else "float"
    if text not in _TYPES:
        raise names.refuse(argument, f"a parameter of type `{text}`", "parameters are `int`, `float` or `bool`")
    return _TYPES[text]


def statements(names: Names, body: Sequence[ast.stmt]) -> list[tree.Statement]:
    """The statements of a block; docstrings and `pass` are left out."""
    found: list[tree.Statement] = []
    for node in body:
        handler = _HANDLERS.get(type(node))
        if handler is None:
            raise names.refuse(node, f"`{ast.unparse(node).splitlines()[0]}`")
        found += handler(names, node)
    return found


def _pass(names: Names, node: ast.stmt) -> list[tree.Statement]:
    return []


def _expression_statement(names: Names, node: ast.Expr) -> list[tree.Statement]:
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return []
    if not isinstance(node.value, ast.Call):
        raise names.refuse(node, f"`{ast.unparse(node)}` as a statement")
    return [_operation(names, node.value)]


def _operation(names: Names, call: ast.Call) -> tree.Statement:
    start, end = names.place(call)
    name = names.attribute(call.func)
    if name is None or call.keywords:
        raise names.refuse(call, f"the call `{ast.unparse(call)}`", "gates are called as `ql.h(q[0])`")
    arguments = [expression(names, argument) for argument in call.args]
    match name:
        case "reset":
            return tree.Reset(start, end, arguments[0])
        case "barrier":
            return tree.Barrier(start, end, arguments)
        case "measure":
            return tree.MeasureStatement(start, end, arguments[0], None)
        case "delay":
            return tree.Delay(start, end, arguments[0], arguments[1:])
        case _:
            split = gate_parameters().get(name, 0)
            called = tree.Name(start, names.function.offset(call.func, end=True), name)
            return tree.GateCall(start, end, [], called, arguments[:split], arguments[split:], None)


@cache
def gate_parameters() -> dict[str, int]:
    """Standard gate → number of parameters, which come first in a call."""
    found = {"U": 3, "gphase": 1}
    for file in ("stdgates.inc", "prelude.qjob"):
        source = standard_source(file)
        assert source is not None
        definitions = (s for s in parse(source).program.statements if isinstance(s, tree.GateDefinition))
        found |= {definition.name.name: len(definition.parameters) for definition in definitions}
    return found


def _assign(names: Names, node: ast.Assign | ast.AnnAssign) -> list[tree.Statement]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if len(targets) != 1 or node.value is None:
        raise names.refuse(node, f"`{ast.unparse(node)}`", "assign one value to one name")
    target, (start, end) = targets[0], names.place(node)
    if isinstance(target, ast.Subscript):
        value = expression(names, node.value)
        return [_stored(start, end, expression(names, target), value)]
    if not isinstance(target, ast.Name):
        raise names.refuse(node, f"`{ast.unparse(node)}`", "assign one value to one name")
    name = tree.Name(*names.place(target), target.id)
    known = target.id in names.known
    declaration = _register(names, node.value, name, start, end)
    if declaration is None and known:
        return [_stored(start, end, name, expression(names, node.value))]
    if declaration is None:
        value = expression(names, node.value)
        kind = _type_of(names, node.value, value)
        if kind.name == "int":
            names.whole.add(target.id)
        declaration = tree.ClassicalDeclaration(start, end, kind, name, value, None, False)
    names.known.add(target.id)
    return [declaration]


def _stored(start: int, end: int, target: tree.Expression, value: tree.Expression) -> tree.Statement:
    if isinstance(value, tree.Measurement):
        return tree.MeasureStatement(start, end, value.qubits, target)
    return tree.Assignment(start, end, target, "=", value)


def _register(names: Names, value: ast.expr, name: tree.Name, start: int, end: int) -> tree.Statement | None:
    """`ql.qubits(n)`, `ql.qubit()`, `ql.bits(n)`, `ql.bit()` and `ql.measure(…)` as declarations."""
    called = names.attribute(value.func) if isinstance(value, ast.Call) else None
    if not isinstance(value, ast.Call) or called not in ("qubits", "qubit", "bits", "bit", "measure"):
        return None
    arguments = [expression(names, argument) for argument in value.args]
    size = arguments[0] if arguments else None
    if called in ("qubits", "qubit"):
        return tree.QubitDeclaration(start, end, name, size, False)
    if called in ("bits", "bit"):
        return tree.ClassicalDeclaration(start, end, tree.Type(start, end, "bit", size), name, None, None, False)
    single = isinstance(size, tree.Index) and not isinstance(size.items[0], tree.Range)
    assert size is not None
    width = None if single else _sizeof(size)
    measured = tree.Measurement(start, end, size)
    return tree.ClassicalDeclaration(start, end, tree.Type(start, end, "bit", width), name, measured, None, False)


def _sizeof(register: tree.Expression) -> tree.Expression:
    argument = tree.Argument(register.start, register.end, None, register)
    name = tree.Name(register.start, register.end, "sizeof")
    return tree.Call(register.start, register.end, name, [argument])


def _type_of(names: Names, node: ast.expr, value: tree.Expression) -> tree.Type:
    """The type of a new variable: whole where the value visibly is, else a float."""
    logical = isinstance(value, tree.BoolLiteral)
    name = "bool" if logical else "int" if is_whole(names, node) else "float"
    return tree.Type(value.start, value.end, name)


def _augmented(names: Names, node: ast.AugAssign) -> list[tree.Statement]:
    start, end = names.place(node)
    target = expression(names, node.target)
    if isinstance(node.op, ast.Div) and is_whole(names, node.target):
        shown = ast.unparse(node.target)
        instead = f"use `//=`, or begin with `{shown} = 1.0`"
        raise names.refuse(node, f"real division of the integer `{shown}` in place", instead)
    if isinstance(node.op, (ast.FloorDiv, ast.Mod, ast.Div)):
        combined = ast.copy_location(ast.BinOp(node.target, node.op, node.value), node)
        return [tree.Assignment(start, end, target, "=", expression(names, combined))]
    symbol = BINARY.get(type(node.op))
    if symbol is None:
        raise names.refuse(node, f"`{ast.unparse(node)}`")
    return [tree.Assignment(start, end, target, f"{symbol}=", expression(names, node.value))]


def _for(names: Names, node: ast.For) -> list[tree.Statement]:
    if not isinstance(node.target, ast.Name) or node.orelse:
        raise names.refuse(node, "this `for`", "loop with one variable, without `else`")
    start, end = names.place(node)
    domain: tree.Expression
    match node.iter:
        case ast.Call(func=ast.Name(id="range")):
            domain = range_of_call(names, node.iter)
        case ast.List(elts=items) | ast.Tuple(elts=items):
            domain = tree.IndexSet(*names.place(node.iter), [expression(names, item) for item in items])
        case _:
            raise names.refuse(node.iter, f"a loop over `{ast.unparse(node.iter)}`", "loop over `range(…)` or a list")
    place = names.place(node.target)
    names.known.add(node.target.id)
    names.whole.add(node.target.id)
    body = tree.Block(start, end, statements(names, node.body))
    kind = tree.Type(*place, "int")
    return [tree.For(start, end, kind, tree.Name(*place, node.target.id), domain, body)]


def _while(names: Names, node: ast.While) -> list[tree.Statement]:
    if node.orelse:
        raise names.refuse(node, "`while` with `else`")
    start, end = names.place(node)
    condition = expression(names, node.test)
    return [tree.While(start, end, condition, tree.Block(start, end, statements(names, node.body)))]


def _if(names: Names, node: ast.If) -> list[tree.Statement]:
    start, end = names.place(node)
    condition = expression(names, node.test)
    then = tree.Block(start, end, statements(names, node.body))
    otherwise = tree.Block(start, end, statements(names, node.orelse)) if node.orelse else None
    return [tree.If(start, end, condition, then, otherwise)]


_HANDLERS: dict[type[ast.stmt], Callable[..., list[tree.Statement]]] = {
    ast.Pass: _pass,
    ast.Expr: _expression_statement,
    ast.Assign: _assign,
    ast.AnnAssign: _assign,
    ast.AugAssign: _augmented,
    ast.For: _for,
    ast.While: _while,
    ast.If: _if,
}
