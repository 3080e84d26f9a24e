"""Parts of values: elements and slices of arrays, bits of registers and numbers, taken and replaced.

What is known is computed by `qlang.sema.parts`. Bits move without being read.
"""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TypeGuard

from xdsl.ir import SSAValue

from qlang.compiler.lowering.conversions import convert, made, materialised, storage
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Known, Selection, Wire
from qlang.ir import arrays as array_ops
from qlang.ir import bits as bits_ops
from qlang.ir.circuit import BitsType
from qlang.sema import parts
from qlang.sema.casts import element_type
from qlang.sema.types import BIT, Array, Bit, Type
from qlang.sema.values import Constant

Place = Wire


def taken(emitter: Emitter, base: Known, selections: Sequence[Selection]) -> Known:
    """What the selections choose of a value."""
    if isinstance(base, Constant) and _known(selections):
        return parts.part(base, selections)
    if not selections:
        return base
    value = materialised(emitter, base)
    if not isinstance(value.type, Array):
        return _bits_taken(emitter, _register(emitter, value), selections[0])
    first = selections[0]
    if not isinstance(first, tuple):
        places = _leading(selections, len(value.type.shape))
        return taken(emitter, _element(emitter, value, places), selections[len(places) :])
    chosen = [
        materialised(emitter, taken(emitter, _element(emitter, value, (place,)), selections[1:])) for place in first
    ]
    return made(emitter, parts.array_of(chosen[0].type, len(chosen)), chosen)


def replaced(emitter: Emitter, base: Known, selections: Sequence[Selection], new: Known) -> Known:
    """The value with what the selections choose replaced. Raises ConstantError where the new value does not fit."""
    if isinstance(base, Constant) and isinstance(new, Constant) and _known(selections):
        return parts.with_part(base, selections, new)
    if not selections:
        return convert(emitter, base.type, new)
    value = materialised(emitter, base)
    if not isinstance(value.type, Array):
        changed = _bits_replaced(emitter, _register(emitter, value), selections[0], new)
        return convert(emitter, value.type, changed)
    first = selections[0]
    if not isinstance(first, tuple):
        places = _leading(selections, len(value.type.shape))
        rest = selections[len(places) :]
        inner = _element_type(value.type, len(places))
        item = convert(emitter, inner, new)
        if rest:
            item = replaced(emitter, _element(emitter, value, places), rest, new)
        return _with_element(emitter, value, places, materialised(emitter, item))
    for k, place in enumerate(first):
        inner_value = _element(emitter, value, (place,))
        item = replaced(emitter, inner_value, selections[1:], taken(emitter, new, (k,)))
        value = _with_element(emitter, value, (place,), materialised(emitter, item))
    return value


def joined(emitter: Emitter, kind: Type, left: Known, right: Known) -> Known:
    """`left ++ right`: the left operand's elements keep their indices, the right ones follow."""
    if isinstance(kind, Array):
        halves = [materialised(emitter, side) for side in (left, right)]
        items = [materialised(emitter, taken(emitter, half, (k,))) for half in halves for k in range(_length(half))]
        return made(emitter, kind, items)
    low, high = materialised(emitter, left), materialised(emitter, right)
    empty = Dynamic(kind, emitter.bits(0, bits_ops.size_of(low.ssa) + bits_ops.size_of(high.ssa)))
    filled = _inserted(emitter, empty, emitter.integer(0), low)
    return _inserted(emitter, filled, emitter.integer(bits_ops.size_of(low.ssa)), high)


def _length(value: Dynamic) -> int:
    assert isinstance(value.type, Array)
    return value.type.shape[0]


def _known(selections: Sequence[Selection]) -> TypeGuard[Sequence[parts.Selection]]:
    return all(isinstance(selection, int) or _constant(selection) for selection in selections)


def _constant(selection: Selection) -> TypeGuard[tuple[int, ...]]:
    return isinstance(selection, tuple) and all(isinstance(place, int) for place in selection)


def _leading(selections: Sequence[Selection], most: int) -> list[Place]:
    """The single places at the beginning, as many as the array has dimensions at most."""
    singles = takewhile(lambda selection: not isinstance(selection, tuple), selections)
    return [place for place in singles if not isinstance(place, tuple)][:most]


def _index(emitter: Emitter, place: Place) -> SSAValue:
    return emitter.integer(place) if isinstance(place, int) else place


def _element_type(kind: Type, depth: int) -> Type:
    for _ in range(depth):
        assert isinstance(kind, Array)
        kind = element_type(kind)
    return kind


def _element(emitter: Emitter, array: Dynamic, places: Sequence[Place]) -> Dynamic:
    kind = _element_type(array.type, len(places))
    operands = [array.ssa, *(_index(emitter, place) for place in places)]
    get = array_ops.ArrayGetOp.create(operands=operands, result_types=[storage(kind)])
    return Dynamic(kind, emitter.value(get))


def _with_element(emitter: Emitter, array: Dynamic, places: Sequence[Place], item: Dynamic) -> Dynamic:
    operands = [array.ssa, *(_index(emitter, place) for place in places), item.ssa]
    put = array_ops.ArraySetOp.create(operands=operands, result_types=[array.ssa.type])
    return Dynamic(array.type, emitter.value(put))


def _register(emitter: Emitter, value: Dynamic) -> Dynamic:
    """A number's bits as a register."""
    return materialised(emitter, convert(emitter, parts.as_register(value.type), value))


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Neighbouring places together: offset in the list, first place, length."""
    start = 0
    for k in range(1, len(places) + 1):
        if k == len(places) or places[k] != places[k - 1] + 1:
            yield start, places[start], k - start
            start = k


def _bits_taken(emitter: Emitter, base: Dynamic, selection: Selection) -> Dynamic:
    if not isinstance(selection, tuple):
        return extracted(emitter, base, _index(emitter, selection), BIT)
    kind = Bit(len(selection))
    if not _constant(selection):
        result = Dynamic(kind, emitter.bits(0, len(selection)))
        for offset, place in enumerate(selection):
            bit = extracted(emitter, base, _index(emitter, place), BIT)
            result = _inserted(emitter, result, emitter.integer(offset), bit)
        return result
    runs = list(_runs(selection))
    if len(runs) == 1:
        return extracted(emitter, base, emitter.integer(runs[0][1]), kind)
    result = Dynamic(kind, emitter.bits(0, len(selection)))
    for offset, place, length in runs:
        piece = extracted(emitter, base, emitter.integer(place), Bit(length))
        result = _inserted(emitter, result, emitter.integer(offset), piece)
    return result


def _bits_replaced(emitter: Emitter, base: Dynamic, selection: Selection, new: Known) -> Dynamic:
    if not isinstance(selection, tuple):
        bit = materialised(emitter, convert(emitter, BIT, new))
        return _inserted(emitter, base, _index(emitter, selection), bit)
    piece = materialised(emitter, convert(emitter, Bit(len(selection)), new))
    if not _constant(selection):
        for offset, place in enumerate(selection):
            bit = extracted(emitter, piece, emitter.integer(offset), BIT)
            base = _inserted(emitter, base, _index(emitter, place), bit)
        return base
    for offset, place, length in _runs(selection):
        section = extracted(emitter, piece, emitter.integer(offset), Bit(length))
        base = _inserted(emitter, base, emitter.integer(place), section)
    return base


def extracted(emitter: Emitter, base: Dynamic, index: SSAValue, kind: Bit) -> Dynamic:
    """Bits of a register from an index on, without reading them."""
    size = BitsType.of(kind.size or 1)
    if base.ssa.type == size:
        return Dynamic(kind, base.ssa)
    return Dynamic(kind, emitter.value(bits_ops.BitsExtractOp.create(operands=[base.ssa, index], result_types=[size])))


def _inserted(emitter: Emitter, old: Dynamic, index: SSAValue, piece: Dynamic) -> Dynamic:
    if piece.ssa.type == old.ssa.type:
        return Dynamic(old.type, piece.ssa)
    put = bits_ops.BitsInsertOp.create(operands=[old.ssa, index, piece.ssa], result_types=[old.ssa.type])
    return Dynamic(old.type, emitter.value(put))
