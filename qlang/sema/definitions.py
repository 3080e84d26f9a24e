"""Gates, subroutines, circuits and externs: their symbols, and the check of their bodies."""

from collections.abc import Iterable, Sequence

from qlang.sema import errors
from qlang.sema.bound_bodies import parameter_variable
from qlang.sema.casts import assignable
from qlang.sema.context import Context
from qlang.sema.declared_types import checked_type
from qlang.sema.infer import infer
from qlang.sema.reachability import block_ends
from qlang.sema.statements import check_statements, innermost
from qlang.sema.symbols import (
    CircuitSymbol,
    ConstantSymbol,
    ExternSymbol,
    ParameterSymbol,
    SubroutineSymbol,
    Symbol,
    VariableSymbol,
)
from qlang.sema.types import FLOAT, VOID, Qubit, Qubits, Unknown, Void
from qlang.sema.values import Constant
from qlang.syntax import tree


def check_gate(context: Context, node: tree.GateDefinition) -> None:
    """A gate's body, in a context of its own."""
    context.gate = node
    for parameter in node.parameters:
        span = context.span(parameter)
        context.declare(parameter, VariableSymbol(parameter.name, span, FLOAT, "parameter"))
    for qubit in node.qubits:
        context.declare(qubit, VariableSymbol(qubit.name, context.span(qubit), Qubit(), "qubit"))
    if node.body is not None:
        with context.block():
            check_statements(context, node.body.statements)


def parameter_symbols(context: Context, parameters: Sequence[tree.Parameter]) -> tuple[ParameterSymbol, ...]:
    """The parameters of a definition, with types; defaults are checked against them."""
    symbols = []
    for parameter in parameters:
        kind = checked_type(context, parameter.type)
        if parameter.default is not None:
            _check_default(context, parameter, kind)
        span = context.span(parameter.name)
        access = parameter.type.access
        symbols.append(ParameterSymbol(parameter.name.name, span, kind, parameter.default, access))
    return tuple(symbols)


def _check_default(context: Context, parameter: tree.Parameter, kind: object) -> None:
    from qlang.sema.types import Type

    default = parameter.default
    if default is None or not isinstance(kind, Type):
        return
    found, value = infer(context, default)
    if isinstance(found, Unknown):
        return
    if not assignable(kind, found):
        context.report(
            errors.types.TypeMismatch(
                context.span(default),
                expected=f"`{kind}`",
                found=f"`{found}`",
                reason=context.span(parameter.type),
                reason_text="because of this type",
            )
        )
    elif value is None:
        context.report(errors.types.NotConstant(context.span(default), what="the default"))


def subroutine_symbol(context: Context, node: tree.SubroutineDefinition) -> SubroutineSymbol:
    """The symbol of a `def`, with the types of its parameters."""
    parameters = parameter_symbols(context, node.parameters)
    result = VOID if node.result is None else checked_type(context, node.result)
    return SubroutineSymbol(node.name.name, context.span(node.name), parameters, result, node, context.scope)


def check_subroutine(context: Context, symbol: SubroutineSymbol, openqasm: bool) -> None:
    """A subroutine's body, in a context of its own; OpenQASM knows no registers of any size."""
    for parameter, node in zip(symbol.parameters, symbol.definition.parameters, strict=True):
        if openqasm and isinstance(parameter.type, Qubits) and node.type.unsized:
            context.report(errors.subroutines.UnsizedParameter(context.span(node.type), name=parameter.name))
        context.declare(node.name, parameter_variable(symbol, parameter, openqasm=openqasm))
    context.result = symbol.result
    context.promised = None if symbol.definition.result is None else context.span(symbol.definition.result)
    body = symbol.definition.body
    with context.block():
        check_statements(context, body.statements)
    if isinstance(symbol.result, (Void, Unknown)):
        return
    if not any(isinstance(node, tree.Return) for node in tree.walk(body)):
        context.report(
            errors.circuits.MissingReturn(
                context.span(symbol.definition.name),
                name=symbol.name,
                type=str(symbol.result),
                promised=None if symbol.definition.result is None else context.span(symbol.definition.result),
            )
        )
    elif not block_ends(body) and symbol.definition.result is not None:
        promised = context.span(symbol.definition.result)
        context.report(errors.dead_code.MayNotReturn(context.span(symbol.definition.name), symbol.name, promised))


def extern_symbol(context: Context, node: tree.ExternDeclaration) -> ExternSymbol:
    """The symbol of an `extern`."""
    parameters = tuple(checked_type(context, parameter) for parameter in node.parameters)
    result = VOID if node.result is None else checked_type(context, node.result)
    return ExternSymbol(node.name.name, context.span(node.name), parameters, result)


def circuit_symbol(context: Context, node: tree.CircuitDefinition) -> CircuitSymbol:
    """The symbol of a `circuit`, with the types of its parameters."""
    parameters = parameter_symbols(context, node.parameters)
    body = tuple(node.body.statements)
    return CircuitSymbol(node.name.name, context.span(node.name), parameters, body, context.scope, context.span(node))


def check_circuit(context: Context, symbol: CircuitSymbol, values: dict[str, Constant]) -> None:
    """A circuit's body; parameters with a value are checked as constants."""
    for parameter in symbol.parameters:
        node = tree.Name(parameter.span.start, parameter.span.end, parameter.name)
        value = values.get(parameter.name)
        inner: Symbol
        if value is not None:
            inner = ConstantSymbol(parameter.name, parameter.span, value)
        else:
            inner = VariableSymbol(parameter.name, parameter.span, parameter.type, "parameter")
        context.declare(node, inner)
    check_statements(context, symbol.body)


def report_unused_qubits(context: Context) -> None:
    """Warn of registers that no statement names."""
    for symbol, node in context.registers:
        if symbol not in context.used:
            context.report(
                errors.warnings.UnusedQubits(context.span(node.name), name=symbol.name, statement=context.span(node))
            )


def definition_names(statements: Iterable[tree.Statement]) -> dict[str, tree.Name]:
    """What a file defines at its top level, by name."""
    names: dict[str, tree.Name] = {}
    for statement in statements:
        name = getattr(innermost(statement), "name", None)
        if isinstance(name, tree.Name) and not isinstance(statement, tree.GateCall):
            names.setdefault(name.name, name)
    return names
