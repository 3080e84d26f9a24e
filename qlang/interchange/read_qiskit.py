"""Qiskit circuits as OpenQASM 3.

Qubit k of a register stays qubit k, clbit k stays bit k; bit strings read the same on both sides. Standard gates keep
their names, controls become modifiers (`ctrl_state` too), other gates a `gate` definition with Qiskit's own body.
Instructions that are no gates (`Initialize`, circuits with measurements) are written out in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from qlang.interchange.errors import CannotRead
from qlang.interchange.read_qiskit_control import CONTROL_FLOW
from qlang.interchange.read_qiskit_expr import Classical
from qlang.interchange.spelling import modifiers
from qlang.interchange.symbols import symbolic_text
from qlang.interchange.text import DEEPEST, Read, TextWriter, quoted

FRAMEWORK = "Qiskit"
Foreign = Any
"""An object of Qiskit's: it is not imported here, so untyped."""

GATES = {
    **{name: name for name in "id x y z h s sdg t tdg sx sxdg rx ry rz p u r cx cy cz ch cp crx cry crz cu".split()},  # noqa: SIM905  # reads better
    **{name: name for name in "swap iswap dcx ecr rxx ryy rzz rzx ccx ccz cswap rccx".split()},  # noqa: SIM905  # as above
    "rcccx": "rc3x",
    "u1": "p",
    "u3": "u",
    "cu1": "cp",
    "global_phase": "gphase",
}
"""Qiskit's standard gate → ours, with the same parameters and qubits."""
_PARAMETERS = {"u": 3, "u3": 3}


def read_qiskit(circuit: Foreign) -> Read:
    """The text of a `qiskit.QuantumCircuit`.

    Unbound parameters become parameters of the program. Raises CannotRead, which names the instruction.
    """
    reader = Reader(TextWriter(FRAMEWORK))
    for parameter in circuit.parameters:
        reader.parameters[parameter.name] = reader.writer.parameter(parameter.name)
    qubits = reader.registers("qubit", circuit.qubits, circuit.qregs, "q")
    bits = reader.registers("bit", circuit.clbits, circuit.cregs, "c")
    reader.classical = Classical(reader.writer, reader.value)
    reader.classical.declare_variables(circuit)
    reader.phase(circuit.global_phase)
    reader.block(circuit, qubits, bits)
    return Read(f"<qiskit {quoted(str(circuit.name))[1:-1]}>", reader.writer.text())


@dataclass(slots=True)
class Reader:
    """One circuit on its way into text."""

    writer: TextWriter
    parameters: dict[str, str] = field(default_factory=dict)
    """Parameter's name → ours, loop parameters included."""
    classical: Classical = field(init=False)
    spelled: dict[Any, str] = field(default_factory=dict)
    depth: int = 0

    def registers(self, kind: str, bits: Sequence[Foreign], registers: Sequence[Foreign], fallback: str) -> list[str]:
        """Declare registers in the order of their bits; the texts of all bits. Bits of no register get one together.

        Raises CannotRead for a register of bits that is not its own run of bits: its histogram would be lost.
        """
        names: list[str] = []
        declared: list[Foreign] = []
        starts = {register[0]: register for register in reversed(list(registers)) if len(register)}
        known = [self._starting(starts.get(bit), bits, position) for position, bit in enumerate(bits)]
        while len(names) < len(bits):
            position = len(names)
            size = known[position]
            wanted = starts[bits[position]].name if size else f"loose_{fallback}"
            if size:
                declared.append(starts[bits[position]])
            else:  # bits of no register, up to the next register
                size = next((k for k, other in enumerate(known[position:]) if other), len(bits) - position)
            name = self.writer.register(kind, wanted, size, fallback)
            names.extend(f"{name}[{k}]" for k in range(size))
        lost = next((register for register in registers if len(register) and register not in declared), None)
        if kind == "bit" and lost is not None:
            raise CannotRead(FRAMEWORK, f"classical register `{lost.name}`, whose bits stand in other registers too")
        return names

    def _starting(self, register: Foreign, bits: Sequence[Foreign], position: int) -> int:
        """The size of the register that begins at a position, 0 where its bits do not stand there in order."""
        size = len(register) if register is not None else 0
        return size if size and list(register) == list(bits[position : position + size]) else 0

    def value(self, parameter: Foreign, what: str) -> str:
        """A gate's parameter as text."""
        if getattr(parameter, "parameters", None):
            return symbolic_text(parameter.sympify(), lambda name: self.parameters[name], FRAMEWORK)
        try:
            number = complex(parameter)
        except (TypeError, ValueError):
            raise CannotRead(FRAMEWORK, f"{what}, which is no number") from None
        if number.imag:
            raise CannotRead(FRAMEWORK, f"{what}, which is complex")
        return self.writer.angle(number.real, what)

    def phase(self, phase: Foreign) -> None:
        if getattr(phase, "parameters", None) or float(phase) != 0:
            self.writer.line(f"gphase({self.value(phase, 'the global phase')});")

    def block(self, circuit: Foreign, qubits: list[str], bits: list[str]) -> None:
        """The instructions of a circuit whose qubits and clbits have these texts."""
        qubit_of = dict(zip(circuit.qubits, qubits, strict=True))
        bit_of = dict(zip(circuit.clbits, bits, strict=True))
        line = self.writer.line
        for instruction in circuit.data:
            operation = instruction.operation
            operands = [qubit_of[qubit] for qubit in instruction.qubits]
            special = _STATEMENTS.get(operation.name)
            if special is not None and not getattr(operation, "_standard_gate", None):
                special(self, operation, operands, [bit_of[bit] for bit in instruction.clbits], circuit, bit_of)
                continue
            if getattr(operation, "definition", None) is not None and not is_gate(operation):
                self.written_out(operation, operands, [bit_of[bit] for bit in instruction.clbits])
                continue
            if instruction.clbits:
                raise CannotRead(FRAMEWORK, f"the instruction `{operation.name}`")
            call = self.call(operation)
            joined = ", ".join(operands)
            line(f"{call} {joined};" if joined else f"{call};")

    def written_out(self, operation: Foreign, qubits: list[str], bits: list[str]) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise CannotRead(FRAMEWORK, f"definitions nested deeper than {DEEPEST} levels", "decompose the circuit")
        definition = operation.definition
        self.phase(definition.global_phase)
        self.block(definition, qubits, bits)
        self.depth -= 1

    def call(self, operation: Foreign) -> str:
        """A gate call without its operands."""
        key = (operation.name, tuple(operation.params)) if getattr(operation, "_standard_gate", None) else None
        if key is not None and (known := self.spelled.get(key)) is not None:
            return known
        call = self.spell(operation)
        if key is not None and not any(getattr(p, "parameters", None) for p in operation.params):
            self.spelled[key] = call
        return call

    def spell(self, operation: Foreign) -> str:
        name, params = operation.name, getattr(operation, "params", ())
        what = f"a parameter of `{name}`"
        controls = getattr(operation, "num_ctrl_qubits", 0)
        base = getattr(operation, "base_gate", None)
        if base is not None and controls:
            state = format(operation.ctrl_state, f"0{controls}b")[::-1]
            standard = getattr(operation, "_standard_gate", None) is not None and "0" not in state
            if len(base.params) > _PARAMETERS.get(base.name, len(base.params)):
                return self.defined(operation)  # a controlled CU keeps the phase of its U
            if standard and name in GATES:
                return self.writer.spelling(GATES[name], [self.value(p, what) for p in params])
            if len(params) != len(base.params):
                return self.defined(operation)  # a CU controlled on 0 has a phase that its U does not know
            return modifiers(state) + self.spell(base)
        if getattr(operation, "_standard_gate", None) is not None:
            if name in GATES:
                return self.writer.spelling(GATES[name], [self.value(p, what) for p in params])
            if name == "u2":
                return self.writer.spelling("u", ["pi/2", *(self.value(p, what) for p in params)])
        if hasattr(operation, "base_op") and hasattr(operation, "modifiers"):
            return self.annotated(operation)
        if getattr(operation, "definition", None) is None:
            raise CannotRead(FRAMEWORK, f"the instruction `{name}`", "decompose it first")
        return self.defined(operation)

    def annotated(self, operation: Foreign) -> str:
        """`AnnotatedOperation`: modifiers, the last one outermost."""
        prefix = ""
        for modifier in operation.modifiers:
            match type(modifier).__name__:
                case "InverseModifier":
                    prefix = "inv @ " + prefix
                case "PowerModifier":
                    prefix = f"pow({self.value(modifier.power, 'a power')}) @ " + prefix
                case "ControlModifier":
                    state = format(modifier.ctrl_state, f"0{modifier.num_ctrl_qubits}b")[::-1]
                    prefix = modifiers(state) + prefix
                case other:
                    raise CannotRead(FRAMEWORK, f"the modifier `{other}`")
        return prefix + self.spell(operation.base_op)

    def defined(self, operation: Foreign) -> str:
        """A gate by its definition; free parameters become parameters of the gate."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise CannotRead(FRAMEWORK, f"definitions nested deeper than {DEEPEST} levels", "decompose the circuit")
        definition = operation.definition
        free = sorted({p.name for p in definition.parameters})
        outer, self.parameters = self.parameters, {name: f"p{k:03}" for k, name in enumerate(free)}
        body, lines, spelled = self.writer.lines, list[str](), self.spelled
        level, self.writer.depth = self.writer.depth, 0
        self.writer.lines, self.spelled = lines, {}
        self.body(operation, definition, [f"q{k}" for k in range(operation.num_qubits)])
        self.writer.lines, self.spelled, self.writer.depth, self.parameters = body, spelled, level, outer
        self.depth -= 1
        if not operation.num_qubits:
            raise CannotRead(FRAMEWORK, f"the gate `{operation.name}` on no qubits")
        name = self.writer.definition(
            operation.name, [f"p{k:03}" for k in range(len(free))], operation.num_qubits, lines
        )
        return f"{name}({', '.join(self.parameters[each] for each in free)})" if free else name

    def body(self, operation: Foreign, definition: Foreign, qubits: Sequence[str]) -> None:
        """The statements of a gate's definition; instructions of gates alone are written out."""
        self.phase(definition.global_phase)
        for instruction in definition.data:
            inner = instruction.operation
            operands = [qubits[definition.find_bit(qubit).index] for qubit in instruction.qubits]
            if inner.name == "barrier":
                continue  # orders nothing inside of a gate
            if instruction.clbits or inner.name in _STATEMENTS:
                raise CannotRead(FRAMEWORK, f"`{inner.name}` inside of the gate `{operation.name}`")
            if is_gate(inner):
                joined = ", ".join(operands)
                self.writer.line(f"{self.spell(inner)} {joined};" if joined else f"{self.spell(inner)};")
            elif getattr(inner, "definition", None) is not None:
                self.body(operation, inner.definition, operands)
            else:
                raise CannotRead(FRAMEWORK, f"`{inner.name}` inside of the gate `{operation.name}`")


def is_gate(operation: Foreign) -> bool:
    """Whether an operation is unitary by its type: a `Gate`, or one with modifiers around it."""
    kinds = {kind.__name__ for kind in type(operation).__mro__}
    return bool(kinds & {"Gate", "AnnotatedOperation"}) or hasattr(operation, "base_op") or _clifford_like(kinds)


def _clifford_like(kinds: set[str]) -> bool:
    return bool(kinds & {"Clifford", "LinearFunction", "PermutationGate"})


def _measure(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: dict[Any, str]
) -> None:
    reader.writer.line(f"{bits[0]} = measure {qubits[0]};")


def _reset(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: dict[Any, str]
) -> None:
    reader.writer.line(f"reset {qubits[0]};")


def _barrier(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: dict[Any, str]
) -> None:
    if qubits:
        reader.writer.line(f"barrier {', '.join(qubits)};")


def _delay(
    reader: Reader, operation: Foreign, qubits: list[str], bits: list[str], circuit: Foreign, bit_of: dict[Any, str]
) -> None:
    unit, factor = {"ps": ("ns", 1e-3)}.get(operation.unit, (operation.unit, 1.0))
    if unit not in ("dt", "ns", "us", "ms", "s"):
        raise CannotRead(FRAMEWORK, f"a delay of an expression (`{operation.unit}`)", "give it a number")
    duration = float(operation.duration) * factor
    text = str(int(duration)) if duration == int(duration) else repr(duration)
    reader.writer.line(f"delay[{text}{unit}] {', '.join(qubits)};")


_STATEMENTS: dict[str, Any] = {
    "measure": _measure,
    "reset": _reset,
    "barrier": _barrier,
    "delay": _delay,
    **CONTROL_FLOW,
}
"""Instructions that are statements: reader, operation, qubits, bits, circuit, texts of its clbits."""
