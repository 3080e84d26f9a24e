"""Parts of constants: elements and slices of arrays, bits of registers, integers and angles; taken and replaced.

A selection is a place counted from the front, or several of them; one stands for each dimension.
"""

from collections.abc import Sequence

from qlang.sema.casts import cast, element_type
from qlang.sema.types import BIT, DEFAULT_WIDTH, Angle, Array, Bit, Int, Type, UInt
from qlang.sema.values import Constant, index_outside, no_operator

Selection = int | tuple[int, ...]


def as_register(kind: Type) -> Type:
    """The bit register that an integer's or angle's bits are; other types as they are."""
    return Bit(kind.width or DEFAULT_WIDTH) if isinstance(kind, (Int, UInt, Angle)) else kind


def dimensions(kind: Type, count: int) -> list[tuple[int, Type]]:
    """For each of `count` indices into a type: the number of elements, and the type that has them.

    Raises ConstantError for more indices than there are dimensions.
    """
    found: list[tuple[int, Type]] = []
    for _ in range(count):
        whole = as_register(kind)
        if isinstance(whole, Array):
            found.append((whole.shape[0], whole))
            kind = element_type(whole)
        elif isinstance(whole, Bit) and whole.size is not None:
            found.append((whole.size, kind))
            kind = BIT
        else:
            raise no_operator("[]", (kind,))
    return found


def position(index: int, size: int, kind: Type) -> int:
    """An index counted from the front; -1 is the last element. Raises ConstantError outside the size."""
    if not -size <= index < size:
        raise index_outside(index, size, kind)
    return index % size


def part(constant: Constant, selections: Sequence[Selection]) -> Constant:
    """What the selections choose: an element, a smaller array, bits."""
    if not selections:
        return constant
    first, rest = selections[0], selections[1:]
    kind, value = as_register(constant.type), constant.value
    if isinstance(kind, Array) and isinstance(value, tuple):
        inner = element_type(kind)
        if isinstance(first, int):
            return part(Constant(inner, value[first]), rest)
        chosen = [part(Constant(inner, value[place]), rest) for place in first]
        below = chosen[0].type if chosen else inner
        return Constant(array_of(below, len(first)), tuple(item.value for item in chosen))
    bits = int(value)  # type: ignore[arg-type]  # registers and numbers
    if isinstance(first, int):
        return Constant(BIT, bits >> first & 1)
    return Constant(Bit(len(first)), sum((bits >> place & 1) << k for k, place in enumerate(first)))


def array_of(element: Type, length: int) -> Array:
    """The type of an array of so many elements of a type, which may be arrays."""
    if isinstance(element, Array):
        return Array(element.element, (length, *element.shape))
    return Array(element, (length,))


def with_part(constant: Constant, selections: Sequence[Selection], new: Constant) -> Constant:
    """The constant with what the selections choose replaced. Raises ConstantError where the new value does not fit."""
    if not selections:
        return cast(constant.type, new)
    first, rest = selections[0], selections[1:]
    kind, value = as_register(constant.type), constant.value
    places = (first,) if isinstance(first, int) else first
    if isinstance(kind, Array) and isinstance(value, tuple):
        items, inner = list(value), element_type(kind)
        for k, place in enumerate(places):
            item = new if isinstance(first, int) else part(new, (k,))
            items[place] = with_part(Constant(inner, items[place]), rest, item).value
        return Constant(kind, tuple(items))
    bits = int(value)  # type: ignore[arg-type]  # registers and numbers
    added = int(cast(BIT if isinstance(first, int) else Bit(len(first)), new).value)  # type: ignore[arg-type]  # bits
    for k, place in enumerate(places):
        bits = bits & ~(1 << place) | (added >> k & 1) << place
    width = kind.size or 1 if isinstance(kind, Bit) else DEFAULT_WIDTH
    return cast(constant.type, Constant(Bit(width), bits & ((1 << width) - 1)))
