"""QJ02: names."""

from collections.abc import Iterator
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span
from qlang.syntax.spelling import Uncertain


def use_instead(span: Span, suggestion: str | None) -> Iterator[Fix]:
    """The fix that writes the suggested name in place of the span; one of several near names needs a look."""
    if suggestion is not None:
        sure = not isinstance(suggestion, Uncertain)
        yield Fix(f"use `{suggestion}`", (Edit(span, str(suggestion)),), "machine" if sure else "maybe")


def listed(names: tuple[str, ...], most: int = 8) -> str:
    """`` `a`, `b` and 3 more ``."""
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def without(span: Span, title: str) -> Fix:
    """The fix that takes something out, with the blanks before it; needs a look, as all removals."""
    text = span.source.text
    start = span.start
    while start and text[start - 1] in " \t":
        start -= 1
    if start and text[start - 1] != "\n":
        return Fix(title, (Edit(Span(span.source, start, span.end), ""),), "maybe")
    return Fix(title, (Edit(span, ""),), "maybe")


def defined_here(name: str, definition: Span | None) -> Iterator[Label]:
    """Points at the definition of a name, where there is one to point at."""
    if definition is not None:
        yield Label(definition, f"`{name}` is defined here")


@dataclass(frozen=True)
class UnknownName(Diagnostic):
    code = "QJ0201"
    title = "unknown name `{name}`"
    explanation = (
        "Every name is declared before it is used: qubits and variables in the circuit, "
        "constants, gates and "
        "circuits in the file, or in a file that it includes or imports."
    )
    example_wrong = "circuit c() { qubit[2] q; h qs[0]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; h q[0]; }\njob j { run c(); sample q; }\n"

    name: str
    suggestion: str | None = None
    known: tuple[str, ...] = ()
    """What could stand here, where nothing is near."""
    place: str = ""
    """`subroutine` or `gate`, which see little."""

    def label(self) -> str:
        return "not declared here"

    def notes(self) -> Iterator[str]:
        if self.suggestion is None and self.known:
            yield f"known here: {listed(self.known)}"

    def helps(self) -> Iterator[str]:
        if self.suggestion is None and self.place in ("subroutine", "gate"):
            yield f"a {self.place} sees its parameters and the file's constants; the rest is passed in the call"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class DuplicateName(Diagnostic):
    code = "QJ0202"
    title = "`{name}` is already defined"
    explanation = "A name means one thing in a block. Inner blocks may declare a name of an outer one anew."
    example_wrong = "circuit c() { qubit q; bit q; h q; }\njob j { run c(); }\n"
    example_right = "circuit c() { qubit q; bit b; h q; b = measure q; }\njob j { run c(); }\n"

    name: str
    first: Span | None
    help: str = ""

    def label(self) -> str:
        return "defined a second time"

    def helps(self) -> Iterator[str]:
        if self.help:
            yield self.help

    def secondary(self) -> Iterator[Label]:
        if self.first is not None:
            yield Label(self.first, "first defined here")


@dataclass(frozen=True)
class UnknownGate(Diagnostic):
    code = "QJ0203"
    title = "unknown gate `{name}`"
    explanation = (
        "A gate is built in (`U`, `gphase`), comes from an included file (`stdgates.inc`, in OpenQASM 2 "
        "`qelib1.inc`), or is defined by `gate`. In `.qjob` files the standard gates and the prelude are "
        "always there."
    )
    example_wrong = "circuit c() { qubit[2] q; cnot q[0], q[1]; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; cx q[0], q[1]; }\njob j { run c(); sample q; }\n"

    name: str
    suggestion: str | None = None
    hint: str = ""
    """How to do what the name means elsewhere."""

    def label(self) -> str:
        return "no gate of this name"

    def helps(self) -> Iterator[str]:
        if self.hint:
            yield self.hint

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class UnknownType(Diagnostic):
    code = "QJ0222"
    title = "unknown type `{name}`"
    explanation = (
        "The types are `qubit`, `bit`, `bool`, `int`, `uint`, `float`, `complex`, `angle`, `duration`, `stretch` and "
        "`array`; sizes stand in brackets, `qubit[3]`, `float[64]`."
    )
    example_wrong = "circuit c() { qbit q; h q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sample q; }\n"

    name: str
    suggestion: str

    def label(self) -> str:
        return "no type of this name"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class GateAsFunction(Diagnostic):
    code = "QJ0223"
    title = "`{name}` is a gate: its qubits stand behind it, without brackets"
    explanation = (
        "A gate is written `name(parameters) qubits;`, brackets only where it has parameters. Brackets around qubits "
        "belong to subroutines (`def`)."
    )
    example_wrong = "circuit c() { qubit[2] q; h(q[0]); cx(q[0], q[1]); }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit[2] q; h q[0]; cx q[0], q[1]; }\njob j { run c(); sample q; }\n"

    name: str
    call: Span
    instead: str

    def label(self) -> str:
        return "called like a function"

    def fixes(self) -> Iterator[Fix]:
        yield Fix(f"write `{self.instead}`", (Edit(self.call, self.instead),))


@dataclass(frozen=True)
class UnknownCircuit(Diagnostic):
    code = "QJ0204"
    title = "unknown circuit `{name}`"
    explanation = (
        "`run` names a circuit of this file, an imported one, or `main`, which is what a file's top-level "
        "quantum statements are called."
    )
    example_wrong = "circuit bell() { qubit[2] q; h q; }\njob j { run bel(); sample q; }\n"
    example_right = "circuit bell() { qubit[2] q; h q; }\njob j { run bell(); sample q; }\n"

    name: str
    known: tuple[str, ...]
    suggestion: str | None = None
    hint: str = ""

    def label(self) -> str:
        return "no circuit of this name"

    def helps(self) -> Iterator[str]:
        if self.hint:
            yield self.hint

    def notes(self) -> Iterator[str]:
        if self.known and self.suggestion is None:
            yield f"the circuits are {', '.join(f'`{name}`' for name in self.known)}"

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class WrongKind(Diagnostic):
    code = "QJ0205"
    title = "`{name}` is {found}, not {wanted}"
    explanation = "The name exists, but what it stands for cannot be used in this place."
    example_wrong = "circuit c() { qubit q; float a = 1.0; a q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; float a = 1.0; rx(a) q; }\njob j { run c(); sample q; }\n"

    name: str
    found: str
    wanted: str
    definition: Span | None
    known: tuple[str, ...] = ()
    """What could stand here."""

    def label(self) -> str:
        return f"{self.wanted} is needed here"

    def secondary(self) -> Iterator[Label]:
        return defined_here(self.name, self.definition)

    def notes(self) -> Iterator[str]:
        if self.known:
            yield f"known here: {listed(self.known)}"

    def helps(self) -> Iterator[str]:
        if self.found == "a circuit" and self.wanted in ("a function", "a gate"):
            yield "a circuit owns its qubits and is run by a job; what circuits share is a `def` or a `gate`"
        elif self.found == "a job" and self.wanted == "a gate":
            yield f"the job hides the gate `{self.name}`: give the job another name"
        elif self.found == "a gate" and self.wanted == "a function":
            yield f"a gate is no value: it is applied as `{self.name} qubit;`"


@dataclass(frozen=True)
class UsedBeforeDefinition(Diagnostic):
    code = "QJ0206"
    title = "`{name}` is used before its definition"
    explanation = (
        "Statements see what stands before them; gates and subroutines see the gates and "
        "subroutines defined "
        "before them, so none can contain itself."
    )
    example_wrong = (
        "gate a q { b q; }\ngate b q { h q; }\ncircuit c() { qubit q; a q; }\njob j { run c(); sample q; }\n"
    )
    example_right = (
        "gate b q { h q; }\ngate a q { b q; }\ncircuit c() { qubit q; a q; }\njob j { run c(); sample q; }\n"
    )

    name: str
    definition: Span

    def label(self) -> str:
        return "not known yet"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.definition, "defined here")

    def helps(self) -> Iterator[str]:
        yield f"move the definition of `{self.name}` up"


@dataclass(frozen=True)
class GateNeedsInclude(Diagnostic):
    code = "QJ0210"
    title = 'gate `{name}` needs `include "{file}";`'
    explanation = (
        "An OpenQASM file has only `U`, `gphase` and, in version 2, `CX` by itself; the "
        "standard gates come with "
        "an include. (`.qjob` files have them always.)"
    )
    example_wrong = "OPENQASM 3.0;\nqubit q;\nh q;\n"
    example_right = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\nh q;\n'

    name: str
    file: str
    insert: Span
    """Where an include belongs: after the version line, or at the start."""
    newline_before: bool

    def label(self) -> str:
        return f"defined in {self.file}"

    def fixes(self) -> Iterator[Fix]:
        line = f'include "{self.file}";'
        text = f"\n{line}" if self.newline_before else f"{line}\n"
        yield Fix(f"add `{line}`", (Edit(self.insert, text),))


@dataclass(frozen=True)
class UnknownFunction(Diagnostic):
    code = "QJ0214"
    title = "unknown function `{name}`"
    explanation = (
        "Calls name a built-in function (`sin`, `sqrt`, `popcount`, …), a `def` of the file, or, inside an "
        "observable, another observable."
    )
    example_wrong = "circuit c() { qubit q; rx(acos(0.5)) q; }\njob j { run c(); sample q; }\n"
    example_right = "circuit c() { qubit q; rx(arccos(0.5)) q; }\njob j { run c(); sample q; }\n"

    name: str
    suggestion: str | None = None
    hint: str = ""

    def label(self) -> str:
        return "no function of this name"

    def helps(self) -> Iterator[str]:
        if self.hint:
            yield self.hint

    def fixes(self) -> Iterator[Fix]:
        return use_instead(self.span, self.suggestion)


@dataclass(frozen=True)
class OuterVariable(Diagnostic):
    code = "QJ0215"
    title = "`{name}` belongs to the program around this {place}"
    explanation = (
        "Gates and subroutines see their parameters and the file's constants, nothing "
        "else: what they act on "
        "is written in the call."
    )
    example_wrong = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\ndef flip() { x q; }\nflip();\nbit b = measure q;\n'
    )
    example_right = (
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit q;\ndef flip(qubit a) { x a; }\nflip(q);\nbit b = measure q;\n'
    )

    name: str
    place: str
    definition: Span
    quantum: bool = False

    def label(self) -> str:
        return "not visible here"

    def secondary(self) -> Iterator[Label]:
        yield Label(self.definition, "declared here")

    def helps(self) -> Iterator[str]:
        if self.quantum and self.place == "subroutine":
            yield f"give it a parameter, `qubit {self.name}`, and pass the qubit in the call"
        elif self.quantum:
            yield "a gate acts on the qubits of its head only: add one there"
        else:
            yield f"pass `{self.name}` as an argument, or make it a `const`"
