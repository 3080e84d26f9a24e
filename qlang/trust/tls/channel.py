"""One TLS connection over a socket: handshake, bytes, close, each with a limit of time and size.

OpenSSL works on memory here and the socket is pumped by hand, so that a peer that sends a byte a minute, or a
megabyte of certificates, meets our limits and not the library's.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from qlang.trust.errors import TlsRefused
from qlang.trust.tls.context import TlsSettings, verification_words
from qlang.trust.tls.groups import group_name, groups_of
from qlang.trust.tls.identity import certificate_algorithm, certificate_digest, certificate_name

if TYPE_CHECKING:
    from OpenSSL import SSL

_LOG = logging.getLogger("qlang.trust.tls")
_PIECE = 1 << 16

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may cost."""

    handshake_seconds: float = 5.0
    handshake_bytes: int = 1 << 17
    """From the peer. Two ML-DSA-65 certificates and a signature take 14 kB."""
    idle_seconds: float = 30.0
    """For one reading or writing."""
    close_seconds: float = 2.0
    """For the peer's answer to our close."""
    connections: int = 64
    """At once, handshakes included; more are closed unanswered."""
    connections_per_address: int = 16


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What a handshake agreed on."""

    protocol: str
    cipher: str
    group: str
    certificate_algorithm: str | None
    """Of our own certificate, if one was sent."""
    peer: str | None
    """Name in the peer's certificate."""
    peer_algorithm: str | None
    peer_digest: str | None
    """SHA-256 of the peer's certificate."""


class TlsChannel:
    """A connection after its handshake. Not for use by two threads at once."""

    def __init__(self, connection: SSL.Connection, sock: socket.socket, limits: Limits) -> None:
        self._connection = connection
        self._socket = sock
        self._limits = limits
        self._allowance = limits.handshake_bytes
        self._closed = False
        self.negotiated = Negotiated("", "", "", None, None, None, None)

    def receive(self, size: int = _PIECE) -> bytes:
        """Some bytes; none after the peer has closed properly. Raises: TlsRefused, also for a connection cut off."""
        from OpenSSL import SSL

        try:
            return self._run(lambda: self._connection.recv(size), self._limits.idle_seconds)
        except SSL.ZeroReturnError:
            return b""

    def send(self, data: bytes) -> None:
        """All of `data`. Raises: TlsRefused."""
        for start in range(0, len(data), _PIECE):
            self._run(partial(self._connection.sendall, data[start : start + _PIECE]), self._limits.idle_seconds)

    def close(self) -> None:
        """Say that nothing follows, wait a little for the same from the peer, and close. Never raises."""
        from OpenSSL import SSL

        if self._closed:
            return
        self._closed = True
        try:
            if not self._run(self._connection.shutdown, self._limits.close_seconds):
                self._run(self._connection.shutdown, self._limits.close_seconds)
        except (TlsRefused, SSL.Error) as error:
            _LOG.debug("closed without the peer's answer: %s", error)
        finally:
            self._socket.close()

    def abort(self) -> None:
        """Close at once."""
        self._closed = True
        self._socket.close()

    def __enter__(self) -> TlsChannel:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def shake_hands(self) -> None:
        """Called once by server and client. Raises: TlsRefused."""
        try:
            self._run(self._connection.do_handshake, self._limits.handshake_seconds)
        finally:
            self._allowance = -1  # application data have no limit here

    def _run(self, operation: Callable[[], Result], seconds: float) -> Result:
        """An operation of OpenSSL, with the socket served meanwhile. Raises: TlsRefused, SSL.ZeroReturnError."""
        from OpenSSL import SSL

        deadline = time.monotonic() + seconds
        try:
            while True:
                try:
                    result = operation()
                except SSL.WantReadError:
                    self._flush(deadline)
                    self._feed(deadline)
                    continue
                self._flush(deadline)
                return result
        except SSL.ZeroReturnError:
            raise
        except SSL.Error as error:
            self._tell(deadline)
            raise TlsRefused(self._words(error)) from error
        except TimeoutError as error:
            raise TlsRefused(f"the peer took longer than {seconds:g} s") from error
        except OSError as error:
            raise TlsRefused(f"the connection broke: {error.strerror or type(error).__name__}") from error

    def _flush(self, deadline: float) -> None:
        from OpenSSL import SSL

        while True:
            try:
                data = self._connection.bio_read(_PIECE)
            except SSL.WantReadError:
                return
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(data)

    def _feed(self, deadline: float) -> None:
        self._socket.settimeout(_left(deadline))
        data = self._socket.recv(_PIECE)
        if not data:
            self._connection.bio_shutdown()
            return
        if self._allowance >= 0:
            self._allowance -= len(data)
            if self._allowance < 0:
                raise TlsRefused(f"the peer sent more than {self._limits.handshake_bytes} bytes before an agreement")
        self._connection.bio_write(data)

    def _tell(self, deadline: float) -> None:
        """Send the alert that says why, if the peer still listens."""
        try:
            self._flush(deadline)
        except OSError as error:
            _LOG.debug("the alert was not sent: %s", error)

    def _words(self, error: SSL.Error) -> str:
        objections = self._connection.get_app_data()
        if isinstance(objections, list) and objections:
            return f"the peer's certificate is refused: {verification_words(objections[0])}"
        queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
        reasons = [str(entry[2]) for entry in queue if len(entry) > 2 and entry[2]]
        if reasons:
            return ": ".join(dict.fromkeys(reasons))
        return "the peer closed the connection without a word"


def established(
    connection: SSL.Connection,
    sock: socket.socket,
    settings: TlsSettings,
    limits: Limits,
    *,
    side: str,
    address: tuple[str, int],
) -> TlsChannel:
    """Shake hands, and check that what was agreed on is what the crypto mode allows.

    Logs one line, see `log_connection`. `side`: `server` or `client`, which we are; `address`: of the peer.

    Raises: TlsRefused; the socket is closed then.
    """
    connection.set_app_data([])
    if sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # short flights must not wait for each other
    channel = TlsChannel(connection, sock, limits)
    try:
        channel.shake_hands()
        channel.negotiated = _negotiated(connection)
        if channel.negotiated.group not in groups_of(settings.crypto_mode):
            raise TlsRefused(f"group {channel.negotiated.group} does not serve crypto mode {settings.crypto_mode}")
    except TlsRefused as error:
        log_connection(side, address, {"refused": error.reason})
        channel.abort()
        raise
    log_connection(side, address, asdict(channel.negotiated))
    return channel


def log_connection(
    side: str, address: tuple[str, int] | None, facts: Mapping[str, object], level: int = logging.INFO
) -> None:
    """One line of JSON in ASCII to the log `qlang.trust.tls`, whatever a peer's certificate has for a name."""
    host, port = address[:2] if address else ("", 0)
    peer = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") if address else None
    _LOG.log(level, "%s", json.dumps({"side": side, "address": peer, **facts}))


def _negotiated(connection: SSL.Connection) -> Negotiated:
    own = connection.get_certificate(as_cryptography=True)
    peer = connection.get_peer_certificate(as_cryptography=True)
    return Negotiated(
        connection.get_protocol_version_name(),
        connection.get_cipher_name() or "",
        group_name(connection.get_group_name() or ""),
        certificate_algorithm(own) if own else None,
        certificate_name(peer) if peer else None,
        certificate_algorithm(peer) if peer else None,
        certificate_digest(peer) if peer else None,
    )


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
