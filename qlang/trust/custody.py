"""Where private keys live, and the one interface to all such places.

A custodian makes keys and signs with them; what leaves it are public keys, signatures and wrapped bytes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from qlang.trust.algorithms import PublicKey
from qlang.trust.canonical import Json

DEVELOPMENT = "development"
"""An encrypted file; whoever reads the user's files has the key."""
TOKEN_WRAPPED = "token-wrapped"  # noqa: S105 - the name of a custody class
"""A seed wrapped by a key that does not leave a PKCS#11 token; in this process's memory while it signs."""
TOKEN_NATIVE = "token-native"  # noqa: S105 - the name of a custody class
"""Signed inside a PKCS#11 token."""

CUSTODIES = (DEVELOPMENT, TOKEN_WRAPPED, TOKEN_NATIVE)
"""From the weakest to the strongest."""

RUN_MANIFEST = "run-manifest"
LEDGER_CHECKPOINT = "ledger-checkpoint"
ROOT = "root"
WITNESS = "witness"
RELEASE = "release"
PURPOSES = (RUN_MANIFEST, LEDGER_CHECKPOINT, ROOT, WITNESS, RELEASE)

DEFAULT_TENANT = "default"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
"""How tenants and tokens may be called (use `fullmatch`): they become parts of file names."""


@dataclass(frozen=True, slots=True)
class KeySpec:
    """What a key is made for. Times are RFC 3339 in UTC with `Z`; `not_after` None has no end."""

    algorithm: str
    purpose: str = RUN_MANIFEST
    tenant: str = DEFAULT_TENANT
    generation: int = 1
    not_before: str = "1970-01-01T00:00:00Z"
    not_after: str | None = None


@dataclass(frozen=True, slots=True)
class ProbeAttempt:
    """One try to get a private key out of its custody, or to weaken it."""

    name: str
    """`read value`, `make extractable`, `copy as extractable`, `wrap with a known key`, …"""
    yielded: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What trying found. `verdict` is written into manifests.

    `verdict`: `non_extractable: enforced`, `non_extractable: claimed, not enforced`, or
    `non_extractable: not claimed` for keys in files.
    """

    verdict: str
    attempts: tuple[ProbeAttempt, ...] = ()
    flags: Mapping[str, bool] = field(default_factory=dict)
    """PKCS#11 attributes as the token states them: NEVER_EXTRACTABLE, ALWAYS_SENSITIVE, LOCAL, …"""

    @property
    def enforced(self) -> bool:
        """Whether every attempt was refused by a token that claims non-extractability."""
        return self.verdict == ENFORCED


ENFORCED = "non_extractable: enforced"
NOT_ENFORCED = "non_extractable: claimed, not enforced"
NOT_CLAIMED = "non_extractable: not claimed"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it lies in the key store: everything but the plaintext of its private half."""

    public: PublicKey
    spec: KeySpec
    custody: str
    created_at: str
    protection: Mapping[str, Json]
    """The custodian's own data: nonce and ciphertext, or token serial and object id."""
    probe: ProbeReport = ProbeReport(NOT_CLAIMED)


class Custodian(Protocol):
    """One place where private keys live. Methods raise `errors.CustodyError`."""

    @property
    def custody(self) -> str:
        """One of `CUSTODIES`."""

    def algorithms(self) -> tuple[str, ...]:
        """What keys can be made of here."""

    def create(self, spec: KeySpec) -> KeyRecord:
        """Make a key, probe its custody, and return what the store keeps of it."""

    def settle(self, records: Collection[KeyRecord]) -> tuple[str, ...]:
        """Undo creations that came to no key file; `records` are all that did. Returns what was undone, in words."""

    def unlock(self) -> None:
        """Ask for the PIN or the passphrase now, before something else is held."""

    def ready(self, record: KeyRecord) -> None:
        """Do what comes before a signature: log in, unlock, find the key."""

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        """One signature over `message` (ML-DSA and SLH-DSA: pure, empty context)."""

    def probe(self, record: KeyRecord) -> ProbeReport:
        """Try to get the private key out; read-only for the key itself."""
