"""Who vouches for a checkpoint: trusted keys of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT
from qlang.trust.errors import NoteError
from qlang.trust.keys.trust import IS_COMPROMISED, TrustStore
from qlang.trust.ledger.checkpoint import Checkpoint
from qlang.trust.ledger.entries import Position, root_text
from qlang.trust.ledger.notes import Note, NoteKey, claimed_keys, verify_note
from qlang.trust.spki import PublicKey
from qlang.trust.times import moment

Vouch = Callable[[Note, Checkpoint], str | None]
"""Why nobody trusted vouches for a checkpoint as its log, or None."""

_FAR = "9999-12-31T23:59:59Z"


def by_store(store: TrustStore, *, alone: bool = False) -> Vouch:
    """A key of the store that is for checkpoints, or a root, must have signed, and must be good at that size.

    Checkpoints say no time that can be believed: keys count from their first day on, and revocations that name an
    entry of the log count from there.

    `alone`: nothing but the signature shows that the checkpoint is of this log, as in a receipt. Then a key that is
    compromised since some time counts for nothing: its thief need not say when he signed.
    """

    def vouch(note: Note, checkpoint: Checkpoint) -> str | None:
        place = Position(checkpoint.origin, checkpoint.size, root_text(checkpoint.root))
        claimed = claimed_keys(note, checkpoint.origin, store.trusted)
        faults = {key.public: _key_fault(store, key.public, place, alone) for key in claimed}
        good = [key for key in claimed if faults[key.public] is None]
        fault = _signature_fault(note, checkpoint.origin, good)
        reasons = [reason for reason in faults.values() if reason]
        return None if fault is None else "; ".join([fault, *reasons])

    return vouch


def _signature_fault(note: Note, origin: str, keys: Iterable[NoteKey]) -> str | None:
    try:
        verified = verify_note(note, keys)
    except NoteError as error:
        return str(error)
    if all(one.key.name != origin for one in verified):
        return f"not signed by a trusted key of {origin}"
    return None


def _key_fault(store: TrustStore, public: PublicKey, place: Position, alone: bool) -> str | None:
    claims = store.claims_of(public)
    purpose = ROOT if any(one.purpose == ROOT for one in claims) else LEDGER_CHECKPOINT
    since = max((one.not_before for one in claims), key=moment, default="1970-01-01T00:00:00Z")
    fault = store.fault_of(public, purpose=purpose, at=since, position=place)
    return fault or (_stolen(store, public, purpose, place) if alone else None)


def stolen(store: TrustStore, public: PublicKey, checkpoint: Checkpoint) -> str | None:
    """Why a key of a log may have been a thief's when it signed a checkpoint, or None."""
    place = Position(checkpoint.origin, checkpoint.size, root_text(checkpoint.root))
    return _stolen(store, public, LEDGER_CHECKPOINT, place)


def _stolen(store: TrustStore, public: PublicKey, purpose: str, place: Position) -> str | None:
    last = store.status(public, purpose=purpose, at=_FAR, position=place)
    return last.detail if last.state == IS_COMPROMISED else None
