"""Signed notes (C2SP signed-note) and the keys that sign them.

    <text, ends in a newline>

    — <key name> base64(4-byte key id | signature)

Signature types: `0x01` Ed25519 over the text; `0x04` Ed25519 and `0x06` ML-DSA-44 cosignatures with a time
(C2SP tlog-cosignature). For other algorithms C2SP has no type: those are `0xff` with an identifier of our own,
and only our own verifiers know them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.custody import Custodian, KeyRecord
from qlang.trust.errors import KeyFormatError, NoteError
from qlang.trust.ledger.note_types import WITNESS_ALGORITHMS, NoteType, type_for, type_of_vkey
from qlang.trust.spki import PublicKey, public_key

MAX_NOTE = 1 << 18
MAX_SIGNATURES = 32

_DASH = "\N{EM DASH} "
KEY_NAME = re.compile(r"[^\s\x00-\x1f+]{1,255}")
"""How the name of a key is spelled (use `fullmatch`)."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line; `value` is without the key id."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A signed note as it was read: nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key under a name, for one purpose: two purposes of a key have different ids."""

    name: str
    public: PublicKey
    type: NoteType

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name | newline | type | public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.type.material(self.public)).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as one line of text: `name+key id+base64(type | public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(self.type.material(self.public))}"


@dataclass(frozen=True, slots=True)
class Verified:
    """A key that signed, and when it says it did (seconds since 1970) if its type tells."""

    key: NoteKey
    timestamp: int | None


class NoteSigner(Protocol):
    """A private key that signs notes under a name."""

    @property
    def key(self) -> NoteKey:
        """The public half."""

    def sign(self, message: bytes) -> bytes:
        """One signature over `message`; ML-DSA and SLH-DSA pure, with an empty context."""


@dataclass(frozen=True, slots=True)
class CustodySigner:
    """Signs with a key in its custody. Raises: CustodyError."""

    key: NoteKey
    custodian: Custodian
    record: KeyRecord

    def sign(self, message: bytes) -> bytes:
        return self.custodian.sign(self.record, message)


def log_key(origin: str, public: PublicKey) -> NoteKey:
    """The key of a log, which signs its checkpoints under its origin. Raises: NoteError for a name with spaces."""
    return NoteKey(_name(origin), public, type_for(public.algorithm, witness=False))


def witness_key(name: str, public: PublicKey) -> NoteKey:
    """The key of a witness. Raises: NoteError unless it is Ed25519 or ML-DSA-44."""
    return NoteKey(_name(name), public, type_for(public.algorithm, witness=True))


def parse_vkey(text: str) -> NoteKey:
    """Read `NoteKey.vkey` back. Raises: NoteError."""
    name, plus, rest = text.strip().partition("+")
    hint, second, encoded = rest.partition("+")
    if not plus or not second or len(encoded) > MAX_NOTE:
        raise NoteError("not a verifier key: it is spelled name+id+key")
    kind, spki = type_of_vkey(_decode(encoded))
    try:
        key = NoteKey(_name(name), public_key(spki), kind)
    except KeyFormatError as error:
        raise NoteError(f"not a verifier key: {error}") from error
    if key.key_id.hex() != hint:
        raise NoteError(f"verifier key {name[:80]!a} does not have the id that it states")
    return key


def sign_note(text: str, signers: Sequence[NoteSigner], *, timestamp: int) -> str:
    """The note with one line by each signer. Raises: NoteError, and what a signer raises."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError("a note's text ends in a newline and has no other control characters")
    return f"{text}\n" + "".join(signature_line(text, signer, timestamp=timestamp) for signer in signers)


def signature_line(text: str, signer: NoteSigner, *, timestamp: int) -> str:
    """One signature line over a note's text, with its newline."""
    key = signer.key
    time = timestamp if key.type.timestamped else None
    signature = signer.sign(key.type.message(key.name, text, time))
    prefix = b"" if time is None else time.to_bytes(8, "big")
    return f"{_DASH}{key.name} {to_base64(key.key_id + prefix + signature)}\n"


def parse_note(data: bytes) -> Note:
    """Read a signed note. Raises: NoteError."""
    if len(data) > MAX_NOTE:
        raise NoteError(f"a note of more than {MAX_NOTE} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteError("a note that is not UTF-8") from error
    if _CONTROL.search(whole):
        raise NoteError("a note with control characters")
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteError("not a signed note: no signatures after an empty line")
    return Note(f"{text}\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Read signature lines, each with its newline. Raises: NoteError."""
    split = lines.split("\n")
    if split.pop() or not 0 < len(split) <= MAX_SIGNATURES:
        raise NoteError(f"not 1 to {MAX_SIGNATURES} lines of signatures")
    return tuple(map(_parse_line, split))


def verify_note(note: Note, keys: Iterable[NoteKey]) -> tuple[Verified, ...]:
    """Which of `keys` signed the note, in the order of its lines; lines by other keys are passed over.

    Raises: NoteError if none did, or if a line by one of them is false.
    """
    known = {(key.name, key.key_id): key for key in keys}
    verified = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is not None:
            verified.append(Verified(key, _verify_line(note.text, key, signature.value)))
    if not verified:
        raise NoteError("no known key signed the note")
    return tuple(verified)


def claimed_keys(note: Note, origin: str, trusted: Iterable[PublicKey]) -> tuple[NoteKey, ...]:
    """Which trusted keys the note's lines claim: as the log's under its origin, as witnesses' under other names."""
    found: dict[tuple[str, bytes], NoteKey] = {}
    for public in trusted:
        for signature in note.signatures:
            witness = signature.name != origin
            if witness and public.algorithm not in WITNESS_ALGORITHMS:
                continue
            key = NoteKey(signature.name, public, type_for(public.algorithm, witness=witness))
            if key.key_id == signature.key_id:
                found[key.name, key.key_id] = key
    return tuple(found.values())


def _verify_line(text: str, key: NoteKey, value: bytes) -> int | None:
    from qlang.trust.algorithms import signature_fault

    time = None
    if key.type.timestamped:
        if len(value) < 8 or value[0] & 0x80:
            raise NoteError(f"the cosignature of {key.name} has no possible time")
        time, value = int.from_bytes(value[:8], "big"), value[8:]
    if fault := signature_fault(key.public, key.type.message(key.name, text, time), value):
        raise NoteError(f"{key.name}: {fault}")
    return time


def _parse_line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteError("a line after the empty line is not a signature")
    value = _decode(encoded)
    if len(value) < 5:
        raise NoteError("a signature line without a signature")
    return NoteSignature(_name(name), value[:4], value[4:])


def _name(text: str) -> str:
    if KEY_NAME.fullmatch(text) is None:
        raise NoteError(f"{text[:80]!a} cannot be the name of a key")
    return text


def _decode(text: str) -> bytes:
    try:
        return from_base64(text)
    except ValueError as error:
        raise NoteError(f"base64 expected: {error}") from error
