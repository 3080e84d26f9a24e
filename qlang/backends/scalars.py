"""Classical arithmetic: what each operation of the dialects `arith` and `math` computes.

Integers are Python integers in two's complement range of their width (64 for `index`), booleans 0 or 1. Integer
results wrap around, as MLIR defines; division by zero has no result there, and is a `BadArithmetic` here.
"""

import math
import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from xdsl.dialects.arith import ConstantOp, IntegerOverflowAttr, IntegerOverflowFlag
from xdsl.dialects.builtin import Float16Type, Float32Type, FloatAttr, IntegerAttr, IntegerType, f64
from xdsl.ir import Attribute, Operation

from qlang.backends.errors import BadArithmetic, UnsupportedOperation
from qlang.ir.numbers import CHECKED, AngleStepsOp

Number: TypeAlias = Any
"""int or float; which one follows from the operation's type."""


def width_of(type_: Attribute) -> int:
    """Bits of an integer type; 64 for `index`."""
    return type_.width.data if isinstance(type_, IntegerType) else 64


def wrap(value: int, width: int) -> int:
    """The signed number with the same low bits; 0 or 1 for a width of one."""
    if width == 1:
        return value & 1
    half = 1 << (width - 1)
    return value if -half <= value < half else (value + half & (1 << width) - 1) - half


def unsigned(value: int, width: int) -> int:
    """The unsigned number with the same bits."""
    return value & (1 << width) - 1


def _divide(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _remainder(a: int, b: int) -> int:
    return a - b * _divide(a, b)


def _power(op: Operation) -> Callable[..., Number]:
    """Modulo the width, or checked against it; a negative power is no integer."""
    width = width_of(op.results[0].type)

    def modular(a: int, b: int) -> int:
        return wrap(pow(a, _amount(b), 1 << width), width)

    def checked(a: int, b: int) -> int:
        return fitting(a ** _amount(b) if abs(a) < 2 or b < width else 1 << width, width)

    return checked if CHECKED in op.attributes else modular


def _amount(amount: int) -> int:
    """Of a shift or power: none is negative."""
    if amount < 0:
        raise ValueError(amount)
    return amount


def fitting(value: int, width: int) -> int:
    """The number, if it fits. Raises OverflowError."""
    if wrap(value, width) != value:
        raise OverflowError(value)
    return value


def _divide_floats(a: float, b: float) -> float:
    if b == 0:
        return math.nan if a == 0 or a != a else math.copysign(math.inf, a) * math.copysign(1, b)
    return a / b


SIGNED: dict[str, Callable[[int, int], int]] = {
    "arith.addi": lambda a, b: a + b,
    "arith.subi": lambda a, b: a - b,
    "arith.muli": lambda a, b: a * b,
    "arith.divsi": _divide,
    "arith.floordivsi": lambda a, b: a // b,
    "arith.ceildivsi": lambda a, b: -(-a // b),
    "arith.remsi": _remainder,
    "arith.andi": lambda a, b: a & b,
    "arith.ori": lambda a, b: a | b,
    "arith.xori": lambda a, b: a ^ b,
    "arith.minsi": min,
    "arith.maxsi": max,
}
"""Binary integer operations on signed operands."""

UNSIGNED: dict[str, Callable[[int, int], int]] = {
    "arith.divui": lambda a, b: a // b,
    "arith.ceildivui": lambda a, b: -(-a // b),
    "arith.remui": lambda a, b: a % b,
    "arith.minui": min,
    "arith.maxui": max,
}
"""The same on unsigned operands."""

FLOATS: dict[str, Callable[..., float]] = {
    "arith.addf": lambda a, b: a + b,
    "arith.subf": lambda a, b: a - b,
    "arith.mulf": lambda a, b: a * b,
    "arith.divf": _divide_floats,
    "arith.negf": lambda a: -a,
    "arith.minimumf": min,
    "arith.maximumf": max,
    "arith.minnumf": min,
    "arith.maxnumf": max,
    "arith.select": lambda chosen, a, b: a if chosen else b,
    "arith.extf": float,
    "circuit.remainder": math.fmod,
    "math.absf": abs,
    "math.acos": math.acos,
    "math.acosh": math.acosh,
    "math.asin": math.asin,
    "math.asinh": math.asinh,
    "math.atan": math.atan,
    "math.atan2": math.atan2,
    "math.atanh": math.atanh,
    "math.cbrt": math.cbrt,
    "math.ceil": lambda a: float(math.ceil(a)),
    "math.copysign": math.copysign,
    "math.cos": math.cos,
    "math.cosh": math.cosh,
    "math.erf": math.erf,
    "math.exp": math.exp,
    "math.exp2": math.exp2,
    "math.expm1": math.expm1,
    "math.floor": lambda a: float(math.floor(a)),
    "math.fma": lambda a, b, c: a * b + c,
    "math.fpowi": math.pow,
    "math.log": math.log,
    "math.log10": math.log10,
    "math.log1p": math.log1p,
    "math.log2": math.log2,
    "math.powf": math.pow,
    "math.round": lambda a: float(math.copysign(math.floor(abs(a) + 0.5), a)),
    "math.roundeven": lambda a: float(round(a)) if math.isfinite(a) else a,
    "math.rsqrt": lambda a: 1 / math.sqrt(a),
    "math.sin": math.sin,
    "math.sinh": math.sinh,
    "math.sqrt": math.sqrt,
    "math.tan": math.tan,
    "math.tanh": math.tanh,
    "math.trunc": lambda a: float(math.trunc(a)),
}
"""Operations whose operands and results are taken as they are."""

COMPARE_INTEGERS: tuple[tuple[Callable[[int, int], bool], bool], ...] = (
    (lambda a, b: a == b, True),
    (lambda a, b: a != b, True),
    (lambda a, b: a < b, True),
    (lambda a, b: a <= b, True),
    (lambda a, b: a > b, True),
    (lambda a, b: a >= b, True),
    (lambda a, b: a < b, False),
    (lambda a, b: a <= b, False),
    (lambda a, b: a > b, False),
    (lambda a, b: a >= b, False),
)
"""By predicate of `arith.cmpi`: the comparison, and whether it is signed."""


def _unordered(a: float, b: float) -> bool:
    return a != a or b != b


COMPARE_FLOATS: tuple[Callable[[float, float], bool], ...] = (
    lambda a, b: False,
    lambda a, b: a == b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a != b and not _unordered(a, b),
    lambda a, b: not _unordered(a, b),
    lambda a, b: a == b or _unordered(a, b),
    lambda a, b: not a <= b,
    lambda a, b: not a < b,
    lambda a, b: not a >= b,
    lambda a, b: not a > b,
    lambda a, b: a != b,
    _unordered,
    lambda a, b: True,
)
"""By predicate of `arith.cmpf`."""


def _width(op: Operation) -> int:
    return width_of(op.operands[0].type)


def _wrapped(function: Callable[[int, int], int], op: Operation) -> Callable[..., Number]:
    width = width_of(op.results[0].type)
    if _checked(op):
        return lambda a, b: fitting(function(a, b), width)
    return lambda a, b: wrap(function(a, b), width)


def _checked(op: Operation) -> bool:
    """Whether a result that does not fit is an error (`overflow<nsw>`)."""
    flags = op.properties.get("overflowFlags")
    return isinstance(flags, IntegerOverflowAttr) and IntegerOverflowFlag.NSW in flags.data


def _wrapped_unsigned(function: Callable[[int, int], int], op: Operation) -> Callable[..., Number]:
    width = width_of(op.results[0].type)
    mask = (1 << width) - 1
    return lambda a, b: wrap(function(a & mask, b & mask), width)


def _compare_integers(op: Operation) -> Callable[..., Number]:
    function, signed = COMPARE_INTEGERS[_predicate(op)]
    width = _width(op)
    if width == 1 and signed:  # a signed bit is 0 or −1
        return lambda a, b: function(-a, -b)
    return function if signed else lambda a, b: function(unsigned(a, width), unsigned(b, width))


def _predicate(op: Operation) -> int:
    predicate = op.properties["predicate"]
    assert isinstance(predicate, IntegerAttr)
    return predicate.value.data


def _shift_left(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    if _checked(op):
        return lambda a, b: fitting(a << min(_amount(b), width), width)
    return lambda a, b: wrap(a << b, width) if _amount(b) < width else 0


def _shift_right(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a, b: wrap(unsigned(a, width) >> b, width) if _amount(b) < width else 0


def _shift_right_signed(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a, b: a >> min(_amount(b), width - 1)


def _to_integer(op: Operation) -> Callable[..., Number]:
    """The integer part, if it fits signed or unsigned; what is larger, infinite or no number has none."""
    width = width_of(op.results[0].type)

    def cut(a: Number) -> Number:
        value = int(a)
        if not -(1 << (width - 1)) <= value < 1 << width:
            raise OverflowError(value)
        return wrap(value, width)

    return cut


def _truncated(op: Operation) -> Callable[..., Number]:
    width = width_of(op.results[0].type)
    return (lambda a: fitting(a, width)) if CHECKED in op.attributes else (lambda a: wrap(a, width))


def _extend_signed(op: Operation) -> Callable[..., Number]:
    return (lambda a: -a) if _width(op) == 1 else (lambda a: a)


def _extend_unsigned(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a: unsigned(a, width)


def _signed_to_float(op: Operation) -> Callable[..., Number]:
    return (lambda a: float(-a)) if _width(op) == 1 else float


def _unsigned_to_float(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a: float(unsigned(a, width))


def _absolute(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a: wrap(abs(a), width)


def _population(op: Operation) -> Callable[..., Number]:
    width = _width(op)
    return lambda a: unsigned(a, width).bit_count()


_NARROW: dict[type[Attribute], str] = {Float16Type: "<e", Float32Type: "<f"}


def _narrow(op: Operation) -> Callable[..., Number]:
    """Rounds to single or half precision; beyond their largest number lies infinity."""
    form = _NARROW.get(type(op.results[0].type))
    if form is None:
        return float

    def narrow(a: float) -> float:
        try:
            return float(struct.unpack(form, struct.pack(form, a))[0])
        except OverflowError:
            return math.copysign(math.inf, a)

    return narrow


def _reinterpreted(op: Operation) -> Callable[..., Number]:
    """The same 64 bits as another type."""
    before, after = ("<d" if kind == f64 else "<q" for kind in (op.operands[0].type, op.results[0].type))
    return lambda a: struct.unpack(after, struct.pack(before, a))[0]


def _angle_steps(op: Operation) -> Callable[..., Number]:
    assert isinstance(op, AngleStepsOp)
    steps, width = op.width.value.data, width_of(op.result.type)
    return lambda a: wrap(round(math.ldexp(math.remainder(a, math.tau) / math.tau, steps)) % (1 << steps), width)


_BY_TYPE: dict[str, Callable[[Operation], Callable[..., Number]]] = {
    "arith.cmpi": _compare_integers,
    "arith.cmpf": lambda op: COMPARE_FLOATS[_predicate(op)],
    "arith.shli": _shift_left,
    "arith.shrui": _shift_right,
    "arith.shrsi": _shift_right_signed,
    "arith.fptosi": _to_integer,
    "arith.fptoui": _to_integer,
    "arith.trunci": _truncated,
    "arith.index_cast": _to_integer,
    "arith.extsi": _extend_signed,
    "arith.extui": _extend_unsigned,
    "arith.sitofp": _signed_to_float,
    "arith.uitofp": _unsigned_to_float,
    "arith.truncf": _narrow,
    "arith.bitcast": _reinterpreted,
    "math.absi": _absolute,
    "math.ctpop": _population,
    "math.ipowi": _power,
    "circuit.angle_steps": _angle_steps,
}
"""Operations that depend on the width of their types or on a predicate."""


def function_of(op: Operation) -> Callable[..., Number] | None:
    """What computes the result of a classical operation from its operands, or None for another operation.

    The function raises `BadArithmetic` where there is no result.
    """
    if op.name in SIGNED:
        function = _wrapped(SIGNED[op.name], op)
    elif op.name in UNSIGNED:
        function = _wrapped_unsigned(UNSIGNED[op.name], op)
    elif op.name in FLOATS:
        function = FLOATS[op.name]
    elif op.name in _BY_TYPE:
        function = _BY_TYPE[op.name](op)
    else:
        return None
    return function


def failed(op_name: str, operands: tuple[Number, ...]) -> BadArithmetic:
    """The error for an operation that has no result."""
    return BadArithmetic(op_name, operands)


def constant_of(op: ConstantOp) -> Number:
    """The number of an `arith.constant`; raises `UnsupportedOperation` for vectors."""
    match op.value:
        case IntegerAttr():
            return wrap(op.value.value.data, width_of(op.value.type))
        case FloatAttr():
            return op.value.value.data
        case _:
            raise UnsupportedOperation(op.name, str(op.value))
