"""A signer of its own for one command: a child process behind two pipes, started early, gone with its parent.

Questions go into one pipe, answers come out of the other; when the parent ends, however it ends, the child's input
ends and so does the child.
"""

from __future__ import annotations

import subprocess
from types import TracebackType

from qlang.trust.signing.channel import Channel
from qlang.trust.signing.client import SignerClient
from qlang.trust.signing.intent import SigningIntent
from qlang.trust.signing.launch import Launch, Process, spawned
from qlang.trust.signing.request import ManifestRequest, SignedManifest
from qlang.trust.signing.setup import SignerSetup

_END_SECONDS = 5.0


class ChildSigner:
    """A `ManifestSigner` in a child process that serves this one and nobody else."""

    def __init__(self, setup: SignerSetup, launch: Launch = spawned) -> None:
        """Starts the process; it gets ready while the caller goes on. Raises: SignerUnavailable."""
        self._setup, self._launch = setup, launch
        self._process: Process | None = None
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

    def prepare(self, intent: SigningIntent) -> None:
        """See `ManifestSigner`."""
        self._client.prepare(intent)

    def sign_manifest(self, request: ManifestRequest) -> SignedManifest:
        """See `ManifestSigner`. A child that was killed is started once more."""
        return self._client.sign_manifest(request)

    def close(self) -> None:
        """End the child and wait for it."""
        self._client.close()
        self._end()

    def forget(self) -> None:
        """In a fork of the process that started the child: let go of our copy, and let the child be."""
        self._client.close()
        if self._started is not None:
            self._started.close()
        if isinstance(self._process, subprocess.Popen):
            self._process.returncode = 0  # it is waited for elsewhere
        self._started = self._process = None

    def _channel(self) -> Channel:
        """Of the process that was started already, or of a new one in place of one that died."""
        channel, self._started = self._started, None
        if channel is not None:
            return channel
        self._end()
        return self._start()

    def _start(self) -> Channel:
        channel, self._process = self._launch(self._setup)
        return channel

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
