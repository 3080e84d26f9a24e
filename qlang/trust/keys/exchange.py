"""Public keys and key events between people: what a folder for verifiers holds, and taking such a folder in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from qlang.trust.custody import DEFAULT_TENANT, RUN_MANIFEST
from qlang.trust.errors import KeyStoreError
from qlang.trust.files import commit, stage
from qlang.trust.keys.events import Created, SignedEvent, dump_event
from qlang.trust.keys.lineage import Ignored
from qlang.trust.keys.paths import event_name, public_name
from qlang.trust.keys.store import KeyStore
from qlang.trust.keys.trust import TrustStore, load_trust_store, read_event, read_public_key
from qlang.trust.spki import to_pem

_READABLE = 0o644
_WIDENS = "the key is trusted for run manifests of the default tenant, and cannot make itself more"


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What an import did."""

    keys: int
    events: int
    ignored: tuple[Ignored, ...]


def export_public(store: KeyStore, folder: Path) -> tuple[str, ...]:
    """Write all trusted public keys and believed events of a store into a folder; the names of the files.

    Files of the same name are replaced, which can only happen by the same key or event.

    Raises: KeyStoreError.
    """
    trust = store.trust()
    ignored = {item.event.digest for item in trust.ignored}
    files = {public_name(key.key_id): to_pem(key.spki).encode() for key in trust.trusted}
    files |= {
        event_name(event.event.key.key_id, event.name, event.digest): dump_event(event)
        for event in trust.events
        if event.digest not in ignored
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            commit(stage(folder / name, content, mode=_READABLE), folder / name)
    except OSError as error:
        raise KeyStoreError(folder, error.strerror or type(error).__name__) from error
    return tuple(files)


def read_public(path: Path) -> TrustStore:
    """What a PEM file, an event, or a folder of them offers. Raises: KeyStoreError."""
    if path.is_dir():
        return load_trust_store(path)
    if path.name.endswith(".json"):
        return TrustStore((), (read_event(path),))
    return TrustStore((read_public_key(path),))


def import_public(store: KeyStore, offered: TrustStore) -> TakenIn:
    """Trust the keys, and take in the events that are believed then.

    A key that is trusted already without a statement about itself is good for run manifests of the default tenant: a
    later statement may narrow that, never widen it.

    Raises: KeyStoreError.
    """
    with store.changing():
        known = store.trust()
        new = [key for key in offered.keys if key not in known.keys]
        disbelieved = {item.event for item in known.ignored}
        present = {event.digest for event in known.events if event not in disbelieved}
        offers = [event for event in offered.events if event.digest not in present]
        widening = tuple(Ignored(event, _WIDENS) for event in offers if _widens(known, event))
        events = [event for event in offers if not _widens(known, event)]
        together = TrustStore((*known.keys, *new), (*known.events, *events), known.faults)
        ignored = tuple(item for item in together.ignored if item.event in events)
        refused = {item.event.digest for item in ignored}
        believed = [event for event in events if event.digest not in refused]
        for event in believed:
            store.save_event(event)
        for key in new:
            store.save_public(key)
    return TakenIn(len(new), len(believed), (*widening, *ignored))


def _widens(known: TrustStore, event: SignedEvent) -> bool:
    """Whether a key that is trusted as it is would make itself more, a root key for example."""
    match event.event:
        case Created(claims=claims) if claims.key in known.keys and not known.claims_of(claims.key):
            return (claims.purpose, claims.tenant) != (RUN_MANIFEST, DEFAULT_TENANT)
    return False
