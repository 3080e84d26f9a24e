"""Provider `pyca`: the `cryptography` package, over OpenSSL. Everything but SLH-DSA, which it does not have."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, RSA_PSS_3072
from qlang.trust.errors import AlgorithmUnavailable, KeyFormatError
from qlang.trust.providers.base import SIGN, VERIFY, PrivateKey
from qlang.trust.providers.installed import is_installed
from qlang.trust.spki import PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa

    MlDsaPrivateKey = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
    AnyPrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | MlDsaPrivateKey

NAME = "pyca"
SEED_BYTES = 32
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_RSA_BITS = 3072
_RSA_EXPONENT = 65537
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Entry:
    """How one algorithm is done: `module` must be there, the functions do it."""

    module: str
    generate: Callable[[], bytes]
    load: Callable[[bytes], PrivateKey]


class Pyca:
    """See `providers.base.Provider`."""

    name = NAME

    def knows(self, algorithm: str, operation: str) -> bool:
        return algorithm in _ENTRIES

    def offers(self, algorithm: str, operation: str) -> str | None:
        entry = _ENTRIES.get(algorithm)
        if entry is None:
            return f"`cryptography` has no {algorithm}"
        if not is_installed(f"cryptography.hazmat.primitives.asymmetric.{entry.module}"):
            return f"the installed `cryptography` has no {algorithm}"
        return None

    def generate(self, algorithm: str) -> bytes:
        return _entry(algorithm, SIGN).generate()

    def load(self, algorithm: str, secret: bytes) -> PrivateKey:
        entry = _entry(algorithm, SIGN)
        with _openssl_must_have(algorithm, SIGN):
            return entry.load(secret)

    def verify(self, key: PublicKey, message: bytes, signature: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, rsa
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        _entry(key.algorithm, VERIFY)
        with _openssl_must_have(key.algorithm, VERIFY):
            try:
                loaded = load_der_public_key(key.spki)
            except ValueError as error:
                raise KeyFormatError(f"a malformed public key of {key.algorithm}") from error
            try:
                match loaded:
                    case ec.EllipticCurvePublicKey():
                        loaded.verify(signature, message, ec.ECDSA(SHA256()))
                    case rsa.RSAPublicKey():
                        loaded.verify(signature, message, _pss(), SHA256())
                    case (
                        ed25519.Ed25519PublicKey()
                        | mldsa.MLDSA44PublicKey()
                        | mldsa.MLDSA65PublicKey()
                        | mldsa.MLDSA87PublicKey()
                    ):
                        loaded.verify(signature, message)
                    case _:
                        raise KeyFormatError(f"a key of another algorithm than {key.algorithm}")
            except InvalidSignature:
                return False
        return True


def _entry(algorithm: str, operation: str) -> _Entry:
    entry = _ENTRIES.get(algorithm)
    if entry is None:
        raise AlgorithmUnavailable(algorithm, operation, ((NAME, f"`cryptography` has no {algorithm}"),))
    return entry


@contextmanager
def _openssl_must_have(algorithm: str, operation: str) -> Iterator[None]:
    """A `cryptography` built over an older OpenSSL has the classes and refuses to use them."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        yield
    except UnsupportedAlgorithm as error:
        reason = f"the OpenSSL below the installed `cryptography` has no {algorithm}"
        raise AlgorithmUnavailable(algorithm, operation, ((NAME, reason),)) from error


def _pss() -> padding.PSS:
    """RFC 8017, 8.1 with MGF1-SHA-256; any other salt length than 32 is refused in verification too."""
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.hashes import SHA256

    return padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=_SALT_BYTES)


def _private_key(key: AnyPrivateKey, sign: Callable[[bytes], bytes]) -> PrivateKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return PrivateKey(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), sign)


def _seed() -> bytes:
    return secrets.token_bytes(SEED_BYTES)


def _checked_seed(secret: bytes) -> bytes:
    if len(secret) != SEED_BYTES:
        raise KeyFormatError(f"a private seed has {SEED_BYTES} bytes, not {len(secret)}")
    return secret


def _load_ed25519(secret: bytes) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(_checked_seed(secret))
    return _private_key(key, key.sign)


def _generate_ecdsa() -> bytes:
    return (1 + secrets.randbelow(_P256_ORDER - 1)).to_bytes(SEED_BYTES, "big")


def _load_ecdsa(secret: bytes) -> PrivateKey:
    """Nonces are those of RFC 6979: a weak random number generator at signing time cannot leak the key."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, derive_private_key
    from cryptography.hazmat.primitives.hashes import SHA256

    scalar = int.from_bytes(_checked_seed(secret), "big")
    if not 0 < scalar < _P256_ORDER:
        raise KeyFormatError("the secret is not a scalar of P-256")
    key = derive_private_key(scalar, SECP256R1())
    return _private_key(key, lambda message: key.sign(message, ECDSA(SHA256(), deterministic_signing=True)))


def _generate_rsa() -> bytes:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(_RSA_EXPONENT, _RSA_BITS)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _load_rsa(secret: bytes) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        key = load_der_private_key(secret, None)
    except (ValueError, TypeError) as error:  # TypeError: an encrypted PKCS#8
        raise KeyFormatError("the secret is not an unencrypted PKCS#8 private key") from error
    if not isinstance(key, RSAPrivateKey):
        raise KeyFormatError("the secret is not a private key of RSA")
    return _private_key(key, lambda message: key.sign(message, _pss(), SHA256()))


def _load_ml_dsa(algorithm: str) -> Callable[[bytes], PrivateKey]:
    def load(secret: bytes) -> PrivateKey:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        classes: Mapping[str, Callable[[bytes], MlDsaPrivateKey]] = {
            ML_DSA_44: mldsa.MLDSA44PrivateKey.from_seed_bytes,
            ML_DSA_65: mldsa.MLDSA65PrivateKey.from_seed_bytes,
            ML_DSA_87: mldsa.MLDSA87PrivateKey.from_seed_bytes,
        }
        key = classes[algorithm](_checked_seed(secret))
        return _private_key(key, key.sign)

    return load


_ENTRIES: Mapping[str, _Entry] = MappingProxyType(
    {
        ED25519: _Entry("ed25519", _seed, _load_ed25519),
        ECDSA_P256: _Entry("ec", _generate_ecdsa, _load_ecdsa),
        RSA_PSS_3072: _Entry("rsa", _generate_rsa, _load_rsa),
        ML_DSA_44: _Entry("mldsa", _seed, _load_ml_dsa(ML_DSA_44)),
        ML_DSA_65: _Entry("mldsa", _seed, _load_ml_dsa(ML_DSA_65)),
        ML_DSA_87: _Entry("mldsa", _seed, _load_ml_dsa(ML_DSA_87)),
    }
)
