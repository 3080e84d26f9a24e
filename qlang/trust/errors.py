"""What can go wrong in this room, as typed errors that carry data.

Every message may be shown to the user; none carries key material.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class TrustError(Exception):
    """Base of all errors raised by `qlang.trust`."""


@dataclass(eq=False)
class FileRefused(TrustError):
    """A file is missing, not a plain file, too large, or open to others."""

    path: Path
    reason: str
    missing: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class KeyStoreError(TrustError):
    """The key store cannot be used as it is."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class KeyFormatError(TrustError):
    """Bytes that should be a public key are not one that qlang knows."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class SigningError(TrustError):
    """A signer returned something else than valid signatures of its keys."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class JsonRefused(TrustError):
    """A text is not JSON as this room accepts it, or a value has no canonical form."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class EnvelopeError(TrustError):
    """Bytes are not a DSSE envelope with an in-toto payload."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class ManifestError(TrustError):
    """A statement, or the facts for one, are not those of a qlang run."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass(eq=False)
class LedgerError(TrustError):
    """The ledger is damaged; `index` is the entry where that shows, if it is known."""

    path: Path
    index: int | None
    reason: str

    def __str__(self) -> str:
        where = "" if self.index is None else f" entry {self.index}:"
        return f"{self.path}:{where} {self.reason}"


@dataclass(eq=False)
class SealError(TrustError):
    """A run folder cannot be sealed as it is."""

    run_dir: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.run_dir}: {self.reason}"


@dataclass(eq=False)
class CustodyError(TrustError):
    """A key's custody cannot do what was asked: wrong PIN, no token, a damaged or refused key."""

    custody: str
    reason: str

    def __str__(self) -> str:
        return f"{self.custody} key: {self.reason}"


@dataclass(eq=False)
class PolicyRefused(TrustError):
    """The signer's policy forbids to sign this; every reason is named."""

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"the policy refuses: {'; '.join(self.reasons)}"


@dataclass(eq=False)
class SignerUnavailable(TrustError):
    """The signer process cannot be reached, went away, or answered out of protocol."""

    reason: str

    def __str__(self) -> str:
        return f"the signer is not available: {self.reason}"
