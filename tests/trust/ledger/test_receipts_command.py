"""`qlangc` in a project with runs: what happens to their proofs when keys of the log end and witnesses come."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.trust.ledger.proof import parse_proof
from qlang.trust.ledger.store import open_ledger
from tests.conftest import Answer

Command = Callable[..., Answer]
RUNS = Path(".qlang") / "runs"
LEDGER = Path(".qlang") / "ledger.sqlite"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A key store for each test."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def project(qlangc: Command) -> Command:
    """The command in a project with one hybrid run."""
    assert qlangc("init").status == 0
    run(qlangc)
    return qlangc


def run(call: Command, *arguments: str, status: int = 0) -> Answer:
    answer = call("run", "bell.qjob", "--crypto", "hybrid", *arguments)
    assert answer.status == status, answer.err
    return answer


def ok(call: Command, *arguments: object) -> Answer:
    answer = call(*arguments)
    assert answer.status == 0, answer.out + answer.err
    return answer


def log_key(call: Command, algorithm: str) -> str:
    keys = json.loads(ok(call, "keys", "list", "--json").out)["keys"]
    (found,) = [key for key in keys if key["purpose"] == "ledger-checkpoint" and key["algorithm"] == algorithm]
    return str(found["key_id"])


def receipts() -> list[tuple[int, list[str]]]:
    """Size and names of signers of each run's receipt, the oldest first."""
    proofs = [parse_proof(path.read_bytes()) for path in sorted(RUNS.glob("*/receipt.tlog-proof"))]
    return [(proof.checkpoint.size, [line.name for line in proof.note.signatures]) for proof in proofs]


@pytest.mark.parametrize("reason", ["retired", "superseded"])
@pytest.mark.parametrize("algorithm", ["ed25519", "ml-dsa-44"])
def test_a_key_of_the_log_that_ends_right_after_a_run(algorithm: str, reason: str, project: Command) -> None:
    """A checkpoint of N entries says nothing of entry N, the revocation."""
    ok(project, "keys", "revoke", log_key(project, algorithm), "--reason", reason, "--yes")
    ok(project, "verify", "last")
    ok(project, "ledger", "verify", "--deep")


@pytest.mark.parametrize(("behind", "link"), [(0, "ledger"), (1, "checkpoint")])
def test_a_key_of_the_log_that_was_stolen_at_an_entry(behind: int, link: str, project: Command) -> None:
    """The run's checkpoint covers its entry and none behind it; but a receipt alone shows not even that."""
    (entry,) = json.loads(ok(project, "ledger", "show", "--kind", "run", "--json").out)["entries"]
    with open_ledger(LEDGER) as ledger, ledger.transaction() as step:
        step.append("refusal", {"reasons": ["one entry more"]})
    since = str(entry["index"] + behind)
    for algorithm in ("ed25519", "ml-dsa-44"):
        key = log_key(project, algorithm)
        ok(project, "keys", "revoke", key, "--reason", "compromised", "--since-entry", since, "--yes")
    broken = json.loads(project("verify", "last", "--json").out)["first_broken"]
    assert broken["link"] == link
    assert project("ledger", "verify", "--deep").status == (1 if link == "ledger" else 0)


def test_receipts_are_written_anew_after_a_theft(project: Command) -> None:
    """The stolen key of the log is followed by another one, which vouches for the past."""
    old = log_key(project, "ml-dsa-44")
    ok(project, "keys", "revoke", old, "--reason", "compromised", "--since", "2024-01-01T00:00:00Z", "--yes")
    refused = project("verify", "last")
    assert refused.status == 1
    assert "a hybrid run needs the log's signature by a post-quantum algorithm" in refused.out
    assert "`qlangc ledger receipts`" in refused.out
    stays = json.loads(ok(project, "ledger", "receipts", "--json").out)
    assert stays["renewed"] == []
    assert "post-quantum" in stays["left"][0]["reason"]
    ok(project, "keys", "create", "--purpose", "ledger-checkpoint", "--algorithm", "ml-dsa-44")
    ok(project, "ledger", "checkpoint", "-o", "checkpoint.txt")
    (name,) = [path.name for path in RUNS.iterdir()]
    assert json.loads(ok(project, "ledger", "receipts", "--json").out) == {
        "schema": "qlang.ledger/1",
        "renewed": [name],
        "left": [],
    }
    ok(project, "verify", "last")
    assert json.loads(ok(project, "ledger", "receipts", "--json").out)["renewed"] == []


def test_a_receipt_that_was_lost(project: Command) -> None:
    (receipt,) = RUNS.glob("*/receipt.tlog-proof")
    before = receipt.read_bytes()
    receipt.unlink()
    assert project("verify", "last").status == 1
    assert "1 receipts written anew" in ok(project, "ledger", "receipts").err
    assert receipt.read_bytes() == before
    assert receipt.stat().st_mode & 0o777 == 0o644


def test_a_ledger_of_before_gets_its_second_key(project: Command) -> None:
    """Its receipts are by one key; a hybrid run needs both kinds."""
    (receipt,) = RUNS.glob("*/receipt.tlog-proof")
    lines = receipt.read_text().splitlines(keepends=True)
    receipt.write_text("".join(lines[:-1]))  # as the log wrote it with an Ed25519 key only
    for path in (Path.home() / ".qlang" / "keys").glob("*ledger-checkpoint.ml-dsa-44*"):
        path.unlink()
    first = receipt.parent.name
    assert "needs the log's signature by a post-quantum algorithm" in project("verify", first).out
    run(project)
    assert [len(names) for _, names in receipts()] == [1, 2]
    ok(project, "verify", "last")
    ok(project, "ledger", "receipts")
    ok(project, "verify", first)


def cosign(call: Command) -> None:
    """One round with the witness."""
    ok(call, "ledger", "checkpoint", "-o", "checkpoint.txt")
    ok(call, "ledger", "witness", "request", "-o", "request")
    ok(call, "ledger", "witness", "cosign", "--state", "w.json", "request", "-o", "answer")
    ok(call, "ledger", "witness", "add", "answer", "--witness-key", "w.vkey", "-o", "cosigned")


def test_a_policy_that_demands_a_witness(project: Command, tmp_path: Path) -> None:
    """A new run is genuine once the witness has seen it; its receipt then says so wherever it goes."""
    ok(project, "ledger", "witness", "log-keys", "-o", "log.vkey")
    ok(project, "ledger", "witness", "create", "--name", "w.example/1", "--log-key", "log.vkey", "--state", "w.json")
    ok(project, "keys", "create", "--purpose", "witness", "--algorithm", "ml-dsa-44")
    ok(project, "ledger", "witness", "keys", "--state", "w.json", "-o", "w.vkey")
    vkey = Path("w.vkey").read_text().strip()
    rules = f'schema = 1\n[witnesses]\nkeys = ["{vkey}"]\nthreshold = 1\n'
    Path("qlang-policy.toml").write_text(rules)
    run(project)
    refused = json.loads(project("verify", "last", "--json").out)["first_broken"]
    assert refused["check"] == "witnesses"
    assert "qlangc ledger witness add" in refused["help"]
    before = sorted((path, path.read_bytes()) for path in RUNS.glob("*/receipt.tlog-proof"))
    cosign(project)
    assert all("w.example/1" in names for _, names in receipts())
    elsewhere = tmp_path / "elsewhere"
    for number, (path, old) in enumerate(before):
        ok(project, "verify", path.parent.name)
        shutil.copytree(path.parent, elsewhere / f"new-{number}")
        ok(project, "verify", elsewhere / f"new-{number}")
        path.write_bytes(old)
        ok(project, "verify", path.parent.name)  # the ledger has the cosigned checkpoint
        shutil.copytree(path.parent, elsewhere / f"old-{number}")
        assert project("verify", elsewhere / f"old-{number}").status == 1
    run(project)
    assert project("verify", "last").status == 1, "the witness has not seen it yet"
    cosign(project)
    ok(project, "verify", "last")


def test_a_run_of_another_ledger_keeps_its_receipt(project: Command) -> None:
    (receipt,) = RUNS.glob("*/receipt.tlog-proof")
    kept = receipt.read_bytes()
    LEDGER.unlink()
    for path in LEDGER.parent.glob("ledger.sqlite-*"):
        path.unlink()
    shutil.move(RUNS, "aside")
    run(project)
    shutil.copytree(Path("aside") / receipt.parent.name, receipt.parent)
    answer = ok(project, "ledger", "receipts")
    assert f"the receipt of run {receipt.parent.name} stays as it is: it is recorded in" in answer.err
    assert receipt.read_bytes() == kept
