"""Gate calls: standard gates become primitives, defined gates are expanded, modifiers and broadcasts applied."""

from collections.abc import Iterator, Sequence
from itertools import islice

from xdsl.ir import SSAValue

from qlang.compiler.lowering import modifiers
from qlang.compiler.lowering.assigned import call_of
from qlang.compiler.lowering.conversions import real
from qlang.compiler.lowering.expansion import expansion
from qlang.compiler.lowering.expressions import names, resolved, value
from qlang.compiler.lowering.frame import Frame, Known, LoweringError, Qubits, Wire
from qlang.compiler.lowering.modifiers import CannotModify, Step
from qlang.compiler.lowering.problems import not_executable, within_call
from qlang.compiler.lowering.qubits import operand
from qlang.ir.gates import BY_NAME, Primitive
from qlang.sema import errors
from qlang.sema.casts import cast
from qlang.sema.constants import listed, range_of
from qlang.sema.control_operands import control_registers
from qlang.sema.symbols import GateSymbol, SubroutineSymbol
from qlang.sema.values import Constant, as_float, as_int, integer
from qlang.syntax import tree
from qlang.syntax.gate_runs import gate_calls

SYNONYMS = {"CX": "cx", "phase": "p", "cphase": "cp", "u1": "p", "cu1": "cp"}
"""Standard gates that are primitives under another name."""
LONGEST_EXPANSION = 1 << 20
"""Most primitives that one gate call may expand to."""


def lower_gate(frame: Frame, call: tree.GateCall) -> None:
    """Append a gate call, broadcast over registers.

    Raises LoweringError.
    """
    primitive = primitive_of(frame, call.name.name)
    if primitive is not None and not call.modifiers and _simple(frame, call, primitive):
        return
    if primitive is None and _called(frame, call):
        return
    parameters = tuple(value(frame, parameter) for parameter in call.parameters)
    operands = [operand(frame, node) for node in call.operands]
    if primitive is not None and not call.modifiers and primitive.qubits == 1 and not operands[0].single:
        _each(frame, primitive, parameters, operands[0])
        return
    if call.modifiers:
        operands = _spread(frame, call, operands)
    for wires in broadcast(frame, call, operands):
        for step in _expanded_call(frame, call, parameters, wires):
            emit(frame, step)


def _called(frame: Frame, call: tree.GateCall) -> bool:
    """Whether the call is of a subroutine, `f(a) q, r;` for `f(a, q, r);`, which is lowered then."""
    symbol = frame.scope.lookup(call.name.name)
    if not isinstance(symbol, SubroutineSymbol) or frame.call is None:
        return False
    frame.call(frame, symbol, call_of(call))
    return True


def _spread(frame: Frame, call: tree.GateCall, operands: list[Qubits]) -> list[Qubits]:
    """The operands with registers that stand for the controls of `ctrl(k)` as single qubits."""
    counts = [_count(frame, modifier) for modifier in call.modifiers if modifier.kind in ("ctrl", "negctrl")]
    sizes = [None if qubits.single else len(qubits.wires) for qubits in operands]
    primitive, symbol = primitive_of(frame, call.name.name), frame.scope.lookup(call.name.name)
    qubits = primitive.qubits if primitive is not None else symbol.qubits if isinstance(symbol, GateSymbol) else 0
    places = control_registers(counts, sizes, qubits)
    return [
        part
        for place, each in enumerate(operands)
        for part in ([Qubits((wire,), single=True) for wire in each.wires] if place in places else [each])
    ]


def primitive_of(frame: Frame, name: str) -> Primitive | None:
    """The primitive that a name stands for, unless the program defines a gate of that name itself."""
    found = frame.primitives.get(name)
    if found is None:
        symbol = frame.scope.lookup(name)
        known = isinstance(symbol, GateSymbol) and symbol.standard
        found = BY_NAME.get(SYNONYMS.get(name, name)) if known else None
        frame.primitives[name] = found or False
    return found or None


def _simple(frame: Frame, call: tree.GateCall, primitive: Primitive) -> bool:
    """The common case, on constant single wires with constant parameters; `False` where it is another."""
    wires: list[int] = []
    for node in call.operands:
        qubits = operand(frame, node)
        if not qubits.single or not isinstance(qubits.wires[0], int):
            return False
        wires.append(qubits.wires[0])
    angles: list[float] = []
    for parameter in call.parameters:
        if isinstance(parameter, tree.FloatLiteral):
            angles.append(parameter.value)
            continue
        known = value(frame, parameter)
        if not isinstance(known, Constant):
            return False
        angles.append(as_float(known))
    if len(wires) > 1 and len(set(wires)) < len(wires):
        raise _same_qubit(frame, call)
    frame.emitter.gate(primitive.code, wires, angles)
    return True


def _each(frame: Frame, primitive: Primitive, parameters: tuple[Known, ...], qubits: Qubits) -> None:
    """A one-qubit primitive on every qubit of a register."""
    if all(isinstance(parameter, Constant) for parameter in parameters) and isinstance(qubits.wires, range):
        angles = [as_float(parameter) for parameter in parameters if isinstance(parameter, Constant)]
        for wire in qubits.wires:
            frame.emitter.gate(primitive.code, (wire,), angles)
        return
    angles_at_run_time = [real(frame.emitter, parameter) for parameter in parameters]
    frame.emitter.each(primitive.code, tuple(qubits.wires), angles_at_run_time)


def broadcast(frame: Frame, call: tree.GateCall, operands: Sequence[Qubits]) -> Iterator[tuple[Wire, ...]]:
    """The wires of each application: registers step together, single qubits are repeated."""
    sizes = {len(qubits.wires) for qubits in operands if not qubits.single}
    if len(sizes) > 1:
        raise not_executable(frame, call, "a gate on registers of different sizes", "use registers of one size")
    for position in range(sizes.pop() if sizes else 1):
        wires = tuple(q.wires[0] if q.single else q.wires[position] for q in operands)
        if len(set(wires)) < len(wires):
            raise _same_qubit(frame, call)
        yield wires


def _same_qubit(frame: Frame, call: tree.GateCall) -> LoweringError:
    first, last = call.operands[0], call.operands[-1]
    text = frame.span(last).text
    return LoweringError(
        errors.qubits.SameQubitTwice(frame.span(last), gate=call.name.name, qubit=text, first=frame.span(first))
    )


def _expanded_call(
    frame: Frame, call: tree.GateCall, parameters: tuple[Known, ...], wires: tuple[Wire, ...]
) -> list[Step]:
    """A call with its modifiers, as primitives."""
    controlling = [modifier for modifier in call.modifiers if modifier.kind in ("ctrl", "negctrl")]
    taken = sum(_count(frame, modifier) for modifier in controlling)
    steps = expand(frame, call, call.name.name, parameters, wires[taken:])
    position = taken
    for modifier in reversed(call.modifiers):
        match modifier.kind:
            case "inv":
                steps = modifiers.inverted(frame.emitter, steps)
            case "pow":
                steps = _power(frame, call, modifier, steps)
            case kind:
                for _ in range(_count(frame, modifier)):
                    position -= 1
                    steps = modifiers.controlled(steps, wires[position], "1" if kind == "ctrl" else "0")
    return steps


def _count(frame: Frame, modifier: tree.Modifier) -> int:
    if modifier.argument is None:
        return 1
    count = value(frame, modifier.argument)
    if not isinstance(count, Constant):
        raise not_executable(frame, modifier, "a number of controls known only at run time", "use a constant")
    return as_int(count)


def _power(frame: Frame, call: tree.GateCall, modifier: tree.Modifier, steps: list[Step]) -> list[Step]:
    assert modifier.argument is not None
    try:
        return modifiers.power(frame.emitter, steps, value(frame, modifier.argument), frame.scope.version)
    except CannotModify as reason:
        raise not_executable(frame, call, str(reason), "use a rotation with the angle computed") from None


def expand(
    frame: Frame, call: tree.GateCall, name: str, parameters: tuple[Known, ...], wires: tuple[Wire, ...]
) -> list[Step]:
    """A gate as primitives, following definitions down.

    Raises LoweringError where a definition is missing or too large.
    """
    primitive = primitive_of(frame, name)
    if primitive is not None:
        return [Step(primitive, parameters, wires)]
    symbol = frame.scope.lookup(name)
    if not isinstance(symbol, GateSymbol) or symbol.definition is None or symbol.definition.body is None:
        raise not_executable(frame, call, f"the opaque gate `{name}`", "define it in terms of other gates")
    if frame.depth > 60:
        raise not_executable(frame, call, "gate definitions nested this deep", "flatten the definitions")
    if not frame.depth and expansion(symbol, frame.counts) > LONGEST_EXPANSION:
        raise _too_long(frame, call)
    inner = frame.within(symbol.scope)
    definition = symbol.definition
    assert definition.body is not None
    for parameter, known in zip(definition.parameters, parameters, strict=True):
        inner.bind_value(parameter.name, known)
    for qubit, wire in zip(definition.qubits, wires, strict=True):
        inner.bind(qubit.name, Qubits((wire,), single=True))
    with within_call(frame, call, name):
        steps = list(islice(_body(inner, definition.body.statements), LONGEST_EXPANSION + 1))
    if len(steps) > LONGEST_EXPANSION:
        raise _too_long(frame, call)
    return steps


def _too_long(frame: Frame, call: tree.GateCall) -> LoweringError:
    return not_executable(frame, call, f"a gate of more than {LONGEST_EXPANSION:,} primitives", "use a circuit")


def _body(frame: Frame, statements: Sequence[tree.Statement]) -> Iterator[Step]:
    """The primitives of a gate's body: calls, constant loops; barriers order nothing inside a gate."""
    for statement in statements:
        match statement:
            case tree.GateCall():
                parameters = tuple(value(frame, parameter) for parameter in statement.parameters)
                operands = [operand(frame, node) for node in statement.operands]
                for wires in broadcast(frame, statement, operands):
                    yield from _expanded_call(frame, statement, parameters, wires)
            case tree.GateRun():
                yield from _body(frame, gate_calls(statement))
            case tree.For(domain=tree.Range() | tree.IndexSet() as domain):
                kind = resolved(frame, statement.type)
                for index in _numbers(frame, domain):
                    frame.scopes.append({})
                    frame.bind_value(statement.variable.name, cast(kind, integer(index)), kind)
                    yield from _body(frame, statement.body.statements)
                    frame.scopes.pop()
            case tree.Scope(body=body) | tree.Box(duration=None, body=body):
                frame.scopes.append({})
                yield from _body(frame, body.statements)
                frame.scopes.pop()
            case tree.Annotated(statement=inner):
                yield from _body(frame, [inner])
            case tree.Barrier() | tree.Nop():
                continue
            case _:
                raise not_executable(frame, statement, "this statement inside a gate", "use a `def` or a circuit")


def _numbers(frame: Frame, domain: tree.Range | tree.IndexSet) -> Sequence[int]:
    if isinstance(domain, tree.Range):
        span = range_of(domain, None, names(frame), frame.scope.version)
        if len(span) > LONGEST_EXPANSION:
            construct = f"a loop of more than {LONGEST_EXPANSION} iterations inside a gate"
            raise not_executable(frame, domain, construct, "use a `def` or a circuit")
        return span
    return listed(domain, None, names(frame), frame.scope.version)


def emit(frame: Frame, step: Step) -> None:
    """Append one primitive: packed where everything is constant."""
    emitter = frame.emitter
    known = not step.controls and all(isinstance(parameter, Constant) for parameter in step.parameters)
    if known and all(isinstance(wire, int) for wire in step.wires):
        angles = [as_float(parameter) for parameter in step.parameters if isinstance(parameter, Constant)]
        emitter.gate(step.primitive.code, [wire for wire in step.wires if isinstance(wire, int)], angles)
        return
    angles_at_run_time: list[SSAValue] = [real(emitter, parameter) for parameter in step.parameters]
    emitter.gate_operation(step.primitive.code, step.wires, angles_at_run_time, step.controls)
