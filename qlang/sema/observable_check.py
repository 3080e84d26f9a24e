"""Observables at their definition: names, arities and types, for whatever qubits they will act on."""

from qlang.sema import errors
from qlang.sema.arguments import matched
from qlang.sema.context import Context
from qlang.sema.declared_types import checked_type
from qlang.sema.functions import BUILTINS
from qlang.sema.infer import infer
from qlang.sema.library import library_hint
from qlang.sema.observables import PAULIS
from qlang.sema.operands import check_operand
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import ObservableSymbol, VariableSymbol
from qlang.sema.types import Unknown, is_integer, is_quantum
from qlang.syntax import tree


def check_observable(context: Context, symbol: ObservableSymbol) -> None:
    """Check a definition with parameters; one without speaks of a circuit's registers and is checked at its use."""
    if not symbol.parameters:
        return
    for parameter in symbol.parameters:
        kind = "qubit" if is_quantum(parameter.type) else "parameter"
        node = tree.Name(parameter.span.start, parameter.span.end, parameter.name)
        context.declare(node, VariableSymbol(parameter.name, parameter.span, parameter.type, kind))
    check_terms(context, symbol.value)


def check_terms(context: Context, node: tree.Expression) -> None:
    """Check an expression of Pauli matrices; numbers inside are checked as usual."""
    match node:
        case tree.BinaryOp() if node.operator not in _OPERATORS and _has_pauli(context, node):
            what = f"`{node.operator}` of an observable"
            advice = "combine observables by `+`, `-`, `*` and numbers"
            context.report(errors.observables.NotAnObservable(context.span(node), what=what, help=advice))
        case tree.BinaryOp(operator="+" | "-" | "*" | "/"):
            _operations(context, node)
        case tree.UnaryOp(operator="+" | "-"):
            check_terms(context, node.operand)
        case tree.Reduction():
            _reduction(context, node)
        case tree.Call():
            _call(context, node)
        case tree.Name():
            symbol = context.lookup(node.name)
            if isinstance(symbol, ObservableSymbol):
                context.use(node)
            elif isinstance(symbol, VariableSymbol) and is_quantum(symbol.type):
                context.report(
                    errors.observables.NotAnObservable(
                        context.span(node), what=f"the qubit `{node.name}`", help=f"write `Z({node.name})`, …"
                    )
                )
            else:
                infer(context, node)
        case _:
            infer(context, node)


_OPERATORS = ("+", "-", "*", "/")


def _has_pauli(context: Context, node: tree.Expression) -> bool:
    """Whether Pauli matrices or observables stand in an expression."""
    callees = (part.callee.name for part in tree.walk(node) if isinstance(part, tree.Call))
    return any(name in PAULIS or isinstance(context.lookup(name), ObservableSymbol) for name in callees)


def _operations(context: Context, node: tree.BinaryOp) -> None:
    """The operands of a chain of operations, however long."""
    while node.operator in _OPERATORS:
        check_terms(context, node.right)
        if not isinstance(node.left, tree.BinaryOp):
            break
        node = node.left
    if node.operator in _OPERATORS:
        check_terms(context, node.left)
    else:
        infer(context, node)


def _reduction(context: Context, node: tree.Reduction) -> None:
    declared = checked_type(context, node.variable_type)
    if not isinstance(declared, Unknown) and not is_integer(declared):
        context.report(
            errors.types.TypeMismatch(
                context.span(node.variable_type), expected="an integer type", found=f"`{declared}`"
            )
        )
    domain = node.domain
    parts: list[tree.Expression | None] = [domain]
    if isinstance(domain, tree.Range):
        parts = [domain.first, domain.step, domain.last]
        if domain.first is None or domain.last is None:
            context.report(errors.types.NotConstant(context.span(domain), what="the end of this range"))
    elif isinstance(domain, (tree.IndexSet, tree.ArrayLiteral)):
        parts = list(domain.items)
    for part in parts:
        if part is not None:
            infer(context, part)
    with context.block():
        span = context.span(node.variable)
        context.declare(node.variable, VariableSymbol(node.variable.name, span, declared, "parameter"))
        check_terms(context, node.body)


def _call(context: Context, node: tree.Call) -> None:
    name = node.callee.name
    symbol = context.lookup(name)
    if isinstance(symbol, ObservableSymbol):
        context.use(node.callee)
        given, problems = matched(symbol.parameters, node.arguments, context.span, node, f"`{name}`")
        for problem in problems:
            context.report(problem)
        for parameter in symbol.parameters:
            value = given.get(parameter.name)
            if value is not None and is_quantum(parameter.type):
                check_operand(context, value)
            elif value is not None:
                infer(context, value)
    elif name in PAULIS:
        if len(node.arguments) != 1:
            span = context.span(node)
            found = len(node.arguments)
            context.report(errors.types.WrongArgumentCount(span, name=name, wanted="1 qubit", found=found))
        for argument in node.arguments:
            check_operand(context, argument.value)
    elif symbol is None and context.scope.torn:
        return
    elif symbol is None and name not in BUILTINS:
        known = [*PAULIS, *context.visible((ObservableSymbol,)), *BUILTINS]
        span = context.span(node.callee)
        near = suggest(name, known)
        hint = library_hint(name) if near is None else ""
        context.report(errors.names.UnknownFunction(span, name=name, suggestion=near, hint=hint))
    else:
        infer(context, node)
