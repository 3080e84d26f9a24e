"""The passphrases of key stores and backups."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Protocol

from qlang.trust.custody import DEVELOPMENT
from qlang.trust.errors import CustodyError
from qlang.trust.secret_sources import PLACES, FromTerminal, SecretKind, SecretSource, parse_source

MIN_CHARACTERS = 8
"""Fewer are refused when a passphrase is set (NIST SP 800-63B, 5.1.1.2)."""
OPTION = "--passphrase"
_MAX_BYTES = 1024


class PassphraseSource(Protocol):
    """One place to ask."""

    def read(self, question: str, *, new: bool = False) -> bytes:
        """The passphrase in UTF-8, NFC; `new` ones are asked for twice, where a person answers, and not too short.

        Raises: CustodyError if there is none.
        """


@dataclass(frozen=True, slots=True)
class PassphraseFrom:
    """A passphrase from the terminal, or from the place that the user named."""

    source: SecretSource = field(default_factory=FromTerminal)
    option: str = OPTION
    """Of the command, which names another source; for messages."""

    def read(self, question: str, *, new: bool = False) -> bytes:
        """See `PassphraseSource`."""
        kind = SecretKind("passphrase", DEVELOPMENT, _MAX_BYTES, f"`{self.option}`")
        text = self.source.read(kind, question, twice=new)
        if new and len(text) < MIN_CHARACTERS:
            raise CustodyError(DEVELOPMENT, f"a passphrase has at least {MIN_CHARACTERS} characters")
        return unicodedata.normalize("NFC", text).encode("utf-8")


def source_of(text: str, option: str = OPTION) -> PassphraseSource:
    """`prompt`, `fd:<number>` or `env:<NAME>`. Raises: CustodyError; it does not repeat the text."""
    source = parse_source(text)
    if source is None:
        reason = f"`{option}`: where the passphrase comes from is said as {PLACES}, never as the passphrase"
        raise CustodyError(DEVELOPMENT, reason)
    return PassphraseFrom(source, option)
