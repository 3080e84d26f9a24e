"""Checkpoints: what a log says of itself at one size (C2SP tlog-checkpoint).

    <origin>
    <tree size>
    <base64 of the root hash>

Extension lines, which C2SP allows and advises against, are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.errors import NoteError
from qlang.trust.ledger.merkle import HASH_BYTES, MAX_SIZE
from qlang.trust.ledger.notes import NoteSigner, parse_note, sign_note

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The root over the first `size` entries of the log `origin`."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text of the note."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint's note. Raises: NoteError."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("not a checkpoint: origin, size and root expected")
    if _SIZE.fullmatch(lines[1]) is None or int(lines[1]) > MAX_SIZE:
        raise NoteError("not a checkpoint: impossible tree size")
    try:
        root = from_base64(lines[2])
    except ValueError as error:
        raise NoteError("not a checkpoint: no root hash") from error
    checkpoint = Checkpoint(lines[0], int(lines[1]), root)
    if len(root) != HASH_BYTES or checkpoint.text != text:
        raise NoteError("not a checkpoint: no root hash of 32 bytes in its one spelling")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, signers: Sequence[NoteSigner], *, timestamp: int) -> str:
    """The checkpoint as a note, signed by each signer. Raises: NoteError, and what a signer raises.

    `timestamp`: seconds since 1970, for the signature types that state it.
    """
    return sign_note(checkpoint.text, signers, timestamp=timestamp)


def checkpoint_of(note: bytes) -> Checkpoint:
    """What a note says, without a look at its signatures. Raises: NoteError."""
    return parse_checkpoint(parse_note(note).text)
