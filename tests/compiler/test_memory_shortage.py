"""Memory that the system does not give is told as what it is: what was being done, what was asked for, the way out."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qlang.compiler.exit_codes import EXECUTION
from tests.conftest import Answer

JOB = "circuit c() {{ qubit[{0}] q; h q; }}\njob j {{ run c(); sample q; shots 10; seed 1; backend sim; }}\n"
LARGE = 24
"""Qubits: 256 MiB in double precision."""

# Everything is loaded by the first run. What is left then is enough for all but the large state, while the limit as a
# whole seems large enough for it, so that it is not refused before.
CHILD = """
import mmap, resource, sys
from pathlib import Path
from qlang.compiler.cli import main

assert main(["-q", "run", "small.qjob"]) == 0
ballast = mmap.mmap(-1, 1 << 30)
taken = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
limit = taken + (128 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
sys.exit(main(["-q", "run", "large.qjob"]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a process is read from /proc")
def test_a_state_that_the_system_does_not_give(in_workspace: Path) -> None:
    (in_workspace / "small.qjob").write_text(JOB.format(13))
    (in_workspace / "large.qjob").write_text(JOB.format(LARGE))
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == EXECUTION
    first, help = done.stderr.splitlines()
    assert first.startswith("error: not enough memory while executing the circuit: 2684")
    assert "this process may take" in first
    assert "fewer qubits" in help
    assert "QJ9901" not in done.stderr
    assert len(list((in_workspace / ".qlang" / "runs").iterdir())) == 1  # the small one
    assert not (in_workspace / ".qlang" / "crashes").exists()


def test_who_was_at_work_is_told(
    qlangc: Callable[..., Answer], in_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the innermost room that is not the compiler's own says."""

    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError

    (in_workspace / "small.qjob").write_text(JOB.format(2))
    monkeypatch.setattr("qlang.syntax.parser.lex", exhausted)
    answer = qlangc("check", "small.qjob")
    assert (answer.status, answer.out) == (EXECUTION, "")
    assert answer.err.startswith("error: not enough memory while reading the program")
