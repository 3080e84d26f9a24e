"""Custody `token-native` on a real SoftHSM2 token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qlang.trust.algorithms import signature_fault
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_65, RSA_PSS_3072
from qlang.trust.custody import ENFORCED, RELEASE, TOKEN_NATIVE, KeySpec
from qlang.trust.errors import CustodyError
from qlang.trust.spki import public_key
from qlang.trust.token.native import TokenNativeCustodian, object_id


def objects(soft) -> int:
    with soft.token.session(TOKEN_NATIVE, "count objects") as session:
        return len(list(session.get_objects({})))


def copy_public_object(soft, spec: KeySpec) -> None:
    """What somebody else with the PIN could do: put a second public object of the same id into the token."""
    from pkcs11 import Attribute, ObjectClass

    with soft.token.session(TOKEN_NATIVE, "copy") as session:
        (public,) = session.get_objects({Attribute.ID: object_id(spec), Attribute.CLASS: ObjectClass.PUBLIC_KEY})
        names = (Attribute.CLASS, Attribute.KEY_TYPE, Attribute.ID, Attribute.EC_PARAMS, Attribute.EC_POINT)
        session.create_object({**{name: public[name] for name in names}, Attribute.TOKEN: True})


@pytest.mark.parametrize("algorithm", [ECDSA_P256, RSA_PSS_3072, ED25519])
def test_keys_sign_and_are_kept(soft, algorithm) -> None:
    custodian = TokenNativeCustodian(soft.token)
    record = custodian.create(KeySpec(algorithm, RELEASE, "acme", 7))
    assert record.custody == custodian.custody == TOKEN_NATIVE
    assert public_key(record.public.spki) == record.public
    assert record.public.algorithm == algorithm
    signature = custodian.sign(record, b"message")
    assert signature_fault(record.public, b"message", signature) is None
    assert signature_fault(record.public, b"messagf", signature) is not None
    assert str(record.protection["object_label"]).startswith(f"qlang release acme 7 {algorithm} ")
    assert record.probe.verdict == ENFORCED
    assert record.probe.flags["NEVER_EXTRACTABLE"] and record.probe.flags["ALWAYS_SENSITIVE"]
    assert record.probe.flags["LOCAL"] and not record.probe.flags["MODIFIABLE"]


def test_the_token_is_asked_what_it_can_do(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    offered = custodian.algorithms()
    assert set(offered) >= {ECDSA_P256, RSA_PSS_3072}
    missing = next(name for name in ("slh-dsa-sha2-128s", ML_DSA_65) if name not in offered)
    with pytest.raises(CustodyError, match=f"token 'qlang test' cannot do {missing}"):
        custodian.create(KeySpec(missing))


def test_a_key_is_not_made_twice(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    spec = KeySpec(ECDSA_P256)
    record = custodian.create(spec)
    with pytest.raises(CustodyError, match="already holds an object 'qlang run-manifest default 1 ecdsa-p256'"):
        custodian.create(spec)
    assert signature_fault(record.public, b"x", custodian.sign(record, b"x")) is None
    assert custodian.create(replace(spec, generation=2)).public != record.public


def test_ambiguous_objects_are_not_used(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    spec = KeySpec(ECDSA_P256)
    record = custodian.create(spec)
    copy_public_object(soft, spec)
    with pytest.raises(CustodyError, match="the token holds 2 objects that claim to be ecdsa-p256:"):
        custodian.sign(record, b"x")


def test_an_exchanged_key_is_not_used(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    spec = KeySpec(ECDSA_P256)
    record = custodian.create(spec)
    custodian.destroy(record)
    custodian.create(spec)
    with pytest.raises(CustodyError, match="the token holds another key in place of ecdsa-p256:"):
        custodian.sign(record, b"x")
    with pytest.raises(CustodyError, match="another key"):
        custodian.destroy(record)


def test_a_destroyed_key_is_gone(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    record = custodian.create(KeySpec(ECDSA_P256))
    custodian.destroy(record)
    assert objects(soft) == 0
    with pytest.raises(CustodyError, match="is not in the token"):
        custodian.sign(record, b"x")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"custody": "token-wrapped"}, "is a token-wrapped key"),
        ({"protection": {"token_serial": "0000", "object_id": "00"}}, "is in the token of serial number 0000"),
        ({"protection": {}}, "is in the token of serial number None"),
    ],
)
def test_records_of_other_custody_or_tokens_are_refused(soft, changes, reason) -> None:
    custodian = TokenNativeCustodian(soft.token)
    record = replace(custodian.create(KeySpec(ECDSA_P256)), **changes)
    with pytest.raises(CustodyError, match=reason):
        custodian.sign(record, b"x")


@pytest.mark.parametrize("identity", ["", "not hexadecimal", 5, None])
def test_damaged_records_are_refused(soft, identity) -> None:
    custodian = TokenNativeCustodian(soft.token)
    record = custodian.create(KeySpec(ECDSA_P256))
    damaged = replace(record, protection={**record.protection, "object_id": identity})
    with pytest.raises(CustodyError, match=r"is damaged|is not in the token"):
        custodian.sign(damaged, b"x")
