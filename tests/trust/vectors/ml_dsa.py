"""ML-DSA: keys and signatures without context through the door and two providers, the others at the library."""

from collections.abc import Iterator, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa

from qlang.trust.algorithms import software_key
from qlang.trust.crypto_modes import ML_DSA_44, ML_DSA_65, ML_DSA_87
from qlang.trust.errors import KeyFormatError
from qlang.trust.spki import ALGORITHMS, raw_public_key
from tests.trust.vectors.door import accepts_raw
from tests.trust.vectors.model import DOOR, LIBRARY, Tally
from tests.trust.vectors.sources import acvp, pyca, wycheproof

_ALGORITHMS = (ML_DSA_44, ML_DSA_65, ML_DSA_87)
_CLASSES: Mapping[str, Any] = {
    ML_DSA_44: mldsa.MLDSA44PublicKey,
    ML_DSA_65: mldsa.MLDSA65PublicKey,
    ML_DSA_87: mldsa.MLDSA87PublicKey,
}


def library_accepts(algorithm: str, raw: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
    try:
        _CLASSES[algorithm].from_public_bytes(raw).verify(signature, message, context)
    except (InvalidSignature, ValueError):
        return False
    return True


def known_answers() -> Iterator[Tally]:
    """The reference implementation's KATs: keys from seeds, and signatures with a context."""
    for algorithm in _ALGORITHMS:
        keys = Tally(algorithm, "reference KAT, keys", DOOR)
        signatures = Tally(algorithm, "reference KAT, with context", LIBRARY)
        path = f"asymmetric/MLDSA/kat_MLDSA_{algorithm[-2:]}_det_pure.rsp"
        for record in _by_count(path):
            raw, message = bytes.fromhex(record["pk"]), bytes.fromhex(record["msg"])
            key = software_key(algorithm, bytes.fromhex(record["xi"]))
            keys.check(record["count"], raw_public_key(key.public) == raw)
            signature = bytes.fromhex(record["sm"])[: ALGORITHMS[algorithm].signature_bytes]
            context = bytes.fromhex(record["ctx"])
            signatures.check(record["count"], library_accepts(algorithm, raw, message, signature, context))
        yield keys
        yield signatures


def _by_count(path: str) -> Iterator[dict[str, str]]:
    """These files have no empty lines: `count` begins a record."""
    for block in pyca(path).split("count = ")[1:]:
        lines = f"count = {block}".splitlines()
        yield {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines) if name}


def nist() -> Iterator[Tally]:
    for algorithm in _ALGORITHMS:
        keys = Tally(algorithm, "NIST ACVP keyGen", DOOR)
        for group, test, answer in acvp("ML-DSA-keyGen-FIPS204"):
            if group["parameterSet"].lower() == algorithm:
                public = software_key(algorithm, bytes.fromhex(test["seed"])).public
                keys.check(test["tcId"], raw_public_key(public) == bytes.fromhex(answer["pk"]))
        yield keys
        yield from _nist_signatures(algorithm)


def _nist_signatures(algorithm: str) -> Iterator[Tally]:
    door = Tally(algorithm, "NIST ACVP sigVer, no context", DOOR)
    library = Tally(algorithm, "NIST ACVP sigVer, context or external mu", LIBRARY)
    for group, test, answer in acvp("ML-DSA-sigVer-FIPS204"):
        if group["parameterSet"].lower() != algorithm:
            continue
        raw, signature = bytes.fromhex(test["pk"]), bytes.fromhex(test["signature"])
        if group.get("preHash") == "pure":
            message, context = bytes.fromhex(test["message"]), bytes.fromhex(test["context"])
            if context:
                verdict = library_accepts(algorithm, raw, message, signature, context)
                library.check(test["tcId"], verdict == answer["testPassed"])
            else:
                door.check(test["tcId"], accepts_raw(algorithm, raw, message, signature) == answer["testPassed"])
        elif group.get("externalMu"):
            verdict = _accepts_mu(algorithm, raw, bytes.fromhex(test["mu"]), signature)
            library.check(test["tcId"], verdict == answer["testPassed"])
    yield from (tally for tally in (door, library) if tally.total)


def _accepts_mu(algorithm: str, raw: bytes, mu: bytes, signature: bytes) -> bool:
    try:
        _CLASSES[algorithm].from_public_bytes(raw).verify_mu(signature, mu)
    except (InvalidSignature, ValueError):
        return False
    return True


def edge_cases() -> Iterator[Tally]:
    """Wycheproof: what is valid must be accepted and what is not refused, by both providers."""
    for algorithm in _ALGORITHMS:
        name = algorithm.replace("ml-dsa-", "mldsa_")
        doors = tuple(Tally(algorithm, "Wycheproof verify", DOOR, provider) for provider in ("pyca", "pqcrypto"))
        library = Tally(algorithm, "Wycheproof verify, with context", LIBRARY)
        for group, test in wycheproof(f"{name}_verify_test"):
            raw, message, signature, context = (
                bytes.fromhex(text) for text in (group["publicKey"], test["msg"], test["sig"], test.get("ctx", ""))
            )
            valid = test["result"] == "valid"
            if context:
                library.check(test["tcId"], library_accepts(algorithm, raw, message, signature, context) == valid)
                continue
            for door in doors:
                verdict = accepts_raw(algorithm, raw, message, signature, (door.provider,))
                door.check(test["tcId"], verdict == valid)
        yield from doors
        yield library
        yield _signing(algorithm, f"{name}_sign_seed_test")


def _signing(algorithm: str, name: str) -> Tally:
    """Keys from seeds; the deterministic signature given there is accepted, and so is our hedged one."""
    tally = Tally(algorithm, "Wycheproof sign from seed", DOOR)
    for group, test in wycheproof(name):
        if "msg" not in test or test.get("ctx"):
            continue
        try:
            key = software_key(algorithm, bytes.fromhex(group["privateSeed"]))
        except KeyFormatError:
            tally.check(test["tcId"], test["result"] == "invalid")
            continue
        message, given = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
        raw = raw_public_key(key.public)
        accepted = accepts_raw(algorithm, raw, message, given) and accepts_raw(
            algorithm, raw, message, key.sign(message)
        )
        tally.check(test["tcId"], raw.hex() == group["publicKey"] and accepted == (test["result"] == "valid"))
    return tally
