"""What stands left of an assignment."""

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.describe import kind_of
from qlang.sema.infer import infer
from qlang.sema.operands import is_phantom, report_unknown
from qlang.sema.symbols import BrokenSymbol, ConstantSymbol, Symbol, VariableSymbol
from qlang.sema.types import Type, is_quantum
from qlang.sema.values import CONSTANTS
from qlang.syntax import tree

_FIXED = {
    "parameter": "a parameter",
    "input": "an `input`",
    "readonly": "a `readonly` array",
}


def check_target(context: Context, node: tree.Expression) -> Type | None:
    """The type of what is assigned to; reports what cannot be, and answers `None` then."""
    root = node
    while isinstance(root, tree.Index):
        root = root.base
    if not isinstance(root, tree.Name):
        if not isinstance(root, tree.Missing):
            context.report(
                errors.types.NotAssignable(
                    context.span(root), name=context.span(root).text, what="a value", definition=None
                )
            )
        return None
    symbol = context.lookup(root.name)
    if symbol is None and root.name in CONSTANTS:
        context.report(
            errors.types.NotAssignable(
                context.span(root), name=root.name, what="a constant of the language", definition=None
            )
        )
        return None
    if symbol is None:
        candidates = list(context.visible((VariableSymbol,)))
        if not is_phantom(root):
            report_unknown(context, root, candidates)
        return None
    if isinstance(symbol, BrokenSymbol):
        return None
    what = _unassignable(symbol)
    if what is not None:
        context.use(root)
        context.report(
            errors.types.NotAssignable(context.span(root), name=root.name, what=what, definition=symbol.span)
        )
        return None
    for loop in context.loops:
        if loop.symbol is symbol:
            loop.certain = False
    read = symbol in context.used
    context.target = symbol
    kind, _ = infer(context, node)
    context.target = None
    if not read:  # to be written is no use
        context.used.discard(symbol)
    context.written.add(symbol)
    return kind


def _unassignable(symbol: Symbol) -> str | None:
    if isinstance(symbol, ConstantSymbol):
        return "a constant"
    if not isinstance(symbol, VariableSymbol):
        return kind_of(symbol)
    if is_quantum(symbol.type):
        return "a qubit"
    return _FIXED.get(symbol.kind)
