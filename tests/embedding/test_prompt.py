"""Python's own prompt: up to 3.12 it keeps no text, later ones do."""

import os
import pty
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINES = """import qlang as ql
@ql.circuit
def c():
    q = ql.qubits(2)
    ql.cnot(q[0], q[1])

ql.compile("circuit c() { qubit q; hh q; }")
program = ql.compile("circuit c() { qubit q; h q; }")
print(program.draw())
exit()
"""


def typed(lines: str) -> str:
    """What an interactive Python shows while somebody types the lines."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON_BASIC_REPL": "1", "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-i", "-q"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True
    )
    os.close(theirs)
    os.write(ours, lines.encode())
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(ours)
        process.wait(timeout=30)
    return shown.decode()


def test_a_prompt_says_what_is_wrong_or_what_to_do_instead() -> None:
    shown = typed(LINES)
    if sys.version_info >= (3, 13):
        assert "QJ0203" in shown and "unknown gate `cnot`" in shown and "use `cx`" in shown
    else:
        assert "QJ0581" in shown and "ql.compile(text)" in shown
    assert "unknown gate `hh`" in shown and "<text>:1:24" in shown
    assert "q: ─┤H├─" in shown
