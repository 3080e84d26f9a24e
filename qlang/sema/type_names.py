"""From types as written to types."""

from collections.abc import Callable
from math import prod

from qlang.sema.types import (
    BOOL,
    DURATION,
    UNKNOWN,
    Angle,
    Array,
    Bit,
    Complex,
    Float,
    Int,
    Qubit,
    Qubits,
    Stretch,
    Type,
    UInt,
)
from qlang.sema.values import Constant, ConstantError, as_int
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

LARGEST_REGISTER = 1_000_000
"""Most elements of a register or an array."""
LARGEST_WIDTH = 4096
"""Most bits of a number."""
MOST_DIMENSIONS = 7
"""OpenQASM's limit on the dimensions of an array."""

SizeOf = Callable[[tree.Expression], Constant]
"""Evaluates a size; raises ConstantError."""

_SIZED: dict[str, Callable[[int | None], Type]] = {
    "bit": Bit,
    "creg": Bit,
    "qubit": Qubit,
    "qreg": Qubit,
    "int": Int,
    "uint": UInt,
    "float": Float,
    "angle": Angle,
}
_PLAIN: dict[str, Type] = {"bool": BOOL, "duration": DURATION, "stretch": Stretch()}
_REGISTERS = frozenset({"bit", "creg", "qubit", "qreg"})


def resolve_type(node: tree.Type, size_of: SizeOf) -> Type:
    """The type that a declaration or cast names.

    Raises ConstantError for sizes that are not constant, not positive or beyond the limits.
    """
    if node.name in _PLAIN:
        return _PLAIN[node.name]
    if node.name == "complex":
        element = None if node.element is None else resolve_type(node.element, size_of)
        return Complex(getattr(element, "width", None))
    if node.name == "array":
        return _array(node, size_of)
    if node.unsized:
        return Qubits()
    if node.name not in _SIZED:  # a misspelled word, which the parser has reported
        return UNKNOWN
    limit = LARGEST_REGISTER if node.name in _REGISTERS else LARGEST_WIDTH
    return _SIZED[node.name](None if node.size is None else positive_size(node.size, size_of, limit))


def positive_size(node: tree.Expression, size_of: SizeOf, limit: int = LARGEST_REGISTER) -> int:
    """The value of a size expression.

    Raises ConstantError where it is no integer between 1 and the limit.
    """
    constant = size_of(node)
    try:
        size = as_int(constant)
    except TypeError:
        size = 0
    if not 1 <= size <= limit:
        error = ConstantError(lambda span: _invalid_size(span, str(constant), limit))
        error.node = node
        raise error
    return size


def _invalid_size(span: Span, value: str, limit: int) -> Diagnostic:
    from qlang.sema.errors.types import InvalidSize

    return InvalidSize(span, value=value, limit=limit)


def _array(node: tree.Type, size_of: SizeOf) -> Type:
    if node.element is None:
        raise TypeError("an array type has an element type")
    element = resolve_type(node.element, size_of)
    if node.rank is not None:
        return Array(element, (-1,) * positive_size(node.rank, size_of, MOST_DIMENSIONS))
    shape: tuple[int, ...] = ()
    for length in node.dimensions or []:
        shape += (positive_size(length, size_of),)
    if prod(shape) > LARGEST_REGISTER:
        error = ConstantError(lambda span: _invalid_size(span, str(prod(shape)), LARGEST_REGISTER))
        error.node = node.dimensions[-1] if node.dimensions else node
        raise error
    return Array(element, shape)
