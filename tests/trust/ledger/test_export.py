"""The ledger as JSON lines: for anyone, and believed by nobody unchecked."""

import hashlib
import json
from pathlib import Path

import pytest

from qlang.trust.errors import LedgerError
from qlang.trust.ledger.compare import Known
from qlang.trust.ledger.export import check_export, export_ledger, read_export
from qlang.trust.ledger.store import open_ledger, open_reader
from tests.trust.ledger.logs import ORIGIN, fill, log_signer, made, run_body, signed_by, state_note, tampered

SIZE = 13


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made(tmp_path / "ledger.sqlite", 8)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        with ledger.transaction() as step:
            step.add_checkpoint(state_note(ledger))
        fill(ledger, SIZE - 8, start=8)
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def exported(path: Path) -> Path:
    target = path.with_name("ledger.jsonl")
    with open_reader(path) as ledger:
        assert export_ledger(ledger, target) == SIZE
    return target


def failed(path: Path, **options: object) -> dict[str, str]:
    return {check.name: check.detail for check in check_export(path, **options) if not check.ok}  # type: ignore[arg-type]


def test_an_export_is_verified_as_it_stands(path: Path, exported: Path) -> None:
    with open_reader(path) as ledger:
        kept = [Known("now", state_note(ledger).encode()), Known("early", state_note(ledger, size=3).encode())]
    assert failed(exported, known=kept, vouch=signed_by(log_signer().key.public)) == {}
    told = read_export(exported)
    assert (told.origin, len(told.leaves), len(told.notes)) == (ORIGIN, SIZE, 1)


def test_ten_lines_of_anybody_s_code_find_the_root(path: Path, exported: Path) -> None:
    lines = exported.read_bytes().split(b"\n")
    size = json.loads(lines[0])["entries"]
    level = [hashlib.sha256(b"\x00" + line).digest() for line in lines[1 : 1 + size]]
    while len(level) > 1:  # pair by pair, an odd one goes up as it is: the tree of RFC 6962
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in pairs] + level[len(level) & ~1 :]
    with open_reader(path) as ledger:
        assert ledger.root() == level[0]


def test_an_export_never_writes_over_a_file(path: Path, exported: Path) -> None:
    before = exported.read_bytes()
    with open_reader(path) as ledger, pytest.raises(FileExistsError):
        export_ledger(ledger, exported)
    assert exported.read_bytes() == before


def test_a_damaged_ledger_is_not_exported(path: Path) -> None:
    tampered(path, {"UPDATE entry SET leaf = zeroblob(32) WHERE idx = 5": ()})
    target = path.with_name("new.jsonl")
    with open_reader(path) as ledger, pytest.raises(LedgerError, match="entry 5"):
        export_ledger(ledger, target)
    assert not target.exists()


def test_changes_of_an_export_are_found(path: Path, exported: Path) -> None:
    with open_reader(path) as ledger:
        kept = [Known("kept", state_note(ledger).encode())]
    whole = exported.read_bytes()
    lines = whole.split(b"\n")
    swapped = [lines[0], lines[2], lines[1], *lines[3:]]
    cases = {
        "a body": (whole.replace(b'"run_id":"r3"', b'"run_id":"r9"'), "rewritten"),
        "a body after the checkpoint": (whole.replace(b'"run_id":"r10"', b'"run_id":"r99"'), "rewritten"),
        "the order": (b"\n".join(swapped), "rewritten"),
        "one removed": (whole.replace(lines[5] + b"\n", b""), "entry 12: is damaged"),
        "the end cut off": (b"\n".join([lines[0].replace(b"13", b"12"), *lines[1:13], lines[14], b""]), "rolled back"),
        "the name": (whole.replace(b"0123456789abcdef", b"0123456789abcde0", 1), "is of the log"),
        "not canonical": (whole.replace(b'{"body":', b'{ "body":', 1), "not in canonical form"),
        "another kind": (whole.replace(b'"kind":"run"', b'"kind":"fun"', 1), "unknown kind"),
        "truncated": (whole[:700], "is missing"),
        "something behind": (whole + b'{"more":1}\n', "something else than checkpoints"),
        "a checkpoint torn": (whole[:-10], "damaged checkpoint"),
        "empty": (b"", "not an exported ledger"),
        "a huge count": (whole.replace(b'"entries":13', b'"entries":9007199254740991'), "is damaged|is missing"),
        "no newline": (b"{" * (1 << 19), "not an exported ledger"),
    }
    for name, (spoiled, detail) in cases.items():
        exported.write_bytes(spoiled)
        found = " ".join(failed(exported, known=kept).values())
        assert any(part in found for part in detail.split("|")), (name, found)


def test_a_link_is_not_followed(exported: Path) -> None:
    link = exported.with_name("link.jsonl")
    link.symlink_to(exported)
    assert "symbolic link" in failed(link)["ledger export"]


def test_entries_of_every_size_survive(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.sqlite") as ledger:
        with ledger.transaction() as step:
            step.append("run", {**run_body(0), "text": "x" * 65_000})
            step.append("run", {**run_body(1), "text": "é\n\u2028\U0001f600", "number": 1.5, "none": None})
        export_ledger(ledger, tmp_path / "l.jsonl")
        assert read_export(tmp_path / "l.jsonl").leaves == tuple(entry.leaf for entry in ledger.entries())
