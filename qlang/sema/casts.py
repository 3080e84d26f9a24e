"""Casts between constants, and which of them happen without being written (OpenQASM 3, "Casting specifics").

Where the specification forbids a cast, so do we, with three readings that programs in the wild rely on: an
integer may be assigned to a bit register of any size (its low bits), a bit register may be read as an
unsigned number, and an angle may be read as a `float` in radians.
"""

import math
import struct

from qlang.sema.types import (
    DEFAULT_WIDTH,
    Angle,
    Array,
    Bit,
    Bool,
    Complex,
    Duration,
    Float,
    Int,
    Stretch,
    Text,
    Type,
    UInt,
    Unknown,
)
from qlang.sema.values import (
    Constant,
    Value,
    angle_bits,
    as_complex,
    as_float,
    no_cast,
    too_large,
)

_FLOAT_FORMATS = {16: "<e", 32: "<f"}


def wrap(kind: Int | UInt, value: int) -> int:
    """The value as it is stored in a width: modulo 2^width, two's complement for `int`."""
    width = kind.width or DEFAULT_WIDTH
    low = value & ((1 << width) - 1)
    return low - (1 << width) if isinstance(kind, Int) and low >> (width - 1) else low


def store_integer(kind: Int | UInt, value: int) -> int:
    """The result of integer arithmetic: wrapped where the width is written or unsigned, else checked.

    Raises ConstantError where a plain `int` overflows: nobody means to compute modulo 2^64 there.
    """
    stored = wrap(kind, value)
    if stored != value and isinstance(kind, Int) and kind.width is None:
        raise too_large("`int`", f"{DEFAULT_WIDTH} bits")
    return stored


def round_float(kind: Float | Complex, value: float) -> float:
    """The number as a width of 16 or 32 bits stores it; other widths are computed in 64 bits.

    Raises ConstantError for numbers that the width cannot hold.
    """
    if not math.isfinite(value):
        raise too_large("`float`", "the largest number of 64 bits")
    form = _FLOAT_FORMATS.get(kind.width or DEFAULT_WIDTH)
    if form is None:
        return value
    try:
        return float(struct.unpack(form, struct.pack(form, value))[0])
    except OverflowError:
        raise too_large(f"`{kind}`", f"the largest number of {kind.width} bits") from None


def angle_from_float(kind: Angle, radians: float) -> int:
    """The nearest step of a fixed-point angle, modulo 2π."""
    if not math.isfinite(radians):
        raise too_large("`angle`", "finite numbers")
    width = angle_bits(kind)
    return round(math.ldexp(math.remainder(radians, math.tau) / math.tau, width)) % (1 << width)


def resize_angle(value: int, source: int, target: int) -> int:
    """An angle's steps in another width; excess bits are cut off, as the specification says."""
    return value << (target - source) if target >= source else value >> (source - target)


def assignable(target: Type, source: Type) -> bool:
    """Whether a value of the source type may stand where the target type is wanted, without a written cast.

    Numbers widen (`bool`, `bit` → `int`, `uint` → `float` → `complex`, `float` ↔ `angle`) but a `float` is
    never cut to an integer silently.
    """
    if isinstance(target, Unknown) or isinstance(source, Unknown) or target == source:
        return True
    if isinstance(target, Array):
        return (
            isinstance(source, Array)
            and len(target.shape) == len(source.shape)
            and all(a == b or a < 0 or b < 0 for a, b in zip(target.shape, source.shape, strict=True))
            and assignable(target.element, source.element)
        )
    if isinstance(target, Bit):
        if isinstance(source, Bit):
            return (target.size or 1) == (source.size or 1)
        if isinstance(source, Angle):
            return target.size == angle_bits(source)
    return isinstance(source, _IMPLICIT.get(type(target), ()))


_IMPLICIT: dict[type[Type], tuple[type[Type], ...]] = {
    Bool: (Bool, Bit, Int, UInt),
    Bit: (Bool, Int, UInt),
    Int: (Bool, Bit, Int, UInt),
    UInt: (Bool, Bit, Int, UInt),
    Float: (Bool, Bit, Int, UInt, Float, Angle),
    Angle: (Float, Angle, Int, UInt, Bit),
    Complex: (Bool, Bit, Int, UInt, Float, Complex),
    Duration: (Duration, Stretch),
    Text: (Text,),
}

_EXPLICIT: dict[type[Type], tuple[type[Type], ...]] = {
    Bool: (Bool, Bit, Int, UInt, Float, Angle),
    Bit: (Bool, Bit, Int, UInt, Angle),
    Int: (Bool, Bit, Int, UInt, Float),
    UInt: (Bool, Bit, Int, UInt, Float),
    Float: (Bool, Bit, Int, UInt, Float, Angle),
    Angle: (Float, Angle, Int, UInt, Bit),
    Complex: (Bool, Bit, Int, UInt, Float, Complex),
    Duration: (Duration, Stretch),
    Text: (Text,),
}


def castable(target: Type, source: Type) -> bool:
    """Whether `target(value)` exists for a value of the source type; registers and angles keep their number of bits."""
    if isinstance(target, Unknown) or isinstance(source, Unknown):
        return True
    if isinstance(target, Array) or isinstance(source, Array):
        return assignable(target, source)
    if isinstance(target, Bit) and isinstance(source, (Bit, Angle)):
        return _bits_of(target) == _bits_of(source)
    if isinstance(target, Angle) and isinstance(source, Bit):
        return _bits_of(target) == _bits_of(source)
    return isinstance(source, _EXPLICIT.get(type(target), ()))


def _bits_of(kind: Bit | Angle) -> int:
    return angle_bits(kind) if isinstance(kind, Angle) else kind.size or 1


def cast(target: Type, constant: Constant) -> Constant:
    """The constant as another type: integers wrap, floats are cut towards zero, bits are reinterpreted.

    Raises ConstantError where the cast does not exist or the number does not fit.
    """
    source = constant.type
    if target == source:
        return constant
    if not castable(target, source) or isinstance(target, Unknown) or isinstance(source, Unknown):
        raise no_cast(source, target)
    value = _converted(target, constant)
    if isinstance(target, Array) and isinstance(source, Array):
        target = Array(target.element, source.shape)  # of `#dim = k` only the rank was known
    return Constant(target, value)


def _converted(target: Type, constant: Constant) -> Value:
    value = constant.value
    match target:
        case Bool():
            return bool(value)
        case Int() | UInt():
            return wrap(target, _whole(constant))
        case Float():
            return round_float(target, as_float(constant))
        case Complex():
            number = as_complex(constant)
            return complex(round_float(target, number.real), round_float(target, number.imag))
        case Bit():
            return _bits(target, constant)
        case Angle():
            return _angle(target, constant)
        case Array():
            return _array(target, constant)
        case _:
            return value


def _whole(constant: Constant) -> int:
    if isinstance(constant.value, float):
        if not math.isfinite(constant.value):
            raise too_large("integer", "finite numbers")
        return math.trunc(constant.value)
    return int(constant.value)  # type: ignore[arg-type]  # `castable` left only numbers


def _bits(target: Bit, constant: Constant) -> int:
    if target.size is None and not isinstance(constant.type, Bit):
        return int(bool(constant.value))
    size = target.size or 1
    return _whole(constant) & ((1 << size) - 1)


def _angle(target: Angle, constant: Constant) -> int:
    width = angle_bits(target)
    if isinstance(constant.type, Angle):
        return resize_angle(_whole(constant), angle_bits(constant.type), width)
    if isinstance(constant.type, Bit):
        return _whole(constant)
    return angle_from_float(target, as_float(constant))


def _array(target: Array, constant: Constant) -> Value:
    if not isinstance(constant.type, Array) or not isinstance(constant.value, tuple):
        raise no_cast(constant.type, target)
    inner_target = element_type(target)
    inner_source = element_type(constant.type)
    return tuple(cast(inner_target, Constant(inner_source, item)).value for item in constant.value)


def element_type(kind: Array) -> Type:
    """What one index of an array gives."""
    return kind.element if len(kind.shape) == 1 else Array(kind.element, kind.shape[1:])
