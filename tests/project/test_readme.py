"""What the README shows runs as shown."""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The only block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_job_on_top_meets_its_sla(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    path = in_workspace / "pair.qjob"
    path.write_text(block("qjob"), encoding="utf-8")
    outcome = qlangc("run", path, "--seed", 1, "--json").data
    assert all(bound["met"] for bound in outcome["sla"])
    assert 0.8 < outcome["expect"]["zz"]["value"] < 1.1


def test_the_tour_works_in_its_order(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    (in_workspace / "examples").symlink_to(ROOT / "examples")
    commands = re.findall(r"^    qlangc ([^#\n]+)", README, re.MULTILINE)
    assert len(commands) >= 7
    for command in commands:
        answer = qlangc(*shlex.split(command))
        assert answer.status == 0, f"qlangc {command}: {answer.err}"
        assert answer.out or command.startswith("check")


def test_the_python_example_runs(in_workspace: Path) -> None:
    script = in_workspace / "embedding.py"
    script.write_text(block("python"), encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "±" in done.stdout or "value" in done.stdout
