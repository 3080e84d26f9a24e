"""`qlangc convert`, and Stim files wherever a program is read."""

import json
from pathlib import Path

import pytest

from qlang.compiler.cli import main

BELL = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\nh q[0];\ncx q[0], q[1];\nc = measure q;\n'


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "bell.stim").write_text("H 0\nCX 0 1\nM 0 1\n")
    (tmp_path / "two.qjob").write_text(
        "circuit a(float t) { qubit[1] q; rx(t) q[0]; }\ncircuit b() { qubit[1] q; h q[0]; }\n"
        "job j { run a(t = pi); sample q; shots 1; }\n"
    )


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("qasm3", "cx q[0], q[1];"),
        ("qasm2", "measure q[1] -> c[1];"),
        ("stim", "M 0 1"),
        ("qir", "  call void @__quantum__qis__cnot__body(ptr null, ptr inttoptr (i64 1 to ptr))"),
    ],
)
def test_every_target_from_every_source(target: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "bell.qasm", "--to", target]) == 0
    assert line in capsys.readouterr().out.splitlines()
    assert main(["convert", "bell.stim", "--to", target]) == 0
    assert capsys.readouterr().out.strip()


def test_choosing_and_writing_to_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "two.qjob", "--to", "qasm3"]) == 0
    assert "rx(pi) q[0];" in capsys.readouterr().out
    assert main(["convert", "two.qjob", "--to", "qasm3", "--circuit", "a"]) == 0
    assert "input float[64] t_1;" in capsys.readouterr().out  # `t` is a gate
    assert main(["convert", "two.qjob", "--to", "stim", "--circuit", "b", "-o", "b.stim"]) == 0
    assert Path("b.stim").read_text() == "# q: qubit 0\nH 0\n"
    assert capsys.readouterr().out == ""


def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "two.qjob", "--to", "qasm3", "--job", "k"]) == 2
    assert "no job `k`" in capsys.readouterr().err
    assert main(["convert", "two.qjob", "--to", "cobol"]) == 2
    assert main(["convert", "two.qjob"]) == 2
    assert main(["convert", "none.qasm", "--to", "qasm3"]) == 1


@pytest.mark.parametrize("output", ["bell.qasm", "./bell.qasm", "symbolic.qasm", "hard.qasm", "folder/bell.qasm"])
def test_the_input_is_not_written_over(output: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("symbolic.qasm").symlink_to("bell.qasm")
    Path("hard.qasm").hardlink_to("bell.qasm")
    Path("folder").symlink_to(".")
    assert main(["convert", "bell.qasm", "--to", "qasm2", "-o", output]) == 2
    out, err = capsys.readouterr()
    assert out == "" and f"{output} is the file that is read" in err
    assert main(["convert", output, "--to", "qasm2", "-o", "bell.qasm"]) == 2
    assert Path("bell.qasm").read_text() == BELL


def test_other_files_are_written_over() -> None:
    Path("copy.qasm").write_text(BELL)
    assert main(["convert", "bell.qasm", "--to", "qasm2", "-o", "copy.qasm"]) == 0
    assert "OPENQASM 2.0;" in Path("copy.qasm").read_text()
    assert main(["convert", "none.qasm", "--to", "qasm2", "-o", "none.qasm"]) == 1
    assert not Path("none.qasm").exists()


def test_refusals_point_at_the_source(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.qasm").write_text(BELL + "t q[0];\n")
    assert main(["convert", "t.qasm", "--to", "stim"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error[QJ0908]: Stim cannot say `t`" in shown.err and "t.qasm:8:1" in shown.err


def test_stim_files_are_checked_planned_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "bell.stim", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["job"] == "main"
    assert main(["run", "bell.stim", "--shots", "20", "--seed", "1", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]["rec"]
    assert set(counts) <= {"00", "11"} and sum(counts.values()) == 20
    Path("bad.stim").write_text("H 0\nDEPOLARIZE1(0.1) 0\n")
    assert main(["run", "bad.stim"]) == 1
    assert "bad.stim:2:1" in capsys.readouterr().err


def test_stim_files_are_not_laid_out(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("bell.stim").read_text()
    assert main(["fmt", "bell.stim"]) != 0
    assert "Stim circuit" in capsys.readouterr().err
    assert Path("bell.stim").read_text() == before
