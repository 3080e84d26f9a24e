"""Several processes, killed processes, many entries, and an implementation that we did not write."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.merkle import verify_consistency, verify_inclusion
from qlang.trust.ledger.store import open_ledger, open_reader
from tests.trust.ledger.logs import fill, run_body

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from pathlib import Path
from qlang.trust.ledger.store import open_ledger
from tests.trust.ledger.logs import run_body
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
with open_ledger(path, busy_seconds=120) as ledger:
    for number in range(count):
        with ledger.transaction() as step:
            entry = step.append("run", {**run_body(number), "run_id": f"{name}-{number}"})
            step.remember(f"{name}-{number}", entry.index, b"done")
        sys.stdout.write(f"{entry.index} {number}\\n")
        sys.stdout.flush()
"""

# pymerkle is under the GPL: it runs in a process of its own, and nothing of it is imported here.
ORACLE = """
import sys
from pymerkle import InmemoryTree
tree = InmemoryTree(algorithm="sha256")
for line in sys.stdin.buffer:
    tree.append_entry(bytes.fromhex(line.decode()))
print(tree.get_state().hex())
"""


def python(source: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", source, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, **options)  # type: ignore[call-overload,no-any-return]  # as given


def oracle_root(lines: list[bytes]) -> bytes:
    done = subprocess.run(
        [sys.executable, "-c", ORACLE], input=b"".join(lines), capture_output=True, check=True, timeout=300
    )
    return bytes.fromhex(done.stdout.decode())


def data_lines(path: Path) -> list[bytes]:
    with open_reader(path) as ledger:
        rows = ledger.database.each("SELECT data FROM entry ORDER BY idx")
        return [row[0].hex().encode() + b"\n" for row in rows if isinstance(row[0], bytes)]


def whole(path: Path) -> list[str]:
    """The run ids of a ledger that a deep check finds sound."""
    assert [check for check in check_ledger_file(path, deep=True) if not check.ok] == []
    with open_reader(path) as ledger:
        return [str(entry.body["run_id"]) for entry in ledger.entries()]


def written_by(path: Path, writers: int, count: int) -> None:
    started = [python(WRITER, path, f"w{number}", count) for number in range(writers)]
    answers = [process.communicate(timeout=600)[0].decode().split() for process in started]
    assert [process.returncode for process in started] == [0] * writers
    ids = whole(path)
    assert len(ids) == len(set(ids)) == writers * count
    for number, words in enumerate(answers):
        for index, entry in zip(words[::2], words[1::2], strict=True):
            assert ids[int(index)] == f"w{number}-{entry}"  # every acknowledged entry is where it was said to be


def test_two_processes_write_without_gap_or_duplicate(tmp_path: Path) -> None:
    written_by(tmp_path / "ledger.sqlite", 2, 40)


@pytest.mark.slow
def test_four_processes_write_a_thousand_entries_each(tmp_path: Path) -> None:
    written_by(tmp_path / "ledger.sqlite", 4, 1000)


def killed_rounds(path: Path, rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    acknowledged: dict[str, int] = {}
    for turn in range(rounds):
        process = python(WRITER, path, f"k{turn}", 1_000_000)
        assert process.stdout is not None
        for _ in range(rng.randrange(1, 30)):
            index, number = process.stdout.readline().split()
            acknowledged[f"k{turn}-{int(number)}"] = int(index)
        process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0]
        for line in rest.splitlines(keepends=True):
            if line.endswith(b"\n"):  # the last one may be torn
                index, number = line.split()
                acknowledged[f"k{turn}-{int(number)}"] = int(index)
        assert process.returncode == -signal.SIGKILL
        if turn % 10 == 9 or turn == rounds - 1:
            ids = whole(path)
            assert len(ids) == len(set(ids))
    for run_id, index in acknowledged.items():
        assert ids[index] == run_id
    with open_reader(path) as ledger:
        for run_id, index in acknowledged.items():
            remembered = ledger.recall(run_id)
            assert remembered is not None
            assert remembered.index == index


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    killed_rounds(tmp_path / "ledger.sqlite", 3, 1)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_fifty_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    killed_rounds(tmp_path / "ledger.sqlite", 50, 2)


@pytest.mark.parametrize("size", [1, 2, 3, 64, 65, 200])
def test_the_root_is_that_of_another_implementation(tmp_path: Path, size: int) -> None:
    path = tmp_path / "ledger.sqlite"
    with open_ledger(path) as ledger, ledger.transaction() as step:
        for number in range(size):
            step.append("run", run_body(number))
    with open_reader(path) as ledger:
        assert ledger.root() == oracle_root(data_lines(path))


@pytest.mark.slow
def test_a_hundred_thousand_entries(tmp_path: Path) -> None:
    path, size = tmp_path / "ledger.sqlite", 100_000
    with open_ledger(path) as ledger:
        with ledger.transaction() as step:
            for number in range(size - 10):
                step.append("run", run_body(number))
        fill(ledger, 10, start=size - 10)
        assert ledger.root() == oracle_root(data_lines(path))
        rng = random.Random(3)
        for index in (0, size - 1, *(rng.randrange(size) for _ in range(200))):
            assert verify_inclusion(index, size, ledger.entry(index).leaf, ledger.inclusion_proof(index), ledger.root())
        for old in (1, size - 1, *(rng.randrange(1, size) for _ in range(200))):
            proof = ledger.consistency_proof(old)
            assert verify_consistency(old, size, proof, ledger.root(old), ledger.root())
    assert [check for check in check_ledger_file(path, deep=True) if not check.ok] == []
