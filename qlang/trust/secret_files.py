"""Secrets at rest outside the key store: recipients' keys and the private keys of TLS certificates.

AES-256-GCM under a key derived (HKDF-SHA256, RFC 5869) with a fresh salt from the unlock secret of custody
`development`. Whoever reads both folders has the secret; a copy of one alone is useless.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping

from qlang.trust.canonical import Json
from qlang.trust.errors import FileRefused, KeyStoreError
from qlang.trust.files import commit, private_directory, read_file, stage
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.locks import lock_file

SECRET_LIMIT = 1 << 16

_INFO = b"qlang secret file v1, AES-256-GCM"
_UNLOCK_BYTES = 32
_PRIVATE = 0o077


def wrap_secret(secret: bytes, associated: bytes, paths: KeyPaths) -> dict[str, Json]:
    """What may lie on disk of `secret`; opens only with the same `associated` data and unlock secret.

    The unlock secret is made if there is none yet. Raises: KeyStoreError.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        private_directory(paths.state)
        with lock_file(paths.state / ".lock"):
            if not paths.unlock.exists():
                commit(stage(paths.unlock, secrets.token_bytes(_UNLOCK_BYTES)), paths.unlock)
    except FileRefused as error:
        raise KeyStoreError(error.path, error.reason) from error
    except OSError as error:
        raise KeyStoreError(paths.unlock, error.strerror or type(error).__name__) from error
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    ciphertext = AESGCM(_derived(paths, salt)).encrypt(nonce, secret, associated)
    return {"salt": _encode(salt), "nonce": _encode(nonce), "ciphertext": _encode(ciphertext)}


def unwrap_secret(wrapped: Mapping[str, Json], associated: bytes, paths: KeyPaths) -> bytes:
    """The inverse. Raises: KeyStoreError for a changed file, other associated data or unlock secret."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        salt, nonce, ciphertext = (_decode(wrapped.get(name)) for name in ("salt", "nonce", "ciphertext"))
        return AESGCM(_derived(paths, salt)).decrypt(nonce, ciphertext, associated)
    except (InvalidTag, ValueError) as error:  # ValueError: no base64, a nonce of impossible length
        raise KeyStoreError(paths.unlock, "does not open this secret: changed file or another unlock secret") from error


def _derived(paths: KeyPaths, salt: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    try:
        secret = read_file(paths.unlock, limit=_UNLOCK_BYTES, forbidden_mode=_PRIVATE)
    except FileRefused as error:
        raise KeyStoreError(paths.unlock, error.reason) from error
    if len(secret) != _UNLOCK_BYTES:
        raise KeyStoreError(paths.unlock, f"is not an unlock secret of {_UNLOCK_BYTES} bytes")
    return HKDF(SHA256(), length=32, salt=salt, info=_INFO).derive(secret)


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: Json) -> bytes:
    if not isinstance(text, str) or len(text) > 2 * SECRET_LIMIT:
        raise ValueError("a base64 member is missing")
    return base64.b64decode(text, validate=True)
