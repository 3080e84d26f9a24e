"""The KEK of a key store: made once, unwrapped when a key is used, wrapped anew when its protection changes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.backoff import BackOff
from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.custody import DEVELOPMENT
from qlang.trust.errors import CustodyError, FileRefused, JsonRefused, KeyStoreError
from qlang.trust.files import commit, read_file, stage
from qlang.trust.keys.locking import alone
from qlang.trust.keys.passphrase import PassphraseFrom, PassphraseSource
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.keys.wrapping import (
    ARGON2ID,
    KEK_BYTES,
    UNLOCK_SECRET,
    Cost,
    WrappedKek,
    WrongSecret,
    kek_json,
    read_kek,
    unwrap_kek,
    wrap_kek,
)
from qlang.trust.locks import lock_file

_FORMAT = "qlang-kek-1"
_MAX_FILE = 4096
_PRIVATE = 0o077
_UNLOCK_BYTES = 32


@dataclass(frozen=True, slots=True)
class Kek:
    """The key under which the secrets of a store are encrypted; lives only in memory."""

    kek_id: str
    value: bytes

    def __repr__(self) -> str:
        return f"Kek({self.kek_id!r})"


def ensure_kek(paths: KeyPaths, passphrase: PassphraseSource | None, cost: Cost) -> Kek:
    """The store's KEK, made if there is none: under `passphrase` if one is given, else under the unlock secret.

    Raises: KeyStoreError, CustodyError.
    """
    with alone(_lock(paths)):
        if paths.kek.exists():
            return open_kek(paths, passphrase)
        kek = Kek(secrets.token_hex(8), secrets.token_bytes(KEK_BYTES))
        _write(paths, _wrapped(paths, kek, passphrase, cost))
    return kek


def open_kek(paths: KeyPaths, passphrase: PassphraseSource | None) -> Kek:
    """The store's KEK. Where a passphrase protects it and no source is named, the terminal is asked.

    Raises: KeyStoreError if a file is missing or damaged; CustodyError for a wrong passphrase; TooManyTries.
    """
    wrapped = read_wrapped(paths)
    if wrapped.method == ARGON2ID:
        source = passphrase or PassphraseFrom()
        return Kek(wrapped.kek_id, unwrap_by_passphrase(wrapped, source, paths.counter("passphrase"), "the key store"))
    try:
        return Kek(wrapped.kek_id, unwrap_kek(wrapped, _read_unlock(paths)))
    except WrongSecret as error:
        raise KeyStoreError(paths.kek, "cannot be decrypted: changed file or wrong unlock secret") from error


def unwrap_by_passphrase(wrapped: WrappedKek, source: PassphraseSource, counter: Path, subject: str) -> bytes:
    """What a passphrase protects; wrong ones are counted in the file `counter`. `subject`: what it is of, in words.

    Raises: CustodyError for a wrong passphrase; TooManyTries.
    """
    with BackOff(counter, DEVELOPMENT).attempt() as attempt:
        attempt.not_tried()
        passphrase = source.read(f"Passphrase of {subject}")
        attempt.wrong()
        try:
            secret = unwrap_kek(wrapped, passphrase)
        except WrongSecret as error:
            raise CustodyError(DEVELOPMENT, f"wrong passphrase of {subject}, or its file was changed") from error
        attempt.right()
    return secret


def protect(paths: KeyPaths, old: PassphraseSource | None, new: PassphraseSource | None, cost: Cost) -> None:
    """Wrap the KEK anew, under a new passphrase or, without one, under the unlock secret. Keys stay as they are.

    Copies of the old file still open with what opened them.

    Raises: KeyStoreError, CustodyError.
    """
    with alone(_lock(paths)):
        kek = open_kek(paths, old)
        _write(paths, _wrapped(paths, kek, new, cost))


def read_wrapped(paths: KeyPaths) -> WrappedKek:
    """What protects the keys of a store, without opening it. Raises: KeyStoreError."""
    path = paths.kek
    try:
        value = load_json(read_file(path, limit=_MAX_FILE, forbidden_mode=_PRIVATE))
        if not isinstance(value, Mapping) or value.get("format") != _FORMAT:
            raise KeyStoreError(path, f"is not a file of format {_FORMAT}")
        return read_kek(value)
    except FileRefused as error:
        hint = "; the keys in the store cannot be unlocked without it" if error.missing else ""
        raise KeyStoreError(path, error.reason + hint) from error
    except (JsonRefused, ValueError) as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error


def _wrapped(paths: KeyPaths, kek: Kek, passphrase: PassphraseSource | None, cost: Cost) -> WrappedKek:
    if passphrase is not None:
        secret = passphrase.read("New passphrase of the key store", new=True)
        return wrap_kek(kek.value, kek.kek_id, ARGON2ID, secret, cost)
    _ensure_unlock(paths)
    return wrap_kek(kek.value, kek.kek_id, UNLOCK_SECRET, _read_unlock(paths))


def _write(paths: KeyPaths, wrapped: WrappedKek) -> None:
    try:
        commit(stage(paths.kek, canonical_json({"format": _FORMAT, **kek_json(wrapped)})), paths.kek)
    except OSError as error:
        raise KeyStoreError(paths.kek, error.strerror or type(error).__name__) from error


def _ensure_unlock(paths: KeyPaths) -> None:
    """One unlock secret serves all stores of a user; a lost one is replaced only where no KEK needs it."""
    try:
        with lock_file(paths.state / ".lock"):
            if not paths.unlock.exists():
                commit(stage(paths.unlock, secrets.token_bytes(_UNLOCK_BYTES)), paths.unlock)
    except OSError as error:
        raise KeyStoreError(paths.unlock, error.strerror or type(error).__name__) from error


def _read_unlock(paths: KeyPaths) -> bytes:
    try:
        secret = read_file(paths.unlock, limit=_UNLOCK_BYTES, forbidden_mode=_PRIVATE)
    except FileRefused as error:
        hint = "; the keys in the store cannot be unlocked without it" if error.missing else ""
        raise KeyStoreError(paths.unlock, error.reason + hint) from error
    if len(secret) != _UNLOCK_BYTES:
        raise KeyStoreError(paths.unlock, f"is not an unlock secret of {_UNLOCK_BYTES} bytes")
    return secret


def _lock(paths: KeyPaths) -> Path:
    return paths.store / ".kek.lock"
