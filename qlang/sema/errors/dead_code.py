"""QJ10, second part: what a program writes and never uses, and what never runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.warnings import Warning
from qlang.syntax.diagnostic import Edit, Fix, Label
from qlang.syntax.source import Span


@dataclass(frozen=True)
class UnusedVariable(Warning):
    code = "QJ1006"
    title = "{what} `{name}` is never {verb}"
    explanation = (
        "A value that nothing reads has no effect: often a name was mistyped, or a line is missing. Bit registers at "
        "the top of a circuit are results, so writing them is use enough. A name that begins with `_` is left alone."
    )
    example_wrong = "circuit c() { qubit q; float turn = 0.5; rx(pi / 2) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; float turn = 0.5; rx(turn) q; }\njob j { run c(); sample q; }\n"

    what: str
    """`variable`, `alias`, `bit register`, …"""
    name: str
    written: bool
    """Whether something is assigned to it."""

    def message(self) -> str:
        verb = "read" if self.written else "used"
        return self.title.format(what=self.what, name=self.name, verb=verb)

    def label(self) -> str:
        return "its value goes nowhere" if self.written else ""


@dataclass(frozen=True)
class UnusedParameter(Warning):
    code = "QJ1007"
    title = "parameter `{name}` of {owner} is never used"
    explanation = (
        "What a caller gives for it makes no difference. A name that begins with `_` says that this is meant, and so "
        "does an empty body."
    )
    example_wrong = "circuit c(float a, float b) { qubit q; rx(a) q; }\njob j { run c(1.0, 2.0); sample q; }\n"
    example_right = "circuit c(float a, float b) { qubit q; rx(a) q; rz(b) q; }\njob j { run c(1.0, 2.0); sample q; }\n"

    name: str
    owner: str
    """``gate `g` ``, ``circuit `c` ``, …"""

    def helps(self) -> Iterator[str]:
        yield f"use it, leave it out, or call it `_{self.name}` if it is there for the callers' sake"


@dataclass(frozen=True)
class Overwritten(Warning):
    code = "QJ1008"
    title = "the measurement in `{target}` is overwritten before anything reads it"
    explanation = (
        "A bit keeps the last outcome written to it; the earlier measurement is lost, and with it what it says about "
        "the run. Measure into another bit, or leave the first measurement without a target."
    )
    example_wrong = (
        "circuit c() { qubit[2] q; bit b; h q; b = measure q[0]; b = measure q[1]; }\njob j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit[2] q; bit[2] b; h q; b[0] = measure q[0]; b[1] = measure q[1]; }\n"
        "job j { run c(); sample b; }\n"
    )

    target: str
    first: Span

    def label(self) -> str:
        return "written again here"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "this outcome is lost")


@dataclass(frozen=True)
class ConstantCondition(Warning):
    code = "QJ1009"
    title = "this never runs: its condition is always {truth}"
    explanation = (
        "The condition is written as a constant, so one side of it never runs. A condition on a named constant "
        "(`const bool debug = false; if (debug) …`) is left alone."
    )
    example_wrong = "circuit c() { qubit q; h q; if (false) { x q; } }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; h q; bit b = measure q; if (b) { x q; } }\njob j { run c(); sample q; }\n"

    truth: str
    condition: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.condition, f"always {self.truth}")


@dataclass(frozen=True)
class EmptyLoop(Warning):
    code = "QJ1010"
    title = "this loop never runs: no number lies in `[{range}]`"
    explanation = "A range goes up from its first value to its last, both included, or by the step between them."
    example_wrong = "circuit c() { qubit[3] q; h q; for int i in [2:0] { x q[i]; } }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[3] q; h q; for int i in [2:-1:0] { x q[i]; } }\njob j { run c(); sample q; }\n"

    range: str
    reversed: str | None
    """The range that counts the other way."""

    def fixes(self) -> Iterator[Fix]:
        if self.reversed is not None:
            yield Fix(f"count the other way: `[{self.reversed}]`", (Edit(self.span, f"[{self.reversed}]"),), "maybe")


@dataclass(frozen=True)
class EndlessLoop(Warning):
    code = "QJ1011"
    title = "this loop never ends"
    explanation = (
        "Nothing in the body changes what the condition depends on, and no `break`, `end` or `return` leaves it: once "
        "begun, the loop goes on until the machine stops the run."
    )
    example_wrong = (
        "circuit c() { qubit q; h q; bit b = measure q; while (b) { h q; } }\njob j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; bit b = measure q; while (b) { h q; b = measure q; } }\n"
        "job j { run c(); sample b; }\n"
    )

    reason: str

    def label(self) -> str:
        return self.reason

    def helps(self) -> Iterator[str]:
        yield "measure or assign what the condition reads, or leave the loop by `break`"


@dataclass(frozen=True)
class NoEffect(Warning):
    code = "QJ1012"
    title = "this value is not used"
    explanation = (
        "A statement that only computes a value changes nothing. `=` assigns, `==` compares; calls of `def` "
        "subroutines may stand alone, because they act on qubits."
    )
    example_wrong = "circuit c() { qubit q; int n = 1; n == 2; rx(n) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; int n = 1; n = 2; rx(n) q; }\njob j { run c(); sample q; }\n"

    equals: Span | None = None
    """`==` where an assignment was probably meant."""

    def label(self) -> str:
        return "computed and thrown away"

    def fixes(self) -> Iterator[Fix]:
        if self.equals is not None:
            yield Fix("assign with `=`", (Edit(self.equals, "="),), "maybe")


@dataclass(frozen=True)
class SelfAssignment(Warning):
    code = "QJ1013"
    title = "`{name}` is assigned to itself"
    explanation = "Nothing changes; one of the two names was probably meant to be another."
    example_wrong = "circuit c() { qubit q; int n = 1; n = n; rx(n) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; int n = 1; n = n + 1; rx(n) q; }\njob j { run c(); sample q; }\n"

    name: str


@dataclass(frozen=True)
class MayNotReturn(Warning):
    code = "QJ1021"
    title = "`{name}` may end without a `return`"
    explanation = (
        "Not every way through the body leads to a `return`, and what such a call gives is not defined. Write a last "
        "`return` for the ways that are left, or an `else`."
    )
    example_wrong = (
        "def f(qubit a) -> int { bit b = measure a; if (b) { return 1; } }\n"
        "circuit c() { qubit q; h q; rx(f(q)) q; }\njob j { run c(); sample q; }\n"
    )
    example_right = (
        "def f(qubit a) -> int { bit b = measure a; if (b) { return 1; } return 0; }\n"
        "circuit c() { qubit q; h q; rx(f(q)) q; }\njob j { run c(); sample q; }\n"
    )

    name: str
    promised: Span

    def label(self) -> str:
        return "a way through its body has no `return`"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.promised, "promised here")


@dataclass(frozen=True)
class RepeatedCase(Warning):
    code = "QJ1022"
    title = "`case {value}` stands twice: the second one never runs"
    explanation = "A `switch` runs the block of the first `case` that lists the value."
    example_wrong = (
        "circuit c() { qubit q; h q; bit b = measure q; switch (int(b)) { case 1 { x q; } case 1 { z q; } } }\n"
        "job j { run c(); sample b; }\n"
    )
    example_right = (
        "circuit c() { qubit q; h q; bit b = measure q; switch (int(b)) { case 0 { x q; } case 1 { z q; } } }\n"
        "job j { run c(); sample b; }\n"
    )

    value: int
    first: Span

    def secondary(self) -> Iterator[Label]:
        yield Label(self.first, "handled here")
