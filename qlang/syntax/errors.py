"""Mistakes of syntax, QJ0101 to QJ0199, as data with their words."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix


@dataclass(frozen=True)
class MissingToken(Diagnostic):
    code = "QJ0101"
    title = "missing `{text}`"
    explanation = "A mark that closes or separates is not there. The fix puts it after the last word that fits."
    example_wrong = "qubit q\nh q;\n"
    example_right = "qubit q;\nh q;\n"

    text: str

    def label(self) -> str:
        return f"add `{self.text}` here"

    def fixes(self) -> Iterable[Fix]:
        yield Fix(f"add `{self.text}`", (Edit(self.span, self.text),))


@dataclass(frozen=True)
class Unexpected(Diagnostic):
    code = "QJ0102"
    title = "expected {expected}, found {found}"
    explanation = "The text does not continue in any way that the language knows."
    example_wrong = "qubit[2] q;\ncx q[0] with q[1];\n"
    example_right = "qubit[2] q;\ncx q[0], q[1];\n"

    expected: str
    found: str


@dataclass(frozen=True)
class NestingTooDeep(Diagnostic):
    code = "QJ0103"
    title = "nested too deeply"
    explanation = "Brackets, blocks and signs may stand about 200 deep in each other, far beyond what a reader follows."

    def helps(self) -> Iterable[str]:
        yield "give the inner parts names, with `const` or `let`"


@dataclass(frozen=True)
class InvalidNumber(Diagnostic):
    code = "QJ0104"
    title = "this number {problem}"

    problem: str


@dataclass(frozen=True)
class InvalidGateCall(Diagnostic):
    code = "QJ0105"
    title = "this cannot be applied to qubits"

    def helps(self) -> Iterable[str]:
        yield "a gate call is a name, parameters in parentheses if it has any, then qubits: `rz(0.5) q[0];`"


@dataclass(frozen=True)
class NamedGateParameter(Diagnostic):
    code = "QJ0106"
    title = "parameters of gate `{gate}` have no names"

    gate: str
