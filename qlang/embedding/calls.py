"""Calls that give a value: `len`, `int`, functions of `math`, measurements, subroutines."""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import ModuleType
from typing import Any

from qlang.embedding.arguments import matched
from qlang.embedding.definition import Definition, definition_of
from qlang.embedding.expressions import expression, number
from qlang.embedding.kinds import BIT, BITS, BOOL, FLOAT, INT, LIST, UNKNOWN, Kind, Value, as_bool, as_int, cast
from qlang.embedding.operators import comparison, joined
from qlang.embedding.reader import Reader
from qlang.operations import GATES
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.sema.suggestions import suggest
from qlang.syntax import tree
from qlang.syntax.source import Span

FUNCTIONS = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "exp": "exp", "log": "log", "sqrt": "sqrt",
}  # fmt: skip
"""Functions of `math` and `numpy` under the language's names."""
_ROUNDING = {"floor": "floor", "ceil": "ceiling"}


def call(reader: Reader, node: ast.Call) -> Value:
    """A call as a value."""
    name = reader.attribute(node.func)
    if name == "measure":
        return _measured_inside(reader, node)
    if name is not None:
        return _of_module(reader, node, name)
    if isinstance(node.func, ast.Name) and reader.outside(node.func.id) is _BUILTINS.get(node.func.id):
        handler = _HANDLERS.get(node.func.id)
        if handler is not None:
            return handler(reader, node)
    found = definition_called(reader, node)
    if found is None:
        raise refused_call(reader, node)
    kind, written = subroutine_call(reader, node, found)
    if kind is None:
        raise reader.refuse(node, f"the value of `{found.name}`, which returns nothing,")
    reader.put_before(node, f"the call of `{found.name}`")
    start, end = reader.position(node)
    if kind == BITS:
        raise reader.refuse(node, "a register of bits inside an expression", "give it to a variable first")
    temporary = reader.temporary(kind, start, end, written)
    return Value(temporary, BOOL if kind == BIT else kind)


def definition_called(reader: Reader, node: ast.Call) -> Definition | None:
    """The subroutine that a call means; `None` for none. Raises CompileError for circuits and gates."""
    name, found = _callee(reader, node.func)
    definition = definition_of(found)
    if definition is None or definition.place == "subroutine":
        return definition
    if definition.place == "circuit":
        place = "an observable" if reader.place == "observable" else f"a {reader.place}"
        raise CompileError(
            (errors.embedding.CircuitCalled(reader.function.span(node.func), name, place, definition.span),)
        )
    if definition.place == "gate":
        raise reader.refuse(node, f"gate `{name}` as a value", "gates return nothing; call it in a line of its own")
    raise reader.refuse(node, f"observable `{name}`", "observables belong into the job: `expect={…}`")


def _module(reader: Reader, node: ast.expr) -> ModuleType | None:
    """The module that `gates` or `ql.std` names."""
    if isinstance(node, ast.Name):
        found = reader.outside(node.id)
    elif isinstance(node, ast.Attribute):
        found = getattr(_module(reader, node.value), node.attr, None)
    else:
        return None
    return found if isinstance(found, ModuleType) else None


def _callee(reader: Reader, node: ast.expr) -> tuple[str, Any]:
    """The name of what is called, and what it is."""
    if isinstance(node, ast.Name):
        return node.id, reader.outside(node.id)
    if isinstance(node, ast.Attribute):
        module = _module(reader, node.value)
        if module is not None:
            return node.attr, getattr(module, node.attr, None)
    return ast.unparse(node), None


def callee(reader: Reader, node: ast.expr) -> Any:
    """What is called, as Python knows it; `None` where nothing."""
    return _callee(reader, node)[1]


def refused_call(reader: Reader, node: ast.Call) -> CompileError:
    """The error of a call that has no meaning in a circuit."""
    name, found = _callee(reader, node.func)
    if name == reader.function.tree.name and definition_of(found) is None:
        return reader.refuse(node, f"the call of `{name}` by itself", "circuits have no recursion: write a loop")
    if hasattr(found, "__code__") and getattr(found, "__module__", "") != "qlang":
        return CompileError(
            (errors.embedding.NotDecorated(reader.function.span(node.func), name, _definition(reader, found)),)
        )
    if isinstance(node.func, ast.Name) and name not in reader.function.outside and not reader.scopes.is_local(name):
        functions = [key for key, value in reader.function.outside.items() if definition_of(value) is not None]
        near = suggest(name, functions)
        return CompileError(
            (errors.names.UnknownFunction(reader.function.span(node.func), name=name, suggestion=near, hint=""),)
        )
    if isinstance(node.func, ast.Attribute) and found is None:
        module = _module(reader, node.func.value)
        if module is not None and not hasattr(module, name):
            span = Span(reader.function.source, *reader.name_span(node.func))
            near = suggest(name, [each for each in dir(module) if not each.startswith("_")])
            return CompileError((errors.names.UnknownFunction(span, name=name, suggestion=near, hint=""),))
    if name in ("print", "input"):
        return reader.refuse(node, f"`{name}`", "circuits have no text; print outside, from the result")
    return reader.refuse(node, f"the call `{ast.unparse(node)}`", "compute it outside and pass it as a parameter")


def _definition(reader: Reader, function: Any) -> Any:
    """Where a plain function is defined, if that is in the same file."""
    source = reader.function.source
    line = function.__code__.co_firstlineno
    if function.__code__.co_filename != reader.function.filename:
        return None
    start = source.offset(line, 1)
    return Span(source, start, source.offset(line, 1 << 20))


def subroutine_call(reader: Reader, node: ast.Call, definition: Definition) -> tuple[Kind | None, tree.Call]:
    """The call of a subroutine, and the kind of its result."""
    if reader.place in ("gate", "observable"):
        raise reader.refuse(node, f"the call of subroutine `{definition.name}`", "subroutines are called from circuits")
    start, end = reader.position(node)
    arguments = matched(reader, node, definition.name, definition.parameters, definition.span)
    written = []
    for parameter, value in arguments:
        argument = expression(reader, value)
        kind = parameter.kind
        converts = kind.number and argument.kind.number and not (kind == INT and argument.kind == FLOAT)
        part = cast(kind, argument) if converts and argument.kind != UNKNOWN else argument.node
        written.append(tree.Argument(part.start, part.end, None, part))
    called = tree.Name(*reader.name_span(node.func), reader.use(definition.name, definition))
    return definition.result, tree.Call(start, end, called, written)


def measurement(reader: Reader, node: ast.Call) -> tuple[tree.Measurement, Kind]:
    """`ql.measure(q)`, and whether it gives a bit or a register of them."""
    keywords = [keyword.value for keyword in node.keywords if keyword.arg in ("q", "qubits")]
    given = [*node.args, *keywords]
    if len(given) != 1 or len(node.args) + len(node.keywords) != 1:
        raise reader.refuse(node, f"`{ast.unparse(node)}`", "`ql.measure` takes one qubit or register")
    if reader.place == "gate":
        raise reader.refuse(node, "a measurement", "use `@ql.circuit` with a parameter annotated `ql.Qubits`")
    found = expression(reader, given[0])
    if not found.kind.quantum and found.kind != UNKNOWN:
        raise reader.refuse(node, f"the measurement of a {found.kind}", "measure qubits")
    kind = {"qubit": BIT, "qubits": BITS}.get(found.kind.name, UNKNOWN)
    return tree.Measurement(*reader.position(node), found.node), kind


def _measured_inside(reader: Reader, node: ast.Call) -> Value:
    """A measurement inside an expression happens before the statement."""
    found, kind = measurement(reader, node)
    if kind == BITS:
        raise reader.refuse(node, "the measurement of a register inside an expression", "measure into a variable first")
    reader.put_before(node, "a measurement")
    return Value(reader.temporary(BOOL, *reader.position(node), found), BOOL)


def _of_module(reader: Reader, node: ast.Call, name: str) -> Value:
    """A function of `math`, `numpy` or ours."""
    if name in GATES:
        raise reader.refuse(node, f"gate `{name}` as a value", "gates return nothing; call it in a line of its own")
    if node.keywords or (name not in _MODULE and len(node.args) != 1):
        raise refused_call(reader, node)
    start, end = reader.position(node)
    if name in FUNCTIONS:
        argument = number(reader, node.args[0], f"the argument of `{name}`")
        part = argument.node if argument.kind in (FLOAT, UNKNOWN) else cast(FLOAT, argument)
        return Value(_called(start, end, _free(reader, node, FUNCTIONS[name]), [part]), FLOAT)
    if name in _ROUNDING:
        argument = number(reader, node.args[0], f"the argument of `{name}`")
        rounded = _called(start, end, _free(reader, node, _ROUNDING[name]), [cast(FLOAT, argument)])
        if ast.unparse(node.func).split(".")[0] in ("np", "numpy"):
            return Value(rounded, FLOAT)
        return Value(tree.Cast(start, end, tree.Type(start, end, "int"), rounded), INT)
    handler = _MODULE.get(name)
    if handler is None:
        raise refused_call(reader, node)
    return handler(reader, node)


def _free(reader: Reader, node: ast.AST, name: str) -> str:
    """A function of the language that no variable of the Python function hides."""
    if reader.scopes.is_local(name):
        raise reader.refuse(node, f"`{name}` beside a variable of this name", f"rename the variable `{name}`")
    return name


def _called(start: int, end: int, name: str, arguments: list[tree.Expression]) -> tree.Call:
    wrapped = [tree.Argument(a.start, a.end, None, a) for a in arguments]
    return tree.Call(start, end, tree.Name(start, end, name), wrapped)


def size_of(reader: Reader, node: ast.AST, value: Value) -> Value:
    """How many elements a register, list or array has."""
    if value.kind == LIST:
        from qlang.embedding.captured import literal

        assert isinstance(node, ast.expr)
        return literal(reader, node, len(value.constant))
    if value.kind.name not in ("qubits", "bits", "array", "unknown"):
        raise reader.refuse(node, f"the length of a {value.kind}")
    start, end = reader.position(node)
    size = _called(start, end, _free(reader, node, "sizeof"), [value.node])
    return Value(tree.Cast(start, end, tree.Type(start, end, "int"), size), INT)


def _len(reader: Reader, node: ast.Call) -> Value:
    return size_of(reader, node, expression(reader, _only(reader, node)))


def _only(reader: Reader, node: ast.Call) -> ast.expr:
    if len(node.args) != 1 or node.keywords:
        raise refused_call(reader, node)
    return node.args[0]


def _int(reader: Reader, node: ast.Call) -> Value:
    found = number(reader, _only(reader, node), "the argument of `int`")
    constant = None if found.constant is None else int(found.constant)
    return Value(as_int(found), INT, constant)


def _float(reader: Reader, node: ast.Call) -> Value:
    found = number(reader, _only(reader, node), "the argument of `float`")
    constant = None if found.constant is None else float(found.constant)
    return Value(cast(FLOAT, found), FLOAT, constant)


def _bool(reader: Reader, node: ast.Call) -> Value:
    found = number(reader, _only(reader, node), "the argument of `bool`")
    return Value(as_bool(found), BOOL, None if found.constant is None else bool(found.constant))


def _abs(reader: Reader, node: ast.Call) -> Value:
    found = number(reader, _only(reader, node), "the argument of `abs`")
    kind = INT if found.kind.whole else FLOAT
    start, end = reader.position(node)
    reader.put_before(node, "`abs`", pure=True)
    name = reader.temporary(kind, start, end, cast(kind, found))
    negative = tree.BinaryOp(start, end, "<", name, tree.IntLiteral(start, end, 0))
    flip = tree.Assignment(start, end, name, "=", tree.UnaryOp(start, end, "-", name))
    reader.before.append(tree.If(start, end, negative, tree.Block(start, end, [flip]), None))
    return Value(name, kind)


def _extreme(symbol: str) -> Callable[[Reader, ast.Call], Value]:
    """`min` or `max` of two or more numbers."""

    def handler(reader: Reader, node: ast.Call) -> Value:
        if node.keywords or len(node.args) < 2:
            raise refused_call(reader, node)
        values = [number(reader, argument, "an argument") for argument in node.args]
        kind = joined(reader, node, [value.kind for value in values])
        kind = INT if kind.whole else kind
        reader.put_before(node, f"`{ast.unparse(node.func)}`", pure=True)
        start, end = reader.position(node)
        name = reader.temporary(kind, start, end, cast(kind, values[0]))
        for value in values[1:]:
            better = comparison(reader, node, symbol, value, Value(name, kind))
            stored = tree.Assignment(start, end, name, "=", cast(kind, value))
            reader.before.append(tree.If(start, end, better.node, tree.Block(start, end, [stored]), None))
        return Value(name, kind)

    return handler


def _round(reader: Reader, node: ast.Call) -> Value:
    raise reader.refuse(node, "`round`, which rounds halves to even,", "write `math.floor(x + 0.5)`")


def _radians(reader: Reader, node: ast.Call) -> Value:
    found = number(reader, _only(reader, node), "the argument of `radians`")
    start, end = reader.position(node)
    degree = tree.FloatLiteral(start, end, 0.017453292519943295)
    return Value(tree.BinaryOp(start, end, "*", cast(FLOAT, found), degree), FLOAT)


_BUILTINS: dict[str, Any] = {
    "len": len, "int": int, "float": float, "bool": bool, "abs": abs, "min": min, "max": max, "round": round,
}  # fmt: skip
_HANDLERS: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "len": _len,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "abs": _abs,
    "min": _extreme("<"),
    "max": _extreme(">"),
    "round": _round,
}
_MODULE: dict[str, Callable[[Reader, ast.Call], Value]] = {
    "radians": _radians,
    "deg2rad": _radians,
    "absolute": _abs,
    "round": _round,
}
