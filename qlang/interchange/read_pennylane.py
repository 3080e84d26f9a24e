"""PennyLane tapes and QNodes as programs: a circuit, and a job for the measurements.

Wires become `q[0]`, `q[1]`, … in the device's order, else ascending where they are integers, else in order of
appearance. PennyLane writes the first wire leftmost, bit strings here have `q[0]` rightmost.
"""

from __future__ import annotations

import cmath
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

from qlang.interchange.errors import CannotRead, NotANumber, Unbound
from qlang.interchange.pennylane_gates import SAME, SPECIAL
from qlang.interchange.read_pennylane_results import Job, measurement_key
from qlang.interchange.text import DEEPEST, Read, TextWriter, quoted

FRAMEWORK = "PennyLane"
Foreign = Any
"""An object of PennyLane's: it is not imported here, so untyped."""


def read_pennylane(tape: Foreign, arguments: Sequence[Foreign], named: dict[str, Foreign]) -> Read:
    """The text of a tape, or of a QNode called with arguments.

    Raises CannotRead, which names the operation or measurement, and Unbound for parameters without a number.
    """
    device = getattr(getattr(tape, "device", None), "wires", None)
    if not hasattr(tape, "operations"):
        pennylane: Any = sys.modules["pennylane"]
        tape = pennylane.workflow.construct_tape(tape)(*arguments, **named)
    elif arguments or named:
        raise TypeError("a tape takes no arguments; a QNode does")
    if tape.batch_size is not None:
        raise Unbound(FRAMEWORK, "a batch of parameters", "read the circuits one by one, or sweep in a job")
    reader = Reader(TextWriter(FRAMEWORK))
    wires = _ordered(list(tape.wires), device)
    if wires:
        name = reader.writer.register("qubit", "q", len(wires), "q")
        reader.wires = {wire: f"{name}[{k}]" for k, wire in enumerate(wires)}
        if wires != list(range(len(wires))):
            for wire, text in reader.wires.items():
                reader.writer.line(f"// {text}: wire {quoted(str(wire))[1:-1]}")
    for operation in tape.operations:
        reader.operation(operation, "", ())
    job = Job(reader.writer, reader.wires, reader.measured)
    return job.text(tape)


def _ordered(wires: list[Foreign], device: Foreign) -> list[Foreign]:
    if device is not None and set(wires) <= set(device):
        return [wire for wire in device if wire in set(wires)] if len(device) > len(wires) else list(device)
    if all(isinstance(wire, int) for wire in wires):
        return sorted(wires)
    return wires


@dataclass(slots=True)
class Reader:
    """One tape on its way into text."""

    writer: TextWriter
    wires: dict[Foreign, str] = field(default_factory=dict)
    measured: dict[Any, str] = field(default_factory=dict)
    """Mid-circuit measurement → our bit."""
    depth: int = 0

    def operation(self, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
        """Append one operation, with controls on its left."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise CannotRead(FRAMEWORK, f"operations nested deeper than {DEEPEST} levels")
        kinds = [kind.__name__ for kind in type(operation).__mro__]
        operands = [self.wires[wire] for wire in operation.wires]
        special = next((_OPERATIONS[kind] for kind in kinds if kind in _OPERATIONS), None)
        if special is not None and kinds[0] not in SAME:
            special(self, operation, controls, leading)
        elif kinds[0] in SAME and (kinds[0] not in SPECIAL or len(operands) == 1):
            angles = [self.number(value, operation) for value in operation.parameters]
            self.writer.gate(SAME[kinds[0]], angles, [*leading, *operands], controls)
        elif kinds[0] in SPECIAL:
            angles = [self.number(value, operation) for value in operation.parameters]
            for name, own, places in SPECIAL[kinds[0]](angles, len(operands)):
                on = [operands[place] for place in places]
                self.writer.gate(name, own, [*leading, *on], controls)
        else:
            self.decomposed(operation, controls, leading)
        self.depth -= 1

    def number(self, value: Foreign, operation: Foreign) -> float:
        """A real number, trainable or not. Raises Unbound for a traced or symbolic one."""
        try:
            number = complex(value)
        except (TypeError, ValueError, RuntimeError):  # the last is PyTorch's
            what = f"a parameter of {operation.name}"
            raise Unbound(FRAMEWORK, what, "call the QNode with numbers, outside of `jit` and `grad`") from None
        if not isfinite(number.real):
            raise NotANumber(FRAMEWORK, f"a parameter of {operation.name} is {number.real}")
        if number.imag:
            raise CannotRead(FRAMEWORK, f"a parameter of {operation.name}, which is complex")
        return number.real

    def decomposed(self, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
        """An operation by PennyLane's own decomposition, with a phase that it loses put back."""
        parts = self.parts(operation)
        lost = self.lost_phase(operation, parts)
        if lost:
            self.writer.gate("gphase", [lost], leading, controls)
        for part in parts:
            self.operation(part, controls, leading)

    def parts(self, operation: Foreign) -> Sequence[Foreign]:
        """A decomposition, of the matrix where there is no other."""
        if operation.has_decomposition:
            return list(operation.decomposition())
        kinds = {kind.__name__ for kind in type(operation).__mro__}
        if "Channel" in kinds or not operation.has_matrix or not 0 < len(operation.wires) <= 6:
            raise CannotRead(FRAMEWORK, f"the operation `{operation.name}`")
        pennylane: Any = sys.modules["pennylane"]
        return list(pennylane.QubitUnitary(operation.matrix(), wires=operation.wires).decomposition())

    def lost_phase(self, operation: Foreign, parts: Sequence[Foreign]) -> float:
        """By how much the product of the parts differs from the operation; 0 where it has no matrix."""
        if not operation.has_matrix or not 0 < len(operation.wires) <= 6:
            return 0.0
        pennylane: Any = sys.modules["pennylane"]
        whole = operation.matrix()
        made = pennylane.matrix(pennylane.tape.QuantumScript(parts), wire_order=operation.wires)
        overlap = complex((made.conj() * whole).sum()) / len(whole)
        if abs(abs(overlap) - 1) > 1e-6:
            raise CannotRead(FRAMEWORK, f"the operation `{operation.name}`, whose decomposition is another one")
        angle = cmath.phase(overlap)
        return angle if abs(angle) > 1e-12 else 0.0


def _adjoint(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    """`adjoint(op)`: a gate under `inv @` where the base is one gate, else PennyLane's decomposition."""
    base = operation.base
    kinds = [kind.__name__ for kind in type(base).__mro__]
    if kinds[0] in SAME and kinds[0] not in SPECIAL and not controls:
        angles = [reader.writer.angle(reader.number(value, base), "an angle") for value in base.parameters]
        call = reader.writer.spelling(SAME[kinds[0]], angles)
        reader.writer.line(f"inv @ {call} {', '.join(reader.wires[wire] for wire in base.wires)};")
        return
    reader.decomposed(operation, controls, leading)


def _controlled(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    values = "".join("1" if value else "0" for value in operation.control_values)
    wires = [reader.wires[wire] for wire in operation.control_wires]
    reader.operation(operation.base, controls + values, [*leading, *wires])


def _measured(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    if operation.postselect is not None:
        raise CannotRead(FRAMEWORK, "postselection", "keep the counts with the outcome instead")
    name = reader.writer.register("bit", f"m{len(reader.measured)}", 1, "m")
    reader.measured[measurement_key(operation)] = f"{name}[0]"
    qubit = reader.wires[operation.wires[0]]
    reader.writer.line(f"{name}[0] = measure {qubit};")
    if operation.reset:
        reader.writer.line(f"reset {qubit};")


def _conditional(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    """`cond`: the table of the measurement value, as a condition on the bits."""
    value = operation.meas_val
    bits = [reader.measured[measurement_key(each)] for each in value.measurements]
    if len(bits) > 10:
        raise CannotRead(FRAMEWORK, "a condition on more than 10 measurements")
    tests = []
    for number in range(1 << len(bits)):
        branch = tuple(number >> (len(bits) - 1 - k) & 1 for k in range(len(bits)))
        if value.processing_fn(*branch) if len(bits) > 1 or value.has_processing else branch[0]:
            tests.append(" && ".join(bit if on else f"!{bit}" for bit, on in zip(bits, branch, strict=True)))
    if not tests:
        return
    joined = tests[0] if len(tests) == 1 else " || ".join(f"({test})" for test in tests)
    with reader.writer.body(f"if ({joined})"):
        reader.operation(operation.base, controls, leading)


def _barrier(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    wires = [reader.wires[wire] for wire in operation.wires] or list(reader.wires.values())
    if wires:
        reader.writer.line(f"barrier {', '.join(wires)};")


def _basis_state(reader: Reader, operation: Foreign, controls: str, leading: Sequence[str]) -> None:
    for wire, bit in zip(operation.wires, operation.parameters[0], strict=True):
        if bit:
            reader.writer.gate("x", [], [*leading, reader.wires[wire]], controls)


_OPERATIONS: dict[str, Callable[[Reader, Foreign, str, Sequence[str]], None]] = {
    "Adjoint": _adjoint,
    "Controlled": _controlled,
    "MidMeasure": _measured,
    "MidMeasureMP": _measured,
    "Conditional": _conditional,
    "Barrier": _barrier,
    "BasisState": _basis_state,
}
SUPPORTED = (*SAME, *SPECIAL, *_OPERATIONS)
"""Names of PennyLane's classes that are read without a decomposition."""
