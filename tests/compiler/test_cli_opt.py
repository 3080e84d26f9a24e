"""qlang-opt, and plain xdsl-opt, know our dialects and passes."""

import subprocess
import sys
from pathlib import Path

import pytest

from qlang.compiler import cli, opt
from qlang.ir.text import parse_ir, print_ir
from qlang.passes.pipeline import CIRCUIT_PASSES

Capture = pytest.CaptureFixture[str]

MODULE = """builtin.module {
  circuit.func @bell() -> (!circuit.reg<2>) {
    %q0 = circuit.alloc : !circuit.reg<2>
    %q1 = circuit.run <h 0, cx 0 1> %q0 : !circuit.reg<2>
    circuit.return %q1 : !circuit.reg<2>
  }
}
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "bell.mlir"
    path.write_text(MODULE)
    return path


def test_ir_is_read_and_printed(module: Path, capsys: Capture) -> None:
    assert opt.main([str(module)]) == 0
    out = capsys.readouterr().out
    assert print_ir(parse_ir(out)).strip() == print_ir(parse_ir(MODULE)).strip()


def test_plain_xdsl_opt_runs_our_passes_too(module: Path) -> None:
    passes = ",".join(kind.name for kind in CIRCUIT_PASSES)
    outputs = [
        subprocess.run(
            (sys.executable, "-m", tool, str(module), "-p", passes), capture_output=True, text=True, timeout=60
        )
        for tool in ("qlang.compiler.opt", "xdsl.tools.xdsl_opt")
    ]
    assert [output.returncode for output in outputs] == [0, 0], outputs
    assert outputs[0].stdout == outputs[1].stdout
    assert "circuit.func @bell" in outputs[0].stdout


def test_a_pass_runs(module: Path, capsys: Capture) -> None:
    assert opt.main([str(module), "-p", "canonicalize-circuit"]) == 0
    assert "circuit.func @bell" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["circuit.func @", MODULE.replace("%q1 = circuit", "%q1 = nothing")])
def test_mistakes_have_no_traceback(text: str, module: Path, capsys: Capture) -> None:
    module.write_text(text)
    assert opt.main([str(module)]) == 1
    _, err = capsys.readouterr()
    assert "error: " in err
    assert "Traceback" not in err


def test_a_missing_file(capsys: Capture) -> None:
    assert opt.main(["nowhere.mlir"]) == 1
    assert "nowhere.mlir: there is no such file" in capsys.readouterr().err


def test_deciding_passes_need_resolved_candidates(tmp_path: Path, capsys: Capture) -> None:
    """What the catalogue knows is no guess: without it nothing is decided."""
    (tmp_path / "j.qjob").write_text("circuit c() { qubit q; }\njob j { run c(); expect z = Z(q[0]); backend sim; }\n")
    assert (
        cli.main(["emit", "--after", "group-observables", str(tmp_path / "j.qjob"), "-o", str(tmp_path / "j.mlir")])
        == 0
    )
    assert opt.main([str(tmp_path / "j.mlir"), "-p", "expand-sweep,choose-mitigation"]) == 1
    assert "resolve-candidates" in capsys.readouterr().err
