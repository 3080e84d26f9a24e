"""Values known only at run time, from one type to another: machine words, widths, casts.

Integers and angles live in i64, or in a word of their own width where that is larger, and are brought back to their
width after each operation. What the casts do is `qlang.sema.casts`; both compute the same.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import prod, tau

from xdsl.dialects import arith
from xdsl.dialects.builtin import (
    BoolAttr,
    DenseArrayBase,
    Float16Type,
    Float32Type,
    IntegerAttr,
    IntegerType,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import IRDLOperation

from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known
from qlang.ir import arrays as array_ops
from qlang.ir import bits as bits_ops
from qlang.ir.arrays import ArrayType
from qlang.ir.circuit import BitsType
from qlang.ir.numbers import AngleStepsOp
from qlang.sema.casts import cast as cast_constant
from qlang.sema.casts import castable, element_type
from qlang.sema.types import (
    BOOL,
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
    Type,
    UInt,
)
from qlang.sema.values import Constant, ConstantError, as_float, as_int, no_cast
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

WORD = 64
"""Bits of the smallest machine word."""
_FORMATS: dict[int, Attribute] = {16: Float16Type(), 32: Float32Type()}


def bit_width(kind: Type) -> int:
    """Bits that a value of an integer, angle, `bit` or `bool` type has."""
    if isinstance(kind, Bit):
        return kind.size or 1
    if isinstance(kind, (Int, UInt, Angle)):
        return kind.width or DEFAULT_WIDTH
    return 1


def word_of(kind: Type) -> int:
    """Bits of the machine word that holds a value of the type."""
    return max(WORD, bit_width(kind))


def storage(kind: Type) -> Attribute:
    """The IR type of values of a type. Raises ConstantError for types that exist at compile time only."""
    match kind:
        case Bool():
            return i1
        case Bit():
            return BitsType.of(kind.size or 1)
        case Int() | UInt() | Angle():
            return IntegerType(word_of(kind))
        case Float() | Duration() | Stretch():
            return f64
        case Array():
            return ArrayType.of(storage(kind.element), kind.shape)
        case _:
            raise only_constant(kind)


def only_constant(kind: Type) -> ConstantError:
    """A type that has no values at run time."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.circuits import NotExecutable

        return NotExecutable(
            span,
            construct=f"a value of type `{kind}` that is known only at run time",
            instead="compute it from constants, or keep its real and imaginary parts in `float` variables"
            if isinstance(kind, Complex)
            else "compute it from constants",
        )

    return ConstantError(diagnostic)


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
        case Duration():
            return Dynamic(target, real(emitter, value))
        case Float():
            return rounded(emitter, target, real(emitter, value))
        case Int() | UInt() if isinstance(value.type, Float):
            cut = emit(emitter, arith.FPToSIOp, [value.ssa], IntegerType(word_of(target)))
            return from_integer(emitter, target, cut)
        case Bit(size=None) if not isinstance(value.type, Bit):
            return from_integer(emitter, target, emit(emitter, arith.ExtUIOp, [truth(emitter, value)], i64))
        case Int() | UInt() | Bit():
            return from_integer(emitter, target, whole(emitter, value, max(word_of(target), word_of(value.type))))
        case Angle():
            return to_angle(emitter, target, value)
        case Array():
            return _array(emitter, target, value)
        case _:
            raise only_constant(target)


def to_angle(emitter: Emitter, target: Angle, value: Known) -> Known:
    """A value as the steps of an angle; numbers are radians, registers are steps already."""
    if isinstance(value, Constant):
        return cast_constant(target, value)
    width, word = bit_width(target), word_of(target)
    if isinstance(value.type, Angle):
        shift = bit_width(value.type) - width
        symbol = arith.ShRUIOp if shift > 0 else arith.ShLIOp
        wide = max(word, word_of(value.type))
        steps = whole(emitter, value, wide)
        if shift:
            steps = emit(emitter, symbol, [steps, emitter.integer(abs(shift), wide)], IntegerType(wide))
        return from_integer(emitter, target, steps)
    if isinstance(value.type, Bit) and bit_width(value.type) == width:
        return from_integer(emitter, target, whole(emitter, value, word))
    return nearest_angle(emitter, target, value)


def nearest_angle(emitter: Emitter, target: Angle, value: Known) -> Dynamic:
    """A number in radians as the nearest step of an angle."""
    width, word = bit_width(target), word_of(target)
    nearest = AngleStepsOp.create(
        operands=[real(emitter, value)],
        result_types=[IntegerType(word)],
        properties={"width": IntegerAttr(width, i64)},
    )
    return Dynamic(target, emitter.value(nearest))


def real(emitter: Emitter, value: Known) -> SSAValue:
    """The value as f64; angles in radians."""
    if isinstance(value, Constant):
        return emitter.real(as_float(value))
    if isinstance(value.type, (Float, Duration, Stretch)):
        return value.ssa
    if isinstance(value.type, Angle):
        steps = emit(emitter, arith.UIToFPOp, [value.ssa], f64)
        return emit(emitter, arith.MulfOp, [steps, emitter.real(tau / 2.0 ** bit_width(value.type))], f64)
    if isinstance(value.type, (Complex, Array)):
        raise only_constant(value.type)
    symbol = arith.SIToFPOp if isinstance(value.type, Int) else arith.UIToFPOp
    return emit(emitter, symbol, [whole(emitter, value, word_of(value.type))], f64)


def rounded(emitter: Emitter, kind: Float, value: SSAValue) -> Dynamic:
    """An f64 as a width of 16 or 32 bits stores it."""
    narrow = _FORMATS.get(kind.width or DEFAULT_WIDTH)
    if narrow is not None:
        value = emit(emitter, arith.ExtFOp, [emit(emitter, arith.TruncFOp, [value], narrow)], f64)
    return Dynamic(kind, value)


def whole(emitter: Emitter, value: Known, width: int = WORD) -> SSAValue:
    """The value as an integer of `width` bits, equal modulo 2^width; bit registers are unsigned."""
    if isinstance(value, Constant):
        number = value.value if isinstance(value.type, Angle) else as_int(value)
        assert isinstance(number, int)
        return emitter.integer(signed(number, width), width)
    if isinstance(value.type, Bit):
        unsigned = {"signed": BoolAttr.from_bool(False)}
        read = bits_ops.BitsToIntOp.create(operands=[value.ssa], result_types=[IntegerType(width)], properties=unsigned)
        return emitter.value(read)
    if isinstance(value.type, (Float, Complex, Array)):
        raise no_cast(value.type, Int())
    return resized(emitter, value.ssa, width, isinstance(value.type, Int))


def resized(emitter: Emitter, value: SSAValue, width: int, is_signed: bool) -> SSAValue:
    """An integer in another word, extended by its sign or by zeros."""
    assert isinstance(value.type, IntegerType)
    present = value.type.width.data
    if present == width:
        return value
    if present > width:
        return emit(emitter, arith.TruncIOp, [value], IntegerType(width))
    return emit(emitter, arith.ExtSIOp if is_signed else arith.ExtUIOp, [value], IntegerType(width))


def truth(emitter: Emitter, value: Known) -> SSAValue:
    """The value as i1: whether it is not zero."""
    if isinstance(value, Constant):
        return emitter.boolean(bool(value.value))
    if isinstance(value.type, Bool):
        return value.ssa
    if isinstance(value.type, Float):
        return compared(emitter, arith.CmpfOp, 6, [value.ssa, emitter.real(0.0)])
    if isinstance(value.type, Bit) and value.ssa.type == BitsType.of(1):
        return emitter.value(bits_ops.BitsGetOp.create(operands=[value.ssa, emitter.integer(0)], result_types=[i1]))
    width = word_of(value.type)
    return compared(emitter, arith.CmpiOp, 1, [whole(emitter, value, width), emitter.integer(0, width)])


def from_integer(emitter: Emitter, kind: Type, value: SSAValue) -> Dynamic:
    """An integer of at least the type's word, brought back to the width of the type."""
    if isinstance(kind, Bit):
        packed = bits_ops.IntToBitsOp.create(operands=[value], result_types=[BitsType.of(kind.size or 1)])
        return Dynamic(kind, emitter.value(packed))
    width, word = bit_width(kind), word_of(kind)
    value = resized(emitter, value, word, True)
    if width == word:
        return Dynamic(kind, value)
    if isinstance(kind, Int):
        unused = emitter.integer(word - width)
        shifted = emit(emitter, arith.ShLIOp, [value, unused], i64)
        return Dynamic(kind, emit(emitter, arith.ShRSIOp, [shifted, unused], i64))
    return Dynamic(kind, emit(emitter, arith.AndIOp, [value, emitter.integer((1 << width) - 1)], i64))


def materialised(emitter: Emitter, known: Known) -> Dynamic:
    """The value as one that exists at run time."""
    if isinstance(known, Dynamic):
        return known
    match known.type:
        case Bit():
            return Dynamic(known.type, emitter.bits(as_int(known), known.type.size or 1))
        case Int() | UInt() | Angle():
            return Dynamic(known.type, whole(emitter, known, word_of(known.type)))
        case Array():
            return Dynamic(known.type, _constant_array(emitter, known.type, known))
        case Complex():
            raise only_constant(known.type)
        case kind if isinstance(known.value, bool):
            return Dynamic(kind, emitter.boolean(known.value))
        case kind:
            return Dynamic(kind, emitter.real(as_float(known)))


def _constant_array(emitter: Emitter, kind: Array, known: Constant) -> SSAValue:
    stored, values = storage(kind), known.value
    assert isinstance(stored, ArrayType) and isinstance(values, tuple)
    if stored.element in (f64, i64, i1):
        for _ in kind.shape[1:]:
            values = tuple(item for row in values for item in row)
        if stored.element == f64:
            flat: DenseArrayBase = DenseArrayBase.from_list(f64, [float(item) for item in values])
        else:
            flat = DenseArrayBase.from_list(i64, [signed(int(item), WORD) for item in values])
        constant = array_ops.ArrayConstantOp.create(result_types=[stored], properties={"values": flat})
        return emitter.value(constant)
    inner = element_type(kind)
    return made(emitter, kind, [materialised(emitter, Constant(inner, item)) for item in values]).ssa


def made(emitter: Emitter, kind: Array, elements: Sequence[Dynamic]) -> Dynamic:
    """An array of values of its element type, along its first dimension."""
    op = array_ops.ArrayMakeOp.create(operands=[item.ssa for item in elements], result_types=[storage(kind)])
    return Dynamic(kind, emitter.value(op))


def _array(emitter: Emitter, target: Array, value: Dynamic) -> Known:
    """An array whose elements are cast one by one; a shape that is not given is the value's."""
    assert isinstance(value.type, Array)
    shape = value.type.shape
    if target.element == value.type.element:
        return value
    if prod(shape) > LONGEST_CAST:
        raise only_constant(target)
    changed = Array(target.element, shape)
    result = materialised(emitter, zeros(changed))
    for place in product(*map(range, shape)):
        indices = [emitter.integer(index) for index in place]
        get = array_ops.ArrayGetOp.create(operands=[value.ssa, *indices], result_types=[storage(value.type.element)])
        element = convert(emitter, target.element, Dynamic(value.type.element, emitter.value(get)))
        put = array_ops.ArraySetOp.create(
            operands=[result.ssa, *indices, materialised(emitter, element).ssa], result_types=[result.ssa.type]
        )
        result = Dynamic(changed, emitter.value(put))
    return result


LONGEST_CAST = 10_000
"""Most elements of an array whose type changes at run time: each is an operation."""


def zeros(kind: Type) -> Constant:
    """OpenQASM leaves unset variables undefined; ours start at zero."""
    match kind:
        case Array():
            inner = zeros(element_type(kind)).value
            return Constant(kind, (inner,) * kind.shape[0])
        case Float() | Duration():
            return Constant(kind, 0.0)
        case Complex():
            return Constant(kind, 0j)
        case _:
            return Constant(kind, False if kind == BOOL else 0)


def signed(value: int, width: int = WORD) -> int:
    """The same bits as a signed number."""
    half = 1 << (width - 1)
    return (value + half) % (1 << width) - half


def compared(emitter: Emitter, kind: type[Operation], predicate: int, pair: list[SSAValue]) -> SSAValue:
    """A comparison, by MLIR's number of its predicate."""
    return emitter.value(
        kind.create(
            operands=pair,
            result_types=[i1],
            properties={"predicate": IntegerAttr(predicate, i64), **flags(kind)},
        )
    )


@lru_cache(maxsize=128)
def flags(kind: type[Operation], checked: bool = False) -> dict[str, Attribute]:
    """The flags that MLIR wants on an operation, unset; `checked` integers must not overflow."""
    assert issubclass(kind, IRDLOperation)
    found: dict[str, Attribute] = {
        "fastmath": arith.FastMathFlagsAttr("none"),
        "overflowFlags": arith.IntegerOverflowAttr([arith.IntegerOverflowFlag.NSW] if checked else "none"),
    }
    declared = kind.get_irdl_definition().properties
    return {name: flag for name, flag in found.items() if name in declared}


def emit(
    emitter: Emitter, kind: type[Operation], operands: list[SSAValue], result: Attribute, checked: bool = False
) -> SSAValue:
    """An arithmetic operation with one result."""
    return emitter.value(kind.create(operands=operands, result_types=[result], properties=flags(kind, checked)))
