"""Attestations about the project: read by libraries that we did not write, and refused when anything is off."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.trust.attestation import (
    LINK,
    RELEASE_MANIFEST,
    Attestation,
    read_attestation,
    sign_attestation,
)
from qlang.trust.canonical import canonical_json
from qlang.trust.envelope import SigningKey
from qlang.trust.errors import AttestationError
from tools.signing import build_keys, trusted_keys

BOTH = ("ed25519", "ml-dsa-65")
RELEASE = Attestation(RELEASE_MANIFEST, {"a.whl": "sha256:" + "1" * 64, "b": "sha256:" + "2" * 64}, {"version": "1"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def keys(folder: Path) -> list[SigningKey]:
    return build_keys(folder, BOTH)


@pytest.fixture(scope="module")
def data(keys: list[SigningKey]) -> bytes:
    return sign_attestation(RELEASE, keys)


def test_what_is_signed_is_read_again(data: bytes, folder: Path) -> None:
    assert read_attestation(data, trusted_keys(folder), BOTH) == RELEASE


def test_other_libraries_read_it(data: bytes, keys: list[SigningKey]) -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1 import statement_pb2
    from in_toto_attestation.v1.statement import Statement
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    envelope = Envelope.from_dict(json.loads(data))
    message = json_format.Parse(envelope.payload, statement_pb2.Statement())
    Statement.copy_from_pb(message).validate()
    (ed25519,) = (key for key in keys if key.public.algorithm == "ed25519")
    raw = ed25519.public.spki[-32:].hex()
    key = SSlibKey(ed25519.public.key_id, "ed25519", "ed25519", {"public": raw})
    assert envelope.verify([key], threshold=1)


@pytest.mark.parametrize("position", range(0, 5400, 270))
def test_every_changed_byte_is_noticed(data: bytes, folder: Path, position: int) -> None:
    changed = bytearray(data)
    changed[position % len(data)] ^= 1
    with pytest.raises(AttestationError):
        read_attestation(bytes(changed), trusted_keys(folder), BOTH)


def test_a_stripped_signature_is_noticed(data: bytes, folder: Path) -> None:
    envelope = json.loads(data)
    envelope["signatures"] = [item for item in envelope["signatures"] if item["keyid"].startswith("ed25519")]
    with pytest.raises(AttestationError, match="ml-dsa-65"):
        read_attestation(json.dumps(envelope).encode(), trusted_keys(folder), BOTH)


def test_strangers_are_not_believed(data: bytes, tmp_path: Path) -> None:
    build_keys(tmp_path, BOTH)
    with pytest.raises(AttestationError, match="no valid signature of a trusted key"):
        read_attestation(data, trusted_keys(tmp_path), ())


@pytest.mark.parametrize(
    ("attestation", "said"),
    [
        (replace(RELEASE, predicate_type="https://qlang.dev/run/v1"), "not a kind of attestation"),
        (replace(RELEASE, subjects={}), "needs a subject"),
        (replace(RELEASE, subjects={"a": "sha256:12"}), "not SHA-256"),
    ],
)
def test_other_things_are_not_signed(attestation: Attestation, said: str, keys: list[SigningKey]) -> None:
    with pytest.raises(AttestationError, match=said):
        sign_attestation(attestation, keys)


def test_a_link_cannot_pass_for_a_release(folder: Path, keys: list[SigningKey]) -> None:
    link = sign_attestation(replace(RELEASE, predicate_type=LINK), keys)
    assert read_attestation(link, trusted_keys(folder), BOTH).predicate_type == LINK


def test_a_signed_text_of_another_form_is_refused(folder: Path, keys: list[SigningKey]) -> None:
    """Valid signatures do not make up for a statement that is not canonical, or not a statement."""
    from qlang.trust.algorithms import Signature
    from qlang.trust.envelope import Envelope, dump_envelope, pae, parse_envelope

    good = parse_envelope(sign_attestation(RELEASE, keys)).payload
    twice = json.loads(good) | {"subject": [json.loads(good)["subject"][0]] * 2}
    for payload in (good.replace(b":", b": ", 1), b"{}", b"[]", canonical_json(twice)):
        signatures = tuple(Signature(key.public.key_id, key.sign(pae(payload))) for key in keys)
        with pytest.raises(AttestationError):
            read_attestation(dump_envelope(Envelope(payload, signatures)), trusted_keys(folder), BOTH)


def test_the_envelope_holds_the_statement(data: bytes) -> None:
    statement = json.loads(base64.b64decode(json.loads(data)["payload"]))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert [subject["name"] for subject in statement["subject"]] == ["a.whl", "b"]
