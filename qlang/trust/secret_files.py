"""Secrets at rest outside the records of signing keys: recipients' keys and private keys of TLS certificates.

AES-256-GCM under the key-encrypting key (KEK) of the user's key store, as the keys of custody `development`: a copy
of the files without the unlock secret or the passphrase is useless.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from qlang.trust.canonical import Json
from qlang.trust.errors import FileRefused, KeyStoreError
from qlang.trust.files import private_directory
from qlang.trust.keys.passphrase import PassphraseSource
from qlang.trust.keys.paths import KeyPaths, private_files
from qlang.trust.keys.unlocking import ensure_kek, open_kek
from qlang.trust.keys.wrapping import Cost, decode, encode

_NONCE_BYTES = 12
_DOMAIN = b"qlang secret file|"
"""Before all associated data: no secret file can be taken for a signing key's, or the other way round."""


def wrap_secret(
    secret: bytes, associated: bytes, paths: KeyPaths, passphrase: PassphraseSource | None = None
) -> dict[str, Json]:
    """What may lie on disk of `secret`; opens only with the same `associated` data and KEK.

    A KEK is made where the store has no key yet. Raises: KeyStoreError, CustodyError.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        private_directory(paths.store)
        private_directory(paths.state)
    except FileRefused as error:
        raise KeyStoreError(error.path, error.reason) from error
    lost = not paths.kek.exists() and private_files(paths.store)
    kek = open_kek(paths, passphrase) if lost else ensure_kek(paths, passphrase, Cost())
    nonce = secrets.token_bytes(_NONCE_BYTES)
    ciphertext = AESGCM(kek.value).encrypt(nonce, secret, _DOMAIN + associated)
    return {"kek_id": kek.kek_id, "nonce": encode(nonce), "ciphertext": encode(ciphertext)}


def unwrap_secret(
    wrapped: Mapping[str, Json], associated: bytes, paths: KeyPaths, passphrase: PassphraseSource | None = None
) -> bytes:
    """The inverse. Raises: KeyStoreError for a changed file or another KEK, CustodyError for a wrong passphrase."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    kek = open_kek(paths, passphrase)
    if wrapped.get("kek_id") != kek.kek_id:
        raise KeyStoreError(paths.kek, "is not the key under which this secret was encrypted")
    try:
        nonce, ciphertext = decode(wrapped.get("nonce")), decode(wrapped.get("ciphertext"))
        return AESGCM(kek.value).decrypt(nonce, ciphertext, _DOMAIN + associated)
    except (InvalidTag, ValueError) as error:  # ValueError: no base64, a nonce of impossible length
        raise KeyStoreError(paths.kek, "does not open this secret: its file was changed") from error
