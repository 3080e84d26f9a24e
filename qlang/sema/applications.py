"""Calls of functions and subroutines inside expressions."""

from collections.abc import Sequence

from qlang.sema import errors
from qlang.sema.constants import evaluate
from qlang.sema.context import Context
from qlang.sema.describe import definition_of, kind_of
from qlang.sema.functions import builtins, call_builtin
from qlang.sema.infer import NOTHING, Inferred, infer, is_qubit_expression
from qlang.sema.library import library_hint
from qlang.sema.operands import check_operand, is_phantom
from qlang.sema.recursion import closes_circle
from qlang.sema.subroutines import call_subroutine
from qlang.sema.suggestions import elsewhere, suggest
from qlang.sema.symbols import BrokenSymbol, ExternSymbol, GateSymbol, ObservableSymbol, SubroutineSymbol
from qlang.sema.types import UINT, Array, Bit, Qubit, Qubits, Type, Unknown
from qlang.sema.values import ConstantError
from qlang.syntax import tree


def call(context: Context, node: tree.Call) -> Inferred:
    """A call in an expression: of a built-in function, a subroutine, or what cannot be called, which is reported."""
    name = node.callee.name
    symbol = context.lookup(name)
    if symbol is None and name in builtins(context.version):
        return _builtin(context, node)
    context.use(node.callee)
    if isinstance(symbol, SubroutineSymbol):
        return call_subroutine(context, symbol, node, [item.value for item in node.arguments]), None
    values = [item.value for item in node.arguments]
    if isinstance(symbol, ExternSymbol):
        infer_operands(context, values)
        context.report(
            errors.circuits.NotExecutable(
                context.span(node),
                construct=f"the call of the extern function `{name}`",
                instead=f"write `{name}` as a `def`, or compute its value beforehand and pass it as an `input`",
            )
        )
        return NOTHING
    infer_operands(context, values)
    if isinstance(symbol, BrokenSymbol) or is_phantom(node.callee):
        return NOTHING
    span = context.span(node.callee)
    if symbol is None:
        _report_unknown_function(context, node.callee)
    elif isinstance(symbol, GateSymbol) and (instead := _as_gate_call(context, symbol, node)) is not None:
        call = context.span(node)
        context.report(errors.names.GateAsFunction(span, name=name, call=call, instead=instead))
    else:
        wanted = "something that gives a value" if isinstance(symbol, ObservableSymbol) else "a function"
        context.report(
            errors.names.WrongKind(
                span, name=name, found=kind_of(symbol), wanted=wanted, definition=definition_of(symbol)
            )
        )
    return NOTHING


def _as_gate_call(context: Context, symbol: GateSymbol, node: tree.Call) -> str | None:
    """`cx(q, r)` as the gate call that it is meant to be; `None` where its arguments are not a gate's."""
    values = [item.value for item in node.arguments]
    if len(values) != symbol.parameters + symbol.qubits or any(item.name is not None for item in node.arguments):
        return None
    quantum = [is_qubit_expression(context, value) for value in values]
    shown = [context.span(value).text for value in values]
    if sum(quantum) != symbol.qubits:
        return None
    angles = [text for text, is_qubit in zip(shown, quantum, strict=True) if not is_qubit]
    qubits = [text for text, is_qubit in zip(shown, quantum, strict=True) if is_qubit]
    brackets = f"({', '.join(angles)})" if angles else ""
    return f"{symbol.name}{brackets} {', '.join(qubits)}"


def infer_operands(context: Context, values: Sequence[tree.Expression]) -> None:
    """Note the names of arguments as used, qubits included, without a wish about their types."""
    for value in values:
        if is_qubit_expression(context, value):
            check_operand(context, value)
        else:
            infer(context, value)


def _report_unknown_function(context: Context, callee: tree.Name) -> None:
    if context.scope.torn:
        return
    span = context.span(callee)
    if callee.name in context.later:
        if closes_circle(context, callee.name):
            return
        definition = context.span(context.later[callee.name])
        context.report(errors.names.UsedBeforeDefinition(span, name=callee.name, definition=definition))
        return
    known = [*context.visible((SubroutineSymbol,)), *builtins(context.version)]
    near = suggest(callee.name, known)
    hint = "" if near is not None else elsewhere(callee.name)
    if near is None and not hint and not context.offered_gates:
        hint = library_hint(callee.name, SubroutineSymbol)
    context.report(errors.names.UnknownFunction(span, name=callee.name, suggestion=near, hint=hint))


def _builtin(context: Context, node: tree.Call) -> Inferred:
    name = node.callee.name
    function = builtins(context.version)[name]
    found = len(node.arguments)
    if name == "sizeof" and node.arguments:
        return _sizeof(context, node)
    inferred = [infer(context, item.value) for item in node.arguments]
    if found not in function.arities:
        wanted = " or ".join(map(str, function.arities)) + (" argument" if function.arities == (1,) else " arguments")
        context.report(errors.types.WrongArgumentCount(context.span(node), name=name, wanted=wanted, found=found))
        return NOTHING
    kinds = [kind for kind, _ in inferred]
    if any(isinstance(kind, Unknown) for kind in kinds):
        return NOTHING
    result = function.result(kinds)
    if result is None:
        context.report(errors.types.NoSuchOperation(context.span(node), operator=name, operands=tuple(map(str, kinds))))
        return NOTHING
    values = [value for _, value in inferred if value is not None]
    if len(values) < found:
        return result, None
    try:
        constant = call_builtin(name, values, context.version)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING
    return constant.type, constant


def _sizeof(context: Context, node: tree.Call) -> Inferred:
    """`sizeof` needs the type of its argument only, qubits and variables included."""
    subject = node.arguments[0].value
    kind = _operand_type(context, subject)
    if isinstance(kind, (Unknown, Qubits)):
        return UINT, None
    dimension = [infer(context, item.value) for item in node.arguments[1:]]
    if len(dimension) > 1 or not isinstance(kind, (Array, Bit, Qubit)):
        context.report(errors.types.NoSuchOperation(context.span(node), operator="sizeof", operands=(str(kind),)))
        return NOTHING
    if isinstance(kind, Array) and -1 in kind.shape:
        return UINT, None
    try:
        constant = evaluate(node, context.names, context.version)
    except ConstantError as error:
        if dimension and dimension[0][1] is None:
            return UINT, None
        context.report_error(error, node)
        return NOTHING
    return constant.type, constant


def _operand_type(context: Context, node: tree.Expression) -> Type:
    if is_qubit_expression(context, node):
        operand = check_operand(context, node)
        if operand is None or operand.size == -1:
            return Qubits()
        return Qubit(operand.size)
    return infer(context, node)[0]
