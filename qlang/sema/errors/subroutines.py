"""QJ0509 to QJ0519: subroutines, and what is known only when they run."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class UnsizedParameter(Diagnostic):
    code = "QJ0509"
    title = "`{name}` needs a size: OpenQASM has no registers of any size"
    explanation = (
        "A parameter `qubit[] q` takes a register of any size; it is part of `.qjob` files. OpenQASM wants the "
        "number of qubits of every parameter."
    )
    example_wrong = "OPENQASM 3.0;\ndef f(qubit[] q) { reset q; }\nqubit[2] r;\nf(r);\n"
    example_right = "OPENQASM 3.0;\ndef f(qubit[2] q) { reset q; }\nqubit[2] r;\nf(r);\n"

    name: str

    def helps(self) -> Iterator[str]:
        yield f"write `qubit[n] {self.name}` with the number of qubits, or make the file a `.qjob`"


@dataclass(frozen=True)
class Recursion(Diagnostic):
    code = "QJ0510"
    title = "`{name}` calls itself"
    explanation = (
        "A circuit is a finite list of gates, so what is called is written out in place of its call. A subroutine that "
        "calls itself, directly or through others, would have no end; loops do what recursion is wanted for."
    )
    example_wrong = (
        "def f(qubit a, int n) { x a; f(a, n - 1); }\ncircuit c() { qubit q; x q; }\njob j { run c(); sample q; }\n"
    )
    example_right = (
        "def f(qubit a, int n) { for int i in [1:n] { x a; } }\ncircuit c() { qubit q; f(q, 3); }\n"
        "job j { run c(); sample q; }\n"
    )

    name: str
    definition: Span

    def label(self) -> str:
        return "this call leads back here"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.definition, f"`{self.name}` is defined here")

    def helps(self) -> Iterator[str]:
        yield "use a `for` or `while` loop"


@dataclass(frozen=True)
class ExecutionStopped(Diagnostic):
    code = "QJ0511"
    title = "the execution stopped: {problem}"
    explanation = (
        "Some mistakes show only when a circuit runs, as they depend on what was measured: an index outside of its "
        "register, a division by zero, a `while` that does not end, an angle that is no finite number. The run stops "
        "there, and nothing is recorded."
    )
    example_wrong = (
        "circuit c() {\n  qubit[2] q; bit b; int k = 1;\n  x q[0]; b = measure q[0];\n"
        "  if (b) { k += 1; }\n  x q[k];\n}\n"
        "job j { run c(); sample q; }\n"
    )
    example_right = (
        "circuit c() {\n  qubit[2] q; bit b; int k = 1;\n  x q[0]; b = measure q[0];\n"
        "  if (b) { k -= 1; }\n  x q[k];\n}\n"
        "job j { run c(); sample q; }\n"
    )
    found_by = "run"

    problem: str
    help: str = "an `if` before it can rule out the values for which this happens"

    def helps(self) -> Iterator[str]:
        yield self.help
