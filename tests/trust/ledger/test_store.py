"""Appending, remembering and reading."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from qlang.trust.errors import LedgerError
from qlang.trust.ledger import schema
from qlang.trust.ledger.entries import MAX_ENTRY, root_text
from qlang.trust.ledger.merkle import EMPTY_ROOT, naive_root, verify_consistency, verify_inclusion
from qlang.trust.ledger.store import KEPT_ANSWERS, MAX_ANSWER, Ledger, open_ledger, open_reader
from tests.trust.ledger.logs import DIGEST, ORIGIN, fill, log_signer, made, run_body, state_note, tampered


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Ledger:
    with open_ledger(path, origin=ORIGIN) as opened:
        yield opened


def test_a_new_ledger_is_empty_and_has_a_name_of_its_own(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "a.sqlite") as one, open_ledger(tmp_path / "b.sqlite") as other:
        assert one.origin.startswith("qlang.local/")
        assert one.origin != other.origin
        assert one.size() == 0
        assert one.root() == EMPTY_ROOT
        assert list(one.entries()) == []


def test_the_name_is_given_once(path: Path, ledger: Ledger) -> None:
    assert ledger.origin == ORIGIN
    with open_ledger(path) as again:
        assert again.origin == ORIGIN
    with pytest.raises(LedgerError, match="is the log"):
        open_ledger(path, origin="example.com/another")


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "-x", "x" * 256, "line\nbreak"])
def test_impossible_names_are_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(LedgerError, match="cannot be the name"):
        open_ledger(tmp_path / "l.sqlite", origin=origin)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_the_file_is_its_owner_s_alone(path: Path) -> None:
    made(path, 1)
    with open_ledger(path) as ledger:
        fill(ledger, 1, start=1)
        modes = {stat.S_IMODE(file.stat().st_mode) for file in path.parent.glob("ledger.sqlite*")}
    assert modes == {0o600}


def test_positions_say_what_comes_before(ledger: Ledger) -> None:
    leaves: list[bytes] = []
    for number in range(9):
        with ledger.transaction() as step:
            assert step.position == ledger.position()
            assert step.position.index == number
            assert step.position.root == root_text(naive_root(leaves))
            leaves.append(step.append("run", run_body(number)).leaf)
            assert step.position.index == number + 1
            assert step.position.root == root_text(naive_root(leaves))


def test_every_proof_at_every_size_holds(ledger: Ledger) -> None:
    leaves = fill(ledger, 20)
    roots = [naive_root(leaves[:size]) for size in range(21)]
    for size in range(21):
        assert ledger.root(size) == roots[size]
        for index in range(size):
            assert verify_inclusion(index, size, leaves[index], ledger.inclusion_proof(index, size), roots[size])
        for old in range(size + 1):
            assert verify_consistency(old, size, ledger.consistency_proof(old, size), roots[old], roots[size])


def test_entries_come_back_as_they_were_written(ledger: Ledger) -> None:
    fill(ledger, 300)
    with ledger.transaction() as step:
        step.append("refusal", {"reasons": ["no"], "at": "2026-11-21T10:00:00Z"})
    entries = list(ledger.entries())
    assert [entry.index for entry in entries] == list(range(301))
    assert entries[7] == ledger.entry(7)
    assert entries[7].body == run_body(7)
    assert [entry.index for entry in ledger.entries(298)] == [298, 299, 300]
    assert [entry.index for entry in ledger.entries(kind="refusal")] == [300]
    assert len(list(ledger.entries(kind="run"))) == 300
    last = ledger.last_entry("run")
    assert last is not None
    assert last.index == 299
    assert ledger.last_entry("policy") is None


@pytest.mark.parametrize("index", [-1, 3, 2**63, 2**70])
def test_what_is_not_there_is_said_so(ledger: Ledger, index: int) -> None:
    fill(ledger, 3)
    with pytest.raises(LedgerError):
        ledger.entry(index)
    with pytest.raises(LedgerError):
        ledger.inclusion_proof(index)
    with pytest.raises(LedgerError):
        ledger.consistency_proof(4 if index == 3 else index)
    with pytest.raises(LedgerError):
        ledger.root(4 if index == 3 else index)


def test_a_failed_transaction_leaves_nothing(ledger: Ledger) -> None:
    fill(ledger, 2)
    before = ledger.position()
    with pytest.raises(RuntimeError, match="stop"), ledger.transaction() as step:
        step.append("run", run_body(2))
        step.remember("q", 2, b"")
        raise RuntimeError("stop")
    assert ledger.position() == before
    assert ledger.recall("q") is None
    fill(ledger, 1, start=2)
    assert ledger.size() == 3


@pytest.mark.parametrize(
    ("kind", "body", "fault"),
    [
        ("gossip", {}, "unknown kind"),
        ("run", {"run_id": "r"}, "without manifest_digest"),
        ("run", {"run_id": "", "manifest_digest": DIGEST}, "run_id of a run entry is not a text"),
        ("run", {"run_id": "r", "manifest_digest": "sha256:0"}, "is not a digest"),
        ("refusal", {"reasons": []}, "is not a list of texts"),
        ("checkpoint", {"size": -1, "root": DIGEST}, "is not a count"),
        ("policy", {"policy_digest": DIGEST, "at": "yesterday"}, "not a time in UTC"),
        ("run", {"run_id": "r", "manifest_digest": DIGEST, "more": "x" * MAX_ENTRY}, "exceeds"),
        ("run", {"run_id": "r", "manifest_digest": DIGEST, "more": 2**53}, "cannot be written"),
        ("run", {"run_id": "r", "manifest_digest": DIGEST, "more": "\ud800"}, "lone surrogate"),
        ("run", {"run_id": "r", "manifest_digest": DIGEST, "more": float("nan")}, "cannot be written"),
    ],
)
def test_only_well_formed_entries_are_written(ledger: Ledger, kind: str, body: dict[str, object], fault: str) -> None:
    with pytest.raises(LedgerError, match=fault), ledger.transaction() as step:
        step.append(kind, body)  # type: ignore[arg-type]  # wrong on purpose
    assert ledger.size() == 0


def test_requests_are_remembered_for_ever_and_answers_for_a_while(ledger: Ledger) -> None:
    count = KEPT_ANSWERS + 3
    with ledger.transaction() as step:
        for number in range(count):
            entry = step.append("run", run_body(number))
            step.remember(f"q{number}", entry.index, f"answer {number}".encode())
            assert step.recall(f"q{number}") is not None
    for number in (0, 2):
        remembered = ledger.recall(f"q{number}")
        assert remembered is not None
        assert (remembered.index, remembered.answer) == (number, None)
    for number in (3, count - 1):
        remembered = ledger.recall(f"q{number}")
        assert remembered is not None
        assert (remembered.index, remembered.answer) == (number, f"answer {number}".encode())
    assert ledger.recall("never asked") is None


@pytest.mark.parametrize("request_id", ["", "x" * 129, "tab\t", "ümlaut"])
def test_impossible_requests_are_not_remembered(ledger: Ledger, request_id: str) -> None:
    with pytest.raises(LedgerError, match="cannot remember"), ledger.transaction() as step:
        step.remember(request_id, step.append("run", run_body(0)).index, b"")


def test_a_request_is_remembered_once_and_for_an_entry_that_exists(ledger: Ledger) -> None:
    fill(ledger, 1)
    with pytest.raises(LedgerError), ledger.transaction() as step:
        step.remember("run:r0", 0, b"another")
    with pytest.raises(LedgerError, match="cannot be the answer"), ledger.transaction() as step:
        step.remember("q", 1, b"")
    with pytest.raises(LedgerError, match="cannot be the answer"), ledger.transaction() as step:
        step.remember("q", 0, b"x" * (MAX_ANSWER + 1))
    remembered = ledger.recall("run:r0")
    assert remembered is not None
    assert remembered.answer == b"answer 0"


def test_two_writers_wait_for_each_other(path: Path, ledger: Ledger) -> None:
    with open_ledger(path, busy_seconds=0.05) as other:
        with ledger.transaction() as step:
            step.append("run", run_body(0))
            assert other.size() == 0  # readers see what is committed
            with pytest.raises(LedgerError, match="in use by another process"), other.transaction():
                pass
        assert other.size() == 1
        fill(other, 1, start=1)
    assert ledger.size() == 2


def test_a_snapshot_is_one_state(path: Path, ledger: Ledger) -> None:
    fill(ledger, 2)
    with open_reader(path) as reader:
        with reader.snapshot():
            assert reader.size() == 2
            fill(ledger, 3, start=2)
            assert reader.size() == 2
            assert len(list(reader.entries())) == 2
        assert reader.size() == 5


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET data = x'00' WHERE idx = 0",
        "DELETE FROM entry WHERE idx = 2",
        "INSERT OR REPLACE INTO entry SELECT * FROM entry WHERE idx = 1",
        "INSERT INTO entry SELECT 7, leaf, kind, data FROM entry WHERE idx = 1",
        "UPDATE node SET hash = zeroblob(32)",
        "DELETE FROM node",
        "INSERT OR REPLACE INTO node VALUES (1, 0, zeroblob(32))",
        "UPDATE meta SET value = 'x'",
        "DELETE FROM checkpoint",
        "UPDATE checkpoint SET size = 1",
        "DELETE FROM request",
        "INSERT OR REPLACE INTO request VALUES ('run:r0', 1)",
    ],
)
def test_the_triggers_stop_honest_mistakes(path: Path, ledger: Ledger, statement: str) -> None:
    fill(ledger, 3)
    with ledger.transaction() as step:
        step.add_checkpoint(state_note(ledger))
    connection = sqlite3.connect(path, isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()


def test_a_reader_cannot_write(path: Path) -> None:
    made(path, 2)
    with open_reader(path) as reader, pytest.raises(LedgerError, match="readonly"):
        reader.database.run("INSERT INTO meta VALUES ('x', 'y')")


def test_a_reader_makes_no_ledger(path: Path) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        open_reader(path)
    with pytest.raises(LedgerError, match="does not exist"):
        open_ledger(path, create=False)
    assert not path.parent.exists()


READ_AS_NOBODY = """
import os, sys
from pathlib import Path
from qlang.trust.ledger.deep import check_ledger_file
if os.geteuid() == 0:  # whom no permission stops
    os.setgid(65534)
    os.setuid(65534)
print([check.detail for check in check_ledger_file(Path(sys.argv[1]), deep=True) if not check.ok])
"""


@pytest.mark.skipif(os.name != "posix", reason="permission bits")
def test_a_ledger_can_be_read_where_nothing_can_be_written() -> None:
    with TemporaryDirectory() as folder:
        path = made(Path(folder) / "ledger.sqlite", 3)
        path.chmod(0o444)
        path.parent.chmod(0o555)
        command = [sys.executable, "-c", READ_AS_NOBODY, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[3])
        path.parent.chmod(0o700)
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_writing_is_durable_and_the_journal_is_a_wal(path: Path) -> None:
    made(path, 1)
    connection = schema.connect(path, write=True, busy_seconds=1)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA trusted_schema").fetchone() == (0,)
    connection.close()


def test_checkpoints_are_kept_and_must_be_true(ledger: Ledger) -> None:
    fill(ledger, 3)
    older = state_note(ledger)
    fill(ledger, 2, start=3)
    newer = state_note(ledger)
    with ledger.transaction() as step:
        step.add_checkpoint(newer)
        step.add_checkpoint(older)
    assert ledger.checkpoints() == [newer, older]
    assert ledger.checkpoints(1) == [older]
    assert ledger.last_checkpoint() == newer
    for wrong, fault in (
        (newer.replace("\n5\n", "\n4\n"), "differs from its checkpoint"),
        (newer.replace("\n5\n", "\n6\n"), "rolled back"),
        (newer.replace(ORIGIN, "example.com/x"), "is not the log"),
        ("nonsense", "damaged checkpoint"),
        ("\ud800", "damaged checkpoint"),
    ):
        with pytest.raises(LedgerError, match=fault), ledger.transaction() as step:
            step.add_checkpoint(wrong)
    assert len(ledger.checkpoints()) == 2


def test_nothing_is_added_to_a_ledger_that_shows_damage(path: Path) -> None:
    made(path, 4)
    tampered(path, {"UPDATE entry SET leaf = zeroblob(32) WHERE idx = 3": ()})
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="leaf hash"), ledger.transaction():
        pass


def test_nothing_is_added_after_a_rollback_below_a_checkpoint(path: Path) -> None:
    made(path, 4)
    with open_ledger(path) as ledger, ledger.transaction() as step:
        step.add_checkpoint(state_note(ledger, log_signer()))
    tampered(path, {"DELETE FROM entry WHERE idx = 3": (), "DELETE FROM node WHERE level = 2 OR idx = 1": ()})
    with open_ledger(path) as ledger, pytest.raises(LedgerError, match="rolled back"), ledger.transaction():
        pass
