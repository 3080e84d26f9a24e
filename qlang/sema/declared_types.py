"""Types as written in a body, their sizes evaluated in its scope."""

from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.symbols import VariableSymbol
from qlang.sema.type_names import positive_size, resolve_type
from qlang.sema.types import UNKNOWN, Qubit, Qubits, Type, Unknown
from qlang.sema.values import Constant, ConstantError, not_constant
from qlang.syntax import tree


def checked_type(context: Context, node: tree.Type) -> Type:
    """The type as written, or `UNKNOWN` after a report; sizes that depend on parameters give `UNKNOWN` silently."""
    try:
        return resolve_type(node, lambda size: size_constant(context, size))
    except ConstantError as error:
        context.report_error(error, node)
    except _Undecided:
        pass
    return Qubits() if node.name == "qubit" else UNKNOWN


def size_of_register(context: Context, size: tree.Expression | None) -> Type:
    """The type of `qubit[size]`; `qubit[]` where the size is not known, or has its diagnostic."""
    if size is None:
        return Qubit()
    try:
        return Qubit(positive_size(size, lambda node: size_constant(context, node)))
    except ConstantError as error:
        context.report_error(error, size)
    except _Undecided:
        pass
    return Qubits()


class _Undecided(Exception):
    """A size that depends on a parameter, or that has its diagnostic."""


def size_constant(context: Context, node: tree.Expression) -> Constant:
    """The value of a size. Raises ConstantError, and `_Undecided` where only a job will know it."""
    kind, value = infer(context, node)
    if value is not None:
        return value
    if isinstance(kind, Unknown) or depends_on_parameter(context, node):
        raise _Undecided
    error = not_constant(f"`{context.span(node).text}`")
    error.node = node
    raise error


def depends_on_parameter(context: Context, node: tree.Expression) -> bool:
    """Whether an expression takes its value from a parameter or `input`, which a job or call binds."""
    return any(
        isinstance(symbol, VariableSymbol)
        and (symbol.kind in ("parameter", "input", "argument") or isinstance(symbol.type, Qubits))
        for part in tree.walk(node)
        if isinstance(part, tree.Name) and (symbol := context.lookup(part.name)) is not None
    )
