"""Cirq circuits as OpenQASM 3.

Qubits in Cirq's order are `q[0]`, `q[1]`, …; Cirq reads the first as most significant, bit strings here have `q[0]`
rightmost. Measurement keys become bit registers, bit k from the key's qubit k. Powers of gates are written with
Cirq's own phases: X^t is e^{iπt(1/2 + s)} Rx(πt) for a global shift s.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from qlang.interchange.cirq_gates import POWERS, SPECIAL, Calls
from qlang.interchange.errors import CannotRead, NotANumber, Unbound
from qlang.interchange.text import DEEPEST, Read, TextWriter, quoted

FRAMEWORK = "Cirq"
Foreign = Any
"""An object of Cirq's: it is not imported here, so untyped."""


def read_cirq(circuit: Foreign) -> Read:
    """The text of a `cirq.Circuit`. Raises CannotRead, which names the operation, and Unbound for open symbols."""
    qubits = sorted(circuit.all_qubits())
    if any(qubit.dimension != 2 for qubit in qubits):
        raise CannotRead(FRAMEWORK, "qudits of more than two levels")
    reader = Reader(TextWriter(FRAMEWORK))
    if qubits:
        name = reader.writer.register("qubit", "q", len(qubits), "q")
        reader.qubits = {qubit: f"{name}[{k}]" for k, qubit in enumerate(qubits)}
        if [str(qubit) for qubit in qubits] != [f"q({k})" for k in range(len(qubits))]:
            for qubit, text in reader.qubits.items():
                reader.writer.line(f"// {text}: {quoted(repr(qubit))[1:-1]}")
    for moment in circuit:
        for operation in moment.operations:
            reader.operation(operation)
    return Read("<cirq circuit>", reader.writer.text())


@dataclass(slots=True)
class Reader:
    """One circuit on its way into text."""

    writer: TextWriter
    qubits: dict[Foreign, str] = field(default_factory=dict)
    keys: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Measurement key → our register and its size."""
    depth: int = 0

    def operation(self, operation: Foreign) -> None:
        """Append one operation."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise CannotRead(FRAMEWORK, f"operations nested deeper than {DEEPEST} levels")
        operation = operation.untagged
        handler = next((h for kind in type(operation).__mro__ if (h := _OPERATIONS.get(kind.__name__))), None)
        if handler is not None:
            handler(self, operation)
        else:
            self.gate(operation, "")
        self.depth -= 1

    def gate(self, operation: Foreign, controls: str, leading: Sequence[str] = ()) -> None:
        """A unitary operation, or one of the few others that are gates to Cirq."""
        gate = operation.gate
        operands = [self.qubits[qubit] for qubit in operation.qubits]
        kinds = [kind.__name__ for kind in type(gate).__mro__]
        statement = next((_STATEMENTS[kind] for kind in kinds if kind in _STATEMENTS), None)
        if statement is not None and not controls:
            statement(self, operation, operands)
            return
        calls = self.calls(gate, kinds, len(operands))
        if calls is not None:
            self.apply(calls, operands, controls, leading)
            return
        self.decomposed(operation, controls, leading)

    def calls(self, gate: Foreign, kinds: Sequence[str], width: int) -> Calls | None:
        """The calls of a gate that is known, on operands by number."""
        number = partial(self.number, what=f"a parameter of `{kinds[0]}`")
        for kind in kinds:
            if kind in POWERS:
                exponent = self.number(gate.exponent, f"the exponent of `{gate}`")
                shift = float(getattr(gate, "_global_shift", 0.0))
                return POWERS[kind](exponent, shift)
            if kind in SPECIAL:
                return SPECIAL[kind](gate, number, width)
        return None

    def number(self, value: Foreign, what: str) -> float:
        """A real number. Raises Unbound for a symbol."""
        symbols = getattr(value, "free_symbols", None)
        if symbols:
            name = sorted(str(symbol) for symbol in symbols)[0]
            raise Unbound(FRAMEWORK, name, "use `cirq.resolve_parameters` first")
        number = complex(value)
        if number.imag:
            raise CannotRead(FRAMEWORK, f"{what}, which is complex")
        if number.real != number.real or number.real in (float("inf"), float("-inf")):
            raise NotANumber(FRAMEWORK, f"{what} is {number.real}")
        return number.real

    def apply(self, calls: Calls, operands: Sequence[str], controls: str, leading: Sequence[str]) -> None:
        for name, angles, places in calls:
            if name == "gphase" and angles[0] == 0:
                continue
            self.writer.gate(name, angles, [*leading, *(operands[place] for place in places)], controls)

    def decomposed(self, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
        """An operation by Cirq's own decomposition, with the phase that it loses put back."""
        cirq: Any = sys.modules["cirq"]
        parts = cirq.decompose_once(operation, default=None)
        if cirq.is_parameterized(operation):
            names = sorted(str(name) for name in cirq.parameter_names(operation))
            raise Unbound(FRAMEWORK, names[0] if names else "?", "use `cirq.resolve_parameters` first")
        if parts is None or not cirq.has_unitary(operation):
            raise CannotRead(FRAMEWORK, f"the operation `{_named(operation)}`")
        parts = list(parts)
        lost = _lost_phase(cirq, operation, parts)
        if lost:
            self.writer.gate("gphase", [lost], leading, controls)
        for part in parts:
            self.depth += 1
            if self.depth > DEEPEST:
                raise CannotRead(FRAMEWORK, f"decompositions nested deeper than {DEEPEST} levels")
            plain = part.untagged
            if "ControlledOperation" in {kind.__name__ for kind in type(plain).__mro__}:
                _controlled(self, plain, controls, leading)
            else:
                self.gate(plain, controls, leading)
            self.depth -= 1


def _lost_phase(cirq: Any, operation: Foreign, parts: Sequence[Foreign]) -> float:
    """By how much the product of the parts differs from the operation, as an angle; matrices up to six qubits."""
    import cmath

    if len(operation.qubits) > 6:
        raise CannotRead(FRAMEWORK, f"the operation `{_named(operation)}` on {len(operation.qubits)} qubits")
    whole = cirq.unitary(operation)
    made = cirq.Circuit(parts).unitary(qubit_order=operation.qubits, qubits_that_should_be_present=operation.qubits)
    overlap = complex((made.conj() * whole).sum()) / len(whole)
    if abs(abs(overlap) - 1) > 1e-6:
        raise CannotRead(FRAMEWORK, f"the operation `{_named(operation)}`, whose decomposition is another one")
    angle = cmath.phase(overlap)
    return angle if abs(angle) > 1e-12 else 0.0


def _named(operation: Foreign) -> str:
    return str(getattr(operation, "gate", None) or operation).split("\n")[0][:80]


def _measure(reader: Reader, operation: Foreign, operands: list[str]) -> None:
    gate = operation.gate
    if gate.confusion_map:
        raise CannotRead(FRAMEWORK, "a measurement with a confusion map", "use `readout` of a `noise` block")
    key = str(gate.mkey if hasattr(gate, "mkey") else gate.key)
    if key in reader.keys:
        raise CannotRead(FRAMEWORK, f"the key {quoted(key)} measured twice", "give each measurement a key of its own")
    name = reader.writer.register("bit", key, len(operands), "m")
    reader.keys[key] = (name, len(operands))
    mask = tuple(gate.full_invert_mask())
    for k, operand in enumerate(operands):
        reader.writer.line(f"{name}[{k}] = measure {operand};")
        if mask[k]:
            reader.writer.line(f"{name}[{k}] = !{name}[{k}];")


def _reset(reader: Reader, operation: Foreign, operands: list[str]) -> None:
    for operand in operands:
        reader.writer.line(f"reset {operand};")


def _wait(reader: Reader, operation: Foreign, operands: list[str]) -> None:
    nanoseconds = reader.number(operation.gate.duration.total_nanos(), "a duration")
    text = str(int(nanoseconds)) if nanoseconds == int(nanoseconds) else repr(nanoseconds)
    reader.writer.line(f"delay[{text}ns] {', '.join(operands)};")


def _controlled(reader: Reader, operation: Foreign, controls: str = "", leading: Sequence[str] = ()) -> None:
    """`ControlledOperation`: one product of control values; any other is refused."""
    products = [tuple(values) for values in operation.control_values.expand()]
    if len(products) != 1 or any(value not in (0, 1) for value in products[0]):
        raise CannotRead(FRAMEWORK, f"the control values of `{_named(operation)}`", "control on 0 or 1 each")
    own = "".join(map(str, products[0]))
    wires = [reader.qubits[qubit] for qubit in operation.controls]
    inner = operation.sub_operation.untagged
    if "ControlledOperation" in {kind.__name__ for kind in type(inner).__mro__}:
        _controlled(reader, inner, controls + own, [*leading, *wires])
    elif inner.gate is None:
        reader.decomposed(inner, controls + own, [*leading, *wires])
    else:
        reader.gate(inner, controls + own, [*leading, *wires])


def _conditioned(reader: Reader, operation: Foreign) -> None:
    tests = [_condition(reader, condition) for condition in operation._conditions]
    with reader.writer.body(f"if ({' && '.join(tests)})"):
        reader.operation(operation._sub_operation)


def _condition(reader: Reader, condition: Foreign) -> str:
    kind = type(condition).__name__
    if kind == "KeyCondition" and condition.index == -1:
        name, size = _register(reader, condition.key)
        return f"{name}[0]" if size == 1 else f"{name} != 0"
    if kind == "BitMaskKeyCondition" and condition.index == -1 and condition.bitmask is None:
        name, size = _register(reader, condition.key)
        bits = format(int(condition.target_value), f"0{size}b")  # Cirq's first qubit is most significant
        symbol = "==" if condition.equal_target else "!="
        return f"{name} {symbol} {int(bits[::-1], 2)}" if len(bits) == size else "false"
    raise CannotRead(FRAMEWORK, f"the classical condition `{condition}`", "use a condition on a measurement key")


def _register(reader: Reader, key: Foreign) -> tuple[str, int]:
    found = reader.keys.get(str(key))
    if found is None:
        raise CannotRead(FRAMEWORK, f"a condition on the key {quoted(str(key))}, which is not measured before")
    return found


def _subcircuit(reader: Reader, operation: Foreign) -> None:
    """A `CircuitOperation`, its repetitions as a loop where it measures nothing."""
    cirq: Any = sys.modules["cirq"]
    times = operation.repetitions
    if operation.repeat_until is not None or not isinstance(times, int):
        raise CannotRead(FRAMEWORK, "a circuit operation that repeats until a condition holds")
    if times > 1 and not cirq.is_measurement(operation):
        name = reader.writer.names.give("k", "k")
        with reader.writer.body(f"for int {name} in [0:{times - 1}]"):
            _inline(reader, operation.replace(repetitions=1))
        return
    if abs(times) > 1 << 16:
        raise CannotRead(FRAMEWORK, f"{times} repetitions of a circuit that measures")
    _inline(reader, operation)


def _inline(reader: Reader, operation: Foreign) -> None:
    for moment in operation.mapped_circuit():
        for inner in moment.operations:
            reader.operation(inner)


_OPERATIONS: dict[str, Callable[[Reader, Foreign], None]] = {
    "ControlledOperation": _controlled,
    "ClassicallyControlledOperation": _conditioned,
    "CircuitOperation": _subcircuit,
}
_STATEMENTS: dict[str, Callable[[Reader, Foreign, list[str]], None]] = {
    "MeasurementGate": _measure,
    "ResetChannel": _reset,
    "WaitGate": _wait,
}
SUPPORTED = (*POWERS, *SPECIAL, *_STATEMENTS, *_OPERATIONS)
"""Names of Cirq's classes that are read without a decomposition."""
