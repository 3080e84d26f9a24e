"""Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a fresh nonce each time, as members of a JSON object."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json

_NONCE_BYTES = 12


def encrypted(key: bytes, plain: bytes, associated: bytes) -> dict[str, str]:
    """`nonce` and `ciphertext` of `plain`, which open with the same key and `associated` data only."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    return {"nonce": to_base64(nonce), "ciphertext": to_base64(AESGCM(key).encrypt(nonce, plain, associated))}


def decrypted(key: bytes, members: Mapping[str, Json], associated: bytes) -> bytes:
    """The inverse. Raises: ValueError for members that are missing or of another form, or if anything was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce, ciphertext = from_base64(members.get("nonce")), from_base64(members.get("ciphertext"))
    if len(nonce) != _NONCE_BYTES:
        raise ValueError(f"the nonce has {len(nonce)} bytes")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, associated)
    except InvalidTag as error:
        raise ValueError("it was changed") from error
