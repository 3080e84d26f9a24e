"""Bodies of subroutines checked once more for a call: sizes of registers and whole numbers are then known.

A body is first checked by itself, with registers of unknown size where the parameter says `qubit[]`. What a call makes
known — how many qubits arrive, which numbers — may put an index outside its register; the diagnostic stands at
the false step in the body, and carries the call.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from qlang.sema.casts import cast
from qlang.sema.constants import evaluate, type_of_operand
from qlang.sema.context import Context
from qlang.sema.operands import Operand
from qlang.sema.symbols import ConstantSymbol, ParameterSymbol, SubroutineSymbol, Symbol, VariableSymbol
from qlang.sema.types import Qubit, Qubits, Type, is_integer, is_quantum
from qlang.sema.values import Constant, ConstantError
from qlang.sema.witnesses import OverlaidNames, with_values, witnesses
from qlang.syntax import tree
from qlang.syntax.diagnostic import Call, Diagnostic, with_calls

MOST_CHECKED = 1000
"""Most combinations of sizes and numbers for which bodies are checked again, for each file; lowering sees the rest."""

Bound = Constant | Type
"""What a call tells about a parameter: its value, or the type with the size that arrives."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument that fits its parameter; `operand` where it is qubits."""

    parameter: ParameterSymbol
    node: tree.Expression
    operand: Operand | None


def check_for_call(context: Context, symbol: SubroutineSymbol, node: tree.Node, arguments: Sequence[Argument]) -> None:
    """Check the body of what is called for this call's sizes and numbers; errors are reported with the call."""
    telling = [argument for argument in arguments if _may_tell(argument.parameter)]
    if not telling or context.dead or symbol in context.reporter.unsound:
        return
    for bound in _bindings(context, telling):
        if bound:
            _check_body(context, symbol, node, bound)


def _may_tell(parameter: ParameterSymbol) -> bool:
    return isinstance(parameter.type, Qubits) or (is_integer(parameter.type) and parameter.access is None)


def _bindings(context: Context, arguments: Sequence[Argument]) -> Iterator[dict[str, Bound]]:
    """What the call tells, for the loop variables' values at the ends of their ranges where these decide."""
    plain = with_values(context, {})
    known = {argument.parameter.name: _bound(argument, plain) for argument in arguments}
    open_ends = [argument for argument in arguments if known[argument.parameter.name] is None]
    certain = {name: bound for name, bound in known.items() if bound is not None}
    tried = False
    for values in witnesses(context, [argument.node for argument in open_ends]):
        tried = True
        names = with_values(context, values)
        more = {argument.parameter.name: _bound(argument, names) for argument in open_ends}
        yield certain | {name: bound for name, bound in more.items() if bound is not None}
    if not tried:
        yield certain


def _bound(argument: Argument, names: OverlaidNames) -> Bound | None:
    try:
        if is_quantum(argument.parameter.type):
            return _register(argument, names)
        value = evaluate(argument.node, names, names.context.version)
        return cast(argument.parameter.type, value)
    except ConstantError:
        return None


def _register(argument: Argument, names: OverlaidNames) -> Type | None:
    """The register that arrives; a single qubit arrives as a register of one."""
    operand = argument.operand
    if operand is not None and operand.size != -1:
        return Qubit(operand.size or 1)
    found = type_of_operand(argument.node, names, names.context.version)
    return Qubit(found.size or 1) if isinstance(found, Qubit) else None


def _check_body(context: Context, symbol: SubroutineSymbol, node: tree.Node, bound: dict[str, Bound]) -> None:
    reporter = context.reporter
    key = (symbol, *(f"{name}={value}" for name, value in bound.items()))
    if key in reporter.bound_bodies or len(reporter.bound_bodies) >= MOST_CHECKED:
        return
    reporter.bound_bodies.add(key)
    inner = Context(symbol.scope, reporter.within(), "subroutine", result=symbol.result)
    for parameter, declared in zip(symbol.parameters, symbol.definition.parameters, strict=True):
        inner.declare(declared.name, _symbol(symbol, parameter, bound.get(parameter.name)))
    from qlang.sema.statements import check_block

    check_block(inner, symbol.definition.body)
    call = Call(context.span(node), symbol.name)
    for diagnostic in inner.reporter.diagnostics():
        if diagnostic.severity == "error":
            context.report(with_calls(_as_met(diagnostic, symbol, bound), [call]))


def _as_met(diagnostic: Diagnostic, symbol: SubroutineSymbol, bound: dict[str, Bound]) -> Diagnostic:
    """The diagnostic in the words of a size that the call brings: no index is right for all calls."""
    from qlang.sema.errors.qubits import IndexOutOfRange

    sized = [parameter.span for parameter in symbol.parameters if isinstance(bound.get(parameter.name), Type)]
    if isinstance(diagnostic, IndexOutOfRange) and diagnostic.declaration in sized:
        return replace(diagnostic, arrives=True, fix_index=None)
    return diagnostic


def met_in_run(diagnostic: Diagnostic, values: Mapping[str, Constant]) -> Diagnostic:
    """The diagnostic of a circuit's body in the words of the values that a run gives to parameters."""
    from qlang.sema.errors.qubits import IndexOutOfRange

    if not isinstance(diagnostic, IndexOutOfRange):
        return diagnostic
    if diagnostic.fix_index is not None:  # the index is written out, so it is the size that the run decides
        return replace(diagnostic, arrives=True, fix_index=None)
    words = set(re.findall(r"\w+", diagnostic.span.text))
    given = [f"{name} = {value}" for name, value in values.items() if name in words]
    return replace(diagnostic, witness=", ".join([*given, *filter(None, [diagnostic.witness])]))


def _symbol(subroutine: SubroutineSymbol, parameter: ParameterSymbol, bound: Bound | None) -> Symbol:
    if isinstance(bound, Constant) and parameter.name not in assigned_names(subroutine.definition.body):
        return ConstantSymbol(parameter.name, parameter.span, bound)
    return parameter_variable(subroutine, parameter, bound if isinstance(bound, Type) else None)


def parameter_variable(
    subroutine: SubroutineSymbol, parameter: ParameterSymbol, kind: Type | None = None, openqasm: bool = False
) -> VariableSymbol:
    """A subroutine's parameter as its body knows it; `kind` where a call has made the type more precise.

    One that the body never changes is an `argument`: sizes may depend on it, as its value is known at each call.
    OpenQASM wants sizes to be constant, and has none.
    """
    what = "argument"
    if is_quantum(parameter.type):
        what = "qubit"
    elif parameter.access == "readonly":
        what = "readonly"
    elif openqasm or parameter.name in assigned_names(subroutine.definition.body):
        what = "variable"
    return VariableSymbol(parameter.name, parameter.span, kind or parameter.type, what)


def assigned_names(body: tree.Block) -> set[str]:
    """Names that a body assigns to or measures into."""
    found: set[str] = set()
    for node in tree.walk(body):
        match node:
            case tree.Assignment(target=target) | tree.MeasureStatement(target=tree.Expression() as target):
                while isinstance(target, tree.Index):
                    target = target.base
                if isinstance(target, tree.Name):
                    found.add(target.name)
            case _:
                continue
    return found
