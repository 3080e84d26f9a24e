"""Statements about a key's life, signed: created, rotated, revoked.

A DSSE envelope with a payload type of its own, so that no run manifest can be taken for one, around canonical JSON:

    created   by the key itself: what it is for, where it lives, how long it is valid
    rotated   by the old key (or a root key) and the new one: the new key takes over
    revoked   by the key itself or a root key: since when its signatures count no more, and why
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from qlang.trust.algorithms import PublicKey, public_key, signature_fault
from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json, canonical_json, load_json, sha256_digest
from qlang.trust.custody import CUSTODIES, PURPOSES, KeyRecord
from qlang.trust.envelope import Envelope, SigningKey, dump_envelope, pae, parse_envelope, sign_envelope
from qlang.trust.errors import EnvelopeError, JsonRefused, KeyEventError, KeyFormatError
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS
from qlang.trust.times import is_time

EVENT_TYPE = "https://qlang.dev/key-event/v1"
PAYLOAD_TYPE = "application/vnd.qlang.key-event.v1+json"
MAX_EVENT_BYTES = 256 << 10
MAX_SIGNATURES = 4
"""Nobody but the old key, the new one and a root key has a say; verifying more would only cost time."""

COMPROMISED = "compromised"
SUPERSEDED = "superseded"
LOST = "lost"
RETIRED = "retired"
REASONS: Mapping[str, str] = {
    COMPROMISED: "somebody else has or had the private key",
    SUPERSEDED: "another key has taken its place",
    LOST: "nobody has the private key any more",
    RETIRED: "it is not needed any more",
}
"""Reason of a revocation → what it means."""


class Place(Protocol):
    """A place in a ledger: the entry with this index, in the ledger of this origin."""

    @property
    def origin(self) -> str: ...

    @property
    def index(self) -> int: ...


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Where in a ledger an event belongs, or from where on a key's signatures count no more."""

    origin: str
    index: int


@dataclass(frozen=True, slots=True)
class KeyClaims:
    """What a key says about itself."""

    key: PublicKey
    purpose: str
    tenant: str
    generation: int
    custody: str
    probe: str
    not_before: str
    not_after: str | None

    @classmethod
    def of(cls, record: KeyRecord) -> KeyClaims:
        """What the store knows about a key."""
        spec = record.spec
        return cls(
            record.public,
            spec.purpose,
            spec.tenant,
            spec.generation,
            record.custody,
            record.probe.verdict,
            spec.not_before,
            spec.not_after,
        )


@dataclass(frozen=True, slots=True)
class Created:
    """A key was made."""

    at: str
    claims: KeyClaims
    ledger: LedgerPlace | None = None

    @property
    def key(self) -> PublicKey:
        return self.claims.key


@dataclass(frozen=True, slots=True)
class Rotated:
    """`successor` takes the place of `key`, from `at` on, or from the successor's own beginning if that is later."""

    at: str
    key: PublicKey
    successor: KeyClaims
    ledger: LedgerPlace | None = None


@dataclass(frozen=True, slots=True)
class Revoked:
    """Signatures of `key` count no more.

    A compromised key counts for nothing from `since_time` or `since_ledger` on, whichever comes first, and for
    nothing at all where neither is known. A key revoked for another reason counts for nothing after `at`.
    """

    at: str
    key: PublicKey
    reason: str
    since_time: str | None = None
    since_ledger: LedgerPlace | None = None
    ledger: LedgerPlace | None = None


KeyEvent: TypeAlias = Created | Rotated | Revoked

EVENT_NAMES: Mapping[type, str] = {Created: "created", Rotated: "rotated", Revoked: "revoked"}


@dataclass(frozen=True, slots=True)
class SignedEvent:
    """An event as it was signed."""

    event: KeyEvent
    envelope: Envelope

    @property
    def name(self) -> str:
        """`created`, `rotated` or `revoked`."""
        return EVENT_NAMES[type(self.event)]

    @property
    def digest(self) -> str:
        """`sha256:…` of what was signed."""
        return sha256_digest(self.envelope.payload)

    def fault_by(self, key: PublicKey) -> str | None:
        """Why there is no valid signature by `key`, or None if there is one."""
        values = [signature.value for signature in self.envelope.signatures if signature.key_id == key.key_id]
        if not values:
            return f"not signed by {key.key_id}"
        fault = signature_fault(key, pae(self.envelope.payload, PAYLOAD_TYPE), values[0])
        return f"{key.key_id}: {fault}" if fault or len(values) > 1 else None


def sign_event(
    event: KeyEvent, keys: Sequence[SigningKey], *, providers: Iterable[str] = DEFAULT_PROVIDERS
) -> SignedEvent:
    """Sign with each of `keys`, and let `providers` verify each signature.

    Raises: SigningError for a faulty signature, JsonRefused for a text without canonical form, and what signing
    raises.
    """
    return SignedEvent(
        event, sign_envelope(canonical_json(_event_json(event)), keys, PAYLOAD_TYPE, providers=providers)
    )


def dump_event(signed: SignedEvent) -> bytes:
    """The event as a file."""
    return dump_envelope(signed.envelope, PAYLOAD_TYPE)


def parse_event(data: bytes) -> SignedEvent:
    """Read an event that may come from an attacker; signatures are not checked here.

    Raises: KeyEventError.
    """
    try:
        if len(data) > MAX_EVENT_BYTES:
            raise KeyEventError(f"larger than {MAX_EVENT_BYTES} bytes")
        envelope = parse_envelope(data, PAYLOAD_TYPE)
        value = load_json(envelope.payload)
        if canonical_json(value) != envelope.payload:
            raise KeyEventError("the payload is not canonical JSON (RFC 8785)")
        if len(envelope.signatures) > MAX_SIGNATURES:
            raise KeyEventError(f"{len(envelope.signatures)} signatures, more than {MAX_SIGNATURES}")
        if dump_envelope(envelope, PAYLOAD_TYPE) != data:
            raise KeyEventError("the envelope is not spelled as signers write it (canonical JSON)")
    except (EnvelopeError, JsonRefused) as error:
        raise KeyEventError(str(error)) from error
    return SignedEvent(_read_event(_members(value, "the payload")), envelope)


def ledger_entry(signed: SignedEvent) -> dict[str, Json]:
    """What the ledger says about an event; the entry's kind is `key-created`, `key-rotated` or `key-revoked`."""
    event = signed.event
    body: dict[str, Json] = {"at": event.at, "keyid": event.key.key_id, "event_digest": signed.digest}
    match event:
        case Created(claims=claims):
            body |= {"purpose": claims.purpose, "tenant": claims.tenant, "generation": claims.generation}
            body |= {"custody": claims.custody, "probe": claims.probe}
        case Rotated(successor=successor):
            body |= {"successor": successor.key.key_id, "purpose": successor.purpose, "tenant": successor.tenant}
        case Revoked(reason=reason):
            body |= {"reason": reason, **_since_json(event)}
    return body


def _event_json(event: KeyEvent) -> dict[str, Json]:
    value: dict[str, Json] = {
        "_type": EVENT_TYPE,
        "event": EVENT_NAMES[type(event)],
        "at": event.at,
        "ledger": _place_json(event.ledger),
    }
    match event:
        case Created(claims=claims):
            return value | _claims_json(claims)
        case Rotated(successor=successor):
            return value | {"key": _key_json(event.key), "successor": _claims_json(successor)}
        case Revoked(reason=reason):
            return value | {"key": _key_json(event.key), "reason": reason} | _since_json(event)


def _claims_json(claims: KeyClaims) -> dict[str, Json]:
    return {
        "key": _key_json(claims.key),
        "purpose": claims.purpose,
        "tenant": claims.tenant,
        "generation": claims.generation,
        "custody": claims.custody,
        "probe": claims.probe,
        "not_before": claims.not_before,
        "not_after": claims.not_after,
    }


def _key_json(key: PublicKey) -> dict[str, Json]:
    spki = to_base64(key.spki)
    return {"keyid": key.key_id, "algorithm": key.algorithm, "spki": spki}


def _place_json(place: LedgerPlace | None) -> Json:
    return None if place is None else {"origin": place.origin, "index": place.index}


def _since_json(event: Revoked) -> dict[str, Json]:
    return {"since_time": event.since_time, "since_ledger": _place_json(event.since_ledger)}


def _read_event(value: Mapping[str, Json]) -> KeyEvent:
    if value.get("_type") != EVENT_TYPE:
        raise KeyEventError(f"_type is not {EVENT_TYPE}")
    at, ledger = _time(value, "at"), _read_place(value.get("ledger"), "ledger")
    match value.get("event"):
        case "created":
            return Created(at, _read_claims(value), ledger)
        case "rotated":
            successor = _read_claims(_members(value.get("successor"), "successor"))
            return Rotated(at, _read_key(value), successor, ledger)
        case "revoked":
            reason = value.get("reason")
            if not isinstance(reason, str) or reason not in REASONS:
                raise KeyEventError(f"reason is none of {', '.join(REASONS)}")
            since = None if value.get("since_time") is None else _time(value, "since_time")
            place = _read_place(value.get("since_ledger"), "since_ledger")
            return Revoked(at, _read_key(value), reason, since, place, ledger)
    raise KeyEventError("event is none of created, rotated, revoked")


def _read_claims(value: Mapping[str, Json]) -> KeyClaims:
    generation = value.get("generation")
    if type(generation) is not int or generation < 1:
        raise KeyEventError("generation is not a count from 1")
    purpose, tenant, custody, probe = (_text(value, name) for name in ("purpose", "tenant", "custody", "probe"))
    if purpose not in PURPOSES:
        raise KeyEventError(f"purpose is none of {', '.join(PURPOSES)}")
    if custody not in CUSTODIES:
        raise KeyEventError(f"custody is none of {', '.join(CUSTODIES)}")
    not_after = None if value.get("not_after") is None else _time(value, "not_after")
    not_before = _time(value, "not_before")
    return KeyClaims(_read_key(value), purpose, tenant, generation, custody, probe, not_before, not_after)


def _read_key(value: Mapping[str, Json]) -> PublicKey:
    member = _members(value.get("key"), "key")
    try:
        key = public_key(from_base64(_text(member, "spki")))
    except (KeyFormatError, ValueError) as error:
        raise KeyEventError(f"key: {error}") from error
    if (member.get("keyid"), member.get("algorithm")) != (key.key_id, key.algorithm):
        raise KeyEventError(f"{key.key_id} is named otherwise")
    return key


def _read_place(value: Json, name: str) -> LedgerPlace | None:
    if value is None:
        return None
    place = _members(value, name)
    origin, index = place.get("origin"), place.get("index")
    if not isinstance(origin, str) or type(index) is not int or index < 0:
        raise KeyEventError(f"{name} is not an origin and an index")
    return LedgerPlace(origin, index)


def _members(value: Json, name: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise KeyEventError(f"{name} is not an object")
    return value


def _text(value: Mapping[str, Json], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or len(text) > 8192:
        raise KeyEventError(f"{name} is not a text")
    return text


def _time(value: Mapping[str, Json], name: str) -> str:
    text = _text(value, name)
    if not is_time(text):
        raise KeyEventError(f"{name} is not an RFC 3339 time in UTC")
    return text
