"""SLH-DSA: NIST ACVP, through the door where there is no context, at `pqcrypto` otherwise."""

from collections.abc import Iterator
from typing import Any

from pqcrypto import InvalidSignatureError
from pqcrypto.sign import slh_dsa_sha2_128f, slh_dsa_sha2_128s

from qlang.trust.algorithms import software_key
from qlang.trust.crypto_modes import SLH_DSA_128F, SLH_DSA_128S
from qlang.trust.spki import raw_public_key
from tests.trust.vectors.door import accepts_raw
from tests.trust.vectors.model import DOOR, LIBRARY, Tally
from tests.trust.vectors.sources import acvp

_SCHEMES: dict[str, Any] = {SLH_DSA_128S: slh_dsa_sha2_128s, SLH_DSA_128F: slh_dsa_sha2_128f}
_ARCHIVE = "slhdsa_sig_vectors"


def keys() -> Iterator[Tally]:
    """NIST's private keys sign here, and NIST's public keys verify it. There is no key generation from seeds."""
    for algorithm in _SCHEMES:
        tally = Tally(algorithm, "NIST ACVP keyGen, signed and verified", DOOR, "pqcrypto")
        for group, test, answer in acvp("SLH-DSA-keyGen-FIPS205"):
            if group["parameterSet"].lower() == algorithm:
                key, raw = software_key(algorithm, bytes.fromhex(answer["sk"])), bytes.fromhex(answer["pk"])
                message = bytes.fromhex(test["skPrf"])
                matches = raw_public_key(key.public) == raw
                tally.check(test["tcId"], matches and accepts_raw(algorithm, raw, message, key.sign(message)))
        yield tally


def signatures() -> Iterator[Tally]:
    """NIST's signatures, and what NIST broke in some of them."""
    for algorithm in _SCHEMES:
        door = Tally(algorithm, "NIST ACVP sigVer and sigGen, no context", DOOR, "pqcrypto")
        library = Tally(algorithm, "NIST ACVP sigVer and sigGen, with context", LIBRARY, "pqcrypto")
        for raw, test, signature, valid in _cases(algorithm):
            message, context = bytes.fromhex(test["message"]), bytes.fromhex(test["context"])
            if context:
                library.check(test["tcId"], _library_accepts(algorithm, raw, message, signature, context) == valid)
            else:
                door.check(test["tcId"], accepts_raw(algorithm, raw, message, signature) == valid)
        yield door
        yield library


def _cases(algorithm: str) -> Iterator[tuple[bytes, dict[str, Any], bytes, bool]]:
    for name in ("SLH-DSA-sigVer-FIPS205", "SLH-DSA-sigGen-FIPS205"):
        for group, test, answer in acvp(name, archive=_ARCHIVE):
            if group["parameterSet"].lower() != algorithm or group.get("preHash") != "pure":
                continue
            if "pk" in test:
                yield bytes.fromhex(test["pk"]), test, bytes.fromhex(test["signature"]), answer["testPassed"]
            else:
                yield bytes.fromhex(test["sk"])[32:], test, bytes.fromhex(answer["signature"]), True


def _library_accepts(algorithm: str, raw: bytes, message: bytes, signature: bytes, context: bytes) -> bool:
    try:
        _SCHEMES[algorithm].verify(raw, message, signature, context)
    except (InvalidSignatureError, ValueError):
        return False
    return True
