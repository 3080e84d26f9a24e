"""Receipts: that an entry is in the log, on its own and offline (C2SP tlog-proof, version 1).

c2sp.org/tlog-proof@v1
index <n>
<base64 of a hash, from the leaf's sibling to the root's child>
…

<signed checkpoint>
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.errors import NoteError
from qlang.trust.ledger.checkpoint import Checkpoint, parse_checkpoint
from qlang.trust.ledger.merkle import HASH_BYTES, MAX_PROOF, verify_inclusion
from qlang.trust.ledger.notes import MAX_NOTE, Note, NoteKey, Verified, parse_note, verify_note

HEADER = "c2sp.org/tlog-proof@v1"
FILE_NAME = "receipt.tlog-proof"
MAX_BYTES = MAX_NOTE + (1 << 14)

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_EXTRA = "extra "


@dataclass(frozen=True, slots=True)
class Proof:
    """A receipt as it was read: nothing is verified yet."""

    index: int
    path: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def dump_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """A receipt for entry `index`; `note` is the signed checkpoint of the tree that `path` leads to the root of."""
    return "".join(f"{line}\n" for line in (HEADER, f"index {index}", *map(to_base64, path), "")) + note


def parse_proof(data: bytes) -> Proof:
    """Read a receipt; extra data, which C2SP allows and nothing authenticates, is passed over. Raises: NoteError."""
    if len(data) > MAX_BYTES:
        raise NoteError(f"a receipt of more than {MAX_BYTES} bytes")
    head, blank, rest = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("not a receipt: not ASCII before the checkpoint") from error
    if not blank or lines.pop(0) != HEADER:
        raise NoteError(f"not a receipt: it starts with {HEADER}")
    if lines and lines[0].startswith(_EXTRA):
        del lines[0]
    found = _INDEX.fullmatch(lines[0]) if lines else None
    if found is None or len(lines) - 1 > MAX_PROOF:
        raise NoteError("not a receipt: an index and at most 64 hashes expected")
    note = parse_note(rest)
    return Proof(int(found[1]), tuple(map(decode_hash, lines[1:])), note, parse_checkpoint(note.text))


def verify_proof(proof: Proof, leaf: bytes, keys: Iterable[NoteKey]) -> tuple[Verified, ...]:
    """Which of `keys` signed a checkpoint of a log with the entry of hash `leaf` at the receipt's index.

    Raises: NoteError if none did, or if the path does not lead from the leaf to the root.
    """
    verified = verify_note(proof.note, keys)
    checkpoint = proof.checkpoint
    if not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        raise NoteError(f"the receipt does not prove entry {proof.index} of {checkpoint.origin}")
    return verified


def decode_hash(text: str) -> bytes:
    """32 bytes in base64. Raises: NoteError."""
    try:
        value = from_base64(text)
    except ValueError as error:
        raise NoteError("a hash in base64 expected") from error
    if len(value) != HASH_BYTES:
        raise NoteError("a hash of 32 bytes expected")
    return value
