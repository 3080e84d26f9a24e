"""OpenQASM's classical values evaluated from the specification's text, apart from the compiler's own code.

Integers are Python's, brought to their width; floats of 32 bits go through numpy; angles are exact fractions of a
turn. Where the specification is silent this follows docs/language.md: results of mixed signs are signed, plain `int`
must not overflow, division truncates towards zero.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np


class NoValue(Exception):
    """An operation without a result, or that the language does not have."""


@dataclass(frozen=True)
class Kind:
    """A type: `bool`, `bit`, `int`, `uint`, `float` or `angle`, and its width; `None` where none is written."""

    name: str
    width: int | None = None

    def __str__(self) -> str:
        return self.name if self.width is None else f"{self.name}[{self.width}]"

    @property
    def bits(self) -> int:
        if self.name in ("bit", "bool"):
            return self.width or 1
        return self.width or 64


@dataclass(frozen=True)
class Value:
    kind: Kind
    number: Any
    """bool, int (bits unsigned, angles in steps) or float."""


BOOL, BIT, INT, UINT, FLOAT = Kind("bool"), Kind("bit"), Kind("int"), Kind("uint"), Kind("float")
INTEGERS = ("bool", "bit", "int", "uint")


def stored(kind: Kind, number: Any) -> Value:
    """A number as its type holds it."""
    match kind.name:
        case "bool":
            return Value(kind, bool(number))
        case "float":
            number = float(np.float32(number)) if kind.width == 32 else float(number)
            if not math.isfinite(number):
                raise NoValue
            return Value(kind, number)
        case "int":
            if kind.width is None and not -(2**63) <= number < 2**63:
                raise NoValue
            half = 1 << (kind.bits - 1)
            return Value(kind, (number + half) % (2 * half) - half)
        case _:
            return Value(kind, number % (1 << kind.bits))


def real(value: Value) -> float:
    if value.kind.name == "angle":
        return value.number / 2**value.kind.bits * math.tau
    return float(value.number)


def steps(radians: float, width: int) -> int:
    """The nearest fraction of a turn; too close to the middle of two is no test."""
    exact = Fraction(radians) / Fraction(math.tau) * 2**width
    nearest = math.floor(exact + Fraction(1, 2))
    if abs(abs(exact - nearest) - Fraction(1, 2)) < Fraction(1, 10**6):
        raise NoValue
    return nearest % 2**width


def cast(kind: Kind, value: Value) -> Value:
    source = value.kind
    if source == kind:
        return value
    match kind.name, source.name:
        case "angle", "float" | "int" | "uint" | "bool":
            if source.name == "bool" or kind.bits > 24:
                raise NoValue
            return stored(kind, steps(real(value), kind.bits))
        case "angle", "angle":
            shift = kind.bits - source.bits
            return stored(kind, value.number << shift if shift >= 0 else value.number >> -shift)
        case ("angle", "bit") | ("bit", "angle" | "bit"):
            if kind.bits != source.bits:
                raise NoValue
            return Value(kind, value.number)
        case "bit", "float":
            raise NoValue
        case "bit", _ if kind.width is None:
            return Value(kind, int(bool(value.number)))
        case "int" | "uint", "angle":
            raise NoValue
        case "int" | "uint", "float":
            number, half = math.trunc(value.number), 1 << (kind.bits - 1)
            number %= 2 * half
            return Value(kind, number - 2 * half if kind.name == "int" and number >= half else number)
        case "int" | "uint", _:
            number, half = int(value.number) % (1 << kind.bits), 1 << (kind.bits - 1)
            return Value(kind, number - 2 * half if kind.name == "int" and number >= half else number)
        case "bool", "angle":
            return Value(kind, value.number != 0)
        case "float", "angle":
            return stored(kind, real(value))
        case _:
            return stored(kind, value.number)


def _promoted(kind: Kind) -> Kind:
    if kind.name == "bit" and kind.width is not None:
        return Kind("uint", kind.width)
    return kind if kind.name in ("int", "uint") else INT


def _widest(*widths: int | None) -> int | None:
    return None if None in widths or not widths else max(width or 0 for width in widths)


def common(left: Kind, right: Kind) -> Kind:
    a, b = _promoted(left), _promoted(right)
    return Kind("uint" if a.name == b.name == "uint" else "int", _widest(a.width, b.width))


def _quotient(a: int, b: int) -> int:
    if not b:
        raise NoValue
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _power(a: int, b: int, kind: Kind) -> int:
    if b < 0 or (kind.width is None and kind.name == "int" and b > 200 and abs(a) > 1):
        raise NoValue
    return a**b if b <= 4096 else pow(a, b, 1 << kind.bits)


def compare(symbol: str, a: Any, b: Any) -> Value:
    results = {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    return Value(BOOL, results[symbol])


def binary(symbol: str, left: Value, right: Value) -> Value:
    """`left symbol right`; raises NoValue."""
    kinds, a, b = (left.kind.name, right.kind.name), left.number, right.number
    if symbol in ("&&", "||"):
        return Value(BOOL, bool(a) and bool(b) if symbol == "&&" else bool(a) or bool(b))
    if symbol in ("==", "!=", "<", "<=", ">", ">="):
        exact = left.kind == right.kind or all(kind in INTEGERS for kind in kinds)
        return compare(symbol, a, b) if exact else compare(symbol, real(left), real(right))
    if symbol in ("<<", ">>"):
        return _shifted(symbol, left, right)
    if symbol in ("&", "|", "^"):
        return _bitwise(symbol, left, right)
    if "angle" in kinds:
        return _angles(symbol, left, right)
    if "float" in kinds:
        width = _widest(*(side.kind.width for side in (left, right) if side.kind.name == "float"))
        return stored(Kind("float", width), _floats(symbol, float(a), float(b)))
    kind, a, b = common(left.kind, right.kind), int(a), int(b)
    match symbol:
        case "+" | "-" | "*":
            return stored(kind, {"+": a + b, "-": a - b, "*": a * b}[symbol])
        case "/":
            return stored(kind, _quotient(a, b))
        case "%":
            return stored(kind, a - b * _quotient(a, b))
        case _:
            return stored(kind, _power(a, b, kind))


def _floats(symbol: str, a: float, b: float) -> float:
    try:
        return {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "**": lambda: math.pow(a, b),
        }[symbol]()
    except (KeyError, ValueError, ArithmeticError):
        raise NoValue from None


def _shifted(symbol: str, left: Value, right: Value) -> Value:
    amount = int(right.number) if right.kind.name in INTEGERS else -1
    if left.kind.name in ("bool", "float") or not 0 <= amount < 256:
        raise NoValue
    return stored(left.kind, left.number << amount if symbol == "<<" else left.number >> amount)


def _bitwise(symbol: str, left: Value, right: Value) -> Value:
    names = {left.kind.name, right.kind.name}
    if names in ({"bit"}, {"angle"}, {"bool"}):
        if left.kind != right.kind:
            raise NoValue
        kind = left.kind
    elif names <= set(INTEGERS) and names & {"int", "uint"}:
        kind = common(left.kind, right.kind)
    else:
        raise NoValue
    a, b = int(left.number), int(right.number)
    return stored(kind, {"&": a & b, "|": a | b, "^": a ^ b}[symbol])


def _angles(symbol: str, left: Value, right: Value) -> Value:
    both = left.kind.name == right.kind.name
    if symbol in ("+", "-"):
        angle = left.kind if left.kind.name == "angle" else right.kind
        width = _widest(left.kind.width, right.kind.width) if both else angle.width
        kind = Kind("angle", width)
        a, b = (_in_steps(kind, side) for side in (left, right))
        return stored(kind, a + b if symbol == "+" else a - b)
    if symbol == "/" and both:
        width = max(left.kind.bits, right.kind.bits)
        a, b = (cast(Kind("angle", width), side).number for side in (left, right))
        return stored(UINT, _quotient(a, b))
    other = right if left.kind.name == "angle" else left
    if (symbol == "*" and not both) or (symbol == "/" and other is right):
        if other.kind.name == "float":
            width = other.kind.width
            return (
                stored(Kind("float", None), _floats(symbol, real(left), real(right)))
                if width
                else _plain(symbol, left, right)
            )
        angle = left if left.kind.name == "angle" else right
        factor = int(other.number)
        return stored(angle.kind, angle.number * factor if symbol == "*" else _quotient(angle.number, factor))
    raise NoValue


def _plain(symbol: str, left: Value, right: Value) -> Value:
    return stored(FLOAT, _floats(symbol, real(left), real(right)))


def _in_steps(kind: Kind, value: Value) -> int:
    if value.kind.name == "angle":
        return int(cast(kind, value).number)
    if kind.bits > 24:
        raise NoValue
    return steps(real(value), kind.bits)


def unary(symbol: str, operand: Value) -> Value:
    """`symbol operand`; raises NoValue."""
    kind, number = operand.kind, operand.number
    if symbol == "!":
        return Value(BOOL, not number)
    if symbol == "~":
        if kind.name == "float":
            raise NoValue
        return Value(BOOL, not number) if kind == BOOL else stored(kind, ~number)
    if kind.name in ("bit", "bool"):
        kind = INT
    elif kind.name == "uint" and symbol == "-":
        kind = Kind("int", kind.width)
    return stored(kind, -number if symbol == "-" else number)


def function(name: str, arguments: list[Value]) -> Value:
    """A built-in function; raises NoValue."""
    first = arguments[0]
    if name in ("popcount", "rotl", "rotr"):
        if first.kind.name not in ("bit", "uint") or any(each.kind.name not in INTEGERS for each in arguments[1:]):
            raise NoValue
        text = format(first.number, f"0{first.kind.bits}b")
        if name == "popcount":
            return Value(UINT, text.count("1"))
        turn = int(arguments[1].number) % len(text) * (1 if name == "rotl" else -1)
        return Value(first.kind, int(text[turn:] + text[:turn], 2))
    if name == "mod":
        second = arguments[1]
        if all(each.kind.name in INTEGERS for each in arguments):
            return binary("%", first, second)
        kind = Kind("float", _widest(*(each.kind.width for each in arguments if each.kind.name == "float")))
        if not second.number:
            raise NoValue
        return stored(kind, math.fmod(real(first), real(second)))
    kind = first.kind if first.kind.name == "float" else FLOAT
    known = {
        "sin": math.sin,
        "arctan": math.atan,
        "exp": math.exp,
        "sqrt": math.sqrt,
        "floor": math.floor,
        "ceiling": math.ceil,
    }
    try:
        return stored(kind, known[name](real(first)))
    except (ValueError, ArithmeticError):
        raise NoValue from None


def bits_at(value: Value, places: list[int], single: bool) -> Value:
    """Bits of a register, integer or angle."""
    number = int(value.number) % (1 << value.kind.bits)
    if value.kind.name in ("bool", "float") or value.kind == BIT:
        raise NoValue
    found = sum((number >> place & 1) << k for k, place in enumerate(places))
    return Value(BIT if single else Kind("bit", len(places)), found)
