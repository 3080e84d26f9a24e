"""Constant values: a type and a Python value, and the mistakes that arithmetic can make.

| type | value |
|---|---|
| `bool` | `bool` |
| `int`, `uint` | `int` in the range of the width |
| `bit`, `bit[n]` | `int`, 0 ≤ value < 2^n; bit 0 is the least significant |
| `angle[n]` | `int` k, 0 ≤ k < 2^n: the angle 2π·k/2^n; read it with `as_float` |
| `float`, `duration`, money, ratios | `float`; durations in seconds or in `dt` |
| `complex` | `complex` |
| `array` | nested tuples |
| `string` | `str` |
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qlang.sema.types import (
    BIT,
    BOOL,
    DEFAULT_WIDTH,
    FLOAT,
    INT,
    UINT,
    Angle,
    Bit,
    Type,
)
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Value = bool | int | float | complex | str | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value known before anything runs."""

    type: Type
    value: Value

    def __str__(self) -> str:
        if isinstance(self.type, Bit) and self.type.size is not None:
            return f'"{self.value:0{self.type.size}b}"'
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.type, Angle):
            return f"{as_float(self):.12g}"
        return f"{self.value:.12g}" if isinstance(self.value, float) else str(self.value)


class ConstantError(Exception):
    """An expression has no value; `diagnostic(span)` says why at a place."""

    def __init__(self, diagnostic: Callable[[Span], Diagnostic]) -> None:
        super().__init__("an expression has no constant value")
        self.diagnostic = diagnostic
        self.node: tree.Node | None = None
        """The innermost expression without a value, set by `evaluate`."""


TRUE = Constant(BOOL, True)
FALSE = Constant(BOOL, False)
PI = Constant(FLOAT, math.pi)
TAU = Constant(FLOAT, math.tau)
EULER = Constant(FLOAT, math.e)

CONSTANTS: dict[str, Constant] = {
    "pi": PI,
    "π": PI,
    "tau": TAU,
    "τ": TAU,
    "euler": EULER,
    "ℇ": EULER,
}
"""OpenQASM's named constants with their Greek spellings."""

LARGEST_INT = 2**63 - 1
LARGEST_UINT = 2**64 - 1


def integer(value: int) -> Constant:
    """The constant of an integer literal: `int`, or `uint` between 2⁶³ and 2⁶⁴.

    Raises ConstantError beyond.
    """
    if -LARGEST_INT - 1 <= value <= LARGEST_INT:
        return Constant(INT, value)
    if 0 <= value <= LARGEST_UINT:
        return Constant(UINT, value)
    raise too_large("integer", "64 bits")


def real(value: float) -> Constant:
    """The constant of a `float` literal."""
    return Constant(FLOAT, value)


def boolean(value: bool) -> Constant:
    """A `bool` constant."""
    return TRUE if value else FALSE


def bit(value: int) -> Constant:
    """A single `bit` constant, 0 or 1."""
    return Constant(BIT, value)


def angle_bits(kind: Angle) -> int:
    """The width of an angle; `DEFAULT_WIDTH` where none is written."""
    return kind.width or DEFAULT_WIDTH


def as_float(constant: Constant) -> float:
    """The number as a gate's parameter takes it; an angle in radians, 0 ≤ angle < 2π.

    Raises TypeError for values that are no real number, which the checker has excluded before.
    """
    if isinstance(constant.type, Angle) and isinstance(constant.value, int):
        return math.ldexp(constant.value * 1.0, -angle_bits(constant.type)) * math.tau
    if isinstance(constant.value, (int, float)):
        return float(constant.value)
    raise TypeError(f"{constant.type} is not a real number")


def as_int(constant: Constant) -> int:
    """The value of an `int`, `uint`, `bit` or `bool`; raises TypeError for others."""
    if isinstance(constant.value, int) and not isinstance(constant.type, Angle):
        return int(constant.value)
    raise TypeError(f"{constant.type} is not an integer")


def as_bool(constant: Constant) -> bool:
    """The truth of a value in a condition: whatever is not zero."""
    return bool(constant.value)


def as_complex(constant: Constant) -> complex:
    """The number as a complex one; raises TypeError for values that are none."""
    return constant.value if isinstance(constant.value, complex) else complex(as_float(constant))


def too_large(what: str, limit: str) -> ConstantError:
    """The error of a number beyond what a constant may hold."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import NumberTooLarge

        return NumberTooLarge(span, what=what, limit=limit)

    return ConstantError(diagnostic)


def division_by_zero() -> ConstantError:
    """The mistake of dividing by zero."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import DivisionByZero

        return DivisionByZero(span)

    return ConstantError(diagnostic)


def outside_domain(function: str, argument: str, domain: str) -> ConstantError:
    """The error of a function at an argument where it has no value."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import OutsideDomain

        return OutsideDomain(span, function=function, argument=argument, domain=domain)

    return ConstantError(diagnostic)


def no_operator(operator: str, operands: tuple[Type, ...]) -> ConstantError:
    """The error of an operator or function that does not exist for these types."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import NoSuchOperation

        return NoSuchOperation(span, operator=operator, operands=tuple(map(str, operands)))

    return ConstantError(diagnostic)


def no_cast(source: Type, target: Type) -> ConstantError:
    """The error of a cast that OpenQASM does not have."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import NoSuchCast

        return NoSuchCast(span, source=str(source), target=str(target))

    return ConstantError(diagnostic)


def not_constant(what: str) -> ConstantError:
    """The error of an expression whose value is known only while the program runs."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import NotConstant

        return NotConstant(span, what=what)

    return ConstantError(diagnostic)


def index_outside(index: int, size: int, kind: Type) -> ConstantError:
    """The error of an index into a classical register or array that has no such element."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import ElementOutOfRange

        return ElementOutOfRange(span, index=index, size=size, type=str(kind))

    return ConstantError(diagnostic)
