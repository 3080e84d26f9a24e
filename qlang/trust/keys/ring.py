"""All keys of a user and everything that can sign with them: choosing keys, and signing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from qlang.trust.canonical import Json
from qlang.trust.custody import (
    DEVELOPMENT,
    LEDGER_CHECKPOINT,
    ROOT,
    RUN_MANIFEST,
    TOKEN_NATIVE,
    TOKEN_WRAPPED,
    Custodian,
    KeyRecord,
    KeySpec,
)
from qlang.trust.envelope import SigningKey
from qlang.trust.errors import CustodyError, KeyRefused, KeyStoreError
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.events import (
    EVENT_NAMES,
    Created,
    KeyClaims,
    LedgerPlace,
    Place,
    SignedEvent,
    ledger_entry,
    sign_event,
)
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.trust import IS_COMPROMISED, REVOKED, ROTATED, UNKNOWN, VALID, KeyStatus, TrustStore
from qlang.trust.providers.table import DEFAULT as DEFAULT_PROVIDERS
from qlang.trust.times import moment, now, written

MADE_WHEN_MISSING = (RUN_MANIFEST, LEDGER_CHECKPOINT)
"""Purposes whose keys are made without a question, in custody `development`."""

_FAR = "9999-12-31T23:59:59Z"
_NO_TOKENS = "no token is described here: `[tokens.NAME]` in qlang-policy.toml does, see docs/trust/custody.md"
_NO_CUSTODY = f"no such custody is configured here; there are {DEVELOPMENT}, {TOKEN_WRAPPED} and {TOKEN_NATIVE}"


class EventLog(Protocol):
    """Where key events are recorded: a transaction of the ledger."""

    @property
    def position(self) -> Place:
        """Where the next entry goes."""

    def append(self, kind: str, body: Mapping[str, Json]) -> object:
        """Record one entry."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The store at one moment."""

    records: tuple[KeyRecord, ...]
    trust: TrustStore

    def of(self, purpose: str, tenant: str, algorithm: str) -> list[KeyRecord]:
        """The generations of one key, the newest first."""
        wanted = (purpose, tenant, algorithm)
        found = [key for key in self.records if (key.spec.purpose, key.spec.tenant, key.spec.algorithm) == wanted]
        return sorted(found, key=lambda record: -record.spec.generation)

    def status(self, record: KeyRecord, at: str) -> KeyStatus:
        """What a key is worth for a signature of the time `at` that is made now."""
        spec = record.spec
        own = KeyClaims.of(record)
        status = self.trust.status(record.public, purpose=spec.purpose, at=at, tenant=spec.tenant)
        if status.state == VALID and own not in self.trust.claims_of(record.public):
            return KeyStatus(UNKNOWN, f"{record.public.key_id}: the key file and the signed statement about it differ")
        if status.state != VALID:
            return status
        last = self.trust.status(record.public, purpose=spec.purpose, at=_FAR, tenant=spec.tenant)
        if last.state in (REVOKED, IS_COMPROMISED):
            return last  # a run that began before the revocation is not signed after it
        soon = self.trust.status(record.public, purpose=spec.purpose, at=_next_second(at), tenant=spec.tenant)
        return soon if soon.state == ROTATED else status  # in the second of a rotation, the new key signs


@dataclass(slots=True)
class KeyRing:
    """A key store and the custodians of its keys, by their class. Not to be used by two threads at once."""

    store: KeyStore
    custodians: Mapping[str, Custodian]
    providers: tuple[str, ...] = DEFAULT_PROVIDERS
    """Who checks signatures before they leave."""
    notices: list[str] = field(default_factory=list, repr=False)
    """What was found and put right on the way, in words."""
    _seen: tuple[object, Contents] | None = field(default=None, repr=False)

    def contents(self) -> Contents:
        """Records, public keys and events; read again only if the folder has changed.

        Raises: KeyStoreError.
        """
        state = _folder_state(self.store.paths)
        if self._seen is None or self._seen[0] != state or state is None:
            records = self.store.records()
            trust = self.store.trust() if self.store.paths.store.is_dir() else TrustStore(())
            self._seen = (state, Contents(records, trust))
        return self._seen[1]

    def select(
        self,
        purpose: str,
        tenant: str,
        algorithms: Iterable[str],
        at: str,
        *,
        log: EventLog | None = None,
        create: bool = True,
    ) -> tuple[KeyRecord, ...]:
        """For each algorithm the newest key that may sign something of the time `at`.

        Where a tenant has no key at all for an algorithm, one is made in custody `development`, if `create` and the
        purpose is one of `MADE_WHEN_MISSING`; its validity has no beginning and no end. Any number of processes may do
        this at once: all get the same keys.

        Raises: KeyRefused if every key is expired, revoked or not yet valid, or there is none; KeyStoreError,
        CustodyError, AlgorithmUnavailable.
        """
        wanted = tuple(algorithms)
        contents = self.contents()
        if any(self._incomplete(contents, purpose, tenant, name) for name in wanted):
            may_create = create and purpose in MADE_WHEN_MISSING and DEVELOPMENT in self.custodians
            with self.store.changing():
                contents = self.contents()
                for name in wanted:
                    self._complete(contents, KeySpec(name, purpose, tenant), log, may_create)
                contents = self.contents()
        return tuple(_usable(contents, purpose, tenant, name, at) for name in wanted)

    def sign(self, record: KeyRecord, message: bytes) -> bytes:
        """One signature by a key. Raises: CustodyError, also if nobody here has keys of its custody."""
        return self.custodian(record.custody).sign(record, message)

    def ready(self, record: KeyRecord) -> None:
        """Log in and unlock what signing with a key needs. Raises: CustodyError, KeyStoreError."""
        self.custodian(record.custody).ready(record)

    def custodian(self, custody: str) -> Custodian:
        """Raises: CustodyError."""
        if custody not in self.custodians:
            raise CustodyError(custody, _NO_TOKENS if custody in (TOKEN_NATIVE, TOKEN_WRAPPED) else _NO_CUSTODY)
        return self.custodians[custody]

    def signer(self, record: KeyRecord) -> SigningKey:
        """The key as one that signs events."""
        return SigningKey(record.public, lambda message: self.sign(record, message))

    def root(self, at: str) -> KeyRecord | None:
        """The newest root key that may sign now, if there is one. It answers for the keys of all tenants."""
        contents = self.contents()
        roots = [record for record in contents.records if record.spec.purpose == ROOT]
        valid = [record for record in roots if contents.status(record, at).state == VALID]
        return max(valid, key=lambda record: (record.created_at, record.spec.generation), default=None)

    def next_generation(self, purpose: str, tenant: str, algorithm: str) -> int:
        """Generations count up and are never used twice, whatever custody they have."""
        newest = self.contents().of(purpose, tenant, algorithm)
        return newest[0].spec.generation + 1 if newest else 1

    def make(self, spec: KeySpec, custody: str, *, at: str, log: EventLog | None) -> tuple[KeyRecord, SignedEvent]:
        """Make a key and its signed statement about itself; nothing is stored yet. The caller holds the store.

        What an interrupted creation has left in the same place is removed first, and named in `notices`.
        """
        custodian = self.custodian(custody)
        self.notices += custodian.settle(self.contents().records)
        record = custodian.create(spec)
        return record, self.state_created(record, at, log)

    def state_created(self, record: KeyRecord, at: str, log: EventLog | None) -> SignedEvent:
        """The key's signed statement about itself."""
        claims = KeyClaims.of(record)
        return sign_event(Created(at, claims, place_of(log)), [self.signer(record)], providers=self.providers)

    def keep(self, record: KeyRecord, events: Sequence[SignedEvent], log: EventLog | None) -> None:
        """Store a new key with its events, and record them. The caller holds the store."""
        self.store.save(record, *events)
        note_events(events, log)
        self.notices += self.custodian(record.custody).settle(self.contents().records)

    def _incomplete(self, contents: Contents, purpose: str, tenant: str, algorithm: str) -> bool:
        records = contents.of(purpose, tenant, algorithm)
        return not records or any(_lacks_statement(contents, record) for record in records)

    def _complete(self, contents: Contents, spec: KeySpec, log: EventLog | None, create: bool) -> None:
        """Under the store's lock: whoever comes second finds everything in place."""
        records = contents.of(spec.purpose, spec.tenant, spec.algorithm)
        for record in records:
            if _lacks_statement(contents, record):
                self.store.save_event(self.state_created(record, record.created_at, None))
                self.store.write_public(record)
        if not records and create:
            record, event = self.make(spec, DEVELOPMENT, at=now(), log=log)
            self.keep(record, [event], log)


def development_ring(paths: KeyPaths, passphrase: PassphraseSource | None = None) -> KeyRing:
    """The keys of a store with custody `development` only."""
    return KeyRing(KeyStore(paths), {DEVELOPMENT: DevelopmentCustodian(paths, passphrase)})


def _next_second(at: str) -> str:
    return at if moment(at) >= moment(_FAR) else written(moment(at) + timedelta(seconds=1))


def place_of(log: EventLog | None) -> LedgerPlace | None:
    """Where the next event goes."""
    return None if log is None else LedgerPlace(log.position.origin, log.position.index)


def note_events(events: Iterable[SignedEvent], log: EventLog | None) -> None:
    """Record events in the ledger, where there is one."""
    for event in events if log is not None else ():
        assert log is not None
        log.append(f"key-{EVENT_NAMES[type(event.event)]}", ledger_entry(event))


def _lacks_statement(contents: Contents, record: KeyRecord) -> bool:
    """Whether a key's public half or its statement about itself is missing, as after a crash or a deletion."""
    return record.public not in contents.trust.keys or not contents.trust.claims_of(record.public)


def _usable(contents: Contents, purpose: str, tenant: str, algorithm: str, at: str) -> KeyRecord:
    records = contents.of(purpose, tenant, algorithm)
    if not records:
        reason = f"tenant {tenant!a} has no {algorithm} key for {purpose}; `qlangc keys create` makes one"
        raise KeyRefused(algorithm, None, "missing", reason)
    statuses = [(record, contents.status(record, at)) for record in records]
    for record, status in statuses:
        if status.state == VALID:
            return record
    newest, status = statuses[0]
    raise KeyRefused(algorithm, newest.public.key_id, status.state, status.detail)


def _folder_state(paths: KeyPaths) -> object:
    """Something that differs after every change of the folder's files; None if that cannot be told."""
    try:
        with os.scandir(paths.store) as found:
            infos = [(one.name, one.stat(follow_symlinks=False)) for one in found if not one.name.startswith(".")]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise KeyStoreError(paths.store, error.strerror or type(error).__name__) from error
    return sorted(
        (name, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode) for name, info in infos
    )
