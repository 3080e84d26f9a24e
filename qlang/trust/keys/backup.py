"""A copy of keys in one file, encrypted under a passphrase.

    {"format", "kek": …, "nonce", "ciphertext"}     the KEK is random, wrapped by Argon2id of the passphrase

The ciphertext (AES-256-GCM) holds everything else, so that nothing in the file can be changed unnoticed: secrets of
development keys, the records of token-wrapped keys (useless without their token), all key events. Keys that never
leave a token are only named.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.custody import DEVELOPMENT, TOKEN_NATIVE, KeyRecord
from qlang.trust.errors import FileRefused, JsonRefused, KeyEventError, KeyFormatError, KeyStoreError
from qlang.trust.files import commit, read_file, stage
from qlang.trust.keys.custodian import DevelopmentCustodian
from qlang.trust.keys.encryption import decrypted, encrypted
from qlang.trust.keys.events import SignedEvent, dump_event, parse_event
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.records import record_json, record_of
from qlang.trust.keys.ring import KeyRing
from qlang.trust.keys.unlocking import unwrap_by_passphrase
from qlang.trust.keys.wrapping import (
    ARGON2ID,
    KEK_BYTES,
    Cost,
    kek_json,
    read_kek,
    wrap_kek,
)
from qlang.trust.times import now

FORMAT = "qlang-key-backup-1"
MAX_BACKUP_BYTES = 16 << 20
_BOUND_TO = FORMAT.encode()


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    secrets: tuple[KeyRecord, ...]
    """Development keys, whose secrets are in the file."""
    wrapped: tuple[KeyRecord, ...]
    """Keys wrapped by a token, which the restored record needs again."""
    left_out: tuple[KeyRecord, ...]
    """Keys inside a token: nothing of theirs can be copied."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoration did."""

    restored: tuple[KeyRecord, ...]
    present: tuple[KeyRecord, ...]
    """Keys that the store has already; they stay as they are."""
    events: int


@dataclass(frozen=True, slots=True)
class _Content:
    """What is encrypted in a backup."""

    with_secret: tuple[tuple[KeyRecord, bytes], ...] = field(repr=False)
    wrapped: tuple[KeyRecord, ...]
    events: tuple[SignedEvent, ...]


def back_up(ring: KeyRing, path: Path, passphrase: PassphraseSource, cost: Cost | None = None) -> BackedUp:
    """Write all keys of a store that can be copied into one new file of mode 0600.

    Raises: KeyStoreError if the file exists or cannot be written, or there is nothing to back up; CustodyError for
    no passphrase, or a key that cannot be decrypted.
    """
    contents = ring.contents()
    kept = {name: [key for key in contents.records if key.custody == name] for name in (DEVELOPMENT, TOKEN_NATIVE)}
    wrapped = [key for key in contents.records if key.custody not in kept]
    if not kept[DEVELOPMENT] and not wrapped:
        raise KeyStoreError(ring.store.paths.store, "has no keys that can be backed up")
    if path.exists() or path.is_symlink():
        raise KeyStoreError(path, "exists already")
    custodian = _development(ring)
    with_secret = tuple((record, custodian.secret(record)) for record in kept[DEVELOPMENT])
    content = _Content(with_secret, tuple(wrapped), contents.trust.events)
    data = _encrypted(content, passphrase.read("Passphrase of the backup", new=True), cost or Cost())
    try:
        commit(stage(path, data), path)
    except OSError as error:
        raise KeyStoreError(path, error.strerror or type(error).__name__) from error
    return BackedUp(tuple(kept[DEVELOPMENT]), tuple(wrapped), tuple(kept[TOKEN_NATIVE]))


def restore(ring: KeyRing, path: Path, passphrase: PassphraseSource) -> Restored:
    """Take the keys of a backup into the store; secrets are encrypted under the store's own KEK.

    Nothing is written unless everything fits; after a crash, the same again completes it.

    Raises: KeyStoreError if the file is damaged, or a key of the store has the place of another one of the backup;
    CustodyError for a wrong passphrase; TooManyTries.
    """
    content = _read_backup(ring, path, passphrase)
    custodian = _development(ring)
    with ring.store.changing():
        present = {_place(record): record for record in ring.contents().records}
        everything = [*(record for record, _ in content.with_secret), *content.wrapped]
        if other := [key for key in everything if present.get(_place(key), key).public != key.public]:
            taken = ring.store.paths.private(other[0].spec)
            raise KeyStoreError(taken, f"holds another key than {other[0].public.key_id} of the backup")
        new = [
            custodian.adopt(record.spec, secret, record.created_at)
            for record, secret in content.with_secret
            if _place(record) not in present
        ]
        if wrong := [key for key in new if key.public not in {record.public for record in everything}]:
            raise KeyStoreError(path, f"holds no secret of {wrong[0].spec.algorithm} as it says")
        new.extend(record for record in content.wrapped if _place(record) not in present)
        for event in content.events:
            ring.store.save_event(event)
        for record in new:
            ring.store.save(record)
    kept = tuple(record for record in everything if _place(record) in present)
    return Restored(tuple(new), kept, len(content.events))


def _development(ring: KeyRing) -> DevelopmentCustodian:
    custodian = ring.custodian(DEVELOPMENT)
    assert isinstance(custodian, DevelopmentCustodian)
    return custodian


def _place(record: KeyRecord) -> tuple[str, str, str, int]:
    spec = record.spec
    return spec.tenant, spec.purpose, spec.algorithm, spec.generation


def _encrypted(content: _Content, passphrase: bytes, cost: Cost) -> bytes:
    kek = secrets.token_bytes(KEK_BYTES)
    plain = canonical_json(
        {
            "created_at": now(),
            "keys": [
                {"record": record_json(record) | {"protection": {}}, "secret": to_base64(secret)}
                for record, secret in content.with_secret
            ],
            "wrapped": [record_json(record) for record in content.wrapped],
            "events": [to_base64(dump_event(event)) for event in content.events],
        }
    )
    wrapped = wrap_kek(kek, secrets.token_hex(8), ARGON2ID, passphrase, cost)
    return canonical_json({"format": FORMAT, "kek": kek_json(wrapped), **encrypted(kek, plain, _BOUND_TO)})


def _read_backup(ring: KeyRing, path: Path, passphrase: PassphraseSource) -> _Content:
    try:
        value = load_json(read_file(path, limit=MAX_BACKUP_BYTES), max_bytes=MAX_BACKUP_BYTES)
        if not isinstance(value, Mapping) or value.get("format") != FORMAT:
            raise KeyStoreError(path, f"is not a backup of format {FORMAT}")
        head = value.get("kek")
        wrapped = read_kek(head if isinstance(head, Mapping) else {})
        kek = unwrap_by_passphrase(wrapped, passphrase, ring.store.paths.counter("backup"), "the backup")
        return _content(load_json(decrypted(kek, value, _BOUND_TO), max_bytes=MAX_BACKUP_BYTES))
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except (JsonRefused, KeyFormatError, KeyEventError, ValueError) as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error


def _content(value: Json) -> _Content:
    """Raises: KeyFormatError, KeyEventError, ValueError."""
    match value:
        case {"keys": [*keys], "wrapped": [*wrapped], "events": [*events]}:
            return _Content(
                tuple(_with_secret(item) for item in keys),
                tuple(record_of(item) for item in wrapped),
                tuple(parse_event(from_base64(item)) for item in events),
            )
    raise ValueError("keys, wrapped or events are missing")


def _with_secret(value: Json) -> tuple[KeyRecord, bytes]:
    match value:
        case {"record": record, "secret": str(secret)}:
            return record_of(record), from_base64(secret)
    raise ValueError("a key without record or secret")
