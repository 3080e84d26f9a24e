"""What an implementation of signature algorithms must offer.

Secrets have one form for all providers, so that a key made by one signs with another:

    ed25519         32 bytes, RFC 8032 secret key
    ecdsa-p256      32 bytes, big-endian scalar in 1…n-1
    rsa-pss-3072    PKCS#8 DER
    ml-dsa-*        32 bytes, FIPS 204 seed ξ
    slh-dsa-*       64 bytes, FIPS 205 SK.seed, SK.prf, PK.seed, PK.root
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from qlang.trust.spki import PublicKey

SIGN = "sign"
VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key ready to sign; lives only in memory."""

    spki: bytes
    """DER SubjectPublicKeyInfo of the public half."""
    sign: Callable[[bytes], bytes] = field(repr=False)
    """One signature over a message; ML-DSA and SLH-DSA pure with an empty context."""


class Provider(Protocol):
    """One implementation."""

    @property
    def name(self) -> str:
        """What options and policies call it: a key of `providers.table.PROVIDERS`."""

    def knows(self, algorithm: str, operation: str) -> bool:
        """Whether it does this where it is installed."""

    def offers(self, algorithm: str, operation: str) -> str | None:
        """Why `operation` (SIGN or VERIFY) with `algorithm` is not offered here, or None if it is.

        Looks for what is installed and loads nothing: cheap enough for every compilation.
        """

    def generate(self, algorithm: str) -> bytes:
        """A fresh secret. Raises: AlgorithmUnavailable."""

    def load(self, algorithm: str, secret: bytes) -> PrivateKey:
        """The private key of a secret. Raises: AlgorithmUnavailable, KeyFormatError."""

    def verify(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is one of `key` over `message`.

        The caller has checked the key's form and the signature's length. Raises: AlgorithmUnavailable, KeyFormatError.
        """
