"""Keys in memory that sign events, for tests of what is believed."""

from dataclasses import dataclass, replace
from typing import Any

from qlang.trust.algorithms import PublicKey, SoftwareKey, generate_secret, software_key
from qlang.trust.custody import DEVELOPMENT, NOT_CLAIMED
from qlang.trust.envelope import SigningKey
from qlang.trust.keys.events import Created, KeyClaims, LedgerPlace, Revoked, Rotated, SignedEvent, sign_event

EARLY, MIDDLE, LATE = "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-12-01T00:00:00Z"
ORIGIN = "qlang.local/0123456789abcdef"


def place(index: int, origin: str = ORIGIN) -> LedgerPlace:
    return LedgerPlace(origin, index)


@dataclass(frozen=True)
class Person:
    """A key and what it says about itself."""

    private: SoftwareKey
    purpose: str = "run-manifest"
    tenant: str = "default"
    generation: int = 1

    @property
    def key(self) -> PublicKey:
        return self.private.public

    @property
    def signer(self) -> SigningKey:
        return SigningKey(self.key, self.private.sign)

    def claims(self, **changes: Any) -> KeyClaims:
        claims = KeyClaims(self.key, self.purpose, self.tenant, self.generation, DEVELOPMENT, NOT_CLAIMED, EARLY, None)
        return replace(claims, **changes)

    def created(self, signers: "tuple[Person, ...] | None" = None, **changes: Any) -> SignedEvent:
        return signed(Created(EARLY, self.claims(**changes)), (self,) if signers is None else signers)

    def rotated_to(
        self, new: "Person", signers: "tuple[Person, ...] | None" = None, at: str = MIDDLE, **changes: Any
    ) -> SignedEvent:
        event = Rotated(at, self.key, new.claims(**{"not_before": at, **changes}))
        return signed(event, (self, new) if signers is None else signers)

    def revoked(
        self, reason: str, signers: "tuple[Person, ...] | None" = None, at: str = MIDDLE, **fields: Any
    ) -> SignedEvent:
        return signed(Revoked(at, self.key, reason, **fields), (self,) if signers is None else signers)


def signed(event: Any, people: tuple[Person, ...]) -> SignedEvent:
    return sign_event(event, [person.signer for person in people])


def person(purpose: str = "run-manifest", **fields: Any) -> Person:
    return Person(software_key("ed25519", generate_secret("ed25519")), purpose, **fields)
