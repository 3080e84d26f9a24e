"""Where a secret that a person knows comes from: the terminal, a file descriptor, or an environment variable.

The user names the place, never the secret: it is no argument of a command, and no error or log holds it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Protocol

from qlang.trust.errors import CustodyError

PLACES = "`prompt`, `fd:<number>` or `env:<NAME>`"
"""How places are written, see `parse_source`."""


@dataclass(frozen=True, slots=True)
class SecretKind:
    """What is asked for."""

    name: str
    """As `PIN`."""
    custody: str
    """Custody class, for error messages."""
    longest: int
    """Bytes of UTF-8."""
    named_by: str
    """What names the place."""
    printable: bool = False
    """Whether control characters are refused."""


class SecretSource(Protocol):
    """One place to ask. Nothing is remembered."""

    @property
    def interactive(self) -> bool:
        """Whether a person has to answer."""

    def read(self, kind: SecretKind, question: str, *, twice: bool = False) -> str:
        """The secret; `twice`: a person has to repeat it. Raises: CustodyError if there is none."""


@dataclass(frozen=True, slots=True)
class FromTerminal:
    """Asks without echo."""

    @property
    def interactive(self) -> bool:
        return True

    def read(self, kind: SecretKind, question: str, *, twice: bool = False) -> str:
        import getpass

        if not has_terminal():
            reason = (
                f"there is no terminal to ask for the {kind.name}; {kind.named_by} names `fd:<number>` or `env:<NAME>`"
            )
            raise CustodyError(kind.custody, reason)
        try:
            first = getpass.getpass(f"{question}: ")
            if twice and getpass.getpass(f"{question}, again: ") != first:
                raise CustodyError(kind.custody, f"the two {kind.name}s differ")
        except (EOFError, OSError) as error:
            raise CustodyError(kind.custody, f"no {kind.name} was given") from error
        return _checked(kind, first, "the prompt")


@dataclass(frozen=True, slots=True)
class FromDescriptor:
    """Reads one line from an open file descriptor; it can be read once."""

    descriptor: int

    @property
    def interactive(self) -> bool:
        return False

    def read(self, kind: SecretKind, question: str, *, twice: bool = False) -> str:
        where = f"file descriptor {self.descriptor}"
        data = b""
        try:
            while len(data) <= kind.longest + 1 and not data.endswith(b"\n"):
                part = os.read(self.descriptor, 1)  # one at a time: what follows the line is not ours
                if not part:
                    break
                data += part
        except OSError as error:
            raise CustodyError(kind.custody, f"{where} cannot be read for the {kind.name}: {error.strerror}") from error
        try:
            return _checked(kind, data.decode("utf-8").rstrip("\r\n"), where)
        except UnicodeDecodeError:
            raise _no_text(kind, where) from None


@dataclass(frozen=True, slots=True)
class FromVariable:
    """Reads the environment variable of a name that the user chose."""

    name: str

    @property
    def interactive(self) -> bool:
        return False

    def read(self, kind: SecretKind, question: str, *, twice: bool = False) -> str:
        where = f"environment variable {self.name}"
        if self.name not in os.environ:
            raise CustodyError(kind.custody, f"{where}, which should hold the {kind.name}, is not set")
        return _checked(kind, os.environ[self.name], where)


def parse_source(text: str) -> SecretSource | None:
    """The place that `text` names in the form of `PLACES`; None for other texts, which may be the secret itself."""
    kind, _, rest = text.partition(":")
    if text == "prompt":
        return FromTerminal()
    if kind == "fd" and rest.isascii() and rest.isdecimal() and len(rest) <= 5:
        return FromDescriptor(int(rest))
    if kind == "env" and rest.isascii() and rest.isidentifier():
        return FromVariable(rest)
    return None


def has_terminal() -> bool:
    """Whether a person can be asked, even where standard input is a pipe."""
    if os.name != "posix":
        return sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _checked(kind: SecretKind, text: str, where: str) -> str:
    """No error repeats the text."""
    try:
        length = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise _no_text(kind, where) from None
    if not 1 <= length <= kind.longest or (kind.printable and not text.isprintable()):
        bytes_ = "printable bytes" if kind.printable else "bytes"
        raise CustodyError(kind.custody, f"{where} does not hold a {kind.name} of 1 to {kind.longest} {bytes_}")
    return text


def _no_text(kind: SecretKind, where: str) -> CustodyError:
    return CustodyError(kind.custody, f"{where} does not hold a {kind.name} in UTF-8")
