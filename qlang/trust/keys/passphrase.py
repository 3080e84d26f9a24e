"""Where a passphrase comes from: the terminal, a file descriptor, or an environment variable that the user names.

A passphrase is never an argument of a command, and no error or log holds one.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from dataclasses import dataclass
from typing import Protocol

from qlang.trust.custody import DEVELOPMENT
from qlang.trust.errors import CustodyError

MIN_CHARACTERS = 8
"""Fewer are refused when a passphrase is set (NIST SP 800-63B, 5.1.1.2)."""
_LONGEST = 1024
_NOBODY_TO_ASK = "there is no terminal to ask for the passphrase; `--passphrase` names `fd:<number>` or `env:<NAME>`"
_SOURCES = "`prompt`, `fd:<number>` or `env:<NAME>`"


class PassphraseSource(Protocol):
    """One place to ask."""

    def read(self, question: str, *, new: bool = False) -> bytes:
        """The passphrase in UTF-8, NFC; `new` ones are asked for twice, where a person answers, and not too short.

        Raises: CustodyError if there is none.
        """


@dataclass(frozen=True, slots=True)
class FromTerminal:
    """Asks without echo."""

    def read(self, question: str, *, new: bool = False) -> bytes:
        import getpass

        if not sys.stdin.isatty():
            raise CustodyError(DEVELOPMENT, _NOBODY_TO_ASK)
        try:
            first = getpass.getpass(f"{question}: ")
            if new and getpass.getpass(f"{question}, again: ") != first:
                raise CustodyError(DEVELOPMENT, "the two passphrases differ")
        except (EOFError, OSError) as error:
            raise CustodyError(DEVELOPMENT, "no passphrase was given") from error
        return _checked(first, "the prompt", new)


@dataclass(frozen=True, slots=True)
class FromDescriptor:
    """Reads one line from an open file descriptor; it can be read once."""

    descriptor: int

    def read(self, question: str, *, new: bool = False) -> bytes:
        where, data = f"file descriptor {self.descriptor}", b""
        try:
            while len(data) <= _LONGEST and not data.endswith(b"\n"):
                part = os.read(self.descriptor, 1)  # one at a time: what follows the line is not ours
                if not part:
                    break
                data += part
        except OSError as error:
            raise CustodyError(DEVELOPMENT, f"{where} cannot be read for the passphrase: {error.strerror}") from error
        try:
            return _checked(data.decode("utf-8").rstrip("\r\n"), where, new)
        except UnicodeDecodeError:
            raise CustodyError(DEVELOPMENT, f"{where} does not hold a passphrase in UTF-8") from None


@dataclass(frozen=True, slots=True)
class FromVariable:
    """Reads an environment variable."""

    name: str

    def read(self, question: str, *, new: bool = False) -> bytes:
        text = os.environ.get(self.name)
        where = f"environment variable {self.name}"
        if text is None:
            raise CustodyError(DEVELOPMENT, f"{where}, which should hold the passphrase, is not set")
        return _checked(text, where, new)


def source_of(text: str) -> PassphraseSource:
    """`prompt`, `fd:<number>` or `env:<NAME>`. Raises: CustodyError; it does not repeat the text."""
    kind, _, rest = text.partition(":")
    if text == "prompt":
        return FromTerminal()
    if kind == "fd" and rest.isascii() and rest.isdecimal() and len(rest) <= 5:
        return FromDescriptor(int(rest))
    if kind == "env" and rest.isascii() and rest.isidentifier():
        return FromVariable(rest)
    raise CustodyError(DEVELOPMENT, f"where the passphrase comes from is said as {_SOURCES}, never as the passphrase")


def _checked(text: str, where: str, new: bool) -> bytes:
    try:
        data = unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError:
        raise CustodyError(DEVELOPMENT, f"{where} does not hold a passphrase in UTF-8") from None
    if not 1 <= len(data) <= _LONGEST:
        raise CustodyError(DEVELOPMENT, f"{where} does not hold a passphrase of 1 to {_LONGEST} bytes")
    if new and len(text) < MIN_CHARACTERS:
        raise CustodyError(DEVELOPMENT, f"a passphrase has at least {MIN_CHARACTERS} characters")
    return data
