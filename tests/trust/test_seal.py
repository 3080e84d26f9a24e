"""Sealing run folders: what is covered, what is refused, what a kill leaves behind."""

import base64
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from qlang.trust.canonical import sha256_digest
from qlang.trust.errors import (
    FileRefused,
    JsonRefused,
    KeyFormatError,
    LedgerError,
    ManifestError,
    PolicyRefused,
    QkdUnavailable,
    SealError,
    TrustError,
)
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.store import open_reader
from qlang.trust.manifest import RunFacts, parse_statement
from qlang.trust.seal import seal_run
from qlang.trust.signing.request import ManifestRequest, SignedManifest

HYBRID = ("ed25519", "ml-dsa-65")


def payload(path: Path) -> bytes:
    return base64.b64decode(json.loads(path.read_bytes())["payload"])


def entries(ledger: Path, kind: str) -> list[Any]:
    with open_reader(ledger) as opened:
        return list(opened.entries(kind=kind))


def test_what_the_statement_says(empty_house: Any, facts: RunFacts) -> None:
    empty_house.seal("r0")
    sealed = empty_house.seal("r1")
    assert sealed.envelope_path == empty_house.manifest
    raw = payload(sealed.envelope_path)
    assert sealed.manifest_digest == sha256_digest(raw)
    statement = json.loads(raw)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://qlang.dev/run/v1"
    assert [subject["name"] for subject in statement["subject"]] == ["plan.mlir", "results.json", "source.qjob"]
    predicate = statement["predicate"]
    assert predicate["seed"] == "18446744073709551615"
    assert (predicate["custody"], predicate["pqc_suite"]) == ("development", "ml-dsa-65")
    first, second = entries(empty_house.ledger, "run")
    assert predicate["ledger"]["index"] == sealed.ledger_index == second.index == first.index + 1
    with open_reader(empty_house.ledger) as ledger:
        assert predicate["ledger"]["root"] == f"sha256:{ledger.root(second.index).hex()}"
    assert second.body["manifest_digest"] == sealed.manifest_digest
    assert second.body["run_id"] == "r1"
    assert parse_statement(raw).predicate.facts == facts


def test_later_and_hidden_files_and_folders_stay_unsigned(empty_house: Any, facts: RunFacts) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / "samples.npz").write_bytes(b"bulk")
    (run_dir / ".progress").write_bytes(b"")
    (run_dir / "cache").mkdir()
    (run_dir / "receipt.tlog-proof").write_bytes(b"of an earlier attempt")
    sealed = seal_run(run_dir, facts, HYBRID, empty_house.signer)
    (run_dir / "trace.json").write_bytes(b"[]")
    names = set(parse_statement(payload(sealed.envelope_path)).subjects)
    assert names == {"plan.mlir", "results.json", "source.qjob", "samples.npz"}
    assert empty_house.receipt.read_bytes().startswith(b"c2sp.org/tlog-proof@v1\n")


@pytest.mark.parametrize("name", ["plan.mlir", "results.json", "source.qjob"])
def test_an_incomplete_folder(empty_house: Any, facts: RunFacts, name: str) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / name).unlink()
    with pytest.raises(SealError, match=name):
        seal_run(run_dir, facts, HYBRID, empty_house.signer)
    assert not empty_house.ledger.exists()


@pytest.mark.parametrize("name", ["two words", "ö", "-x", "a\nb", "dot."])
def test_odd_file_names(empty_house: Any, facts: RunFacts, name: str) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / name).touch()
    with pytest.raises(SealError, match="plain file name"):
        seal_run(run_dir, facts, HYBRID, empty_house.signer)


def test_a_link_in_the_folder(empty_house: Any, facts: RunFacts) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / "link").symlink_to("/etc/hostname")
    with pytest.raises(FileRefused, match="link"):
        seal_run(run_dir, facts, HYBRID, empty_house.signer)


def test_sealing_twice(empty_house: Any, facts: RunFacts) -> None:
    empty_house.seal("r1")
    with pytest.raises(SealError, match="already"):
        seal_run(empty_house.run_dir, facts, HYBRID, empty_house.signer)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"seed": "1.5"}, ManifestError),
        ({"created_at": "2024-11-21 10:00:00"}, ManifestError),
        ({"created_at": "2024-13-21T10:00:00Z"}, ManifestError),
        ({"created_at": "9024-11-21T10:00:00Z"}, PolicyRefused),
        ({"plan_hash": "5" * 64}, ManifestError),
        ({"kernel_digest": "sha1:55"}, ManifestError),
        ({"run_id": ""}, ManifestError),
        ({"run_id": "../r1"}, ManifestError),
        ({"methods_applied": ({"shots": 2**60},)}, JsonRefused),
        ({"methods_applied": ({"overhead": float("nan")},)}, JsonRefused),
        ({"labels": {"a": "\ud800"}}, JsonRefused),
        ({"labels": {"a": 1}}, ManifestError),
        ({"labels": {"a": "x" * 70_000}}, ManifestError),
        ({"tenant": None}, ManifestError),
        ({"tenant": "x" * 70_000}, ManifestError),
        ({"methods_applied": ({"text": "x" * 100_000},)}, ManifestError),
        ({"crypto_mode": "qkd"}, QkdUnavailable),
        ({"crypto_mode": "rot13"}, ManifestError),
    ],
    ids=lambda item: str(item)[:40],
)
def test_malformed_facts_leave_no_run_behind(
    empty_house: Any, facts: RunFacts, change: dict[str, Any], error: type[TrustError]
) -> None:
    run_dir = empty_house.new_run("r1")
    before = sorted(run_dir.iterdir())
    with pytest.raises(error):
        seal_run(run_dir, replace(facts, **change), HYBRID, empty_house.signer)
    assert sorted(run_dir.iterdir()) == before
    assert entries(empty_house.ledger, "run") == []


@pytest.mark.parametrize(
    ("algorithms", "error", "words"),
    [
        (("ed25519",), PolicyRefused, "post-quantum"),
        ((), ManifestError, "algorithms"),
        (("ed25519", "ed25519"), ManifestError, "algorithms"),
        (("ed25519", "ml-dsa-65", "rot13"), KeyFormatError, "rot13"),
    ],
)
def test_the_algorithms_must_serve_the_mode(
    empty_house: Any, algorithms: tuple[str, ...], error: type[TrustError], words: str
) -> None:
    with pytest.raises(error, match=words):
        empty_house.seal("r0", algorithms)
    refused = entries(empty_house.ledger, "refusal")
    assert words in refused[-1].body["reasons"][0]
    sealed = empty_house.seal("r1", ("ed25519",), crypto_mode="classical")
    assert json.loads(payload(sealed.envelope_path))["predicate"]["pqc_suite"] is None


def test_a_run_folder_that_cannot_be_written(empty_house: Any, facts: RunFacts, tmp_path: Path) -> None:
    with pytest.raises(SealError):
        seal_run(tmp_path / "absent", facts, HYBRID, empty_house.signer)
    run_dir = empty_house.new_run("r1")
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError):
        seal_run(run_dir, facts, HYBRID, replace(empty_house.signer, ledger=tmp_path / "file" / "ledger.sqlite"))
    assert not empty_house.manifest.exists()


def test_a_damaged_ledger_stops_the_seal(house: Any, facts: RunFacts) -> None:
    house.ledger.write_bytes(house.ledger.read_bytes()[:3000])
    run_dir = house.new_run("r3")
    with pytest.raises(LedgerError):
        seal_run(run_dir, facts, HYBRID, house.signer)
    assert len(list(run_dir.iterdir())) == 3


def test_an_answer_about_another_run_is_not_written(house: Any, facts: RunFacts) -> None:
    class Confused:
        def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
            signed: SignedManifest = house.signer.sign_manifest(
                replace(request, facts=replace(request.facts, run_id="other"))
            )
            return signed

    run_dir = house.new_run("r3")
    with pytest.raises(SealError, match="something else"):
        seal_run(run_dir, replace(facts, run_id="r3"), HYBRID, Confused())
    assert len(list(run_dir.iterdir())) == 3


KILLED = """
import json, os, signal, sys
from dataclasses import replace
from pathlib import Path
from qlang.trust import seal
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.ledger.store import Transaction
from qlang.trust.manifest import RunFacts
sys.path.insert(0, sys.argv[5])
from tests.trust.signing.local import LocalSigner

root, keys, state, moment = (Path(text) for text in sys.argv[1:5])
facts = RunFacts(**json.loads(sys.stdin.readline()))
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if moment.name == 'after-commit':
    seal.commit = die
else:
    setattr(Transaction, moment.name, die)
signer = LocalSigner(root, root / 'ledger.sqlite', KeyPaths(keys, state))
seal.seal_run(root / 'r1', replace(facts, run_id='r1'), ('ed25519', 'ml-dsa-65'), signer)
"""
ROOT = str(Path(__file__).parents[2])


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("moment", ["append", "add_checkpoint", "remember", "after-commit"])
def test_kill_9_leaves_an_unfinished_run_that_can_be_sealed(empty_house: Any, facts: RunFacts, moment: str) -> None:
    before = empty_house.seal("r0").ledger_index
    run_dir, keys = empty_house.new_run("r1"), empty_house.keys
    arguments = [str(item) for item in (empty_house.root, keys.store, keys.state, moment, ROOT)]
    given = json.dumps(asdict(facts)).encode()
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], input=given, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not empty_house.manifest.exists()
    recorded = len(entries(empty_house.ledger, "run"))
    assert recorded == (2 if moment == "after-commit" else 1)
    sealed = seal_run(run_dir, replace(facts, methods_applied=({"method": "none"},)), HYBRID, empty_house.signer)
    assert sealed.ledger_index == before + 1
    assert [entry.body["run_id"] for entry in entries(empty_house.ledger, "run")] == ["r0", "r1"]
    assert all(check.ok for check in check_ledger_file(empty_house.ledger, deep=True))
