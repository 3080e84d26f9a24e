"""Ed25519, ECDSA P-256 and RSA-PSS: all through the door."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from qlang.trust.algorithms import software_key
from qlang.trust.crypto_modes import ECDSA_P256, ED25519, RSA_PSS_3072
from qlang.trust.spki import raw_public_key, spki_from_raw
from tests.trust.vectors.door import accepts, accepts_key, accepts_raw
from tests.trust.vectors.model import DOOR, Tally
from tests.trust.vectors.sources import pyca, records, wycheproof


def ed25519() -> Iterator[Tally]:
    signing = Tally(ED25519, "RFC 8032 authors' sign.input", DOOR)
    for number, line in enumerate(pyca("asymmetric/Ed25519/sign.input").splitlines()):
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        key = software_key(ED25519, secret[:32])
        signature = signed[:64]
        signing.check(number, raw_public_key(key.public) == public and key.sign(message) == signature)
        signing.check(f"{number} verify", accepts_raw(ED25519, public, message, signature))
    yield signing
    edge = Tally(ED25519, "Wycheproof", DOOR)
    for group, test in wycheproof("ed25519_test"):
        verdict = accepts(bytes.fromhex(group["publicKeyDer"]), bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"]))
        if "SmallOrderPublicKey" in test["flags"]:  # "acceptable" there, refused here
            edge.check(test["tcId"], not verdict)
        elif test["result"] != "acceptable":  # mixed order: RFC 8032 allows either verdict
            edge.check(test["tcId"], verdict == (test["result"] == "valid"))
    yield edge


def ecdsa() -> Iterator[Tally]:
    yield _rfc_6979()
    yield _cavp_keys()
    yield _cavp_signatures()
    edge = Tally(ECDSA_P256, "Wycheproof", DOOR)
    for group, test in wycheproof("ecdsa_secp256r1_sha256_test"):
        spki, message, signature = (bytes.fromhex(text) for text in (group["publicKeyDer"], test["msg"], test["sig"]))
        edge.check(test["tcId"], accepts(spki, message, signature) == (test["result"] == "valid"))
    yield edge


def _rfc_6979() -> Tally:
    """RFC 6979, A.2.5: signatures are reproduced byte for byte."""
    tally = Tally(ECDSA_P256, "RFC 6979", DOOR)
    text = pyca("asymmetric/ECDSA/RFC6979/evppkey_ecdsa_rfc6979.txt")
    pem = text.split("PrivateKey=P-256_PRIV\n", 1)[1].split("\n\n", 1)[0]
    numbers = load_pem_private_key(pem.encode(), None).private_numbers()
    key = software_key(ECDSA_P256, numbers.private_value.to_bytes(32, "big"))
    for block in text.split("\n\n"):
        fields = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        if fields.get("Key") == "P-256_PRIV" and fields.get("DigestSign") == "SHA256":
            message, expected = fields["Input"].strip('"').encode(), bytes.fromhex(fields["Output"])
            tally.check(message, key.sign(message) == expected and accepts(key.public.spki, message, expected))
    return tally


def _cavp_keys() -> Tally:
    """Key pairs, and public keys of which some are off the curve or out of range."""
    tally = Tally(ECDSA_P256, "NIST CAVP FIPS 186-3 keys", DOOR)
    for record in records("asymmetric/ECDSA/FIPS_186-3/KeyPair.rsp"):
        if record["section"] == "P-256" and "d" in record:
            key = software_key(ECDSA_P256, bytes.fromhex(record["d"]))
            tally.check(record["d"], raw_public_key(key.public) == _point(record["Qx"], record["Qy"]))
    for record in records("asymmetric/ECDSA/FIPS_186-3/PKV.rsp"):
        if record["section"] == "P-256" and "Qx" in record:
            point = _point(record["Qx"], record["Qy"])
            known = len(point) == 64 and accepts_key(spki_from_raw(ECDSA_P256, point))
            tally.check(record["Qx"], known == record["Result"].startswith("P"))
    return tally


def _cavp_signatures() -> Tally:
    tally = Tally(ECDSA_P256, "NIST CAVP FIPS 186-3 signatures", DOOR)
    for name in ("SigGen", "SigVer"):
        for record in records(f"asymmetric/ECDSA/FIPS_186-3/{name}.rsp"):
            if record["section"] == "P-256,SHA-256" and "R" in record:
                signature = encode_dss_signature(int(record["R"], 16), int(record["S"], 16))
                point, message = _point(record["Qx"], record["Qy"]), bytes.fromhex(record["Msg"])
                valid = record.get("Result", "P").startswith("P")
                tally.check(record["R"], accepts_raw(ECDSA_P256, point, message, signature) == valid)
    return tally


def _point(x: str, y: str) -> bytes:
    """x and y, 32 bytes each; the longer where a vector has a coordinate out of range."""
    return b"".join(int(text, 16).to_bytes(max(32, (len(text.lstrip("0")) + 1) // 2), "big") for text in (x, y))


def rsa_pss() -> Iterator[Tally]:
    edge = Tally(RSA_PSS_3072, "Wycheproof", DOOR)
    for group, test in wycheproof("rsa_pss_3072_sha256_mgf1_32_test"):
        spki, message, signature = (bytes.fromhex(text) for text in (group["publicKeyDer"], test["msg"], test["sig"]))
        edge.check(test["tcId"], accepts(spki, message, signature) == (test["result"] == "valid"))
    yield edge
    yield _cavp_other_exponents()


def _cavp_other_exponents() -> Tally:
    """Keys of 3072 bits with exponents 4097 and 17 and their signatures with other salt lengths: all refused."""
    tally = Tally(RSA_PSS_3072, "NIST CAVP FIPS 186-3, exponent not 65537: refused", DOOR)
    modulus = exponent = "0"
    for name in ("SigGenPSS_186-3", "SigVerPSS_186-3"):
        for record in records(f"asymmetric/RSA/FIPS_186-2/{name}.rsp"):
            modulus, exponent = record.get("n", modulus), record.get("e", exponent)
            if record["section"] == "mod = 3072" and record.get("SHAAlg") == "SHA256" and "S" in record:
                spki = (
                    RSAPublicNumbers(int(exponent, 16), int(modulus, 16))
                    .public_key()
                    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                )
                message, signature = bytes.fromhex(record["Msg"]), bytes.fromhex(record["S"])
                tally.check(record["S"], not accepts(spki, message, signature))
    return tally
