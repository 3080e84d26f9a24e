"""Cosigned checkpoints that the ledger of a run has kept: witnesses answer after the receipt was written."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from qlang.trust.errors import JsonRefused, LedgerError, NoteError
from qlang.trust.ledger.checkpoint import Checkpoint, parse_checkpoint
from qlang.trust.ledger.merkle import verify_inclusion
from qlang.trust.ledger.notes import Note, parse_note
from qlang.trust.ledger.reader import LedgerReader
from qlang.trust.ledger.store import open_reader
from qlang.trust.verification.recorded import Recorded

MOST = 256
"""How many of the newest cosigned checkpoints are looked at."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint that is known to cover the run; nothing says yet who signed it."""

    note: Note
    checkpoint: Checkpoint


def kept_checkpoints(path: Path, run: Recorded) -> tuple[Shown, ...]:
    """Checkpoints in a ledger's file with names of others than the log under them, whose trees hold the run's entry.

    The newest first. Nothing else of the file is believed; where it cannot be read, there are none.
    """
    try:
        with open_reader(path) as ledger, ledger.snapshot():
            size = ledger.size()
            with closing(ledger.checkpoints_above(run.predicate.ledger.index)) as texts:
                cosigned = (shown for text in texts if (shown := _cosigned(text, ledger.origin)))
                found = tuple(islice(cosigned, MOST))
            return tuple(one for one in found if one.checkpoint.size <= size and _covers(ledger, one.checkpoint, run))
    except LedgerError:
        return ()  # what is wrong with it is told by the checks of the ledger


def _cosigned(text: str, origin: str) -> Shown | None:
    try:
        note = parse_note(text.encode())
        checkpoint = parse_checkpoint(note.text)
    except (NoteError, UnicodeEncodeError):
        return None
    ours = checkpoint.origin == origin
    return Shown(note, checkpoint) if ours and any(line.name != origin for line in note.signatures) else None


def _covers(ledger: LedgerReader, checkpoint: Checkpoint, run: Recorded) -> bool:
    """Shown from the manifest's own leaf to the checkpoint's root."""
    place, size = run.predicate.ledger, checkpoint.size
    if place.origin != checkpoint.origin or not place.index < size:
        return False
    try:
        path = ledger.inclusion_proof(place.index, size)
        return verify_inclusion(place.index, size, run.leaf, path, checkpoint.root)
    except JsonRefused:
        return False
