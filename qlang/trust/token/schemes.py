"""How each signature algorithm is made and used in a PKCS#11 token, as one table. Imports python-pkcs11."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pkcs11.constants import Attribute
from pkcs11.exceptions import AttributeTypeInvalid
from pkcs11.mechanisms import MGF, KeyType, Mechanism, MLDSAParameterSet
from pkcs11.types import Object

from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, RSA_PSS_3072
from qlang.trust.errors import CustodyError
from qlang.trust.spki import ALGORITHMS, PublicKey, public_key

_CUSTODY = "token-native"
_P256 = bytes.fromhex("06082a8648ce3d030107")
_ED25519 = bytes.fromhex("06032b6570")
_EXPONENT = b"\x01\x00\x01"
_HALF = 32


def _same(data: bytes) -> bytes:
    return data


def _sha256(message: bytes) -> bytes:
    return hashlib.sha256(message).digest()


def _der_signature(raw: bytes) -> bytes:
    """ECDSA's r and s, concatenated in PKCS#11, as the DER sequence of X.509 (RFC 3279)."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    if len(raw) != 2 * _HALF:
        raise CustodyError(_CUSTODY, f"the token gave an ECDSA signature of {len(raw)} bytes instead of {2 * _HALF}")
    return encode_dss_signature(int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big"))


def _point(public: Object, length: int) -> bytes:
    """CKA_EC_POINT: a DER OCTET STRING, or bare in some tokens."""
    value = bytes(public[Attribute.EC_POINT])
    return value[2:] if len(value) == length + 2 and value[:2] == bytes((4, length)) else value


def _p256_point(public: Object) -> bytes:
    point = _point(public, 1 + 2 * _HALF)
    if point[:1] != b"\x04":
        raise CustodyError(_CUSTODY, "the token gives its ECDSA key in a form other than an uncompressed point")
    return point[1:]


def _modulus(public: Object) -> bytes:
    if bytes(public[Attribute.PUBLIC_EXPONENT]).lstrip(b"\0") != _EXPONENT:
        raise CustodyError(_CUSTODY, "the token's RSA key has another exponent than 65537")
    return bytes(public[Attribute.MODULUS]).lstrip(b"\0")


def _value(public: Object) -> bytes:
    return bytes(public[Attribute.VALUE])


@dataclass(frozen=True, slots=True)
class Scheme:
    """One signature algorithm in terms of PKCS#11.

    `public_template` goes into key generation; `prepare` turns a message into what the mechanism signs, `finish` the
    token's signature into the form that `qlang.trust.algorithms` verifies; `raw_public` reads the public object.
    """

    key_type: KeyType
    generate: Mechanism
    sign: Mechanism
    raw_public: Callable[[Object], bytes]
    public_template: Mapping[Attribute, Any] = field(default_factory=lambda: MappingProxyType({}))
    key_length: int | None = None
    sign_parameters: tuple[Any, ...] | None = None
    prepare: Callable[[bytes], bytes] = _same
    finish: Callable[[bytes], bytes] = _same
    secret_attributes: tuple[Attribute, ...] = (Attribute.VALUE,)
    """Attributes that hold the private key, or enough of it."""


def _ml_dsa(parameter_set: MLDSAParameterSet) -> Scheme:
    return Scheme(
        KeyType.ML_DSA,
        Mechanism.ML_DSA_KEY_PAIR_GEN,
        Mechanism.ML_DSA,
        _value,
        MappingProxyType({Attribute.PARAMETER_SET: parameter_set}),
        secret_attributes=(Attribute.VALUE, Attribute.SEED),
    )


SCHEMES: Mapping[str, Scheme] = MappingProxyType(
    {
        ECDSA_P256: Scheme(
            KeyType.EC,
            Mechanism.EC_KEY_PAIR_GEN,
            Mechanism.ECDSA,
            _p256_point,
            MappingProxyType({Attribute.EC_PARAMS: _P256}),
            prepare=_sha256,
            finish=_der_signature,
        ),
        RSA_PSS_3072: Scheme(
            KeyType.RSA,
            Mechanism.RSA_PKCS_KEY_PAIR_GEN,
            Mechanism.SHA256_RSA_PKCS_PSS,
            _modulus,
            key_length=3072,
            sign_parameters=(Mechanism.SHA256, MGF.SHA256, 32),
            secret_attributes=(
                Attribute.PRIVATE_EXPONENT,
                Attribute.PRIME_1,
                Attribute.PRIME_2,
                Attribute.EXPONENT_1,
                Attribute.EXPONENT_2,
            ),
        ),
        ED25519: Scheme(
            KeyType.EC_EDWARDS,
            Mechanism.EC_EDWARDS_KEY_PAIR_GEN,
            Mechanism.EDDSA,
            lambda public: _point(public, _HALF),
            MappingProxyType({Attribute.EC_PARAMS: _ED25519}),
        ),
        ML_DSA_44: _ml_dsa(MLDSAParameterSet.ML_DSA_44),
        ML_DSA_65: _ml_dsa(MLDSAParameterSet.ML_DSA_65),
        ML_DSA_87: _ml_dsa(MLDSAParameterSet.ML_DSA_87),
    }
)


def read_public_key(algorithm: str, public: Object) -> PublicKey:
    """The SubjectPublicKeyInfo of a token's public object.

    Raises: CustodyError, KeyFormatError if it is not a key of `algorithm`; PKCS11Error.
    """
    try:
        raw = SCHEMES[algorithm].raw_public(public)
    except AttributeTypeInvalid as error:
        raise CustodyError(_CUSTODY, f"the token's public object is not one of {algorithm}") from error
    form = ALGORITHMS[algorithm]
    found = public_key(form.spki_prefix + raw + form.spki_suffix)
    if found.algorithm != algorithm:
        raise CustodyError(_CUSTODY, f"the token's public object is not one of {algorithm}")
    return found


def sign_in_token(algorithm: str, private: Any, message: bytes) -> bytes:
    """One signature, in the form that `algorithms.signature_fault` checks. Raises: PKCS11Error, CustodyError."""
    scheme = SCHEMES[algorithm]
    raw = private.sign(scheme.prepare(message), mechanism=scheme.sign, mechanism_param=scheme.sign_parameters)
    return scheme.finish(bytes(raw))
