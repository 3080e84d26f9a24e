import base64
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.algorithms import Signature
from qlang.trust.canonical import canonical_json, sha256_digest
from qlang.trust.chained_ledger import append_entry
from qlang.trust.envelope import Envelope, dump_envelope, parse_envelope, sign_envelope
from qlang.trust.keys.development import KeyPaths, development_signer
from qlang.trust.seal import seal_run
from qlang.trust.verify import verify_run

SIGNATURES = {"signature ed25519", "signature ml-dsa-65"}


def rewrite(manifest: Path, change: Callable[[Envelope], Envelope]) -> None:
    manifest.write_bytes(dump_envelope(change(parse_envelope(manifest.read_bytes()))))


def edit_payload(manifest: Path, edit: Callable[[Any], None], signer: Any = None) -> None:
    """Change the statement; sign it anew if a signer is given, else keep the old signatures."""

    def change(envelope: Envelope) -> Envelope:
        value = json.loads(envelope.payload)
        edit(value)
        payload = canonical_json(value)
        return sign_envelope(payload, signer) if signer else Envelope(payload, envelope.signatures)

    rewrite(manifest, change)


def test_a_genuine_run(house: Any) -> None:
    checks = house.verify()
    assert list(checks) == [
        "envelope",
        "statement",
        "signature ed25519",
        "signature ml-dsa-65",
        "algorithms",
        "key",
        "subject plan.mlir",
        "subject results.json",
        "subject source.qjob",
        "ledger chain",
        "ledger entry",
    ]
    assert house.failed() == set()
    assert house.failed(required=("ml-dsa-65",)) == set()


def test_a_copied_run_folder_verifies_with_a_note(house: Any, tmp_path: Path) -> None:
    shutil.copytree(house.run_dir, tmp_path / "copy")
    checks = verify_run(tmp_path / "copy", house.ledger, None, house.signer.public_keys)
    assert all(check.ok for check in checks)
    assert "r1" in next(check.detail for check in checks if check.name == "note run id")


@pytest.mark.parametrize("name", ["plan.mlir", "results.json", "source.qjob"])
def test_a_changed_file_is_named_with_both_digests(house: Any, name: str) -> None:
    path = house.run_dir / name
    before, after = path.read_bytes(), path.read_bytes() + b" "
    path.write_bytes(after)
    assert house.failed() == {f"subject {name}"}
    detail = house.verify()[f"subject {name}"].detail
    assert sha256_digest(before) in detail
    assert sha256_digest(after) in detail


@pytest.mark.parametrize("name", ["plan.mlir", "results.json", "source.qjob"])
def test_a_missing_file_is_named(house: Any, name: str) -> None:
    (house.run_dir / name).unlink()
    assert house.failed() == {f"subject {name}"}


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_files_that_are_not_files(house: Any) -> None:
    same = house.root / "same"
    (house.run_dir / "plan.mlir").rename(same)
    (house.run_dir / "plan.mlir").symlink_to(same)  # even with the right content
    (house.run_dir / "results.json").unlink()
    os.mkfifo(house.run_dir / "results.json")  # must not hang
    (house.run_dir / "source.qjob").unlink()
    (house.run_dir / "source.qjob").mkdir()
    assert house.failed() == {"subject plan.mlir", "subject results.json", "subject source.qjob"}


def test_a_changed_manifest_breaks_signatures_and_ledger_entry(house: Any) -> None:
    edit_payload(house.manifest, lambda value: value["predicate"].update(backend_id="ibm.fez"))
    assert house.failed() == SIGNATURES | {"algorithms", "ledger entry"}
    digest = sha256_digest(parse_envelope(house.manifest.read_bytes()).payload)
    assert digest in house.verify()["ledger entry"].detail
    assert digest in house.verify()["signature ed25519"].detail


def test_a_result_changed_together_with_its_digest(house: Any) -> None:
    path = house.run_dir / "results.json"
    path.write_bytes(b'{"counts": {"00": 100}}')
    forged = sha256_digest(path.read_bytes()).removeprefix("sha256:")
    edit_payload(house.manifest, lambda value: value["subject"][1]["digest"].update(sha256=forged))
    assert house.failed() == SIGNATURES | {"algorithms", "ledger entry"}


def test_a_manifest_signed_anew_by_the_key_owner_is_not_the_recorded_one(house: Any) -> None:
    edit_payload(house.manifest, lambda value: value["predicate"].update(backend_id="x"), house.signer)
    assert house.failed() == {"ledger entry"}


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_changed_ledger_entry_is_named(house: Any, index: int) -> None:
    text = house.ledger.read_text()
    house.ledger.write_text(text.replace(f'"run_id":"r{index}"', '"run_id":"rX"'))
    assert house.failed() == {"ledger chain"} | ({"ledger entry"} if index == 1 else set())
    assert house.verify()["ledger chain"].detail.startswith(f"entry {index}: digest 'sha256:")


def test_a_ledger_rewritten_from_this_run_on(house: Any) -> None:
    """Whoever recomputes all digests gets a sound chain, but not the one that the manifest was recorded in."""
    manifest = house.manifest.read_bytes()
    house.ledger.unlink()
    for run_id in ("r0", "r1"):
        shutil.rmtree(house.root / run_id)
        house.seal(run_id, labels={"other": "history"})
    house.manifest.write_bytes(manifest)
    assert house.failed() == {"ledger entry"}


def test_a_sound_ledger_with_another_predecessor(house: Any) -> None:
    recorded = json.loads(house.ledger.read_text().splitlines()[1])
    house.ledger.unlink()
    append_entry(house.ledger, "run", {})
    append_entry(house.ledger, "run", recorded["body"])
    assert house.failed() == {"ledger entry"}
    assert recorded["previous"] in house.verify()["ledger entry"].detail


@pytest.mark.parametrize(
    ("kind", "change"),
    [("run", {"run_id": "r9"}), ("run", {"tenant": "x"}), ("run", {"more": 1}), ("repair", {})],
    ids=str,
)
def test_an_entry_that_says_something_else_about_the_run(
    empty_house: Any, kind: str, change: dict[str, object]
) -> None:
    empty_house.seal("r1")
    body = json.loads(empty_house.ledger.read_text())["body"]
    assert empty_house.failed() == set()
    empty_house.ledger.unlink()
    append_entry(empty_house.ledger, kind, body | change)
    assert empty_house.failed() == {"ledger entry"}


def test_a_payload_in_another_spelling(house: Any) -> None:
    def respell(envelope: Envelope) -> Envelope:
        return sign_envelope(json.dumps(json.loads(envelope.payload)).encode(), house.signer)

    rewrite(house.manifest, respell)
    assert house.failed() == {"statement"}
    assert "canonical" in house.verify()["statement"].detail


def test_a_ledger_cut_before_this_run(house: Any) -> None:
    lines = house.ledger.read_bytes().splitlines(keepends=True)
    house.ledger.write_bytes(lines[0])
    assert house.failed() == {"ledger entry"}
    house.ledger.write_bytes(b"".join(lines[:2])[:-1])
    assert house.failed() == {"ledger entry"}
    house.ledger.unlink()
    assert house.failed() == {"ledger chain", "ledger entry"}


@pytest.mark.parametrize("algorithm", ["ed25519", "ml-dsa-65"])
def test_a_stripped_signature_is_noticed(house: Any, algorithm: str) -> None:
    def strip(envelope: Envelope) -> Envelope:
        kept = tuple(item for item in envelope.signatures if not item.key_id.startswith(algorithm))
        return Envelope(envelope.payload, kept)

    rewrite(house.manifest, strip)
    assert house.failed() == {f"signature {algorithm}", "algorithms"}
    assert "missing" in house.verify()[f"signature {algorithm}"].detail
    assert algorithm in house.verify()["algorithms"].detail


def test_signatures_of_another_run(house: Any) -> None:
    other = parse_envelope((house.root / "r0" / house.manifest.name).read_bytes())
    rewrite(house.manifest, lambda envelope: Envelope(envelope.payload, other.signatures))
    assert house.failed() == SIGNATURES | {"algorithms"}


def test_the_manifest_of_another_run(house: Any) -> None:
    """A genuine manifest in the wrong folder: the files betray it."""
    (house.run_dir / "results.json").write_bytes(b'{"counts": {}}')
    shutil.copy(house.root / "r0" / house.manifest.name, house.manifest)
    assert house.failed() == {"subject results.json"}


def test_a_second_signature_by_the_same_key_must_be_valid_too(house: Any) -> None:
    def add(envelope: Envelope) -> Envelope:
        first = envelope.signatures[0]
        return Envelope(envelope.payload, (*envelope.signatures, Signature(first.key_id, bytes(64))))

    rewrite(house.manifest, add)
    assert house.failed() == {"signature ed25519", "algorithms"}


def test_a_signature_by_an_unknown_key_is_noted(house: Any) -> None:
    rewrite(
        house.manifest,
        lambda envelope: Envelope(envelope.payload, (*envelope.signatures, Signature("x:\ud7ff\n", b"1"))),
    )
    assert house.failed() == set()
    assert "x:" in house.verify()["note signatures"].detail


def test_a_downgrade_by_someone_who_broke_the_classical_key(empty_house: Any, key_paths: KeyPaths) -> None:
    """The forger holds the Ed25519 key only, writes an honest-looking classical run, and the ledger entry too."""
    empty_house.seal("r1", development_signer(key_paths, ("ed25519",)), crypto_mode="classical")
    assert empty_house.failed() == set()
    assert empty_house.failed(required=("ed25519", "ml-dsa-65")) == {"signature ml-dsa-65", "algorithms"}


def test_a_hybrid_run_that_names_one_key_only(house: Any, key_paths: KeyPaths) -> None:
    def drop(value: Any) -> None:
        for member in ("algorithms", "public_keys"):
            value["predicate"][member] = value["predicate"][member][:1]

    edit_payload(house.manifest, drop, development_signer(key_paths, ("ed25519",)))
    assert house.failed() == {"signature ml-dsa-65", "algorithms", "ledger entry"}


def test_a_run_sealed_with_an_attackers_keys(house: Any, tmp_path: Path) -> None:
    attacker = development_signer(
        KeyPaths(tmp_path / "evil" / "keys", tmp_path / "evil" / "state"), ("ed25519", "ml-dsa-65")
    )
    shutil.rmtree(house.run_dir)
    house.seal("r1", attacker)
    assert house.failed() == {"key"}
    assert attacker.public_keys[0].key_id in house.verify()["key"].detail
    assert house.failed(trusted=()) == {"key"}
    untrusting = verify_run(house.run_dir, house.ledger)
    assert all(check.ok for check in untrusting)
    assert "not checked" in next(check.detail for check in untrusting if check.name == "key")


def test_one_key_swapped_for_an_attackers(house: Any, tmp_path: Path) -> None:
    attacker = development_signer(KeyPaths(tmp_path / "evil", tmp_path / "state"), ("ed25519",))

    def swap(value: Any) -> None:
        key = attacker.public_keys[0]
        value["predicate"]["algorithms"][0]["keyid"] = key.key_id
        value["predicate"]["public_keys"][0] = {
            "keyid": key.key_id,
            "spki": base64.b64encode(key.spki).decode(),
        }

    edit_payload(house.manifest, swap)
    assert house.failed() == SIGNATURES | {"algorithms", "key", "ledger entry"}


def test_a_foreign_key_under_a_trusted_key_id(house: Any, tmp_path: Path) -> None:
    attacker = development_signer(KeyPaths(tmp_path / "evil", tmp_path / "state"), ("ed25519",))
    spki = base64.b64encode(attacker.public_keys[0].spki).decode()
    edit_payload(house.manifest, lambda value: value["predicate"]["public_keys"][0].update(spki=spki))
    assert "statement" in house.failed()
    assert "another key id" in house.verify()["statement"].detail


@pytest.mark.parametrize(
    "name",
    ["../r0/plan.mlir", "/etc/passwd", "a/b", "a\\b", "..", ".", "", "C:x", "nul\0", "manifest.dsse.json", "x" * 200],
)
def test_subjects_cannot_leave_the_folder(house: Any, name: str) -> None:
    edit_payload(house.manifest, lambda value: value["subject"][0].update(name=name), house.signer)
    assert house.failed() == {"statement"}
    assert "plain file name" in house.verify()["statement"].detail


def test_a_subject_twice(house: Any) -> None:
    edit_payload(
        house.manifest,
        lambda value: value["subject"].append({**value["subject"][0], "name": "PLAN.mlir"}),
        house.signer,
    )
    assert "twice" in house.verify()["statement"].detail


def test_a_statement_that_covers_too_little(house: Any) -> None:
    edit_payload(house.manifest, lambda value: value.update(subject=value["subject"][:1]), house.signer)
    assert house.failed() == {"subject results.json", "subject source.qjob", "ledger entry"}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("crypto_mode", "none"),
        ("crypto_mode", None),
        ("seed", 7),
        ("public_keys", []),
        ("public_keys", "x"),
        ("algorithms", [1]),
        ("ledger", {}),
        ("ledger", {"index": True, "previous_entry_digest": ""}),
        ("labels", []),
        ("methods_applied", {}),
        ("passes", "sign"),
        ("passes", [1]),
        ("created_at", "yesterday"),
        ("plan_hash", "sha256:"),
    ],
    ids=str,
)
def test_malformed_predicates(house: Any, member: str, value: object) -> None:
    edit_payload(house.manifest, lambda statement: statement["predicate"].update({member: value}), house.signer)
    assert house.failed() == {"statement"}
    assert house.verify()["statement"].detail.split(".")[0].split(":")[0] in {member, "algorithms"}


def test_other_statements(house: Any) -> None:
    for member in ("_type", "predicateType"):
        edit_payload(house.manifest, lambda value, member=member: value.update({member: "x"}), house.signer)
        assert "statement" in house.failed()


def test_a_quantum_key_distribution_run_is_never_accepted(house: Any) -> None:
    edit_payload(house.manifest, lambda value: value["predicate"].update(crypto_mode="qkd"), house.signer)
    assert house.failed() == {"algorithms", "ledger entry"}


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"payload":' * 1000, b" " * (17 << 20)]
)
def test_garbage_in_place_of_a_manifest(house: Any, content: bytes) -> None:
    house.manifest.write_bytes(content)
    assert house.failed() == {"envelope"}


def test_no_folder_at_all(tmp_path: Path) -> None:
    checks = verify_run(tmp_path / "none", tmp_path / "none.jsonl")
    assert {check.name for check in checks if not check.ok} == {"envelope", "ledger chain"}


def test_replayed_facts_need_a_new_entry(house: Any, facts: Any) -> None:
    """The same facts sealed twice give two manifests, since each names its own place in the ledger."""
    first = parse_envelope(house.manifest.read_bytes())
    house.manifest.unlink()
    seal_run(house.run_dir, facts, house.signer, house.ledger)
    assert parse_envelope(house.manifest.read_bytes()).payload != first.payload
    assert house.failed() == set()
