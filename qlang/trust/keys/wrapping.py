"""A key-encrypting key (KEK), itself encrypted: by the unlock secret of this machine, or by a passphrase.

The derivation from the 32 random bytes of the unlock secret is HKDF-SHA256 (RFC 5869): a slow password hash adds
nothing to 256 random bits. From a passphrase it is Argon2id (RFC 9106). Both with a fresh salt for each wrapping;
what is encrypted with AES-256-GCM (NIST SP 800-38D) under it is bound to the method and its parameters.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.canonical import Json, canonical_json
from qlang.trust.custody import DEVELOPMENT
from qlang.trust.errors import CustodyError

KEK_BYTES = 32
UNLOCK_SECRET = "unlock-secret"  # noqa: S105 - the name of a method
ARGON2ID = "argon2id"
METHODS = (UNLOCK_SECRET, ARGON2ID)

_INFO = b"qlang key-encrypting key v2"
_SALT, _NONCE, _TAG = 16, 12, 16


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess of a passphrase costs: the second recommendation of RFC 9106, section 4, with less parallelism.

    Files that ask for less than `LEAST` or more than `MOST` are refused.
    """

    memory_kib: int = 65_536
    iterations: int = 3
    lanes: int = 2


LEAST = Cost(19_456, 2, 1)
MOST = Cost(1 << 20, 16, 16)


@dataclass(frozen=True, slots=True)
class WrappedKek:
    """An encrypted KEK. `kek_id` is random and names the KEK, however it is wrapped."""

    kek_id: str
    method: str
    salt: bytes
    nonce: bytes
    ciphertext: bytes
    cost: Cost | None = None
    """For `argon2id`."""


class WrongSecret(Exception):
    """The secret is not the one that was used, or the wrapped bytes were changed: nobody can tell which."""


def wrap_kek(kek: bytes, kek_id: str, method: str, secret: bytes, cost: Cost | None = None) -> WrappedKek:
    """Encrypt a KEK under a secret; `cost` for `argon2id` only. Raises: CustodyError for want of memory."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(_SALT), secrets.token_bytes(_NONCE)
    data = _associated(kek_id, method, salt, cost)
    ciphertext = AESGCM(_derive(method, secret, salt, cost)).encrypt(nonce, kek, data)
    return WrappedKek(kek_id, method, salt, nonce, ciphertext, cost)


def unwrap_kek(wrapped: WrappedKek, secret: bytes) -> bytes:
    """The KEK. Raises: WrongSecret; CustodyError for want of memory."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = _derive(wrapped.method, secret, wrapped.salt, wrapped.cost)
    data = _associated(wrapped.kek_id, wrapped.method, wrapped.salt, wrapped.cost)
    try:
        return AESGCM(key).decrypt(wrapped.nonce, wrapped.ciphertext, data)
    except InvalidTag as error:
        raise WrongSecret from error


def kek_json(wrapped: WrappedKek) -> dict[str, Json]:
    """The wrapped KEK as JSON."""
    value: dict[str, Json] = {
        "kek_id": wrapped.kek_id,
        "method": wrapped.method,
        "salt": to_base64(wrapped.salt),
        "nonce": to_base64(wrapped.nonce),
        "ciphertext": to_base64(wrapped.ciphertext),
    }
    if cost := wrapped.cost:
        value |= {"memory_kib": cost.memory_kib, "iterations": cost.iterations, "lanes": cost.lanes}
    return value


def read_kek(value: Mapping[str, Json]) -> WrappedKek:
    """A wrapped KEK from a file that may be hostile: no cost beyond `MOST` is ever paid. Raises: ValueError."""
    kek_id, method = value.get("kek_id"), value.get("method")
    if not isinstance(kek_id, str) or len(kek_id) > 64:
        raise ValueError("kek_id is not a name")
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(f"method is none of {', '.join(METHODS)}")
    salt, nonce, ciphertext = (from_base64(value.get(name)) for name in ("salt", "nonce", "ciphertext"))
    if (len(salt), len(nonce), len(ciphertext)) != (_SALT, _NONCE, KEK_BYTES + _TAG):
        raise ValueError("salt, nonce or ciphertext is of another length")
    return WrappedKek(kek_id, method, salt, nonce, ciphertext, _read_cost(value) if method == ARGON2ID else None)


def _read_cost(value: Mapping[str, Json]) -> Cost:
    numbers = [value.get(name) for name in ("memory_kib", "iterations", "lanes")]
    limits = zip(numbers, _numbers(LEAST), _numbers(MOST), strict=True)
    known = [number for number, least, most in limits if type(number) is int and least <= number <= most]
    if len(known) != len(numbers):
        raise ValueError("the cost of Argon2id is out of range")
    return Cost(*known)


def _numbers(cost: Cost) -> tuple[int, int, int]:
    return cost.memory_kib, cost.iterations, cost.lanes


def _associated(kek_id: str, method: str, salt: bytes, cost: Cost | None) -> bytes:
    parts: list[Json] = [kek_id, method, to_base64(salt), list(_numbers(cost)) if cost else None]
    return canonical_json(parts)


def _derive(method: str, secret: bytes, salt: bytes, cost: Cost | None) -> bytes:
    if method == ARGON2ID:
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        assert cost is not None
        try:
            return Argon2id(
                salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib
            ).derive(secret)
        except MemoryError as error:
            reason = f"Argon2id needs {cost.memory_kib} KiB of memory for this passphrase, which are not free"
            raise CustodyError(DEVELOPMENT, reason) from error
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length=32, salt=salt, info=_INFO).derive(secret)
