"""The types of operators' results.

Decisions where OpenQASM 3 follows C or is silent:

- `int / int` and `%` truncate towards zero (OpenQASM 3). OpenQASM 2 has only real numbers: there `1/2` is 0.5
  and `^` is the power.
- Signed and unsigned operands of one width give a signed result, and `-x` of a `uint` is signed: `rz(-i * 0.1)`
  in a loop over `uint i` means what it says. `uint` with `uint` wraps modulo 2^width.
- A plain `int` that overflows is an error; a written width wraps.
- A bit register in arithmetic or a comparison is its unsigned value.
"""

import operator
from collections.abc import Callable
from typing import Any

from qlang.sema.types import (
    BIT,
    BOOL,
    FLOAT,
    INT,
    STRETCH,
    UINT,
    UNKNOWN,
    Angle,
    Array,
    Bit,
    Bool,
    Complex,
    Duration,
    Float,
    Int,
    Observable,
    Stretch,
    Type,
    UInt,
    Unknown,
)

LOGICAL = frozenset({"&&", "||"})
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "**"})
BITWISE: dict[str, Callable[[int, int], int]] = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
SHIFTS = frozenset({"<<", ">>"})

REALS = (Bool, Bit, Int, UInt, Float)
INTEGERS = (Bool, Bit, Int, UInt)


def unary_type(symbol: str, operand: Type) -> Type | None:
    """The type of `-x`, `+x`, `~x`, `!x`; `None` where the operator does not exist."""
    if isinstance(operand, Unknown):
        return UNKNOWN
    match symbol:
        case "!":
            return BOOL if isinstance(operand, (*REALS, Angle)) else None
        case "~":
            if isinstance(operand, Bool):
                return BOOL
            return operand if isinstance(operand, (Bit, Int, UInt, Angle)) else None
        case _:
            if isinstance(operand, UInt):
                return Int(operand.width) if symbol == "-" else operand
            if isinstance(operand, (Bit, Bool)):
                return INT
            return operand if isinstance(operand, (Int, Float, Complex, Angle, Duration, Stretch)) else None


def binary_type(symbol: str, left: Type, right: Type, version: int = 3) -> Type | None:
    """The type of `left op right`; `None` where the operator does not exist for these types."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return BOOL if symbol in COMPARISONS or symbol in LOGICAL else UNKNOWN
    if version == 2 and symbol == "^":
        symbol = "**"
    if symbol in LOGICAL:
        wanted = (*REALS, Angle)
        return BOOL if isinstance(left, wanted) and isinstance(right, wanted) else None
    if symbol in COMPARISONS:
        return BOOL if _comparable(symbol, left, right) else None
    if symbol in ARITHMETIC:
        return _arithmetic_type(symbol, left, right, version)
    if symbol in SHIFTS:
        if not isinstance(right, INTEGERS):
            return None
        return left if isinstance(left, (Bit, Int, UInt, Angle)) else None
    if symbol in BITWISE:
        return _bitwise_type(left, right)
    return _concatenation_type(left, right) if symbol == "++" else None


def _comparable(symbol: str, left: Type, right: Type) -> bool:
    if isinstance(left, (*REALS, Angle)) and isinstance(right, (*REALS, Angle)):
        return True
    if isinstance(left, (Duration, Stretch)):
        return left == right or Stretch in (type(left), type(right))
    numbers = (*REALS, Complex)
    return symbol in ("==", "!=") and isinstance(left, numbers) and isinstance(right, numbers)


def _arithmetic_type(symbol: str, left: Type, right: Type, version: int) -> Type | None:
    if isinstance(left, (Duration, Stretch)) or isinstance(right, (Duration, Stretch)):
        return _duration_type(symbol, left, right)
    if isinstance(left, Observable) or isinstance(right, Observable):
        return None
    if isinstance(left, Angle) or isinstance(right, Angle):
        return _angle_type(symbol, left, right)
    if not isinstance(left, (*REALS, Complex)) or not isinstance(right, (*REALS, Complex)):
        return None
    if isinstance(left, Complex) or isinstance(right, Complex):
        widths = [side.width for side in (left, right) if isinstance(side, (Complex, Float))]
        return None if symbol == "%" else Complex(_widest(widths))
    if isinstance(left, Float) or isinstance(right, Float):
        widths = [side.width for side in (left, right) if isinstance(side, Float)]
        return None if symbol == "%" else Float(_widest(widths))
    if version == 2 and symbol in ("/", "**"):
        return FLOAT
    return common_integer(left, right)


def _widest(widths: list[int | None]) -> int | None:
    return None if None in widths else max(width or 0 for width in widths)


def common_integer(left: Type, right: Type) -> Int | UInt:
    """The type in which two integers are combined: the wider one, signed if either is."""
    sides = [_promoted(left), _promoted(right)]
    width = _widest([side.width for side in sides])
    return UInt(width) if all(isinstance(side, UInt) for side in sides) else Int(width)


def _promoted(kind: Type) -> Int | UInt:
    if isinstance(kind, Bit) and kind.size is not None:
        return UInt(kind.size)
    return kind if isinstance(kind, (Int, UInt)) else INT


def _duration_type(symbol: str, left: Type, right: Type) -> Type | None:
    if isinstance(left, Stretch) or isinstance(right, Stretch):
        return _stretch_type(symbol, left, right)
    if isinstance(left, Duration) and isinstance(right, Duration):
        if left != right:
            return None
        return {"+": left, "-": left, "/": FLOAT}.get(symbol)
    if isinstance(left, Duration):
        return left if symbol in ("*", "/") and isinstance(right, REALS) else None
    return right if symbol == "*" and isinstance(left, REALS) else None


def _stretch_type(symbol: str, left: Type, right: Type) -> Type | None:
    """Sums of stretches and durations, and multiples of them, stretch as well."""
    lengths = (Duration, Stretch)
    if isinstance(left, lengths) and isinstance(right, lengths):
        return {"+": STRETCH, "-": STRETCH, "/": FLOAT}.get(symbol)
    if isinstance(left, Stretch):
        return STRETCH if symbol in ("*", "/") and isinstance(right, REALS) else None
    return STRETCH if symbol == "*" and isinstance(left, REALS) else None


def _angle_type(symbol: str, left: Type, right: Type) -> Type | None:
    if isinstance(left, Angle) and isinstance(right, Angle):
        wide = Angle(_widest([left.width, right.width]))
        return {"+": wide, "-": wide, "/": UINT}.get(symbol)
    other, kind = (right, left) if isinstance(left, Angle) else (left, right)
    if not isinstance(other, REALS):
        return None
    if symbol in ("+", "-"):
        return kind
    if symbol == "*":
        return FLOAT if isinstance(other, Float) else kind
    if symbol == "/" and isinstance(left, Angle):
        return FLOAT if isinstance(other, Float) else kind
    return None


def _bitwise_type(left: Type, right: Type) -> Type | None:
    if isinstance(left, Bool) and isinstance(right, Bool):
        return BOOL
    if isinstance(left, Bit) and isinstance(right, Bit):
        return left if (left.size or 1) == (right.size or 1) else None
    if isinstance(left, (Bit, Bool)) and isinstance(right, (Bit, Bool)):
        return BIT
    if isinstance(left, Angle) and isinstance(right, Angle):
        return left if left == right else None
    if isinstance(left, INTEGERS) and isinstance(right, INTEGERS):
        return common_integer(left, right)
    return None


def _concatenation_type(left: Type, right: Type) -> Type | None:
    if isinstance(left, Bit) and isinstance(right, Bit):
        return Bit((left.size or 1) + (right.size or 1))
    if not isinstance(left, Array) or not isinstance(right, Array):
        return None
    if left.element != right.element or left.shape[1:] != right.shape[1:]:
        return None
    return Array(left.element, (left.shape[0] + right.shape[0], *left.shape[1:]))
