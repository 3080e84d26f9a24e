"""A signer of its own for one command: a child process behind two pipes, started early, gone with its parent.

The parent writes questions to the child's standard input and reads answers from its standard output; when the
parent ends, however it ends, the child's input ends and so does the child.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from qlang.trust.errors import FrameRefused, SignerUnavailable, TrustError
from qlang.trust.keys.paths import KeyPaths
from qlang.trust.signing.channel import Channel
from qlang.trust.signing.client import SignerClient
from qlang.trust.signing.request import ManifestRequest, SignedManifest
from qlang.trust.signing.setup import SignerSetup

_START = "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; \
from qlang.trust.signing.child import main; sys.exit(main(given))"
_END_SECONDS = 5.0
_FRAME_SECONDS = 60.0
_LOOK_SECONDS = 5.0
"""How often a child looks whether its parent lives: another process may hold its input open."""


class ChildSigner:
    """A `ManifestSigner` in a child process that serves this one and nobody else."""

    def __init__(self, setup: SignerSetup) -> None:
        """Starts the process; it gets ready while the caller goes on."""
        self._setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._started: Channel | None = self._start()
        self._client = SignerClient(self._channel)

    def __enter__(self) -> ChildSigner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt) and self._process is not None:
            self._process.kill()  # it may wait at the terminal; nothing is lost that was answered
        self.close()

    @property
    def pid(self) -> int:
        """The child's process id."""
        assert self._process is not None
        return self._process.pid

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        """See `ManifestSigner`. A child that was killed is started once more."""
        return self._client.sign_manifest(request)

    def close(self) -> None:
        """End the child and wait for it."""
        self._client.close()
        self._end()

    def _channel(self) -> Channel:
        """Of the process that was started already, or of a new one in place of one that died."""
        channel, self._started = self._started or self._restart(), None
        return channel

    def _restart(self) -> Channel:
        self._end()
        return self._start()

    def _start(self) -> Channel:
        try:
            process = subprocess.Popen(  # noqa: S603 - this interpreter with a fixed program
                [sys.executable, "-I", "-S", "-c", _START, json.dumps(_given(self._setup))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                pass_fds=_descriptors(self._setup),
            )
        except OSError as error:
            raise SignerUnavailable(f"its process cannot be started: {error.strerror}") from error
        self._process = process
        assert process.stdin is not None and process.stdout is not None
        return Channel(_taken(process.stdout), _taken(process.stdin))

    def _end(self) -> None:
        if self._started is not None:
            self._started.close()
            self._started = None
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main(given: Mapping[str, Any]) -> int:
    """The child's whole life."""
    from qlang.trust.signing.hardening import harden

    harden(lock_memory=False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is meant for the command, whose end is ours
    parent, setup = os.getppid(), _setup_of(given)
    with ExitStack() as held:
        channel = held.enter_context(Channel(os.dup(0), os.dup(1)))
        os.dup2(2, 1)  # whatever else is printed is no answer
        _input_from_terminal()
        try:
            _serve(channel, setup, parent, held)
        except SignerUnavailable:
            return 1  # the parent is gone, or does not read: there is nobody to tell
    return 0


def _serve(channel: Channel, setup: SignerSetup, parent: int, held: ExitStack) -> None:
    """Until the parent ends. The ledger is opened, and so made, for the first question only."""
    from qlang.trust.signing.dispatch import Reply, refuse, reply_to
    from qlang.trust.signing.opening import open_service
    from qlang.trust.signing.peer import own_peer
    from qlang.trust.signing.protocol import failure_bytes

    peer, service, reply = own_peer(), None, Reply(b"")
    while not reply.last:
        while not channel.ready(_LOOK_SECONDS):
            if os.getppid() != parent:
                return
        frame: bytes | FrameRefused | None
        try:
            frame = channel.receive(seconds=_FRAME_SECONDS)
        except FrameRefused as error:
            frame = error
        if frame is None:
            return
        try:
            service = service or held.enter_context(open_service(setup))
        except TrustError as error:
            reply = Reply(failure_bytes(error), last=True)
        else:
            reply = reply_to(service, frame, peer) if isinstance(frame, bytes) else refuse(service, frame, peer)
        channel.send(reply.data, seconds=_FRAME_SECONDS)


def _input_from_terminal() -> None:
    """A passphrase or PIN is asked for at the terminal, if there is one: standard input was the parent's pipe."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        descriptor = os.open(os.devnull, os.O_RDONLY)
    os.dup2(descriptor, 0)
    os.close(descriptor)


def _descriptors(setup: SignerSetup) -> tuple[int, ...]:
    """What a child inherits: the descriptor that holds the passphrase, where one is named."""
    kind, _, number = (setup.passphrase or "").partition(":")
    return (int(number),) if kind == "fd" and number.isascii() and number.isdecimal() else ()


def _given(setup: SignerSetup) -> dict[str, Any]:
    """What a child is told: nothing secret, for command lines can be read by others."""
    package = Path(__file__).resolve().parents[3]
    path = [str(package), *(entry for entry in sys.path if Path(entry).is_absolute())]
    return {
        "path": list(dict.fromkeys(path)),
        "policy_folder": str(setup.policy_folder.absolute()),
        "ledger": str(setup.ledger.absolute()),
        "store": str(setup.keys.store.absolute()),
        "state": str(setup.keys.state.absolute()),
        "passphrase": setup.passphrase,
    }


def _setup_of(given: Mapping[str, Any]) -> SignerSetup:
    keys = KeyPaths(Path(given["store"]), Path(given["state"]))
    return SignerSetup(Path(given["policy_folder"]), Path(given["ledger"]), keys, given["passphrase"])


def _taken(pipe: IO[bytes]) -> int:
    """A descriptor of our own for a pipe, in place of the file object."""
    with pipe:
        return os.dup(pipe.fileno())
