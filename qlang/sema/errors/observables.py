"""QJ05, second half: observables."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import use_instead
from qlang.syntax.diagnostic import Diagnostic, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class NotReal(Diagnostic):
    code = "QJ0520"
    title = "the observable `{name}` is not Hermitian: {term} has the coefficient {coefficient}"
    explanation = (
        "What can be measured has real values. Products of different Pauli matrices on one qubit give "
        "imaginary units: X·Y = iZ."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); expect a = X(q) * Y(q); }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); expect a = X(q) + Y(q); }\n"

    name: str
    term: str
    coefficient: str

    def label(self) -> str:
        return "not Hermitian"

    def helps(self) -> Iterator[str]:
        yield "multiply matrices of different qubits, or make the coefficient real"


@dataclass(frozen=True)
class TooManyTerms(Diagnostic):
    code = "QJ0521"
    title = "the observable has more than {limit} {what}"
    explanation = "Sums are multiplied out into Pauli products; a product of n sums has exponentially many of them."
    example_wrong = (
        "circuit c() { qubit[24] q; h q; }\njob j { run c(); expect a = prod(int i in [0:23]) (X(q[i]) + Z(q[i])); }\n"
    )
    example_right = (
        "circuit c() { qubit[24] q; h q; }\njob j { run c(); expect a = sum(int i in [0:23]) (X(q[i]) + Z(q[i])); }\n"
    )

    limit: int
    what: str = "terms"


@dataclass(frozen=True)
class NotAnObservable(Diagnostic):
    code = "QJ0522"
    title = "{what} is no observable"
    explanation = (
        "Observables are made of `X(q[i])`, `Y`, `Z`, `I`, numbers, `+`, `-`, `*`, division by numbers, "
        "`sum(…)`, `prod(…)` and calls of other observables."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); expect a = q; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); expect a = Z(q); }\n"

    what: str
    help: str = ""

    def helps(self) -> Iterator[str]:
        if self.help:
            yield self.help


@dataclass(frozen=True)
class PauliOnRegister(Diagnostic):
    code = "QJ0523"
    title = "`{pauli}` acts on one qubit, `{operand}` has {size}"
    explanation = "`Z(q)` of a register could mean a sum or a product, so it is written out."
    example_wrong = "circuit c() { qubit[2] q; h q; }\njob j { run c(); expect a = Z(q); }\n"
    example_right = (
        "circuit c() { qubit[2] q; h q; }\njob j { run c(); expect a = sum(int i in [0:sizeof(q)-1]) Z(q[i]); }\n"
    )

    pauli: str
    operand: str
    size: int

    def helps(self) -> Iterator[str]:
        name = self.operand
        yield f"`sum(int i in [0:sizeof({name})-1]) {self.pauli}({name}[i])`, or `prod(…)`"


@dataclass(frozen=True)
class UnknownRegister(Diagnostic):
    code = "QJ0524"
    title = "circuit `{circuit}` has no register `{name}`"
    explanation = "The outputs of a job speak of the registers that its circuit declares."
    example_wrong = "circuit c() { qubit[2] q; h q; }\njob j { run c(); sample p; }\n"
    example_right = "circuit c() { qubit[2] q; h q; }\njob j { run c(); sample q; }\n"

    name: str
    circuit: str
    known: tuple[str, ...]
    definition: Span
    suggestion: str | None = None

    def secondary(self) -> Iterator[Label]:
        yield Label(self.definition, f"its registers are {', '.join(f'`{name}`' for name in self.known)}")

    def label(self) -> str:
        return "no such register"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)
