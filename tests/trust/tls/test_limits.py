"""What a peer may cost, and how connections end."""

import os
import socket
import ssl
import sys
import threading

import pytest

from qlang.trust.crypto_modes import ECDSA_P256
from qlang.trust.errors import ExtraMissing, TlsRefused
from qlang.trust.tls.channel import Limits, TlsChannel
from qlang.trust.tls.client import connect
from qlang.trust.tls.context import TlsSettings
from qlang.trust.tls.server import TlsServer
from tests.trust.tls.parties import GREETING, Parties, pem, receive_all, running

SOON = Limits(handshake_seconds=0.3, idle_seconds=0.3, close_seconds=0.3)


def test_a_peer_that_says_nothing_is_dropped(parties: Parties) -> None:
    with running(parties.server(), SOON) as seen, socket.create_connection(("127.0.0.1", seen.port)) as silent:
        assert silent.recv(1) == b""
    assert seen.refused == ["the peer took longer than 0.3 s"]


def test_a_peer_that_trickles_is_dropped_at_the_same_time(parties: Parties) -> None:
    """A limit for each reading would never end here: every byte comes within it."""
    with running(parties.server(), SOON) as seen, socket.create_connection(("127.0.0.1", seen.port)) as slow:
        slow.settimeout(0.02)
        for byte in b"\x16\x03\x01\x40\x00\x01\x00\x3f\xfc" + bytes(1000):
            try:
                slow.send(bytes([byte]))
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        else:
            pytest.fail("was served a thousand bytes at 20 ms each")
    assert seen.refused == ["the peer took longer than 0.3 s"]


def test_too_many_bytes_before_an_agreement_are_refused(parties: Parties) -> None:
    with running(parties.server(), Limits(handshake_bytes=500)) as seen, pytest.raises(TlsRefused):
        connect("127.0.0.1", seen.port, parties.client())  # the hybrid share alone takes 1216 bytes
    assert seen.refused == ["the peer sent more than 500 bytes before an agreement"]


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"\0" * 400, b"\x16\x03\x01\x00\x05hello", b"\x16" * 64])
def test_noise_is_refused_without_a_crash(parties: Parties, noise: bytes) -> None:
    with running(parties.server(), SOON) as seen, socket.create_connection(("127.0.0.1", seen.port)) as other:
        other.sendall(noise)
        other.shutdown(socket.SHUT_WR)
        while other.recv(4096):
            pass
    assert len(seen.refused) == 1


def test_a_client_meets_a_server_that_is_none(parties: Parties) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(100)
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(TlsRefused, match=r"wrong version number|packet length too long|connection broke"):
            connect("127.0.0.1", port, parties.client())
        thread.join(5)
    with pytest.raises(TlsRefused, match="no connection to"):
        connect("127.0.0.1", port, parties.client())


def test_large_data_arrive_whole_and_the_close_is_proper(parties: Parties) -> None:
    data = os.urandom(3 << 20)
    received: list[bytes] = []
    with TlsServer("127.0.0.1", 0, parties.server()) as server:

        def echo() -> None:
            with server.accept(10) as channel:
                received.append(receive_all(channel))

        thread = threading.Thread(target=echo)
        thread.start()
        with connect("127.0.0.1", server.address[1], parties.client()) as channel:
            channel.send(data)
        thread.join(20)
    assert received == [data]


def test_a_connection_that_is_cut_is_no_end_of_data(parties: Parties) -> None:
    """Otherwise whoever can cut a wire could shorten what is said."""
    with TlsServer("127.0.0.1", 0, parties.server()) as server:

        def cut() -> None:
            channel = server.accept(10)
            channel.send(GREETING)
            channel.abort()

        thread = threading.Thread(target=cut)
        thread.start()
        channel = connect("127.0.0.1", server.address[1], parties.client())
        with pytest.raises(TlsRefused, match="closed the connection without a word"):
            receive_all(channel)
        channel.abort()
        thread.join(5)


def test_a_silent_peer_does_not_hold_a_reader(parties: Parties) -> None:
    with TlsServer("127.0.0.1", 0, parties.server(), SOON) as server:
        refused: list[str] = []

        def read() -> None:
            try:
                with server.accept(10) as channel:
                    channel.receive()
            except TlsRefused as error:
                refused.append(str(error))

        thread = threading.Thread(target=read)
        thread.start()
        channel = connect("127.0.0.1", server.address[1], parties.client())
        thread.join(5)
        channel.abort()
    assert refused == ["the peer took longer than 0.3 s"]


def test_too_many_connections_at_once_are_not_answered(parties: Parties) -> None:
    limits = Limits(handshake_seconds=5, connections_per_address=2)
    inside, leave = threading.Semaphore(0), threading.Event()

    def handle(channel: TlsChannel) -> None:
        inside.release()
        leave.wait(10)
        channel.send(GREETING)

    with TlsServer("127.0.0.1", 0, parties.server(), limits) as server:
        thread = threading.Thread(target=server.serve, args=(handle,))
        thread.start()
        port = server.address[1]
        held = [connect("127.0.0.1", port, parties.client()) for _ in range(2)]
        for _ in held:
            assert inside.acquire(timeout=5)
        with pytest.raises(TlsRefused):
            connect("127.0.0.1", port, parties.client())
        leave.set()
        for channel in held:
            assert receive_all(channel) == GREETING
            channel.close()
        server.stop()
        thread.join(5)
        assert not thread.is_alive()


def test_a_place_is_free_again_after_a_connection(parties: Parties) -> None:
    limits = Limits(connections=1)
    with TlsServer("127.0.0.1", 0, parties.server(), limits) as server:
        thread = threading.Thread(target=server.serve, args=(lambda channel: channel.send(GREETING),))
        thread.start()
        served = 0
        for _ in range(200):
            try:
                with connect("127.0.0.1", server.address[1], parties.client()) as channel:
                    served += receive_all(channel) == GREETING
            except TlsRefused:
                continue
            if served == 3:
                break
        server.stop()
        thread.join(5)
    assert served == 3


def test_settings_that_cannot_be_are_refused(parties: Parties) -> None:
    with pytest.raises(TlsRefused, match="needs a certificate"):
        TlsServer("127.0.0.1", 0, TlsSettings())
    with pytest.raises(TlsRefused, match="needs a CA"):
        connect("localhost", 1, TlsSettings())
    with pytest.raises(TlsRefused, match="no crypto mode 'qkd'"):
        TlsServer("127.0.0.1", 0, parties.server("qkd"))
    with pytest.raises(TlsRefused, match="does not know all of the signature algorithms"):
        TlsServer("127.0.0.1", 0, parties.server(signature_algorithms=("sphincs",)))
    with pytest.raises(TlsRefused, match="is no name of a signature algorithm"):
        TlsServer("127.0.0.1", 0, parties.server(signature_algorithms=("ed25519:rsa",)))
    for name in ("", "a b", "a\0b", "-" * 300, "ü.test"):
        with pytest.raises(TlsRefused, match="is not a host name"):
            connect("127.0.0.1", 1, parties.client(), server_name=name or "..")


def test_a_port_that_is_taken_is_refused(parties: Parties) -> None:
    with TlsServer("127.0.0.1", 0, parties.server(), SOON) as server:
        with pytest.raises(TlsRefused, match="cannot listen"):
            TlsServer("127.0.0.1", server.address[1], parties.server())
        with pytest.raises(TlsRefused, match=r"nobody connected within 0\.1 s"):
            server.accept(0.1)


def test_a_session_is_never_resumed(parties: Parties) -> None:
    """Resumption would skip the certificates, and with them their times and names."""
    context = ssl.create_default_context(cadata=pem(parties.roots[ECDSA_P256]))
    session = None
    with running(parties.server(), connections=2) as seen:
        for _ in range(2):
            with (
                socket.create_connection(("127.0.0.1", seen.port)) as plain,
                context.wrap_socket(plain, server_hostname="localhost", session=session) as secured,
            ):
                assert secured.recv(100) == GREETING
                assert not secured.session_reused
                session = secured.session


def test_without_the_extra_the_error_names_it(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OpenSSL", "OpenSSL._util", "OpenSSL.SSL"):
        monkeypatch.setitem(sys.modules, name, None)
    for start in (
        lambda: TlsServer("127.0.0.1", 0, parties.server()),
        lambda: connect("127.0.0.1", 1, parties.client()),
    ):
        with pytest.raises(ExtraMissing, match=r"pip install 'qlang\[tls\]'"):
            start()


def test_a_library_without_what_is_needed_is_refused_by_name(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qlang.trust.tls.context._CALLS", ("SSL_CTX_new", "SSL_absent"))
    with pytest.raises(TlsRefused, match="lacks SSL_absent"):
        TlsServer("127.0.0.1", 0, parties.server())
