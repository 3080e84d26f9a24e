"""Python expressions as expressions of the language.

Python's meaning is kept where the two differ: `/` is real division, `//` rounds down, `%` has the sign of its right
operand, `range` excludes its end.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qlang.problems import CompileError
from qlang.python_source import PythonFunction
from qlang.sema.errors.embedding import NotInCircuits, UnknownOutside
from qlang.syntax import tree

BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_UNARY: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "!", ast.Invert: "~"}
_FUNCTIONS = {
    "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin", "acos": "arccos", "atan": "arctan",
    "arcsin": "arcsin", "arccos": "arccos", "arctan": "arctan", "exp": "exp", "log": "log", "sqrt": "sqrt",
    "floor": "floor", "ceil": "ceiling",
}  # fmt: skip
"""Functions of `math`, `numpy` and ours, under the language's names."""


@dataclass(slots=True)
class Names:
    """What names mean inside the function being read."""

    function: PythonFunction
    known: set[str] = field(default_factory=set)
    """Parameters, registers and variables of the circuit."""
    whole: set[str] = field(default_factory=set)
    """Those that are integers."""

    def refuse(self, node: ast.AST, construct: str, instead: str = "") -> CompileError:
        """The error of a construct that circuits do not have."""
        return CompileError((NotInCircuits(self.function.span(node), construct, instead),))

    def place(self, node: ast.AST) -> tuple[int, int]:
        """Begin and end offset of a node."""
        return self.function.offset(node, end=False), self.function.offset(node, end=True)

    def attribute(self, node: ast.expr) -> str | None:
        """The last name of `ql.h`, `math.pi`, or of a name imported from such a module; `None` for others."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self.function.outside.get(node.value.id)
            return node.attr if getattr(module, "__name__", "") in ("qlang", "math", "numpy") else None
        if isinstance(node, ast.Name) and node.id not in self.known:
            found = self.function.outside.get(node.id)
            known = str(getattr(found, "__module__", "")).split(".")[0]
            return getattr(found, "__name__", None) if known in ("qlang", "math", "numpy") else None
        return None


def expression(names: Names, node: ast.expr) -> tree.Expression:
    """A Python expression in the language.

    Raises CompileError at the construct that has no counterpart.
    """
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise names.refuse(node, f"`{ast.unparse(node)}`")
    return handler(names, node)


def _constant(names: Names, node: ast.Constant) -> tree.Expression:
    return _number(names, node, node.value)


def _number(names: Names, node: ast.expr, value: Any) -> tree.Expression:
    """A number as a literal; NumPy's scalars count as numbers."""
    start, end = names.place(node)
    if hasattr(value, "item") and not hasattr(value, "__len__"):
        value = value.item()
    match value:
        case bool():
            return tree.BoolLiteral(start, end, value)
        case int():
            literal: tree.Expression = tree.IntLiteral(start, end, abs(value))
            return literal if value >= 0 else tree.UnaryOp(start, end, "-", literal)
        case float():
            literal = tree.FloatLiteral(start, end, abs(value))
            return literal if value >= 0 else tree.UnaryOp(start, end, "-", literal)
        case _:
            name, kind = ast.unparse(node), type(value).__name__
            raise CompileError((UnknownOutside(names.function.span(node), name, f"a value of type `{kind}`"),))


def _name(names: Names, node: ast.Name) -> tree.Expression:
    if node.id in names.known or node.id not in names.function.outside:
        return tree.Name(*names.place(node), node.id)
    return _number(names, node, names.function.outside[node.id])


def _attribute(names: Names, node: ast.Attribute) -> tree.Expression:
    known = {"pi": "pi", "tau": "tau", "e": "euler"}.get(names.attribute(node) or "")
    if known is None:
        raise names.refuse(node, f"`{ast.unparse(node)}`")
    return tree.Name(*names.place(node), known)


def _binary(names: Names, node: ast.BinOp) -> tree.Expression:
    start, end = names.place(node)
    left, right = expression(names, node.left), expression(names, node.right)
    if isinstance(node.op, ast.Div):
        left = tree.Cast(left.start, left.end, tree.Type(left.start, left.end, "float"), left)
        return tree.BinaryOp(start, end, "/", left, right)
    if isinstance(node.op, (ast.FloorDiv, ast.Mod)) and is_whole(names, node.left) and is_whole(names, node.right):
        rest = _remainder(start, end, left, right)
        if isinstance(node.op, ast.Mod):
            return rest
        return tree.BinaryOp(start, end, "/", tree.BinaryOp(start, end, "-", left, rest), right)
    if isinstance(node.op, ast.FloorDiv):
        left = tree.Cast(left.start, left.end, tree.Type(left.start, left.end, "float"), left)
        name = tree.Name(start, end, "floor")
        quotient = tree.BinaryOp(start, end, "/", left, right)
        return tree.Call(start, end, name, [tree.Argument(start, end, None, quotient)])
    symbol = BINARY.get(type(node.op))
    if symbol is None:
        raise names.refuse(node, f"the operator of `{ast.unparse(node)}`")
    return tree.BinaryOp(start, end, symbol, left, right)


def _remainder(start: int, end: int, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """Python's `left % right` of integers, by a `%` that truncates towards zero: ((a % b) + b) % b."""
    cut = tree.BinaryOp(start, end, "%", left, right)
    return tree.BinaryOp(start, end, "%", tree.BinaryOp(start, end, "+", cut, right), right)


def is_whole(names: Names, node: ast.expr) -> bool:
    """Whether an expression is visibly an integer."""
    match node:
        case ast.Constant(value=bool()):
            return False
        case ast.Constant(value=int()):
            return True
        case ast.Name(id=name) if name in names.known:
            return name in names.whole
        case ast.Name(id=name):
            value = names.function.outside.get(name)
            return isinstance(value, int) and not isinstance(value, bool)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
            return is_whole(names, operand)
        case ast.BinOp(op=ast.Div()):
            return False
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(exponent))):
            return exponent >= 0 and is_whole(names, left)
        case ast.BinOp(op=ast.Pow()):
            return False
        case ast.BinOp(left=left, right=right):
            return is_whole(names, left) and is_whole(names, right)
        case ast.Call(func=ast.Name(id="len")):
            return True
        case _:
            return False


def _unary(names: Names, node: ast.UnaryOp) -> tree.Expression:
    return tree.UnaryOp(*names.place(node), _UNARY[type(node.op)], expression(names, node.operand))


def _boolean(names: Names, node: ast.BoolOp) -> tree.Expression:
    symbol = "&&" if isinstance(node.op, ast.And) else "||"
    result = expression(names, node.values[0])
    for value in node.values[1:]:
        right = expression(names, value)
        result = tree.BinaryOp(result.start, right.end, symbol, result, right)
    return result


def _compare(names: Names, node: ast.Compare) -> tree.Expression:
    if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARE:
        raise names.refuse(node, f"the comparison `{ast.unparse(node)}`", "compare two values at a time")
    left, right = expression(names, node.left), expression(names, node.comparators[0])
    return tree.BinaryOp(*names.place(node), _COMPARE[type(node.ops[0])], left, right)


def _subscript(names: Names, node: ast.Subscript) -> tree.Expression:
    start, end = names.place(node)
    base = expression(names, node.value)
    if not isinstance(node.slice, ast.Slice):
        return tree.Index(start, end, base, [expression(names, node.slice)])
    part = node.slice
    if part.step is not None:
        raise names.refuse(node, "a slice with a step")
    first = expression(names, part.lower) if part.lower else None
    last = _less_one(expression(names, part.upper)) if part.upper else None
    return tree.Index(start, end, base, [tree.Range(start, end, first, None, last)])


def _less_one(node: tree.Expression) -> tree.Expression:
    """`node − 1`: Python's ends are excluded, the language's included."""
    if isinstance(node, tree.IntLiteral) and node.value > 0:
        return tree.IntLiteral(node.start, node.end, node.value - 1)
    return tree.BinaryOp(node.start, node.end, "-", node, tree.IntLiteral(node.start, node.end, 1))


def range_of_call(names: Names, node: ast.Call) -> tree.Range:
    """`range(…)` as a range of the language."""
    start, end = names.place(node)
    arguments = [expression(names, argument) for argument in node.args]
    if node.keywords or not 1 <= len(arguments) <= 3:
        raise names.refuse(node, f"`{ast.unparse(node)}`")
    first = arguments[0] if len(arguments) > 1 else tree.IntLiteral(start, start, 0)
    step = arguments[2] if len(arguments) > 2 else None
    last = arguments[0 if len(arguments) == 1 else 1]
    if isinstance(step, tree.UnaryOp) and step.operator == "-":
        last = tree.BinaryOp(last.start, last.end, "+", last, tree.IntLiteral(last.start, last.end, 1))
    else:
        last = _less_one(last)
    return tree.Range(start, end, first, step, last)


def _call(names: Names, node: ast.Call) -> tree.Expression:
    start, end = names.place(node)
    if isinstance(node.func, ast.Name) and node.func.id == "len" and len(node.args) == 1:
        return _called(start, end, "sizeof", [expression(names, node.args[0])])
    name = names.attribute(node.func)
    if name == "measure" and len(node.args) == 1:
        return tree.Measurement(start, end, expression(names, node.args[0]))
    if name in _FUNCTIONS and not node.keywords:
        return _called(start, end, _FUNCTIONS[name], [expression(names, argument) for argument in node.args])
    raise names.refuse(node, f"the call `{ast.unparse(node)}`", "compute it outside and pass it as a parameter")


def _called(start: int, end: int, name: str, arguments: list[tree.Expression]) -> tree.Call:
    wrapped = [tree.Argument(a.start, a.end, None, a) for a in arguments]
    return tree.Call(start, end, tree.Name(start, end, name), wrapped)


_HANDLERS: dict[type[ast.expr], Callable[..., tree.Expression]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.BoolOp: _boolean,
    ast.Compare: _compare,
    ast.Subscript: _subscript,
    ast.Call: _call,
}
