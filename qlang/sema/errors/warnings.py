"""QJ10: warnings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from qlang.sema.errors.names import without
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label, Severity
from qlang.syntax.source import Span


@dataclass(frozen=True)
class Warning(Diagnostic):
    """Base of the warnings: the program runs, but probably not as meant."""

    severity: ClassVar[Severity] = "warning"


@dataclass(frozen=True)
class UnusedQubits(Warning):
    code = "QJ1001"
    title = "qubit register `{name}` is never used"
    explanation = "A qubit that no gate touches costs memory and money all the same."
    example_wrong = "circuit c() { qubit[2] q; qubit[3] spare; h q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; h q; }\njob j { run c(); sample q; }\n"

    name: str
    statement: Span

    def fixes(self) -> Iterator[Fix]:
        yield without(self.statement, "remove it")


@dataclass(frozen=True)
class IntegerDivision(Warning):
    code = "QJ1002"
    title = "`{shown}` is an integer division and gives {result}"
    explanation = (
        "In OpenQASM 3 a quotient of integers is cut to an integer (in OpenQASM 2 it was "
        "a real number). A decimal "
        "point makes it real."
    )
    example_wrong = "circuit c() { qubit q; rx(1 / 2 * pi) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(1.0 / 2 * pi) q; }\njob j { run c(); sample q; }\n"

    shown: str
    result: int
    left: Span

    def fixes(self) -> Iterator[Fix]:
        end = Span(self.left.source, self.left.end, self.left.end)
        yield Fix(f"write `{self.left.text}.0`", (Edit(end, ".0"),))


@dataclass(frozen=True)
class UnusedSweep(Warning):
    code = "QJ1003"
    title = "the sweep over `{name}` changes nothing"
    explanation = "A swept variable acts through the arguments of `run`."
    example_wrong = "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = 1.0); sweep x in 0:3; sample q; }\n"
    example_right = "circuit c(float a) { qubit q; rx(a) q; }\njob j { run c(a = x); sweep x in 0:3; sample q; }\n"

    name: str
    run: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.run, "no argument takes it")


@dataclass(frozen=True)
class Unreachable(Warning):
    code = "QJ1004"
    title = "this is never reached"
    explanation = "Statements after `end`, `return`, `break` or `continue` in the same block do not run."
    example_wrong = "circuit c() { qubit q; h q; end; x q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; h q; x q; end; }\njob j { run c(); sample q; }\n"

    after: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.after, "the block ends here")


@dataclass(frozen=True)
class NeverTrue(Warning):
    code = "QJ1005"
    title = "`{type}` is never {value}: its values are {lowest} to {highest}"
    explanation = (
        "A comparison with a number outside a type's range has the same answer always. "
        "`int[2]` holds -2 to 1, as "
        "the bits are read in two's complement; `uint[2]` holds 0 to 3."
    )
    example_wrong = (
        "circuit c() { qubit[2] q; bit[2] b = measure q; if (int[2](b) == 3) { x q; } }\njob j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; bit[2] b = measure q; if (uint[2](b) == 3) { x q; } }\n"
        "job j { run c(); sample b; }\n"
    )

    type: str
    value: int
    lowest: int
    highest: int

    def helps(self) -> Iterator[str]:
        if self.type.startswith("int") and self.value > self.highest:
            yield f"`u{self.type}` reads the bits as an unsigned number"
