"""Operators on typed constants; the rules and their reasons are in `operator_types`."""

import cmath
import math

from qlang.sema.casts import angle_from_float, resize_angle, round_float, store_integer
from qlang.sema.operator_types import BITWISE, COMPARISONS, INTEGERS, LOGICAL, SHIFTS, binary_type, unary_type
from qlang.sema.types import DEFAULT_WIDTH, Angle, Bit, Bool, Complex, Duration, Float, Int, Type, UInt, Unknown
from qlang.sema.values import (
    Constant,
    angle_bits,
    as_bool,
    as_complex,
    as_float,
    as_int,
    boolean,
    division_by_zero,
    no_operator,
    outside_domain,
    too_large,
)

TICKS = 1e15
"""Parts of a second that durations count in where they are compared or divided: decimal fractions of ns are whole."""


def apply_unary(symbol: str, operand: Constant) -> Constant:
    """`-x`, `+x`, `~x`, `!x`; `~` of a `bool` is its negation.

    Raises ConstantError where the operator does not exist for the type or the result is too large.
    """
    kind = unary_type(symbol, operand.type)
    if kind is None or isinstance(kind, Unknown):
        raise no_operator(symbol, (operand.type,))
    value = operand.value
    if symbol == "!" or isinstance(kind, Bool):
        return boolean(not value)
    if isinstance(kind, Complex):
        number = as_complex(operand)
        return Constant(kind, -number if symbol == "-" else number)
    if isinstance(kind, (Float, Duration)):
        number_value = _plain_float(operand)
        return Constant(kind, -number_value if symbol == "-" else number_value)
    whole = int(value)  # type: ignore[arg-type]  # only integers are left
    if symbol == "~":
        return Constant(kind, _masked(kind, ~whole))
    if symbol == "+":
        return Constant(kind, whole)
    return Constant(kind, _masked(kind, -whole))


def _plain_float(constant: Constant) -> float:
    if isinstance(constant.type, Duration) and isinstance(constant.value, (int, float)):
        return float(constant.value)
    return as_float(constant)


def _masked(kind: Type, value: int) -> int:
    if isinstance(kind, Bit):
        return value & ((1 << (kind.size or 1)) - 1)
    if isinstance(kind, Angle):
        return value & ((1 << angle_bits(kind)) - 1)
    if isinstance(kind, (Int, UInt)):
        return store_integer(kind, value)
    raise TypeError(f"{kind} is not stored as an integer")


def apply_binary(symbol: str, left: Constant, right: Constant, version: int = 3) -> Constant:
    """`left op right` by the rules of an OpenQASM version; see `operator_types` for the decisions.

    Raises ConstantError for a missing operator, division by zero, a power without a real value, and results
    beyond the type's range. Takes bounded time: shifts and powers are checked before they are computed.
    """
    kind = binary_type(symbol, left.type, right.type, version)
    if kind is None or isinstance(kind, Unknown):
        raise no_operator(symbol, (left.type, right.type))
    if version == 2 and symbol == "^":
        symbol = "**"
    if symbol in LOGICAL:
        first = as_bool(left)
        return boolean(first and as_bool(right) if symbol == "&&" else first or as_bool(right))
    if symbol in COMPARISONS:
        return boolean(COMPARISONS[symbol](*_comparison_values(left, right)))
    if symbol in SHIFTS:
        return _shift(symbol, kind, left, as_int(right))
    if symbol in BITWISE:
        result = BITWISE[symbol](int(left.value), int(right.value))  # type: ignore[arg-type]  # integers by type
        return boolean(bool(result)) if isinstance(kind, Bool) else Constant(kind, _masked(kind, result))
    if symbol == "++":
        return _concatenated(kind, left, right)
    return _arithmetic(symbol, kind, left, right)


def _comparison_values(left: Constant, right: Constant) -> tuple[complex | float, complex | float]:
    if isinstance(left.type, Complex) or isinstance(right.type, Complex):
        return as_complex(left), as_complex(right)
    if isinstance(left.type, Angle) and left.type == right.type:
        return int(left.value), int(right.value)  # type: ignore[arg-type]  # angles are integers
    if isinstance(left.type, INTEGERS) and isinstance(right.type, INTEGERS):
        return as_int(left), as_int(right)
    return _measured(left, right)


def _measured(left: Constant, right: Constant) -> tuple[float, float]:
    """Both numbers; two durations in whole femtoseconds, so that 0.1us is 100ns and 1us/1ns is 1000."""
    pair = _plain_float(left), _plain_float(right)
    if isinstance(left.type, Duration) and isinstance(right.type, Duration):
        return whole_ticks(pair[0]), whole_ticks(pair[1])
    return pair


def whole_ticks(duration: float) -> float:
    """A duration of seconds in femtoseconds, a whole number up to where doubles have no fractions (9 s)."""
    ticks = duration * TICKS
    return float(round(ticks)) if abs(ticks) < 2**53 else ticks


def _shift(symbol: str, kind: Type, left: Constant, amount: int) -> Constant:
    if amount < 0:
        raise outside_domain(symbol, str(amount), "shift amounts of 0 and more")
    value = int(left.value)  # type: ignore[arg-type]  # shifts exist for integers only
    if symbol == ">>":
        return Constant(kind, value >> min(amount, 1 << 16))
    width = _width(kind)
    if amount >= width and value and isinstance(kind, Int) and kind.width is None:
        raise too_large("`int`", f"{DEFAULT_WIDTH} bits")
    return Constant(kind, _masked(kind, value << min(amount, width)))


def _width(kind: Type) -> int:
    if isinstance(kind, Bit):
        return kind.size or 1
    if isinstance(kind, (Int, UInt, Angle)):
        return kind.width or DEFAULT_WIDTH
    raise TypeError(f"{kind} has no width")


def _concatenated(kind: Type, left: Constant, right: Constant) -> Constant:
    """The left operand's elements keep their indices, the right ones follow."""
    if isinstance(left.value, tuple) and isinstance(right.value, tuple):
        return Constant(kind, left.value + right.value)
    return Constant(kind, as_int(left) | as_int(right) << _width(left.type))


def _arithmetic(symbol: str, kind: Type, left: Constant, right: Constant) -> Constant:
    if symbol in ("/", "%") and not right.value:
        raise division_by_zero()
    if isinstance(left.type, Angle) or isinstance(right.type, Angle):
        return _angle_arithmetic(symbol, kind, left, right)
    if isinstance(kind, (Int, UInt)):
        return Constant(kind, store_integer(kind, _integer_result(symbol, kind, as_int(left), as_int(right))))
    if isinstance(kind, Complex):
        return _complex_result(symbol, kind, as_complex(left), as_complex(right))
    pair = _measured(left, right) if symbol == "/" else (_plain_float(left), _plain_float(right))
    number = _float_result(symbol, *pair)
    if isinstance(kind, Float):
        return Constant(kind, round_float(kind, number))
    if not math.isfinite(number):
        raise too_large("duration", "the largest number of 64 bits")
    return Constant(kind, number)


def truncated_division(left: int, right: int) -> int:
    """The quotient rounded towards zero, as C has it."""
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _integer_result(symbol: str, kind: Int | UInt, left: int, right: int) -> int:
    match symbol:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return truncated_division(left, right)
        case "%":
            return left - right * truncated_division(left, right)
        case _:
            return _integer_power(kind, left, right)


def _integer_power(kind: Int | UInt, base: int, exponent: int) -> int:
    if exponent < 0:
        raise outside_domain("**", f"{base} ** {exponent}", "integer powers of 0 and more; write a `float` base")
    if kind.width is not None or isinstance(kind, UInt):
        return pow(base, exponent, 1 << _width(kind))
    if abs(base) > 1 and exponent > DEFAULT_WIDTH:
        raise too_large("`int`", f"{DEFAULT_WIDTH} bits")
    return int(base**exponent) if abs(base) > 1 else int(base ** (exponent % 2 + 2 if exponent else 0))


def _float_result(symbol: str, left: float, right: float) -> float:
    match symbol:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right
        case _:
            return _float_power(left, right)


def _float_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        raise too_large("`float`", "the largest number of 64 bits") from None
    except ValueError:
        raise outside_domain("**", f"{base:g} ** {exponent:g}", "powers with a real value") from None


def _complex_result(symbol: str, kind: Complex, left: complex, right: complex) -> Constant:
    try:
        match symbol:
            case "+":
                number = left + right
            case "-":
                number = left - right
            case "*":
                number = left * right
            case "/":
                number = left / right
            case _:
                number = complex(left**right)
    except ZeroDivisionError:
        raise division_by_zero() from None
    except OverflowError:
        raise too_large("`complex`", "the largest number of 64 bits") from None
    if not cmath.isfinite(number):
        raise too_large("`complex`", "the largest number of 64 bits")
    return Constant(kind, complex(round_float(kind, number.real), round_float(kind, number.imag)))


def _angle_arithmetic(symbol: str, kind: Type, left: Constant, right: Constant) -> Constant:
    if isinstance(kind, Float):
        return Constant(kind, round_float(kind, _float_result(symbol, as_float(left), as_float(right))))
    width = max(angle_bits(operand.type) for operand in (left, right) if isinstance(operand.type, Angle))
    wide = Angle(width)
    if symbol in ("*", "/") and not (isinstance(left.type, Angle) and isinstance(right.type, Angle)):
        angle, number = (left, right) if isinstance(left.type, Angle) else (right, left)
        steps, factor = int(angle.value), as_int(number)  # type: ignore[arg-type]  # angles are integers
        return Constant(kind, _masked(wide, steps * factor if symbol == "*" else truncated_division(steps, factor)))
    first, second = _steps(left, width), _steps(right, width)
    if symbol == "/":
        return Constant(kind, first // second)
    return Constant(kind, _masked(wide, first + second if symbol == "+" else first - second))


def _steps(constant: Constant, width: int) -> int:
    if isinstance(constant.type, Angle):
        return resize_angle(int(constant.value), angle_bits(constant.type), width)  # type: ignore[arg-type]  # angles are integers
    return angle_from_float(Angle(width), as_float(constant))
