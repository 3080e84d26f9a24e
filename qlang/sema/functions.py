"""OpenQASM's built-in functions on constants (OpenQASM 3, "Built-in constant expression functions")."""

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qlang.sema.casts import round_float
from qlang.sema.operator_types import binary_type, common_integer
from qlang.sema.operators import apply_binary, truncated_division
from qlang.sema.types import (
    UINT,
    Angle,
    Array,
    Bit,
    Bool,
    Complex,
    Float,
    Int,
    Type,
    UInt,
    Unknown,
)
from qlang.sema.values import (
    Constant,
    as_complex,
    as_float,
    as_int,
    division_by_zero,
    no_operator,
    outside_domain,
    too_large,
)

_REALS = (Bool, Bit, Int, UInt, Float, Angle)
_INTEGERS = (Bool, Bit, Int, UInt)


@dataclass(frozen=True)
class Builtin:
    """A function: how it is written, the type of its result, its value."""

    signature: str
    arities: tuple[int, ...]
    result: Callable[[Sequence[Type]], Type | None]
    compute: Callable[[Sequence[Constant]], Constant]


def _float_width(kinds: Sequence[Type]) -> int | None:
    widths = [kind.width for kind in kinds if isinstance(kind, (Float, Complex))]
    return None if None in widths or not widths else max(width or 0 for width in widths)


def _real_result(kinds: Sequence[Type]) -> Type | None:
    return Float(_float_width(kinds)) if all(isinstance(kind, _REALS) for kind in kinds) else None


def _analytic_result(kinds: Sequence[Type]) -> Type | None:
    if any(isinstance(kind, Complex) for kind in kinds):
        return Complex(_float_width(kinds)) if isinstance(kinds[0], (*_REALS, Complex)) else None
    return _real_result(kinds)


def _real_function(name: str, function: Callable[[float], float], domain: str = "") -> Builtin:
    def compute(arguments: Sequence[Constant]) -> Constant:
        argument = as_float(arguments[0])
        return _float_constant(name, [arguments[0].type], lambda: function(argument), f"{argument:g}", domain)

    return Builtin(f"{name}(x) -> float", (1,), _real_result, compute)


def _float_constant(
    name: str, kinds: Sequence[Type], function: Callable[[], float], shown: str, domain: str
) -> Constant:
    try:
        value = function()
    except OverflowError:
        raise too_large("`float`", "the largest number of 64 bits") from None
    except ValueError:
        raise outside_domain(name, shown, domain or "finite numbers") from None
    kind = Float(_float_width(kinds))
    return Constant(kind, round_float(kind, value))


def _analytic_function(
    name: str, real: Callable[[float], float], general: Callable[[complex], complex], domain: str = ""
) -> Builtin:
    def compute(arguments: Sequence[Constant]) -> Constant:
        if not isinstance(arguments[0].type, Complex):
            argument = as_float(arguments[0])
            return _float_constant(name, [arguments[0].type], lambda: real(argument), f"{argument:g}", domain)
        try:
            return Constant(arguments[0].type, general(as_complex(arguments[0])))
        except OverflowError:
            raise too_large("`complex`", "the largest number of 64 bits") from None

    return Builtin(f"{name}(x) -> float, or complex", (1,), _analytic_result, compute)


def _mod_result(kinds: Sequence[Type]) -> Type | None:
    if all(isinstance(kind, _INTEGERS) for kind in kinds):
        return common_integer(kinds[0], kinds[1])
    return _real_result(kinds)


def _mod(arguments: Sequence[Constant]) -> Constant:
    left, right = arguments
    if not right.value:
        raise division_by_zero()
    if isinstance(left.type, _INTEGERS) and isinstance(right.type, _INTEGERS):
        first, second = as_int(left), as_int(right)
        kind = common_integer(left.type, right.type)
        return Constant(kind, first - second * truncated_division(first, second))
    first_real, second_real = as_float(left), as_float(right)
    return _float_constant(
        "mod", [left.type, right.type], lambda: math.fmod(first_real, second_real), f"{first_real:g}", ""
    )


def _bits_result(kinds: Sequence[Type]) -> Type | None:
    return UINT if isinstance(kinds[0], (Bit, UInt)) else None


def _popcount(arguments: Sequence[Constant]) -> Constant:
    return Constant(UINT, as_int(arguments[0]).bit_count())


def _rotation_result(kinds: Sequence[Type]) -> Type | None:
    return kinds[0] if isinstance(kinds[0], (Bit, UInt)) and isinstance(kinds[1], _INTEGERS) else None


def _rotation(direction: int) -> Callable[[Sequence[Constant]], Constant]:
    def compute(arguments: Sequence[Constant]) -> Constant:
        kind = arguments[0].type
        width = 64
        if isinstance(kind, Bit):
            width = kind.size or 1
        elif isinstance(kind, UInt):
            width = kind.width or 64
        value = as_int(arguments[0])
        amount = direction * as_int(arguments[1]) % width
        rotated = (value << amount | value >> (width - amount)) & ((1 << width) - 1)
        return Constant(kind, rotated)

    return compute


def _power_result(kinds: Sequence[Type]) -> Type | None:
    return binary_type("**", kinds[0], kinds[1])


def _sizeof_result(kinds: Sequence[Type]) -> Type | None:
    if len(kinds) == 2 and not isinstance(kinds[1], _INTEGERS):
        return None
    return UINT if isinstance(kinds[0], (Array, Bit)) else None


def _sizeof(arguments: Sequence[Constant]) -> Constant:
    dimension = as_int(arguments[1]) if len(arguments) == 2 else 0
    return Constant(UINT, size_of(arguments[0].type, dimension))


def size_of(kind: Type, dimension: int = 0) -> int:
    """The length of an array's dimension, or of a register of bits or qubits.

    Raises ConstantError for a dimension that the type does not have, or whose length is not known.
    """
    shape: tuple[int, ...] = ()
    if isinstance(kind, Array):
        shape = kind.shape
    else:
        size = getattr(kind, "size", None)
        shape = () if size is None else (size,)
    if not 0 <= dimension < len(shape):
        raise outside_domain("sizeof", f"dimension {dimension} of {kind}", f"its {len(shape)} dimensions")
    if shape[dimension] < 0:
        raise outside_domain("sizeof", str(kind), "arrays of known size")
    return shape[dimension]


def _part(take: Callable[[complex], float]) -> Callable[[Sequence[Constant]], Constant]:
    def compute(arguments: Sequence[Constant]) -> Constant:
        return Constant(Float(_float_width([arguments[0].type])), take(as_complex(arguments[0])))

    return compute


def _part_result(kinds: Sequence[Type]) -> Type | None:
    return Float(_float_width(kinds)) if isinstance(kinds[0], (Complex, Float, Int, UInt)) else None


def _rounding(name: str, function: Callable[[float], int]) -> Builtin:
    return _real_function(name, lambda value: float(function(value)))


_UNIT = "arguments between -1 and 1"
_POSITIVE = "arguments above 0"

BUILTINS: dict[str, Builtin] = {
    "sin": _real_function("sin", math.sin),
    "cos": _real_function("cos", math.cos),
    "tan": _real_function("tan", math.tan),
    "arcsin": _real_function("arcsin", math.asin, _UNIT),
    "arccos": _real_function("arccos", math.acos, _UNIT),
    "arctan": _real_function("arctan", math.atan),
    "exp": _analytic_function("exp", math.exp, cmath.exp),
    "log": _real_function("log", math.log, _POSITIVE),
    "sqrt": _analytic_function("sqrt", math.sqrt, cmath.sqrt, "arguments of 0 and more; `complex` has roots of all"),
    "ceiling": _rounding("ceiling", math.ceil),
    "floor": _rounding("floor", math.floor),
    "mod": Builtin("mod(a, b) -> int or float", (2,), _mod_result, _mod),
    "pow": Builtin(
        "pow(base, exponent)",
        (2,),
        _power_result,
        lambda arguments: apply_binary("**", arguments[0], arguments[1]),
    ),
    "popcount": Builtin("popcount(bits) -> uint", (1,), _bits_result, _popcount),
    "rotl": Builtin("rotl(bits, distance)", (2,), _rotation_result, _rotation(1)),
    "rotr": Builtin("rotr(bits, distance)", (2,), _rotation_result, _rotation(-1)),
    "sizeof": Builtin("sizeof(array, dimension = 0) -> uint", (1, 2), _sizeof_result, _sizeof),
    "real": Builtin("real(z) -> float", (1,), _part_result, _part(lambda number: number.real)),
    "imag": Builtin("imag(z) -> float", (1,), _part_result, _part(lambda number: number.imag)),
}
"""The functions of OpenQASM 3 and their signatures, for hover and completion."""

LEGACY_BUILTINS: dict[str, Builtin] = {
    **{name: BUILTINS[name] for name in ("sin", "cos", "tan", "exp", "sqrt")},
    "ln": _real_function("ln", math.log, _POSITIVE),
    "asin": _real_function("asin", math.asin, _UNIT),
    "acos": _real_function("acos", math.acos, _UNIT),
    "atan": _real_function("atan", math.atan),
}
"""The functions of OpenQASM 2, with the inverse ones that Qiskit's exporter writes."""


def builtins(version: int) -> dict[str, Builtin]:
    """The functions that a version of OpenQASM has."""
    return LEGACY_BUILTINS if version == 2 else BUILTINS


def call_builtin(name: str, arguments: Sequence[Constant], version: int = 3) -> Constant:
    """The value of a built-in function.

    Raises KeyError for a name that is none, ConstantError for wrong argument types or values without a result.
    """
    function = builtins(version)[name]
    kinds = [argument.type for argument in arguments]
    if len(kinds) not in function.arities:
        raise no_operator(name, tuple(kinds))
    result = function.result(kinds)
    if result is None or isinstance(result, Unknown):
        raise no_operator(name, tuple(kinds))
    return function.compute(arguments)
