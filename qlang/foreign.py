"""Circuits of other frameworks as programs: `ql.from_qiskit`, `ql.from_cirq`, `ql.from_pennylane`, `ql.from_stim`.

None of them is imported here: whoever passes an object has imported its framework.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qlang.problems import CompileError
from qlang.programs import Program, compile_text

if TYPE_CHECKING:
    from qlang.interchange.text import Read


def from_qiskit(circuit: Any) -> Program:
    """A `qiskit.QuantumCircuit` as a program of OpenQASM 3, see `Program.text`.

    Registers keep names and order, `{"c": {"01": …}}` reads as in Qiskit. Unbound parameters become `input`s. Raises
    CompileError, which names an instruction without an equivalent, and TypeError for another object.
    """
    _demand(circuit, "qiskit", ("QuantumCircuit",))
    from qlang.interchange.read_qiskit import read_qiskit

    return _program(lambda: read_qiskit(circuit), "<qiskit>")


def from_cirq(circuit: Any) -> Program:
    """A `cirq.Circuit` as a program of OpenQASM 3.

    Its qubits in Cirq's order are `q[0]`, `q[1]`, …; a measurement key is a bit register whose bit 0 is the key's
    first qubit. Cirq reads that one as most significant, bit strings here have it rightmost. Raises as `from_qiskit`.
    """
    _demand(circuit, "cirq", ("AbstractCircuit",))
    from qlang.interchange.read_cirq import read_cirq

    return _program(lambda: read_cirq(circuit), "<cirq>")


def from_pennylane(tape: Any, *arguments: Any, **named: Any) -> Program:
    """A PennyLane tape, or a QNode with its arguments, as a program with a job for its measurements.

    Expectation values become observables, `sample` and `counts` histograms. Raises as `from_qiskit`.
    """
    _demand(tape, "pennylane", ("QuantumScript", "QNode"))
    from qlang.interchange.read_pennylane import read_pennylane

    return _program(lambda: read_pennylane(tape, arguments, named), "<pennylane>")


def from_stim(circuit: Any) -> Program:
    """A `stim.Circuit`, or Stim text, as a program of OpenQASM 3.

    Qubit k is `q[k]`, measurement k is `rec[k]`. Raises CompileError for noise, which has no equivalent, and as
    `from_qiskit`.
    """
    if not isinstance(circuit, str):
        _demand(circuit, "stim", ("Circuit",))
    from qlang.interchange.read_stim import read_stim

    text = str(circuit)
    return _program(lambda: read_stim(text), "<stim>", text)


def _demand(value: object, package: str, names: tuple[str, ...]) -> None:
    kinds = [kind for kind in type(value).__mro__ if kind.__module__.partition(".")[0] == package]
    if not any(kind.__name__ in names for kind in kinds):
        raise TypeError(f"expected a {package} {' or '.join(names)}, not {type(value).__name__}")


def _program(read: Callable[[], Read], name: str, text: str = "") -> Program:
    from qlang.compiler.converting import NotConverted, imported

    try:
        source = imported(read, name, text)
    except NotConverted as problem:
        raise CompileError(problem.diagnostics) from None
    return compile_text(source.text, source.name)
