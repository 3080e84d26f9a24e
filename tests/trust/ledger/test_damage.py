"""Files that are no ledgers, are damaged, or were made by an attacker."""

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from qlang.trust.errors import LedgerError
from qlang.trust.ledger.compare import Known
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.store import open_ledger, open_reader
from tests.trust.ledger.logs import ORIGIN, fill, forced, made, run_body, state_note

Spoil = Callable[[Path], None]


def patched(offset: int, data: bytes) -> Spoil:
    def spoil(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return spoil


def truncated(size: int) -> Spoil:
    return lambda path: os.truncate(path, size)


def replaced(data: bytes) -> Spoil:
    return lambda path: path.write_bytes(data) and None


def executed(*statements: str) -> Spoil:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    return spoil


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def with_linked_journal(path: Path) -> None:
    path.with_name("prey").write_bytes(b"")
    path.with_name(f"{path.name}-wal").symlink_to(path.with_name("prey"))


def with_rollback_journal(path: Path) -> None:
    path.with_name(f"{path.name}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504))


SPOILED: dict[str, tuple[Spoil, str]] = {
    "missing": (Path.unlink, "does not exist"),
    "empty": (truncated(0), "is empty"),
    "zeros": (replaced(bytes(8192)), "is not a SQLite file"),
    "short": (truncated(60), "is not a SQLite file"),
    "text": (replaced(b"index,kind\n" * 100), "is not a SQLite file"),
    "truncated": (truncated(4096), "damaged"),
    "half a page": (truncated(4096 * 3 + 100), "damaged"),
    "page size": (patched(16, b"\x00\x03"), "not a database|damaged"),
    "schema page": (patched(100, bytes(200)), "damaged|schema"),
    "random page": (patched(4096, random.Random(1).randbytes(4096 * 6)), "damaged|schema|missing"),
    "symbolic link": (linked, "symbolic link"),
    "folder": (as_folder, "not a plain file|directory"),
    "pipe": (as_pipe, "not a plain file"),
    "linked journal": (with_linked_journal, "ledger.sqlite-wal is not a plain file"),
    "rollback journal": (with_rollback_journal, "rollback journal"),
    "other application": (executed("PRAGMA application_id = 1"), "not a ledger"),
    "newer version": (executed("PRAGMA user_version = 2"), "schema version 2"),
    "more tables": (executed("CREATE TABLE more (x)"), "another schema"),
    "a view": (executed("CREATE VIEW v AS SELECT load_extension('x')"), "another schema"),
    "a trigger": (executed("CREATE TRIGGER t AFTER INSERT ON entry BEGIN SELECT 1; END"), "another schema"),
    "no trigger": (executed("DROP TRIGGER entry_no_update"), "another schema"),
    "an index": (executed("CREATE INDEX i ON entry (leaf)"), "another schema"),
    "analysed": (executed("ANALYZE"), "another schema"),
    "rewritten schema": (
        executed(
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_schema SET sql = replace(sql, 'append-only', 'append-on1y') WHERE name = 'entry_no_delete'",
        ),
        "another schema",
    ),
    "no name": (
        executed(
            "DROP TRIGGER meta_no_delete",
            "DELETE FROM meta",
            "CREATE TRIGGER meta_no_delete BEFORE DELETE ON meta "
            "BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END",
        ),
        "has no name",
    ),
    "two names": (executed("INSERT INTO meta VALUES ('more', 'x')"), "has no name"),
}


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
@pytest.mark.parametrize("case", SPOILED)
def test_what_is_no_ledger_is_refused(tmp_path: Path, case: str) -> None:
    spoil, reason = SPOILED[case]
    path = made(tmp_path / "ledger.sqlite", 40)
    spoil(path)
    checks = check_ledger_file(path, deep=True)
    assert not checks[0].ok
    assert str(path) in checks[0].detail
    with pytest.raises(LedgerError, match=reason), open_reader(path) as reader:
        list(reader.entries())
    with (
        pytest.raises(LedgerError, match=reason),
        open_ledger(path, create=False) as ledger,
        ledger.transaction() as step,
    ):
        list(ledger.entries())
        step.append("run", run_body(40))


def test_a_rollback_journal_is_refused_for_writing(tmp_path: Path) -> None:
    path = made(tmp_path / "ledger.sqlite", 3)
    executed("PRAGMA journal_mode = DELETE")(path)
    with pytest.raises(LedgerError, match="not in WAL mode"):
        open_ledger(path)


def test_a_deleted_ledger_is_not_made_anew_beside_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path) as ledger:
        fill(ledger, 3)
        path.unlink()
        with pytest.raises(LedgerError, match=r"ledger\.sqlite-wal is there"):
            open_ledger(path)


def test_what_a_killed_maker_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    for suffix in ("", "-journal", "-wal"):
        path.with_name(f".ledger.sqlite.new{suffix}").write_bytes(b"half")
    with open_ledger(path) as ledger:
        assert ledger.size() == 0
    assert not path.with_name(".ledger.sqlite.new").exists()


def test_without_its_journal_a_ledger_is_an_older_one(tmp_path: Path) -> None:
    """Not visible in the file itself, and said so in the documentation: a checkpoint kept elsewhere shows it."""
    path, copy = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    made(path, 5)
    with open_ledger(path) as ledger:
        fill(ledger, 5, start=5)
        kept = Known("kept", state_note(ledger).encode())
        copy.write_bytes(path.read_bytes())  # without ledger.sqlite-wal, which holds the last five
    checks = {check.name: check for check in check_ledger_file(copy, deep=True, known=[kept])}
    assert checks["ledger entries"].ok
    assert not checks["older checkpoint kept"].ok
    assert "rolled back: 5 entries, but the checkpoint has 10" in checks["older checkpoint kept"].detail


def test_damage_in_the_journal_loses_no_whole_transaction_silently_wrong(tmp_path: Path) -> None:
    """SQLite stops at the first bad frame: what is read is a true, shorter ledger or an error."""
    path, copy = tmp_path / "ledger.sqlite", tmp_path / "copy.sqlite"
    made(path, 2)
    with open_ledger(path) as ledger:
        fill(ledger, 10, start=2)
        whole = [entry.leaf for entry in ledger.entries()]
        main, journal = path.read_bytes(), path.with_name("ledger.sqlite-wal").read_bytes()
    rng = random.Random(7)
    for _ in range(60):
        spoiled = bytearray(journal)
        spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
        for name in ("copy.sqlite-wal", "copy.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        copy.write_bytes(main)
        (tmp_path / "copy.sqlite-wal").write_bytes(spoiled)
        if all(check.ok for check in check_ledger_file(copy, deep=True)):
            with open_reader(copy) as reader:
                leaves = [entry.leaf for entry in reader.entries()]
            assert leaves == whole[: len(leaves)]


def test_no_flipped_bit_changes_an_entry_unseen(tmp_path: Path) -> None:
    """Random bit flips anywhere in the file: whatever is called sound has all its entries, and nothing crashes."""
    path = made(tmp_path / "ledger.sqlite", 60)
    with open_ledger(path) as ledger:
        with ledger.transaction() as step:
            step.add_checkpoint(state_note(ledger))
        whole = list(ledger.entries())
    original = path.read_bytes()
    rng, seen = random.Random(20261121), 0
    spoiled_path = tmp_path / "spoiled.sqlite"
    for _ in range(400):
        spoiled = bytearray(original)
        at = rng.randrange(len(spoiled))
        spoiled[at] ^= 1 << rng.randrange(8)
        spoiled_path.write_bytes(spoiled)
        checks = check_ledger_file(spoiled_path, deep=True)
        if all(check.ok for check in checks):
            with open_reader(spoiled_path) as reader:
                assert list(reader.entries()) == whole
                assert reader.origin == ORIGIN
        else:
            seen += 1
        for suffix in ("-wal", "-shm"):
            spoiled_path.with_name(f"spoiled.sqlite{suffix}").unlink(missing_ok=True)
    assert seen > 100  # most pages of the file carry data


def test_rows_of_the_wrong_type_are_refused(tmp_path: Path) -> None:
    cases = {
        "UPDATE node SET hash = CAST(x'ff' || substr(hash, 2) AS TEXT) WHERE level = 1 AND idx = 0": "not UTF-8",
        "UPDATE request SET idx = 'seven' WHERE id = 'run:r3'": "request",
        "UPDATE meta SET value = x'31'": "name",
        "UPDATE entry SET data = 5 WHERE idx = 2": "no data",
        "UPDATE entry SET data = CAST(x'7b' AS TEXT) WHERE idx = 2": "no data",
    }
    for number, (statement, word) in enumerate(cases.items()):
        path = made(tmp_path / f"{number}.sqlite", 8)
        with forced(path) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(statement)
        details = " ".join(check.detail for check in check_ledger_file(path, deep=True) if not check.ok)
        assert word in details, (statement, details)
