"""Keys from secrets, signatures, and what is refused."""

import functools
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from qlang.trust.algorithms import (
    ALGORITHMS,
    SECRET_LIMIT,
    PublicKey,
    SoftwareKey,
    generate_secret,
    public_key,
    signature_fault,
    software_key,
    working_fault,
)
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_65, RSA_PSS_3072, SLH_DSA_128F, SLH_DSA_128S
from qlang.trust.errors import KeyFormatError
from qlang.trust.spki import spki_from_raw

MESSAGE = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@functools.cache
def secret_of(algorithm: str) -> bytes:
    return generate_secret(algorithm)


@functools.cache
def key_of(algorithm: str) -> SoftwareKey:
    return software_key(algorithm, secret_of(algorithm))


@functools.cache
def signature_of(algorithm: str) -> bytes:
    return key_of(algorithm).sign(MESSAGE)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_sign_and_verify(algorithm: str) -> None:
    key, signature = key_of(algorithm), signature_of(algorithm)
    assert signature_fault(key.public, MESSAGE, signature) is None
    assert signature_fault(key.public, MESSAGE + b" ", signature) == "the signature does not match the content"
    assert len(signature) <= ALGORITHMS[algorithm].signature_bytes
    assert working_fault(algorithm) is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_secret_is_the_same_key(algorithm: str) -> None:
    assert software_key(algorithm, secret_of(algorithm)).public == key_of(algorithm).public
    assert len(secret_of(algorithm)) <= SECRET_LIMIT


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != RSA_PSS_3072])
def test_fresh_secrets_differ(algorithm: str) -> None:
    assert generate_secret(algorithm) != secret_of(algorithm)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_never_shows_its_secret(algorithm: str) -> None:
    secret = secret_of(algorithm)
    assert secret.hex()[:32] not in repr(key_of(algorithm))
    assert repr(secret)[2:20] not in repr(key_of(algorithm))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_changed_signatures(algorithm: str) -> None:
    """One bit at random places; ECDSA and RSA have no unused bits either."""
    key, signature, dice = key_of(algorithm).public, signature_of(algorithm), random.Random(7)
    for _ in range(25):
        changed = bytearray(signature)
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        assert signature_fault(key, MESSAGE, bytes(changed)) is not None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signatures_of_another_length(algorithm: str) -> None:
    key, signature = key_of(algorithm).public, signature_of(algorithm)
    for wrong in (b"", signature[:1], signature[:-1], signature + b"\0", signature * 2, bytes(len(signature))):
        assert signature_fault(key, MESSAGE, wrong) is not None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_signatures_of_another_algorithm(algorithm: str) -> None:
    for other in ALGORITHMS:
        if other != algorithm:
            assert signature_fault(key_of(algorithm).public, MESSAGE, signature_of(other)) is not None


def test_a_key_that_says_it_is_another() -> None:
    ed, ml = key_of(ED25519).public, key_of(ML_DSA_65).public
    for lie in (
        PublicKey(ML_DSA_65, ed.key_id, ed.spki),
        PublicKey(ED25519, ml.key_id, ed.spki),
        PublicKey("rot13", ed.key_id, ed.spki),
        PublicKey(ED25519, ed.key_id, ml.spki),
    ):
        assert signature_fault(lie, MESSAGE, signature_of(ED25519)) == (
            "the public key is of another algorithm or id than it says"
        )


def test_a_malformed_key_is_a_fault_and_no_exception() -> None:
    fault = signature_fault(PublicKey(ED25519, "ed25519:0", b"junk"), MESSAGE, bytes(64))
    assert fault is not None and fault.startswith("the public key is malformed")


def test_ecdsa_is_deterministic_and_der() -> None:
    """RFC 6979: the same message twice, the same signature; the vectors check which one."""
    signature = signature_of(ECDSA_P256)
    assert key_of(ECDSA_P256).sign(MESSAGE) == signature
    r, s = decode_dss_signature(signature)
    assert 0 < r < P256_ORDER and 0 < s < P256_ORDER


def der_integer(value: int, padding_bytes: int = 0) -> bytes:
    raw = bytes(padding_bytes) + value.to_bytes(value.bit_length() // 8 + 1, "big")
    return bytes([2, len(raw)]) + raw


def test_ecdsa_signatures_in_other_encodings_are_refused() -> None:
    key, (r, s) = key_of(ECDSA_P256).public, decode_dss_signature(signature_of(ECDSA_P256))
    plain = der_integer(r) + der_integer(s)
    assert b"\x30" + bytes([len(plain)]) + plain == signature_of(ECDSA_P256)
    padded = der_integer(r, 1) + der_integer(s)
    other = (
        b"\x30\x81" + bytes([len(plain)]) + plain,  # long form of a short length
        b"\x30\x80" + plain + b"\0\0",  # indefinite length (BER)
        b"\x30" + bytes([len(padded)]) + padded,
        r.to_bytes(32, "big") + s.to_bytes(32, "big"),  # IEEE P1363
        b"\x30" + bytes([len(plain)]) + plain + b"\0",
    )
    for signature in other:
        assert signature_fault(key, MESSAGE, signature) is not None


def test_rsa_pss_with_other_parameters_is_refused() -> None:
    private = load_der_private_key(secret_of(RSA_PSS_3072), None)
    assert isinstance(private, rsa.RSAPrivateKey)
    key = key_of(RSA_PSS_3072).public
    mgf = padding.MGF1(SHA256())
    for other in (
        private.sign(MESSAGE, padding.PSS(mgf, 0), SHA256()),
        private.sign(MESSAGE, padding.PSS(mgf, 20), SHA256()),
        private.sign(MESSAGE, padding.PSS(mgf, padding.PSS.MAX_LENGTH), SHA256()),
        private.sign(MESSAGE, padding.PSS(padding.MGF1(SHA384()), 32), SHA256()),
        private.sign(MESSAGE, padding.PSS(padding.MGF1(SHA384()), 32), SHA384()),
        private.sign(MESSAGE, padding.PKCS1v15(), SHA256()),
    ):
        assert signature_fault(key, MESSAGE, other) == "the signature does not match the content"
    right = private.sign(MESSAGE, padding.PSS(mgf, 32), SHA256())
    assert signature_fault(key, MESSAGE, right) is None


def pkcs8(key: object) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def test_secrets_of_another_kind_are_refused() -> None:
    refused = [
        (ED25519, bytes(31)),
        (ED25519, bytes(64)),
        (ML_DSA_65, b""),
        (ML_DSA_65, bytes(4032)),
        (ECDSA_P256, bytes(32)),
        (ECDSA_P256, P256_ORDER.to_bytes(32, "big")),
        (ECDSA_P256, b"\xff" * 32),
        (SLH_DSA_128S, bytes(63)),
        (SLH_DSA_128F, bytes(SECRET_LIMIT + 1)),
        (RSA_PSS_3072, b""),
        (RSA_PSS_3072, secret_of(RSA_PSS_3072)[:-1]),
        (RSA_PSS_3072, bytes(SECRET_LIMIT + 1)),
        (RSA_PSS_3072, pkcs8(ed25519.Ed25519PrivateKey.generate())),
        (RSA_PSS_3072, pkcs8(ec.generate_private_key(ec.SECP256R1()))),
        (RSA_PSS_3072, pkcs8(rsa.generate_private_key(65537, 2048))),
        (RSA_PSS_3072, pkcs8(rsa.generate_private_key(3, 3072))),
        ("rot13", bytes(32)),
    ]
    for algorithm, secret in refused:
        with pytest.raises(KeyFormatError) as error:
            software_key(algorithm, secret)
        assert secret.hex()[:16] not in str(error.value) or not any(secret)
    with pytest.raises(KeyFormatError):
        generate_secret("rot13")


def test_an_encrypted_pkcs8_is_refused() -> None:
    private = load_der_private_key(secret_of(RSA_PSS_3072), None)
    encrypted = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    with pytest.raises(KeyFormatError, match="unencrypted"):
        software_key(RSA_PSS_3072, encrypted)


def test_key_ids_are_those_of_earlier_versions() -> None:
    """Ids are in manifests and file names: they must not change. The key is that of RFC 8032, 7.1, test 1."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert software_key(ED25519, secret).public.key_id == "ed25519:06e3fd8fda29bb60"
    assert public_key(software_key(ED25519, secret).public.spki).key_id == "ed25519:06e3fd8fda29bb60"


@pytest.mark.parametrize("provider", ["pyca", "pqcrypto"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_random_keys_and_signatures_never_crash(algorithm: str, provider: str) -> None:
    """Right lengths, random content: a fault each time, whatever is inside."""
    dice, known = random.Random(11), ALGORITHMS[algorithm]
    keys = 0
    for _ in range(60):
        try:
            key = public_key(spki_from_raw(algorithm, dice.randbytes(known.public_bytes)))
        except KeyFormatError:  # most random points are on no curve, half of the moduli are even
            key = key_of(algorithm).public
        keys += key != key_of(algorithm).public
        for signature in (dice.randbytes(known.signature_bytes), bytes(known.signature_bytes)):
            assert signature_fault(key, MESSAGE, signature, providers=(provider,)) is not None
    assert keys > 5 or algorithm == ECDSA_P256
