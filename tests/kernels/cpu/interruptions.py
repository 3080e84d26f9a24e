"""Ctrl-C sent to programs that run native code."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence


def stops_within_a_second(program: str, arguments: Sequence[str], *, then: str = "") -> bool:
    """Whether one of three copies does, from the signal to the word that it has stopped: others may be busy on the
    machine. Each writes `running`, then `stopped`, then `then`, and ends well."""
    return any(_seconds(program, arguments, then) < 1 for _ in range(3))


def _seconds(program: str, arguments: Sequence[str], then: str) -> float:
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "running\n"
        sent = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "stopped\n"
        seconds = time.monotonic() - sent
        assert child.stdout.read() == then
        assert child.wait(timeout=20) == 0
    return seconds
