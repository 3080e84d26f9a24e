"""A circuit as a Qiskit `QuantumCircuit`: branches and loops stay control flow where Qiskit can say them.

Registers keep their names and order, so qubit k of a register is Qiskit's `register[k]`, and Qiskit's bit strings read
as ours. Parameters become `Parameter`s. A loop whose variable chooses qubits is written out, for Qiskit's cannot.
Qiskit's `U` has no global phase where OpenQASM 3's built-in one has e^{iθ/2}; the difference is added to the circuit.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from qlang.interchange.build_qiskit_parts import TARGET, Builder, Number, Writer
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import indices_in, variables_of
from qlang.interchange.flatten import Step, flat
from qlang.interchange.names import Names
from qlang.interchange.program import (
    Assign,
    Const,
    Declare,
    Expr,
    For,
    Gate,
    Idle,
    If,
    Measure,
    Program,
    Run,
    Statement,
    Var,
    While,
    Wire,
)
from qlang.interchange.structure import structured
from qlang.interchange.wires import everything
from qlang.ir.circuit import FuncOp
from qlang.ir.gates import BY_CODE

MOST_STEPS = 1 << 20
"""Most turns of loops that are written out."""


def qiskit_circuit(func: FuncOp) -> Any:
    """The `qiskit.QuantumCircuit` of a canonical circuit.

    Raises CannotWrite for what Qiskit cannot say, and ImportError where Qiskit is not installed.
    """
    program = structured(func, TARGET, Names(forbidden=frozenset()))
    builder = Builder.of(program, _WRITERS)
    try:
        builder.block(program.body, nested=False)
    except CannotWrite as refusal:
        return _written_out(program, refusal)
    return builder.circuit


def _written_out(program: Program, refusal: CannotWrite) -> Any:
    """The circuit with its loops written out and its variables computed, for one that Qiskit cannot say otherwise.

    Raises the refusal where that needs more than gates, measurements and resets.
    """
    builder = Builder.of(program, _WRITERS)
    for each in everything(program.body):
        if isinstance(each, Declare) and each.variable.kind == "bits":
            builder.classical.add_register(each.variable.name, each.variable.size)
    try:
        for step in flat(program, TARGET):
            if step.conditions or step.what == "assign":
                raise refusal
            _step(builder, step)
    except CannotWrite:
        raise refusal from None
    return builder.circuit


def _step(builder: Builder, step: Step) -> None:
    """A step with everything known."""
    wires = tuple(step.wires)
    match step.what:
        case "measure" if step.bits:
            for wire, (register, index) in zip(wires, step.bits, strict=True):
                builder.circuit.measure(wire, builder.classical.registers[register][index])
        case "measure":
            _measure(builder, Measure(wires, None, Const(0, "int")), False)
        case "reset" | "barrier":
            _idle(builder, Idle(step.what, wires), False)
        case "delay":
            _idle(builder, Idle("delay", wires, Const(step.angles[0], "float")), False)
        case name:
            qubits = [builder.circuit.qubits[wire] for wire in wires]
            _apply(builder, builder.circuit, name, step.angles, qubits, step.controls, False)


def _run(builder: Builder, run: Run, nested: bool) -> None:
    circuit, qubits = builder.circuit, builder.circuit.qubits
    for code, wires, angles in run.gates.gates():
        name = BY_CODE[code].name
        _apply(builder, circuit, name, angles, [qubits[wire] for wire in wires], "", nested)


def _gate(builder: Builder, gate: Gate, nested: bool) -> None:
    angles = tuple(builder.number(angle, gate, "an angle") for angle in gate.angles)
    qubits = builder.qubits(gate.wires, gate)
    if len(set(qubits)) < len(qubits):
        raise builder.refuse(gate, f"`{gate.name}` with the same qubit twice")
    _apply(builder, builder.circuit, gate.name, angles, qubits, gate.controls, nested)


def _apply(
    builder: Builder,
    circuit: Any,
    name: str,
    angles: tuple[Number, ...],
    qubits: list[Any],
    controls: str,
    nested: bool,
) -> None:
    if name == "gphase" and not controls and not nested:
        circuit.global_phase += angles[0]
        return
    if name == "U" and angles[0] != 0:
        _apply(builder, circuit, "gphase", (angles[0] / 2,), qubits[: len(controls)], controls, nested)
    if name == "gphase" and controls:  # the phase gate on the last control is the same
        value, controls = controls[-1], controls[:-1]
        if value == "0":
            circuit.x(qubits[-1])
        _apply(builder, circuit, "p", angles, qubits, controls, nested)
        if value == "0":
            circuit.x(qubits[-1])
        return
    gate = builder.gate(name, angles)
    if controls:
        gate = gate.control(len(controls), ctrl_state=controls[::-1], annotated=False)
    circuit.append(gate, qubits, copy=False)


def _measure(builder: Builder, measure: Measure, nested: bool) -> None:
    circuit, qubits = builder.circuit, builder.qubits(measure.wires, measure)
    if measure.register is None:
        if builder.unread is None:
            builder.unread = builder.classical.add_register("unread", len(circuit.qubits))
        bits = [builder.unread[circuit.find_bit(qubit).index] for qubit in qubits]
    else:
        register = builder.classical.registers[measure.register.name]
        first = builder.number(measure.first, measure, "the index of a bit")
        if not isinstance(first, int) or not 0 <= first <= len(register) - len(qubits):
            raise builder.refuse(measure, "a bit chosen by a parameter or outside of its register")
        bits = [register[first + k] for k in range(len(qubits))]
    circuit.measure(qubits, bits)


def _idle(builder: Builder, idle: Idle, nested: bool) -> None:
    qubits = builder.qubits(idle.wires, idle)
    match idle.what:
        case "reset":
            builder.circuit.reset(qubits)
        case "barrier":
            builder.circuit.barrier(*qubits)
        case "delay":
            assert idle.seconds is not None
            builder.circuit.delay(builder.number(idle.seconds, idle, "a duration"), qubits, unit="s")


def _declare(builder: Builder, declare: Declare, nested: bool) -> None:
    variable, value = declare.variable, declare.value
    if variable.kind == "bits":
        if nested or builder.classical.open_blocks or variable.name not in builder.classical.registers:
            builder.classical.add_register(variable.name, variable.size)
        if value is not None and (nested or value != Const(0, "bits", variable.size)):
            builder.classical.store(variable, value, declare)
        return
    _learn(builder, variable, value)
    if variable.kind == "array":
        return
    if variable.name in builder.changing or variable.name not in builder.known:
        builder.classical.declare(variable, value, declare)


def _learn(builder: Builder, variable: Var, value: Expr | None) -> None:
    """Keep the number or expression of parameters that a variable has, where it has one."""
    known = None
    if value is not None and variables_of(value) <= builder.known.keys():
        with suppress(CannotWrite, ArithmeticError, ValueError):
            known = builder.number(value, Declare(variable, value), "a number")
    if known is None:
        builder.known.pop(variable.name, None)
    else:
        builder.known[variable.name] = known


def _assign(builder: Builder, assign: Assign, nested: bool) -> None:
    target = assign.target
    if (target if isinstance(target, Var) else target.register).kind == "array":
        raise builder.refuse(assign, "an array that changes while the circuit runs")
    builder.classical.store(assign.target, assign.value, assign)
    if isinstance(assign.target, Var) and assign.target.kind != "bits":
        _learn(builder, assign.target, assign.value)


def _for(builder: Builder, loop: For, nested: bool) -> None:
    bounds = [builder.number(each, loop, "the range of a loop") for each in (loop.first, loop.stop, loop.step)]
    if not all(isinstance(bound, int) for bound in bounds):
        raise builder.refuse(loop, "a loop whose range is a parameter", "give the parameter a value")
    turns, name = range(*bounds), loop.variable.name
    builder.forget(loop.body)
    if not _chooses(loop.body, name):
        parameter = builder.parameter(name)
        builder.known[name] = parameter
        used = any(name in _angle_variables(statement) for statement in everything(loop.body))
        with builder.circuit.for_loop(turns, parameter if used else None), builder.classical.block():
            builder.block(loop.body, nested=True)
        return
    for value in turns:
        builder.steps += 1
        if builder.steps > MOST_STEPS:
            raise builder.refuse(loop, f"a loop over qubits that is longer than {MOST_STEPS} turns")
        builder.known[name] = value
        builder.block(loop.body, nested=nested)


def _angle_variables(statement: Statement) -> set[str]:
    return set().union(*map(variables_of, statement.angles)) if isinstance(statement, Gate) else set()


def _chooses(statements: Iterable[Statement], name: str) -> bool:
    """Whether a loop's variable is used for anything but angles: Qiskit has it in those only."""
    for statement in everything(statements):
        match statement:
            case Gate(wires=wires, angles=angles):
                read: tuple[Wire | None, ...] = (*wires, *(index for angle in angles for index in indices_in(angle)))
            case Idle(wires=wires):
                read = wires
            case Measure(wires=wires, first=first):
                read = (*wires, first)
            case Assign(target=target, value=value):
                read = (target, value)
            case Declare(value=value):
                read = (value,)
            case If(condition=condition) | While(condition=condition):
                read = (condition,)
            case For(first=first, stop=stop, step=step):
                read = (first, stop, step)
            case _:
                continue
        if any(name in variables_of(each) for each in read if each is not None and not isinstance(each, int)):
            return True
    return False


def _if(builder: Builder, branch: If, nested: bool) -> None:
    if not branch.then and not branch.otherwise:
        return
    condition = builder.classical.condition(branch.condition, branch)
    if isinstance(condition, bool):
        builder.block(branch.then if condition else branch.otherwise, nested=nested)
        return
    before = dict(builder.known)
    with builder.circuit.if_test(condition) as otherwise, builder.classical.block():
        builder.block(branch.then, nested=True)
    if branch.otherwise:
        builder.restore(before)
        with otherwise, builder.classical.block():
            builder.block(branch.otherwise, nested=True)
    builder.restore(before)
    builder.forget((*branch.then, *branch.otherwise))


def _while(builder: Builder, loop: While, nested: bool) -> None:
    builder.forget(loop.body)
    condition = builder.classical.condition(loop.condition, loop)
    if condition is False:
        return
    if condition is True:
        raise builder.refuse(loop, "a loop that never ends")
    with builder.circuit.while_loop(condition), builder.classical.block():
        builder.block(loop.body, nested=True)
    builder.forget(loop.body)


_WRITERS: dict[type[Statement], Writer] = {
    Run: _run,
    Gate: _gate,
    Measure: _measure,
    Idle: _idle,
    Declare: _declare,
    Assign: _assign,
    For: _for,
    If: _if,
    While: _while,
}
