"""Values of expressions that are known before anything runs.

`names` says what a name is: a `Constant`, the type of something whose value is not known (for `sizeof` and for
good messages), or `None`. Nothing here reports: a `ConstantError` carries the diagnostic and the node to blame.
"""

from collections.abc import Callable, Sequence

from qlang.sema.casts import cast, element_type
from qlang.sema.functions import builtins, call_builtin, size_of
from qlang.sema.operators import apply_binary, apply_unary
from qlang.sema.parts import Selection, dimensions, part, position
from qlang.sema.spine import left_spine
from qlang.sema.type_names import resolve_type
from qlang.sema.types import COMPLEX, TEXT, Array, Bit, Qubit, Type, UInt
from qlang.sema.units import UNITS, base_value
from qlang.sema.values import (
    CONSTANTS,
    Constant,
    ConstantError,
    as_int,
    boolean,
    integer,
    no_operator,
    not_constant,
    outside_domain,
    real,
)
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Names = Callable[[str], Constant | Type | None]

LONGEST_RANGE = 1_000_000
"""Most elements that a constant range may be listed with."""


def no_names(name: str) -> Constant | None:
    """The names of an empty program: OpenQASM's constants."""
    return CONSTANTS.get(name)


def evaluate(expression: tree.Expression, names: Names = no_names, version: int = 3) -> Constant:
    """The value of an expression, by the rules of an OpenQASM version.

    Raises ConstantError, with `node` set to the innermost expression that has no value.
    """
    handler = _HANDLERS.get(type(expression))
    try:
        if handler is None:
            raise not_constant("this expression")
        return handler(expression, names, version)
    except ConstantError as error:
        if error.node is None:
            error.node = expression
        raise


def _name(node: tree.Name, names: Names, version: int) -> Constant:
    found = names(node.name)
    if isinstance(found, Constant):
        return found
    raise not_constant(f"`{node.name}`")


def _unary(node: tree.UnaryOp, names: Names, version: int) -> Constant:
    return apply_unary(node.operator, evaluate(node.operand, names, version))


def _binary(node: tree.BinaryOp, names: Names, version: int) -> Constant:
    spine = left_spine(node)
    value = evaluate(spine[0].left, names, version)
    for operation in spine:
        right = evaluate(operation.right, names, version)
        try:
            value = apply_binary(operation.operator, value, right, version)
        except ConstantError as error:
            error.node = operation
            raise
    return value


def _call(node: tree.Call, names: Names, version: int) -> Constant:
    name = node.callee.name
    if name not in builtins(version):
        raise not_constant(f"the result of `{name}`")
    if name == "sizeof" and node.arguments:
        kind = type_of_operand(node.arguments[0].value, names, version)
        if kind is not None:
            dimensions = [as_integer(evaluate(item.value, names, version)) for item in node.arguments[1:]]
            return Constant(UInt(), size_of(kind, *dimensions[:1]))
    return call_builtin(name, [evaluate(item.value, names, version) for item in node.arguments], version)


def type_of_operand(expression: tree.Expression, names: Names, version: int) -> Type | None:
    """The type of a named or indexed variable whose value is not known; `None` for anything else."""
    if isinstance(expression, tree.Name):
        found = names(expression.name)
        return found if isinstance(found, Type) else None
    if isinstance(expression, tree.Index):
        base = type_of_operand(expression.base, names, version)
        return None if base is None else indexed_type(base, expression.items, names, version)
    return None


def indexed_type(base: Type, items: Sequence[tree.Expression], names: Names, version: int) -> Type | None:
    """The type of `base[items]`; `None` where a slice's length is not constant or the type has no elements."""
    kind: Type = base
    kept: list[int] = []
    for item in items:
        if isinstance(item, (tree.Range, tree.IndexSet)):
            try:
                kept.append(len(listed(item, size_of(kind), names, version)))
            except ConstantError:
                return None
        kind = _element(kind)
    for length in reversed(kept):
        kind = _register(kind, length)
    return kind


def _element(kind: Type) -> Type:
    if isinstance(kind, Array):
        return element_type(kind)
    return Qubit() if isinstance(kind, Qubit) else Bit()


def _register(kind: Type, length: int) -> Type:
    if isinstance(kind, Array):
        return Array(kind.element, (length, *kind.shape))
    if isinstance(kind, Qubit) and kind.size is None:
        return Qubit(length)
    if isinstance(kind, Bit) and kind.size is None:
        return Bit(length)
    return Array(kind, (length,))


def _cast(node: tree.Cast, names: Names, version: int) -> Constant:
    target = resolve_type(node.type, lambda size: evaluate(size, names, version))
    return cast(target, evaluate(node.operand, names, version))


def _quantity(node: tree.Quantity, names: Names, version: int) -> Constant:
    unit = UNITS.get(node.unit)
    if unit is None:
        raise no_operator(node.unit, ())
    return Constant(unit.type, base_value(node.value, node.unit))


def _index(node: tree.Index, names: Names, version: int) -> Constant:
    constant = evaluate(node.base, names, version)
    selections: list[Selection] = []
    for item, (size, kind) in zip(node.items, dimensions(constant.type, len(node.items)), strict=True):
        if isinstance(item, (tree.Range, tree.IndexSet)):
            places = [position(index, size, kind) for index in listed(item, size, names, version)]
            selections.append(tuple(places))
        else:
            selections.append(position(as_integer(evaluate(item, names, version)), size, kind))
    return part(constant, selections)


def listed(
    item: tree.Expression, size: int | None, names: Names, version: int, limit: int = LONGEST_RANGE
) -> list[int]:
    """The indices that a range, index set or single index stands for; open ends need the size.

    Raises ConstantError for values that are not constant, a step of zero, and more than `limit` elements.
    """
    if isinstance(item, tree.IndexSet):
        return [as_integer(evaluate(entry, names, version)) for entry in item.items]
    if not isinstance(item, tree.Range):
        return [as_integer(evaluate(item, names, version))]
    numbers = range_of(item, size, names, version)
    if len(numbers) > limit:
        raise outside_domain("range", f"a range of {len(numbers)} elements", f"at most {limit} elements")
    return list(numbers)


def range_of(item: tree.Range, size: int | None, names: Names, version: int) -> range:
    """A range with its last value included, as OpenQASM has it; of any length.

    Raises ConstantError for values that are not constant and a step of zero.
    """
    step = 1 if item.step is None else as_integer(evaluate(item.step, names, version))
    if step == 0:
        raise outside_domain("range", "a step of 0", "steps other than 0")
    first, last = item.first, item.last
    if (first is None or last is None) and size is None:
        raise not_constant("a range without both ends")
    whole = size or 0
    begin = (0 if step > 0 else whole - 1) if first is None else as_integer(evaluate(first, names, version))
    end = (whole - 1 if step > 0 else 0) if last is None else as_integer(evaluate(last, names, version))
    if size is not None:
        begin, end = (value + size if -size <= value < 0 else value for value in (begin, end))
    return range(begin, end + (1 if step > 0 else -1), step)


def as_integer(constant: Constant) -> int:
    """The value where an integer is needed; raises ConstantError for other types."""
    try:
        return as_int(constant)
    except TypeError:
        raise no_operator("[]", (constant.type,)) from None


def _array(node: tree.ArrayLiteral, names: Names, version: int) -> Constant:
    items = [evaluate(item, names, version) for item in node.items]
    if not items:
        raise not_constant("an empty array")
    first = items[0].type
    shape = (len(items), *first.shape) if isinstance(first, Array) else (len(items),)
    element = first.element if isinstance(first, Array) else first
    for item in items:
        if isinstance(first, Array) != isinstance(item.type, Array) or (
            isinstance(first, Array) and isinstance(item.type, Array) and item.type.shape != first.shape
        ):
            raise _uneven(first, item.type)
        if not isinstance(first, Array) and item.type != first:
            element = _common(element, item.type)
    return Constant(
        Array(element, shape),
        tuple(item.value if isinstance(first, Array) else cast(element, item).value for item in items),
    )


def _uneven(first: Type, found: Type) -> ConstantError:
    """The error of a row of another length."""

    def diagnostic(span: Span) -> Diagnostic:
        from qlang.sema.errors.types import TypeMismatch

        return TypeMismatch(span, expected=f"`{first}` as the first element", found=f"`{found}`")

    return ConstantError(diagnostic)


def _common(left: Type, right: Type) -> Type:
    from qlang.sema.operator_types import binary_type

    return binary_type("+", left, right) or left


_HANDLERS: dict[type[tree.Expression], Callable[..., Constant]] = {
    tree.Name: _name,
    tree.IntLiteral: lambda node, names, version: integer(node.value),
    tree.FloatLiteral: lambda node, names, version: real(node.value),
    tree.ImaginaryLiteral: lambda node, names, version: Constant(COMPLEX, complex(0.0, node.value)),
    tree.BoolLiteral: lambda node, names, version: boolean(node.value),
    tree.BitStringLiteral: lambda node, names, version: Constant(
        Bit(len(node.bits.replace("_", ""))), int(node.bits, 2)
    ),
    tree.StringLiteral: lambda node, names, version: Constant(TEXT, node.value),
    tree.Quantity: _quantity,
    tree.UnaryOp: _unary,
    tree.BinaryOp: _binary,
    tree.Call: _call,
    tree.Cast: _cast,
    tree.Index: _index,
    tree.ArrayLiteral: _array,
}
