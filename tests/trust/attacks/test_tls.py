"""A TLS server that runs out of descriptors."""

import os
import socket
import sys
import threading

import pytest

from qlang.trust.tls.channel import TlsChannel
from qlang.trust.tls.client import connect
from qlang.trust.tls.server import TlsServer
from tests.trust.tls.conftest import parties  # noqa: F401 - a fixture
from tests.trust.tls.parties import Parties, receive_all


def greet(channel: TlsChannel) -> None:
    channel.send(b"hello")


@pytest.mark.skipif(sys.platform != "linux", reason="limits of descriptors as on Linux")
def test_a_server_without_descriptors_goes_on(parties: Parties) -> None:  # noqa: F811
    import resource

    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with TlsServer("127.0.0.1", 0, parties.server()) as server, socket.socket() as late:
        thread = threading.Thread(target=server.serve, args=(greet,))
        thread.start()
        os.close(free := os.dup(0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, before[1]))
        try:
            late.connect(server.address)
            thread.join(0.5)
            assert thread.is_alive()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
        with connect("127.0.0.1", server.address[1], parties.client()) as channel:
            assert receive_all(channel) == b"hello"
        server.stop()
        thread.join(5)
        assert not thread.is_alive()
