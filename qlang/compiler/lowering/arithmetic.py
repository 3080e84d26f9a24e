"""Arithmetic on values that are known only at run time, with the widths and casts of OpenQASM.

Where every operand is a constant, `qlang.sema` computes instead; both follow the same result types.
Integers and angles live in i64 and are brought back to their width after each operation.
"""

from functools import lru_cache
from math import tau

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import BoolAttr, IntegerAttr, f64, i1, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import IRDLOperation

from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known
from qlang.ir import bits as bits_ops
from qlang.ir.circuit import BitsType
from qlang.sema.casts import cast as cast_constant
from qlang.sema.casts import castable
from qlang.sema.operator_types import binary_type, unary_type
from qlang.sema.operators import apply_binary, apply_unary
from qlang.sema.types import (
    BOOL,
    DEFAULT_WIDTH,
    FLOAT,
    INT,
    Angle,
    Bit,
    Bool,
    Duration,
    Float,
    Int,
    Type,
    UInt,
    is_integer,
)
from qlang.sema.values import Constant, as_float, as_int, no_cast, no_operator

_INTEGER: dict[str, type[Operation]] = {
    "+": arith.AddiOp,
    "-": arith.SubiOp,
    "*": arith.MuliOp,
    "/": arith.DivSIOp,
    "%": arith.RemSIOp,
    "&": arith.AndIOp,
    "|": arith.OrIOp,
    "^": arith.XOrIOp,
    "<<": arith.ShLIOp,
    ">>": arith.ShRSIOp,
    "**": math.IPowIOp,
}
_UNSIGNED: dict[str, type[Operation]] = {
    **_INTEGER,
    "/": arith.DivUIOp,
    "%": arith.RemUIOp,
    ">>": arith.ShRUIOp,
}
_FLOAT: dict[str, type[Operation]] = {
    "+": arith.AddfOp,
    "-": arith.SubfOp,
    "*": arith.MulfOp,
    "/": arith.DivfOp,
    "**": math.PowFOp,
}
_BOOLEAN: dict[str, type[Operation]] = {"&&": arith.AndIOp, "||": arith.OrIOp}
_COMPARE = {"==": 0, "!=": 1, "<": 2, "<=": 3, ">": 4, ">=": 5}
"""MLIR's predicates for signed integers; unsigned ones stand 4 higher from `<` on."""
_COMPARE_FLOAT = {"==": 1, ">": 2, ">=": 3, "<": 4, "<=": 5, "!=": 6}
FUNCTIONS: dict[str, type[Operation]] = {
    "sin": math.SinOp,
    "cos": math.CosOp,
    "tan": math.TanOp,
    "arcsin": math.AsinOp,
    "arccos": math.AcosOp,
    "arctan": math.AtanOp,
    "exp": math.ExpOp,
    "log": math.LogOp,
    "ln": math.LogOp,
    "sqrt": math.SqrtOp,
    "floor": math.FloorOp,
    "ceiling": math.CeilOp,
}


def binary(emitter: Emitter, symbol: str, left: Known, right: Known, version: int) -> Known:
    """`left symbol right`. Raises ConstantError where the types have no such operator."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return apply_binary(symbol, left, right, version)
    kind = binary_type(symbol, left.type, right.type, version)
    if kind is None:
        raise no_operator(symbol, (left.type, right.type))
    if symbol in _COMPARE:
        return Dynamic(BOOL, _comparison(emitter, symbol, left, right))
    if symbol in _BOOLEAN:
        pair = [truth(emitter, left), truth(emitter, right)]
        return Dynamic(BOOL, _emit(emitter, _BOOLEAN[symbol], pair, i1))
    if isinstance(kind, Bool):
        pair = [truth(emitter, left), truth(emitter, right)]
        return Dynamic(BOOL, _emit(emitter, _INTEGER[symbol], pair, i1))
    if isinstance(kind, (Float, Duration)):
        pair = [real(emitter, left), real(emitter, right)]
        return Dynamic(kind, _emit(emitter, _FLOAT[symbol], pair, f64))
    return _integer_binary(emitter, symbol, kind, left, right)


def _integer_binary(emitter: Emitter, symbol: str, kind: Type, left: Known, right: Known) -> Known:
    table = _INTEGER if isinstance(kind, Int) else _UNSIGNED
    if symbol not in table:
        raise no_operator(symbol, (left.type, right.type))
    shift = symbol in ("<<", ">>")
    pair = [_steps(emitter, left, kind), whole(emitter, right) if shift else _steps(emitter, right, kind)]
    return _from_integer(emitter, kind, _emit(emitter, table[symbol], pair, i64))


def _steps(emitter: Emitter, value: Known, kind: Type) -> SSAValue:
    """An operand as the integer that arithmetic in `kind` works on."""
    if isinstance(kind, Angle) and isinstance(value.type, (Angle, Float)):
        return _ssa(emitter, convert(emitter, kind, value))
    return whole(emitter, value)


def unary(emitter: Emitter, symbol: str, operand: Known) -> Known:
    """`symbol operand`. Raises ConstantError where the type has no such operator."""
    if isinstance(operand, Constant):
        return apply_unary(symbol, operand)
    kind = unary_type(symbol, operand.type)
    if kind is None:
        raise no_operator(symbol, (operand.type,))
    match symbol:
        case "+":
            return operand
        case _ if isinstance(kind, Bool):
            flipped = [truth(emitter, operand), emitter.boolean(True)]
            return Dynamic(BOOL, _emit(emitter, arith.XOrIOp, flipped, i1))
        case "-" if isinstance(kind, (Float, Duration)):
            return Dynamic(kind, _emit(emitter, arith.NegfOp, [real(emitter, operand)], f64))
        case "-":
            negated = [emitter.integer(0), _steps(emitter, operand, kind)]
            return _from_integer(emitter, kind, _emit(emitter, arith.SubiOp, negated, i64))
        case _:
            inverted = [_steps(emitter, operand, kind), emitter.integer(-1)]
            return _from_integer(emitter, kind, _emit(emitter, arith.XOrIOp, inverted, i64))


def function(emitter: Emitter, name: str, argument: Dynamic) -> Known:
    """A real function, one of `FUNCTIONS`, of a value known at run time."""
    return Dynamic(FLOAT, _emit(emitter, FUNCTIONS[name], [real(emitter, argument)], f64))


def convert(emitter: Emitter, target: Type, value: Known) -> Known:
    """The value cast to a type. Raises ConstantError where OpenQASM has no such cast."""
    if isinstance(value, Constant):
        return cast_constant(target, value)
    if value.type == target:
        return value
    if not castable(target, value.type):
        raise no_cast(value.type, target)
    match target:
        case Bool():
            return Dynamic(target, truth(emitter, value))
        case Float() | Duration():
            return Dynamic(target, real(emitter, value))
        case Int() | UInt():
            if isinstance(value.type, Float):
                return _from_integer(emitter, target, _emit(emitter, arith.FPToSIOp, [value.ssa], i64))
            return _from_integer(emitter, target, whole(emitter, value))
        case Bit(size=None) if not isinstance(value.type, Bit):
            return _from_integer(emitter, target, _emit(emitter, arith.ExtUIOp, [truth(emitter, value)], i64))
        case Bit():
            return _from_integer(emitter, target, whole(emitter, value))
        case Angle():
            return _to_angle(emitter, target, value)
        case _:
            raise no_cast(value.type, target)


def _to_angle(emitter: Emitter, target: Angle, value: Dynamic) -> Known:
    width = target.width or DEFAULT_WIDTH
    if isinstance(value.type, Angle):
        shift = (value.type.width or DEFAULT_WIDTH) - width
        symbol = arith.ShRUIOp if shift > 0 else arith.ShLIOp
        steps = value.ssa if shift == 0 else _emit(emitter, symbol, [value.ssa, emitter.integer(abs(shift))], i64)
        return _from_integer(emitter, target, steps)
    if isinstance(value.type, Bit):
        return _from_integer(emitter, target, whole(emitter, value))
    width = min(width, 62)  # steps of a wider angle would not fit the float's own 53 bits anyway
    turns = _emit(emitter, arith.MulfOp, [real(emitter, value), emitter.real(2.0**width / tau)], f64)
    rounded = _emit(emitter, math.RoundOp, [turns], f64)
    steps = _emit(emitter, arith.FPToSIOp, [rounded], i64)
    extra = (target.width or DEFAULT_WIDTH) - width
    if extra:
        steps = _emit(emitter, arith.ShLIOp, [steps, emitter.integer(extra)], i64)
    return _from_integer(emitter, target, steps)


def real(emitter: Emitter, value: Known) -> SSAValue:
    """The value as f64; angles in radians."""
    if isinstance(value, Constant):
        return emitter.real(as_float(value))
    if isinstance(value.type, (Float, Duration)):
        return value.ssa
    if isinstance(value.type, Angle):
        steps = _emit(emitter, arith.UIToFPOp, [value.ssa], f64)
        step = tau / 2.0 ** (value.type.width or DEFAULT_WIDTH)
        return _emit(emitter, arith.MulfOp, [steps, emitter.real(step)], f64)
    symbol = arith.SIToFPOp if isinstance(value.type, Int) else arith.UIToFPOp
    return _emit(emitter, symbol, [whole(emitter, value)], f64)


def whole(emitter: Emitter, value: Known) -> SSAValue:
    """The value as i64; bit registers unsigned, for casts to a signed type of their width wrap afterwards."""
    if isinstance(value, Constant):
        if isinstance(value.type, Angle):
            assert isinstance(value.value, int)
            return emitter.integer(_wrapped(value.value))
        return emitter.integer(_wrapped(as_int(value)))
    if isinstance(value.type, Bool):
        return _emit(emitter, arith.ExtUIOp, [value.ssa], i64)
    if isinstance(value.type, Bit):
        return emitter.value(
            bits_ops.BitsToIntOp.create(
                operands=[value.ssa],
                result_types=[i64],
                properties={"signed": BoolAttr.from_bool(False)},
            )
        )
    if isinstance(value.type, Float):
        raise no_cast(value.type, INT)
    return value.ssa


def truth(emitter: Emitter, value: Known) -> SSAValue:
    """The value as i1: whether it is not zero."""
    if isinstance(value, Constant):
        return emitter.boolean(bool(value.value))
    if isinstance(value.type, Bool):
        return value.ssa
    if isinstance(value.type, Float):
        return _compare(emitter, arith.CmpfOp, 6, [value.ssa, emitter.real(0.0)])
    if isinstance(value.type, Bit) and value.ssa.type == BitsType.of(1):
        return emitter.value(bits_ops.BitsGetOp.create(operands=[value.ssa, emitter.integer(0)], result_types=[i1]))
    return _compare(emitter, arith.CmpiOp, 1, [whole(emitter, value), emitter.integer(0)])


def _comparison(emitter: Emitter, symbol: str, left: Known, right: Known) -> SSAValue:
    if is_integer(left.type) and is_integer(right.type):
        signed = isinstance(left.type, Int) or isinstance(right.type, Int)
        predicate = _COMPARE[symbol] + (0 if signed or symbol in ("==", "!=") else 4)
        return _compare(emitter, arith.CmpiOp, predicate, [whole(emitter, left), whole(emitter, right)])
    if isinstance(left.type, Angle) and left.type == right.type:
        predicate = _COMPARE[symbol] + (0 if symbol in ("==", "!=") else 4)
        return _compare(emitter, arith.CmpiOp, predicate, [whole(emitter, left), whole(emitter, right)])
    return _compare(emitter, arith.CmpfOp, _COMPARE_FLOAT[symbol], [real(emitter, left), real(emitter, right)])


def _from_integer(emitter: Emitter, kind: Type, value: SSAValue) -> Dynamic:
    """An i64 brought back to the width of its type."""
    match kind:
        case Bit():
            size = kind.size or 1
            packed = bits_ops.IntToBitsOp.create(operands=[value], result_types=[BitsType.of(size)])
            return Dynamic(kind, emitter.value(packed))
        case UInt() | Angle():
            width = kind.width or DEFAULT_WIDTH
            if width < 64:
                value = _emit(emitter, arith.AndIOp, [value, emitter.integer((1 << width) - 1)], i64)
            return Dynamic(kind, value)
        case Int() if (kind.width or DEFAULT_WIDTH) < 64:
            unused = emitter.integer(64 - (kind.width or DEFAULT_WIDTH))
            shifted = _emit(emitter, arith.ShLIOp, [value, unused], i64)
            return Dynamic(kind, _emit(emitter, arith.ShRSIOp, [shifted, unused], i64))
        case _:
            return Dynamic(kind, value)


def _compare(emitter: Emitter, kind: type[Operation], predicate: int, pair: list[SSAValue]) -> SSAValue:
    return emitter.value(
        kind.create(
            operands=pair,
            result_types=[i1],
            properties={"predicate": IntegerAttr(predicate, i64), **_flags(kind)},
        )
    )


@lru_cache(maxsize=64)
def _flags(kind: type[Operation]) -> dict[str, Attribute]:
    """The flags that MLIR wants on an operation, all unset."""
    assert issubclass(kind, IRDLOperation)
    flags: dict[str, Attribute] = {
        "fastmath": arith.FastMathFlagsAttr("none"),
        "overflowFlags": arith.IntegerOverflowAttr("none"),
    }
    declared = kind.get_irdl_definition().properties
    return {name: flag for name, flag in flags.items() if name in declared}


def _emit(emitter: Emitter, kind: type[Operation], operands: list[SSAValue], result: Attribute) -> SSAValue:
    return emitter.value(kind.create(operands=operands, result_types=[result], properties=_flags(kind)))


def _ssa(emitter: Emitter, value: Known) -> SSAValue:
    return value.ssa if isinstance(value, Dynamic) else whole(emitter, value)


def _wrapped(value: int) -> int:
    """The same 64 bits as a signed number."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)
