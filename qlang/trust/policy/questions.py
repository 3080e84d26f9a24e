"""What a policy is asked."""

from __future__ import annotations

from dataclasses import dataclass

from qlang.trust.custody import DEFAULT_TENANT, DEVELOPMENT, NOT_CLAIMED, KeyRecord
from qlang.trust.spki import PublicKey


@dataclass(frozen=True, slots=True)
class Peer:
    """The operating system's user at the other end of the signer's socket."""

    uid: int
    user: str


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key as a policy sees it. Times are RFC 3339 in UTC with `Z`."""

    key_id: str
    algorithm: str
    custody: str
    probe: str
    """The verdict of the custody probe, see `custody.ProbeReport`."""
    not_before: str
    not_after: str | None
    revoked: bool = False
    created_at: str | None = None
    """When it was made; a policy with `max_key_age` refuses a key of unknown age."""
    tenant: str = DEFAULT_TENANT

    @classmethod
    def of(cls, record: KeyRecord) -> KeyFacts:
        """What a policy sees of a key of the store that is not revoked."""
        spec = record.spec
        return cls(
            key_id=record.public.key_id,
            algorithm=record.public.algorithm,
            custody=record.custody,
            probe=record.probe.verdict,
            not_before=spec.not_before,
            not_after=spec.not_after,
            created_at=record.created_at,
            tenant=spec.tenant,
        )

    @classmethod
    def of_log(cls, key: PublicKey, custody: str, probe: str) -> KeyFacts:
        """A key of a log: a checkpoint shows no time, and a log has no tenant."""
        return cls(key.key_id, key.algorithm, custody, probe, "1970-01-01T00:00:00Z", None)

    @classmethod
    def not_yet_made(cls, algorithm: str, tenant: str, at: str) -> KeyFacts:
        """The key that a signer would make where it finds none: in a file."""
        return cls(
            f"{algorithm}, to be made", algorithm, DEVELOPMENT, NOT_CLAIMED, at, None, created_at=at, tenant=tenant
        )


@dataclass(frozen=True, slots=True)
class SigningQuestion:
    """A manifest that the signer is asked to sign. Times are RFC 3339 in UTC with `Z`."""

    tenant: str
    crypto_mode: str
    algorithms: tuple[str, ...]
    keys: tuple[KeyFacts, ...]
    backend_id: str
    created_at: str
    """What the manifest says."""
    now: str
    """What the signer's clock says."""
    calibration_at: str | None = None
    peer: Peer | None = None
    """Who asks; None inside one's own process."""
    owner_uid: int | None = None
    """The user of the signer: the only one that may ask where the policy names no `signers`. None: anyone."""
    checkpoint_at: str | None = None
    """When the ledger's newest checkpoint was made; before the first one, the time of its first entry; None: empty."""


@dataclass(frozen=True, slots=True)
class VerificationQuestion:
    """A signed manifest as a verifier found it. Times are RFC 3339 in UTC with `Z`."""

    tenant: str
    crypto_mode: str
    algorithms: tuple[str, ...]
    """Of the valid signatures by trusted keys, and of no others."""
    keys: tuple[KeyFacts, ...]
    backend_id: str
    created_at: str
    calibration_at: str | None = None
    signed_at: str | None = None
    """By the signer's clock; None where only `created_at` is known."""
