"""What is wrong with a file as a whole, QJ0131 to QJ0136."""

from collections.abc import Iterable
from dataclasses import dataclass

from qlang.syntax.diagnostic import Diagnostic


@dataclass(frozen=True)
class BadEncoding(Diagnostic):
    code = "QJ0131"
    title = "this file is not text in UTF-8: byte {offset} cannot be read"
    explanation = "Programs are text in UTF-8, with or without a byte order mark."

    offset: int
    looks_like: str = ""

    def helps(self) -> Iterable[str]:
        origin = f" -f {self.looks_like}" if self.looks_like else ""
        yield f"save it as UTF-8 in your editor, or convert it with `iconv{origin} -t utf-8`"


@dataclass(frozen=True)
class NullCharacter(Diagnostic):
    code = "QJ0132"
    title = "this file has a null character at byte {offset}: is it a program?"
    explanation = "Text has no null characters; a file with one is binary, or text in UTF-16."

    offset: int


@dataclass(frozen=True)
class FileTooLarge(Diagnostic):
    code = "QJ0133"
    title = "this file is larger than {limit} bytes"
    explanation = "A program is read whole; beyond the limit that would take minutes and gigabytes."

    limit: int

    def helps(self) -> Iterable[str]:
        yield "write what repeats as a loop"


@dataclass(frozen=True)
class CannotRead(Diagnostic):
    code = "QJ0134"
    title = "cannot read {path}: {reason}"
    explanation = "The file does not exist, is no file, or may not be read by you."

    path: str
    reason: str


@dataclass(frozen=True)
class LineTooLong(Diagnostic):
    code = "QJ0135"
    title = "this line has {length:,} characters; the limit is {limit:,}"
    explanation = (
        "No program has lines of this length; a file that lost its line breaks, or is no program at all, has. "
        "Nothing of it is read, as every message about it would be as long."
    )

    length: int
    limit: int

    def helps(self) -> Iterable[str]:
        yield "write one statement to a line, and what repeats as a loop"


@dataclass(frozen=True)
class TooManyTokens(Diagnostic):
    code = "QJ0136"
    title = "this text has more than {limit:,} words and marks"
    explanation = (
        "Beyond the limit a program takes minutes and gigabytes to check. Plain gate lines count little: a long run of "
        "them is read as one word."
    )

    limit: int

    def helps(self) -> Iterable[str]:
        yield "write what repeats as a loop, or split the program into several circuits"
