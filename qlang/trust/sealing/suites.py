"""One HPKE suite for each crypto mode, and their keys as bytes.

    classical      DHKEM(X25519), HKDF-SHA256                    RFC 9180
    hybrid, qkd    ML-KEM-768 with X25519 (X-Wing), HKDF-SHA256  draft-connolly-cfrg-xwing-kem
    pqc_required   ML-KEM-1024 with P-384, HKDF-SHA384           draft-ietf-hpke-pq

AES-256-GCM in all. `pqc_required` takes the higher category of ML-KEM and keeps a classical half: that half costs 97
bytes, and what is sealed today must stay closed if either lattices or curves fall. A classical suite alone never
serves it, as the TLS groups of that mode do not.

A private key is a 32-byte seed for every suite: the X25519 key itself, or what SHAKE256 expands into both halves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from qlang.trust.errors import KeyFormatError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives import hpke
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

    Private: TypeAlias = X25519PrivateKey | hpke.MLKEM768X25519PrivateKey | hpke.MLKEM1024P384PrivateKey
    Public: TypeAlias = X25519PublicKey | hpke.MLKEM768X25519PublicKey | hpke.MLKEM1024P384PublicKey

X25519 = "x25519"
MLKEM768_X25519 = "mlkem768-x25519"
MLKEM1024_P384 = "mlkem1024-p384"

SECRET_BYTES = 32
_TAG_BYTES = 16


@dataclass(frozen=True, slots=True)
class SealingSuite:
    """One HPKE suite; `load_private` and `load_public` give the objects of `cryptography`."""

    name: str
    kem: str
    kdf: str
    public_bytes: int
    encapsulation_bytes: int
    load_private: Callable[[bytes], tuple[Private, bytes]] = field(repr=False)
    """From a seed: the private key, and its public half as bytes."""
    load_public: Callable[[bytes], Public] = field(repr=False)

    @property
    def overhead(self) -> int:
        """What sealing adds to a content key."""
        return self.encapsulation_bytes + _TAG_BYTES


def seal_bytes(suite: SealingSuite, public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Encapsulation and ciphertext, HPKE base mode. Raises: KeyFormatError for a malformed public key."""
    return _hpke(suite).encrypt(plaintext, load_public(suite, public), info=info)


def open_bytes(suite: SealingSuite, secret: bytes, sealed: bytes, info: bytes) -> bytes | None:
    """The plaintext; None if `sealed` was not made for this key and `info`. Raises: KeyFormatError."""
    from cryptography.exceptions import InvalidTag

    private, _ = load_private(suite, secret)
    try:
        return _hpke(suite).decrypt(sealed, private, info=info)
    except (InvalidTag, ValueError):  # ValueError: an impossible length or point
        return None


def public_of(suite: SealingSuite, secret: bytes) -> bytes:
    """The public half of a seed. Raises: KeyFormatError."""
    return load_private(suite, secret)[1]


def load_private(suite: SealingSuite, secret: bytes) -> tuple[Private, bytes]:
    """The private key of a seed and its public half. Raises: KeyFormatError."""
    from cryptography.exceptions import UnsupportedAlgorithm

    if len(secret) != SECRET_BYTES:
        raise KeyFormatError(f"a private key of {suite.name} has {SECRET_BYTES} bytes, not {len(secret)}")
    try:
        return suite.load_private(secret)
    except UnsupportedAlgorithm as error:
        raise KeyFormatError(f"the installed `cryptography` cannot do {suite.name}") from error


def load_public(suite: SealingSuite, public: bytes) -> Public:
    """A recipient's public key. Raises: KeyFormatError."""
    from cryptography.exceptions import UnsupportedAlgorithm

    if len(public) != suite.public_bytes:
        raise KeyFormatError(f"a public key of {suite.name} has {suite.public_bytes} bytes, not {len(public)}")
    try:
        return suite.load_public(public)
    except UnsupportedAlgorithm as error:
        raise KeyFormatError(f"the installed `cryptography` cannot do {suite.name}") from error
    except ValueError as error:
        raise KeyFormatError(f"not a public key of {suite.name}: {error}") from error


def _hpke(suite: SealingSuite) -> hpke.Suite:
    from cryptography.hazmat.primitives import hpke

    kem: hpke.KEM = getattr(hpke.KEM, suite.kem)
    kdf: hpke.KDF = getattr(hpke.KDF, suite.kdf)
    return hpke.Suite(kem, kdf, hpke.AEAD.AES_256_GCM)


def _x25519_private(secret: bytes) -> tuple[Private, bytes]:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    key = X25519PrivateKey.from_private_bytes(secret)
    return key, key.public_key().public_bytes_raw()


def _x25519_public(public: bytes) -> Public:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

    return X25519PublicKey.from_public_bytes(public)


def _mlkem768_x25519_private(secret: bytes) -> tuple[Private, bytes]:
    """draft-connolly-cfrg-xwing-kem, expandDecapsulationKey: d and z of ML-KEM, then the X25519 key."""
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey

    seeds = hashlib.shake_256(secret).digest(64 + 32)
    lattice, curve = MLKEM768PrivateKey.from_seed_bytes(seeds[:64]), X25519PrivateKey.from_private_bytes(seeds[64:])
    public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(lattice, curve), public


def _mlkem768_x25519_public(public: bytes) -> Public:
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

    lattice = MLKEM768PublicKey.from_public_bytes(public[:1184])
    return MLKEM768X25519PublicKey(lattice, X25519PublicKey.from_public_bytes(public[1184:]))


def _mlkem1024_p384_private(secret: bytes) -> tuple[Private, bytes]:
    """draft-irtf-cfrg-concrete-hybrid-kems, MLKEM1024-P384: d and z of ML-KEM, then the scalar, big-endian.

    A seed whose 384 bits are no scalar (one in 2^190) is refused as malformed.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM1024PrivateKey
    from cryptography.hazmat.primitives.hpke import MLKEM1024P384PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    seeds = hashlib.shake_256(secret).digest(64 + 48)
    lattice = MLKEM1024PrivateKey.from_seed_bytes(seeds[:64])
    try:
        curve = ec.derive_private_key(int.from_bytes(seeds[64:], "big"), ec.SECP384R1())
    except ValueError as error:
        raise KeyFormatError("the seed gives no scalar of P-384") from error
    point = curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return MLKEM1024P384PrivateKey(lattice, curve), lattice.public_key().public_bytes_raw() + point


def _mlkem1024_p384_public(public: bytes) -> Public:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM1024PublicKey
    from cryptography.hazmat.primitives.hpke import MLKEM1024P384PublicKey

    lattice = MLKEM1024PublicKey.from_public_bytes(public[:1568])
    curve = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), public[1568:])
    return MLKEM1024P384PublicKey(lattice, curve)


SUITES: Mapping[str, SealingSuite] = MappingProxyType(
    {
        suite.name: suite
        for suite in (
            SealingSuite(X25519, "X25519", "HKDF_SHA256", 32, 32, _x25519_private, _x25519_public),
            SealingSuite(
                MLKEM768_X25519,
                "MLKEM768_X25519",
                "HKDF_SHA256",
                1216,
                1120,
                _mlkem768_x25519_private,
                _mlkem768_x25519_public,
            ),
            SealingSuite(
                MLKEM1024_P384,
                "MLKEM1024_P384",
                "HKDF_SHA384",
                1665,
                1665,
                _mlkem1024_p384_private,
                _mlkem1024_p384_public,
            ),
        )
    }
)

SUITE_OF_MODE: Mapping[str, str] = MappingProxyType(
    {
        "classical": X25519,
        "hybrid": MLKEM768_X25519,
        "pqc_required": MLKEM1024_P384,
        "qkd": MLKEM768_X25519,
    }
)
"""Crypto mode → the suite that recipients' keys must be of."""
