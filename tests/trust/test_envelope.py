import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from qlang.trust.algorithms import ALGORITHMS, PublicKey, Signature, public_key
from qlang.trust.envelope import (
    Envelope,
    dump_envelope,
    pae,
    parse_envelope,
    sign_envelope,
)
from qlang.trust.errors import EnvelopeError, KeyFormatError, SigningError
from qlang.trust.keys.development import DevelopmentSigner, KeyPaths


def test_pae_of_the_specification() -> None:
    # DSSE protocol.md, section "Test Vectors"
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_signatures_are_valid_for_cryptography(signer: DevelopmentSigner) -> None:
    envelope = sign_envelope(b"{}", signer)
    message = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    assert [signature.key_id for signature in envelope.signatures] == [key.key_id for key in signer.public_keys]
    for key, signature in zip(signer.public_keys, envelope.signatures, strict=True):
        assert len(signature.value) == ALGORITHMS[key.algorithm].signature_bytes
        loaded = load_der_public_key(key.spki)
        loaded.verify(signature.value, message)
        with pytest.raises(InvalidSignature):
            loaded.verify(signature.value, message + b" ")


def test_round_trip(signer: DevelopmentSigner) -> None:
    envelope = sign_envelope(b'{"a":1}', signer)
    assert parse_envelope(dump_envelope(envelope)) == envelope


def test_both_base64_alphabets_are_read() -> None:
    text = {"payloadType": "application/vnd.in-toto+json", "payload": "-_8=", "signatures": [{"sig": "AA=="}]}
    assert parse_envelope(json.dumps(text).encode()) == Envelope(b"\xfb\xff", (Signature("", b"\0"),))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payloadType": "text/plain"}, "payloadType"),
        ({"payload": None}, "payload"),
        ({"payload": "!!!!"}, "base64"),
        ({"payload": "QR=="}, "canonical base64"),
        ({"payload": "QQ"}, "base64"),
        ({"payload": "QQ==\n"}, "base64"),
        ({"signatures": []}, "0 signatures"),
        ({"signatures": [{"sig": "AA=="}] * 17}, "17 signatures"),
        ({"signatures": "AA=="}, "list"),
        ({"signatures": [1]}, "object"),
        ({"signatures": [{"sig": "AA==", "keyid": 1}]}, "keyid"),
        ({"signatures": [{"keyid": "x"}]}, "sig"),
    ],
    ids=str,
)
def test_malformed_envelopes(change: dict[str, object], reason: str) -> None:
    text = {"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": [{"sig": "AA=="}]}
    with pytest.raises(EnvelopeError, match=reason):
        parse_envelope(json.dumps(text | change).encode())


class FaultySigner:
    """Returns signatures that are wrong or missing, as a glitching token would."""

    custody = "test"

    def __init__(self, inner: DevelopmentSigner, drop: bool) -> None:
        self._inner, self._drop = inner, drop
        self.algorithms: tuple[str, ...] = inner.algorithms
        self.public_keys: tuple[PublicKey, ...] = inner.public_keys

    def sign(self, pae: bytes) -> tuple[Signature, ...]:
        first, *rest = self._inner.sign(pae)
        flipped = Signature(first.key_id, first.value[:-1] + bytes([first.value[-1] ^ 1]))
        return tuple(rest) if self._drop else (flipped, *rest)


@pytest.mark.parametrize("drop", [True, False])
def test_a_faulty_signer_is_noticed_before_anything_is_written(signer: DevelopmentSigner, drop: bool) -> None:
    with pytest.raises(SigningError, match="ed25519"):
        sign_envelope(b"{}", FaultySigner(signer, drop))


def test_foreign_keys_are_refused(signer: DevelopmentSigner) -> None:
    good = signer.public_keys[0].spki
    for spki in (b"", good[:-1], good + b"\0", b"\x31" + good[1:]):
        with pytest.raises(KeyFormatError):
            public_key(spki)


def _node_version() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
    return int(answer.stdout.lstrip("v").split(".")[0])


NODE_SCRIPT = """
const crypto = require('crypto'), fs = require('fs');
const [envelopeFile, ...pems] = process.argv.slice(1);
const envelope = JSON.parse(fs.readFileSync(envelopeFile));
const payload = Buffer.from(envelope.payload, 'base64'), type = envelope.payloadType;
const head = Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `);
const pae = Buffer.concat([head, payload]);
const verdicts = pems.map(pem => envelope.signatures.map(s =>
  crypto.verify(null, pae, crypto.createPublicKey(fs.readFileSync(pem)), Buffer.from(s.sig, 'base64'))));
console.log(JSON.stringify(verdicts));
"""


@pytest.mark.parametrize(("algorithm", "node"), [("ed25519", 18), ("ml-dsa-65", 24)])
def test_node_verifies_our_signatures(
    algorithm: str, node: int, signer: DevelopmentSigner, key_paths: KeyPaths, tmp_path: Path
) -> None:
    if _node_version() < node:
        pytest.skip(f"{algorithm} needs Node {node} or newer")
    envelope = sign_envelope(b'{"a":1}', signer)
    own = tuple(s for s in envelope.signatures if s.key_id.startswith(algorithm))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(dump_envelope(Envelope(envelope.payload, own)))
    bad.write_bytes(dump_envelope(Envelope(b'{"a":2}', own)))
    for path, expected in ((good, [[True]]), (bad, [[False]])):
        command = ["node", "-e", NODE_SCRIPT, str(path), str(key_paths.public(algorithm))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout) == expected


def test_exported_pem_is_what_cryptography_reads(signer: DevelopmentSigner, key_paths: KeyPaths) -> None:
    for key in signer.public_keys:
        text = key_paths.public(key.algorithm).read_bytes()
        loaded = load_pem_public_key(text)
        assert loaded == load_der_public_key(key.spki)
        assert base64.b64encode(key.spki).decode() == "".join(text.decode().splitlines()[1:-1])
