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
from qlang.trust.chained_ledger import check_chain
from qlang.trust.errors import (
    FileRefused,
    JsonRefused,
    LedgerError,
    ManifestError,
    SealError,
    TrustError,
)
from qlang.trust.keys.development import KeyPaths, development_signer
from qlang.trust.manifest import RunFacts, parse_statement
from qlang.trust.seal import seal_run
from qlang.trust.verify import verify_run


def payload(path: Path) -> bytes:
    return base64.b64decode(json.loads(path.read_bytes())["payload"])


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
    assert predicate["custody"] == "development"
    assert predicate["pqc_suite"] == "ml-dsa-65"
    assert predicate["ledger"]["index"] == sealed.ledger_index == 1
    entries = [json.loads(line) for line in empty_house.ledger.read_text().splitlines()]
    assert predicate["ledger"]["previous_entry_digest"] == entries[0]["digest"]
    assert entries[1]["body"]["manifest_digest"] == sealed.manifest_digest
    assert entries[1]["body"]["run_id"] == "r1"
    assert parse_statement(raw).predicate.facts == facts


def test_later_and_hidden_files_and_folders_stay_unsigned(empty_house: Any, facts: RunFacts) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / "samples.npz").write_bytes(b"bulk")
    (run_dir / ".progress").write_bytes(b"")
    (run_dir / "cache").mkdir()
    sealed = seal_run(run_dir, facts, empty_house.signer, empty_house.ledger)
    (run_dir / "trace.json").write_bytes(b"[]")
    names = set(parse_statement(payload(sealed.envelope_path)).subjects)
    assert names == {"plan.mlir", "results.json", "source.qjob", "samples.npz"}
    note = empty_house.verify()["note unsigned files"]
    assert note.ok
    assert all(name in note.detail for name in (".progress", "cache", "trace.json"))


@pytest.mark.parametrize("name", ["plan.mlir", "results.json", "source.qjob"])
def test_an_incomplete_folder(empty_house: Any, facts: RunFacts, name: str) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / name).unlink()
    with pytest.raises(SealError, match=name):
        seal_run(run_dir, facts, empty_house.signer, empty_house.ledger)
    assert not empty_house.ledger.exists()


@pytest.mark.parametrize("name", ["two words", "ö", "-x", "a\nb", "dot."])
def test_odd_file_names(empty_house: Any, facts: RunFacts, name: str) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / name).touch()
    with pytest.raises(SealError, match="plain file name"):
        seal_run(run_dir, facts, empty_house.signer, empty_house.ledger)


def test_a_link_in_the_folder(empty_house: Any, facts: RunFacts) -> None:
    run_dir = empty_house.new_run("r1")
    (run_dir / "link").symlink_to("/etc/hostname")
    with pytest.raises(FileRefused, match="link"):
        seal_run(run_dir, facts, empty_house.signer, empty_house.ledger)


def test_sealing_twice(empty_house: Any, facts: RunFacts) -> None:
    empty_house.seal("r1")
    with pytest.raises(SealError, match="already"):
        seal_run(empty_house.run_dir, facts, empty_house.signer, empty_house.ledger)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"seed": "1.5"}, ManifestError),
        ({"created_at": "2026-11-21 10:00:00"}, ManifestError),
        ({"created_at": "2026-13-21T10:00:00Z"}, ManifestError),
        ({"plan_hash": "5" * 64}, ManifestError),
        ({"kernel_digest": "sha1:55"}, ManifestError),
        ({"run_id": ""}, ManifestError),
        ({"methods_applied": ({"shots": 2**60},)}, JsonRefused),
        ({"methods_applied": ({"overhead": float("nan")},)}, JsonRefused),
        ({"labels": {"a": "\ud800"}}, JsonRefused),
        ({"labels": {"a": 1}}, ManifestError),
        ({"tenant": None}, ManifestError),
        ({"methods_applied": ({"text": "x" * (13 << 20)},)}, SealError),
        ({"crypto_mode": "qkd"}, SealError),
        ({"crypto_mode": "rot13"}, SealError),
        ({"labels": {"a": "x" * 70_000}, "tenant": "x" * 70_000}, LedgerError),
    ],
    ids=lambda item: str(item)[:40],
)
def test_malformed_facts_leave_nothing_behind(
    empty_house: Any, facts: RunFacts, change: dict[str, Any], error: type[TrustError]
) -> None:
    run_dir = empty_house.new_run("r1")
    before = sorted(run_dir.iterdir())
    with pytest.raises(error):
        seal_run(run_dir, replace(facts, **change), empty_house.signer, empty_house.ledger)
    assert sorted(run_dir.iterdir()) == before
    assert not empty_house.ledger.exists() or empty_house.ledger.read_bytes() == b""


def test_the_signer_must_serve_the_mode(empty_house: Any, facts: RunFacts, key_paths: KeyPaths) -> None:
    classical = development_signer(key_paths, ("ed25519",))
    with pytest.raises(SealError, match="post-quantum"):
        empty_house.seal("r0", classical)
    sealed = empty_house.seal("r1", classical, crypto_mode="classical")
    predicate = json.loads(payload(sealed.envelope_path))["predicate"]
    assert predicate["pqc_suite"] is None
    assert empty_house.failed() == set()


def test_a_run_folder_that_cannot_be_written(empty_house: Any, facts: RunFacts, tmp_path: Path) -> None:
    with pytest.raises(SealError):
        seal_run(tmp_path / "absent", facts, empty_house.signer, empty_house.ledger)
    run_dir = empty_house.new_run("r1")
    (tmp_path / "file").touch()
    with pytest.raises(SealError):
        seal_run(run_dir, facts, empty_house.signer, tmp_path / "file" / "ledger.jsonl")
    assert not empty_house.manifest.exists()


def test_a_damaged_ledger_stops_the_seal(house: Any, facts: RunFacts) -> None:
    house.ledger.write_bytes(house.ledger.read_bytes()[:-3] + b"?}\n")
    run_dir = house.new_run("r3")
    with pytest.raises(LedgerError):
        seal_run(run_dir, facts, house.signer, house.ledger)
    assert len(list(run_dir.iterdir())) == 3


KILLED = """
import json, os, signal, sys
from dataclasses import replace
from pathlib import Path
from qlang.trust import seal
from qlang.trust.keys.development import KeyPaths, development_signer
from qlang.trust.chained_ledger import LockedLedger
from qlang.trust.manifest import RunFacts

root, keys, state, moment = (Path(text) for text in sys.argv[1:])
facts = RunFacts(**json.loads(sys.stdin.readline()))
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
if moment.name == 'before-append':
    LockedLedger.append = die
else:
    seal.commit = die
signer = development_signer(KeyPaths(keys, state), ('ed25519', 'ml-dsa-65'))
seal.seal_run(root / 'r1', replace(facts, run_id='r1'), signer, root / 'ledger.jsonl')
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("moment", ["before-append", "after-append"])
def test_kill_9_leaves_an_unfinished_run_that_can_be_sealed(
    empty_house: Any, facts: RunFacts, key_paths: KeyPaths, moment: str
) -> None:
    empty_house.seal("r0")
    run_dir = empty_house.new_run("r1")
    arguments = [str(item) for item in (empty_house.root, key_paths.store, key_paths.state, moment)]
    given = json.dumps(asdict(facts)).encode()
    done = subprocess.run([sys.executable, "-c", KILLED, *arguments], input=given, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert not empty_house.manifest.exists()
    assert "envelope" in empty_house.failed()
    assert all(check.ok for check in check_chain(empty_house.ledger))
    sealed = seal_run(run_dir, facts, empty_house.signer, empty_house.ledger)
    assert sealed.ledger_index == (1 if moment == "before-append" else 2)
    assert empty_house.failed() == set()


SEALER = """
import json, sys
from dataclasses import replace
from pathlib import Path
from qlang.trust.keys.development import KeyPaths, development_signer
from qlang.trust.manifest import RunFacts
from qlang.trust.seal import seal_run

root, keys, state = (Path(text) for text in sys.argv[1:4])
facts = RunFacts(**json.loads(sys.stdin.readline()))
signer = development_signer(KeyPaths(keys, state), ('ed25519', 'ml-dsa-65'))
for run_id in sys.argv[4:]:
    seal_run(root / run_id, replace(facts, run_id=run_id), signer, root / 'ledger.jsonl')
"""


def test_four_processes_seal_into_one_ledger(empty_house: Any, facts: RunFacts, key_paths: KeyPaths) -> None:
    empty_house.seal("r0")
    groups = [[f"w{worker}-{number}" for number in range(5)] for worker in range(4)]
    run_ids = [run_id for group in groups for run_id in group]
    for run_id in run_ids:
        empty_house.new_run(run_id)
    folders = [str(empty_house.root), str(key_paths.store), str(key_paths.state)]
    workers = [
        subprocess.Popen([sys.executable, "-c", SEALER, *folders, *group], stdin=subprocess.PIPE, text=True)
        for group in groups
    ]
    for worker in workers:
        assert worker.stdin
        worker.stdin.write(json.dumps(asdict(facts)) + "\n")  # all start at once
        worker.stdin.flush()
    for worker in workers:
        worker.communicate(timeout=60)
        assert worker.returncode == 0
    for run_id in ["r0", *run_ids]:
        checks = verify_run(empty_house.root / run_id, empty_house.ledger, None, empty_house.signer.public_keys)
        assert [check for check in checks if not check.ok] == []
