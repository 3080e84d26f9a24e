"""qlangc draw."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.drawing.circuits import CIRCUITS

JOB = """
circuit pair(float t) { qubit[2] q; bit[2] c; ry(t) q[0]; cx q[0], q[1]; c = measure q; }
circuit other() { qubit q; x q; bit b; b = measure q; }
job first { run pair(t = pi/2); sample c; shots 10; backend sim; }
job second { run other(); sample b; shots 10; backend sim; }
"""

Command = Callable[..., Any]


@pytest.fixture
def files(in_workspace: Path) -> Path:
    (in_workspace / "bell.qjob").write_text(CIRCUITS["bell"])
    (in_workspace / "jobs.qjob").write_text(JOB)
    return in_workspace


def test_text_goes_to_standard_output(qlangc: Command, files: Path) -> None:
    answer = qlangc("draw", "bell.qjob")
    assert (answer.status, answer.err) == (0, "")
    assert "q[0]: ─┤H├──●──┤M├──" in answer.out
    assert "q[0]: -[H]--@--[M]--" in qlangc("draw", "bell.qjob", "--ascii").out


def test_a_job_brings_its_arguments(qlangc: Command, files: Path) -> None:
    assert "Ry(π/2)" in qlangc("draw", "jobs.qjob").out
    assert "circuit other" in qlangc("draw", "jobs.qjob", "--job", "second").out
    assert "Ry(t)" in qlangc("draw", "jobs.qjob", "--circuit", "pair").out


def test_svg_to_a_file(qlangc: Command, files: Path) -> None:
    answer = qlangc("draw", "bell.qjob", "--svg", "-o", "bell.svg")
    assert (answer.status, answer.out) == (0, "")
    assert "wrote bell.svg" in answer.err
    assert (files / "bell.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["jobs.qjob", "--job", "secnd"], 2, "did you mean `second`"),
        (["jobs.qjob", "--circuit", "nothing"], 2, "there is no circuit `nothing`"),
        (["nowhere.qasm"], 1, "nowhere.qasm"),
        (["bell.qjob", "--width", "0"], 2, "not a whole number"),
        (["bell.qjob", "-o", "no/such/folder.txt"], 3, "cannot write"),
    ],
)
def test_what_cannot_be_drawn(arguments: list[str], status: int, said: str, qlangc: Command, files: Path) -> None:
    answer = qlangc("draw", *arguments)
    assert answer.status == status
    assert said in answer.err
    assert "Traceback" not in answer.err


def test_mistakes_are_shown_and_nothing_is_drawn(qlangc: Command, files: Path) -> None:
    (files / "wrong.qjob").write_text("qubit q;\nhh q;\n")
    answer = qlangc("draw", "wrong.qjob")
    assert (answer.status, answer.out) == (1, "")
    assert "QJ0203" in answer.err


def test_drawing_needs_neither_numpy_nor_the_ir(files: Path) -> None:
    program = (
        "import sys; from qlang.compiler.cli import main; main(['draw', 'bell.qjob']); "
        "main(['draw', '--svg', 'bell.qjob']);"
        "sys.exit(any(name in sys.modules for name in ('numpy', 'xdsl', 'lark', 'cryptography')))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=files, check=False, capture_output=True).returncode == 0
