"""Outcomes of measurements that another measurement overwrites before anything reads them.

Only what happens in one block, statement after statement, counts: loops may read an outcome in their next round.
"""

from qlang.sema import errors
from qlang.sema.constants import listed
from qlang.sema.context import Context
from qlang.sema.symbols import Symbol, VariableSymbol
from qlang.sema.types import Bit
from qlang.sema.values import ConstantError
from qlang.syntax import tree

LARGEST = 4096
"""Registers beyond this size are not compared bit by bit."""


def note_outcome(context: Context, target: tree.Expression, node: tree.Node) -> None:
    """A measurement into bits: reports the first of them whose outcome nothing has read."""
    root = target.base if isinstance(target, tree.Index) else target
    symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
    if not isinstance(symbol, VariableSymbol) or not isinstance(symbol.type, Bit):
        return
    bits = _bits(context, target, symbol.type.size or 1)
    held = context.outcomes[-1].setdefault(symbol, {})
    place = context.span(node)
    lost = next((held[bit] for bit in bits if bit in held), None)
    if lost is not None and not context.dead:
        shown = context.span(target).text
        context.report(errors.dead_code.Overwritten(context.span(target), target=shown, first=lost))
    held.update(dict.fromkeys(bits, place))


def _bits(context: Context, target: tree.Expression, size: int) -> list[int]:
    if not isinstance(target, tree.Index):
        return list(range(size)) if size <= LARGEST else []
    if len(target.items) != 1:
        return []
    item = target.items[0]
    if type(item) is tree.IntLiteral:
        return [item.value]
    try:
        return [index % size for index in listed(item, size, context.names, context.version)]
    except ConstantError:
        return []


def note_read(context: Context, symbol: Symbol) -> None:
    """The value of a variable is read, or replaced by other means than a measurement."""
    for held in context.outcomes:
        held.pop(symbol, None)
