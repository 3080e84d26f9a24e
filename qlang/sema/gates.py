"""Gate calls: the gate exists, its modifiers, parameters and qubits fit, in loops at the loops' ends too."""

from collections.abc import Sequence

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.control_operands import spread_controls
from qlang.sema.declared_types import depends_on_parameter
from qlang.sema.describe import definition_of, kind_of
from qlang.sema.gate_files import standard_gates
from qlang.sema.gate_operands import check_broadcast, first_clash, report_clash
from qlang.sema.infer import infer
from qlang.sema.library import library_gates, library_hint
from qlang.sema.loop_trials import check_in_loops
from qlang.sema.operands import (
    AliasSymbol,
    Operand,
    check_operand,
    is_phantom,
)
from qlang.sema.recursion import closes_circle
from qlang.sema.reuse import note_change, note_use
from qlang.sema.subroutines import call_subroutine
from qlang.sema.suggestions import SYNONYMS, elsewhere, plain, suggest_gate
from qlang.sema.symbols import BrokenSymbol, GateSymbol, SubroutineSymbol, VariableSymbol
from qlang.sema.types import Qubit, Unknown, is_integer, is_real
from qlang.sema.usage import brackets_of, meant, modified_name, span_of_all, usage
from qlang.sema.values import as_int
from qlang.syntax import tree
from qlang.syntax.foreign_words import type_meant
from qlang.syntax.source import Span

MOST_CONTROLS = 64


def check_gate_call(context: Context, node: tree.GateCall) -> None:
    """Report what is wrong with a gate call; a subroutine may be called in this form too."""
    symbol = context.lookup(node.name.name)
    if isinstance(symbol, GateSymbol) and not node.modifiers and _is_plain(context, symbol, node):
        if context.reporter.references is not None:
            context.use(node.name)
        return
    context.use(node.name)
    if isinstance(symbol, SubroutineSymbol):
        _subroutine_call(context, symbol, node)
        return
    controls = _check_modifiers(context, node)
    parameters_good = _check_parameters(context, node)
    if not isinstance(symbol, GateSymbol):
        _report_no_gate(context, node)
    operands = [check_operand(context, operand) for operand in node.operands]
    if not isinstance(symbol, GateSymbol):
        return
    _check_definition(context, symbol, node)
    if node.modifiers:
        operands = [*spread_controls(context, symbol.qubits, node, operands)]
    counts_good = _check_counts(context, symbol, node, controls, operands) and parameters_good
    if counts_good and node.operands and controls is not None:
        _check_qubits(context, node, operands)


def _is_plain(context: Context, symbol: GateSymbol, node: tree.GateCall) -> bool:
    """Whether the call is right at a glance: literals and single known qubits; most lines of large files are.

    Anything else, right or wrong, takes the long way.
    """
    operands, parameters = node.operands, node.parameters
    if len(operands) != symbol.qubits or len(parameters) != symbol.parameters or node.duration is not None:
        return False
    if symbol.definition is not None and symbol.definition.body is None:
        return False
    for parameter in parameters:
        if type(parameter) is not tree.FloatLiteral and not is_real(infer(context, parameter)[0]):
            return False
    seen: list[tuple[VariableSymbol, int]] = []
    for operand in operands:
        index = 0
        base = operand
        if type(operand) is tree.Index:
            base = operand.base
            item = operand.items[0]
            if type(item) is not tree.IntLiteral or len(operand.items) != 1:
                return False
            index = item.value
        if type(base) is not tree.Name:
            return False
        root = context.lookup(base.name)
        if not isinstance(root, VariableSymbol) or type(root) is AliasSymbol or type(root.type) is not Qubit:
            return False
        size = root.type.size
        if base is operand:
            if size is not None and len(operands) > 1:
                return False
        elif size is None or index >= size:
            return False
        if (root, index) in seen:
            return False
        seen.append((root, index))
        context.used.add(root)
        if context.reporter.references is not None:
            context.use(base)
    if context.measured:
        note_use(context, node, seen)
    return True


def _subroutine_call(context: Context, symbol: SubroutineSymbol, node: tree.GateCall) -> None:
    """`f(a) q, r;`, the older way to write `f(a, q, r);`."""
    if node.modifiers:
        first = node.modifiers[0]
        context.report(
            errors.circuits.InvalidModifier(
                context.span(first), modifier=first.kind, problem="applies to gates, and this is a subroutine"
            )
        )
    call_subroutine(context, symbol, node, [*node.parameters, *node.operands])


def _check_modifiers(context: Context, node: tree.GateCall) -> int | None:
    """The number of controls that the modifiers add; `None` where it is not known."""
    controls: int | None = 0
    if len(node.modifiers) > MOST_CONTROLS:
        span = context.span(node.modifiers[MOST_CONTROLS])
        problem = f"is one of {len(node.modifiers):,} modifiers; a call takes at most {MOST_CONTROLS}"
        context.report(errors.circuits.InvalidModifier(span, modifier=node.modifiers[-1].kind, problem=problem))
        return None
    for modifier in node.modifiers:
        if modifier.kind == "inv":
            continue
        if modifier.kind == "pow":
            _check_power(context, modifier)
            continue
        added = _control_count(context, modifier)
        controls = None if added is None or controls is None else controls + added
    return controls


def _check_power(context: Context, modifier: tree.Modifier) -> None:
    if modifier.argument is None:
        return
    kind, _ = infer(context, modifier.argument)
    if not isinstance(kind, Unknown) and not is_real(kind):
        context.report(
            errors.circuits.InvalidModifier(
                context.span(modifier.argument),
                modifier="pow",
                problem=f"takes a real number, found `{kind}`",
            )
        )


def _control_count(context: Context, modifier: tree.Modifier) -> int | None:
    if modifier.argument is None:
        return 1
    kind, value = infer(context, modifier.argument)
    if isinstance(kind, Unknown):
        return None
    span = context.span(modifier.argument)
    if value is None:
        if not depends_on_parameter(context, modifier.argument):
            context.report(errors.types.NotConstant(span, what="the number of controls"))
        return None
    if not is_integer(value.type) or not 1 <= as_int(value) <= MOST_CONTROLS:
        problem = f"takes a number of controls from 1 to {MOST_CONTROLS}, found {value}"
        if not context.dead:
            context.report(errors.circuits.InvalidModifier(span, modifier=modifier.kind, problem=problem))
        return None
    return as_int(value)


def _check_parameters(context: Context, node: tree.GateCall) -> bool:
    good = True
    for parameter in node.parameters:
        kind, _ = infer(context, parameter)
        if isinstance(kind, Unknown):
            good = False
        elif not is_real(kind):
            context.report(errors.types.TypeMismatch(context.span(parameter), expected="an angle", found=f"`{kind}`"))
            good = False
    return good


def _report_no_gate(context: Context, node: tree.GateCall) -> None:
    name = node.name.name
    symbol = context.lookup(name)
    if isinstance(symbol, BrokenSymbol) or is_phantom(node.name):
        return
    span = context.span(node.name)
    if symbol is not None:
        context.report(
            errors.names.WrongKind(
                span, name=name, found=kind_of(symbol), wanted="a gate", definition=definition_of(symbol)
            )
        )
        return
    if name in context.later:
        if closes_circle(context, name):
            return
        definition = context.span(context.later[name])
        context.report(errors.names.UsedBeforeDefinition(span, name=name, definition=definition))
        return
    if name in context.scope.calibrated:
        construct, instead = f"`{name}`, which only a `defcal` describes,", f"define `{name}` by a `gate`"
        context.report(errors.circuits.NotExecutable(span, construct=construct, instead=instead))
        return
    file = context.offered_gates.get(name)
    if file is not None and not context.scope.torn:
        context.report(_needs_include(context, node, file))
        context.scope.parents.insert(0, standard_gates(file))  # one include mends all gates of the file
        return
    if not _report_type(context, node) and not context.scope.torn:
        hint = _of_this_name(context, node)
        near = None if hint else _nearest_gate(context, node)
        hint = hint if hint or near is not None else elsewhere(name) or _in_library(context, name)
        context.report(errors.names.UnknownGate(span, name=name, suggestion=near, hint=hint))


def _of_this_name(context: Context, node: tree.GateCall) -> str:
    """The import that brings a gate of this very name and shape, unless a gate that is here has the name elsewhere."""
    name = node.name.name
    if context.offered_gates or plain(name) in SYNONYMS:
        return ""
    fits = (plain(name), len(node.parameters), len(node.operands)) in library_gates()
    return _in_library(context, name) if fits else ""


def _in_library(context: Context, name: str) -> str:
    """The import that would bring a gate or subroutine, where imports are allowed."""
    if context.offered_gates:
        return ""
    return library_hint(name, GateSymbol) or library_hint(name, SubroutineSymbol)


def _nearest_gate(context: Context, node: tree.GateCall) -> str | None:
    """The gate that was probably meant; those of the call's shape come first."""
    name, shape = node.name.name, (len(node.parameters), len(node.operands))
    key = (id(context.scope), name, shape, bool(node.modifiers))
    suggestions = context.reporter.suggestions
    if key not in suggestions:
        known = [symbol for symbol in context.scope.visible() if isinstance(symbol, GateSymbol)]
        fitting = [gate.name for gate in known if (gate.parameters, gate.qubits) == shape or node.modifiers]
        names = [*(gate.name for gate in known), *context.offered_gates]
        suggestions[key] = suggest_gate(name, fitting, names)
    return suggestions[key]


def _report_type(context: Context, node: tree.GateCall) -> bool:
    """`qbit q;` declares something with a type that does not exist; its name then means nothing."""
    meant = type_meant(node.name.name)
    if meant is None or node.parameters or node.modifiers or len(node.operands) != 1:
        return False
    declared = node.operands[0]
    if not isinstance(declared, tree.Name) or isinstance(context.lookup(declared.name), VariableSymbol):
        return False
    context.report(errors.names.UnknownType(context.span(node.name), name=node.name.name, suggestion=meant))
    context.frames[-1][declared.name] = BrokenSymbol(declared.name, context.span(declared))
    return True


def _needs_include(context: Context, node: tree.GateCall, file: str) -> "errors.names.GateNeedsInclude":
    end = context.version_end
    place = 0 if end is None else end
    return errors.names.GateNeedsInclude(
        context.span(node.name),
        name=node.name.name,
        file=file,
        insert=Span(context.scope.source, place, place),
        newline_before=end is not None,
    )


def _check_definition(context: Context, symbol: GateSymbol, node: tree.GateCall) -> None:
    if symbol.definition is not None and symbol.definition.body is None:
        context.report(
            errors.circuits.NotExecutable(
                context.span(node.name),
                construct=f"the opaque gate `{symbol.name}`",
                instead=f"define it: `gate {symbol.name} … {{ … }}`",
            )
        )


def _check_counts(
    context: Context,
    symbol: GateSymbol,
    node: tree.GateCall,
    controls: int | None,
    operands: Sequence[Operand | None],
) -> bool:
    good = True
    given = len(operands)
    definition = None if symbol.standard else symbol.span
    if len(node.parameters) != symbol.parameters:
        good = False
        context.report(
            errors.circuits.WrongParameterCount(
                context.span(node.name),
                gate=symbol.name,
                expected=symbol.parameters,
                given=len(node.parameters),
                definition=definition,
                brackets=brackets_of(context, node),
                usage=usage(symbol),
            )
        )
    if controls is not None and given != symbol.qubits + controls:
        good = False
        written = modified_name(context, node)
        context.report(
            errors.circuits.WrongQubitCount(
                context.span(node.name),
                gate=written,
                expected=symbol.qubits + controls,
                given=given,
                definition=definition,
                operands=span_of_all(context, node.operands),
                usage=usage(symbol, written.removesuffix(symbol.name), controls),
                instead=meant(context, symbol, node, operands),
                statement=context.span(node),
            )
        )
    return good


def _check_qubits(context: Context, node: tree.GateCall, operands: Sequence[Operand | None]) -> None:
    found = [operand for operand in operands if operand is not None]
    if not check_broadcast(context, node.name.name, found) or context.dead:
        return
    clash = first_clash(found)
    if clash is not None:
        report_clash(context, modified_name(context, node), *clash)
        return
    note_use(context, node, [wire for operand in found for wire in operand.wires() or ()])
    note_change(context, [operand for operand in found if operand.wires() is None])
    check_in_loops(context, node.name.name, node.operands, found)


def check_single_operand(context: Context, node: tree.Expression) -> Operand | None:
    """An operand of a measurement, reset or barrier, its index tried at the ends of loops too."""
    operand = check_operand(context, node)
    if operand is not None and operand.indices is None and not operand.parts and not context.dead:
        check_in_loops(context, "", [node], [operand])
    return operand
