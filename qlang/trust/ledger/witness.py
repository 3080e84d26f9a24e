"""A witness: it remembers the last checkpoint of a log that it saw and cosigns only what continues it.

Requests and answers are those of C2SP tlog-witness (`add-checkpoint`), as files that two machines exchange. What the
witness knows lies in one file of its own; it is replaced, durably, before an answer is given.

    old <size>
    <base64 of a hash of the consistency proof>
    …

    <signed checkpoint>
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from qlang.trust.base64_text import to_base64
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.errors import JsonRefused, LedgerError, NoteError, WitnessRefused
from qlang.trust.files import commit, read_file, stage
from qlang.trust.ledger.checkpoint import Checkpoint, checkpoint_of, parse_checkpoint
from qlang.trust.ledger.merkle import EMPTY_ROOT, verify_consistency
from qlang.trust.ledger.notes import (
    KEY_NAME,
    MAX_NOTE,
    Note,
    NoteKey,
    NoteSigner,
    parse_note,
    parse_signatures,
    parse_vkey,
    signature_line,
    verify_note,
)
from qlang.trust.ledger.proof import decode_hash
from qlang.trust.locks import lock_file

FORMAT = "qlang-witness-1"
MAX_REQUEST = MAX_NOTE + (1 << 14)
MAX_HASHES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What a witness knows of one log."""

    name: str
    """Under which the witness cosigns."""
    origin: str
    log_keys: tuple[NoteKey, ...]
    """Keys of which one must have signed each checkpoint; pinned when the witness was set up."""
    note: str | None = None
    """The last checkpoint that it cosigned, with its cosignature."""

    @property
    def seen(self) -> Checkpoint:
        """The last checkpoint, that of the empty log at first. Raises: NoteError."""
        return Checkpoint(self.origin, 0, EMPTY_ROOT) if self.note is None else checkpoint_of(self.note.encode())


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks a witness to cosign."""

    old: int
    path: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint


def dump_request(old: int, path: Sequence[bytes], note: str) -> str:
    """An `add-checkpoint` request; `path` proves that the note's tree continues the one of size `old`."""
    return "".join(f"{line}\n" for line in (f"old {old}", *map(to_base64, path), "")) + note


def parse_request(data: bytes) -> Request:
    """Read an `add-checkpoint` request. Raises: NoteError."""
    if len(data) > MAX_REQUEST:
        raise NoteError(f"a request of more than {MAX_REQUEST} bytes")
    head, blank, rest = data.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise NoteError("not a request: not ASCII before the checkpoint") from error
    found = _OLD.fullmatch(first)
    if not blank or found is None or len(hashes) > MAX_HASHES:
        raise NoteError(f"not a request: `old <size>` and at most {MAX_HASHES} hashes expected")
    note = parse_note(rest)
    return Request(int(found[1]), tuple(map(decode_hash, hashes)), note, parse_checkpoint(note.text))


def create_witness(path: Path, name: str, origin: str, log_keys: Sequence[NoteKey]) -> None:
    """Set up the state file for one log.

    Raises: LedgerError if there is one, without a key of the log, or for an impossible name; OSError.
    """
    if KEY_NAME.fullmatch(name) is None or name == origin:
        raise LedgerError(path, None, f"{name[:80]!a} cannot be the name of a witness of {origin}")
    if not log_keys or any(key.name != origin for key in log_keys):
        raise LedgerError(path, None, f"needs keys of {origin}, and of nobody else")
    with lock_file(_lock(path)):
        if path.is_symlink() or path.exists():
            raise LedgerError(path, None, "exists: a witness never starts anew over what it knows")
        _write(path, WitnessState(name, origin, tuple(log_keys)))


def load_witness(path: Path) -> WitnessState:
    """Read a state file. Raises: FileRefused, LedgerError if it is damaged."""
    try:
        value = load_json(read_file(path, limit=4 * MAX_NOTE, forbidden_mode=0o022))
        match value:
            case {
                "format": str(form),
                "name": str(name),
                "origin": str(origin),
                "log_keys": list(keys),
                "note": note,
                **others,
            } if form == FORMAT and not others:
                pass
            case _:
                raise NoteError(f"not a witness of format {FORMAT}")
        state = WitnessState(name, origin, tuple(parse_vkey(str(key)) for key in keys), _text(note))
        if state.seen.origin != origin:
            raise NoteError("the last checkpoint is of another log")
    except (JsonRefused, NoteError, UnicodeEncodeError) as error:
        raise LedgerError(path, None, f"is damaged: {error}") from error
    return state


def cosign(path: Path, request: bytes, signers: Sequence[NoteSigner], *, timestamp: int) -> str:
    """Check a request against what the witness knows, keep its checkpoint, and return the cosignature lines.

    A signed checkpoint that contradicts an earlier one is kept beside the state file as evidence.

    Raises: WitnessRefused, FileRefused, LedgerError for a damaged state file, OSError; and what a signer raises.
    Nothing is remembered then.
    """
    try:
        asked = parse_request(request)
    except NoteError as error:
        raise WitnessRefused("bad request", str(error)) from error
    with lock_file(_lock(path)):
        state = load_witness(path)
        try:
            _require_continuation(state, asked)
        except WitnessRefused as refusal:
            if refusal.verdict == "fork":
                _keep_evidence(path, request)
            raise
        text = asked.note.text
        lines = "".join(signature_line(text, signer, timestamp=timestamp) for signer in signers)
        if not lines:
            raise WitnessRefused("bad request", "the witness has no key")
        _check_own(text, lines, signers)
        own = _lines_by(asked.note, state.log_keys)
        _write(path, replace(state, note=f"{text}\n{own}{lines}"))
    return lines


def add_cosignatures(note: str, answer: str, witnesses: Iterable[NoteKey]) -> str:
    """A log's checkpoint with the cosignatures of an answer that verify under known witnesses' keys.

    Raises: NoteError if there is none, or if one is false.
    """
    text = parse_note(note.encode()).text
    keys = tuple(witnesses)
    answered = Note(text, parse_signatures(answer))
    verified = {(one.key.name, one.key.key_id) for one in verify_note(answered, keys)}
    lines = zip(answered.signatures, answer.splitlines(), strict=True)
    return note + "".join(f"{line}\n" for signature, line in lines if (signature.name, signature.key_id) in verified)


def _require_continuation(state: WitnessState, asked: Request) -> None:
    seen, shown = state.seen, asked.checkpoint
    if shown.origin != state.origin:
        raise WitnessRefused(
            "unknown log", f"the request is of {shown.origin[:80]!a}, the witness knows {state.origin}"
        )
    try:
        verify_note(asked.note, state.log_keys)
    except NoteError as error:
        raise WitnessRefused("bad signature", str(error)) from error
    if asked.old > shown.size:
        raise WitnessRefused("bad request", f"old size {asked.old} beyond the checkpoint's {shown.size}")
    if shown.size < seen.size:
        raise WitnessRefused("rollback", f"the log shows {shown.size} entries, but had {seen.size}", seen.size)
    if shown.size == seen.size and shown.root != seen.root:
        raise WitnessRefused("fork", f"two different trees of {seen.size} entries were signed", seen.size)
    if asked.old != seen.size:
        raise WitnessRefused("stale", f"the last checkpoint seen has {seen.size} entries, not {asked.old}", seen.size)
    if not verify_consistency(seen.size, shown.size, asked.path, seen.root, shown.root):
        reason = f"the tree of {shown.size} entries is not shown to continue the one of {seen.size} entries"
        raise WitnessRefused("fork", reason, seen.size)


def _check_own(text: str, lines: str, signers: Sequence[NoteSigner]) -> None:
    """Never let a false cosignature out, whatever the key's custody did."""
    try:
        verified = verify_note(Note(text, parse_signatures(lines)), [signer.key for signer in signers])
    except NoteError as error:
        raise WitnessRefused("bad signature", f"the witness's own: {error}") from error
    if len(verified) != len(signers):
        raise WitnessRefused("bad signature", "the witness's own keys cannot be told apart")


def _lines_by(note: Note, keys: Sequence[NoteKey]) -> str:
    """The signature lines of a note that are by some keys."""

    known = {(key.name, key.key_id) for key in keys}
    return "".join(
        f"\N{EM DASH} {one.name} {to_base64(one.key_id + one.value)}\n"
        for one in note.signatures
        if (one.name, one.key_id) in known
    )


def _keep_evidence(path: Path, request: bytes) -> None:
    digest = hashlib.sha256(request).hexdigest()[:16]
    evidence = path.with_name(f"{path.name}.fork-{digest}")
    commit(stage(evidence, request), evidence)


def _write(path: Path, state: WitnessState) -> None:
    value: Json = {
        "format": FORMAT,
        "name": state.name,
        "origin": state.origin,
        "log_keys": [key.vkey for key in state.log_keys],
        "note": state.note,
    }
    commit(stage(path, canonical_json(value)), path)


def _lock(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise NoteError("the last checkpoint is not text")
