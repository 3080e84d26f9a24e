"""QJ0509 to QJ0519: subroutines, and what is known only when they run."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic


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
