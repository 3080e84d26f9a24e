import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qlang.trust.chained_ledger import (
    GENESIS,
    MAX_LINE,
    append_entry,
    check_chain,
    locked_ledger,
    scan_chain,
)
from qlang.trust.errors import JsonRefused, LedgerError


def entries(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def chain_ok(path: Path) -> bool:
    return all(check.ok for check in check_chain(path))


def fault(path: Path) -> str:
    (check,) = check_chain(path)
    assert not check.ok
    assert check.name == "ledger chain"
    return check.detail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "ledger.jsonl"
    for number in range(3):
        append_entry(path, "run", {"number": number})
    return path


def test_entries_are_numbered_and_linked(path: Path) -> None:
    first, second, third = entries(path)
    assert [entry["index"] for entry in (first, second, third)] == [0, 1, 2]
    assert [first["previous"], second["previous"]] == [GENESIS, first["digest"]]
    assert third["previous"] == second["digest"]
    assert chain_ok(path)
    report = scan_chain(path, wanted=1)
    assert report.entries == 3
    assert report.wanted and report.wanted.body == {"number": 1}


def test_position_is_known_before_the_append(path: Path) -> None:
    with locked_ledger(path) as ledger:
        position = ledger.position
        entry = ledger.append("run", {})
        assert (entry.index, entry.previous) == (position.index, position.previous) == (3, entry.previous)
        assert ledger.append("run", {}).previous == entry.digest
    assert chain_ok(path)


def test_an_absent_or_empty_ledger(tmp_path: Path) -> None:
    assert fault(tmp_path / "none").endswith("does not exist")
    (tmp_path / "empty").touch()
    assert chain_ok(tmp_path / "empty")
    assert append_entry(tmp_path / "empty", "run", {}).index == 0


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_changed_body_names_its_entry(path: Path, index: int) -> None:
    path.write_bytes(path.read_bytes().replace(b'"number":%d' % index, b'"number":7'))
    assert fault(path).startswith(f"entry {index}: digest")


def test_a_removed_entry(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    assert fault(path) == "entry 1: is numbered 2"


def test_a_rewritten_entry_breaks_the_link_after_it(path: Path, tmp_path: Path) -> None:
    """Someone who recomputes digests must rewrite all that follows."""
    forged = tmp_path / "forged"
    append_entry(forged, "run", {"number": 0})
    append_entry(forged, "run", {"number": 99})
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + forged.read_bytes().splitlines(keepends=True)[1] + lines[2])
    assert fault(path).startswith("entry 2: previous is")


@pytest.mark.parametrize(
    "line", [b"\n", b"x\n", b"[]\n", b"{}\n", b"\0" * 100 + b"\n", b"[" * 5000 + b"\n", b"a" * 200_000 + b"\n"]
)
def test_garbage_is_reported_and_never_extended(path: Path, line: bytes) -> None:
    path.write_bytes(path.read_bytes() + line)
    before = path.read_bytes()
    assert fault(path).startswith("entry 3: ")
    with pytest.raises(LedgerError):
        append_entry(path, "run", {})
    assert path.read_bytes() == before


@pytest.mark.parametrize("respell", [lambda line: line.replace(b":", b": ", 1), lambda line: b" " + line])
def test_only_the_canonical_spelling_is_accepted(path: Path, respell: object) -> None:
    assert callable(respell)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + respell(lines[1]) + lines[2])
    assert "canonical" in fault(path)


@pytest.mark.parametrize("kept", [1, 20, 100, -1])
def test_a_torn_last_line_is_repaired_and_recorded(path: Path, kept: int) -> None:
    whole = path.read_bytes()
    last = whole.splitlines(keepends=True)[2]
    torn = last[:kept]
    path.write_bytes(whole[: -len(last)] + torn)
    chain, note = check_chain(path)
    assert chain.ok
    assert note.name == "note ledger tail"
    assert append_entry(path, "run", {"number": 3}).index == 3
    assert chain_ok(path)
    repair = entries(path)[2]
    assert repair["kind"] == "repair"
    assert isinstance(repair["body"], dict)
    assert repair["body"]["removed_bytes"] == len(torn)


def test_a_torn_line_longer_than_its_repair(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"x" * 5000)
    append_entry(path, "run", {})
    assert chain_ok(path)
    assert [entry["kind"] for entry in entries(path)] == ["run"] * 3 + ["repair", "run"]


def test_a_torn_first_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(b'{"body"')
    assert append_entry(path, "run", {}).index == 1
    assert chain_ok(path)


def test_limits(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="exceeds"):
        append_entry(path, "run", {"text": "x" * MAX_LINE})
    with pytest.raises(JsonRefused):
        append_entry(path, "run", {"number": 2**60})
    assert path.read_bytes() == before
    room = MAX_LINE - len(before.splitlines(keepends=True)[2]) - len('"text":""') + len('"number":2')
    append_entry(path, "run", {"text": "x" * room})  # a line of exactly the limit
    assert len(path.read_bytes().splitlines(keepends=True)[3]) == MAX_LINE
    assert append_entry(path, "run", {}).index == 4
    assert chain_ok(path)


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_a_pipe_in_place_of_a_ledger_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "plain file" in fault(tmp_path / "pipe")
    with pytest.raises(LedgerError, match="plain file"):
        append_entry(tmp_path / "pipe", "run", {})


@pytest.mark.skipif(os.name != "posix", reason="sparse files")
def test_appending_reads_only_the_tail(tmp_path: Path) -> None:
    """Whatever lies before the last lines is never looked at, so the cost cannot depend on it."""
    path = tmp_path / "ledger"
    append_entry(path, "run", {})
    line = path.read_bytes()
    with path.open("wb") as file:
        file.seek(1 << 40)  # a hole of a tebibyte
        try:
            file.write(b"\n" + line)
        except OSError:
            pytest.skip("no sparse files of this size here")
    started = time.process_time()
    assert append_entry(path, "run", {}).index == 1
    assert time.process_time() - started < 2


WRITER = """
import sys
from pathlib import Path
from qlang.trust.chained_ledger import append_entry
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    entry = append_entry(Path(sys.argv[1]), "run", {"writer": sys.argv[2], "number": number})
    print(entry.index, entry.digest, flush=True)
"""


def start_writer(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), name, str(count)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def release(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin
    writer.stdin.write("\n")
    writer.stdin.flush()


def test_four_writers_without_gap_or_duplicate(tmp_path: Path) -> None:
    path, count = tmp_path / "ledger", 50
    writers = [start_writer(path, str(name), count) for name in range(4)]
    for writer in writers:
        release(writer)
    acknowledged = [line.split() for writer in writers for line in writer.communicate(timeout=60)[0].splitlines()]
    recorded = entries(path)
    assert chain_ok(path)
    assert len(recorded) == 4 * count
    assert sorted(acknowledged) == sorted([str(entry["index"]), entry["digest"]] for entry in recorded)
    for name in range(4):
        bodies = [entry["body"] for entry in recorded]
        own = [body["number"] for body in bodies if isinstance(body, dict) and body["writer"] == str(name)]
        assert own == list(range(count))


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_kill_9_while_appending_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Each round kills a writer after a different number of acknowledgements, in the midst of the next append."""
    path = tmp_path / "ledger"
    acknowledged: list[list[str]] = []
    for round_ in range(8):
        writer = start_writer(path, str(round_), 100_000)
        release(writer)
        assert writer.stdout
        acknowledged += [writer.stdout.readline().split() for _ in range(3 + 5 * round_)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [
            line.split() for line in writer.communicate(timeout=60)[0].splitlines(keepends=True) if line.endswith("\n")
        ]
    append_entry(path, "run", {})
    assert chain_ok(path)
    recorded = {str(entry["index"]): entry["digest"] for entry in entries(path)}
    assert len(acknowledged) >= 8 * 3
    assert all(recorded[index] == digest for index, digest in acknowledged)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("written", [0, 1, 80, 10_000])
def test_kill_9_within_a_write(tmp_path: Path, written: int) -> None:
    """The process dies after a part of the line has reached the file."""
    path = tmp_path / "ledger"
    append_entry(path, "run", {"number": 0})
    script = (
        "import os, signal, sys; from pathlib import Path; import qlang.trust.chained_ledger as ledger\n"
        "def die(descriptor, data):\n"
        "    os.write(descriptor, data[:int(sys.argv[2])])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "ledger.write_all = die\n"
        "ledger.append_entry(Path(sys.argv[1]), 'run', {'number': 1})"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path), str(written)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert scan_chain(path).fault is None
    last = append_entry(path, "run", {"number": 2})
    assert chain_ok(path)
    torn = 0 < written < 10_000
    assert [entry["kind"] for entry in entries(path)].count("repair") == torn
    assert last.index == (1 if written == 0 else 2)
