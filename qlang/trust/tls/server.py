"""Accepting TLS connections."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections import Counter
from collections.abc import Callable

from qlang.trust.errors import TlsRefused
from qlang.trust.tls.channel import Limits, TlsChannel, established, log_connection
from qlang.trust.tls.context import TlsSettings, server_context

_BACKLOG = 128
_PASSING = (errno.ECONNABORTED, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""What ends one connection, or ends by itself, and must not end the server."""
_TICK = 0.2
"""Seconds after which a waiting server looks whether it shall stop."""


class TlsServer:
    """Listens on a TCP address. Use as a context manager."""

    def __init__(self, host: str, port: int, settings: TlsSettings, limits: Limits | None = None) -> None:
        """Raises: TlsRefused if the address cannot be listened at or the settings give no context, ExtraMissing."""
        self.settings, self.limits = settings, limits or Limits()
        self._context = server_context(settings)
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise TlsRefused(f"cannot listen at {host} port {port}: {error.strerror}") from error
        self._stopping = threading.Event()
        self._peers: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; the port that was chosen where 0 was asked for."""
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    def accept(self, timeout: float | None = None) -> TlsChannel:
        """The next connection, after its handshake, in this thread.

        Raises: TlsRefused if nobody comes within `timeout` seconds, or the one who comes is refused.
        """
        self._listener.settimeout(timeout)
        try:
            sock, address = self._listener.accept()
        except TimeoutError as error:
            raise TlsRefused(f"nobody connected within {timeout:g} s") from error
        except OSError as error:
            raise TlsRefused(f"the server does not listen any more: {error.strerror}") from error
        return self._shaken(sock, address)

    def serve(self, handle: Callable[[TlsChannel], None]) -> None:
        """Hand each connection to `handle` in a thread of its own, until `stop`. Each is one line of the log."""
        while not self._stopping.is_set():
            self._listener.settimeout(_TICK)
            try:
                sock, address = self._listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._stopping.is_set():
                    return
                if error.errno in _PASSING:
                    log_connection("server", None, {"refused": f"not accepted: {error.strerror}"}, logging.WARNING)
                    self._stopping.wait(_TICK)
                    continue
                raise TlsRefused(f"the server does not listen any more: {error.strerror}") from error
            if not self._admit(address[0]):
                log_connection("server", address, {"refused": "too many connections"}, logging.WARNING)
                sock.close()
                continue
            threading.Thread(target=self._serve_one, args=(sock, address, handle), daemon=True).start()

    def stop(self) -> None:
        """Let `serve` return; connections that are open end by themselves."""
        self._stopping.set()

    def close(self) -> None:
        """Listen no more."""
        self.stop()
        self._listener.close()

    def __enter__(self) -> TlsServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _shaken(self, sock: socket.socket, address: tuple[str, int]) -> TlsChannel:
        from OpenSSL import SSL

        connection = SSL.Connection(self._context, None)
        connection.set_accept_state()
        return established(connection, sock, self.settings, self.limits, side="server", address=address)

    def _serve_one(self, sock: socket.socket, address: tuple[str, int], handle: Callable[[TlsChannel], None]) -> None:
        try:
            self._handle(sock, address, handle)
        finally:
            sock.close()
            with self._lock:
                self._peers[address[0]] -= 1
                self._peers += Counter()  # forget who has none left

    def _handle(self, sock: socket.socket, address: tuple[str, int], handle: Callable[[TlsChannel], None]) -> None:
        try:
            channel = self._shaken(sock, address)
        except TlsRefused:
            return  # it is in the log
        try:
            with channel:
                handle(channel)
        except TlsRefused as error:
            log_connection("server", address, {"broken": error.reason})

    def _admit(self, address: str) -> bool:
        with self._lock:
            full = self._peers.total() >= self.limits.connections
            if full or self._peers[address] >= self.limits.connections_per_address:
                return False
            self._peers[address] += 1
            return True
