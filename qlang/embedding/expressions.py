"""Python expressions as expressions of the language."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from qlang.embedding.captured import captured, from_outside, literal, module_number
from qlang.embedding.kinds import BOOL, LIST, UNKNOWN, Value, as_bool
from qlang.embedding.operators import COMPARISONS, SYMBOLS, binary, comparison, converted, joined, unary
from qlang.embedding.reader import Reader
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax import tree

_MOST_BITS = 64
_CONSTANTS = {"pi": "pi", "tau": "tau", "e": "euler"}


def expression(reader: Reader, node: ast.expr) -> Value:
    """A Python expression in the language.

    Raises CompileError at the construct that has no counterpart.
    """
    handler = _HANDLERS.get(type(node))
    if handler is None:
        construct, instead = _REFUSED.get(type(node), (f"`{ast.unparse(node)}`", ""))
        raise reader.refuse(node, construct, instead)
    return handler(reader, node)


def number(reader: Reader, node: ast.expr, what: str) -> Value:
    """An expression that must be a number."""
    return _of_kind(reader, node, what, "a number", lambda value: value.kind.number)


def integer(reader: Reader, node: ast.expr, what: str) -> Value:
    """An expression that must be an integer."""
    found = _of_kind(reader, node, what, "an integer", lambda value: value.kind.whole)
    return found


def _of_kind(reader: Reader, node: ast.expr, what: str, wanted: str, good: Callable[[Value], bool]) -> Value:
    found = expression(reader, node)
    if found.kind == UNKNOWN or good(found):
        return found
    name = next((part.id for part in ast.walk(node) if isinstance(part, ast.Name) and _is_float(reader, part.id)), None)
    instead, declaration = "", None
    if name is not None and wanted == "an integer":
        parameter = name in reader.scopes.parameters
        instead = f"annotate the parameter: `{name}: int`" if parameter else f"convert it: `int({name})`"
        declaration = reader.variables[name].span
    kind = str(found.kind)
    raise CompileError(
        (errors.embedding.WrongPythonKind(reader.function.span(node), what, wanted, kind, instead, declaration),)
    )


def _is_float(reader: Reader, name: str) -> bool:
    variable = reader.variables.get(name)
    return variable is not None and variable.kind.name == "float"


def condition(reader: Reader, node: ast.expr) -> Value:
    """The truth of an expression, as Python's `if` sees it."""
    match node:
        case ast.BoolOp(op=op, values=values):
            return _connected(reader, node, "&&" if isinstance(op, ast.And) else "||", values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            found = condition(reader, operand)
            constant = None if found.constant is None else not found.constant
            return Value(tree.UnaryOp(*reader.position(node), "!", found.node), BOOL, constant)
    found = expression(reader, node)
    if found.kind == UNKNOWN or found.kind.logical:
        return Value(found.node, BOOL if found.kind != UNKNOWN else UNKNOWN, found.constant)
    if not found.kind.number:
        raise reader.refuse(node, f"the truth of a {found.kind}", "compare it with something")
    constant = None if found.constant is None else bool(found.constant)
    if found.kind.name == "bits":
        return Value(as_bool(found), BOOL, constant)
    start, end = reader.position(node)
    return Value(tree.BinaryOp(start, end, "!=", found.node, tree.IntLiteral(start, end, 0)), BOOL, constant)


def _connected(reader: Reader, node: ast.expr, symbol: str, values: Sequence[ast.expr]) -> Value:
    """`a and b`; what Python evaluates only sometimes is evaluated only then where it may fail."""
    result = condition(reader, values[0])
    for value in values[1:]:
        if _may_fail(value) and not reader.guards and reader.place in ("circuit", "subroutine"):
            result = _after(reader, value, symbol, result)
            continue
        with reader.guarded(f"the right side of `{'and' if symbol == '&&' else 'or'}`"):
            right = condition(reader, value)
        joint = tree.BinaryOp(result.node.start, right.node.end, symbol, result.node, right.node)
        result = Value(joint, BOOL)
    return result


def _may_fail(node: ast.expr) -> bool:
    """Whether evaluating an expression may be an error, or do something."""
    return any(_fails(part) for part in ast.walk(node))


def _fails(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod(), right=ast.Constant(value=int() | float() as divisor)):
            return divisor == 0
        case ast.BinOp(op=ast.Pow() | ast.LShift() | ast.RShift(), right=ast.Constant(value=int(count))):
            return not 0 <= count < _MOST_BITS
        case ast.BinOp(op=ast.Div() | ast.FloorDiv() | ast.Mod() | ast.Pow() | ast.LShift() | ast.RShift()):
            return True
        case ast.Subscript(slice=ast.Constant()):
            return False  # an index that is wrong is found before anything runs
        case ast.Call(func=ast.Name(id="len" | "int" | "float" | "bool")):
            return False
        case _:
            return isinstance(node, (ast.Subscript, ast.Call))


def _after(reader: Reader, node: ast.expr, symbol: str, left: Value) -> Value:
    """`left and node` as a variable that gets the value of `node` only if `left` does not decide."""
    start, end = reader.position(node)
    name = reader.temporary(BOOL, start, end, left.node)
    outer = reader.take_before()
    right = condition(reader, node)
    body = [*reader.take_before(), tree.Assignment(start, end, name, "=", right.node)]
    test: tree.Expression = name if symbol == "&&" else tree.UnaryOp(start, end, "!", name)
    reader.before = [*outer, tree.If(start, end, test, tree.Block(start, end, body), None)]
    return Value(name, BOOL)


def _constant(reader: Reader, node: ast.Constant) -> Value:
    if isinstance(node.value, str):
        raise reader.refuse(node, f"the text `{ast.unparse(node)}`")
    return literal(reader, node, node.value)


def _name(reader: Reader, node: ast.Name) -> Value:
    if reader.scopes.is_local(node.id):
        variable = reader.variable(node)
        if variable.node is not None and variable.constant is not None:
            return literal(reader, node, variable.constant)  # written here, so that it is blamed here
        return Value(variable.node or reader.name(node), variable.kind)
    if node.id not in reader.function.outside:
        return Value(tree.Name(*reader.position(node), node.id), UNKNOWN)
    return from_outside(reader, node, node.id, reader.function.outside[node.id])


def _attribute(reader: Reader, node: ast.Attribute) -> Value:
    name = reader.attribute(node) or ""
    if name in _CONSTANTS:
        value = module_number(reader, node)
        written = _CONSTANTS[name]
        if reader.scopes.is_local(written):
            return literal(reader, node, value)
        return Value(tree.Name(*reader.position(node), written), literal(reader, node, value).kind, value)
    if isinstance(node.value, ast.Name) and not reader.scopes.is_local(node.value.id):
        value = module_number(reader, node)
        if value is not None:
            return from_outside(reader, node, ast.unparse(node), value)
    raise reader.refuse(node, f"`{ast.unparse(node)}`", "read it outside, into a name of its own")


def _binary(reader: Reader, node: ast.BinOp) -> Value:
    chain = [node]  # `a + b + c + …` nests to the left, without a bound
    while isinstance(chain[-1].left, ast.BinOp):
        chain.append(chain[-1].left)
    value = expression(reader, chain[-1].left)
    for part in reversed(chain):
        symbol = SYMBOLS.get(type(part.op))
        if symbol is None:
            raise reader.refuse(part, f"the operator of `{ast.unparse(part)}`")
        value = binary(reader, part, symbol, value, expression(reader, part.right))
    return value


def _unary(reader: Reader, node: ast.UnaryOp) -> Value:
    if isinstance(node.op, ast.Not):
        return condition(reader, node)
    return unary(reader, node, expression(reader, node.operand))


def _boolean(reader: Reader, node: ast.BoolOp) -> Value:
    """As a value: Python gives one of the operands, which is the same only where all are true or false."""
    for value in node.values:
        if not _is_logical(reader, value):
            word = "and" if isinstance(node.op, ast.And) else "or"
            raise reader.refuse(node, f"`{word}` as a number", "write `a if condition else b`")
    return condition(reader, node)


def _is_logical(reader: Reader, node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp(values=values):
            return all(_is_logical(reader, value) for value in values)
        case ast.Constant(value=value):
            return isinstance(value, bool)
        case ast.Name(id=name) if name in reader.variables:
            return reader.variables[name].kind.logical
        case ast.Name(id=name):
            return isinstance(reader.outside(name), bool)
        case ast.Subscript(value=ast.Name(id=name), slice=index) if name in reader.variables:
            return reader.variables[name].kind.name == "bits" and not isinstance(index, ast.Slice)
        case ast.Call():
            return reader.attribute(node.func) == "measure" or ast.unparse(node.func) == "bool"
        case _:
            return False


def _compare(reader: Reader, node: ast.Compare) -> Value:
    left = expression(reader, node.left)
    if len(node.ops) == 1:
        return _compared(reader, node, node.ops[0], left, node.comparators[0])
    values = [left, expression(reader, node.comparators[0])]
    with reader.guarded("a chain of comparisons"):
        values += [expression(reader, each) for each in node.comparators[1:]]
    symbols = [COMPARISONS.get(type(op)) for op in node.ops]
    parts: list[Value] = []
    for symbol, first, second in zip(symbols, values[:-1], values[1:], strict=True):
        if symbol is None:
            raise reader.refuse(node, f"`{ast.unparse(node)}`", "use one `in` at a time")
        parts.append(comparison(reader, node, symbol, first, second))
    result = parts[0]
    for part in parts[1:]:
        result = Value(tree.BinaryOp(*reader.position(node), "&&", result.node, part.node), BOOL)
    return result


def _compared(reader: Reader, node: ast.Compare, op: ast.cmpop, left: Value, right: ast.expr) -> Value:
    symbol = COMPARISONS.get(type(op))
    if symbol is not None:
        return comparison(reader, node, symbol, left, expression(reader, right))
    if isinstance(op, (ast.In, ast.NotIn)):
        return _contained(reader, node, isinstance(op, ast.NotIn), left, right)
    raise reader.refuse(node, f"`{ast.unparse(node)}`", "compare with `==` or `!=`")


def _contained(reader: Reader, node: ast.Compare, negated: bool, left: Value, right: ast.expr) -> Value:
    if isinstance(right, (ast.Tuple, ast.List, ast.Set)):
        items = [expression(reader, item) for item in right.elts]
    else:
        found = expression(reader, right)
        if found.kind != LIST:
            raise reader.refuse(node, f"`in` over a {found.kind}", "compare with the elements of a list")
        items = [literal(reader, right, item) for item in found.constant]
    start, end = reader.position(node)
    result: tree.Expression = tree.BoolLiteral(start, end, False)
    for item in items:
        equal = comparison(reader, node, "==", left, item).node
        first = isinstance(result, tree.BoolLiteral)
        result = equal if first else tree.BinaryOp(start, end, "||", result, equal)
    return Value(tree.UnaryOp(start, end, "!", result) if negated else result, BOOL)


def _choice(reader: Reader, node: ast.IfExp) -> Value:
    """`a if c else b`: a variable that a branch gives its value; one of the two where `c` is known."""
    test = condition(reader, node.test)
    if test.constant is not None:
        return expression(reader, node.body if test.constant else node.orelse)
    reader.put_before(node, "a conditional expression", pure=True)
    start, end = reader.position(node)
    outer = reader.take_before()
    branches = []
    for side in (node.body, node.orelse):
        value = expression(reader, side)
        branches.append((value, reader.take_before()))
    kind = joined(reader, node, [value.kind for value, _ in branches])
    if not kind.number:
        raise reader.refuse(node, f"a conditional expression of a {kind}", "use an `if` statement")
    name = reader.temporary(kind, start, end)
    blocks = []
    for value, before in branches:
        stored = tree.Assignment(start, end, name, "=", converted(kind, value))
        blocks.append(tree.Block(start, end, [*before, stored]))
    declared = reader.take_before()
    reader.before = [*outer, *declared, tree.If(start, end, test.node, *blocks)]
    return Value(name, BOOL if kind.logical else kind)


def _subscript(reader: Reader, node: ast.Subscript) -> Value:
    from qlang.embedding.indexing import subscript

    return subscript(reader, node)


def _call(reader: Reader, node: ast.Call) -> Value:
    from qlang.embedding.calls import call

    if reader.place == "observable":
        from qlang.embedding.observables import observable_call

        found = observable_call(reader, node)
        if found is not None:
            return found
    return call(reader, node)


def _list(reader: Reader, node: ast.List | ast.Tuple) -> Value:
    """A list that is written down: of numbers that Python knows."""
    items = [expression(reader, item) for item in node.elts]
    constants: list[Any] = [item.constant for item in items]
    if any(constant is None for constant in constants):
        raise reader.refuse(
            node, "a list of values that only a run knows", "use `ql.bits(n)` or variables of their own"
        )
    return captured(reader, node, constants)


_HANDLERS: dict[type[ast.expr], Callable[..., Value]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.IfExp: _choice,
    ast.Subscript: _subscript,
    ast.Call: _call,
    ast.List: _list,
    ast.Tuple: _list,
}
_REFUSED: dict[type[ast.expr], tuple[str, str]] = {
    ast.JoinedStr: ("an f-string", "circuits have no text; print outside, from the result"),
    ast.Lambda: ("a `lambda`", "define a function under `@ql.gate` or `@ql.circuit`"),
    ast.ListComp: ("a list comprehension", "compute the list outside, or write a `for` loop"),
    ast.SetComp: ("a comprehension", "compute it outside, or write a `for` loop"),
    ast.DictComp: ("a comprehension", "compute it outside, or write a `for` loop"),
    ast.GeneratorExp: ("a generator", "write a `for` loop; sums belong into an `@ql.observable`"),
    ast.Dict: ("a dictionary", "use lists of numbers"),
    ast.Set: ("a set", "use a list of numbers"),
    ast.NamedExpr: ("`:=`", "assign in a statement of its own"),
    ast.Await: ("`await`", ""),
    ast.Yield: ("`yield`", ""),
    ast.Starred: ("`*`", "write out the arguments"),
}
