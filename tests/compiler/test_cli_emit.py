"""emit, and the options that show what the compiler does: stages and passes as text that can be read back."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.compiler import cli
from qlang.compiler.driver import pass_names
from qlang.ir.text import parse_ir, print_ir
from tests.compiler.programs import BELL, TURNING

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "turning.qjob").write_text(TURNING)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_passes_are_timed_and_shown(capsys: Capture) -> None:
    assert cli.main(["plan", "bell.qasm", "--time-passes", "--print-after", "merge-rotations", "--verify-each"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("plan of job `main`")
    assert "// after merge-rotations\nbuiltin.module {" in err
    assert all(name in err for name in pass_names())
    assert err.rstrip().splitlines()[-1].startswith("total")


@pytest.mark.parametrize(
    ("stage", "ops"), [("ir", ["circuit.func", "job.job"]), ("kernel", ["kernel.func"]), ("plan", ["plan.job"])]
)
@pytest.mark.parametrize("spans", [[], ["--spans"]])
def test_emitted_ir_can_be_read_back(stage: str, ops: list[str], spans: list[str], capsys: Capture) -> None:
    assert cli.main(["emit", "turning.qjob", "--stage", stage, *spans]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [op.name for op in parse_ir(out).ops] == ops
    assert print_ir(parse_ir(out), spans=bool(spans)) == out


def test_emit_after_a_pass(capsys: Capture) -> None:
    for name in pass_names():
        assert cli.main(["emit", "turning.qjob", "--after", name]) == 0
        parse_ir(capsys.readouterr().out)
    assert cli.main(["emit", "turning.qjob", "--after", "merge-rotation"]) == 2
    assert "did you mean `merge-rotations`?" in capsys.readouterr().err


def test_emit_the_tree(folder: Path, capsys: Capture, golden: Callable[[str, str], None]) -> None:
    assert cli.main(["emit", "bell.qasm", "--stage", "ast", "--spans"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    golden(out, "emit-ast.txt")
    (folder / "broken.qasm").write_text("qubit q;\nU(1, 0 q;\n")
    assert cli.main(["emit", "broken.qasm", "--stage", "ast"]) == 1
    out, err = capsys.readouterr()
    assert "QubitDeclaration" in out
    assert "error[QJ01" in err


def test_emit_to_a_file(folder: Path, capsys: Capture) -> None:
    assert cli.main(["emit", "bell.qasm", "-o", "out.mlir"]) == 0
    assert capsys.readouterr() == ("", "wrote out.mlir\n")
    parse_ir((folder / "out.mlir").read_text())
    assert cli.main(["emit", "bell.qasm", "-o", "nowhere/out.mlir"]) == 3
    assert "cannot write" in capsys.readouterr().err


def test_what_is_no_plain_file_is_written_into(folder: Path) -> None:
    """A device or pipe stays what it is: replaced, `/dev/null` would be gone for the whole machine."""
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert cli.main(["emit", "bell.qasm", "-o", "pipe"]) == 0
        parse_ir(os.read(reader, 1 << 16).decode())
    finally:
        os.close(reader)
    assert (folder / "pipe").is_fifo()


@pytest.mark.parametrize("verb", ["draw", "emit"])
def test_what_is_read_is_not_written_over(verb: str, folder: Path, capsys: Capture) -> None:
    (folder / "link.qasm").symlink_to("bell.qasm")
    assert cli.main([verb, "bell.qasm", "-o", "link.qasm"]) == 2
    assert "link.qasm is the file that is read" in capsys.readouterr().err
    assert (folder / "bell.qasm").read_text() == BELL
