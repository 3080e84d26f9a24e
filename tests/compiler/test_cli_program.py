"""plan, run, emit and replay: a program's whole way through the command."""

import base64
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from qlang.backends.errors import BadLoop
from qlang.compiler import cli
from qlang.compiler.driver import pass_names
from qlang.runtime.errors import CannotRecord
from qlang.runtime.run_folder import RUNS
from qlang.trust.errors import KeyStoreError
from tests.compiler.programs import BELL, TURNING

Capture = pytest.CaptureFixture[str]

IMPOSSIBLE = TURNING.replace(">= 0.5", ">= 0.999999")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "turning.qjob").write_text(TURNING)
    (tmp_path / "impossible.qjob").write_text(IMPOSSIBLE)
    (tmp_path / "wrong.qasm").write_text('include "stdgates.inc";\nqubit[2] q;\nhh q[0];\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_json(capsys: Capture, *argv: str) -> dict:
    assert cli.main(["run", *argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_run_prints_one_object(capsys: Capture) -> None:
    report = run_json(capsys, "bell.qasm", "--shots", "500", "--seed", "3")
    assert {
        "run_id", "run_dir", "job", "backend", "plan_hash", "result_digest", "expect", "counts", "points", "sla",
        "timings",
    } <= set(report)  # fmt: skip
    assert set(report["timings"]) == {"compile_s", "execute_s", "sign_s"}
    assert set(report["counts"]["c"]) == {"00", "11"}
    assert sum(report["counts"]["c"].values()) == 500
    assert Path(report["run_dir"]).is_dir()
    assert report["points"] == []


def test_run_of_a_sweep(capsys: Capture) -> None:
    report = run_json(capsys, "turning.qjob")
    assert [point["parameters"] for point in report["points"]] == [{"a": 0.0}, {"a": 1.0}]
    for point in report["points"]:
        assert set(point["expect"]) == {"zz", "z0"}
        assert set(point["expect"]["zz"]) == {"value", "stderr", "method"}
    assert report["backend"] == "sim like ibm.guadalupe"
    assert [term["metric"] for term in report["sla"]] == ["fidelity", "stderr", "cost"]
    assert all(term["met"] for term in report["sla"])


def test_the_same_seed_gives_the_same_bits(capsys: Capture) -> None:
    reports = [run_json(capsys, "turning.qjob") for _ in range(2)]
    assert len({report["result_digest"] for report in reports}) == 1
    assert len({report["plan_hash"] for report in reports}) == 1
    assert len({report["run_id"] for report in reports}) == 2
    other = run_json(capsys, "turning.qjob", "--seed", "12")
    assert other["result_digest"] != reports[0]["result_digest"]


def test_results_only_on_standard_output(capsys: Capture) -> None:
    assert cli.main(["run", "turning.qjob", "-q"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("run 2")
    assert "SLA fidelity >= 0.5: met" in out
    assert cli.main(["run", "bell.qasm", "-q"]) == 0
    out, _ = capsys.readouterr()
    assert "counts of c" in out
    assert "#####" in out


def test_the_first_run_says_that_it_makes_keys(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("HOME", str(folder / "new-home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "new-state"))
    assert cli.main(["run", "bell.qasm"]) == 0
    assert "custody: development" in capsys.readouterr().err
    assert cli.main(["run", "bell.qasm"]) == 0
    assert capsys.readouterr().err == ""


def test_runs_are_recorded_in_the_project(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    (folder / "qlang.toml").write_text("")
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    report = run_json(capsys, "../bell.qasm", "--seed", "1")
    assert Path(report["run_dir"]).parent == folder / RUNS
    assert cli.main(["verify", "last"]) == 0
    assert cli.main(["runs", "show", report["run_id"]]) == 0


def test_verify_and_replay_a_run(capsys: Capture) -> None:
    report = run_json(capsys, "turning.qjob")
    assert cli.main(["verify", "last", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert checks["ok"] is True
    assert cli.main(["replay", report["run_id"], "--json"]) == 0
    replayed = json.loads(capsys.readouterr().out)
    assert replayed == {
        "schema": "qlang.replay/1",
        "ok": True,
        "plan_hash": report["plan_hash"],
        "result_digest": report["result_digest"],
        "differences": [],
        "surroundings": [],
    }
    assert cli.main(["replay", "last"]) == 0
    assert "the same bits" in capsys.readouterr().out


@pytest.mark.parametrize("place", [".", "jobs", "jobs/deep"])
@pytest.mark.parametrize("stdin", [False, True])
def test_replay_finds_what_was_imported(
    place: str, stdin: bool, folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From whatever folder the job was run, with its files gone."""
    (folder / "qlang.toml").write_text("")
    (folder / "lib").mkdir()
    (folder / "lib" / "gates.inc").write_text("gate flip a { U(pi, 0, pi) a; }\n")
    (folder / "lib" / "part.qasm").write_text('OPENQASM 3.0;\ninclude "gates.inc";\nqubit[1] q;\nflip q[0];\n')
    home = folder if stdin else folder / "jobs"
    home.mkdir(exist_ok=True)
    text = f'import "{"" if stdin else "../"}lib/part.qasm" as part;\njob j {{ run part(); sample q; shots 5; }}\n'
    (folder / "jobs").mkdir(exist_ok=True)
    (home / "main.qjob").write_text(text)
    (folder / place).mkdir(exist_ok=True)
    monkeypatch.chdir(folder / place)
    if stdin:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    source = "-" if stdin else os.path.relpath(home / "main.qjob")
    assert cli.main(["run", source, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"q": {"1": 5}}
    shutil.rmtree(folder / "lib")
    assert cli.main(["replay", "last"]) == 0


@pytest.mark.parametrize("name", ["results.json", "plan.mlir", "inputs.json", "kernel.mlir", "source.qjob"])
def test_replay_executes_nothing_that_was_not_signed(name: str, capsys: Capture) -> None:
    path = Path(run_json(capsys, "turning.qjob")["run_dir"]) / name
    path.write_text(path.read_text() + " ")
    assert cli.main(["replay", "last", "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert report["result_digest"] is None
    assert any(name in f"{each['place']} {each['detail']}" for each in report["differences"])
    assert {each["kind"] for each in report["differences"]} == {"signed"}
    assert cli.main(["replay", "last"]) == 1
    assert "was not executed" in capsys.readouterr().out


def test_a_listed_method_without_use_is_reported(capsys: Capture) -> None:
    Path("exact.qjob").write_text(
        TURNING.replace("auto within 10x", "readout").replace("ibm.boston, sim like ibm.guadalupe", "sim")
    )
    assert cli.main(["run", "exact.qjob", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["methods_applied"] == []
    (note,) = found["not_applied"]
    assert (note["method"], note["outputs"]) == ("readout", ["zz", "z0"])
    assert "exact" in note["not_applied"]


def test_the_manifest_names_the_passes_with_their_options(capsys: Capture) -> None:
    """Signed, from a fresh compilation and from a cached one."""
    found = []
    for _ in range(2):
        assert cli.main(["run", "turning.qjob", "--json"]) == 0
        run_dir = Path(json.loads(capsys.readouterr().out)["run_dir"])
        envelope = json.loads((run_dir / "manifest.dsse.json").read_text())
        found.append(json.loads(base64.b64decode(envelope["payload"]))["predicate"]["passes"])
    assert [spec.partition("{")[0] for spec in found[0]] == list(pass_names())
    assert "count-resources{budget=4096}" in found[0]
    assert found[0] == found[1]


def test_plan_shows_what_was_decided(capsys: Capture) -> None:
    assert cli.main(["plan", "turning.qjob"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in (
        "sim like ibm.guadalupe",
        "at each of 2 points of a",
        "hybrid: ed25519, ml-dsa-65",
        "stderr(z0)",
        "met",
        "taken",
        "ibm.boston",
    ):
        assert words in out


def test_plan_as_json(capsys: Capture) -> None:
    assert cli.main(["plan", "turning.qjob", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    report = json.loads(out)
    assert report["schema"] == "qlang.plan/1"
    assert report["backend"] == "sim like ibm.guadalupe"
    assert report["points"] == {"names": ["a"], "rows": [[0.0], [1.0]]}
    assert [term["verdict"] for term in report["sla"]] == ["met"] * 3
    assert {"method", "scales", "shots", "fidelity", "stderr", "considered", "reason"} <= set(report["mitigation"])
    assert {"snapshot", "layout", "score", "cost", "latency", "rejected"} <= set(report["schedule"])
    assert report["timings"]["compile_s"] > 0
    assert run_json(capsys, "turning.qjob")["plan_hash"] == report["plan_hash"]


def test_options_decide_instead_of_the_job(capsys: Capture) -> None:
    argv = [
        "plan",
        "turning.qjob",
        "--json",
        "--backend",
        "sim",
        "--shots",
        "9_000",
        "--seed",
        "0",
        "--crypto",
        "classical",
    ]
    assert cli.main(argv) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["backend"] == "sim"
    assert sum(report["mitigation"]["shots"]) == 9000
    assert report["seed"] == "0"
    assert report["sign"]["algorithms"] == ["ed25519"]


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_an_sla_that_cannot_be_met_is_a_diagnostic(verb: str, folder: Path, capsys: Capture) -> None:
    assert cli.main([verb, "impossible.qjob"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[QJ0701]: no backend meets the SLA of job `turning`" in err
    assert "fidelity   >= 0.999999;" in err
    assert "best predicted: " in err
    assert not (folder / ".qlang").exists()


@pytest.mark.parametrize("verb", ["plan", "run", "emit"])
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["wrong.qasm"], "QJ0203"),
        (["turning.qjob", "--backend", "ibm.nowhere"], "QJ"),
        (["turning.qjob", "--backend", "ibm.boston"], "QJ0702"),
        (["turning.qjob", "--backend", "sim with nothing"], "QJ"),
        (["turning.qjob", "--crypto", "qkd"], "QJ0802"),
        (["turning.qjob", "--crypto", "rot13"], "QJ0801"),
        (["turning.qjob", "--job", "nothing"], "QJ"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_mistakes_are_diagnostics(verb: str, argv: list[str], code: str, folder: Path, capsys: Capture) -> None:
    if verb == "emit":
        argv = [*argv, "--stage", "plan"]
    assert cli.main([verb, *argv]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert f"error[{code}" in err
    assert "QJ99" not in err
    assert not (folder / ".qlang").exists()


@pytest.mark.parametrize(
    "argv",
    [
        ["bell.qasm", "--shots", "0"],
        ["bell.qasm", "--shots", "-5"],
        ["bell.qasm", "--shots", "1e3"],
        ["bell.qasm", "--shots", "9" * 400],
        ["bell.qasm", "--seed", str(1 << 64)],
        ["bell.qasm", "--seed", "0x10"],
        ["bell.qasm", "--print-after", "no-such-pass"],
        [],
        ["bell.qasm", "turning.qjob"],
    ],
)
def test_wrong_usage(argv: list[str], capsys: Capture) -> None:
    assert cli.main(["run", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "QJ99" not in err


def test_a_simulation_that_is_too_large_is_a_diagnostic(folder: Path, capsys: Capture) -> None:
    (folder / "large.qasm").write_text(
        'include "stdgates.inc";\nqubit[60] q;\nbit[60] c;\nh q;\nt q;\nh q;\nc = measure q;\n'
    )
    assert cli.main(["run", "large.qasm", "--shots", "10"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "60 qubits do not fit" in err
    assert not (folder / ".qlang").exists()


@pytest.mark.parametrize(
    "fault",
    [BadLoop(0), CannotRecord(Path("x"), "No space left on device"), KeyStoreError(Path("k"), "is a link")],
    ids=lambda fault: type(fault).__name__,
)
def test_faults_of_the_execution_have_their_own_status(
    fault: Exception, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("qlang.compiler.session.execute_plan", fail)
    assert cli.main(["run", "bell.qasm"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert str(fault) in err
    assert "QJ99" not in err


def test_an_interrupt_within_exec_is_an_interrupt(folder: Path) -> None:
    """Python notes one, and `python -m` would end by the signal in spite of the status."""
    (folder / "within.py").write_text(
        "import sys\nfrom qlang.compiler import cli\n"
        "cli._dispatch = lambda arguments: exec('raise KeyboardInterrupt')\nsys.exit(cli.main([]))\n"
    )
    done = subprocess.run([sys.executable, "-m", "within"], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


def test_an_interrupt_while_an_extension_module_initialises_is_an_interrupt(folder: Path) -> None:
    """Modules written by Cython register their views of memory as sequences, and clear what that raises."""
    (folder / "within.py").write_text(
        "import signal, sys\nfrom collections.abc import Sequence\nfrom qlang.compiler import cli\n"
        "def register(kind, register=Sequence.register):\n"
        "    if kind.__name__ == '_memoryviewslice':\n"
        "        signal.raise_signal(signal.SIGINT)\n        sys.stdout.write(kind.__module__)\n"
        "    return register(kind)\n"
        "Sequence.register = register\nsys.exit(cli.main())\n"
    )
    done = subprocess.run([sys.executable, "-m", "within", "run", "bell.qasm"], capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (130, b"interrupted\n")
    assert done.stdout != b"", "no module registered one: the test needs another"
    assert b"results" not in done.stdout


@pytest.mark.parametrize(
    "dying",
    [
        "class Dying:\n    def __del__(self):\n        signal.raise_signal(signal.SIGINT)\nDying()\n",
        "from weakref import WeakValueDictionary\nclass Dying:\n    pass\nvalues = WeakValueDictionary()\n"
        "kept = Dying()\nvalues['a'] = kept\nsys.setprofile(lambda frame, event, _: event == 'call' and"
        " frame.f_code.co_name == 'remove' and signal.raise_signal(signal.SIGINT))\ndel kept\n",
    ],
    ids=["finaliser", "weak reference"],
)
def test_an_interrupt_while_an_object_dies_is_an_interrupt(dying: str, folder: Path) -> None:
    """Python prints and drops what is raised there."""
    (folder / "within.py").write_text(
        "import signal, sys, threading\nfrom qlang.compiler import cli\n"
        f"def dispatch(arguments):\n    exec({dying!r}, globals())\n    threading.Event().wait(30)\n"
        "cli._dispatch = dispatch\nsys.exit(cli.main())\n"
    )
    done = subprocess.run([sys.executable, "-m", "within"], capture_output=True, timeout=25)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"interrupted\n")


def test_an_interrupted_run_leaves_no_run(folder: Path) -> None:
    (folder / "long.qasm").write_text(
        'include "stdgates.inc";\nqubit[14] q;\nbit[14] c;\nfor int i in [0:100000] { h q; }\nc = measure q;\n'
    )
    process = subprocess.Popen(
        (sys.executable, "-m", "qlang.compiler.cli", "run", "long.qasm"), stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    runs = folder / RUNS
    while not list(runs.glob(".partial-*/inputs.json")):  # the execution comes next
        with contextlib.suppress(subprocess.TimeoutExpired):
            pytest.fail(f"ended early with {process.wait(timeout=0.02)}")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err.endswith(b"interrupted\n")
    assert list(runs.iterdir()) == []
