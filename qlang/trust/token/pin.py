"""Where the PIN of a token comes from: a prompt, a file descriptor, or an environment variable that the user names.

A PIN is never an argument of a command, and no error or log holds one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from qlang.trust.errors import CustodyError, TokenConfigError

_TOKEN = "token"  # noqa: S105 - how errors name the custody
_LONGEST = 255


class PinSource(Protocol):
    """One place to ask. Nothing is remembered: the token's session is."""

    @property
    def interactive(self) -> bool:
        """Whether a person has to answer."""

    def read(self, token_label: str) -> str:
        """The PIN. Raises: CustodyError if there is none."""


@dataclass(frozen=True, slots=True)
class PinPrompt:
    """Asks on the terminal, without echo."""

    @property
    def interactive(self) -> bool:
        return True

    def read(self, token_label: str) -> str:
        import getpass

        if not _has_terminal():
            raise CustodyError(_TOKEN, f"the PIN of token {token_label!r} cannot be asked for: there is no terminal")
        try:
            return _checked(getpass.getpass(f"PIN of token {token_label!r}: "), "the prompt")
        except (EOFError, OSError) as error:
            raise CustodyError(_TOKEN, f"no PIN was given for token {token_label!r}") from error


@dataclass(frozen=True, slots=True)
class PinDescriptor:
    """Reads one line from an open file descriptor; it can be read once."""

    descriptor: int

    @property
    def interactive(self) -> bool:
        return False

    def read(self, token_label: str) -> str:
        where = f"file descriptor {self.descriptor}"
        data = b""
        try:
            while len(data) <= _LONGEST + 1 and b"\n" not in data:
                part = os.read(self.descriptor, 1)  # one at a time: what follows the line is not ours
                if not part:
                    break
                data += part
        except OSError as error:
            raise CustodyError(_TOKEN, f"{where} cannot be read for the PIN: {error.strerror}") from error
        try:
            return _checked(data.decode("utf-8").rstrip("\r\n"), where)
        except UnicodeDecodeError:
            raise CustodyError(_TOKEN, f"{where} does not hold a PIN in UTF-8") from None


@dataclass(frozen=True, slots=True)
class PinVariable:
    """Reads the environment variable of a name that the user chose."""

    name: str

    @property
    def interactive(self) -> bool:
        return False

    def read(self, token_label: str) -> str:
        where = f"environment variable {self.name}"
        if self.name not in os.environ:
            raise CustodyError(_TOKEN, f"{where}, which should hold the PIN of token {token_label!r}, is not set")
        return _checked(os.environ[self.name], where)


def parse_pin_source(text: str) -> PinSource:
    """`prompt`, `fd:<number>` or `env:<NAME>`. Raises: TokenConfigError; it does not repeat the text."""
    kind, _, rest = text.partition(":")
    if text == "prompt":
        return PinPrompt()
    if kind == "fd" and rest.isascii() and rest.isdecimal() and len(rest) <= 5:
        return PinDescriptor(int(rest))
    if kind == "env" and rest.isascii() and rest.isidentifier():
        return PinVariable(rest)
    raise TokenConfigError("pin", "says where the PIN comes from: `prompt`, `fd:<number>` or `env:<NAME>`")


def _has_terminal() -> bool:
    """Whether a person can be asked, even where standard input is a pipe as in a signer's own process."""
    import sys

    if os.name != "posix":
        return sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _checked(pin: str, where: str) -> str:
    """A PIN that can be handed to a C library. No error repeats it."""
    try:
        length = len(pin.encode("utf-8"))
    except UnicodeEncodeError:
        raise CustodyError(_TOKEN, f"{where} does not hold a PIN in UTF-8") from None
    if not 1 <= length <= _LONGEST or not pin.isprintable():
        raise CustodyError(_TOKEN, f"{where} does not hold a PIN of 1 to {_LONGEST} printable bytes")
    return pin
