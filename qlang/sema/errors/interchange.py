"""QJ0907–QJ0911: circuits from and to other languages and frameworks."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True)
class CannotRead(Diagnostic):
    code = "QJ0907"
    title = "qlang has no equivalent of {construct} ({framework})"
    explanation = (
        "A circuit of another framework is taken over whole or not at all: an instruction without an equivalent, such "
        "as a noise channel of Stim, would change what the circuit does if it were left out."
    )
    found_by = "convert"

    construct: str
    framework: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class CannotWrite(Diagnostic):
    code = "QJ0908"
    title = "{target} cannot say {construct}"
    explanation = (
        "`qlangc convert` writes a circuit whole or not at all. OpenQASM 2 has no loops and few conditions, Stim has "
        "Clifford gates only, the QIR base profile measures at the end; OpenQASM 3 can say nearly everything."
    )
    found_by = "convert"

    target: str
    construct: str
    instead: str = ""

    def label(self) -> str:
        return "here"

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class Unbound(Diagnostic):
    code = "QJ0909"
    title = "the symbol `{name}` has no value ({framework})"
    explanation = (
        "Circuits of Cirq and PennyLane are read with numbers: symbols, traced and batched parameters get their values "
        "before. Free parameters of Qiskit circuits become parameters of the program."
    )
    found_by = "convert"

    name: str
    framework: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead


@dataclass(frozen=True)
class NotFinite(Diagnostic):
    code = "QJ0910"
    title = "{what} ({framework})"
    explanation = "Angles and durations are finite numbers: an infinite one, or NaN, turns a state into nothing."
    found_by = "convert"

    what: str
    framework: str


@dataclass(frozen=True)
class BrokenText(Diagnostic):
    code = "QJ0911"
    title = "this is no {framework} circuit: {problem}"
    explanation = "The text is not in the language that its name or `--from` says."
    found_by = "convert"

    framework: str
    problem: str
    instead: str = ""

    def helps(self) -> Iterator[str]:
        if self.instead:
            yield self.instead
