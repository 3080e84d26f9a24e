"""A circuit as a Qiskit `QuantumCircuit`: branches and loops stay control flow where Qiskit can say them.

Registers keep their names and order, so qubit k of a register is Qiskit's `register[k]`, and Qiskit's bit strings read
as ours. Parameters become `Parameter`s. A loop whose variable chooses qubits is written out, for Qiskit's cannot.
Qiskit's `U` has no global phase where OpenQASM 3's built-in one has e^{iθ/2}; the difference is added to the circuit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from math import pi
from typing import Any

from qlang.interchange import operators
from qlang.interchange.build_qiskit_expr import Classical
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import value_of, variables_of
from qlang.interchange.names import Names
from qlang.interchange.program import (
    Assign,
    Call,
    Const,
    Declare,
    Element,
    Expr,
    For,
    Gate,
    Idle,
    If,
    Measure,
    Program,
    Run,
    Statement,
    Table,
    Var,
    While,
    Wire,
    WireAt,
)
from qlang.interchange.structure import structured
from qlang.interchange.wires import everything
from qlang.ir.circuit import FuncOp
from qlang.ir.gates import BY_CODE
from qlang.ir.spans import place_of

TARGET = "Qiskit"
MOST_STEPS = 1 << 20
"""Most turns of loops that are written out."""
CLASSES = {
    "id": "IGate",
    "x": "XGate",
    "y": "YGate",
    "z": "ZGate",
    "h": "HGate",
    "s": "SGate",
    "sdg": "SdgGate",
    "t": "TGate",
    "tdg": "TdgGate",
    "sx": "SXGate",
    "sxdg": "SXdgGate",
    "rx": "RXGate",
    "ry": "RYGate",
    "rz": "RZGate",
    "p": "PhaseGate",
    "u": "UGate",
    "U": "UGate",
    "cx": "CXGate",
    "cy": "CYGate",
    "cz": "CZGate",
    "ch": "CHGate",
    "cp": "CPhaseGate",
    "crx": "CRXGate",
    "cry": "CRYGate",
    "crz": "CRZGate",
    "swap": "SwapGate",
    "iswap": "iSwapGate",
    "rxx": "RXXGate",
    "ryy": "RYYGate",
    "rzz": "RZZGate",
    "rzx": "RZXGate",
    "ecr": "ECRGate",
    "ccx": "CCXGate",
    "ccz": "CCZGate",
    "cswap": "CSwapGate",
    "gphase": "GlobalPhaseGate",
    "iswapdg": "XXPlusYYGate",
}
"""Primitive → class in `qiskit.circuit.library`; `iswapdg` is XX+YY by π."""

Number = Any
"""A float, or an expression of Qiskit's parameters: foreign, so untyped."""


def qiskit_circuit(func: FuncOp) -> Any:
    """The `qiskit.QuantumCircuit` of a canonical circuit.

    Raises CannotWrite for what Qiskit cannot say, and ImportError where Qiskit is not installed.
    """
    program = structured(func, TARGET, Names(forbidden=frozenset()))
    builder = _Builder.of(program)
    builder.block(program.body, nested=False)
    return builder.circuit


@dataclass(slots=True)
class _Builder:
    circuit: Any
    library: Any
    parameter: Any
    """Qiskit's class `Parameter`."""
    classical: Classical
    size: int
    known: dict[str, Number] = field(default_factory=dict)
    """Numbers and parameters by variable; what changes while the circuit runs is not among them."""
    changing: frozenset[str] = frozenset()
    """Variables that are assigned after their declaration."""
    unread: Any = None
    steps: int = 0
    gates: dict[tuple[str, tuple[float, ...]], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program) -> _Builder:
        module = import_module("qiskit.circuit")
        quantum = [module.QuantumRegister(size, name) for name, (_, size) in program.registers.items() if size]
        bits = {name: module.ClassicalRegister(size, name) for name, size in program.bits.items() if size}
        circuit = module.QuantumCircuit(*quantum, *bits.values(), name=program.name)
        library = import_module("qiskit.circuit.library")
        found = cls(circuit, library, module.Parameter, Classical(circuit, bits), program.size)
        found.known.update((parameter.name, module.Parameter(parameter.name)) for parameter in program.parameters)
        found.classical.known = found.known
        assigned = [each.target for each in everything(program.body) if isinstance(each, Assign)]
        found.changing = frozenset(target.name for target in assigned if isinstance(target, Var))
        return found

    def refuse(self, statement: Statement, construct: str, instead: str = "") -> CannotWrite:
        place = place_of(statement.origin) if statement.origin is not None else None
        return CannotWrite(TARGET, construct, instead, place=place)

    def number(self, expression: Expr, statement: Statement, what: str) -> Number:
        """A number or an expression of parameters. Raises CannotWrite for what measurements decide."""
        match expression:
            case Const(value=value):
                return value
            case Var(name=name) if name in self.known:
                return self.known[name]
            case Table(values=values):
                return values
            case Element(register=Var(kind="array")) | WireAt() if variables_of(expression) <= self.known.keys():
                return value_of(expression, self.known)
            case Call(operator=operator, operands=operands) if operator in operators.TABLE:
                return _computed(operator, [self.number(operand, statement, what) for operand in operands])
            case _:
                raise self.refuse(statement, f"{what} that is computed while the circuit runs")

    def wire(self, wire: Wire, statement: Statement) -> int:
        if isinstance(wire, int):
            return wire
        number = self.number(wire, statement, "a qubit's index")
        if not isinstance(number, int):
            raise self.refuse(statement, "a qubit chosen by a parameter", "give the parameter a value")
        if not 0 <= number < self.size:
            raise self.refuse(statement, "an index outside of its register")
        return number

    def qubits(self, wires: Iterable[Wire], statement: Statement) -> list[Any]:
        return [self.circuit.qubits[self.wire(wire, statement)] for wire in wires]

    def block(self, statements: Iterable[Statement], *, nested: bool) -> None:
        for statement in statements:
            _WRITERS[type(statement)](self, statement, nested)

    def gate(self, name: str, angles: tuple[Number, ...]) -> Any:
        key = (name, angles)
        if name == "iswapdg":
            angles = (pi,)
        known = self.gates.get(key)
        if known is None:
            known = self.gates[key] = getattr(self.library, CLASSES[name])(*angles)
        return known

    def restore(self, known: Mapping[str, Number]) -> None:
        """Know again what was known before."""
        self.known.clear()
        self.known.update(known)

    def forget(self, statements: Iterable[Statement]) -> None:
        """What a loop or branch may assign is not known any more."""
        for statement in everything(statements):
            if isinstance(statement, Assign) and isinstance(statement.target, Var):
                self.known.pop(statement.target.name, None)


def _computed(operator: str, values: list[Number]) -> Number:
    if all(isinstance(value, (int, float)) for value in values):
        return operators.compute(operator, values)
    if operator in ("float", "floatu"):
        return values[0]
    method = _METHODS.get(operator)
    if method is not None:
        return getattr(values[0], method)()
    if operator in _PARAMETRIC:
        return operators.compute(_PARAMETRIC[operator], values)
    raise CannotWrite(TARGET, f"`{operator}` of a parameter")


_METHODS = {name: name for name in ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "log")}
_PARAMETRIC = {"+": "+.", "-": "-.", "*": "*.", **{name: name for name in ("+.", "-.", "*.", "/.", "**.", "neg")}}


def _run(builder: _Builder, run: Run, nested: bool) -> None:
    circuit, qubits = builder.circuit, builder.circuit.qubits
    for code, wires, angles in run.gates.gates():
        name = BY_CODE[code].name
        _apply(builder, circuit, name, angles, [qubits[wire] for wire in wires], "", nested)


def _gate(builder: _Builder, gate: Gate, nested: bool) -> None:
    angles = tuple(builder.number(angle, gate, "an angle") for angle in gate.angles)
    qubits = builder.qubits(gate.wires, gate)
    if len(set(qubits)) < len(qubits):
        raise builder.refuse(gate, f"`{gate.name}` with the same qubit twice")
    _apply(builder, builder.circuit, gate.name, angles, qubits, gate.controls, nested)


def _apply(
    builder: _Builder,
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


def _measure(builder: _Builder, measure: Measure, nested: bool) -> None:
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


def _idle(builder: _Builder, idle: Idle, nested: bool) -> None:
    qubits = builder.qubits(idle.wires, idle)
    match idle.what:
        case "reset":
            builder.circuit.reset(qubits)
        case "barrier":
            builder.circuit.barrier(*qubits)
        case "delay":
            assert idle.seconds is not None
            builder.circuit.delay(builder.number(idle.seconds, idle, "a duration"), qubits, unit="s")


def _declare(builder: _Builder, declare: Declare, nested: bool) -> None:
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


def _learn(builder: _Builder, variable: Var, value: Expr | None) -> None:
    builder.known.pop(variable.name, None)
    if value is not None and variables_of(value) <= builder.known.keys():
        try:
            builder.known[variable.name] = builder.number(value, Declare(variable, value), "a number")
        except (CannotWrite, ArithmeticError, ValueError):
            return


def _assign(builder: _Builder, assign: Assign, nested: bool) -> None:
    target = assign.target
    if (target if isinstance(target, Var) else target.register).kind == "array":
        raise builder.refuse(assign, "an array that changes while the circuit runs")
    builder.classical.store(assign.target, assign.value, assign)
    if isinstance(assign.target, Var) and assign.target.kind != "bits":
        _learn(builder, assign.target, assign.value)


def _for(builder: _Builder, loop: For, nested: bool) -> None:
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
            case Gate(wires=wires) | Idle(wires=wires):
                read: tuple[Wire | None, ...] = wires
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


def _if(builder: _Builder, branch: If, nested: bool) -> None:
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


def _while(builder: _Builder, loop: While, nested: bool) -> None:
    builder.forget(loop.body)
    condition = builder.classical.condition(loop.condition, loop)
    if condition is False:
        return
    if condition is True:
        raise builder.refuse(loop, "a loop that never ends")
    with builder.circuit.while_loop(condition), builder.classical.block():
        builder.block(loop.body, nested=True)
    builder.forget(loop.body)


_WRITERS: dict[type[Statement], Callable[[_Builder, Any, bool], None]] = {
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
