"""QJ05, first half: gates, circuits and what can be executed."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.sema.errors.names import defined_here, use_instead
from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


def counted(number: int, noun: str) -> str:
    """`1 qubit`, `2 qubits`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class WrongQubitCount(Diagnostic):
    code = "QJ0501"
    title = "`{gate}` acts on {wanted}, found {found}"
    explanation = "A gate is given as many qubits as its definition names, controls added by `ctrl @` included."
    example_wrong = "circuit c() { qubit[2] q; cx q[0]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; cx q[0], q[1]; }\njob j { run c(); sample q; }\n"

    gate: str
    expected: int
    given: int
    definition: Span | None
    operands: Span | None = None
    """The qubits as written."""
    usage: str = ""
    """How the gate is called: `cx control, target;`."""
    instead: str | None = None
    """A call that was probably meant, for the whole statement."""
    statement: Span | None = None

    def message(self) -> str:
        return f"`{self.gate}` acts on {counted(self.expected, 'qubit')}, found {self.given}"

    def label(self) -> str:
        return f"acts on {counted(self.expected, 'qubit')}"

    def secondary(self) -> Iterator[Label]:
        if self.operands is not None:
            yield Label(self.operands, f"{self.given} given")
        yield from defined_here(self.gate, self.definition)

    def helps(self) -> Iterator[str]:
        if self.usage:
            yield f"call it as `{self.usage}`"

    def fixes(self) -> Iterator[Fix]:
        if self.instead is not None and self.statement is not None:
            yield Fix(f"write `{self.instead}`", (Edit(self.statement, self.instead),), "maybe")


@dataclass(frozen=True)
class WrongParameterCount(Diagnostic):
    code = "QJ0502"
    title = "`{gate}` takes {wanted}, found {found}"
    explanation = "A gate is given as many angles as its definition names; gates without angles have no brackets."
    example_wrong = "circuit c() { qubit q; rx q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(pi / 2) q; }\njob j { run c(); sample q; }\n"

    gate: str
    expected: int
    given: int
    definition: Span | None
    brackets: Span | None = None
    """The parameters as written, with their brackets."""
    usage: str = ""
    """How the gate is called: `rx(theta) qubit;`."""

    def message(self) -> str:
        return f"`{self.gate}` takes {counted(self.expected, 'parameter')}, found {self.given}"

    def label(self) -> str:
        return f"takes {counted(self.expected, 'parameter')}"

    def secondary(self) -> Iterator[Label]:
        if self.brackets is not None:
            yield Label(self.brackets, f"{self.given} given")
        yield from defined_here(self.gate, self.definition)

    def helps(self) -> Iterator[str]:
        if self.usage:
            yield f"call it as `{self.usage}`"

    def fixes(self) -> Iterator[Fix]:
        if self.expected == 0 and self.brackets is not None:
            yield Fix("remove the parameters", (Edit(self.brackets, ""),), "maybe")
        elif self.given == 0:
            angles = f"({', '.join(['angle'] * self.expected)})"
            end = Span(self.span.source, self.span.end, self.span.end)
            yield Fix(f"add `{angles}`", (Edit(end, angles),), "placeholder")


@dataclass(frozen=True)
class OnlyGatesInGate(Diagnostic):
    code = "QJ0503"
    title = "a gate's body holds gates only, found {construct}"
    explanation = (
        "A gate is a unitary operation: it can be inverted, controlled and raised to a "
        "power. Measurements, "
        "resets and classical variables belong into a `def` or a circuit."
    )
    example_wrong = "gate g a { reset a; }\ncircuit c() { qubit q; g q; }\njob j { run c(); sample q; }\n"
    example_right = "def g(qubit a) { reset a; }\ncircuit c() { qubit q; g(q); }\njob j { run c(); sample q; }\n"

    construct: str
    gate: Span | None = None
    head: str = "def name(qubit q)"
    """How the definition would begin as a subroutine."""

    def secondary(self) -> Iterator[Label]:
        if self.gate is not None:
            yield Label(self.gate, "in this gate")

    def helps(self) -> Iterator[str]:
        yield f"make it a subroutine: `{self.head} {{ … }}`"


@dataclass(frozen=True)
class NotExecutable(Diagnostic):
    code = "QJ0504"
    title = "{construct} cannot be executed"
    explanation = (
        "Everything in OpenQASM parses, but functions of another machine (`extern`), gates without a definition "
        "(`opaque`, or a `defcal` alone), times that only a device knows (`stretch`, `durationof`, `dt`), physical "
        "qubits beside declared ones and `complex` numbers at run time have no meaning here."
    )
    example_wrong = "extern f(int) -> int;\ncircuit c() { qubit q; rx(f(1)) q; }\njob j { run c(); sample q; }\n"
    example_right = (
        "def f(int a) -> int { return a; }\ncircuit c() { qubit q; int k = f(1); rx(k) q; }\n"
        "job j { run c(); sample q; }\n"
    )

    construct: str
    instead: str
    """What to do instead, as a sentence without its full stop."""

    def helps(self) -> Iterator[str]:
        yield self.instead


@dataclass(frozen=True)
class InvalidModifier(Diagnostic):
    code = "QJ0505"
    title = "`{modifier} @` {problem}"
    explanation = (
        "`ctrl(n) @` and `negctrl(n) @` add n constant controls, `pow(k) @` takes a real "
        "exponent, and modifiers "
        "apply to gates only."
    )
    example_wrong = "circuit c() { qubit[2] q; ctrl(0) @ x q[0], q[1]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; ctrl(1) @ x q[0], q[1]; }\njob j { run c(); sample q; }\n"

    modifier: str
    problem: str


@dataclass(frozen=True)
class Misplaced(Diagnostic):
    code = "QJ0506"
    title = "{what} stands outside of {wanted}"
    explanation = "`break` and `continue` belong to a loop, `return` to a subroutine, definitions to the top of a file."
    example_wrong = "circuit c() { qubit q; h q; break; }\njob j { run c(); sample q; }\n"
    example_right = (
        "circuit c() { qubit q; for int i in [0:3] { h q; if (i == 1) { break; } } }\njob j { run c(); sample q; }\n"
    )

    what: str
    wanted: str

    def helps(self) -> Iterator[str]:
        if self.what == "a `return`":
            yield "a circuit has no result to return: its bits are read by `sample`; `end;` stops it"
        elif self.wanted == "the top level of a file":
            yield "move it out of the braces, before what uses it"


@dataclass(frozen=True)
class MissingReturn(Diagnostic):
    code = "QJ0507"
    title = "`{name}` must return a value of type `{type}`"
    explanation = "A subroutine with a result type returns a value of it."
    example_wrong = (
        "def f(qubit a) -> bit { h a; }\ncircuit c() { qubit q; bit b = f(q); }\njob j { run c(); sample b; }\n"
    )
    example_right = (
        "def f(qubit a) -> bit { h a; return measure a; }\ncircuit c() { qubit q; bit b = f(q); }\n"
        "job j { run c(); sample b; }\n"
    )

    name: str
    type: str
    promised: Span | None = None
    """The result type as written."""

    def label(self) -> str:
        return "its body has no `return`"

    def secondary(self) -> Iterator[Label]:
        if self.promised is not None:
            yield Label(self.promised, "promised here")

    def helps(self) -> Iterator[str]:
        yield "add `return value;`, or leave the result type out"


@dataclass(frozen=True)
class NoiseError(Diagnostic):
    code = "QJ0508"
    title = "{problem}"
    explanation = (
        "A noise block is a list of channels, each on `1q`, `2q` or named gates: `depolarizing(p)`, "
        "`thermal(t1 = …, t2 = …)`, `readout(p01 = …, p10 = …)`."
    )
    example_wrong = (
        "noise lab { depolarising(0.01) on cx; }\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"
    )
    example_right = (
        "noise lab { depolarizing(0.01) on cx; }\ncircuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"
    )

    problem: str
    help: str = ""
    replacement: str | None = None

    def helps(self) -> Iterator[str]:
        if self.help and self.replacement is None:
            yield self.help

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.replacement)
