"""Mistakes of syntax, QJ0101 to QJ0199, as data with their words."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Span


def _opened_here(opener: Span | None) -> Iterable[Label]:
    return () if opener is None else (Label(opener, "opened here"),)


@dataclass(frozen=True)
class MissingToken(Diagnostic):
    code = "QJ0101"
    title = "missing `{text}`"
    explanation = (
        "A mark that closes or separates two parts is not there. It is reported behind the last word before the "
        "gap, and the fix adds it there."
    )
    example_wrong = "qubit[2] q\ncx q[0], q[1];\n"
    example_right = "qubit[2] q;\ncx q[0], q[1];\n"

    text: str
    opener: Span | None = None
    """The bracket that waits for `text`."""

    def label(self) -> str:
        return f"add `{self.text}` here"

    def secondary(self) -> Iterable[Label]:
        return _opened_here(self.opener)

    def fixes(self) -> Iterable[Fix]:
        text = f" {self.text} " if self.text[0].isalpha() else self.text
        yield Fix(f"add `{self.text}`", (Edit(self.span, text),))


@dataclass(frozen=True)
class MissingTokens(Diagnostic):
    code = "QJ0102"
    title = "unfinished: {what} missing"
    explanation = (
        "The text ends, a block closes or the next statement begins before this one is complete. All that it "
        "takes to complete it is listed."
    )
    example_wrong = "qubit[2] q;\nfor int i in [0:1] {\n  h q[i\n"
    example_right = "qubit[2] q;\nfor int i in [0:1] {\n  h q[i];\n}\n"

    texts: tuple[str, ...]
    """What to add, in order; `MISSING` and `ID` stand for an expression and a name."""
    opener: Span | None = None

    def message(self) -> str:
        words = {"MISSING": "an expression", "ID": "a name"}
        listed = [words.get(text, f"`{text}`") for text in self.texts]
        if len(listed) > 6:
            listed = [*listed[:5], f"{len(listed) - 5} more"]
        return f"unfinished: {', '.join(listed[:-1])} and {listed[-1]} are missing"

    def label(self) -> str:
        return "it stops here"

    def secondary(self) -> Iterable[Label]:
        return _opened_here(self.opener)

    def fixes(self) -> Iterable[Fix]:
        if not {"MISSING", "ID"}.intersection(self.texts):
            yield Fix(f"add `{''.join(self.texts)}`", (Edit(self.span, "".join(self.texts)),), "maybe")


@dataclass(frozen=True)
class MissingPart(Diagnostic):
    code = "QJ0103"
    title = "expected {expected} before {found}"
    explanation = "A name or an expression has to stand here; nothing can take its place."
    example_wrong = "const float angle_of_rotation = ;\n"
    example_right = "const float angle_of_rotation = pi / 4;\n"

    expected: str
    found: str

    def label(self) -> str:
        return f"{self.expected} is missing"


@dataclass(frozen=True)
class StrayToken(Diagnostic):
    code = "QJ0104"
    title = "`{text}` does not belong here"
    explanation = "A word or mark too many: without it the text goes on as written."
    example_wrong = "qubit[2] q;\ncx q[0], , q[1];\n"
    example_right = "qubit[2] q;\ncx q[0], q[1];\n"

    text: str

    def label(self) -> str:
        return "remove this"

    def fixes(self) -> Iterable[Fix]:
        text = self.span.source.text
        between = text[self.span.start - 1 : self.span.start] + text[self.span.end : self.span.end + 1]
        glued = len(between) == 2 and all(each.isalnum() or each == "_" for each in between)
        yield Fix(f"remove `{self.text}`", (Edit(self.span, " " if glued else ""),))


@dataclass(frozen=True)
class WrongToken(Diagnostic):
    code = "QJ0105"
    title = "expected `{right}`, found {found}"
    explanation = "Another mark belongs in this place; with it the text goes on as written."
    example_wrong = "qubit q;\nbit c = measure q;\nif (c = 1) { x q; }\n"
    example_right = "qubit q;\nbit c = measure q;\nif (c == 1) { x q; }\n"

    right: str
    found: str

    def label(self) -> str:
        return f"write `{self.right}` here"

    def fixes(self) -> Iterable[Fix]:
        yield Fix(f"replace by `{self.right}`", (Edit(self.span, self.right),))


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    code = "QJ0106"
    title = "expected {expected}, found {found}"
    explanation = (
        "The text does not go on in a way that the language knows, and no small change mends it. What follows is "
        "skipped up to the next statement."
    )
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); sla { fidelity 0.85; } }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); sla { fidelity >= 0.85; } }\n"

    expected: str
    found: str

    def label(self) -> str:
        return f"expected {self.expected}"

    def helps(self) -> Iterable[str]:
        line, column = self.span.source.line_column(self.span.start)
        before = self.span.source.line(line)[: column - 1].split("{")[-1].split(";")[-1].strip()
        if before.split("(")[0].split(" ")[0] == "for":
            yield "a loop is written `for int i in [0:9] { … }`; 9 is its last value"
        elif self.found == "`measure`" and "expression" in self.expected:
            yield "a measurement is no part of an expression: `bit b = measure q;`, then use `b`"


@dataclass(frozen=True)
class UnknownWord(Diagnostic):
    code = "QJ0107"
    title = "unknown word `{word}`"
    explanation = "In this place only certain words can stand, and this one is close to one of them."
    example_wrong = "circuit c() { qubit q; h q; }\njob j { run c(); shot 100; }\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); shots 100; }\n"

    word: str
    suggestion: str

    def label(self) -> str:
        return f"did you mean `{self.suggestion}`?"

    def fixes(self) -> Iterable[Fix]:
        yield Fix(f"use `{self.suggestion}`", (Edit(self.span, self.suggestion),))


@dataclass(frozen=True)
class UnpairedBracket(Diagnostic):
    code = "QJ0108"
    title = "`{text}` closes nothing"
    explanation = "Every closing bracket needs an opening one of its kind before it."
    example_wrong = "qubit q;\nh q;\n}\n"
    example_right = "qubit q;\nh q;\n"

    text: str

    def label(self) -> str:
        return "no bracket is open that this could close"

    def fixes(self) -> Iterable[Fix]:
        yield Fix(f"remove `{self.text}`", (Edit(self.span, ""),), "maybe")


@dataclass(frozen=True)
class OutsideJob(Diagnostic):
    code = "QJ0109"
    title = "`{word}` stands outside a job"
    explanation = "What to run, how exactly and at what cost is said in a `job` block."
    example_wrong = "circuit c() { qubit q; h q; }\nrun c();\nshots 100;\n"
    example_right = "circuit c() { qubit q; h q; }\njob j { run c(); shots 100; }\n"

    word: str

    def helps(self) -> Iterable[str]:
        yield "put it into `job name { … }`"


@dataclass(frozen=True)
class DefaultNotLast(Diagnostic):
    code = "QJ0140"
    title = "a `default` comes once, behind all cases"
    explanation = "`default` is what happens where no case fits, so OpenQASM wants it at the end of the `switch`."
    example_wrong = "int i;\nswitch (i) { default { i = 2; } case 1 { i = 3; } }\n"
    example_right = "int i;\nswitch (i) { case 1 { i = 3; } default { i = 2; } }\n"

    def label(self) -> str:
        return "move it behind the last `case`"


@dataclass(frozen=True)
class InvalidCalibration(Diagnostic):
    code = "QJ0139"
    title = "this is not the head of a `{kind}`"
    explanation = (
        "A calibration is written `cal { … }` or `defcal name(parameters) qubits -> type { … }`, where parameters and "
        "type may be missing, and the qubits may not. Brackets are closed. What the braces hold is kept as it is."
    )
    example_wrong = "defcal x { play(drive); }\n"
    example_right = "defcal x $0 { play(drive); }\n"
    found_by = "syntax"

    kind: str
    bracket: str = ""
    """The bracket without its partner that is shown."""

    def label(self) -> str:
        if not self.bracket:
            return ""
        return f"this `{self.bracket}` {'is not closed' if self.bracket in '([' else 'closes nothing'}"

    def helps(self) -> Iterable[str]:
        form = "defcal name(parameters) qubits -> type { … }" if self.kind == "defcal" else "cal { … }"
        yield f"write it as `{form}`"


@dataclass(frozen=True)
class NestingTooDeep(Diagnostic):
    code = "QJ0120"
    title = "nested too deeply"
    explanation = (
        "Brackets, blocks and signs may stand about 200 deep in each other, which is far more than a reader can "
        "follow and keeps hostile input from exhausting the stack."
    )

    def helps(self) -> Iterable[str]:
        yield "give the inner parts names, with `const` or `let`"


@dataclass(frozen=True)
class InvalidGateCall(Diagnostic):
    code = "QJ0122"
    title = "this cannot be applied to qubits"
    explanation = "A gate call is a gate's name, its parameters in parentheses if it has any, and qubits."
    example_wrong = "qubit q;\nfloat[32] f;\nf[0][1] q;\n"
    example_right = "qubit q;\nrz(0.5) q;\n"

    def helps(self) -> Iterable[str]:
        yield "a gate call looks like `rz(0.5) q[0];`"


@dataclass(frozen=True)
class NamedGateParameter(Diagnostic):
    code = "QJ0123"
    title = "parameters of gate `{gate}` have no names"
    explanation = "Gates take their parameters by place. Circuits in `run` take them by name too."
    example_wrong = "qubit q;\nrz(theta = 0.5) q;\n"
    example_right = "qubit q;\nrz(0.5) q;\n"

    gate: str

    def label(self) -> str:
        return "taken by its place"

    def fixes(self) -> Iterable[Fix]:
        value = self.span.text.partition("=")[2].strip()
        if value:
            yield Fix(f"write `{value}`", (Edit(self.span, value),), "maybe")


@dataclass(frozen=True)
class UnsupportedVersion(Diagnostic):
    code = "QJ0124"
    title = "OpenQASM {text} is not known"
    explanation = "The version statement may name OpenQASM 2 or 3."
    example_wrong = "OPENQASM 4.0;\nqubit q;\n"
    example_right = "OPENQASM 3.0;\nqubit q;\n"

    text: str

    def label(self) -> str:
        return "2.0, 3.0 and 3.1 are known"


@dataclass(frozen=True)
class TooManyErrors(Diagnostic):
    code = "QJ0130"
    title = "too many mistakes: the rest of the file was not read"
    explanation = "After a hundred mistakes of syntax the text is hardly what it was meant to be."
