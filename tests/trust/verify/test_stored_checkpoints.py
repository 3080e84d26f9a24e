"""Signature lines of stored checkpoints: each is by a key that the ledger's entries record."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.trust.ledger.notes import parse_note
from tests.trust.verify.house import broken, build


def _rename(line: str) -> str:
    return line.replace("qlang.local/", "qlang.loca1/", 1)


def _other_key(line: str) -> str:
    head, _, value = line.rpartition(" ")
    return f"{head} {'B' if value[0] != 'B' else 'C'}{value[1:]}"


@pytest.mark.parametrize("spoil", [_rename, _other_key])
@pytest.mark.parametrize("number", [0, 1])
def test_a_line_that_was_spoiled_is_not_passed_over(tmp_path: Path, spoil: Callable[[str], str], number: int) -> None:
    house = build(tmp_path / "house")
    with sqlite3.connect(house.ledger) as connection:
        ((row, note),) = connection.execute("SELECT number, note FROM checkpoint ORDER BY number LIMIT 1").fetchall()
        ((name, sql),) = connection.execute(
            "SELECT name, sql FROM sqlite_schema"
            " WHERE type = 'trigger' AND tbl_name = 'checkpoint' AND sql LIKE '%UPDATE%'"
        ).fetchall()
        text, _, lines = note.rpartition("\n\n")
        spoiled = lines.splitlines()
        spoiled[number] = spoil(spoiled[number])
        changed = f"{text}\n\n" + "".join(f"{line}\n" for line in spoiled)
        connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE checkpoint SET note = ? WHERE number = ?", (changed, row))
        connection.execute(sql)
    connection.close()
    assert len(parse_note(changed.encode()).signatures) == 2, "still a note, with one good signature"
    checks = house.verify()
    assert broken(checks) == ("ledger", "ledger checkpoints")
    assert any("by a key that no entry records" in check.detail for check in checks)
