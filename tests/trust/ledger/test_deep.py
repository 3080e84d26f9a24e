"""What each way of tampering looks like to a check, deep and plain."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.trust.canonical import canonical_json
from qlang.trust.checks import Check
from qlang.trust.ledger.compare import Known
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.entries import entry_data
from qlang.trust.ledger.merkle import RunningRoot, leaf_hash
from qlang.trust.ledger.proof import dump_proof
from qlang.trust.ledger.store import open_ledger
from tests.trust.ledger.logs import (
    ORIGIN,
    fill,
    forced,
    log_signer,
    made,
    run_body,
    signed_by,
    state_note,
    tampered,
    witness_signer,
)

SIZE = 23
OTHER = entry_data("run", {**run_body(0), "run_id": "forged"})
TRUSTED = signed_by(log_signer().key.public)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with a stored checkpoint in the middle."""
    made(tmp_path / "ledger.sqlite", 15)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.transaction() as step:
            step.add_checkpoint(state_note(ledger))
        fill(ledger, SIZE - 15, start=15)
    return tmp_path / "ledger.sqlite"


def failed(path: Path, **options: object) -> dict[str, str]:
    checks: tuple[Check, ...] = check_ledger_file(path, **options)  # type: ignore[arg-type]  # names vary
    return {check.name: check.detail for check in checks if not check.ok}


def rewritten(path: Path, index: int, data: bytes) -> None:
    """Replace an entry and make every stored hash fit it: what whoever owns the file can do."""
    with forced(path) as connection:
        connection.execute("UPDATE entry SET data = ? WHERE idx = ?", (data, index))
        connection.execute("DELETE FROM node")
        tree = RunningRoot()
        for number, body in connection.execute("SELECT idx, data FROM entry ORDER BY idx").fetchall():
            connection.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (leaf_hash(body), number))
            connection.executemany("INSERT INTO node VALUES (?, ?, ?)", tree.add(leaf_hash(body)))


def test_an_untouched_ledger_is_sound(path: Path) -> None:
    assert failed(path, deep=True, vouch=TRUSTED) == {}
    assert failed(path, deep=False, vouch=TRUSTED) == {}


CASES: dict[str, tuple[dict[str, tuple[object, ...]], str, str]] = {
    "a body": (
        {"UPDATE entry SET data = ? WHERE idx = 9": (OTHER,)},
        "ledger entries",
        "entry 9 does not match its leaf hash",
    ),
    "a body and its leaf": (
        {"UPDATE entry SET data = ?, leaf = ? WHERE idx = 9": (OTHER, leaf_hash(OTHER))},
        "ledger nodes",
        "the node over entries 8 to 9 does not match",
    ),
    "a leaf": ({"UPDATE entry SET leaf = zeroblob(32) WHERE idx = 4": ()}, "ledger entries", "entry 4 does not match"),
    "a body that is no JSON": (
        {"UPDATE entry SET data = x'7b' WHERE idx = 3": ()},
        "ledger entries",
        "entry 3 does not match",
    ),
    "a kind in the list": (
        {"UPDATE entry SET kind = 'policy' WHERE idx = 6": ()},
        "ledger entries",
        "entry 6 is listed under another kind",
    ),
    "a node": (
        {"UPDATE node SET hash = zeroblob(32) WHERE level = 3 AND idx = 1": ()},
        "ledger nodes",
        "the node over entries 8 to 15 does not match",
    ),
    "a node removed": (
        {"DELETE FROM node WHERE level = 2 AND idx = 2": ()},
        "ledger nodes",
        "the node over entries 8 to 11 is missing",
    ),
    "a node too many": ({"INSERT INTO node VALUES (9, 9, zeroblob(32))": ()}, "ledger nodes", "20 nodes, 19 expected"),
    "an entry removed": ({"DELETE FROM entry WHERE idx = 12": ()}, "ledger entries", "entry 12 is missing"),
    "an entry moved": ({"UPDATE entry SET idx = 99 WHERE idx = 22": ()}, "ledger entries", "entry 22 is missing"),
    "the name": ({"UPDATE meta SET value = 'example.com/x'": ()}, "ledger checkpoints", "is of the log"),
    "a checkpoint's size": (
        {"UPDATE checkpoint SET size = 14, note = replace(note, ?, ?)": ("\n15\n", "\n14\n")},
        "ledger checkpoints",
        "checkpoint 0 (size 14): rewritten",
    ),
    "a checkpoint beyond the end": (
        {"UPDATE checkpoint SET size = 24, note = replace(note, ?, ?)": ("\n15\n", "\n24\n")},
        "ledger checkpoints",
        "rolled back: 23 entries, but the checkpoint has 24",
    ),
    "a checkpoint's signature": (
        {"UPDATE checkpoint SET note = substr(note, 1, length(note) - 6) || 'AAAA=' || char(10)": ()},
        "ledger checkpoints",
        "checkpoint 0",
    ),
    "a checkpoint listed elsewhere": (
        {"UPDATE checkpoint SET size = 3": ()},
        "ledger checkpoints",
        "is listed under another size",
    ),
    "a request for nothing": (
        {"INSERT INTO request VALUES ('x', 1000)": ()},
        "ledger requests",
        "an entry that does not exist",
    ),
    "an answer for nothing": (
        {"INSERT INTO answer (id, answer) VALUES ('x', x'00')": ()},
        "ledger requests",
        "never remembered",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_deep_check_names_what_was_changed(path: Path, case: str) -> None:
    statements, name, detail = CASES[case]
    tampered(path, statements)
    found = failed(path, deep=True, vouch=TRUSTED)
    assert detail in found.get(name, ""), found


@pytest.mark.parametrize("index", [0, 7, 14])
def test_a_consistent_rewrite_contradicts_the_stored_checkpoint(path: Path, index: int) -> None:
    rewritten(path, index, OTHER)
    detail = "checkpoint 0 (size 15): rewritten: the first 15 entries are not those of the checkpoint"
    for deep in (False, True):
        assert failed(path, deep=deep) == {"ledger checkpoints": detail}


def test_a_rewrite_with_a_new_checkpoint_shows_only_to_who_kept_the_old_one(path: Path) -> None:
    with open_ledger(path) as ledger:
        kept = ledger.checkpoints()[0]
    rewritten(path, 3, OTHER)
    tampered(path, {"DELETE FROM checkpoint": ()})
    with open_ledger(path) as ledger, ledger.transaction() as step:
        step.add_checkpoint(state_note(ledger))  # whoever has the key can sign it
    assert failed(path, deep=True, vouch=TRUSTED) == {}
    found = failed(path, deep=True, known=[Known("kept", kept.encode())])
    assert "rewritten: the first 15 entries" in found["older checkpoint kept"]


def cut(path: Path, size: int) -> None:
    """Roll back to a smaller, perfectly consistent ledger."""
    with forced(path) as connection:
        connection.execute("DELETE FROM entry WHERE idx >= ?", (size,))
        connection.execute("DELETE FROM node WHERE (idx + 1) << level > ?", (size,))
        connection.execute("DELETE FROM request WHERE idx >= ?", (size,))
        connection.execute("DELETE FROM answer WHERE id NOT IN (SELECT id FROM request)")


def receipt(path: Path, index: int, size: int) -> bytes:
    with open_ledger(path) as ledger:
        return dump_proof(index, ledger.inclusion_proof(index, size), state_note(ledger, size=size)).encode()


def cosigned(path: Path) -> bytes:
    with open_ledger(path) as ledger:
        return state_note(ledger, log_signer(), witness_signer()).encode()


@pytest.mark.parametrize(
    ("name", "keep"),
    [
        ("older checkpoint x", cosigned),
        ("older receipt x", lambda path: receipt(path, 20, 21)),
    ],
)
def test_a_rollback_shows_to_whoever_kept_something(path: Path, name: str, keep: Callable[[Path], bytes]) -> None:
    known = [Known("x", keep(path))]
    assert failed(path, deep=True, known=known, vouch=TRUSTED) == {}
    cut(path, 17)
    assert failed(path, deep=True, vouch=TRUSTED) == {}
    for deep in (False, True):
        assert "rolled back: 17 entries" in failed(path, deep=deep, known=known)[name]


def test_a_fork_shows_to_whoever_kept_something(path: Path) -> None:
    known = [Known("x", cosigned(path))]
    cut(path, 20)
    with open_ledger(path) as ledger:
        fill(ledger, 9, start=100)
    assert failed(path, deep=True, vouch=TRUSTED) == {}
    assert "rewritten: the first 23 entries" in failed(path, deep=True, known=known)["older checkpoint x"]


def test_a_receipt_names_its_entry(path: Path) -> None:
    known = [Known("x", receipt(path, 4, 9))]
    assert failed(path, deep=False, known=known) == {}
    tampered(path, {"UPDATE entry SET data = ?, leaf = ? WHERE idx = 4": (OTHER, leaf_hash(OTHER))})
    assert "entry 4 is not the one that the receipt was given for" in failed(path, known=known)["older receipt x"]


def test_checkpoints_of_strangers_count_for_nothing(path: Path) -> None:
    stranger = signed_by(log_signer(number=1).key.public)
    assert "no known key signed" in failed(path, deep=True, vouch=stranger)["ledger checkpoints"]
    only_witness = signed_by(witness_signer().key.public)
    found = failed(path, deep=True, known=[Known("x", cosigned(path))], vouch=only_witness)
    assert "not signed by a trusted key of " + ORIGIN in found["older checkpoint x"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\xff" * 50, b"c2sp.org/tlog-proof@v1\nindex -1\n\nx\n"])
def test_kept_things_that_are_none_are_said_so(path: Path, data: bytes) -> None:
    assert len(failed(path, known=[Known("x", data)])) == 1


def test_entries_that_say_their_request_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path, origin=ORIGIN) as ledger, ledger.transaction() as step:
        for number in range(3):
            entry = step.append("run", {**run_body(number), "request_id": f"q{number}"})
            step.remember(f"q{number}", entry.index, b"")
    assert failed(path, deep=True) == {}
    tampered(path, {"UPDATE request SET idx = 2 WHERE id = 'q1'": ()})
    assert failed(path, deep=True) == {"ledger requests": "entry 1 is not what request 'q1' is remembered for"}


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (canonical_json({"kind": "gossip", "body": {}}), "unknown kind"),
        (canonical_json({"kind": "run", "body": {"run_id": "r"}}), "run entry without manifest_digest"),
        (b'{"kind":"run","body":{}}', "not in canonical form"),
        (b'{"body":{},"kind":"run","more":1}', "not a ledger entry"),
        (b'{"body":{},"kind":"run","kind":"run"}', "duplicate key"),
        (b"[" * 5000, "nested deeper"),
    ],
)
def test_malformed_entries_are_found_behind_true_hashes(tmp_path: Path, data: bytes, detail: str) -> None:
    path = made(tmp_path / "ledger.sqlite", 6)
    rewritten(path, 5, data)
    found = failed(path, deep=True)["ledger entries"]
    assert found.startswith("entry 5")
    assert detail in found
