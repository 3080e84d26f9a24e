"""The front end: lines parsed in a second, a check of 1,000 lines, a file of 100,000 lines, beside others' readers."""

import json
import sys
from time import process_time

from benchmarks.measure import Place, Row, cold, fresh_place, milliseconds, qlangc, report, run, run_and_weigh
from benchmarks.programs import gates, ordinary

LINES = 100_000
REFERENCE_LINES = 2_000
"""Of the reference parser, which would take minutes for more."""

QISKIT = """\
import json
from pathlib import Path
from time import process_time
from qiskit import qasm2
text = Path("large.qasm").read_text()
begin = process_time()
qasm2.loads(text)
print(json.dumps(process_time() - begin))
"""
REFERENCE = """\
import json
from pathlib import Path
from time import process_time
import openqasm3
text = Path("ordinary.qasm").read_text()
begin = process_time()
openqasm3.parse(text)
print(json.dumps(process_time() - begin))
"""


def best(work: object, times: int = 5) -> float:
    """Fewest CPU seconds of several calls."""
    assert callable(work)
    found = []
    for _ in range(times):
        begin = process_time()
        work()
        found.append(process_time() - begin)
    return min(found)


def rows() -> list[Row]:
    with fresh_place() as place:
        large, small = gates(LINES), ordinary(REFERENCE_LINES)
        (place.workspace / "large.qasm").write_text(large)
        (place.workspace / "ordinary.qasm").write_text(small)
        wrong = large.splitlines()
        wrong[LINES // 2] = "cx q[0] q[1];"
        (place.workspace / "wrong.qasm").write_text("\n".join(wrong))
        return [*_parse(place, small), *_check(place), *_large(place)]


def _parse(place: Place, small: str) -> list[Row]:
    from qlang.syntax.parser import parse
    from qlang.syntax.source import Source

    text = ordinary(10_000)
    lines = text.count("\n")
    ours = lines / best(lambda: parse(Source("ordinary.qasm", text), packed=True))
    theirs = small.count("\n") / _seconds(REFERENCE, place)
    return [
        Row(
            f"parse {lines:,} lines of ordinary OpenQASM 3", "≥ 20,000 lines/s", f"{ours:,.0f} lines/s", ours >= 20_000
        ),
        Row(
            f"reference: parser of the `openqasm3` package, {small.count(chr(10)):,} lines of the same",
            "–",
            f"{theirs:,.0f} lines/s (ours ÷ theirs: {ours / theirs:.0f})",
            None,
        ),
    ]


def _check(place: Place) -> list[Row]:
    from qlang.compiler.frontend import analyse
    from qlang.syntax.source import Source

    text = ordinary(1_000)
    source = Source("thousand.qasm", text)
    (place.workspace / "thousand.qasm").write_text(text)
    found = analyse(source)
    if not found.ok:
        raise RuntimeError(f"the measured program is wrong: {found.diagnostics[:3]}")
    warm, whole = best(lambda: analyse(source)), cold(qlangc("check", "thousand.qasm"), place, 5)
    lines = text.count("\n")
    return [
        Row(f"check {lines:,} lines, warm", "≤ 250 ms", milliseconds(warm), warm <= 0.250),
        Row(f"`qlangc check` of {lines:,} lines, cold, user+sys", "–", milliseconds(whole), None),
    ]


def _large(place: Place) -> list[Row]:
    runs = [run_and_weigh(qlangc("emit", "--stage", "plan", "large.qasm"), place) for _ in range(3)]
    seconds, peak = min(run[0] for run in runs), max(run[1] for run in runs)
    wrong = min(_refused(place) for _ in range(3))
    theirs = _seconds(QISKIT, place)
    what = f"{LINES:,} gate lines to a plan"
    return [
        Row(f"{what}: `qlangc emit`, cold, user+sys", "≤ 4 s", f"{seconds:.2f} s", seconds <= 4),
        Row(f"{what}: largest resident size", "≤ 1 GB", f"{peak / 1e6:.0f} MB", peak <= 1e9),
        Row("the same with a mistake in the middle: `qlangc check`, cold, user+sys", "–", f"{wrong:.2f} s", None),
        Row(
            f"reference: Qiskit `qasm2.loads` alone, in Rust, {LINES:,} lines",
            "–",
            f"{theirs:.2f} s (ours, whole command ÷ theirs: {seconds / theirs:.1f})",
            None,
        ),
    ]


def _refused(place: Place) -> float:
    """CPU seconds of the command on the file with a mistake, which it must find."""
    command = " ".join(qlangc("check", "--format", "concise", "wrong.qasm"))
    seconds, output = run(["sh", "-c", f"{command} 2>&1; test $? = 1"], place)
    if f"wrong.qasm:{LINES // 2 + 1}:" not in output:
        raise RuntimeError(f"the mistake was not found: {output[:500]}")
    return seconds


def _seconds(script: str, place: Place) -> float:
    """What a peer measures of itself, in a process of its own."""
    _, output = run([sys.executable, "-c", script], place)
    found: float = json.loads(output)
    return found


if __name__ == "__main__":
    report(rows())
