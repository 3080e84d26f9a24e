"""Statements of bodies: one function for each kind, in one table."""

import re
from collections.abc import Callable, Sequence

from qlang.sema import errors
from qlang.sema.assignments import check_alias, check_assignment, check_declaration, check_qubits
from qlang.sema.casts import assignable
from qlang.sema.context import Context, broken
from qlang.sema.control import check_for, check_if, check_switch, check_while
from qlang.sema.describe import statement_kind
from qlang.sema.gate_runs import check_gate_run
from qlang.sema.gates import check_gate_call, check_single_operand
from qlang.sema.infer import infer
from qlang.sema.measurements import check_measure
from qlang.sema.reachability import ENDING, ends_block
from qlang.sema.reuse import note_reset
from qlang.sema.types import VOID, Duration, Stretch, Unknown, Void
from qlang.syntax import tree

_WORD = re.compile(r"[^\W\d]\w*")
MOST_SKIPPED = 10_000
"""Characters of skipped text in which names are looked for."""
_IN_GATES = (tree.GateCall, tree.GateRun, tree.Barrier, tree.For, tree.Delay, tree.Box, tree.Nop, tree.Scope)


def check_statements(context: Context, statements: Sequence[tree.Statement]) -> None:
    """Check the statements of a block in order, all of them."""
    gate = context.place == "gate"
    jump: tree.Statement | None = None
    for statement in statements:
        if jump is not None and context.reporter.complete:
            rest = context.scope.span(tree.Missing(statement.start, statements[-1].end))
            context.report(errors.warnings.Unreachable(rest, after=context.span(jump)))
            jump = None
        if isinstance(statement, tree.Annotated):
            statement = innermost(statement)
        if gate and not isinstance(statement, _IN_GATES):
            if not isinstance(statement, (tree.ErrorNode, tree.Pragma)):
                _report_in_gate(context, statement)
            continue
        if gate and isinstance(statement, (tree.Delay, tree.Box)) and statement.duration is not None:
            span, instead = context.span(statement), "let a `def` wait, and call the gate"
            context.report(errors.circuits.NotExecutable(span, construct="a time inside a gate", instead=instead))
        _HANDLERS.get(type(statement), _misplaced)(context, statement)
        if type(statement) in ENDING and ends_block(statement) and not _is_stray(context, statement):
            jump = statement


def _report_in_gate(context: Context, statement: tree.Statement) -> None:
    """Report what no gate may contain; a name that it declares has its diagnostic."""
    span = context.span(statement)
    gate, head = context.gate, "def name(qubit q)"
    if gate is not None:
        parameters = [f"float {each.name}" for each in gate.parameters] + [f"qubit {each.name}" for each in gate.qubits]
        head = f"def {gate.name.name}({', '.join(parameters)})"
    place = None if gate is None else context.span(gate.name)
    construct = statement_kind(statement)
    context.report(errors.circuits.OnlyGatesInGate(span, construct=construct, gate=place, head=head))
    name = getattr(statement, "name", None)
    if isinstance(name, tree.Name):
        context.frames[-1].setdefault(name.name, broken(name.name, context.span(name)))


def _is_stray(context: Context, statement: tree.Statement) -> bool:
    """A jump that stands where it cannot, and has its diagnostic."""
    if isinstance(statement, (tree.Break, tree.Continue)):
        return context.loop_depth == 0
    return isinstance(statement, tree.Return) and context.result is None


def innermost(statement: tree.Statement) -> tree.Statement:
    """The statement below its annotations, which change nothing in its meaning."""
    while isinstance(statement, tree.Annotated):
        statement = statement.statement
    return statement


def check_block(context: Context, block: tree.Block) -> None:
    """A block with names of its own."""
    with context.block():
        check_statements(context, block.statements)


def _misplaced(context: Context, node: tree.Statement) -> None:
    context.report(
        errors.circuits.Misplaced(context.span(node), what=statement_kind(node), wanted="the top level of a file")
    )


def _nothing(context: Context, node: tree.Statement) -> None:
    pass


def _skipped(context: Context, node: tree.ErrorNode) -> None:
    """Text that the parser has complained about: what is missing here may be the use, or declaration, of anything."""
    context.reporter.errors += 1
    span = context.span(node)
    for word in _WORD.findall(span.text[:MOST_SKIPPED]):
        if context.lookup(word) is None:
            context.frames[-1][word] = broken(word, span)


def _scope(context: Context, node: tree.Scope) -> None:
    check_block(context, node.body)


def _reset(context: Context, node: tree.Reset) -> None:
    note_reset(context, check_single_operand(context, node.qubits))


def _operands(context: Context, node: tree.Barrier | tree.Nop) -> None:
    for operand in node.operands:
        check_single_operand(context, operand)


def _duration(context: Context, node: tree.Expression | None) -> None:
    if node is None:
        return
    kind, value = infer(context, node)
    if isinstance(kind, (Unknown, Stretch)):
        return
    if not isinstance(kind, Duration):
        if context.is_cut_short(node):
            return
        append = "ns" if isinstance(node, (tree.IntLiteral, tree.FloatLiteral)) else None
        context.report(
            errors.types.WrongUnit(
                context.span(node),
                what="a duration",
                wanted="a time",
                found="a plain number" if append else f"`{kind}`",
                units=("ns", "us", "ms", "s", "dt"),
                append=append,
            )
        )
    elif value is not None and isinstance(value.value, float) and value.value < 0:
        context.report(
            errors.types.OutOfBounds(context.span(node), what="a duration", wanted="0 or more", found=str(value))
        )


def _delay(context: Context, node: tree.Delay) -> None:
    _duration(context, node.duration)
    for operand in node.operands:
        check_single_operand(context, operand)


def _box(context: Context, node: tree.Box) -> None:
    _duration(context, node.duration)
    check_block(context, node.body)


def _expression(context: Context, node: tree.ExpressionStatement) -> None:
    """A call of a subroutine may stand alone; any other value is for nothing."""
    value = node.value
    kind, _ = infer(context, value)
    if isinstance(kind, Unknown) or isinstance(value, (tree.Measurement, tree.Missing)):
        return
    if isinstance(value, tree.Call) and context.lookup(value.callee.name) is not None:
        return
    if not context.reporter.complete:  # the rest of a statement that was not understood
        return
    equals = None
    if isinstance(value, tree.BinaryOp) and value.operator == "==":
        between = context.scope.source.text.find("==", value.left.end, value.right.start)
        equals = None if between < 0 else context.scope.span(tree.Missing(between, between + 2))
    context.report(errors.dead_code.NoEffect(context.span(value), equals=equals))


def _jump(context: Context, node: tree.Break | tree.Continue) -> None:
    if context.loop_depth == 0:
        context.report(errors.circuits.Misplaced(context.span(node), what=statement_kind(node), wanted="a loop"))
    context.jump()


def _end(context: Context, node: tree.End) -> None:
    context.jump()


def _return(context: Context, node: tree.Return) -> None:
    context.jump()
    if context.result is None:
        context.report(errors.circuits.Misplaced(context.span(node), what="a `return`", wanted="a subroutine"))
        return
    kind = VOID if node.value is None else infer(context, node.value)[0]
    if isinstance(kind, Unknown) or (isinstance(kind, Void) and isinstance(context.result, Void)):
        return
    if not assignable(context.result, kind):
        context.report(
            errors.types.TypeMismatch(
                context.span(node if node.value is None else node.value),
                expected="nothing" if isinstance(context.result, Void) else f"`{context.result}`",
                found="nothing" if isinstance(kind, Void) else f"`{kind}`",
                reason=context.promised,
                reason_text="promised here",
            )
        )


def _calibration(context: Context, node: tree.Calibration) -> None:
    """Pulses are kept as text; what they calibrate keeps the meaning that its definition gives."""
    if node.kind == "defcalgrammar":
        return
    match = _CALIBRATED.match(node.text)
    gate = match[1] if match else None
    if gate is not None and gate not in ("measure", "reset", "delay"):
        context.scope.calibrated.add(gate)
    what = f"this `{node.kind}`" if gate is None else f"the `{node.kind}` of `{gate}`"
    context.report(errors.pulses.CalibrationNotUsed(context.span(node), what=what, gate=gate))


_CALIBRATED = re.compile(r"\s*defcal\s+(\w+)")


_HANDLERS: dict[type[tree.Statement], Callable[..., None]] = {
    tree.GateCall: check_gate_call,
    tree.GateRun: check_gate_run,
    tree.MeasureStatement: check_measure,
    tree.Reset: _reset,
    tree.Barrier: _operands,
    tree.Nop: _operands,
    tree.Delay: _delay,
    tree.Box: _box,
    tree.QubitDeclaration: check_qubits,
    tree.ClassicalDeclaration: check_declaration,
    tree.Alias: check_alias,
    tree.Assignment: check_assignment,
    tree.ExpressionStatement: _expression,
    tree.If: check_if,
    tree.For: check_for,
    tree.While: check_while,
    tree.Switch: check_switch,
    tree.Scope: _scope,
    tree.Break: _jump,
    tree.Continue: _jump,
    tree.End: _end,
    tree.Return: _return,
    tree.Calibration: _calibration,
    tree.Pragma: _nothing,
    tree.ErrorNode: _skipped,
}
