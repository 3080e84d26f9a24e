"""Public keys as SubjectPublicKeyInfo, DER and PEM, recognised without a cryptographic library.

Every key that qlang accepts has one possible header and one possible length, so that two different encodings of
one key, or one encoding read as two keys, cannot occur: no DER parser is needed, and none can be confused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from qlang.trust.base64_text import from_base64, to_base64
from qlang.trust.crypto_modes import (
    ECDSA_P256,
    ED25519,
    ML_DSA_44,
    ML_DSA_65,
    ML_DSA_87,
    RSA_PSS_3072,
    SLH_DSA_128F,
    SLH_DSA_128S,
)
from qlang.trust.errors import KeyFormatError

_PEM_BEGIN = "-----BEGIN PUBLIC KEY-----"
_PEM_END = "-----END PUBLIC KEY-----"
_PEM_LIMIT = 16_384


def _no_fault(_: bytes) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One signature algorithm and the shape of its keys and signatures.

    A SubjectPublicKeyInfo is `spki_prefix`, then `public_bytes` bytes of key, then `spki_suffix`.
    """

    name: str
    spki_prefix: bytes
    public_bytes: int
    signature_bytes: int
    """Length of a signature; the greatest length for `ecdsa-p256`, whose DER varies."""
    spki_suffix: bytes = b""
    fixed_signature: bool = True
    public_fault: Callable[[bytes], str | None] = _no_fault
    """Why the raw public key cannot be one, as far as a few integer operations can tell."""

    @property
    def spki_bytes(self) -> int:
        """Length of the whole SubjectPublicKeyInfo."""
        return len(self.spki_prefix) + self.public_bytes + len(self.spki_suffix)


def _p256_fault(point: bytes) -> str | None:
    """SEC 1, 3.2.2.1: coordinates below p, on y² = x³ - 3x + b. The prefix demands the uncompressed form."""
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    if x >= p or y >= p or (y * y - (x**3 - 3 * x + b)) % p:
        return "the point is not on the curve P-256"
    return None


_ED25519_P = 2**255 - 19
_ED25519_ORDER_EIGHT = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_ED25519_SMALL_ORDER = frozenset(
    {0, 1, _ED25519_P - 1, _ED25519_ORDER_EIGHT, _ED25519_P - _ED25519_ORDER_EIGHT},
)
"""The y coordinates of the eight points whose order divides the cofactor."""


def _ed25519_fault(point: bytes) -> str | None:
    """RFC 8032, 5.1.3 demands y < p; under a key of small order one signature fits many messages."""
    y = int.from_bytes(point, "little") & ~(1 << 255)
    if y >= _ED25519_P:
        return "the point is not in canonical form"
    return "the point has small order" if y in _ED25519_SMALL_ORDER else None


def _rsa_fault(modulus: bytes) -> str | None:
    if modulus[0] < 0x80 or not modulus[-1] & 1:
        return "the modulus is not an odd number of 3072 bits"
    return None


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        algorithm.name: algorithm
        for algorithm in (
            # RFC 8410
            Algorithm(ED25519, bytes.fromhex("302a300506032b6570032100"), 32, 64, public_fault=_ed25519_fault),
            # RFC 5480: id-ecPublicKey, secp256r1, uncompressed point (04); a signature is DER of two integers
            Algorithm(
                ECDSA_P256,
                bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
                64,
                72,
                fixed_signature=False,
                public_fault=_p256_fault,
            ),
            # RFC 3279: rsaEncryption, modulus of exactly 3072 bits, exponent 65537
            Algorithm(
                RSA_PSS_3072,
                bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100"),
                384,
                384,
                spki_suffix=bytes.fromhex("0203010001"),
                public_fault=_rsa_fault,
            ),
            # RFC 9881
            Algorithm(ML_DSA_44, bytes.fromhex("30820532300b06096086480165030403110382052100"), 1312, 2420),
            Algorithm(ML_DSA_65, bytes.fromhex("308207b2300b0609608648016503040312038207a100"), 1952, 3309),
            Algorithm(ML_DSA_87, bytes.fromhex("30820a32300b060960864801650304031303820a2100"), 2592, 4627),
            # RFC 9909
            Algorithm(SLH_DSA_128S, bytes.fromhex("3030300b0609608648016503040314032100"), 32, 7856),
            Algorithm(SLH_DSA_128F, bytes.fromhex("3030300b0609608648016503040315032100"), 32, 17088),
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


@lru_cache(maxsize=256)
def public_key(spki: bytes) -> PublicKey:
    """Recognise a DER SubjectPublicKeyInfo by its header and length.

    Raises: KeyFormatError for anything but the known algorithms, other curves, other RSA sizes or exponents,
    and points that are none.
    """
    for algorithm in ALGORITHMS.values():
        if (
            len(spki) == algorithm.spki_bytes
            and spki.startswith(algorithm.spki_prefix)
            and spki.endswith(algorithm.spki_suffix)
        ):
            if fault := algorithm.public_fault(_raw(algorithm, spki)):
                raise KeyFormatError(f"not a public key of {algorithm.name}: {fault}")
            fingerprint = hashlib.sha256(spki).hexdigest()[:16]
            return PublicKey(algorithm.name, f"{algorithm.name}:{fingerprint}", spki)
    raise KeyFormatError(f"not a public key of {', '.join(ALGORITHMS)}")


def raw_public_key(key: PublicKey) -> bytes:
    """The key without its header: Ed25519 32 bytes, P-256 x and y, RSA modulus, FIPS 204 and 205 pk."""
    return _raw(ALGORITHMS[key.algorithm], key.spki)


def spki_from_raw(algorithm: str, raw: bytes) -> bytes:
    """The inverse of `raw_public_key`. Raises: KeyFormatError for an unknown algorithm or another length."""
    known = ALGORITHMS.get(algorithm)
    if known is None:
        raise KeyFormatError(f"unknown algorithm {algorithm!a}")
    if len(raw) != known.public_bytes:
        raise KeyFormatError(f"a public key of {algorithm} has {known.public_bytes} bytes, not {len(raw)}")
    return known.spki_prefix + raw + known.spki_suffix


def to_pem(spki: bytes) -> str:
    """The PEM text of a SubjectPublicKeyInfo (RFC 7468, section 13)."""
    text = to_base64(spki)
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join([_PEM_BEGIN, *lines, _PEM_END, ""])


def from_pem(text: str) -> bytes:
    """The SubjectPublicKeyInfo of one PEM block, with nothing before or after it.

    Raises: KeyFormatError.
    """
    if len(text) > _PEM_LIMIT:
        raise KeyFormatError(f"a PEM text of more than {_PEM_LIMIT} characters is not a public key")
    lines = text.strip().splitlines()
    if len(lines) < 2 or lines[0].rstrip() != _PEM_BEGIN or lines[-1].rstrip() != _PEM_END:
        raise KeyFormatError("no PEM frame of a public key")
    body = "".join(line.strip() for line in lines[1:-1])
    try:
        return from_base64(body)
    except ValueError as error:
        raise KeyFormatError(f"the PEM text is not base64: {error}") from error


def _raw(algorithm: Algorithm, spki: bytes) -> bytes:
    return spki[len(algorithm.spki_prefix) : len(spki) - len(algorithm.spki_suffix)]
