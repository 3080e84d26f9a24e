"""`qlangc ledger`, and two machines that exchange files."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.trust.ledger.proof import parse_proof, verify_proof
from qlang.trust.ledger.store import open_ledger
from tests.conftest import Answer
from tests.trust.ledger.logs import ORIGIN, fill, made, tampered

Command = Callable[..., Answer]
STATE = Path("elsewhere") / "witness.json"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A key store for each test: what is made in it is recorded."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def ledger(in_workspace: Path) -> Path:
    return made(in_workspace / "ledger.sqlite", 5)


@pytest.fixture
def call(qlangc: Command, ledger: Path) -> Command:
    """The command on the ledger of the test, with a key for it; steps of a witness have no ledger."""
    assert qlangc("keys", "create", "--purpose", "ledger-checkpoint", "--algorithm", "ed25519").status == 0

    def run(*arguments: object) -> Answer:
        own = arguments[0] == "witness" and arguments[1] in ("create", "keys", "cosign")
        return qlangc("ledger", *arguments, *([] if own else ["--ledger", ledger]))

    return run


def test_verify_says_what_holds(call: Command, ledger: Path) -> None:
    plain = call("verify")
    assert plain.status == 0
    assert "ok    ledger root: sha256:" in plain.out
    assert "only --deep recomputes" in plain.out
    deep = call("verify", "--deep", "--json").data
    assert deep["ok"]
    assert [check["name"] for check in deep["checks"]][:4] == [
        "ledger file",
        "ledger entries",
        "ledger nodes",
        "ledger requests",
    ]
    tampered(ledger, {"UPDATE entry SET leaf = zeroblob(32) WHERE idx = 2": ()})
    assert call("verify").status == 0  # not the last entry, no checkpoint: a plain check cannot know
    broken = call("verify", "--deep")
    assert broken.status == 1
    assert "FAIL  ledger entries: entry 2 does not match its leaf hash" in broken.out
    assert "ledger is NOT sound" in broken.out


def test_a_checkpoint_is_signed_kept_and_recorded(call: Command, ledger: Path) -> None:
    told = call("checkpoint", "--json").data
    assert (told["origin"], told["size"]) == (ORIGIN, 5)
    assert told["note"].startswith(f"{ORIGIN}\n5\n")
    shown = call("show", "--json").data
    assert [entry["kind"] for entry in shown["entries"]][-2:] == ["run", "checkpoint"]
    assert shown["entries"][-1]["body"]["root"] == told["root"]
    deep = call("verify", "--deep")
    assert deep.status == 0
    assert "1 compared, signed by trusted keys" in deep.out
    Path("kept").write_text(told["note"], encoding="utf-8")
    assert "ok    older checkpoint kept: continued: size 5" in call("verify", "--checkpoint", "kept").out
    ledger.unlink()
    made(ledger, 9, start=50)
    forked = call("verify", "--checkpoint", "kept")
    assert forked.status == 1
    assert "FAIL  older checkpoint kept: rewritten: the first 5 entries" in forked.out


def test_without_a_key_nothing_is_signed(qlangc: Command, ledger: Path) -> None:
    answer = qlangc("ledger", "checkpoint", "--ledger", ledger)
    assert answer.status == 2
    assert "a first run makes one" in answer.err
    with open_ledger(ledger) as opened:
        assert opened.size() == 5


def test_show_lists_and_shows(call: Command) -> None:
    listed = call("show", "--limit", 2)
    assert listed.out.splitlines()[1:] == ["    3  run   r3", "    4  run   r4"]
    assert json.loads(call("show", 3).out)["body"]["run_id"] == "r3"
    assert call("show", "--kind", "policy", "--json").data["entries"] == []
    assert call("show", 5).status == 2
    assert call("show", "--limit", 0).status == 2


def test_a_receipt_proves_an_entry(call: Command, ledger: Path) -> None:
    early = call("proof", 4)
    assert early.status == 2
    assert "`qlangc ledger checkpoint` makes one" in early.err
    call("checkpoint")
    assert call("proof", 4, "-o", "receipt").status == 0
    assert call("verify", "--checkpoint", "receipt").status == 0
    proof = parse_proof(Path("receipt").read_bytes())
    vkeys = call("witness", "log-keys").out.splitlines()
    from qlang.trust.ledger.notes import parse_vkey

    with open_ledger(ledger) as opened:
        assert verify_proof(proof, opened.entry(4).leaf, map(parse_vkey, vkeys))
    assert call("proof", 99).status == 2


def test_consistency_is_printed(call: Command) -> None:
    told = call("consistency", 3, "--json").data
    assert (told["old"], told["size"], len(told["path"])) == (3, 5, 4)
    assert len(call("consistency", 3, 4).out.splitlines()) == 3
    assert call("consistency", 6).status == 1


def test_an_export_is_verified_by_itself(call: Command) -> None:
    call("checkpoint")
    assert call("export", "all.jsonl").status == 0
    checked = call("verify", "--from", "all.jsonl")
    assert checked.status == 0
    assert f"ok    ledger export: {ORIGIN}, 6 entries" in checked.out
    assert call("export", "all.jsonl").status == 2
    assert call("verify", "--from", "all.jsonl", "--deep").status == 2
    text = Path("all.jsonl").read_text(encoding="utf-8")
    Path("all.jsonl").write_text(text.replace('"r2"', '"rX"'), encoding="utf-8")
    assert "rewritten" in call("verify", "--from", "all.jsonl").out


def test_receipts_of_runs_are_older_checkpoints(call: Command, ledger: Path) -> None:
    call("checkpoint")
    run = ledger.parent / "runs" / "r4"
    run.mkdir(parents=True)
    call("proof", 4, "-o", run / "receipt.tlog-proof")
    assert "ok    older receipt of run r4: continued: size 5, entry 4" in call("verify").out
    ledger.unlink()
    made(ledger, 3)
    assert "FAIL  older receipt of run r4: rolled back: 3 entries" in call("verify", "--deep").out


def test_two_machines_exchange_files(call: Command, ledger: Path, qlangc: Command) -> None:
    STATE.parent.mkdir()
    call("checkpoint")
    assert call("witness", "log-keys", "-o", "log.vkey").status == 0
    assert call("witness", "create", "--name", "w.example/1", "--log-key", "log.vkey", "--state", STATE).status == 0
    assert "no key for `witness`" in call("witness", "keys", "--state", STATE).err
    assert qlangc("keys", "create", "--purpose", "witness", "--algorithm", "ml-dsa-44").status == 0
    assert call("witness", "keys", "--state", STATE, "-o", "w.vkey").status == 0
    exchange(call)
    assert "witness" in call("show").out
    with open_ledger(ledger) as opened:
        fill(opened, 4, start=20)
    call("checkpoint")
    exchange(call)  # from where the ledger says the witness is
    assert call("verify", "--deep").status == 0
    stale = call("witness", "cosign", "--state", STATE, "request")
    assert stale.status == 1
    assert "ask again with `--old" in stale.err
    refused_fork(call, ledger)


def exchange(call: Command) -> None:
    assert call("witness", "request", "-o", "request").status == 0
    cosigned = call("witness", "cosign", "--state", STATE, "request", "-o", "answer")
    assert cosigned.status == 0, cosigned.err
    added = call("witness", "add", "answer", "--witness-key", "w.vkey")
    assert added.status == 0, added.err
    assert "— w.example/1 " in added.out


def refused_fork(call: Command, ledger: Path) -> None:
    """The owner of the log rewrites it, with the log's own key."""
    ledger.unlink()
    made(ledger, 30, start=100)
    call("checkpoint")
    seen = json.loads(STATE.read_text(encoding="utf-8"))["note"].split("\n")[1]
    call("witness", "request", "--old", seen, "-o", "request")
    refused = call("witness", "cosign", "--state", STATE, "request")
    assert refused.status == 1
    assert "not cosigned: fork" in refused.err
    assert list(STATE.parent.glob("witness.json.fork-*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "--checkpoint", "nowhere"),
        ("verify", "--keys", "nowhere"),
        ("witness", "add", "nowhere", "--witness-key", "nowhere"),
        ("witness", "cosign", "nowhere", "--state", "nowhere"),
        ("witness", "create", "--name", "w", "--log-key", "nowhere", "--state", "s"),
        ("witness", "request"),
    ],
)
def test_mistakes_are_told_in_a_sentence(call: Command, arguments: tuple[str, ...]) -> None:
    answer = call(*arguments)
    assert answer.status in (1, 2)
    assert answer.err.startswith("error: ")
    assert "Traceback" not in answer.err


def test_where_there_is_no_ledger(qlangc: Command) -> None:
    for action in (("show",), ("proof", 0), ("export", "x"), ("checkpoint",)):
        answer = qlangc("ledger", *action)
        assert answer.status == 1
        assert "there is no ledger" in answer.err
    assert "does not exist" in qlangc("ledger", "verify").out
