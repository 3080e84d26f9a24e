"""What can go wrong in this room, as typed errors that carry data.

Every message may be shown to the user; none carries key material.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class TrustError(Exception):
    """Base of all errors raised by `qlang.trust`."""


@dataclass(eq=False)
class Explained(TrustError):
    """An error that one reason tells all about. Not raised itself."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class ExplainedFile(TrustError):
    """What is wrong with a file. Not raised itself."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(eq=False)
class FileRefused(ExplainedFile):
    """A file is missing, not a plain file, too large, or open to others."""

    missing: bool = False


class NoHome(TrustError):
    """The system knows no home of this user, where keys and what unlocks them would lie."""

    def __str__(self) -> str:
        return "this user has no home folder, where keys and what unlocks them lie"


class KeyStoreError(ExplainedFile):
    """The key store cannot be used as it is."""


class KeyFormatError(Explained):
    """Bytes that should be a public key are not one that qlang knows."""


class SigningError(Explained):
    """A signer returned something else than valid signatures of its keys."""


class JsonRefused(Explained):
    """A text is not JSON as this room accepts it, or a value has no canonical form."""


class EnvelopeError(Explained):
    """Bytes are not a DSSE envelope with an in-toto payload."""


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


class SignerUnavailable(Explained):
    """The signer process cannot be reached, went away, or answered out of protocol."""

    def __str__(self) -> str:
        return f"the signer is not available: {self.reason}"


class AttestationError(Explained):
    """An attestation about a release or a build step is not what it should be."""


@dataclass(eq=False)
class AlgorithmUnavailable(TrustError):
    """No provider of this installation can do it; `reasons` has one (provider, why) for each that was asked."""

    algorithm: str
    operation: str
    reasons: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        why = "; ".join(f"{provider}: {reason}" for provider, reason in self.reasons)
        return f"cannot {self.operation} with {self.algorithm}: {why or 'no provider was asked'}"


@dataclass(eq=False)
class PolicyError(TrustError):
    """A policy file is not one: which key is wrong, where it stands, and what was probably meant."""

    path: Path
    key: str
    """As `tenants.lab.modes`; empty where the file as a whole is meant."""
    reason: str
    line: int | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        place = f"{self.path}" if self.line is None else f"{self.path}:{self.line}"
        subject = f" {self.key}:" if self.key else ""
        return f"{place}:{subject} {self.reason}"


@dataclass(eq=False)
class TooManyTries(CustodyError):
    """After several wrong secrets the next try has to wait; nothing was tried."""

    failures: int
    wait_s: float


@dataclass(eq=False)
class KeyRefused(TrustError):
    """No key may sign: `state` says why (`missing`, `expired`, `not yet valid`, `revoked`, …)."""

    algorithm: str
    key_id: str | None
    state: str
    reason: str

    def __str__(self) -> str:
        subject = self.key_id or self.algorithm
        return self.reason if self.reason.startswith(subject) else f"{subject}: {self.reason}"


class KeyEventError(Explained):
    """A statement about a key's life is malformed, or not signed by those who must sign it."""


@dataclass(eq=False)
class TokenConfigError(TrustError):
    """The description of a PKCS#11 token is wrong; `key` is the member."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.key} {self.reason}"


class SealedFileRefused(ExplainedFile):
    """A sealed file cannot be opened, or something cannot be sealed as asked."""


@dataclass(eq=False)
class RecipientKeyError(TrustError):
    """A recipient's key is unknown, damaged, or of another suite than the crypto mode demands."""

    key: str
    reason: str

    def __str__(self) -> str:
        return f"recipient key {self.key}: {self.reason}"


@dataclass(eq=False)
class QkdConfigError(TrustError):
    """The section `[qkd]` of a configuration file is wrong; `key` is the member, empty for the whole."""

    path: Path
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {f'qkd.{self.key} ' if self.key else ''}{self.reason}"


@dataclass(eq=False)
class QkdUnavailable(TrustError):
    """The key management entity gives no keys; nothing else is used in its place."""

    reason: str
    code: str = "QKD_UNAVAILABLE"

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class TlsRefused(Explained):
    """A TLS connection or its settings are refused, by us or by the peer."""


@dataclass(eq=False)
class ExtraMissing(TrustError):
    """A feature needs a package that an extra of qlang installs."""

    extra: str
    feature: str

    def __str__(self) -> str:
        return f"{self.feature} needs the extra `{self.extra}`: pip install 'qlang[{self.extra}]'"


class FrameRefused(Explained):
    """A message to or from the signer is too long, malformed, or none that the protocol knows."""

    def __str__(self) -> str:
        return f"not a message of the signer's protocol: {self.reason}"


@dataclass(eq=False)
class RequestConflict(TrustError):
    """A request has the id of one that was answered already, and asks something else."""

    request_id: str
    index: int | None
    """The ledger entry of the request that was answered."""
    reason: str

    def __str__(self) -> str:
        return f"run {self.request_id} is entry {self.index} of the ledger: {self.reason}"


class NoteError(Explained):
    """A text is not a signed note, checkpoint or proof as C2SP specifies them, or a known key did not sign it."""


@dataclass(eq=False)
class WitnessRefused(TrustError):
    """A witness does not cosign."""

    verdict: str
    """`stale`, `rollback`, `fork`, `unknown log`, `bad signature` or `bad request`."""
    reason: str
    size: int | None = None
    """The tree size that the witness saw last, if that is what the log needs to know."""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.reason}"


@dataclass(eq=False)
class TenantRefused(TrustError):
    """What is given as a tenant cannot be the name of one."""

    tenant: str

    def __str__(self) -> str:
        return f"{self.tenant[:80]!a} is not a tenant's name: letters, digits and . _ - only, at most 64"
