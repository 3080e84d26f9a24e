"""Indices and slices of classical registers, arrays and numbers."""

from collections.abc import Sequence

from qlang.sema import errors
from qlang.sema.casts import element_type
from qlang.sema.constants import evaluate, indexed_type, listed
from qlang.sema.context import Context
from qlang.sema.infer import NOTHING, Inferred, infer
from qlang.sema.operands import check_operand
from qlang.sema.parts import as_register
from qlang.sema.types import BIT, UNKNOWN, Array, Bit, Qubit, Type, Unknown, is_integer, is_quantum
from qlang.sema.values import ConstantError
from qlang.sema.witnesses import described, with_values, witnesses
from qlang.syntax import tree
from qlang.syntax.source import Span


def index(context: Context, node: tree.Index) -> Inferred:
    kind, value = infer(context, node.base)
    usable = check_index_types(context, node.items)
    if isinstance(kind, Unknown) or not usable:
        return NOTHING
    if is_quantum(kind):
        return (Qubit(), None) if check_operand(context, node) is not None else NOTHING
    shown = str(kind)
    kind = as_register(kind)  # `a[i]` of an integer or angle is its bit i (OpenQASM 3, "Bit indexing")
    if not isinstance(kind, (Array, Bit)) or (isinstance(kind, Bit) and kind.size is None):
        context.report(errors.types.NoSuchOperation(context.span(node), operator="[…]", operands=(shown,)))
        return NOTHING
    if not _check_bounds(context, kind, node, shown):
        return NOTHING
    if value is not None:
        try:
            constant = evaluate(node, context.names, context.version)
            return constant.type, constant
        except ConstantError as error:
            if error.node is node:
                context.report_error(error, node)
                return NOTHING
    try:
        result = indexed_type(kind, node.items, context.names, context.version)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING
    return (UNKNOWN if result is None else result), None


def check_index_types(context: Context, items: Sequence[tree.Expression]) -> bool:
    """Whether all parts of an index are integers; reports those that are not."""
    good = True
    for item in items:
        parts = item.items if isinstance(item, tree.IndexSet) else [item]
        if isinstance(item, tree.Range):
            parts = [part for part in (item.first, item.step, item.last) if part is not None]
        for part in parts:
            kind, _ = infer(context, part)
            if isinstance(kind, Unknown):
                good = False
            elif not is_integer(kind):
                context.report(
                    errors.types.TypeMismatch(context.span(part), expected="an integer index", found=f"`{kind}`")
                )
                good = False
    return good


def _check_bounds(context: Context, kind: Array | Bit, node: tree.Index, shown: str) -> bool:
    """Whether constant indices lie inside a classical register or array."""
    inner: Type = kind
    for item in node.items:
        if isinstance(inner, Array):
            size = inner.shape[0]
        elif isinstance(inner, Bit) and inner.size is not None:
            size = inner.size
        else:
            dimensions = len(kind.shape) if isinstance(kind, Array) else 1
            context.report(
                errors.types.TooManyIndices(
                    context.span(item),
                    name=context.span(node.base).text,
                    dimensions=dimensions,
                    found=len(node.items),
                    declaration=_declaration(context, node),
                )
            )
            return False
        inner = element_type(inner) if isinstance(inner, Array) else BIT
        if size < 0 or context.dead:
            continue
        try:
            indices = listed(item, size, context.names, context.version)
        except ConstantError:
            if context.loops and not _check_in_loops(context, node, item, size, shown):
                return False
            continue
        for index in indices:
            if not -size <= index < size:
                _report_outside(context, node, item, index, size, shown)
                return False
    return True


def _check_in_loops(context: Context, node: tree.Index, item: tree.Expression, size: int, shown: str) -> bool:
    """Try an index that depends on loop variables at the ends of the loops' ranges."""
    for values in witnesses(context, [item]):
        try:
            indices = listed(item, size, with_values(context, values), context.version)
        except ConstantError:
            continue
        outside = next((index for index in indices if not -size <= index < size), None)
        if outside is not None:
            loops = tuple(context.span(loop.domain) for loop in context.loops if loop.symbol.name in values)
            _report_outside(context, node, item, outside, size, shown, described(values), loops)
            return False
    return True


def _report_outside(
    context: Context,
    node: tree.Index,
    item: tree.Expression,
    index: int,
    size: int,
    shown: str,
    witness: str = "",
    loops: tuple[Span, ...] = (),
) -> None:
    declaration = _declaration(context, node)
    span = context.span(item)
    context.report(errors.types.ElementOutOfRange(span, index, size, shown, declaration, witness, loops))


def _declaration(context: Context, node: tree.Index) -> Span | None:
    root: tree.Expression = node
    while isinstance(root, tree.Index):
        root = root.base
    symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
    return None if symbol is None else symbol.span
