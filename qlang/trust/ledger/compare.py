"""Does a ledger continue the checkpoints that it, or somebody else, has kept?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from qlang.trust.checks import Check
from qlang.trust.errors import NoteError
from qlang.trust.ledger.checkpoint import Checkpoint, parse_checkpoint
from qlang.trust.ledger.merkle import verify_inclusion
from qlang.trust.ledger.notes import Note, parse_note
from qlang.trust.ledger.proof import HEADER, Proof, parse_proof
from qlang.trust.ledger.vouching import Vouch

RootAt = Callable[[int], bytes | None]
"""Tree size → root, or None if the ledger cannot say."""
LeafAt = Callable[[int], bytes | None]
"""Index → leaf hash, or None."""


@dataclass(frozen=True, slots=True)
class Known:
    """A checkpoint or a receipt that was kept outside the ledger."""

    source: str
    """Where it comes from, in words."""
    data: bytes

    @property
    def is_receipt(self) -> bool:
        return self.data.startswith(HEADER.encode())


def checkpoint_in(data: bytes) -> tuple[Note, Checkpoint, Proof | None]:
    """The checkpoint of a note or of a receipt. Raises: NoteError."""
    if data.startswith(HEADER.encode()):
        proof = parse_proof(data)
        return proof.note, proof.checkpoint, proof
    note = parse_note(data)
    return note, parse_checkpoint(note.text), None


def sizes_of(notes: Sequence[str], known: Sequence[Known]) -> frozenset[int]:
    """The tree sizes that checkpoints speak of; checkpoints that cannot be read are left to the checks."""
    sizes = set()
    for data in (*(note.encode("utf-8", "replace") for note in notes), *(item.data for item in known)):
        with suppress(NoteError):
            sizes.add(checkpoint_in(data)[1].size)
    return frozenset(sizes)


def continuation_fault(origin: str, size: int, checkpoint: Checkpoint, root_at: RootAt) -> str | None:
    """Why the log `origin` with `size` entries does not continue `checkpoint`, or None."""
    if checkpoint.origin != origin:
        return f"the checkpoint is of the log {checkpoint.origin[:80]!a}, this is {origin}"
    if checkpoint.size > size:
        return f"rolled back: {size} entries, but the checkpoint has {checkpoint.size}"
    root = root_at(checkpoint.size)
    if root is None:
        return f"the root at size {checkpoint.size} cannot be computed"
    if root != checkpoint.root:
        return f"rewritten: the first {checkpoint.size} entries are not those of the checkpoint"
    return None


def stranger_fault(note: Note, recorded: Collection[tuple[str, str]]) -> str | None:
    """Why a line of a stored checkpoint is by nobody whom the ledger's entries record, or None.

    C2SP lets readers pass over signatures by unknown keys. A ledger records whose it takes in, so that a spoiled line
    is none of those.
    """
    for line in note.signatures:
        if (line.name, line.key_id.hex()) not in recorded:
            return f"signed as {line.name!a:.80} by a key that no entry records ({line.key_id.hex()})"
    return None


def stored_checks(
    origin: str,
    size: int,
    notes: Sequence[str],
    root_at: RootAt,
    vouch: Vouch | None,
    recorded: Collection[tuple[str, str]] = (),
) -> list[Check]:
    """The verdicts on the checkpoints that lie in the ledger itself.

    `recorded`: name and key id of all keys that signed them, as the ledger's entries say; where they name no key of the
    log, lines are not asked for their origin.
    """
    signed = 0
    for number, text in enumerate(notes):
        try:
            note = parse_note(text.encode())
            checkpoint = parse_checkpoint(note.text)
        except (NoteError, UnicodeEncodeError) as error:
            return [Check("ledger checkpoints", False, f"checkpoint {number}: {error}")]
        fault = continuation_fault(origin, size, checkpoint, root_at)
        if fault is None and any(name == origin for name, _ in recorded):
            fault = stranger_fault(note, recorded)
        if fault is None and vouch is not None:
            fault = vouch(note, checkpoint)
        if fault:
            return [Check("ledger checkpoints", False, f"checkpoint {number} (size {checkpoint.size}): {fault}")]
        signed += 1
    words = "signed by trusted keys" if vouch is not None else "signatures not checked"
    return [Check("ledger checkpoints", True, f"{signed} compared, {words}" if signed else "none stored")]


def known_check(origin: str, size: int, known: Known, root_at: RootAt, leaf_at: LeafAt, vouch: Vouch | None) -> Check:
    """The verdict on one checkpoint or receipt from outside."""
    name = f"older receipt {known.source}" if known.is_receipt else f"older checkpoint {known.source}"
    try:
        note, checkpoint, proof = checkpoint_in(known.data)
    except NoteError as error:
        return Check(name, False, str(error))
    fault = continuation_fault(origin, size, checkpoint, root_at)
    if fault is None and vouch is not None:
        fault = vouch(note, checkpoint)
    if fault is None and proof is not None:
        fault = _receipt_fault(proof, leaf_at)
    what = "" if proof is None else f", entry {proof.index}"
    return Check(name, fault is None, fault or f"continued: size {checkpoint.size}{what}")


def _receipt_fault(proof: Proof, leaf_at: LeafAt) -> str | None:
    leaf = leaf_at(proof.index)
    checkpoint = proof.checkpoint
    if leaf is None or not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        return f"entry {proof.index} is not the one that the receipt was given for"
    return None
