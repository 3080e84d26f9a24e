"""Calls of `def` subroutines: arguments against parameters."""

from collections.abc import Sequence

from qlang.sema import errors
from qlang.sema.bound_bodies import Argument, check_for_call
from qlang.sema.casts import assignable
from qlang.sema.context import Context
from qlang.sema.infer import infer, is_qubit_expression
from qlang.sema.operands import Operand, check_operand
from qlang.sema.symbols import ParameterSymbol, SubroutineSymbol, VariableSymbol
from qlang.sema.types import Qubit, Qubits, Type, Unknown, is_quantum
from qlang.syntax import tree


def call_subroutine(
    context: Context, symbol: SubroutineSymbol, node: tree.Node, arguments: Sequence[tree.Expression]
) -> Type:
    """The result type of a call; reports arguments that do not fit their parameters."""
    if len(arguments) != len(symbol.parameters):
        for argument in arguments:
            _note_use(context, argument)
        context.report(
            errors.types.WrongArgumentCount(
                context.span(node),
                name=symbol.name,
                wanted=errors.circuits.counted(len(symbol.parameters), "argument"),
                found=len(arguments),
                definition=symbol.span,
                usage=f"{symbol.name}({', '.join(f'{each.type} {each.name}' for each in symbol.parameters)})",
            )
        )
        return symbol.result
    errors_before = context.reporter.errors
    given: list[Argument] = []
    for parameter, argument in zip(symbol.parameters, arguments, strict=True):
        operand = None
        if is_quantum(parameter.type):
            operand = _qubit_argument(context, parameter, argument)
        elif parameter.access == "mutable":
            _mutable_argument(context, parameter, argument)
        else:
            _classical_argument(context, parameter, argument)
        given.append(Argument(parameter, argument, operand))
    from qlang.sema.gate_operands import check_distinct

    check_distinct(context, symbol.name, [argument.operand for argument in given if argument.operand is not None])
    from qlang.sema.reuse import note_change

    note_change(context, [argument.operand for argument in given if argument.operand is not None])
    if context.reporter.errors == errors_before:
        check_for_call(context, symbol, node, given)
    return symbol.result


def _note_use(context: Context, argument: tree.Expression) -> None:
    if is_qubit_expression(context, argument):
        check_operand(context, argument)
    else:
        infer(context, argument)


def _qubit_argument(context: Context, parameter: ParameterSymbol, argument: tree.Expression) -> Operand | None:
    operand = check_operand(context, argument)
    if operand is None or operand.size == -1 or isinstance(parameter.type, Qubits):
        return operand
    wanted = parameter.type.size if isinstance(parameter.type, Qubit) else None
    if (wanted or 1) != (operand.size or 1):
        _mismatch(context, parameter, argument, Qubit(operand.size))
    return operand


def _mutable_argument(context: Context, parameter: ParameterSymbol, argument: tree.Expression) -> None:
    _classical_argument(context, parameter, argument)
    root = argument
    while isinstance(root, tree.Index):
        root = root.base
    symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
    if not isinstance(symbol, VariableSymbol) and symbol is not None:
        context.report(
            errors.types.NotAssignable(
                context.span(argument), name=context.span(root).text, what="a constant", definition=symbol.span
            )
        )


def _classical_argument(context: Context, parameter: ParameterSymbol, argument: tree.Expression) -> None:
    kind, _ = infer(context, argument)
    if isinstance(kind, Unknown) or assignable(parameter.type, kind):
        return
    _mismatch(context, parameter, argument, kind)


def _mismatch(context: Context, parameter: ParameterSymbol, argument: tree.Expression, found: Type) -> None:
    context.report(
        errors.types.TypeMismatch(
            context.span(argument),
            expected=f"`{parameter.type}`",
            found=f"`{found}`",
            reason=parameter.span,
            reason_text="declared here",
        )
    )
