"""Telling whether bytes that came out of a token are the private key of a public one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from qlang.trust.algorithms import software_key
from qlang.trust.crypto_modes import RSA_PSS_3072
from qlang.trust.errors import TrustError
from qlang.trust.spki import PublicKey

Recognize: TypeAlias = Callable[[bytes], bool]

_SEED = 32
_PKCS8_SEEDS = (b"\x04\x20", b"\x80\x20")  # OCTET STRING and [0] of 32 bytes: RFC 8410, RFC 9881, RFC 5915
_LONGEST = 1 << 14


def recognizer_of(public: PublicKey) -> Recognize:
    """For raw scalars and seeds, PKCS#8, and for RSA any factor or private exponent."""

    def recognize(candidate: bytes) -> bool:
        if not candidate or len(candidate) > _LONGEST:
            return False
        if public.algorithm == RSA_PSS_3072 and _is_rsa_secret(public, candidate):
            return True
        return _loads_as(public, candidate) or any(_is_secret(public, secret) for secret in _secrets_in(candidate))

    return recognize


def _secrets_in(data: bytes) -> Iterator[bytes]:
    """The bytes themselves, and all 32-byte strings that are marked as such inside, whatever the frame around them."""
    yield data
    for mark in _PKCS8_SEEDS:
        start = data.find(mark)
        while start >= 0:
            seed = data[start + len(mark) : start + len(mark) + _SEED]
            if len(seed) == _SEED:
                yield seed
            start = data.find(mark, start + 1)


def _is_secret(public: PublicKey, secret: bytes) -> bool:
    try:
        return software_key(public.algorithm, secret).public.spki == public.spki
    except TrustError:
        return False


def _loads_as(public: PublicKey, data: bytes) -> bool:
    """Whether `data` is PKCS#8 of the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

    try:
        key = load_der_private_key(_first_der(data), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public.spki


def _first_der(data: bytes) -> bytes:
    """The first DER value: wrapping mechanisms pad with zeros."""
    if len(data) < 2:
        return data
    if data[1] < 0x80:
        return data[: 2 + data[1]]
    count = data[1] & 0x7F
    return data[: 2 + count + int.from_bytes(data[2 : 2 + count], "big")]


def _is_rsa_secret(public: PublicKey, data: bytes) -> bool:
    """A prime factor; or an exponent (d, d mod p-1, d mod q-1), which undoes encryption, whole or modulo a factor."""
    from math import gcd

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    loaded = load_der_public_key(public.spki)
    if not isinstance(loaded, RSAPublicKey) or len(data) > 512:
        return False
    numbers, value = loaded.public_numbers(), int.from_bytes(data, "big")
    if 1 < value < numbers.n and numbers.n % value == 0:
        return True
    if value < 3:
        return False
    test = 0x51A6
    again = pow(pow(test, numbers.e, numbers.n), value, numbers.n)
    return gcd(again - test, numbers.n) > 1
