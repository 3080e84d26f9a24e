"""OpenQASM's built-in functions of values that are known only at run time; `qlang.sema.functions` has their types."""

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, math
from xdsl.dialects.builtin import IntegerType, f64, i64
from xdsl.ir import Operation, SSAValue

from qlang.compiler.lowering.arithmetic import binary
from qlang.compiler.lowering.conversions import (
    WORD,
    bit_width,
    convert,
    emit,
    from_integer,
    only_constant,
    real,
    resized,
    rounded,
    whole,
    word_of,
)
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known
from qlang.ir.numbers import RemainderOp
from qlang.sema.functions import builtins
from qlang.sema.types import INT, UINT, Complex, Float, Type
from qlang.sema.values import Constant, no_operator

_REAL: dict[str, type[Operation]] = {
    "sin": math.SinOp,
    "cos": math.CosOp,
    "tan": math.TanOp,
    "arcsin": math.AsinOp,
    "asin": math.AsinOp,
    "arccos": math.AcosOp,
    "acos": math.AcosOp,
    "arctan": math.AtanOp,
    "atan": math.AtanOp,
    "exp": math.ExpOp,
    "log": math.LogOp,
    "ln": math.LogOp,
    "sqrt": math.SqrtOp,
    "floor": math.FloorOp,
    "ceiling": math.CeilOp,
}


def function(emitter: Emitter, name: str, arguments: Sequence[Known], version: int) -> Known:
    """The value of a built-in function, some of whose arguments are known only at run time.

    Raises ConstantError for arguments of types that the function does not take, or that exist at compile time only.
    """
    kinds = [argument.type for argument in arguments]
    kind = builtins(version)[name].result(kinds)
    if kind is None:
        raise no_operator(name, tuple(kinds))
    for each in kinds:
        if isinstance(each, Complex):
            raise only_constant(each)
    if name in _REAL:
        assert isinstance(kind, Float)
        return rounded(emitter, kind, emit(emitter, _REAL[name], [real(emitter, arguments[0])], f64))
    return _OTHERS[name](emitter, kind, arguments)


def _modulus(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
    left, right = arguments
    if not isinstance(kind, Float):
        return binary(emitter, "%", left, right, 3)
    operands = [real(emitter, left), real(emitter, right)]
    return rounded(emitter, kind, emitter.value(RemainderOp.create(operands=operands, result_types=[f64])))


def _power(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
    return binary(emitter, "**", arguments[0], arguments[1], 3)


def _population(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
    word = word_of(arguments[0].type)
    ones = emit(emitter, math.CtPopOp, [whole(emitter, arguments[0], word)], IntegerType(word))
    return Dynamic(UINT, resized(emitter, ones, WORD, False))


def _rotation(symbol: str, opposite: str) -> Callable[[Emitter, Type, Sequence[Known]], Known]:
    shifts: dict[str, type[Operation]] = {"<<": arith.ShLIOp, ">>": arith.ShRUIOp}

    def rotate(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
        width, word = bit_width(kind), word_of(kind)
        value, result = whole(emitter, arguments[0], word), IntegerType(word)
        there, back = _distances(emitter, arguments[1], width)
        parts = [
            emit(emitter, shifts[sign], [value, resized(emitter, distance, word, False)], result)
            for sign, distance in ((symbol, there), (opposite, back))
        ]
        return from_integer(emitter, kind, emit(emitter, arith.OrIOp, parts, result))

    return rotate


def _distances(emitter: Emitter, distance: Known, width: int) -> list[SSAValue]:
    """A rotation's distance and its opposite's, both from 0 to below the width."""
    size = emitter.integer(width)
    signs: tuple[type[Operation], ...] = (arith.AddiOp, arith.SubiOp)
    found: list[SSAValue] = []
    part = emit(emitter, arith.RemSIOp, [whole(emitter, convert(emitter, INT, distance)), size], i64)
    for sign in signs:
        moved = emit(emitter, sign, [size, part], i64)
        found.append(emit(emitter, arith.RemUIOp, [moved, size], i64))
    return found


def _real_part(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
    return convert(emitter, kind, arguments[0])


def _imaginary_part(emitter: Emitter, kind: Type, arguments: Sequence[Known]) -> Known:
    return Constant(kind, 0.0)


_OTHERS: dict[str, Callable[[Emitter, Type, Sequence[Known]], Known]] = {
    "mod": _modulus,
    "pow": _power,
    "popcount": _population,
    "rotl": _rotation("<<", ">>"),
    "rotr": _rotation(">>", "<<"),
    "real": _real_part,
    "imag": _imaginary_part,
}
