"""Signature algorithms, public keys and signatures, over `cryptography`.

ML-DSA is signed pure with an empty context (FIPS 204), Ed25519 as in RFC 8032.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from qlang.trust.crypto_modes import ED25519, ML_DSA_65
from qlang.trust.errors import KeyFormatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey

SEED_BYTES = 32
"""Length of the private seed of either algorithm."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One signature algorithm; `spki_prefix` is its DER header before the raw public key (RFC 8410, RFC 9881)."""

    name: str
    spki_prefix: bytes
    public_bytes: int
    signature_bytes: int

    @property
    def spki_bytes(self) -> int:
        """Length of the whole SubjectPublicKeyInfo."""
        return len(self.spki_prefix) + self.public_bytes


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            Algorithm(ED25519, bytes.fromhex("302a300506032b6570032100"), 32, 64),
            Algorithm(ML_DSA_65, bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952, 3309),
        )
    }
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key; `key_id` is `<algorithm>:<first 16 hex digits of SHA-256 of the SPKI>`."""

    algorithm: str
    key_id: str
    spki: bytes
    """SubjectPublicKeyInfo, DER."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and the id of the key that made it."""

    key_id: str
    value: bytes


def public_key(spki: bytes) -> PublicKey:
    """Recognise a DER SubjectPublicKeyInfo by its header and length.

    Raises: KeyFormatError for anything but the known algorithms.
    """
    for algorithm in ALGORITHMS.values():
        if len(spki) == algorithm.spki_bytes and spki.startswith(algorithm.spki_prefix):
            fingerprint = hashlib.sha256(spki).hexdigest()[:16]
            return PublicKey(algorithm.name, f"{algorithm.name}:{fingerprint}", spki)
    raise KeyFormatError(f"not a public key of {' or '.join(ALGORITHMS)}")


def private_key(algorithm: str, seed: bytes) -> Ed25519PrivateKey | MLDSA65PrivateKey:
    """The private key of a 32-byte seed (RFC 8032 secret key; FIPS 204 xi).

    Raises: KeyFormatError if the algorithm is unknown or this installation lacks it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

    try:
        if algorithm == ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        if algorithm == ML_DSA_65:
            return mldsa.MLDSA65PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise KeyFormatError(f"the installed `cryptography` cannot do {algorithm}") from error
    raise KeyFormatError(f"unknown algorithm {algorithm!a}")


def spki_of(private: Ed25519PrivateKey | MLDSA65PrivateKey) -> bytes:
    """DER SubjectPublicKeyInfo of the public half."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def signature_fault(key: PublicKey, message: bytes, signature: bytes) -> str | None:
    """Why `signature` is not one of `key` over `message`, or None if it is."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        loaded = load_der_public_key(key.spki)
    except UnsupportedAlgorithm:
        return f"the installed `cryptography` cannot verify {key.algorithm}"
    except ValueError:
        return "the public key is malformed"
    if not isinstance(loaded, (ed25519.Ed25519PublicKey, mldsa.MLDSA65PublicKey)):
        return "the public key is of another algorithm"
    try:
        loaded.verify(signature, message)
    except (InvalidSignature, ValueError):  # ValueError: impossible length
        return "the signature does not match the content"
    return None


def available_algorithms(names: Iterable[str] = tuple(ALGORITHMS)) -> tuple[str, ...]:
    """Those of `names` that the installed `cryptography` can sign with."""
    available = []
    for name in names:
        try:
            private_key(name, bytes(SEED_BYTES))
        except KeyFormatError:
            continue
        available.append(name)
    return tuple(available)
