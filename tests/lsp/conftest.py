"""A text with a mark, and a language server to talk to."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES

from qlang.compiler.editor.analysis import Analysis, analyse

COMMAND = [str(Path(sys.executable).with_name("qlangc")), "lsp"]

PRELUDE = """\
const int n = 3;
circuit chain(int steps, float J = 1.0) { qubit[n] q; bit[2] b; h q; rz(J) q[0]; }
observable mag(qubit[] r) = Z(r[0]);
noise lab { depolarizing(0.01) on 1q; }
"""
"""Definitions that texts of these tests may use."""


@pytest.fixture
def at_mark() -> Callable[[str], tuple[Analysis, int]]:
    """The analysis of the prelude and a text, and the offset of the `|` in the text, which is taken out."""

    def split(marked: str) -> tuple[Analysis, int]:
        before, after = marked.split("|", 1)
        return analyse("/project/a.qjob", PRELUDE + before + after, {}), len(PRELUDE + before)

    return split


KEPT = (
    types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS,
    types.WINDOW_LOG_MESSAGE,
    types.WORKSPACE_DIAGNOSTIC_REFRESH,
)


class Client(LanguageClient):
    """Keeps what the server sends, so that nothing is missed between two waits."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        self.mail: list[object] = []
        self.news = asyncio.Event()
        for method, handler in DEFAULT_CLIENT_FEATURES.items():
            if method not in KEPT:
                self.feature(method)(handler)
        for method in KEPT:
            self.feature(method)(lambda params: self.deliver(params))  # pygls marks functions, not methods

    def deliver(self, params: object) -> None:
        self.mail.append(params)
        self.news.set()

    async def receive(self, wanted: Callable[[Any], bool]) -> Any:
        """Take the first message that is wanted, now or once it comes; a mistake of the server ends the wait."""
        while True:
            for index, each in enumerate(self.mail):
                if wanted(each):
                    return self.mail.pop(index)
                assert not isinstance(each, types.LogMessageParams), each.message
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), 20)


Connect = Callable[[types.ClientCapabilities], Awaitable[tuple[Client, types.InitializeResult]]]


@pytest.fixture
async def connect(tmp_path: Path) -> AsyncIterator[Connect]:
    """Starts servers, each with a client that has said `initialized`, and stops them after the test."""
    clients: list[Client] = []

    async def start(capabilities: types.ClientCapabilities) -> tuple[Client, types.InitializeResult]:
        client = await ClientServerConfig(server_command=COMMAND, client_factory=Client).start()
        assert isinstance(client, Client)
        clients.append(client)
        params = types.InitializeParams(capabilities=capabilities, root_uri=tmp_path.as_uri())
        return client, await client.initialize_session(params)

    yield start
    for client in clients:
        if client._server and client._server.returncode is None:
            await client.shutdown_session()
        await client.stop()


@pytest.fixture
async def client(connect: Connect) -> Client:
    """A client like Neovim 0.11, counting columns in UTF-8, except that it waits for diagnostics to be sent."""
    capabilities = client_capabilities("neovim@v0.11.0")
    assert capabilities.text_document
    capabilities.text_document.diagnostic = None
    connected, _ = await connect(capabilities)
    return connected
