"""Custody `token-wrapped` on a real SoftHSM2 token."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128F
from qlang.trust.custody import ENFORCED, NOT_CLAIMED, NOT_ENFORCED, TOKEN_WRAPPED, KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.token.session import Token
from qlang.trust.token.wrapped import TokenWrappedCustodian, kek_id


@pytest.mark.parametrize("algorithm", [ED25519, ECDSA_P256, ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128F])
def test_keys_sign_and_the_wrapping_key_stays(soft, algorithm) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    if algorithm not in custodian.algorithms():
        pytest.skip(f"{algorithm} is not installed")
    record = custodian.create(KeySpec(algorithm, tenant="acme"))
    assert record.custody == custodian.custody == TOKEN_WRAPPED
    assert signature_fault(record.public, b"message", custodian.sign(record, b"message")) is None
    assert record.probe.verdict == ENFORCED
    assert {"read VALUE", "make extractable", "copy as extractable"} <= {each.name for each in record.probe.attempts}
    assert custodian.probe(record) == record.probe


def test_the_named_providers_compute(soft) -> None:
    record = TokenWrappedCustodian(soft.token, ("pqcrypto",)).create(KeySpec(SLH_DSA_128F))
    narrowed = TokenWrappedCustodian(soft.token, ("pyca",))
    assert SLH_DSA_128F not in narrowed.algorithms() and ML_DSA_65 in narrowed.algorithms()
    with pytest.raises(CustodyError, match="cannot be made"):
        narrowed.create(KeySpec(SLH_DSA_128F, generation=2))
    with pytest.raises(CustodyError, match="pyca: `cryptography` has no slh-dsa"):
        narrowed.sign(record, b"x")


def test_one_wrapping_key_serves_all(soft) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    first, second = (custodian.create(KeySpec(ML_DSA_65, generation=number)) for number in (1, 2))
    assert first.public != second.public
    assert first.protection["nonce"] != second.protection["nonce"]
    with soft.token.session(TOKEN_WRAPPED, "count objects") as session:
        assert len(list(session.get_objects({}))) == 1


@pytest.mark.parametrize("changes", [{"purpose": "root"}, {"tenant": "other"}, {"tenant": "acme|1"}, {"generation": 2}])
def test_a_secret_opens_for_its_own_key_only(soft, changes) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    record = custodian.create(KeySpec(ML_DSA_65, tenant="acme"))
    moved = replace(record, spec=replace(record.spec, **changes))
    with pytest.raises(CustodyError, match=r"does not open: changed record, or another key.*GeneralError"):
        custodian.sign(moved, b"x")
    other = custodian.create(KeySpec(ML_DSA_65, tenant="third"))
    with pytest.raises(CustodyError, match="does not open"):
        custodian.sign(replace(record, protection=other.protection), b"x")
    assert signature_fault(record.public, b"x", custodian.sign(record, b"x")) is None


@pytest.mark.parametrize("position", [0, 17, 31, 32, 47])
def test_every_part_of_the_blob_is_protected(soft, position) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    record = custodian.create(KeySpec(ED25519))
    blob = bytearray(base64.b64decode(record.protection["ciphertext"]))
    assert len(blob) == 48
    blob[position] ^= 1
    changed = {**record.protection, "ciphertext": base64.b64encode(blob).decode()}
    with pytest.raises(CustodyError, match="does not open"):
        custodian.sign(replace(record, protection=changed), b"x")


@pytest.mark.parametrize(
    "changes",
    [
        {"ciphertext": None},
        {"ciphertext": "*"},
        {"ciphertext": ""},
        {"ciphertext": base64.b64encode(bytes(20_000)).decode()},
        {"nonce": ""},
        {"nonce": base64.b64encode(bytes(8)).decode()},
        {"nonce": 3},
    ],
)
def test_damaged_records_are_refused(soft, changes) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    record = custodian.create(KeySpec(ED25519))
    with pytest.raises(CustodyError, match=r"is damaged|does not open"):
        custodian.sign(replace(record, protection={**record.protection, **changes}), b"x")


def test_without_its_wrapping_key_a_secret_is_lost(soft) -> None:
    custodian = TokenWrappedCustodian(soft.token)
    record = custodian.create(KeySpec(ED25519))
    other = TokenWrappedCustodian(Token(replace(soft.config, kek_label="another"), soft.state))
    with pytest.raises(CustodyError, match="the key-encrypting key 'another' is not in the token"):
        other.sign(record, b"x")
    other.create(KeySpec(ED25519))
    with pytest.raises(CustodyError, match="another key-encrypting key"):
        other.sign(record, b"x")


@pytest.mark.parametrize(("extractable", "verdict"), [(False, NOT_ENFORCED), (True, NOT_CLAIMED)])
def test_a_wrapping_key_that_came_from_outside_is_found_out(soft, extractable, verdict) -> None:
    """Somebody with the PIN puts a key whose value he knows where qlang looks for its own."""
    from pkcs11 import Attribute, KeyType, ObjectClass

    planted = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.AES,
        Attribute.VALUE: bytes(range(32)),
        Attribute.ID: kek_id(soft.config.kek_label),
        Attribute.LABEL: soft.config.kek_label,
        Attribute.TOKEN: True,
        Attribute.PRIVATE: True,
        Attribute.SENSITIVE: True,
        Attribute.EXTRACTABLE: extractable,
        Attribute.ENCRYPT: True,
        Attribute.DECRYPT: True,
    }
    with soft.token.session(TOKEN_WRAPPED, "plant") as session:
        session.create_object(planted)
    record = TokenWrappedCustodian(soft.token).create(KeySpec(ED25519))
    assert record.probe.verdict == verdict
    yielded = [attempt.name for attempt in record.probe.attempts if attempt.yielded]
    assert ("wrap with a known key, AES_KEY_WRAP" in yielded) is extractable
    assert ("wrap with a known key, RSA_PKCS_OAEP" in yielded) is extractable
