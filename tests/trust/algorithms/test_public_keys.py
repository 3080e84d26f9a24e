"""Which bytes are a public key: one encoding for each key, and nothing else."""

import base64
import functools

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mlkem, rsa, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.algorithms import ALGORITHMS, from_pem, generate_secret, public_key, software_key, to_pem
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, RSA_PSS_3072
from qlang.trust.errors import KeyFormatError
from qlang.trust.spki import raw_public_key, spki_from_raw

P256 = ec.SECP256R1()
ED25519_P = 2**255 - 19


@functools.cache
def spki_of(algorithm: str) -> bytes:
    return software_key(algorithm, generate_secret(algorithm)).public.spki


def der(key: object, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return key.public_bytes(Encoding.DER, form)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_of_each_algorithm_is_recognised(algorithm: str) -> None:
    spki = spki_of(algorithm)
    key = public_key(spki)
    assert key.algorithm == algorithm
    assert key.key_id.startswith(f"{algorithm}:") and len(key.key_id) == len(algorithm) + 17
    assert len(spki) == ALGORITHMS[algorithm].spki_bytes
    assert spki_from_raw(algorithm, raw_public_key(key)) == spki


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if not name.startswith("slh")])
def test_pyca_reads_and_writes_the_same_bytes(algorithm: str) -> None:
    spki = spki_of(algorithm)
    assert der(load_der_public_key(spki)) == spki
    assert der(load_pem_public_key(to_pem(spki).encode())) == spki


FOREIGN = {
    "RSA of 2048 bits": lambda: rsa.generate_private_key(65537, 2048),
    "RSA of 3072 bits, exponent 3": lambda: rsa.generate_private_key(3, 3072),
    "ECDSA P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ECDSA P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ECDSA secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "DSA": lambda: dsa.generate_private_key(1024),
    "Ed448": ed448.Ed448PrivateKey.generate,
    "X25519": x25519.X25519PrivateKey.generate,
    "ML-KEM-768": mlkem.MLKEM768PrivateKey.generate,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_other_keys_are_refused(name: str) -> None:
    spki = der(FOREIGN[name]().public_key())
    with pytest.raises(KeyFormatError):
        public_key(spki)


def test_a_certificate_only_for_pss_is_refused() -> None:
    """id-RSASSA-PSS (1.2.840.113549.1.1.10) in place of rsaEncryption: another encoding of the same key."""
    spki = spki_of(RSA_PSS_3072)
    with pytest.raises(KeyFormatError):
        public_key(spki.replace(bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a864886f70d01010a")))


def test_compressed_points_are_refused() -> None:
    key = ec.generate_private_key(P256).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    spki = b"\x30\x39" + algorithm + b"\x03\x22\x00" + point
    assert load_der_public_key(spki) == key
    with pytest.raises(KeyFormatError):
        public_key(spki)


def test_points_off_the_curve_are_refused() -> None:
    raw = bytearray(raw_public_key(public_key(spki_of(ECDSA_P256))))
    raw[-1] ^= 1
    with pytest.raises(KeyFormatError, match="not on the curve"):
        public_key(spki_from_raw(ECDSA_P256, bytes(raw)))
    for outside in (bytes(64), b"\xff" * 64):
        with pytest.raises(KeyFormatError, match="not on the curve"):
            public_key(spki_from_raw(ECDSA_P256, outside))


def small_order_points() -> set[int]:
    """y of all points of order 1, 2, 4 and 8, computed: [L]Q for random Q has an order that divides 8."""
    d = -121665 * pow(121666, -1, ED25519_P) % ED25519_P
    root = pow(2, (ED25519_P - 1) // 4, ED25519_P)

    def add(one: tuple[int, int], two: tuple[int, int]) -> tuple[int, int]:
        (x1, y1), (x2, y2) = one, two
        k = d * x1 * x2 * y1 * y2
        return (
            (x1 * y2 + x2 * y1) * pow(1 + k, -1, ED25519_P) % ED25519_P,
            (y1 * y2 + x1 * x2) * pow(1 - k, -1, ED25519_P) % ED25519_P,
        )

    def times(scalar: int, point: tuple[int, int]) -> tuple[int, int]:
        result = (0, 1)
        while scalar:
            result = add(result, point) if scalar & 1 else result
            point, scalar = add(point, point), scalar >> 1
        return result

    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        square = (y * y - 1) * pow(d * y * y + 1, -1, ED25519_P) % ED25519_P
        x = pow(square, (ED25519_P + 3) // 8, ED25519_P)
        x = x if x * x % ED25519_P == square else x * root % ED25519_P
        if x * x % ED25519_P != square:
            continue  # no point has this y
        torsion = times(order, (x, y))
        if times(4, torsion) != (0, 1):  # order 8: it generates the others
            return {times(k, torsion)[1] for k in range(8)}
    raise AssertionError("no point of order 8 among the first hundred")


def test_ed25519_keys_of_small_order_are_refused() -> None:
    points = small_order_points()
    assert len(points) == 5
    for y in points:
        for sign in (0, 1 << 255):
            with pytest.raises(KeyFormatError, match="small order"):
                public_key(spki_from_raw(ED25519, (y | sign).to_bytes(32, "little")))


@given(st.integers(ED25519_P, 2**255 - 1), st.booleans())
def test_ed25519_keys_in_other_than_canonical_form_are_refused(y: int, sign: bool) -> None:
    with pytest.raises(KeyFormatError, match="canonical"):
        public_key(spki_from_raw(ED25519, (y | sign << 255).to_bytes(32, "little")))


def test_even_and_short_moduli_are_refused() -> None:
    raw = raw_public_key(public_key(spki_of(RSA_PSS_3072)))
    for modulus in (raw[:-1] + bytes([raw[-1] & 0xFE]), b"\x7f" + raw[1:]):
        with pytest.raises(KeyFormatError, match="3072 bits"):
            public_key(spki_from_raw(RSA_PSS_3072, modulus))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_any_change_of_the_header_or_the_length_is_refused(algorithm: str) -> None:
    spki, known = spki_of(algorithm), ALGORITHMS[algorithm]
    header = [*range(len(known.spki_prefix)), *range(len(spki) - len(known.spki_suffix), len(spki))]
    for position in header:
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(spki)
            changed[position] ^= flip
            try:
                assert public_key(bytes(changed)).algorithm != algorithm  # 128s and 128f differ by one byte
            except KeyFormatError:
                continue
    for length in {0, 1, len(known.spki_prefix), len(spki) - 1}:
        with pytest.raises(KeyFormatError):
            public_key(spki[:length])
    with pytest.raises(KeyFormatError):
        public_key(spki + b"\0")


@given(st.binary(max_size=3000))
def test_garbage_is_refused(data: bytes) -> None:
    with pytest.raises(KeyFormatError):
        public_key(data)


def test_raw_keys_of_another_length_are_refused() -> None:
    with pytest.raises(KeyFormatError, match="32 bytes, not 31"):
        spki_from_raw(ED25519, bytes(31))
    with pytest.raises(KeyFormatError, match="unknown algorithm"):
        spki_from_raw("rot13", bytes(32))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pem_round_trip(algorithm: str) -> None:
    spki = spki_of(algorithm)
    text = to_pem(spki)
    assert from_pem(text) == spki
    assert from_pem(text.replace("\n", "\r\n")) == spki
    assert max(map(len, text.splitlines())) <= 64


PEM = to_pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw() * 3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN PUBLIC KEY-----",
        PEM.replace("PUBLIC KEY", "PRIVATE KEY"),
        PEM.replace("-----END PUBLIC KEY-----", ""),
        "explanation\n" + PEM,
        PEM + PEM,
        PEM.replace("A", "!"),
        PEM.replace("\n-----END", "=\n-----END"),
        "-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(bytes(20_000)).decode() + "\n-----END PUBLIC KEY-----\n",
    ],
)
def test_texts_that_are_no_pem(text: str) -> None:
    with pytest.raises(KeyFormatError):
        from_pem(text)
