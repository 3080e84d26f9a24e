"""Recorded runs: what lies in the folder, verification, replay, killed runs."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plans import LAB, MEASURED, Parts, record

from qlang.runtime import errors
from qlang.runtime.record import plan_hash
from qlang.runtime.replay import replay_run
from qlang.runtime.run_folder import LEDGER, RUNS, list_runs, load_run, partial_runs
from qlang.trust.canonical import canonical_json, sha256_digest
from qlang.trust.errors import QkdUnavailable
from qlang.trust.files import file_digest
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.verify import verify_run

NOISY = Parts(
    kernel=MEASURED,
    policy='method = "readout + zne[1,3],linear"',
    backend="sim with lab",
    schedule=f'kind = "sim with", noise = {LAB}, snapshot = "snapshot-1"',
    execute="scales = array<i64: 1, 3>, shots = array<i64: 300, 100>",
    samples='samples = [{label = "c", bits = "c"}]',
    sign='crypto = "hybrid", algorithms = ["ed25519", "ml-dsa-65"], labels = {owner = "lab <b>"}',
    bounds='[#plan.bound<"latency", "", "<=", 60.0, "s">]',
)
FILES = {
    "inputs.json",
    "ir.mlir",
    "kernel.mlir",
    "manifest.dsse.json",
    "plan.mlir",
    "raw.json",
    "receipt.tlog-proof",
    "report.html",
    "results.json",
    "source.qasm",
    "trace.json",
}


def read(path: Path) -> Mapping[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def broken(run_dir: Path, workspace: Path) -> list[str]:
    return [check.name for check in verify_run(run_dir, ledger=workspace / LEDGER) if not check.ok]


def test_a_run_is_complete_and_genuine(tmp_path: Path, keys: KeyPaths) -> None:
    run = record(NOISY, tmp_path, keys)
    assert {path.name for path in run.run_dir.iterdir()} == FILES
    assert broken(run.run_dir, tmp_path) == []
    assert run.plan_hash == file_digest(run.run_dir / "plan.mlir")
    stored = read(run.run_dir / "results.json")
    core = {name: value for name, value in stored.items() if name not in ("sla", "result_digest")}
    assert sha256_digest(canonical_json(core)) == stored["result_digest"] == run.result_digest
    raw = read(run.run_dir / "raw.json")["points"][2]["scales"][1]
    assert (raw["scale"], raw["shots"], raw["settings"][0]["basis"]) == (3, 100, "ZZ")
    assert sum(raw["settings"][0]["counts"].values()) == 100
    assert [each.run_id for each in list_runs(tmp_path)] == [run.run_id]
    assert partial_runs(tmp_path) == []


def test_the_trace_holds_compilation_and_run(tmp_path: Path, keys: KeyPaths) -> None:
    events = read(record(NOISY, tmp_path, keys).run_dir / "trace.json")["traceEvents"]
    names = [event["name"] for event in events]
    assert names[:2] == ["check", "lower"]
    assert {"plan.execute", "plan.sign", "point 0", "point 2"} <= set(names)
    assert all(event["ph"] == "X" and event["dur"] >= 0 for event in events)


def test_the_object_that_run_prints(tmp_path: Path, keys: KeyPaths) -> None:
    sweep = record(NOISY, tmp_path, keys).to_json()
    assert len(sweep["points"]) == 3 and sweep["expect"] == {} == sweep["counts"]
    assert set(sweep["timings"]) == {"compile_s", "execute_s", "sign_s"}
    assert sweep["timings"]["compile_s"] == pytest.approx(0.03)
    assert sweep["sla"][0]["met"] is True
    fixed = NOISY.kernel.replace("%theta : f64", "").replace('"theta"', "").replace("%theta", "%t")
    fixed = fixed.replace('kernel.gate "ry"', '%t = arith.constant 0.8 : f64\n  kernel.gate "ry"')
    single = record(replace(NOISY, points="plan.points [] array<f64>", kernel=fixed), tmp_path, keys).to_json()
    assert single["points"] == []
    assert single["expect"]["zz"]["method"] == "readout + zne[1,3],linear"
    assert sum(single["counts"]["c"].values()) == 300
    assert json.loads(json.dumps(single)) == single


@pytest.mark.parametrize("name", ["results.json", "plan.mlir", "raw.json", "report.html", "kernel.mlir", "source.qasm"])
def test_tampering_is_found(tmp_path: Path, keys: KeyPaths, name: str) -> None:
    run = record(NOISY, tmp_path, keys)
    path = run.run_dir / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    path.write_bytes(path.read_bytes() + b" ")
    assert broken(run.run_dir, tmp_path) == [f"subject {name}"]


def test_replay_gives_the_same_bits(tmp_path: Path, keys: KeyPaths) -> None:
    run = record(NOISY, tmp_path, keys)
    again = replay_run(run.run_dir)
    assert (again.ok, again.differences) == (True, ())
    assert (again.plan_hash, again.result_digest) == (run.plan_hash, run.result_digest)
    assert record(NOISY, tmp_path, keys).result_digest == run.result_digest


def test_replay_names_what_differs(tmp_path: Path, keys: KeyPaths) -> None:
    run = record(NOISY, tmp_path, keys)
    stored = dict(read(run.run_dir / "results.json"))
    stored["points"][1]["expect"]["zz"]["value"] = 0.25
    (run.run_dir / "results.json").write_text(json.dumps(stored), encoding="utf-8")
    again = replay_run(run.run_dir)
    assert not again.ok
    (found,) = again.differences
    assert (found.kind, found.place, found.recorded) == ("result", "points.1.expect.zz.value", "0.25")
    assert found.detail.startswith("by +") or found.detail.startswith("by -")
    assert "standard errors" in found.detail


@pytest.mark.parametrize("name", ["plan.mlir", "kernel.mlir", "results.json"])
def test_replay_of_a_damaged_folder_is_a_typed_error(tmp_path: Path, keys: KeyPaths, name: str) -> None:
    run = record(NOISY, tmp_path, keys)
    (run.run_dir / name).write_bytes(b"\xff garbage {")
    with pytest.raises(errors.RuntimeFault):
        replay_run(run.run_dir)


def test_a_failed_run_leaves_nothing(tmp_path: Path, keys: KeyPaths) -> None:
    with pytest.raises(errors.NoExecutor):
        record(replace(NOISY, schedule='kind = "device"'), tmp_path, keys)
    with pytest.raises(QkdUnavailable):
        record(replace(NOISY, sign='crypto = "qkd"'), tmp_path, keys)
    with pytest.raises(errors.BadPlan):
        record(replace(NOISY, end=""), tmp_path, keys)
    assert list((tmp_path / RUNS).iterdir()) == []


def test_a_place_that_cannot_be_written(tmp_path: Path, keys: KeyPaths) -> None:
    (tmp_path / ".qlang").write_text("not a folder", encoding="utf-8")
    with pytest.raises(errors.CannotRecord):
        record(NOISY, tmp_path, keys)


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], str(Path(sys.argv[2]).parents[1])]
from plans import Parts, record
from qlang.runtime import record as recording
from qlang.trust.keys.paths import KeyPaths

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

setattr(recording, sys.argv[3], die)
record(Parts(), Path(sys.argv[1]), KeyPaths(Path(sys.argv[1], "keys"), Path(sys.argv[1], "state")))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("moment", ["interpret", "results_of", "seal_run"])
def test_a_killed_run_leaves_no_folder_that_looks_complete(tmp_path: Path, moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path, Path(__file__).parent, moment], capture_output=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert list_runs(tmp_path) == []
    (left,) = partial_runs(tmp_path)
    assert left.name.startswith(".partial-")
    assert (left / "plan.mlir").is_file() and not (left / "manifest.dsse.json").exists()
    with pytest.raises(errors.BadRun):
        load_run(left)


def test_the_plan_hash_is_that_of_the_text(tmp_path: Path, keys: KeyPaths) -> None:
    from plans import planned

    _, job = planned(NOISY)
    assert plan_hash(job) == record(NOISY, tmp_path, keys).plan_hash


def test_bulk_goes_to_array_files(tmp_path: Path, keys: KeyPaths) -> None:
    wires = ", ".join(map(str, range(15)))
    kernel = f'kernel.func @main() attributes {{qubits = 15 : i64}} {{ kernel.each "h" () [{wires}]  kernel.return }}'
    parts = Parts(
        points="plan.points [] array<f64>",
        kernel=kernel,
        settings="",
        samples=f'samples = [{{label = "q", wires = array<i64: {wires}>}}],'
        f' states = [{{label = "s", wires = array<i64: {wires}>}}]',
        expect="{}",
    )
    run = record(parts, tmp_path, keys)
    (point,) = run.results.points
    for entry, size in ((point["probabilities"]["q"], 1 << 15), (point["states"]["s"], 1 << 15)):
        assert entry["entries"] == size
        assert entry["digest"] == file_digest(run.run_dir / entry["file"])
    amplitudes = np.load(run.run_dir / point["states"]["s"]["file"], allow_pickle=False)
    np.testing.assert_allclose(amplitudes, np.full(1 << 15, 2**-7.5), atol=1e-14)
    histogram = np.load(run.run_dir / point["probabilities"]["q"]["file"], allow_pickle=False)
    assert histogram["outcome"].tolist() == list(range(1 << 15))
    assert broken(run.run_dir, tmp_path) == []
    assert replay_run(run.run_dir).ok
