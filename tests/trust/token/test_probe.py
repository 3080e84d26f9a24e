"""The custody probe: what comes out is opened and compared, and nothing is called enforced that was not refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from qlang.trust.algorithms import generate_secret, software_key
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, RSA_PSS_3072
from qlang.trust.custody import ENFORCED, NOT_CLAIMED, NOT_ENFORCED, TOKEN_NATIVE, KeySpec
from qlang.trust.spki import PublicKey
from qlang.trust.token.native import TokenNativeCustodian, object_id
from qlang.trust.token.recognize import recognizer_of


@pytest.fixture
def session(soft):
    with soft.token.session(TOKEN_NATIVE, "test") as opened:
        yield opened


def make_pair(session, algorithm: str, **private: bool):
    from pkcs11 import Attribute, MechanismFlag

    from qlang.trust.token.schemes import SCHEMES, read_public_key

    scheme = SCHEMES[algorithm]
    public, key = session.generate_keypair(
        scheme.key_type,
        scheme.key_length,
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        mechanism=scheme.generate,
        public_template=dict(scheme.public_template),
        private_template={Attribute[name]: value for name, value in private.items()},
    )
    return key, read_public_key(algorithm, public)


def probe(session, key, public: PublicKey):
    from qlang.trust.token.probe import probe_private_key

    before = len(list(session.get_objects({})))
    report = probe_private_key(session, key, public)
    assert len(list(session.get_objects({}))) == before
    return report, {attempt.name.removeprefix("wrap with a known key, "): attempt for attempt in report.attempts}


@pytest.mark.parametrize("algorithm", [ECDSA_P256, RSA_PSS_3072, ED25519])
def test_a_key_that_may_leave_is_got_out(session, algorithm) -> None:
    report, attempts = probe(session, *make_pair(session, algorithm, SENSITIVE=False, EXTRACTABLE=True))
    assert report.verdict == NOT_CLAIMED
    read = "read PRIVATE_EXPONENT" if algorithm == RSA_PSS_3072 else "read VALUE"
    wraps = () if algorithm == ED25519 else ("AES_KEY_WRAP", "AES_KEY_WRAP_PAD")  # SoftHSM wraps no Edwards keys
    for name in (read, *wraps, "make extractable", "copy as extractable"):
        assert attempts[name].yielded, attempts[name]
    if algorithm == RSA_PSS_3072:
        assert all(attempts[f"read {name}"].yielded for name in ("PRIME_1", "PRIME_2", "EXPONENT_1", "EXPONENT_2"))


def test_a_key_that_was_extractable_once_is_not_called_enforced(session) -> None:
    from pkcs11 import Attribute

    key, public = make_pair(session, ECDSA_P256, SENSITIVE=False, EXTRACTABLE=True)
    key[Attribute.SENSITIVE] = True
    key[Attribute.EXTRACTABLE] = False
    report, attempts = probe(session, key, public)
    assert not any(attempt.yielded for attempt in attempts.values())
    assert report.flags["SENSITIVE"] and not report.flags["EXTRACTABLE"] and not report.flags["NEVER_EXTRACTABLE"]
    assert report.verdict == NOT_ENFORCED


def test_a_changeable_key_is_as_it_was_afterwards(session) -> None:
    key, public = make_pair(session, ECDSA_P256, SENSITIVE=True, EXTRACTABLE=False)
    first, attempts = probe(session, key, public)
    assert first.verdict == ENFORCED
    assert attempts["make extractable"].detail == "refused: AttributeReadOnly"
    assert probe(session, key, public)[0] == first


class Answers:
    """Stands for a private object of a token whose answers are chosen: real ones do not err on demand."""

    def __init__(self, key, **errors: Exception) -> None:
        self.key, self.errors = key, errors

    def __getattr__(self, name: str):
        return getattr(self.key, name)

    def __getitem__(self, attribute):
        if attribute.name in self.errors:
            raise self.errors[attribute.name]
        return self.key[attribute]

    def __setitem__(self, attribute, value) -> None:
        if "set" in self.errors:
            raise self.errors["set"]
        self.key[attribute] = value

    def copy(self, template):
        if "copy" in self.errors:
            raise self.errors["copy"]
        return self.key.copy(template)


@pytest.mark.parametrize("place", ["VALUE", "set", "copy"])
@pytest.mark.parametrize("error", ["GeneralError", "DeviceError", "FunctionFailed", "DeviceMemory", "UserNotLoggedIn"])
def test_an_error_that_explains_nothing_is_no_refusal(session, place, error) -> None:
    from pkcs11 import exceptions

    from qlang.trust.token.probe import _WEAKER, _copy, _flip, _read, _verdict

    key, public = make_pair(session, ECDSA_P256, SENSITIVE=True, EXTRACTABLE=False)
    odd = Answers(key, **{place: getattr(exceptions, error)()})
    tries = [_read(odd, *_value(), recognizer_of(public))]
    tries += [_flip(odd, *weaker) for weaker in _WEAKER] + [_copy(odd, *weaker) for weaker in _WEAKER]
    flags = {"SENSITIVE": True, "EXTRACTABLE": False, "NEVER_EXTRACTABLE": True, "ALWAYS_SENSITIVE": True}
    assert _verdict(flags, tries) == NOT_ENFORCED
    assert any(attempt.outcome == "unclear" and attempt.detail == error for attempt in tries)
    plain = [_read(key, *_value(), recognizer_of(public))]
    assert _verdict(flags, plain) == ENFORCED


def test_a_key_that_cannot_be_read_at_all_is_not_called_enforced(session) -> None:
    from pkcs11 import exceptions

    from qlang.trust.token.probe import _read, _verdict

    key, public = make_pair(session, ECDSA_P256, SENSITIVE=True, EXTRACTABLE=False)
    tries = [_read(Answers(key, VALUE=exceptions.AttributeTypeInvalid()), *_value(), recognizer_of(public))]
    assert tries[0].outcome == "not possible"
    assert _verdict({"SENSITIVE": True, "EXTRACTABLE": False}, tries) == NOT_ENFORCED
    assert _verdict({"SENSITIVE": True}, tries) == NOT_CLAIMED


def _value():
    from pkcs11 import Attribute

    return (Attribute.VALUE,)


def test_the_token_is_as_it_was_after_making_and_probing(soft) -> None:
    custodian = TokenNativeCustodian(soft.token)
    spec = KeySpec(ECDSA_P256)
    record = custodian.create(spec)
    for _ in range(3):
        assert custodian.probe(record) == record.probe
    with soft.token.session(TOKEN_NATIVE, "look") as session:
        from pkcs11 import Attribute

        found = list(session.get_objects({}))
        assert len(found) == 2
        assert {item[Attribute.ID] for item in found} == {object_id(spec)}


def private_forms(algorithm: str) -> tuple[PublicKey, list[bytes]]:
    """A public key, and its private key in every form in which tokens give it away."""
    secret = generate_secret(algorithm)
    public = software_key(algorithm, secret).public
    if algorithm == RSA_PSS_3072:
        key = load_der_private_key(secret, None)
        assert isinstance(key, rsa.RSAPrivateKey)
        numbers = key.private_numbers()
        whole = (numbers.d, numbers.p, numbers.q, numbers.dmp1, numbers.dmq1)
        forms = [number.to_bytes((number.bit_length() + 7) // 8, "big") for number in whole]
        return public, [secret, secret + bytes(7), *forms]
    if algorithm == ECDSA_P256:
        private = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    else:
        private = software_loader(algorithm, secret)
    pkcs8 = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    raw = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert raw == public.spki
    return public, [secret, pkcs8, pkcs8 + bytes(5), b"\x04\x20" + secret]


def software_loader(algorithm: str, secret: bytes):
    from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

    if algorithm == ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    kinds = {
        ML_DSA_44: mldsa.MLDSA44PrivateKey,
        ML_DSA_65: mldsa.MLDSA65PrivateKey,
        ML_DSA_87: mldsa.MLDSA87PrivateKey,
    }
    return kinds[algorithm].from_seed_bytes(secret)


@pytest.mark.parametrize("algorithm", [ECDSA_P256, ED25519, RSA_PSS_3072, ML_DSA_44, ML_DSA_65, ML_DSA_87])
def test_private_keys_are_recognised_in_every_form(algorithm) -> None:
    public, forms = private_forms(algorithm)
    recognize = recognizer_of(public)
    assert [recognize(form) for form in forms] == [True] * len(forms)
    other = generate_secret(algorithm)
    for wrong in (b"", b"\0", b"\x02", bytes(32), b"\xff" * 32, other, public.spki, b"\x04\x20", bytes(20_000)):
        assert not recognize(wrong)
