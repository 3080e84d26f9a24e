"""Arithmetic on values that are known only at run time, with the widths of OpenQASM.

Where every operand is a constant, `qlang.sema` computes instead; both follow the same result types.
"""

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, UnitAttr, f64, i1
from xdsl.ir import Operation, SSAValue

from qlang.compiler.lowering.conversions import (
    WORD,
    bit_width,
    compared,
    convert,
    emit,
    from_integer,
    nearest_angle,
    only_constant,
    real,
    resized,
    rounded,
    truth,
    whole,
    word_of,
)
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known
from qlang.compiler.lowering.selections import joined
from qlang.ir.numbers import CHECKED
from qlang.sema.operator_types import binary_type, unary_type
from qlang.sema.operators import TICKS, apply_binary, apply_unary
from qlang.sema.types import BOOL, FLOAT, Angle, Bool, Complex, Duration, Float, Int, Stretch, Type, is_integer
from qlang.sema.values import Constant, as_float, as_int, no_operator

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
_OVERFLOWING = frozenset({"+", "-", "*", "<<", "**"})
_COMPARE = {"==": 0, "!=": 1, "<": 2, "<=": 3, ">": 4, ">=": 5}
"""MLIR's predicates for signed integers; unsigned ones stand 4 higher from `<` on."""
_COMPARE_FLOAT = {"==": 1, ">": 2, ">=": 3, "<": 4, "<=": 5, "!=": 6}


def binary(emitter: Emitter, symbol: str, left: Known, right: Known, version: int) -> Known:
    """`left symbol right`. Raises ConstantError where the types have no such operator."""
    if isinstance(left, Constant) and isinstance(right, Constant):
        return apply_binary(symbol, left, right, version)
    kind = binary_type(symbol, left.type, right.type, version)
    if kind is None:
        raise no_operator(symbol, (left.type, right.type))
    if version == 2 and symbol == "^":
        symbol = "**"
    if symbol == "++":
        return joined(emitter, kind, left, right)
    for side in (left, right):
        if isinstance(side.type, Complex):
            raise only_constant(side.type)
    if symbol in _COMPARE:
        return Dynamic(BOOL, _comparison(emitter, symbol, left, right))
    if symbol in _BOOLEAN or isinstance(kind, Bool):
        pair = [truth(emitter, left), truth(emitter, right)]
        return Dynamic(BOOL, emit(emitter, _BOOLEAN.get(symbol) or _INTEGER[symbol], pair, i1))
    if isinstance(kind, (Float, Duration, Stretch)):
        number = emit(emitter, _FLOAT[symbol], _measured(emitter, symbol, left, right), f64)
        return rounded(emitter, kind, number) if isinstance(kind, Float) else Dynamic(kind, number)
    if isinstance(left.type, Angle) or isinstance(right.type, Angle):
        return _angles(emitter, symbol, kind, left, right)
    return _integers(emitter, symbol, kind, left, right)


def _measured(emitter: Emitter, symbol: str, left: Known, right: Known) -> list[SSAValue]:
    """Both numbers; durations that are divided or compared in whole femtoseconds, as `sema.operators` has it."""
    pair = [real(emitter, left), real(emitter, right)]
    durations = isinstance(left.type, Duration) and isinstance(right.type, Duration)
    if not durations or not (symbol == "/" or symbol in _COMPARE):
        return pair
    ticks = [emit(emitter, arith.MulfOp, [number, emitter.real(TICKS)], f64) for number in pair]
    return [emit(emitter, math.RoundEvenOp, [each], f64) for each in ticks]


def _angles(emitter: Emitter, symbol: str, kind: Type, left: Known, right: Known) -> Known:
    """Angles with angles as steps of the wider one; sums with numbers in radians; multiples and shares by integers."""
    shift = symbol in ("<<", ">>")
    scaled = symbol in ("*", "/") and not (isinstance(left.type, Angle) and isinstance(right.type, Angle))
    if not shift and not scaled:
        width = max(bit_width(side.type) for side in (left, right) if isinstance(side.type, Angle))
        left, right = (_summand(emitter, Angle(width), side) for side in (left, right))
    return _integers(emitter, symbol, kind, left, right)


def _summand(emitter: Emitter, kind: Angle, side: Known) -> Known:
    """An operand of a sum of angles; what is no angle is in radians."""
    if isinstance(side.type, Angle):
        return convert(emitter, kind, side)
    if isinstance(side, Constant):
        return convert(emitter, kind, Constant(FLOAT, as_float(side)))
    return nearest_angle(emitter, kind, side)


def _integers(emitter: Emitter, symbol: str, kind: Type, left: Known, right: Known) -> Known:
    """Exact in a word that holds both operands, then brought to the width of the result."""
    power = symbol == "**" and not isinstance(right, Constant) and _full(right.type)
    width, unsigned = _common_word(kind, left, right, power or symbol in ("/", "%"))
    if power and unsigned:
        width += WORD
    if symbol in ("<<", ">>"):
        width, unsigned = word_of(kind), not isinstance(kind, Int)
    table = _UNSIGNED if unsigned else _INTEGER
    if symbol not in table:
        raise no_operator(symbol, (left.type, right.type))
    pair = [whole(emitter, left, width), whole(emitter, right, width)]
    plain = isinstance(kind, Int) and kind.width is None
    checked = plain and symbol in _OVERFLOWING and _narrow(left, right)
    result = emit(emitter, table[symbol], pair, IntegerType(width), checked)
    if plain and symbol == "**":
        _check(result)
        result = resized(emitter, result, WORD, True)
        _check(result)
    return from_integer(emitter, kind, result)


def _check(result: SSAValue) -> None:
    """Say that a result must fit, where MLIR has no flag for it."""
    assert isinstance(result.owner, Operation)
    result.owner.attributes[CHECKED] = UnitAttr()


def _narrow(*sides: Known) -> bool:
    """Whether all operands are themselves, and not their residues, in a signed word."""
    return all(isinstance(side, Constant) or not _full(side.type) for side in sides)


def _full(kind: Type) -> bool:
    """Whether the type is unsigned and as wide as its word, so that its largest values look negative there."""
    return not isinstance(kind, Int) and bit_width(kind) == word_of(kind)


def _common_word(kind: Type, left: Known, right: Known, exact: bool) -> tuple[int, bool]:
    """The word to compute in and whether it is unsigned; `exact` where residues are not enough."""
    width = max(word_of(side) for side in (kind, left.type, right.type))
    if all(_never_negative(side) for side in (left, right)):
        return width, True
    if exact and any(_full(side.type) for side in (left, right)):
        return width + WORD, False
    return width, False


def _never_negative(side: Known) -> bool:
    if isinstance(side, Constant):
        return isinstance(side.type, Angle) or as_int(side) >= 0
    return not isinstance(side.type, Int)


def unary(emitter: Emitter, symbol: str, operand: Known) -> Known:
    """`symbol operand`. Raises ConstantError where the type has no such operator."""
    if isinstance(operand, Constant):
        return apply_unary(symbol, operand)
    kind = unary_type(symbol, operand.type)
    if kind is None:
        raise no_operator(symbol, (operand.type,))
    if isinstance(kind, Bool):
        return Dynamic(BOOL, emit(emitter, arith.XOrIOp, [truth(emitter, operand), emitter.boolean(True)], i1))
    if isinstance(kind, (Float, Duration, Stretch)):
        number = real(emitter, operand)
        return Dynamic(kind, number if symbol == "+" else emit(emitter, arith.NegfOp, [number], f64))
    if isinstance(kind, Complex):
        raise only_constant(kind)
    if symbol == "+":
        return convert(emitter, kind, operand)
    width = word_of(kind)
    number, word = whole(emitter, operand, width), IntegerType(width)
    if symbol == "~":
        return from_integer(emitter, kind, emit(emitter, arith.XOrIOp, [number, emitter.integer(-1, width)], word))
    checked = isinstance(kind, Int) and kind.width is None and not _full(operand.type)
    negated = emit(emitter, arith.SubiOp, [emitter.integer(0, width), number], word, checked)
    return from_integer(emitter, kind, negated)


def _comparison(emitter: Emitter, symbol: str, left: Known, right: Known) -> SSAValue:
    steps = isinstance(left.type, Angle) and left.type == right.type
    if not steps and not (is_integer(left.type) and is_integer(right.type)):
        pair = _measured(emitter, symbol, left, right)
        return compared(emitter, arith.CmpfOp, _COMPARE_FLOAT[symbol], pair)
    width, unsigned = _common_word(left.type, left, right, True)
    predicate = _COMPARE[symbol] + (4 if unsigned and symbol not in ("==", "!=") else 0)
    return compared(emitter, arith.CmpiOp, predicate, [whole(emitter, left, width), whole(emitter, right, width)])
