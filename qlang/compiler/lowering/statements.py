"""Statements of a circuit or subroutine: a table from node to what it appends."""

from collections.abc import Callable, Sequence

from qlang.compiler.lowering import control
from qlang.compiler.lowering.arithmetic import binary
from qlang.compiler.lowering.conversions import convert, zeros
from qlang.compiler.lowering.emitter import Dynamic, place_in
from qlang.compiler.lowering.ending_calls import EndingCall, ending_calls, result_name
from qlang.compiler.lowering.exits import lower_rest
from qlang.compiler.lowering.expansion import expansion
from qlang.compiler.lowering.expressions import assigned, resolved, value
from qlang.compiler.lowering.frame import Frame, Known, Qubits, Variable
from qlang.compiler.lowering.gate_runs import lower_run
from qlang.compiler.lowering.gates import lower_gate
from qlang.compiler.lowering.jumps import returns_early
from qlang.compiler.lowering.levels import FALSE, Level, flag, set_flags
from qlang.compiler.lowering.loops import lower_for
from qlang.compiler.lowering.problems import from_constant, not_executable, within_call
from qlang.compiler.lowering.qubits import is_quantum_operand, operand
from qlang.compiler.lowering.switch import lower_switch
from qlang.compiler.lowering.timing import declare_stretch, lower_box, lower_delay
from qlang.compiler.lowering.views import bind_alias, bind_argument, store
from qlang.ir import circuit
from qlang.ir.spans import CallPlace
from qlang.sema.symbols import SubroutineSymbol
from qlang.sema.types import BIT, Bit, Qubit, Stretch, Void, is_quantum
from qlang.sema.values import Constant, ConstantError, boolean
from qlang.syntax import tree

MOST_CALLS = 1 << 16
"""Most calls and gates that one call of a subroutine may expand to; each takes some ten microseconds."""


def lower_body(frame: Frame, statements: Sequence[tree.Statement]) -> None:
    """Append a body's statements, up to a jump; what follows one that may jump is lowered as `exits` says.

    Raises LoweringError at the first statement that cannot be lowered.
    """
    emitter, skip = frame.emitter, frame.levels[-1].skip
    for place, statement in enumerate(statements):
        if frame.calls:
            emitter.inner = (frame.scope.source, statement.start, statement.end), frame.calls
        else:
            emitter.start, emitter.end = statement.start, statement.end
        if frame.endings.any and (calls := ending_calls(frame, statement)):
            lower_body(frame, [*calls, statement, *statements[place + 1 :]])
            return
        try:
            _HANDLERS.get(type(statement), _unknown)(frame, statement)
        except ConstantError as error:
            raise from_constant(frame, statement, error) from None
        if skip.value is not FALSE:
            lower_rest(frame, statements[place + 1 :], lower_body)
            return


def _unknown(frame: Frame, node: tree.Statement) -> None:
    construct, instead = _NOT_EXECUTABLE.get(type(node), ("this statement", "leave it out"))
    raise not_executable(frame, node, construct, instead)


def _nothing(frame: Frame, node: tree.Statement) -> None:
    """Declarations of other things, and statements without an effect."""


def _declare(frame: Frame, node: tree.ClassicalDeclaration) -> None:
    kind = resolved(frame, node.type)
    if isinstance(kind, Stretch):
        declare_stretch(frame, node.name.name)
        return
    if node.kind == "input" and frame.lookup(node.name.name) is not None:
        return
    known = zeros(kind) if node.value is None else assigned(frame, kind, node.value)
    if node.kind == "const":
        frame.bind(node.name.name, known if isinstance(known, Constant) else Variable(kind, known))
        return
    frame.bind(node.name.name, Variable(kind, known))


def _alias(frame: Frame, node: tree.Alias) -> None:
    if is_quantum_operand(frame, node.value):
        frame.bind(node.name.name, operand(frame, node.value))
    else:
        bind_alias(frame, node.name.name, node.value)


def _measure(frame: Frame, node: tree.MeasureStatement) -> None:
    qubits = operand(frame, node.qubits)
    bits = frame.emitter.measure(tuple(qubits.wires))
    if node.target is not None:
        store(frame, node.target, Dynamic(BIT if qubits.single else Bit(len(qubits.wires)), bits))


def _assign(frame: Frame, node: tree.Assignment) -> None:
    known = value(frame, node.value)
    if node.operator != "=":
        known = binary(frame.emitter, node.operator[:-1], value(frame, node.target), known, frame.scope.version)
    store(frame, node.target, known)


def _reset(frame: Frame, node: tree.Reset) -> None:
    frame.emitter.wired(circuit.ResetOp, tuple(operand(frame, node.qubits).wires))


def _barrier(frame: Frame, node: tree.Barrier) -> None:
    wires = [wire for qubits in node.operands for wire in operand(frame, qubits).wires] or frame.all_wires()
    frame.emitter.wired(circuit.BarrierOp, tuple(wires))


def _box(frame: Frame, node: tree.Box) -> None:
    lower_box(frame, node, lower_body)


def _scope(frame: Frame, node: tree.Scope) -> None:
    control.scoped(frame, node.body.statements, lower_body)


def _block(frame: Frame, node: tree.Annotated) -> None:
    lower_body(frame, [node.statement])


def _expression(frame: Frame, node: tree.ExpressionStatement) -> None:
    if isinstance(node.value, tree.Call):
        symbol = frame.scope.lookup(node.value.callee.name)
        if isinstance(symbol, SubroutineSymbol):
            call_subroutine(frame, symbol, node.value)
            return
    value(frame, node.value)


def _if(frame: Frame, node: tree.If) -> None:
    control.lower_if(frame, node, lower_body)


def _for(frame: Frame, node: tree.For) -> None:
    lower_for(frame, node, lower_body)


def _while(frame: Frame, node: tree.While) -> None:
    control.lower_while(frame, node, lower_body)


def _switch(frame: Frame, node: tree.Switch) -> None:
    lower_switch(frame, node, lower_body)


def _break(frame: Frame, node: tree.Break) -> None:
    set_flags(frame.levels, "break")


def _continue(frame: Frame, node: tree.Continue) -> None:
    set_flags(frame.levels, "continue")


def _end(frame: Frame, node: tree.End) -> None:
    set_flags(frame.levels, "end")


def _return(frame: Frame, node: tree.Return) -> None:
    if node.value is not None:
        level = next(level for level in reversed(frame.levels) if level.body == "subroutine")
        found = value(frame, node.value)
        if level.result is None:
            frame.result = found
        else:
            level.result.value = convert(frame.emitter, level.result.type, found)
    set_flags(frame.levels, "return")


def _evaluate(frame: Frame, node: EndingCall) -> None:
    symbol = frame.scope.lookup(node.call.callee.name)
    assert isinstance(symbol, SubroutineSymbol)
    result = call_subroutine(frame, symbol, node.call)
    frame.bind_value(result_name(node.call), boolean(False) if result is None else result)


def call_subroutine(frame: Frame, symbol: SubroutineSymbol, call: tree.Call) -> Known | None:
    """Lower a subroutine's body in place; its result, if it has one.

    Raises LoweringError for what cannot be executed in it, with the call.
    """
    if frame.depth > 60:
        raise not_executable(frame, call, "calls nested this deep", "recursion has no circuit; use a loop")
    if not frame.depth and expansion(symbol, frame.counts) > MOST_CALLS:
        construct = f"a call that makes more than {MOST_CALLS:,} calls"
        raise not_executable(frame, call, construct, "call what repeats in a loop")
    inner, body = frame.within(symbol.scope), symbol.definition.body
    level = Level("subroutine", flag())
    if not isinstance(symbol.result, Void) and (returns_early(body) or frame.endings.ends(symbol)):
        level.result = Variable(symbol.result, zeros(symbol.result))
    inner.levels.append(level)
    for parameter, argument in zip(symbol.parameters, call.arguments, strict=True):
        if is_quantum(parameter.type):
            single = isinstance(parameter.type, Qubit) and parameter.type.size is None
            inner.bind(parameter.name, Qubits(operand(frame, argument.value).wires, single))
        else:
            bind_argument(frame, inner, parameter, argument.value)
    inner.calls = (CallPlace(symbol.name, place_in(frame.scope.source, call.start, call.end)), *frame.calls)
    statement = frame.emitter.statement
    with within_call(frame, call, symbol.name):
        lower_body(inner, body.statements)
    frame.emitter.go_on_at(statement)
    if level.result is not None:
        return level.result.value
    if inner.result is None or isinstance(symbol.result, Void):
        return None
    return convert(frame.emitter, symbol.result, inner.result)


_NOT_EXECUTABLE: dict[type[tree.Statement], tuple[str, str]] = {}

_HANDLERS: dict[type[tree.Statement], Callable[..., None]] = {
    tree.GateCall: lower_gate,
    tree.GateRun: lower_run,
    tree.MeasureStatement: _measure,
    tree.Reset: _reset,
    tree.Barrier: _barrier,
    tree.Delay: lower_delay,
    tree.Box: _box,
    tree.ClassicalDeclaration: _declare,
    tree.Assignment: _assign,
    tree.Alias: _alias,
    tree.ExpressionStatement: _expression,
    tree.If: _if,
    tree.For: _for,
    tree.While: _while,
    tree.Switch: _switch,
    tree.Scope: _scope,
    tree.Break: _break,
    tree.Continue: _continue,
    tree.End: _end,
    tree.Return: _return,
    EndingCall: _evaluate,
    tree.Annotated: _block,
    tree.QubitDeclaration: _nothing,
    tree.GateDefinition: _nothing,
    tree.SubroutineDefinition: _nothing,
    tree.CircuitDefinition: _nothing,
    tree.ObservableDefinition: _nothing,
    tree.NoiseDefinition: _nothing,
    tree.JobDefinition: _nothing,
    tree.Include: _nothing,
    tree.Import: _nothing,
    tree.Version: _nothing,
    tree.Pragma: _nothing,
    tree.Calibration: _nothing,
    tree.Nop: _nothing,
    tree.ExternDeclaration: _nothing,
}
