"""Who simulates: said by the plan, chosen by `--target`, and kept by replays."""

import contextlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qlang.backends import targets
from qlang.backends.native import NativeBackend
from qlang.backends.protocol import Request, SampleSpec
from qlang.backends.reference import ReferenceBackend
from qlang.compiler import cli
from qlang.compiler.driver import Options, compile_source
from qlang.compiler.replaying import replay
from qlang.compiler.run_folders import read_run
from qlang.ir.kernel import FuncOp
from qlang.ir.plan import LowerOp
from qlang.ir.values import plain_attributes
from qlang.runtime.run_folder import RUNS
from qlang.syntax.source import Source

Capture = pytest.CaptureFixture[str]
SMALL = Path(__file__).parent.parent / "data" / "qasmbench-small"
RECORDED = Path(__file__).parent / "recorded-run"
LADDER = """circuit ladder(float a) {
  qubit[13] q;
  for int i in [0:12] { ry(a * (i + 1)) q[i]; }
  for int i in [0:11] { cx q[i], q[i + 1]; }
}
"""
JOB = """job j {
  run ladder(a = a);
  sweep a in [0.1, 0.7, 1.4];
  expect ends = Z(q[0]) * Z(q[12]), middle = X(q[5]);
  seed 3;
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ladder.qjob").write_text(LADDER + JOB)
    return tmp_path


def planned(text: str, target: str | None = None) -> dict[str, object]:
    """What `plan.lower` says."""
    compilation = compile_source(Source("t.qjob", text), Options(seed=1, target=target))
    assert compilation.ok and compilation.module is not None
    return dict(plain_attributes(next(op for op in compilation.module.walk() if isinstance(op, LowerOp))))


def test_a_plan_names_the_fastest_target_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    first = targets.default_targets()[0]
    assert planned(LADDER + JOB)["target"] == first != "cpu.numpy"
    assert planned(LADDER + JOB, "cpu.numpy")["target"] == "cpu.numpy"
    monkeypatch.setattr(targets, "find_spec", lambda name: None)
    assert planned(LADDER + JOB)["target"] == "cpu.numpy"


def test_targets_agree_and_are_replayed_as_they_ran(folder: Path, capsys: Capture) -> None:
    found = []
    for options in ([], ["--target", "cpu.numpy"]):
        assert cli.main(["run", "ladder.qjob", "--json", *options]) == 0
        report = json.loads(capsys.readouterr().out)
        found.append([point["expect"] for point in report["points"]])
        inputs = json.loads((Path(report["run_dir"]) / "inputs.json").read_text())
        assert inputs["overrides"]["target"] == (options[-1] if options else ",".join(targets.default_targets()))
        assert cli.main(["replay", report["run_id"]]) == 0
        assert "the same plan, the same bits" in capsys.readouterr().out
    for native, reference in zip(*found, strict=True):
        for label, value in native.items():
            assert value["value"] == pytest.approx(reference[label]["value"], abs=1e-12)


def test_a_run_from_before_plans_had_a_choice_of_targets_replays_bit_for_bit() -> None:
    """`recorded-run` was recorded by the version in which `cpu.numpy` was the only target."""
    statement = read_run(RECORDED).statement
    assert statement is not None
    report = replay(RECORDED, statement.predicate)
    assert report.ok and not report.differences
    assert {difference.kind for difference in report.surroundings} <= {"passes", "compiler"}


def test_unknown_targets_and_those_of_other_machines_are_refused(folder: Path, capsys: Capture) -> None:
    assert cli.main(["plan", "ladder.qjob", "--target", "cpu.fortran"]) == 2
    shown = capsys.readouterr().err
    assert "`cpu.fortran`" in shown and "`cpu.llvm` (f64, f32)" in shown and "`--target cpu.numpy`" in shown


def test_native_code_finds_what_the_reference_finds_in_qasmbench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.backends.native.FEWEST_QUBITS", 1)
    monkeypatch.setattr("qlang.backends.native.FEWEST_STEERED", 1)
    compared = 0
    for path in sorted(SMALL.rglob("*.qasm")):
        compilation = compile_source(Source(path.name, path.read_text()), Options(seed=1), stop_after="kernel")
        if not compilation.ok or compilation.module is None:
            continue
        func = next(op for op in compilation.module.ops if isinstance(op, FuncOp))
        if func.qubits > 9:
            continue
        request = Request(samples=tuple(SampleSpec(name, bits=name) for name in func.bit_registers))
        native, reference = (backend.execute(func, request) for backend in (NativeBackend(), ReferenceBackend()))
        for mine, theirs in zip(native.samples, reference.samples, strict=True):
            assert mine.probabilities == pytest.approx(theirs.probabilities, abs=1e-12), path.name
            compared += 1
    assert compared > 20


def test_exact_values_with_noise_are_refused_where_no_density_matrix_holds_them(capsys: Capture, folder: Path) -> None:
    text = "circuit c() { qubit[14] q; h q; }\nnoise even { depolarizing(0.01); }\n"
    text += "job j { run c(); expect z = Z(q[0]); backend sim with even; SHOTS }\n"
    (folder / "noisy.qjob").write_text(text.replace("SHOTS", ""))
    assert cli.main(["plan", "noisy.qjob"]) == 1
    assert "up to 13 qubits; 14 qubits run by trajectories, which need `shots`" in " ".join(
        capsys.readouterr().err.split()
    )
    (folder / "noisy.qjob").write_text(text.replace("SHOTS", "shots 10;"))
    assert cli.main(["plan", "noisy.qjob"]) == 0


def test_what_no_memory_holds_is_refused_with_what_fits(capsys: Capture, folder: Path) -> None:
    (folder / "huge.qasm").write_text("OPENQASM 3.0;\nqubit[60] q;\nbit c;\nc = measure q[0];\n")
    assert cli.main(["run", "huge.qasm", "--shots", "1"]) == 1
    shown = capsys.readouterr().err
    assert "60 qubits do not fit into memory; up to " in shown and "no target here holds more" in shown


def test_an_interrupted_native_run_stops_within_a_second(folder: Path) -> None:
    layers = "".join(
        "for int i in [0:23] { ry(0.1 * i + 0.01) q[i]; rz(0.3) q[i]; }\nfor int i in [0:22] { cx q[i], q[i + 1]; }\n"
        for _ in range(400)
    )
    (folder / "long.qasm").write_text(
        f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[24] q;\nbit[24] c;\n{layers}c = measure q;\n'
    )
    # The quickest of three: others may be busy on the machine.
    assert any(interrupted_seconds(folder) < 1 for _ in range(3))


def interrupted_seconds(folder: Path) -> float:
    """From Ctrl-C in the midst of native code to the end of the process, which leaves nothing behind."""
    process = subprocess.Popen(
        (sys.executable, "-m", "qlang.compiler.cli", "run", "long.qasm"), stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    while not list((folder / RUNS).glob(".partial-*/inputs.json")):  # the execution comes next
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended early with {process.wait(timeout=0.02)}")
    with contextlib.suppress(subprocess.TimeoutExpired):
        status = process.wait(timeout=2)
        pytest.fail(f"ended early with {status}: {process.communicate()[1].decode()}")
    started = time.perf_counter()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    seconds = time.perf_counter() - started
    assert process.returncode == 130
    assert err.endswith(b"interrupted\n")
    assert list((folder / RUNS).iterdir()) == []
    return seconds
