"""Two ways to start a signer's child: a fresh interpreter, or a fork of this process.

A fresh interpreter shares nothing with the program that started it. A fork saves the third of a command's time that
starting and importing would take; it is for our own short command, which has no threads of Python, never for a
program that merely imports us.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from qlang.trust.errors import SignerUnavailable
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.channel import Channel
from qlang.trust.signing.setup import SignerSetup

_START = "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; \
from qlang.trust.signing.launch import spawned_main; sys.exit(spawned_main(given))"


class Process(Protocol):
    """A child that runs."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int:
        """Raises: subprocess.TimeoutExpired."""


Launch = Callable[[SignerSetup], tuple[Channel, Process]]


def spawned(setup: SignerSetup) -> tuple[Channel, Process]:
    """A child in a fresh interpreter that reads no environment, no site packages' hooks and no user's files.

    Raises: SignerUnavailable.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - this interpreter with a fixed program
            [sys.executable, "-I", "-S", "-c", _START, json.dumps(_given(setup))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            close_fds=False,  # what the user made inheritable may hold a passphrase or PIN (`fd:N`); nothing else is
        )
    except OSError as error:
        raise SignerUnavailable(f"its process cannot be started: {error.strerror}") from error
    assert process.stdin is not None and process.stdout is not None
    return Channel(_taken(process.stdout), _taken(process.stdin)), process


def spawned_main(given: Mapping[str, Any]) -> int:
    """What a fresh interpreter runs."""
    from qlang.trust.signing.child_process import live

    keys = KeyPaths(Path(given["store"]), Path(given["state"]))
    setup = SignerSetup(Path(given["policy_folder"]), Path(given["ledger"]), keys, given["passphrase"])
    return live(os.dup(0), os.dup(1), setup, os.getppid())


def forked(setup: SignerSetup) -> tuple[Channel, Process]:
    """A child that is a copy of this process; a fresh interpreter where that is not safe.

    Raises: SignerUnavailable.
    """
    if sys.platform != "linux" or threading.active_count() > 1:
        return spawned(setup)
    parent, (reading, answers), (questions, writing) = os.getpid(), os.pipe(), os.pipe()
    try:
        with warnings.catch_warnings():
            # Workers of numerical libraries count as threads; the child never calls those libraries.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    except OSError as error:
        for descriptor in (reading, answers, questions, writing):
            os.close(descriptor)
        raise SignerUnavailable(f"its process cannot be started: {error.strerror}") from error
    if pid == 0:
        _forked_main(questions, answers, setup, parent)
    os.close(questions)
    os.close(answers)
    return Channel(reading, writing), _Forked(pid)


def _forked_main(reading: int, writing: int, setup: SignerSetup, parent: int) -> NoReturn:
    """Whatever happens, this never returns into the parent's program, nor runs its exits."""
    status = 1
    try:
        from qlang.trust.signing.child_process import live

        _close_all_but({0, 1, 2, reading, writing})
        status = live(reading, writing, setup, parent)
    finally:
        if sys.exc_info()[0] is not None:
            sys.excepthook(*sys.exc_info())
        os._exit(status)


def _close_all_but(kept: set[int]) -> None:
    """Close what a fresh interpreter would not have been given either: all that is not inheritable."""
    for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # that of the listing itself is closed by now
            if descriptor not in kept and not os.get_inheritable(descriptor):
                os.close(descriptor)


class _Forked:
    """A forked child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def kill(self) -> None:
        import signal

        os.kill(self.pid, signal.SIGKILL)

    def wait(self, timeout: float | None = None) -> int:
        import select

        descriptor = os.pidfd_open(self.pid)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired([], timeout or 0.0)
        finally:
            os.close(descriptor)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def _given(setup: SignerSetup) -> dict[str, Any]:
    """What a fresh interpreter is told: nothing secret, for command lines can be read by others."""
    package = Path(__file__).resolve().parents[3]  # where `qlang` lies; importing it would bring in other rooms
    path = [str(package), *(entry for entry in sys.path if Path(entry).is_absolute())]
    return {
        "path": list(dict.fromkeys(path)),
        "policy_folder": str(setup.policy_folder.absolute()),
        "ledger": str(setup.ledger.absolute()),
        "store": str(setup.keys.store.absolute()),
        "state": str(setup.keys.state.absolute()),
        "passphrase": setup.passphrase,
    }


def _taken(pipe: IO[bytes]) -> int:
    """A descriptor of our own for a pipe, in place of the file object."""
    with pipe:
        return os.dup(pipe.fileno())
