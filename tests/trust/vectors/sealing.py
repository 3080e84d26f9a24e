"""What sealing is made of: X25519, ML-KEM, AES-256-GCM and the HPKE suites.

Bare primitives, so at the library; keys of the HPKE suites through the door of `qlang.trust.sealing`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qlang.trust.sealing.suites import MLKEM768_X25519, MLKEM1024_P384, SUITES, X25519, load_private
from tests.trust.vectors.model import LIBRARY, Tally
from tests.trust.vectors.sources import acvp, pyca, wycheproof

_KEMS: Mapping[str, tuple[Any, Any]] = {
    "ml-kem-768": (mlkem.MLKEM768PrivateKey, mlkem.MLKEM768PublicKey),
    "ml-kem-1024": (mlkem.MLKEM1024PrivateKey, mlkem.MLKEM1024PublicKey),
}


def x25519_exchanges() -> Iterator[Tally]:
    """Low-order points are "acceptable" in Wycheproof; here they must be refused."""
    tally = Tally("x25519", "Wycheproof", LIBRARY)
    for _, test in wycheproof("x25519_test"):
        private = x25519.X25519PrivateKey.from_private_bytes(bytes.fromhex(test["private"]))
        public = x25519.X25519PublicKey.from_public_bytes(bytes.fromhex(test["public"]))
        try:
            shared = private.exchange(public)
        except ValueError:
            tally.check(test["tcId"], "ZeroSharedSecret" in test["flags"])
        else:
            tally.check(test["tcId"], shared.hex() == test["shared"] and "ZeroSharedSecret" not in test["flags"])
    yield tally


def aes_gcm() -> Iterator[Tally]:
    tally = Tally("aes-256-gcm", "Wycheproof", LIBRARY)
    for group, test in wycheproof("aes_gcm_test"):
        if group["keySize"] != 256 or group["ivSize"] != 96:
            continue
        key, nonce, data, message, text, tag = (
            bytes.fromhex(test[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
        )
        try:
            opened = AESGCM(key).decrypt(nonce, text + tag, data)
        except InvalidTag:
            tally.check(test["tcId"], test["result"] == "invalid")
        else:
            sealed = AESGCM(key).encrypt(nonce, message, data)
            tally.check(test["tcId"], test["result"] == "valid" and opened == message and sealed == text + tag)
    yield tally


def ml_kem_known_answers() -> Iterator[Tally]:
    for name, (private, _) in _KEMS.items():
        tally = Tally(name, "reference KAT", LIBRARY)
        text = pyca(f"asymmetric/MLKEM/kat_{name.upper().replace('ML-KEM-', 'MLKEM_')}.rsp")
        for block in text.split("count = ")[1:]:
            record = dict(line.split(" = ", 1) for line in f"count = {block}".splitlines() if " = " in line)
            key = private.from_seed_bytes(bytes.fromhex(record["d"] + record["z"]))
            matches = key.public_key().public_bytes_raw().hex() == record["pk"].lower()
            shared = key.decapsulate(bytes.fromhex(record["ct"]))
            tally.check(record["count"], matches and shared.hex() == record["ss"].lower())
        yield tally


def ml_kem_nist() -> Iterator[Tally]:
    for name, (private, public) in _KEMS.items():
        keys = Tally(name, "NIST ACVP keyGen", LIBRARY)
        for group, test, answer in acvp("ML-KEM-keyGen-FIPS203"):
            if group["parameterSet"].lower() == name:
                key = private.from_seed_bytes(bytes.fromhex(test["d"] + test["z"]))
                keys.check(test["tcId"], key.public_key().public_bytes_raw() == bytes.fromhex(answer["ek"]))
        yield keys
        checks = Tally(name, "NIST ACVP encapsulation key check", LIBRARY)
        for group, test, answer in acvp("ML-KEM-encapDecap-FIPS203"):
            if group["parameterSet"].lower() == name and group["function"] == "encapsulationKeyCheck":
                checks.check(test["tcId"], _loads(public, bytes.fromhex(test["ek"])) == answer["testPassed"])
        yield checks


def _loads(public: Any, raw: bytes) -> bool:
    try:
        public.from_public_bytes(raw)
    except ValueError:
        return False
    return True


def ml_kem_edge_cases() -> Iterator[Tally]:
    for name, (private, public) in _KEMS.items():
        file = name.replace("ml-kem-", "mlkem_")
        decapsulation = Tally(name, "Wycheproof decapsulation", LIBRARY)
        for _, test in wycheproof(f"{file}_test"):
            try:
                key = private.from_seed_bytes(bytes.fromhex(test["seed"]))
                shared = key.decapsulate(bytes.fromhex(test["c"]))
            except ValueError:
                decapsulation.check(test["tcId"], test["result"] == "invalid")
            else:
                decapsulation.check(test["tcId"], test["result"] == "valid" and shared.hex() == test["K"])
        yield decapsulation
        keys = Tally(name, "Wycheproof encapsulation keys", LIBRARY)
        for _, test in wycheproof(f"{file}_encaps_test"):
            keys.check(test["tcId"], _loads(public, bytes.fromhex(test["ek"])) == (test["result"] == "valid"))
        yield keys


_KEM_IDS: Mapping[int, str] = {
    0x0020: "X25519",
    0x0041: "MLKEM768",
    0x0042: "MLKEM1024",
    0x0051: "MLKEM1024_P384",
    0x647A: "MLKEM768_X25519",
}
_SEALING_SUITES = {0x0020: SUITES[X25519], 0x0051: SUITES[MLKEM1024_P384], 0x647A: SUITES[MLKEM768_X25519]}
_KDF_IDS: Mapping[int, Any] = {
    1: hpke.KDF.HKDF_SHA256,
    2: hpke.KDF.HKDF_SHA384,
    3: hpke.KDF.HKDF_SHA512,
    0x10: hpke.KDF.SHAKE128,
    0x11: hpke.KDF.SHAKE256,
}
_AEAD_IDS: Mapping[int, Any] = {1: hpke.AEAD.AES_128_GCM, 2: hpke.AEAD.AES_256_GCM, 3: hpke.AEAD.CHACHA20_POLY1305}


def hpke_suites() -> Iterator[Tally]:
    """RFC 9180, appendix A, and the post-quantum draft's; base mode, first message of each context.

    Keys of the suites that qlang seals with are loaded by `qlang.trust.sealing`. The vectors have associated data,
    which the library takes but does not offer.
    """
    tallies: dict[int, Tally] = {}
    for name, source in (("test-vectors", "RFC 9180"), ("hpke-pq-test-vectors", "draft-ietf-hpke-pq")):
        for vector in json.loads(pyca(f"HPKE/{name}.json")):
            kem, kdf, aead = (vector[f"{part}_id"] for part in ("kem", "kdf", "aead"))
            if vector["mode"] or kem not in _KEM_IDS or kdf not in _KDF_IDS or aead not in _AEAD_IDS:
                continue
            tally = tallies.setdefault(kem, Tally(f"hpke {_KEM_IDS[kem]}", source, _through(kem)))
            private, public = _hpke_key(kem, bytes.fromhex(vector["skRm"]))
            suite = hpke.Suite(getattr(hpke.KEM, _KEM_IDS[kem]), _KDF_IDS[kdf], _AEAD_IDS[aead])
            first = vector["encryptions"][0]
            sealed, info, data = (bytes.fromhex(t) for t in (vector["enc"] + first["ct"], vector["info"], first["aad"]))
            opened = openssl.hpke._decrypt_with_aad(suite, sealed, private, info, data)
            tally.check((kem, kdf, aead), public.hex() == vector["pkRm"] and opened.hex() == first["pt"])
    yield from tallies.values()


def _through(kem: int) -> str:
    return "door (keys), library" if kem in _SEALING_SUITES else LIBRARY


def _hpke_key(kem: int, secret: bytes) -> tuple[Any, bytes]:
    if kem in _SEALING_SUITES:
        return load_private(_SEALING_SUITES[kem], secret)
    kind = mlkem.MLKEM768PrivateKey if kem == 0x0041 else mlkem.MLKEM1024PrivateKey
    key = kind.from_seed_bytes(secret)
    return key, key.public_key().public_bytes_raw()
