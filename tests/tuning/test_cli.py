"""`qlangc tune`: from a file to a record that backends find, and what it refuses."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from qlang.compiler import exit_codes
from qlang.compiler.render.theme import Theme
from qlang.compiler.tune_table import tune_table
from tests.tuning import t4

BRICKWORK = """include "stdgates.inc";

circuit brickwork(float a) {
  qubit[12] q;
  for int layer in [0:3] {
    ry(a) q;
    rz(2*a) q;
    for int i in [0:5] { cx q[2*i], q[2*i+1]; }
    for int i in [0:4] { cx q[2*i+1], q[2*i+2]; }
  }
}

circuit nothing() { qubit[12] q; }
circuit pair() { qubit[2] q; h q; }
noise even { depolarizing(0.01); }

observable z(qubit[12] q) = Z(q[0]);
observable one(qubit[2] q) = Z(q[0]);

job tuned { run brickwork(a = 0.3); expect z = z(q); shots 100; seed 3; backend sim; }
job swept { run brickwork(a = a); sweep a in [0.3, 0.7]; expect z = z(q); shots 100; seed 3; backend sim; }
job noisy { run brickwork(a = 0.3); expect z = z(q); shots 100; seed 3; backend sim with even; }
job empty { run nothing(); expect z = z(q); shots 100; seed 3; backend sim; }
job small { run pair(); expect z = one(q); shots 100; seed 3; backend sim; }
"""


@pytest.fixture
def cache(in_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace with the program; the folder of the records."""
    (in_workspace / "b.qjob").write_text(BRICKWORK)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "qlang" / "tuning"


def records(cache: Path) -> list[Path]:
    return list(cache.rglob("*.json"))


def test_a_job_is_tuned_and_the_record_is_whole(qlangc: Callable[..., Any], cache: Path) -> None:
    answer = qlangc("tune", "b.qjob", "--job", "tuned", "--budget", "3", "--json", "--threads", "1")
    data = answer.data
    assert data["schema"] == "qlang.tune/1"
    assert data["kernel"]["qubits"] == 12
    measured = data["search"]["measured"]
    assert 1 <= measured <= 3
    assert data["reference"] == "NumPy interpreter"
    (path,) = records(cache)
    assert data["record"] == str(path)
    document = json.loads(path.read_text())
    jsonschema.validate(document, t4.RESULTS, format_checker=jsonschema.FormatChecker())
    jsonschema.validate(document, t4.METADATA)
    assert len(document["results"]) == measured + 1  # and the default
    assert {item["invalidity"] for item in document["results"]} <= {"correct", "timeout"}
    assert f"[{measured}/3]" in answer.err


def test_the_next_search_goes_on(qlangc: Callable[..., Any], cache: Path) -> None:
    arguments = ("tune", "b.qjob", "--job", "tuned", "--json", "--threads", "1", "--strategy", "random")
    first = qlangc(*arguments, "--budget", "2").data
    again = qlangc(*arguments, "--budget", "2").data
    assert (first["search"]["known"], again["search"]["known"]) == (0, first["search"]["measured"] + 1)
    fresh = qlangc(*arguments, "--budget", "1", "--fresh").data
    assert fresh["search"]["known"] == 0


def test_strategies_are_compared(qlangc: Callable[..., Any], cache: Path) -> None:
    answer = qlangc("tune", "b.qjob", "--job", "tuned", "--compare", "--runs", "2", "--budget", "2", "--json", "-q")
    rows = {row["strategy"]: row for row in answer.data["comparison"]}
    assert set(rows) == {"random", "local", "tpe"}
    assert {row["measurements"] for row in rows.values()} == {2}
    assert rows["random"]["probability_by_chance"] == 1.0
    assert answer.err == ""


def test_an_interruption_leaves_a_whole_record(
    qlangc: Callable[..., Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qlang.tuning.tuner._SAVE_SECONDS", 1e9)  # so that only the end writes
    monkeypatch.setattr("qlang.compiler.verbs.tune._verdict", interrupting(3))
    answer = qlangc("tune", "b.qjob", "--job", "tuned", "--budget", "30", "--threads", "1")
    assert answer.status == exit_codes.INTERRUPTED
    (path,) = records(cache)
    document = json.loads(path.read_text())
    jsonschema.validate(document, t4.RESULTS)
    assert len(document["results"]) == 4
    assert document["metadata"]["qlang"]["best"] is None


def interrupting(after: int) -> Callable[[Any], str]:
    """What is said of a measurement, until the user presses Ctrl-C."""
    count = 0

    def said(found: Any) -> str:
        nonlocal count
        count += 1
        if count == after:
            raise KeyboardInterrupt
        return "said"

    return said


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--strategy", "annealing"), exit_codes.USAGE, "there is no search strategy `annealing`"),
        (("--strategy", ""), exit_codes.USAGE, "the strategies are random, local, tpe"),
        (("--strategy", "ramdom"), exit_codes.USAGE, "did you mean `random`?"),
        (("--budget", "0"), exit_codes.USAGE, "allows nothing"),
        (("--budget", "soon"), exit_codes.USAGE, "measurements"),
        (("--budget", "-5"), exit_codes.USAGE, "the budget `-5`"),
        (("--compare", "--strategy", "tpe"), exit_codes.USAGE, "leave out --strategy"),
        (("--runs", "0"), exit_codes.USAGE, "whole number"),
        (("--threads", "0"), exit_codes.USAGE, "whole number"),
        (("--seed", "-1"), exit_codes.USAGE, "--seed"),
        (("--job", "none"), exit_codes.DIAGNOSTICS, "none"),
        (("--job", "empty"), exit_codes.EXECUTION, "begins with no gates"),
        (("--job", "small"), exit_codes.EXECUTION, "fewer than 12 qubits"),
        (("--job", "swept"), exit_codes.EXECUTION, "one batch"),
        (("--job", "noisy"), exit_codes.EXECUTION, "noise"),
        ((), exit_codes.DIAGNOSTICS, "--job"),
    ],
)
def test_what_cannot_be_tuned_is_refused(
    arguments: tuple[str, ...], status: int, says: str, qlangc: Callable[..., Any], cache: Path
) -> None:
    answer = qlangc("tune", "b.qjob", *arguments)
    assert (answer.status, answer.out) == (status, "")
    assert says in answer.err
    assert "Traceback" not in answer.err
    assert records(cache) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("circuit c() { qubit q; h q; }\n", "job"),
        ("circuit c() { qubit q; hh q; }\n", "hh"),
        ("", "job"),
    ],
)
def test_programs_without_a_job_are_diagnosed(
    text: str, says: str, qlangc: Callable[..., Any], in_workspace: Path, cache: Path
) -> None:
    (in_workspace / "c.qjob").write_text(text)
    answer = qlangc("tune", "c.qjob")
    assert (answer.status, answer.out) == (exit_codes.DIAGNOSTICS, "")
    assert says in answer.err


def test_a_circuit_larger_than_memory_is_refused_before_it_is_made(
    qlangc: Callable[..., Any], in_workspace: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qlang.backends.limits.available_memory", lambda: 100 << 20)
    (in_workspace / "large.qasm").write_text("OPENQASM 3;\ninclude 'stdgates.inc';\nqubit[24] q;\nh q;\n")
    answer = qlangc("tune", "large.qasm")
    assert answer.out == ""
    assert answer.status in (exit_codes.DIAGNOSTICS, exit_codes.EXECUTION)
    assert "qubits" in answer.err
    assert records(cache) == []


def test_the_estimator_without_its_package_says_what_to_install(
    qlangc: Callable[..., Any], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    answer = qlangc("tune", "b.qjob", "--job", "tuned", "--strategy", "tpe", "--budget", "1")
    assert answer.status == exit_codes.EXECUTION
    assert "qlang[tune]" in answer.err


REPORT: dict[str, Any] = {
    "kernel": {
        "name": "brickwork_kernel",
        "qubits": 20,
        "gates": 1190,
        "steps": 1200,
        "structure": "00ff",
        "precision": "float32",
        "threads": 2,
    },
    "device": {"model": "a processor", "cores": 2, "digest": "0f"},
    "default": {
        "configuration": {"tile_bits": 16, "registers": 3, "lane_choice": "shared"},
        "seconds": {"value": 0.115, "low": 0.114, "high": 0.117},
    },
    "best": {
        "configuration": {"tile_bits": 15, "registers": 3, "lane_choice": "first"},
        "speedup": {"value": 1.18, "low": 1.12, "high": 1.24},
        "confidence": 1 - 0.05 / 3,
    },
    "finalists": [{}, {}, {}],
    "fitness": {"kind": "latency-only", "energy_counter": "no RAPL counter in /sys/class/powercap"},
    "search": {
        "strategy": "local",
        "measured": 40,
        "known": 12,
        "invalid": 3,
        "same": 9,
        "unranked": 4,
        "space": 22680,
    },
    "reference": "default configuration",
    "record": "CACHE/qlang/tuning/0f/00ff.json",
}


def plain() -> Theme:
    from qlang.compiler.render.theme import theme_of

    return theme_of(sys.stdout, "never")


def test_table_of_a_gain(golden: Callable[[str, str], None]) -> None:
    golden(tune_table(REPORT, plain()), "tune-gain.txt")


def test_table_of_no_gain(golden: Callable[[str, str], None]) -> None:
    nothing = {"best": None, "finalists": []}
    golden(tune_table(REPORT | nothing, plain()), "tune-default.txt")
    assert "3 looked faster" in tune_table(REPORT | {"best": None}, plain())


def test_table_of_strategies(golden: Callable[[str, str], None]) -> None:
    def row(name: str, median: float | None, wins: int, losses: int, chance: float) -> dict[str, Any]:
        fitness = {"median": median, "worst": median, "best": -0.5}
        said = {"strategy": name, "measurements": 40, "fitness": fitness, "wins": wins, "losses": losses}
        return said | {"probability_by_chance": chance}

    rows = [row("random", -0.91, 2, 2, 1.0), row("local", -0.85, 8, 1, 0.1), row("tpe", None, 0, 9, 1.0)]
    golden(tune_table(REPORT | {"comparison": rows}, plain()), "tune-compare.txt")
