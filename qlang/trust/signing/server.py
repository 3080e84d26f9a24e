"""A long-running signer on a Unix socket: one thread, one request at a time, many connections.

Frames are collected as they come, so a slow or silent client holds up nobody; one that takes too long over a frame
is let go. Who connects is what the kernel says (`SO_PEERCRED`), and whoever the policy does not name is refused.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import socket
import stat
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from qlang.trust.errors import FrameRefused, SignerUnavailable
from qlang.trust.files import private_directory
from qlang.trust.policy.questions import Peer
from qlang.trust.signing.channel import HEADER, announced_length, frame_of
from qlang.trust.signing.dispatch import Reply, refuse, reply_to
from qlang.trust.signing.peer import peer_of, require_peer_credentials
from qlang.trust.signing.protocol import failure_bytes
from qlang.trust.signing.service import SigningService

MAX_CONNECTIONS = 64
FRAME_SECONDS = 10.0
"""How long a client may take over one frame, in either direction."""
NOTE_SECONDS = 60.0
"""How often it is recorded that one user, who may not ask, has come: the ledger is not for strangers to fill."""
_CHUNK = 1 << 16
_TICK = 1.0


@dataclass(slots=True, eq=False)
class _Client:
    """A connection: what came of its next frame, and what it has not read yet."""

    socket: socket.socket
    peer: Peer
    received: bytearray = field(default_factory=bytearray)
    waiting: bytearray = field(default_factory=bytearray)
    deadline: float | None = None
    last: bool = False


class SignerServer:
    """Serves a service on a listening socket until it is stopped."""

    def __init__(
        self, service: SigningService, listener: socket.socket, *, frame_seconds: float = FRAME_SECONDS
    ) -> None:
        self._service, self._listener, self._frame_seconds = service, listener, frame_seconds
        self._selector = selectors.DefaultSelector()
        self._clients: dict[_Client, None] = {}
        """In the order in which they were last heard."""
        self._noted: dict[int, float] = {}
        """User that may not ask → when that was recorded."""
        self._ready: list[_Client] = []
        """Clients of which a further frame was received already."""
        self._stopping = False
        self._wake, self._waker = socket.socketpair()

    def stop(self) -> None:
        """Finish the request under way, then end. May be called from a signal handler or another thread, and again."""
        self._stopping = True
        with suppress(OSError):  # a server that was awake has seen it, and may have ended already
            self._waker.send(b"!")

    def serve(self) -> None:
        """Until `stop`. A client's fault ends its connection, nothing else."""
        self._listener.setblocking(False)
        for waited in (self._listener, self._wake):
            self._selector.register(waited, selectors.EVENT_READ)
        try:
            while not self._stopping:
                self._turn()
        finally:
            for client in list(self._clients):
                self._drop(client)
            self._selector.close()
            self._wake.close()
            self._waker.close()

    def _turn(self) -> None:
        """One frame of each client that has one: nobody's backlog holds up the others."""
        ready, self._ready = self._ready, []
        for client in ready:
            self._attend(client, None)
        for key, events in self._selector.select(0 if self._ready else _TICK):
            if key.fileobj is self._listener:
                self._accept()
            elif key.data is not None:
                self._attend(key.data, events)
        self._drop_late()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE) and self._clients:
                self._busy()
            return  # or the client has gone again: it may try again
        try:
            client = _Client(connection, peer_of(connection))
            connection.setblocking(False)
        except OSError:
            connection.close()
            return
        if len(self._clients) >= MAX_CONNECTIONS:
            self._busy()
        self._clients[client] = None
        self._selector.register(connection, selectors.EVENT_READ, client)
        if not self._service.accepts(client.peer):
            self._send(client, self._stranger(client.peer))

    def _busy(self) -> None:
        """Make room at the cost of who has most connections: the one that has been silent for longest, if it waits for
        nothing."""
        ((crowd, _),) = Counter(client.peer.uid for client in self._clients).most_common(1)
        theirs = [client for client in self._clients if client.peer.uid == crowd]
        idle = [client for client in theirs if not client.received and not client.waiting]
        self._drop((idle or theirs)[0])

    def _stranger(self, peer: Peer) -> Reply:
        """Refuse a user that may not ask."""
        error, now = SignerUnavailable(f"user `{peer.user}` ({peer.uid}) is not one of its signers"), time.monotonic()
        if now - self._noted.get(peer.uid, -NOTE_SECONDS) < NOTE_SECONDS:
            return Reply(failure_bytes(error), last=True)
        self._noted[peer.uid] = now
        return refuse(self._service, error, peer)

    def _attend(self, client: _Client, events: int | None) -> None:
        """Do what a client waits for; `events` None: its next frame is there already."""
        if client not in self._clients:
            return
        try:
            if events is None:
                self._answer_next(client)
            elif events & selectors.EVENT_WRITE:
                self._flush(client)
            else:
                self._read(client)
        except OSError:
            self._drop(client)  # the client went away: what it asked for is in the ledger, and it may ask again

    def _read(self, client: _Client) -> None:
        data = client.socket.recv(_CHUNK)
        if not data:
            if client.received:
                refuse(self._service, FrameRefused("it ended in the midst of a frame"), client.peer)
            self._drop(client)
            return
        client.received += data
        self._clients[client] = self._clients.pop(client)
        self._answer_next(client)

    def _answer_next(self, client: _Client) -> None:
        """Answer the first complete frame, if there is one; the next is looked at when the answer is sent."""
        try:
            frame = _take_frame(client.received)
        except FrameRefused as error:
            self._send(client, refuse(self._service, error, client.peer))
            return
        if frame is not None:
            self._send(client, reply_to(self._service, frame, client.peer))
        elif client.received and client.deadline is None:
            client.deadline = time.monotonic() + self._frame_seconds

    def _send(self, client: _Client, reply: Reply) -> None:
        client.waiting += frame_of(reply.data)
        client.last = reply.last
        client.deadline = time.monotonic() + self._frame_seconds
        self._flush(client)

    def _flush(self, client: _Client) -> None:
        with suppress(BlockingIOError):
            del client.waiting[: client.socket.send(client.waiting)]
        if client.waiting:
            self._selector.modify(client.socket, selectors.EVENT_WRITE, client)
            return
        client.deadline = None
        if client.last:
            self._drop(client)
            return
        self._selector.modify(client.socket, selectors.EVENT_READ, client)
        if client.received:
            self._ready.append(client)

    def _drop_late(self) -> None:
        now = time.monotonic()
        for client in [client for client in self._clients if client.deadline is not None and client.deadline < now]:
            if client.received and not client.waiting:
                refuse(self._service, FrameRefused("it took too long over a frame"), client.peer)
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        if client in self._clients:
            del self._clients[client]
            self._selector.unregister(client.socket)
            client.socket.close()


def _take_frame(received: bytearray) -> bytes | None:
    """The first frame, removed from what was received; None if it is not complete. Raises: FrameRefused."""
    if len(received) < HEADER.size:
        return None
    length = announced_length(bytes(received[: HEADER.size]))
    if len(received) < HEADER.size + length:
        return None
    frame = bytes(received[HEADER.size : HEADER.size + length])
    del received[: HEADER.size + length]
    return frame


@contextmanager
def listening(path: Path, *, shared: bool) -> Iterator[socket.socket]:
    """A Unix socket at `path`, gone at the end; what a killed server left there is replaced.

    Its folder is made, or must be, closed to others (mode 0700); `shared`: other users may reach it, and the peer
    check alone decides.

    Raises: SignerUnavailable if another signer listens there, or the path cannot be used; FileRefused.
    """
    require_peer_credentials()
    if not shared:
        private_directory(path.parent)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            _remove_stale(path)
            listener.bind(str(path))
            made = path.lstat().st_ino
            path.chmod(0o666 if shared else 0o600)
            listener.listen(MAX_CONNECTIONS)
        except OSError as error:
            raise SignerUnavailable(f"{path}: {error.strerror or error}") from error
        try:
            yield listener
        finally:
            with suppress(FileNotFoundError):
                if path.lstat().st_ino == made:
                    path.unlink()


def _remove_stale(path: Path) -> None:
    """Remove the socket of a server that is gone. Raises: SignerUnavailable if one answers, OSError."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise SignerUnavailable(f"{path}: exists and is no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        if trial.connect_ex(str(path)) != errno.ECONNREFUSED:
            raise SignerUnavailable(f"{path}: another signer listens there")
    path.unlink()


@contextmanager
def stopped_by_signals(server: SignerServer) -> Iterator[None]:
    """SIGTERM and SIGINT end the server after the request under way."""

    def stop(number: int, frame: FrameType | None) -> None:
        server.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
