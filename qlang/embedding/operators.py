"""Python's operators in the language, with Python's meaning where the two differ.

`/` is real division, `//` rounds down, `%` has the sign of its right operand, bits and truth values count as integers,
`~k` of an integer is `-k - 1`. What would come out otherwise is refused.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from qlang.embedding.kinds import (
    BIT,
    BITS,
    BOOL,
    FLOAT,
    INT,
    OBSERVABLE,
    QUBITS,
    UNKNOWN,
    Kind,
    Value,
    as_bool,
    as_int,
    cast,
)
from qlang.embedding.reader import Reader
from qlang.syntax import tree

SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_PYTHON: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST = 1 << 63
_REPEATED = 24
"""Nodes of an operand that may be written several times; larger ones get a variable."""


def binary(reader: Reader, node: ast.expr, symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`. Raises CompileError where Python's meaning cannot be kept."""
    start, end = reader.position(node)
    kinds = (left.kind, right.kind)
    if UNKNOWN in kinds:
        return Value(tree.BinaryOp(start, end, symbol, left.node, right.node), UNKNOWN)
    if OBSERVABLE in kinds:
        return _of_observables(reader, node, symbol, left, right)
    if all(kind.quantum for kind in kinds) and symbol == "+":
        return Value(tree.BinaryOp(start, end, "++", left.node, right.node), QUBITS)
    if not all(kind.number for kind in kinds):
        odd = left if not left.kind.number else right
        raise reader.refuse(node, f"`{symbol}` of a {odd.kind}")
    found = _arithmetic(reader, node, symbol, left, right)
    return Value(found.node, found.kind, _folded(symbol, left.constant, right.constant))


def _of_observables(reader: Reader, node: ast.expr, symbol: str, left: Value, right: Value) -> Value:
    if symbol not in ("+", "-", "*", "/"):
        raise reader.refuse(node, f"`{symbol}` of observables", "observables have `+`, `-`, `*` and `/`")
    return Value(tree.BinaryOp(*reader.position(node), symbol, left.node, right.node), OBSERVABLE)


def _arithmetic(reader: Reader, node: ast.expr, symbol: str, left: Value, right: Value) -> Value:
    start, end = reader.position(node)
    whole = left.kind.whole and right.kind.whole
    match symbol:
        case "/":
            return Value(tree.BinaryOp(start, end, "/", cast(FLOAT, left), _number(right)), FLOAT)
        case "//" | "%" if whole:
            left, right = _repeatable(reader, node, left), _repeatable(reader, node, right)
            return Value(_floored(start, end, symbol, as_int(left), as_int(right)), INT)
        case "//" | "%":
            instead = "write `math.floor(a / b)`" if symbol == "//" else "write `a - b * math.floor(a / b)`"
            raise reader.refuse(node, f"`{symbol}` of floats, which Python rounds in its own way,", instead)
        case "**":
            return _power(reader, node, left, right)
        case "&" | "|" | "^":
            return _bitwise(reader, node, symbol, left, right)
        case "<<" | ">>" if not whole:
            raise reader.refuse(node, f"`{symbol}` of a float")
        case _ if whole:
            return Value(tree.BinaryOp(start, end, symbol, as_int(left), as_int(right)), INT)
        case _:
            return Value(tree.BinaryOp(start, end, symbol, _number(left), _number(right)), FLOAT)


def _number(value: Value) -> tree.Expression:
    """A value as a number: bits and truth values as integers."""
    return value.node if value.kind in (INT, FLOAT) else as_int(value)


def _repeatable(reader: Reader, node: ast.expr, value: Value) -> Value:
    """A value that may be written several times; a long one becomes a variable."""
    if sum(1 for _ in tree.walk(value.node)) <= _REPEATED:
        return value
    reader.put_before(node, "an expression of this length", pure=True)
    name = reader.temporary(INT, *reader.position(node), as_int(value))
    return Value(name, INT, value.constant)


def _floored(start: int, end: int, symbol: str, left: tree.Expression, right: tree.Expression) -> tree.Expression:
    """Python's `left % right` by a `%` that truncates towards zero: ((a % b) + b) % b; and `//` by the rest."""
    cut = tree.BinaryOp(start, end, "%", left, right)
    rest = tree.BinaryOp(start, end, "%", tree.BinaryOp(start, end, "+", cut, right), right)
    if symbol == "%":
        return rest
    return tree.BinaryOp(start, end, "/", tree.BinaryOp(start, end, "-", left, rest), right)


def _power(reader: Reader, node: ast.expr, left: Value, right: Value) -> Value:
    start, end = reader.position(node)
    if not (left.kind.whole and right.kind.whole):
        return Value(tree.BinaryOp(start, end, "**", cast(FLOAT, left), _number(right)), FLOAT)
    if _is_negated(node) or (right.whole is not None and right.whole < 0):
        return Value(tree.BinaryOp(start, end, "**", cast(FLOAT, left), right.node), FLOAT)
    return Value(tree.BinaryOp(start, end, "**", as_int(left), as_int(right)), INT)


def _is_negated(node: ast.expr) -> bool:
    """Whether a power is written with a minus before its exponent."""
    return isinstance(node, ast.BinOp) and isinstance(node.right, ast.UnaryOp) and isinstance(node.right.op, ast.USub)


def _bitwise(reader: Reader, node: ast.expr, symbol: str, left: Value, right: Value) -> Value:
    start, end = reader.position(node)
    if left.kind == right.kind and left.kind in (BIT, BITS):
        return Value(tree.BinaryOp(start, end, symbol, left.node, right.node), left.kind)
    if left.kind.logical and right.kind.logical:
        written = {"&": "&&", "|": "||", "^": "!="}[symbol]
        return Value(tree.BinaryOp(start, end, written, as_bool(left), as_bool(right)), BOOL)
    if not (left.kind.whole and right.kind.whole):
        raise reader.refuse(node, f"`{symbol}` of a float")
    return Value(tree.BinaryOp(start, end, symbol, as_int(left), as_int(right)), INT)


def _folded(symbol: str, left: Any, right: Any) -> Any:
    """The value where Python knows it, in the range of the language's integers; `None` otherwise."""
    if symbol not in _PYTHON or not all(isinstance(value, (int, float)) for value in (left, right)):
        return None
    if symbol == "<<" and not 0 <= right < 64:
        return None
    try:
        found = _PYTHON[symbol](left, right)
    except (ArithmeticError, ValueError, TypeError):
        return None
    return found if isinstance(found, float) or -_LARGEST <= found < _LARGEST else None


def unary(reader: Reader, node: ast.UnaryOp, operand: Value) -> Value:
    """`-`, `+` and `~`; `not` is a condition's."""
    start, end = reader.position(node)
    kind = operand.kind
    if kind in (UNKNOWN, OBSERVABLE):
        return Value(tree.UnaryOp(start, end, "-", operand.node), kind)
    if not kind.number:
        raise reader.refuse(node, f"`{ast.unparse(node)}` of a {kind}")
    if isinstance(node.op, ast.Invert):
        return _inverted(reader, node, operand)
    result = INT if kind.whole else FLOAT
    number = _number(operand)
    if isinstance(node.op, ast.UAdd):
        return Value(number, result, operand.constant)
    constant = None if operand.constant is None else -operand.constant
    return Value(tree.UnaryOp(start, end, "-", number), result, constant)


def _inverted(reader: Reader, node: ast.UnaryOp, operand: Value) -> Value:
    start, end = reader.position(node)
    if operand.kind in (BIT, BITS):
        return Value(tree.UnaryOp(start, end, "~", operand.node), operand.kind)
    if operand.kind != INT:
        raise reader.refuse(node, f"`~` of a {operand.kind}", "use `not`")
    minus = tree.UnaryOp(start, end, "-", operand.node)
    constant = None if operand.constant is None else ~operand.constant
    return Value(tree.BinaryOp(start, end, "-", minus, tree.IntLiteral(start, end, 1)), INT, constant)


def comparison(reader: Reader, node: ast.expr, symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; registers of bits compare by their unsigned value."""
    start, end = reader.position(node)
    kinds = (left.kind, right.kind)
    if UNKNOWN in kinds:
        return Value(tree.BinaryOp(start, end, symbol, left.node, right.node), BOOL)
    if not all(kind.number for kind in kinds):
        odd = left if not left.kind.number else right
        raise reader.refuse(node, f"a comparison of a {odd.kind}")
    sides = [_comparable(value, other) for value, other in ((left, right), (right, left))]
    constant = _folded(symbol, left.constant, right.constant)
    return Value(tree.BinaryOp(start, end, symbol, *sides), BOOL, constant)


def _comparable(value: Value, other: Value) -> tree.Expression:
    if value.kind == BITS and (other.kind == BITS or (other.whole or -1) >= 0):
        return value.node  # of any size: no integer holds more than 64
    return _number(value)


def joined(reader: Reader, node: ast.AST, kinds: list[Kind]) -> Kind:
    """The kind of a value that is one of several. Raises CompileError where there is none."""
    first = kinds[0]
    if all(kind == first for kind in kinds):
        return first
    if all(kind.logical for kind in kinds):
        return BOOL
    if all(kind.whole for kind in kinds):
        return INT
    if all(kind.number for kind in kinds):
        return FLOAT
    words = " or a ".join(dict.fromkeys(map(str, kinds)))
    raise reader.refuse(node, f"a value that is a {words}")


def converted(kind: Kind, value: Value) -> tree.Expression:
    """A value as a kind that `joined` found."""
    return value.node if UNKNOWN in (kind, value.kind) else cast(kind, value)
