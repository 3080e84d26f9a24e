"""The door to all signature algorithms: make a key, sign, verify, ask what is available.

ML-DSA (FIPS 204) and SLH-DSA (FIPS 205) are signed pure with an empty context, Ed25519 as in RFC 8032, ECDSA P-256
over SHA-256 with a DER signature, RSA-PSS over SHA-256 with MGF1-SHA-256 and a salt of 32 bytes. Who computes it is
a matter of `qlang.trust.providers`: pass `providers` to choose and order them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qlang.trust.errors import AlgorithmUnavailable, KeyFormatError
from qlang.trust.providers.base import SIGN, VERIFY, PrivateKey
from qlang.trust.providers.table import DEFAULT, provider_for
from qlang.trust.spki import ALGORITHMS, Algorithm, PublicKey, from_pem, public_key, to_pem

__all__ = [
    "ALGORITHMS",
    "SECRET_LIMIT",
    "SEED_BYTES",
    "Algorithm",
    "AlgorithmUnavailable",
    "PublicKey",
    "Signature",
    "SoftwareKey",
    "available_algorithms",
    "from_pem",
    "generate_secret",
    "public_key",
    "signature_fault",
    "software_key",
    "to_pem",
    "working_fault",
]

SEED_BYTES = 32
"""Length of the secret of Ed25519, ECDSA P-256 and ML-DSA."""

SECRET_LIMIT = 4096
"""No secret is longer; that of RSA is the longest, some 1,800 bytes."""

_CHECK = b"qlang: does this algorithm work here?"


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and the id of the key that made it."""

    key_id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class SoftwareKey:
    """A private key in this process's memory."""

    public: PublicKey
    provider: str
    """Who computes its signatures."""
    _private: PrivateKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """One signature over `message`."""
        return self._private.sign(message)


def generate_secret(algorithm: str, *, providers: Iterable[str] = DEFAULT) -> bytes:
    """A fresh secret in the form of `providers.base`.

    Raises: AlgorithmUnavailable; KeyFormatError for an unknown algorithm.
    """
    _must_be_known(algorithm)
    return provider_for(algorithm, SIGN, providers).generate(algorithm)


def software_key(algorithm: str, secret: bytes, *, providers: Iterable[str] = DEFAULT) -> SoftwareKey:
    """The key of a secret in the form of `providers.base`.

    Raises: AlgorithmUnavailable; KeyFormatError if the algorithm is unknown or the secret is none of it (for RSA:
    other than 3072 bits or exponent 65537).
    """
    _must_be_known(algorithm)
    provider = provider_for(algorithm, SIGN, providers)
    if len(secret) > SECRET_LIMIT:
        raise KeyFormatError(f"a secret of more than {SECRET_LIMIT} bytes")
    private = provider.load(algorithm, secret)
    public = public_key(private.spki)
    if public.algorithm != algorithm:
        raise KeyFormatError(f"the secret is one of {public.algorithm}, not of {algorithm}")
    return SoftwareKey(public, provider.name, private)


def signature_fault(
    key: PublicKey, message: bytes, signature: bytes, *, providers: Iterable[str] = DEFAULT
) -> str | None:
    """Why `signature` is not one of `key` over `message`, or None if it is. Never raises for bad input."""
    try:
        if public_key(key.spki) != key:
            return "the public key is of another algorithm or id than it says"
        known = ALGORITHMS[key.algorithm]
        if len(signature) > known.signature_bytes or (known.fixed_signature and len(signature) < known.signature_bytes):
            return f"the signature has {len(signature)} bytes, {key.algorithm} has {known.signature_bytes}"
        valid = provider_for(key.algorithm, VERIFY, providers).verify(key, message, signature)
    except KeyFormatError as error:
        return f"the public key is malformed: {error}"
    except AlgorithmUnavailable as error:
        return str(error)
    return None if valid else "the signature does not match the content"


def available_algorithms(
    names: Iterable[str] = tuple(ALGORITHMS), *, providers: Iterable[str] = DEFAULT
) -> tuple[str, ...]:
    """Those of `names` for which an installed provider can sign.

    Looks at what is installed and loads nothing, see `working_fault` for a trial.
    """
    asked = tuple(providers)
    available = []
    for name in names:
        try:
            provider_for(name, SIGN, asked)
        except AlgorithmUnavailable:
            continue
        available.append(name)
    return tuple(available)


def working_fault(algorithm: str, *, providers: Iterable[str] = DEFAULT) -> str | None:
    """Why a signature with a fresh key does not come out right here, or None if it does.

    Makes a key of it, which takes seconds for RSA.
    """
    asked = tuple(providers)
    try:
        key = software_key(algorithm, generate_secret(algorithm, providers=asked), providers=asked)
        return signature_fault(key.public, _CHECK, key.sign(_CHECK), providers=asked)
    except AlgorithmUnavailable as error:
        return str(error)


def _must_be_known(algorithm: str) -> None:
    if algorithm not in ALGORITHMS:
        raise KeyFormatError(f"unknown algorithm {algorithm!a}")
