"""Warnings of names that a body declares and nothing uses. Names that begin with `_` are left alone."""

from collections.abc import Iterable

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.symbols import Symbol, VariableSymbol
from qlang.sema.types import Array, Bit
from qlang.syntax import tree


def report_unused_variables(context: Context) -> None:
    """Warn of variables and aliases of a body that nothing reads.

    Bits at the top of a circuit are its results: writing them is use. So are all variables of a plain OpenQASM program,
    by its specification.
    """
    for symbol, top in context.declared:
        written = symbol in context.written
        if symbol in context.used or symbol.name.startswith("_") or (written and _is_alias(symbol)):
            continue
        is_bit = isinstance(symbol, VariableSymbol) and isinstance(symbol.type, Bit)
        if top and written and (is_bit or context.program) and context.place == "circuit":
            continue
        context.report(
            errors.dead_code.UnusedVariable(symbol.span, what=_what(symbol), name=symbol.name, written=written)
        )


def _is_alias(symbol: Symbol) -> bool:
    """Whether writing to a name changes what another name shows."""
    return isinstance(symbol, VariableSymbol) and symbol.kind == "alias"


def _what(symbol: Symbol) -> str:
    if not isinstance(symbol, VariableSymbol):
        return "constant"
    if symbol.kind == "alias":
        return "alias"
    return "bit register" if isinstance(symbol.type, Bit) and symbol.type.size is not None else "variable"


def report_unused_parameters(context: Context, owner: str, names: Iterable[str], body: tree.Block | None) -> None:
    """Warn of parameters and qubits that the body of a gate, subroutine or circuit never names."""
    if body is None or not body.statements:
        return
    frame = context.frames[0]
    for name in names:
        symbol = frame.get(name)
        if not isinstance(symbol, VariableSymbol) or symbol in context.used or name.startswith("_"):
            continue
        if not (isinstance(symbol.type, Array) and symbol in context.written):
            context.report(errors.dead_code.UnusedParameter(symbol.span, name=name, owner=owner))
