"""QJ0907–QJ0911: circuits from and to other languages and frameworks."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic


class _Converting(Diagnostic):
    """Has a field `instead`, which may say what to do."""

    found_by = "convert"
    instead: str

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class CannotRead(_Converting):
    code = "QJ0907"
    title = "qlang has no equivalent of {construct} ({framework})"
    explanation = (
        "A circuit of another framework is taken over whole or not at all: an instruction without an equivalent, such "
        "as a noise channel of Stim, would change what the circuit does if it were left out."
    )
    example_wrong = "H 0\nDEPOLARIZE1(0.01) 0\nM 0\n"
    example_right = "H 0\nM 0\n"

    construct: str
    framework: str
    instead: str = ""


@dataclass(frozen=True)
class CannotWrite(_Converting):
    code = "QJ0908"
    title = "{target} cannot say {construct}"
    explanation = (
        "`qlangc convert` writes a circuit whole or not at all. OpenQASM 2 has no loops and few conditions, Stim has "
        "Clifford gates only, the QIR base profile measures at the end; OpenQASM 3 can say nearly everything."
    )
    example_wrong = (
        '// qlangc convert --to stim\ninclude "stdgates.inc";\nqubit[1] q;\nbit[1] c;\nt q[0];\nc = measure q;\n'
    )
    example_right = (
        '// qlangc convert --to stim\ninclude "stdgates.inc";\nqubit[1] q;\nbit[1] c;\ns q[0];\nc = measure q;\n'
    )

    target: str
    construct: str
    instead: str = ""

    def label(self) -> str:
        return "here"


@dataclass(frozen=True)
class Unbound(_Converting):
    code = "QJ0909"
    title = "the symbol `{name}` has no value ({framework})"
    explanation = (
        "Circuits of Cirq and PennyLane are read with numbers: symbols, traced and batched parameters get their values "
        "before. Free parameters of Qiskit circuits become parameters of the program."
    )
    example_wrong = (
        "import cirq, sympy\nimport qlang as ql\n\n"
        "circuit = cirq.Circuit(cirq.X(cirq.LineQubit(0)) ** sympy.Symbol('t'))\nql.from_cirq(circuit)\n"
    )
    example_right = (
        "import cirq, sympy\nimport qlang as ql\n\n"
        "circuit = cirq.Circuit(cirq.X(cirq.LineQubit(0)) ** sympy.Symbol('t'))\n"
        "ql.from_cirq(cirq.resolve_parameters(circuit, {'t': 0.5}))\n"
    )

    name: str
    framework: str
    instead: str = ""


@dataclass(frozen=True)
class NotFinite(Diagnostic):
    code = "QJ0910"
    title = "{what} ({framework})"
    explanation = "Angles and durations are finite numbers: an infinite one, or NaN, turns a state into nothing."
    found_by = "convert"
    example_wrong = (
        "from qiskit import QuantumCircuit\nimport qlang as ql\n\n"
        "circuit = QuantumCircuit(1)\ncircuit.rx(float('nan'), 0)\nql.from_qiskit(circuit)\n"
    )
    example_right = (
        "from qiskit import QuantumCircuit\nimport qlang as ql\n\n"
        "circuit = QuantumCircuit(1)\ncircuit.rx(0.3, 0)\nql.from_qiskit(circuit)\n"
    )

    what: str
    framework: str


@dataclass(frozen=True)
class BrokenText(_Converting):
    code = "QJ0911"
    title = "this is no {framework} circuit: {problem}"
    explanation = "The text is not in the language that the name of its file, or the function that reads it, says."
    example_wrong = "H 0\nREPEAT 3 {\n  CX 0 1\nM 0 1\n"
    example_right = "H 0\nREPEAT 3 {\n  CX 0 1\n}\nM 0 1\n"

    framework: str
    problem: str
    instead: str = ""
