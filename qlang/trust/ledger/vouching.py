"""Who vouches for a checkpoint: trusted keys of its log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qlang.trust.custody import LEDGER_CHECKPOINT, ROOT
from qlang.trust.errors import NoteError
from qlang.trust.keys.trust import IS_COMPROMISED, TrustStore
from qlang.trust.ledger.checkpoint import Checkpoint
from qlang.trust.ledger.entries import Position, root_text
from qlang.trust.ledger.notes import Note, claimed_keys, verify_note
from qlang.trust.spki import PublicKey
from qlang.trust.times import moment

Vouch = Callable[[Note, Checkpoint], str | None]
"""Why nobody trusted vouches for a checkpoint as its log, or None."""

_FAR = "9999-12-31T23:59:59Z"


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who has signed a checkpoint as its log."""

    keys: tuple[PublicKey, ...]
    """Trusted keys of the log, or root keys, whose signatures are valid and count."""
    refused: tuple[str, ...] = ()
    """Why signatures by other trusted keys do not count."""


def by_store(store: TrustStore) -> Vouch:
    """A key of the store that is for checkpoints, or a root, must have signed, and must be good at that size."""

    def vouch(note: Note, checkpoint: Checkpoint) -> str | None:
        try:
            found = signers_of(store, note, checkpoint)
        except NoteError as error:
            return error.reason
        return None if found.keys else unsigned(checkpoint, found)

    return vouch


def signers_of(store: TrustStore, note: Note, checkpoint: Checkpoint, *, alone: bool = False) -> Vouched:
    """The trusted keys that vouch for a checkpoint.

    Checkpoints say no time that can be believed: keys count from their first day on, and revocations that name an
    entry of the log count for checkpoints that cover it.

    `alone`: nothing but the signature shows that the checkpoint is of this log, as in a receipt. Then a compromised
    key counts for nothing, whatever since: its thief need not say when he signed, and can make up a tree of any size.

    Raises: NoteError if a signature by a trusted key is false.
    """
    claimed = claimed_keys(note, checkpoint.origin, store.trusted)
    faults = {key.public: _key_fault(store, key.public, checkpoint, alone) for key in claimed}
    good = [key for key in claimed if faults[key.public] is None]
    verified = verify_note(note, good) if good else ()
    keys = dict.fromkeys(one.key.public for one in verified if one.key.name == checkpoint.origin)
    return Vouched(tuple(keys), tuple(reason for reason in faults.values() if reason))


def unsigned(checkpoint: Checkpoint, found: Vouched) -> str:
    """That nobody trusted has signed, in words."""
    return "; ".join((f"not signed by a trusted key of {checkpoint.origin}", *found.refused))


def stolen(store: TrustStore, public: PublicKey) -> str | None:
    """Why a key may have been a thief's when it signed what shows neither time nor place, or None."""
    last = store.status(public, purpose=LEDGER_CHECKPOINT, at=_FAR)
    return last.detail if last.state == IS_COMPROMISED else None


def _key_fault(store: TrustStore, public: PublicKey, checkpoint: Checkpoint, alone: bool) -> str | None:
    claims = store.claims_of(public)
    purpose = ROOT if any(one.purpose == ROOT for one in claims) else LEDGER_CHECKPOINT
    since = max((one.not_before for one in claims), key=moment, default="1970-01-01T00:00:00Z")
    fault = store.fault_of(public, purpose=purpose, at=since, position=_last_covered(checkpoint))
    return fault or (stolen(store, public) if alone else None)


def _last_covered(checkpoint: Checkpoint) -> Position:
    """A checkpoint of size N says something of the entries 0 to N - 1: that is its place in the log."""
    return Position(checkpoint.origin, max(checkpoint.size - 1, 0), root_text(checkpoint.root))
