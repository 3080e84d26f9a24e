"""The run ledger at 10^5 entries, beside pymerkle's SqliteTree (GPL: in a process of its own)."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Row, milliseconds, report
from qlang.trust.canonical import Json
from qlang.trust.ledger.deep import check_ledger_file
from qlang.trust.ledger.store import Ledger, open_ledger

ENTRIES = 100_000
APPENDS = 300
PROOFS = 500

PEER = """
import json, statistics, sys, time
from pymerkle import SqliteTree
path, entries, appends, proofs = sys.argv[1], *map(int, sys.argv[2:])
def median(act, arguments):
    times = []
    for argument in arguments:
        start = time.perf_counter(); act(argument); times.append(time.perf_counter() - start)
    return statistics.median(times)
tree = SqliteTree(path, algorithm="sha256")
tree.append_entries([sys.stdin.buffer.readline().rstrip(b"\\n") for _ in range(entries)])
append = median(lambda _: tree.append_entry(b"x" * 150), range(appends))
size = tree.get_size()
prove = median(lambda number: tree.prove_inclusion(1 + number * 199 % size, size), range(proofs))
consistency = median(lambda number: tree.prove_consistency(1 + number * 199 % size, size), range(proofs))
print(json.dumps({"append": append, "prove": prove, "consistency": consistency}))
"""


def rows() -> Iterator[Row]:
    with TemporaryDirectory(prefix="qlang-benchmark-") as folder:
        ours, seconds = _ours(Path(folder) / "ledger.sqlite")
        floor = _floor(Path(folder) / "plain")
        peer = _peer(Path(folder) / "pymerkle.sqlite")
    entries = f"ledger of {ENTRIES:,} entries"
    for what, bar, limit in (("append", "≤ 1 ms", 1e-3), ("prove", "≤ 5 ms", 5e-3), ("consistency", "–", None)):
        ratio = peer[what] / ours[what]
        words = {"append": "durable append", "prove": "inclusion proof", "consistency": "consistency proof"}[what]
        told = f"{milliseconds(ours[what])}; pymerkle {milliseconds(peer[what])}: {ratio:.1f} ×"
        yield Row(f"{entries}: {words}, median", bar, told, None if limit is None else ours[what] <= limit)
    yield Row("reference: write 16 KiB and fsync, median", "–", milliseconds(floor), None)
    yield Row(f"{entries}: deep verification", "–", f"{seconds:.1f} s", None)


def _body(number: int) -> dict[str, Json]:
    return {
        "run_id": f"20261121-101500-{number:08}",
        "manifest_digest": f"sha256:{number:064x}",
        "at": "2026-11-21T10:15:00Z",
    }


def _ours(path: Path) -> tuple[dict[str, float], float]:
    with open_ledger(path) as ledger:
        with ledger.transaction() as step:
            for number in range(ENTRIES):
                step.append("run", _body(number))
        append = _median(lambda number: _append(ledger, ENTRIES + number), APPENDS)
        size = ledger.size()
        prove = _median(lambda number: ledger.inclusion_proof(number * 199 % size, size), PROOFS)
        consistency = _median(lambda number: ledger.consistency_proof(1 + number * 199 % size, size), PROOFS)
    start = time.perf_counter()
    checks = check_ledger_file(path, deep=True)
    seconds = time.perf_counter() - start
    if not all(check.ok for check in checks):
        raise RuntimeError(f"the ledger is not sound: {checks}")
    return {"append": append, "prove": prove, "consistency": consistency}, seconds


def _append(ledger: Ledger, number: int) -> None:
    """What the signer does for a run: one transaction, remembered."""
    with ledger.transaction() as step:
        entry = step.append("run", _body(number))
        step.remember(f"run:{number}", entry.index, b"x" * 8000)


def _floor(path: Path) -> float:
    """What the disk takes for one durable write, whoever writes."""
    with path.open("wb", buffering=0) as file:

        def write(_: int) -> None:
            file.write(bytes(16384))
            os.fsync(file.fileno())

        return _median(write, APPENDS)


def _median(act: Callable[[int], object], times: int) -> float:
    taken = []
    for number in range(times):
        start = time.perf_counter()
        act(number)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def _peer(path: Path) -> dict[str, float]:
    lines = b"".join(json.dumps(_body(number)).encode() + b"\n" for number in range(ENTRIES))
    command = [sys.executable, "-c", PEER, str(path), str(ENTRIES), "30", "100"]
    done = subprocess.run(command, input=lines, capture_output=True, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


if __name__ == "__main__":
    report(list(rows()))
