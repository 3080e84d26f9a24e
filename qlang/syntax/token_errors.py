"""What is wrong with a single token: QJ0110 to QJ0113, QJ0121, QJ0137 and QJ0138."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic, Edit, Fix
from qlang.syntax.source import Span

_LOOKALIKES = {
    "#": "//",
    "\u2212": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u00d7": "*",
    "\u00f7": "/",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "\u201c": '"',
    "\u201d": '"',
    "\u2018": "'",
    "\u2019": "'",
    "\uff0c": ",",
    "\uff1b": ";",
    "\uff08": "(",
    "\uff09": ")",
    "\u00a0": " ",
    "\u2192": "->",
}
"""Characters of typography, and what is typed for them."""


@dataclass(frozen=True)
class UnexpectedCharacter(Diagnostic):
    code = "QJ0110"
    title = "unexpected character `{text}`"
    explanation = "This character is no part of the language, except in strings and comments."
    example_wrong = "qubit q;\nh q;?\n"
    example_right = "qubit q;\nh q;\n"

    text: str

    def fixes(self) -> Iterable[Fix]:
        right = _LOOKALIKES.get(self.text)
        if right is not None:
            yield Fix(f"write `{right}`" if right.strip() else "write a blank", (Edit(self.span, right),))

    def helps(self) -> Iterable[str]:
        if self.text not in _LOOKALIKES and any(ord(letter) > 127 for letter in self.text):
            codes = ", ".join(f"U+{ord(letter):04X}" for letter in self.text[:4])
            yield f"typed elsewhere and pasted? Its code is {codes}"


@dataclass(frozen=True)
class UnclosedString(Diagnostic):
    code = "QJ0111"
    title = "this string has no end"
    explanation = "A string begins and ends with the same quotation mark, on one line."
    example_wrong = 'include "stdgates.inc;\n'
    example_right = 'include "stdgates.inc";\n'

    quote: str

    def label(self) -> str:
        return f"add `{self.quote}` where it ends"


@dataclass(frozen=True)
class UnclosedComment(Diagnostic):
    code = "QJ0112"
    title = "this comment has no end"
    explanation = "A comment that begins with `/*` goes on to the next `*/`; such comments do not nest."
    example_wrong = "/* a Bell pair\nqubit[2] q;\n"
    example_right = "/* a Bell pair */\nqubit[2] q;\n"

    def helps(self) -> Iterable[str]:
        yield "add `*/`, or use `//` for a comment of one line"


@dataclass(frozen=True)
class UnclosedCalibration(Diagnostic):
    code = "QJ0113"
    title = "this `{word}` has no complete block"
    explanation = "What calibrates hardware stands between braces, each opened and closed again."
    example_wrong = "defcal x $0 { play(drive($0), pulse); \n"
    example_right = "defcal x $0 { play(drive($0), pulse); }\n"

    word: str


@dataclass(frozen=True)
class InvalidNumber(Diagnostic):
    code = "QJ0121"
    title = "this number {problem}"
    explanation = "Numbers have to fit a double, and whole numbers may have at most 4000 characters."
    example_wrong = "const float tiny = 1e999;\n"
    example_right = "const float tiny = 1e-99;\n"

    problem: str


@dataclass(frozen=True)
class ReservedWord(Diagnostic):
    code = "QJ0138"
    title = "`{word}` is a word of the language and cannot be a name"
    explanation = (
        "The words that begin statements, types and their like mean the same everywhere in OpenQASM and cannot be "
        "chosen as names. The fix renames the thing, and its later uses as far as they can be told."
    )
    example_wrong = "float angle = 0.5;\nqubit q;\nU(angle, 0, 0) q;\n"
    example_right = "float angle_ = 0.5;\nqubit q;\nU(angle_, 0, 0) q;\n"

    word: str
    name: str
    """A name that is free."""
    uses: tuple[Span, ...] = ()

    def label(self) -> str:
        return "choose another name"

    def fixes(self) -> Iterable[Fix]:
        yield Fix(f"rename it to `{self.name}`", tuple(Edit(span, self.name) for span in (self.span, *self.uses)))


@dataclass(frozen=True)
class NameTooLong(Diagnostic):
    code = "QJ0137"
    title = "this name has {length:,} characters; the limit is {limit:,}"
    explanation = "A name is repeated in every message and table about it."
    example_wrong = f"qubit {'a' * 1001};\n"
    example_right = "qubit a;\n"

    length: int
    limit: int
