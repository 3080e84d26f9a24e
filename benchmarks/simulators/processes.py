"""Workers as seen from the process that measures: long-lived, on chosen cores, answering line by line."""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class CannotAnswer(Exception):
    """A worker did not do what was asked. `status`: `unsupported`, `failed` or `too slow`, after whose it is."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class Worker:
    """A process that speaks the protocol of `workers.service`."""

    def __init__(self, process: "subprocess.Popen[bytes]", errors: IO[bytes], whose: str) -> None:
        self._process, self._errors, self._whose = process, errors, whose
        self._pending = b""

    def ask(self, command: str, seconds: float, **arguments: Any) -> dict[str, Any]:
        """The answer to a command. Raises `CannotAnswer`; a worker that died or was `too slow` is of no more use."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"command": command, **arguments}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._death() from None
        reply: dict[str, Any] = json.loads(self._line(time.monotonic() + seconds, seconds))
        for status in ("unsupported", "failed"):
            if status in reply:
                raise CannotAnswer(self._whose + status, reply[status])
        return reply

    def _line(self, deadline: float, seconds: float) -> bytes:
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([source], [], [], left)[0]:
                self.stop()
                raise CannotAnswer(f"{self._whose}too slow", f"no answer within {seconds:.0f} s")
            received = os.read(source, 1 << 16)
            if not received:
                raise self._death()
            self._pending += received
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _death(self) -> CannotAnswer:
        status = self._process.wait()
        self._errors.seek(0)
        said = self._errors.read()[-4000:].decode(errors="replace").strip().splitlines()
        return CannotAnswer(
            f"{self._whose}failed", f"the process ended with {status}: {said[-1] if said else 'no word'}"[:300]
        )

    def stop(self) -> None:
        """End the process; more than once does nothing more."""
        self._process.kill()
        self._process.wait()


@contextmanager
def worker(
    python: Path | str,
    module: str,
    arguments: Sequence[str],
    threads: int,
    *,
    extra: Mapping[str, str] | None = None,
    whose: str = "",
) -> Iterator[Worker]:
    """A running worker, bound to the first `threads` cores that this process may use; killed at the end.

    `extra`: variables of its environment beside those of this process; `whose`: stands before the status of what it
    cannot answer.
    """
    paths = [str(ROOT)]
    if str(python) == sys.executable and os.environ.get("PYTHONPATH"):
        paths.append(os.environ["PYTHONPATH"])  # what this process could import its workers can
    own = {**dict.fromkeys(_THREAD_VARIABLES, str(threads)), "PYTHONPATH": os.pathsep.join(paths)}
    environment = {**os.environ, **own, **(extra or {})}
    cores = usable_cores()[:threads]
    with TemporaryFile() as errors:
        process = subprocess.Popen(
            [str(python), "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            stderr=errors,
            cwd=ROOT,
            env=environment,
            preexec_fn=partial(os.sched_setaffinity, 0, cores) if cores else None,
        )
        with process:
            running = Worker(process, errors, whose)
            try:
                yield running
            finally:
                running.stop()


def usable_cores() -> list[int]:
    """Cores that this process may use, ascending; empty where the system has no affinities."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
