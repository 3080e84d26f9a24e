"""Creating, rotating and revoking keys. Each step is a signed event beside the keys, and an entry in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace

from qlang.trust.algorithms import PublicKey
from qlang.trust.custody import DEVELOPMENT, ROOT, KeyRecord, KeySpec, ProbeReport
from qlang.trust.envelope import SigningKey
from qlang.trust.errors import KeyEventError, KeyRefused, KeyStoreError
from qlang.trust.keys.events import (
    COMPROMISED,
    LOST,
    REASONS,
    KeyClaims,
    LedgerPlace,
    Revoked,
    Rotated,
    SignedEvent,
    sign_event,
)
from qlang.trust.keys.paths import spec_fault
from qlang.trust.keys.ring import EventLog, KeyRing, note_events, place_of
from qlang.trust.keys.trust import ROTATED, VALID
from qlang.trust.times import is_time, moment, now


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a new key is valid; None: from now on, without end."""

    not_before: str | None = None
    not_after: str | None = None


def create_key(
    ring: KeyRing,
    algorithm: str,
    purpose: str,
    tenant: str,
    *,
    custody: str = DEVELOPMENT,
    validity: Validity = Validity(),
    log: EventLog | None = None,
) -> KeyRecord:
    """Make a key of the next generation. An older generation stays valid: `rotate_key` lets it end.

    Raises: KeyStoreError for an impossible name, time or store; CustodyError; AlgorithmUnavailable; KeyFormatError
    for an unknown algorithm.
    """
    at = now()
    with ring.store.changing():
        generation = ring.next_generation(purpose, tenant, algorithm)
        spec = _checked(
            ring, KeySpec(algorithm, purpose, tenant, generation, validity.not_before or at, None), validity
        )
        record, created = ring.make(spec, custody, at=at, log=log)
        ring.keep(record, [created], log)
    return record


def rotate_key(
    ring: KeyRing,
    old: KeyRecord,
    *,
    custody: str | None = None,
    validity: Validity = Validity(),
    log: EventLog | None = None,
) -> tuple[KeyRecord, SignedEvent]:
    """Make the next generation of a key, which `old`, the new key and the root key, if there is one, sign.

    `custody`: of the new key; that of the old one by default.

    Raises: KeyRefused if `old` is not the newest generation or not valid now: an expired key names no successor; and as
    `create_key`.
    """
    at, spec = now(), old.spec
    with ring.store.changing():
        contents = ring.contents()
        newest = contents.of(spec.purpose, spec.tenant, spec.algorithm)[0]
        status = contents.status(old, at)
        if status.state != VALID:
            raise KeyRefused(spec.algorithm, old.public.key_id, status.state, status.detail)
        if newest.public != old.public:
            reason = f"{newest.public.key_id} is a newer generation already"
            raise KeyRefused(spec.algorithm, old.public.key_id, ROTATED, reason)
        start = validity.not_before or at
        wanted = KeySpec(spec.algorithm, spec.purpose, spec.tenant, spec.generation + 1, start, None)
        new, created = ring.make(_checked(ring, wanted, validity), custody or old.custody, at=at, log=log)
        signers = [ring.signer(old), ring.signer(new), *_root_signers(ring, at, old.public)]
        event = Rotated(at, old.public, KeyClaims.of(new), place_of(log))
        rotated = sign_event(event, signers, providers=ring.providers)
        ring.keep(new, [created, rotated], log)
    return new, rotated


def revoke_key(
    ring: KeyRing,
    key: PublicKey,
    reason: str,
    *,
    since_time: str | None = None,
    since_ledger: LedgerPlace | None = None,
    log: EventLog | None = None,
) -> SignedEvent:
    """Let a key's signatures count no more. Signed by the root key, if there is one, and by the key itself, if it is
    here and not lost.

    `since_time`, `since_ledger`: from when on a compromised key counts for nothing; without both, it never did.

    Raises: KeyEventError for an unknown reason, a `since` of another reason than `compromised`, a key that
    this store does not know, or if nobody here can sign; CustodyError, KeyStoreError.
    """
    at = now()
    if reason not in REASONS:
        raise KeyEventError(f"{reason!a:.40} is not a reason; known are {', '.join(REASONS)}")
    if reason != COMPROMISED and (since_time or since_ledger):
        raise KeyEventError(f"a key that is {reason} is revoked from now on; only `{COMPROMISED}` takes a `since`")
    if since_time is not None and (not is_time(since_time) or moment(since_time) > moment(at)):
        raise KeyEventError("since is not a time in the past, of the form YYYY-MM-DDTHH:MM:SSZ")
    event = Revoked(at, key, reason, since_time, since_ledger, place_of(log))
    with ring.store.changing():
        contents = ring.contents()
        if key not in contents.trust.trusted:
            raise KeyEventError(f"{key.key_id} is not among the keys of this store")
        own = next((record for record in contents.records if record.public == key), None)
        is_root = any(claims.purpose == ROOT for claims in contents.trust.claims_of(key))
        signers = [] if is_root else _root_signers(ring, at, key)  # no root speaks about another
        if own is not None and (reason != LOST or is_root):
            signers.append(ring.signer(own))
        if not signers:
            raise KeyEventError(f"nobody here can revoke {key.key_id}: it is not here, and there is no root key for it")
        signed = sign_event(event, signers, providers=ring.providers)
        ring.store.save_event(signed)
        note_events([signed], log)
    return signed


def probe_key(ring: KeyRing, record: KeyRecord) -> ProbeReport:
    """Try to get a private key out of its custody, and keep what was found.

    Raises: CustodyError, KeyStoreError.
    """
    report = ring.custodian(record.custody).probe(record)
    if report.verdict == record.probe.verdict:  # a changed verdict would contradict the key's signed statement
        with ring.store.changing():
            ring.store.replace(replace(record, probe=report))
    return report


def _root_signers(ring: KeyRing, at: str, about: PublicKey) -> list[SigningKey]:
    """The root key, unless the event is about the root key itself."""
    root = ring.root(at)
    return [] if root is None or root.public == about else [ring.signer(root)]


def _checked(ring: KeyRing, spec: KeySpec, validity: Validity) -> KeySpec:
    spec = replace(spec, not_after=validity.not_after)
    fault = spec_fault(spec)
    if fault is None and not is_time(spec.not_before):
        fault = f"not_before {spec.not_before!a:.40} is not of the form YYYY-MM-DDTHH:MM:SSZ"
    if fault is None and spec.not_after is not None:
        if not is_time(spec.not_after):
            fault = f"not_after {spec.not_after!a:.40} is not of the form YYYY-MM-DDTHH:MM:SSZ"
        elif moment(spec.not_after) <= moment(spec.not_before):
            fault = "the key would end before it begins"
    if fault is not None:
        raise KeyStoreError(ring.store.paths.store, fault)
    return spec
