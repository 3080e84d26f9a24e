"""Which keys are trusted, for what, and for signatures of which time: what a verifier asks.

Public keys that lie in the folder are trusted as they are. Signed events narrow that (validity, revocation) and widen
it by one thing: a key that a trusted key was rotated to. What an event says counts only if those have signed it who
must; everything else is reported and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qlang.trust.algorithms import PublicKey, from_pem, public_key, to_pem
from qlang.trust.custody import RUN_MANIFEST
from qlang.trust.errors import FileRefused, KeyEventError, KeyFormatError, KeyStoreError
from qlang.trust.files import read_file
from qlang.trust.keys.events import COMPROMISED, MAX_EVENT_BYTES, KeyClaims, Place, Revoked, SignedEvent, parse_event
from qlang.trust.keys.lineage import Ignored, Lineage, trace
from qlang.trust.keys.paths import event_files, public_files
from qlang.trust.times import moment

MAX_FILES = 4096
_MAX_PEM = 1 << 16
_WRITABLE = 0o022

VALID = "valid"
UNKNOWN = "unknown"
WRONG_PURPOSE = "wrong purpose"
WRONG_TENANT = "wrong tenant"
NOT_YET_VALID = "not yet valid"
EXPIRED = "expired"
ROTATED = "rotated"
REVOKED = "revoked"
IS_COMPROMISED = "compromised"


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """What a key is worth for one signature: `state` is `valid` or the reason why not, `detail` the same in words."""

    state: str
    detail: str

    def without_name(self, key_id: str) -> str:
        """The detail where the key was named just before."""
        return self.detail.removeprefix(key_id).removeprefix(":").lstrip()


@dataclass(frozen=True, slots=True)
class _Signed:
    """The circumstances of a signature, as whoever signed claims them."""

    at: str
    position: Place | None


@dataclass(frozen=True)
class TrustStore:
    """Trusted public keys and the events about them. Keys are compared as a whole, never by their ids."""

    keys: tuple[PublicKey, ...]
    """Trusted as they are."""
    events: tuple[SignedEvent, ...] = ()
    faults: tuple[str, ...] = ()
    """Files of the folder that could not be read: a verifier should not pass over them, one may be a revocation."""

    @cached_property
    def _lineage(self) -> Lineage:
        return trace(self.keys, self.events)

    @property
    def trusted(self) -> tuple[PublicKey, ...]:
        """The keys of the folder, then those that they were rotated to."""
        return self._lineage.trusted

    @property
    def ignored(self) -> tuple[Ignored, ...]:
        """Events that are not believed, and why."""
        return self._lineage.ignored

    def find(self, key_id: str) -> PublicKey | None:
        """The trusted key with this id."""
        return next((key for key in self.trusted if key.key_id == key_id), None)

    def claims_of(self, key: PublicKey) -> tuple[KeyClaims, ...]:
        """What a key says about itself, each of it signed by the key."""
        return self._lineage.claims.get(key, ())

    def fault_of(
        self, key: PublicKey, *, purpose: str, at: str, position: Place | None = None, tenant: str | None = None
    ) -> str | None:
        """Why a signature by `key` does not count, or None if it does; see `status`."""
        status = self.status(key, purpose=purpose, at=at, position=position, tenant=tenant)
        return None if status.state == VALID else status.detail

    def status(
        self, key: PublicKey, *, purpose: str, at: str, position: Place | None = None, tenant: str | None = None
    ) -> KeyStatus:
        """What `key` is worth for a signature of the time `at` at a `position` in a ledger.

        `tenant`: whom the signature is for; None asks for no tenant. A key without a signed statement about itself
        is good for run manifests only, of any tenant and time.

        Raises: ValueError if `at` is not an RFC 3339 time in UTC.
        """
        moment(at)
        if key not in self.trusted:
            return KeyStatus(UNKNOWN, f"{key.key_id} is not among the trusted keys")
        signed = _Signed(at, position)
        status = self._revocation(key, signed)
        for claims in self.claims_of(key):
            status = status or _limits(claims, purpose, tenant, signed)
        if not self.claims_of(key) and purpose != RUN_MANIFEST:
            status = status or KeyStatus(WRONG_PURPOSE, f"{key.key_id} does not say that it is for {purpose}")
        return status or KeyStatus(VALID, f"{key.key_id} is valid at {at}")

    def _revocation(self, key: PublicKey, signed: _Signed) -> KeyStatus | None:
        revocations = self._lineage.revocations.get(key, ())
        for revoked in sorted(revocations, key=lambda event: event.reason != COMPROMISED):
            if status := _revoked(revoked, signed):
                return status
        for rotated in self._lineage.rotations.get(key, ()):
            start = max(rotated.at, rotated.successor.not_before, key=moment)
            successor = rotated.successor.key.key_id
            if moment(signed.at) > moment(start):  # in the same second either key may have signed
                return KeyStatus(ROTATED, f"{key.key_id}: {successor} has taken its place on {start}")
        return None


def load_trust_store(folder: Path) -> TrustStore:
    """Public keys (`*.pub.pem`) and events (`*.event.dsse.json`) of a folder that anybody may have made.

    A file that cannot be read is among the `faults`; nothing is created or unlocked.

    Raises: KeyStoreError if the folder cannot be read, or holds more than `MAX_FILES` such files.
    """
    try:
        if not folder.is_dir():
            raise KeyStoreError(folder, "is not a folder")
        keys, events = public_files(folder), event_files(folder)
    except OSError as error:
        raise KeyStoreError(folder, error.strerror or type(error).__name__) from error
    if len(keys) + len(events) > MAX_FILES:
        raise KeyStoreError(folder, f"holds more than {MAX_FILES} public keys and events")
    faults: list[str] = []
    loaded = [key for path in keys if (key := _load_key(path, faults))]
    signed = [event for path in events if (event := _load_event(path, faults))]
    return TrustStore(tuple(dict.fromkeys(loaded)), tuple(dict.fromkeys(signed)), tuple(faults))


def read_public_key(path: Path) -> PublicKey:
    """The public key in a PEM file that only its owner may write. Raises: KeyStoreError."""
    return _read_pem(path)[1]


def _read_pem(path: Path) -> tuple[str, PublicKey]:
    try:
        text = read_file(path, limit=_MAX_PEM, forbidden_mode=_WRITABLE).decode("ascii")
        return text, public_key(from_pem(text))
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except (KeyFormatError, ValueError) as error:
        raise KeyStoreError(path, f"is not a public key: {error}") from error


def read_event(path: Path) -> SignedEvent:
    """The event in a file. Raises: KeyStoreError."""
    try:
        return parse_event(read_file(path, limit=MAX_EVENT_BYTES, forbidden_mode=_WRITABLE))
    except (FileRefused, KeyEventError) as error:
        raise KeyStoreError(path, error.reason) from error


def _load_key(path: Path, faults: list[str]) -> PublicKey | None:
    """In a folder that is trusted, a key is spelled as `keys` writes it: any change of the file is noticed."""
    try:
        text, key = _read_pem(path)
        if to_pem(key.spki) != text:
            raise KeyStoreError(path, "is not spelled as `qlangc keys import-public` writes it")
    except KeyStoreError as error:
        faults.append(f"{path.name!a}: {error.reason}")
        return None
    return key


def _load_event(path: Path, faults: list[str]) -> SignedEvent | None:
    try:
        return read_event(path)
    except KeyStoreError as error:
        faults.append(f"{path.name!a}: {error.reason}")
        return None


def _limits(claims: KeyClaims, purpose: str, tenant: str | None, signed: _Signed) -> KeyStatus | None:
    name = claims.key.key_id
    if claims.purpose != purpose:
        return KeyStatus(WRONG_PURPOSE, f"{name} is for {claims.purpose}, not for {purpose}")
    if tenant is not None and claims.tenant != tenant:
        return KeyStatus(WRONG_TENANT, f"{name} belongs to tenant {claims.tenant!a}, not to {tenant!a}")
    if moment(signed.at) < moment(claims.not_before):
        return KeyStatus(NOT_YET_VALID, f"{name} is valid from {claims.not_before} on, not yet on {signed.at}")
    if claims.not_after is not None and moment(signed.at) > moment(claims.not_after):
        return KeyStatus(EXPIRED, f"{name} was valid until {claims.not_after}, no more on {signed.at}")
    return None


def _revoked(event: Revoked, signed: _Signed) -> KeyStatus | None:
    name = event.key.key_id
    if event.reason != COMPROMISED:
        later = moment(signed.at) > moment(event.at)  # times are written to the second
        if not later and not _from_place(signed, event.ledger, event.at):
            return None
        return KeyStatus(REVOKED, f"{name} was revoked on {event.at}: {event.reason}")
    if event.since_time is None and event.since_ledger is None:
        return KeyStatus(IS_COMPROMISED, f"{name} is compromised, nobody says since when")
    if not _from_time(signed, event.since_time) and not _from_place(signed, event.since_ledger, event.since_time):
        return None
    return KeyStatus(IS_COMPROMISED, f"{name} is compromised since {_since(event)}")


def _since(event: Revoked) -> str:
    place = event.since_ledger
    entry = None if place is None else f"entry {place.index} of ledger {place.origin!a:.80}"
    return " or ".join(text for text in (event.since_time, entry) if text)


def _from_time(signed: _Signed, time: str | None) -> bool:
    return time is not None and moment(signed.at) >= moment(time)


def _from_place(signed: _Signed, place: Place | None, time: str | None) -> bool:
    """Whether a signature is at or behind a place in a ledger. Where the two cannot be compared, the time has
    decided; without a time, nothing shows that the signature is older."""
    if place is None:
        return False
    if signed.position is None or signed.position.origin != place.origin:
        return time is None
    return signed.position.index >= place.index
