"""HPKE suites against vectors of draft-ietf-hpke-pq, and their keys as bytes."""

import json
import secrets
from pathlib import Path
from typing import Any

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives import hpke

from qlang.trust.crypto_modes import MODES
from qlang.trust.errors import KeyFormatError
from qlang.trust.sealing.suites import (
    SUITE_OF_MODE,
    SUITES,
    load_private,
    load_public,
    open_bytes,
    public_of,
    seal_bytes,
)

VECTORS = Path(cryptography_vectors.__file__).parent / "HPKE" / "hpke-pq-test-vectors.json"
KEM_IDS = {25722: "mlkem768-x25519", 81: "mlkem1024-p384"}
KDFS = {1: hpke.KDF.HKDF_SHA256, 2: hpke.KDF.HKDF_SHA384, 16: hpke.KDF.SHAKE128, 17: hpke.KDF.SHAKE256}
AEADS = {1: hpke.AEAD.AES_128_GCM, 2: hpke.AEAD.AES_256_GCM, 3: hpke.AEAD.CHACHA20_POLY1305}
KEMS = {"mlkem768-x25519": hpke.KEM.MLKEM768_X25519, "mlkem1024-p384": hpke.KEM.MLKEM1024_P384}
OURS = [vector for vector in json.loads(VECTORS.read_text()) if int(vector["kem_id"]) in KEM_IDS]


def test_vectors_cover_both_post_quantum_suites() -> None:
    assert {KEM_IDS[int(vector["kem_id"])] for vector in OURS} == set(KEM_IDS.values())


@pytest.mark.parametrize("vector", OURS, ids=lambda vector: f"{vector['kem_id']}-{vector['kdf_id']}")
def test_a_seed_gives_the_published_keys_and_opens_the_published_ciphertext(vector: dict[str, Any]) -> None:
    suite = SUITES[KEM_IDS[int(vector["kem_id"])]]
    private, public = load_private(suite, bytes.fromhex(vector["skRm"]))
    assert public == bytes.fromhex(vector["pkRm"])
    published = hpke.Suite(KEMS[suite.name], KDFS[int(vector["kdf_id"])], AEADS[int(vector["aead_id"])])
    first = vector["encryptions"][0]  # later ones have sequence numbers that single-shot HPKE has not
    sealed = bytes.fromhex(vector["enc"]) + bytes.fromhex(first["ct"])
    info, aad = bytes.fromhex(vector["info"]), bytes.fromhex(first["aad"])
    assert hpke.rust_openssl.hpke._decrypt_with_aad(published, sealed, private, info=info, aad=aad) == bytes.fromhex(
        first["pt"]
    )


def test_every_crypto_mode_has_a_suite_and_only_classical_is_without_a_lattice() -> None:
    assert set(SUITE_OF_MODE) == set(MODES)
    assert {mode for mode, suite in SUITE_OF_MODE.items() if "mlkem" not in suite} == {"classical"}


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_what_is_sealed_opens_with_the_key_and_the_info_alone(suite: Any) -> None:
    secret, other = secrets.token_bytes(32), secrets.token_bytes(32)
    public = public_of(suite, secret)
    assert len(public) == suite.public_bytes
    sealed = seal_bytes(suite, public, b"content key", b"info")
    assert len(sealed) == len(b"content key") + suite.overhead
    assert open_bytes(suite, secret, sealed, b"info") == b"content key"
    assert open_bytes(suite, secret, sealed, b"other info") is None
    assert open_bytes(suite, other, sealed, b"info") is None
    assert open_bytes(suite, secret, sealed[:-1], b"info") is None
    assert open_bytes(suite, secret, b"", b"info") is None


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_keys_of_another_length_are_refused(suite: Any) -> None:
    with pytest.raises(KeyFormatError, match="has 32 bytes, not 31"):
        load_private(suite, bytes(31))
    with pytest.raises(KeyFormatError, match=f"has {suite.public_bytes} bytes"):
        load_public(suite, bytes(suite.public_bytes + 1))


def test_a_point_off_the_curve_and_coefficients_out_of_range_are_refused() -> None:
    suite = SUITES["mlkem1024-p384"]
    public = public_of(suite, bytes(range(32)))
    with pytest.raises(KeyFormatError):
        load_public(suite, public[:-1] + bytes([public[-1] ^ 1]))
    with pytest.raises(KeyFormatError):
        load_public(suite, b"\xff" * 1568 + public[1568:])
