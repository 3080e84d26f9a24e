"""Keys of recipients: whom a file is sealed for.

    store/recipients/mlkem768-x25519.0123456789abcdef.recipient.json       public, to be given away
    store/recipients/mlkem768-x25519.0123456789abcdef.recipient-key.json   private, encrypted at rest

A key id is `<suite>:<first 16 hex digits of SHA-256 of the public key>`. They are no signing keys: they prove nothing
about who sealed.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json, canonical_json, load_json
from qlang.trust.custody import DEVELOPMENT
from qlang.trust.errors import FileRefused, JsonRefused, KeyFormatError, KeyStoreError, RecipientKeyError
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.sealing.suites import SECRET_BYTES, SUITES, load_public, public_of
from qlang.trust.secret_files import SecretStore
from qlang.trust.times import now

PUBLIC_FORMAT = "qlang-recipient-1"
PRIVATE_FORMAT = "qlang-recipient-key-1"

_MAX_FILE = 1 << 16
_PUBLIC = ".recipient.json"
_PRIVATE = ".recipient-key.json"


@dataclass(frozen=True, slots=True)
class RecipientKey:
    """The public half of a recipient's key."""

    suite: str
    key_id: str
    public: bytes


def create_recipient_key(suite: str, store: SecretStore) -> RecipientKey:
    """Make a key; its private half is written encrypted under custody `development`.

    Raises: KeyStoreError, CustodyError.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    key = recipient_of(suite, public_of(SUITES[suite], secret))
    adopt_recipient_key(key, secret, store)
    return key


def adopt_recipient_key(key: RecipientKey, secret: bytes, store: SecretStore) -> None:
    """Take a key into the store. Raises: KeyStoreError, CustodyError."""
    paths = store.paths
    created: dict[str, Json] = {"created_at": now()}
    wrapped = store.wrap(secret, _associated(key))
    private = {"format": PRIVATE_FORMAT, "custody": DEVELOPMENT, **_members(key), **created, **wrapped}
    public = {"format": PUBLIC_FORMAT, **_members(key), **created}
    try:
        private_directory(_folder(paths))
        for path, content, mode in (
            (_private_path(key.key_id, paths), private, 0o600),
            (public_path(key, paths), public, 0o644),
        ):
            commit(stage(path, canonical_json(content), mode=mode), path)
    except FileRefused as error:
        raise KeyStoreError(error.path, error.reason) from error
    except OSError as error:
        raise KeyStoreError(_folder(paths), error.strerror or type(error).__name__) from error


def recipient_of(suite: str, public: bytes) -> RecipientKey:
    """The key with its id."""
    return RecipientKey(suite, f"{suite}:{hashlib.sha256(public).hexdigest()[:16]}", public)


def public_path(key: RecipientKey, paths: KeyPaths) -> Path:
    """The file of the public half in the store."""
    return _folder(paths) / f"{_stem(key.key_id)}{_PUBLIC}"


def own_recipient_keys(paths: KeyPaths) -> tuple[RecipientKey, ...]:
    """The keys of the store whose private half is there. Raises: KeyStoreError if one is damaged."""
    return tuple(_read(path, PRIVATE_FORMAT)[0] for path in sorted(_folder(paths).glob(f"*{_PRIVATE}")))


def find_recipient(text: str, paths: KeyPaths) -> RecipientKey:
    """A public key by the path of its file, its id or the beginning of its id (keys of the store).

    Raises: RecipientKeyError if there is none or more than one, KeyStoreError if the file is damaged.
    """
    if text.endswith(".json") or "/" in text:
        return _read(Path(text), PUBLIC_FORMAT)[0]
    found = [path for path in sorted(_folder(paths).glob(f"*{_PUBLIC}")) if path.name.startswith(_stem(text)) and text]
    if len(found) != 1:
        reason = "begins more than one key" if found else "is no key of your store and no file"
        raise RecipientKeyError(text, reason)
    return _read(found[0], PUBLIC_FORMAT)[0]


def recipient_secret(key_id: str, store: SecretStore) -> bytes | None:
    """The private half of one of the store's keys; None if it is not there.

    Raises: KeyStoreError if it is damaged, open to others or cannot be unlocked; CustodyError.
    """
    path = _private_path(key_id, store.paths)
    if not path.exists() and not path.is_symlink():
        return None
    key, value = _read(path, PRIVATE_FORMAT)
    secret = store.unwrap(value, _associated(key))
    if key.key_id != key_id or public_of(SUITES[key.suite], secret) != key.public:
        raise KeyStoreError(path, "does not hold the key that it names")
    return secret


def _read(path: Path, form: str) -> tuple[RecipientKey, Mapping[str, Json]]:
    try:
        value = load_json(read_file(path, limit=_MAX_FILE, forbidden_mode=0o077 if form == PRIVATE_FORMAT else 0))
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except JsonRefused as error:
        raise KeyStoreError(path, f"is no key file: {error}") from error
    match value:
        case {"format": str(found), "suite": str(suite), "key_id": str(key_id), "public_key": str(text)} if (
            isinstance(value, Mapping) and found == form and suite in SUITES
        ):
            pass
        case _:
            raise KeyStoreError(path, f"is not a key file of format {form}")
    try:
        key = recipient_of(suite, from_base64(text))
        load_public(SUITES[suite], key.public)
    except (ValueError, KeyFormatError) as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error
    if key.key_id != key_id:
        raise KeyStoreError(path, "does not hold the key that it names")
    return key, value


def _members(key: RecipientKey) -> dict[str, Json]:
    return {"suite": key.suite, "key_id": key.key_id, "public_key": to_base64(key.public)}


def _associated(key: RecipientKey) -> bytes:
    return f"{PRIVATE_FORMAT}|{key.key_id}".encode()


def _folder(paths: KeyPaths) -> Path:
    return paths.store / "recipients"


def _private_path(key_id: str, paths: KeyPaths) -> Path:
    return _folder(paths) / f"{_stem(key_id)}{_PRIVATE}"


def _stem(key_id: str) -> str:
    return key_id.replace(":", ".")
