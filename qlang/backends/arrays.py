"""Operations on classical arrays, which are nested tuples: elements are numbers or bit registers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xdsl.dialects.builtin import f64
from xdsl.ir import Operation

from qlang.backends.errors import BadArrayIndex
from qlang.ir.arrays import ArrayConstantOp, ArrayGetOp, ArraySetOp, ArrayType
from qlang.ir.values import floats, integers

if TYPE_CHECKING:
    from qlang.backends.program import Classical, Decoder, Env

Array = tuple[Any, ...]


def nested(values: Sequence[Any], shape: Sequence[int]) -> Array:
    """Flat values as nested tuples, the last index varying fastest."""
    whole = tuple(values)
    for size in reversed(shape[1:]):
        whole = tuple(_rows(whole, size))
    return whole


def _rows(values: Array, size: int) -> Iterator[Array]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _place(index: int, size: int) -> int:
    """An index counted from the front. Raises `BadArrayIndex`."""
    if not -size <= index < size:
        raise BadArrayIndex(index, size)
    return index % size


def _replaced(array: Array, indices: Sequence[int], value: Any) -> Array:
    place = _place(indices[0], len(array))
    inner = value if len(indices) == 1 else _replaced(array[place], indices[1:], value)
    return (*array[:place], inner, *array[place + 1 :])


def _constant(decoder: "Decoder", op: Operation) -> "Classical":
    assert isinstance(op, ArrayConstantOp) and isinstance(op.result.type, ArrayType)
    numbers = floats(op.values) if op.result.type.element == f64 else integers(op.values)
    result, value = decoder.slot(op.result), nested(numbers, op.result.type.shape)

    def run(env: "Env") -> None:
        env[result] = value

    return run


def _make(decoder: "Decoder", op: Operation) -> "Classical":
    result, elements = decoder.slot(op.results[0]), decoder.slots_of(op.operands)

    def run(env: "Env") -> None:
        env[result] = tuple([env[slot] for slot in elements])

    return run


def _get(decoder: "Decoder", op: Operation) -> "Classical":
    assert isinstance(op, ArrayGetOp)
    result, array, indices = decoder.slot(op.result), decoder.slot(op.array), decoder.slots_of(op.indices)

    def run(env: "Env") -> None:
        found = env[array]
        for slot in indices:
            found = found[_place(env[slot], len(found))]
        env[result] = found

    return run


def _set(decoder: "Decoder", op: Operation) -> "Classical":
    assert isinstance(op, ArraySetOp)
    result, array, indices = decoder.slot(op.result), decoder.slot(op.array), decoder.slots_of(op.indices)
    value = decoder.slot(op.value)

    def run(env: "Env") -> None:
        env[result] = _replaced(env[array], [env[slot] for slot in indices], env[value])

    return run


ARRAYS: Mapping[str, Callable[["Decoder", Operation], "Classical"]] = {
    "circuit.array_constant": _constant,
    "circuit.array_make": _make,
    "circuit.array_get": _get,
    "circuit.array_set": _set,
}
