"""A copy of one recipient's key in a file of its own, under a passphrase (Argon2id, RFC 9106)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from qlang.trust.canonical import canonical_json, load_json
from qlang.trust.errors import FileRefused, JsonRefused, KeyFormatError, KeyStoreError, RecipientKeyError
from qlang.trust.files import read_file
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.unlocking import unwrap_by_passphrase
from qlang.trust.keys.wrapping import ARGON2ID, Cost, kek_json, read_kek, wrap_kek
from qlang.trust.sealing.output import new_output
from qlang.trust.sealing.recipients import RecipientKey, adopt_recipient_key, recipient_of, recipient_secret
from qlang.trust.sealing.suites import SUITES, public_of
from qlang.trust.secret_files import SecretStore

FORMAT = "qlang-recipient-backup-1"
_MAX_FILE = 1 << 14


def back_up_recipient_key(
    key: RecipientKey, path: Path, store: SecretStore, passphrase: PassphraseSource, cost: Cost | None = None
) -> None:
    """Write a key's private half, encrypted under `passphrase`, into a new file of mode 0600.

    Raises: RecipientKeyError if its private half is not here, KeyStoreError, CustodyError for no passphrase,
    SealedFileRefused if `path` exists.
    """
    secret = recipient_secret(key.key_id, store)
    if secret is None:
        raise RecipientKeyError(key.key_id, "its private half is not in your store")
    phrase = passphrase.read("Passphrase of the backup", new=True)
    wrapped = wrap_kek(secret, key.key_id, ARGON2ID, phrase, cost or Cost())
    try:
        with new_output(path) as file:
            file.write(canonical_json({"format": FORMAT, "suite": key.suite, **kek_json(wrapped)}))
    except OSError as error:
        raise KeyStoreError(path, error.strerror or type(error).__name__) from error


def restore_recipient_key(path: Path, store: SecretStore, passphrase: PassphraseSource) -> RecipientKey:
    """Take the key of such a file into the store, encrypted under the store's own KEK.

    Raises: KeyStoreError if the file is damaged; CustodyError for a wrong passphrase; TooManyTries.
    """
    try:
        value = load_json(read_file(path, limit=_MAX_FILE))
        match value:
            case {"format": str(found), "suite": str(suite)} if found == FORMAT and suite in SUITES:
                wrapped = read_kek(value if isinstance(value, Mapping) else {})
            case _:
                raise KeyStoreError(path, f"is not a backup of format {FORMAT}")
    except FileRefused as error:
        raise KeyStoreError(path, error.reason) from error
    except (JsonRefused, ValueError) as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error
    if wrapped.method != ARGON2ID:
        raise KeyStoreError(path, "is not under a passphrase")
    secret = unwrap_by_passphrase(wrapped, passphrase, store.paths.counter("backup"), "the backup")
    try:
        key = recipient_of(suite, public_of(SUITES[suite], secret))
    except KeyFormatError as error:
        raise KeyStoreError(path, f"is damaged: {error}") from error
    if key.key_id != wrapped.kek_id:
        raise KeyStoreError(path, "does not hold the key that it names")
    adopt_recipient_key(key, secret, store)
    return key
