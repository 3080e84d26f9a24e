"""The language server: `qlangc lsp` on standard input and output.

All handlers run on the event loop, one after the other, on one analysis for each version of a text: there is
nothing to lock. The compiler is imported once the client has its answer to `initialize`.
"""

import logging
import os
import sys
from collections.abc import Callable, Generator
from contextlib import redirect_stdout
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from qlang.version import __version__

if TYPE_CHECKING:
    from qlang.lsp.session import Session

log = logging.getLogger(__name__)

FEATURES: tuple[tuple[str, str, Any], ...] = (
    (types.INITIALIZED, "initialized", None),
    (types.TEXT_DOCUMENT_DID_OPEN, "opened", None),
    (types.TEXT_DOCUMENT_DID_CHANGE, "changed", None),
    (types.TEXT_DOCUMENT_DID_SAVE, "saved", None),
    (types.TEXT_DOCUMENT_DID_CLOSE, "closed", None),
    (types.TEXT_DOCUMENT_DIAGNOSTIC, "diagnostics", types.DiagnosticOptions(True, False, "qlang")),
    (types.TEXT_DOCUMENT_HOVER, "hover", None),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        "completion",
        types.CompletionOptions(trigger_characters=[".", "@", "("], resolve_provider=True),
    ),
    (types.COMPLETION_ITEM_RESOLVE, "resolve", None),
    (types.TEXT_DOCUMENT_DEFINITION, "definition", None),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, "symbols", None),
    (types.TEXT_DOCUMENT_FORMATTING, "formatting", None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        "code_actions",
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    ),
)
"""Method of the protocol, the session's method that answers it, options."""


class Protocol(LanguageServerProtocol):
    """Counts columns in UTF-8 where the client can; pygls would take the client's first offer."""

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        general = params.capabilities.general
        if general is not None and general.position_encodings:
            utf8 = types.PositionEncodingKind.Utf8
            general.position_encodings = sorted(general.position_encodings, key=lambda each: each != utf8)
        return (yield from super().lsp_initialize(params))


class Server(LanguageServer):
    """pygls' server, which tells the client's log about its own mistakes."""

    def __init__(self) -> None:
        super().__init__(
            "qlang",
            __version__,
            # The whole text with every change: jobs are small, and no column is counted wrong on the way.
            text_document_sync_kind=types.TextDocumentSyncKind.Full,
            protocol_cls=Protocol,
            converter_factory=default_converter,
            max_workers=2,
        )

    @cached_property
    def session(self) -> "Session":
        """The open texts and the answers about them; made after `initialize`, as it loads the compiler."""
        from qlang.lsp.session import Session

        return Session(self)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Called by pygls; failed requests are in the log already, and in the response."""
        if source.__name__ != "FeatureRequestError":
            log.error("%s", error, exc_info=error)


class ClientLog(logging.Handler):
    """Sends warnings and errors to the client's log, where its user finds them."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.WARNING)
        self.server = server
        self.busy = False

    def emit(self, record: logging.LogRecord) -> None:
        if self.busy or self.server.protocol.writer is None:
            return  # writing to the client has just failed, or it is not there yet
        self.busy = True
        try:
            kind = types.MessageType.Error if record.levelno >= logging.ERROR else types.MessageType.Warning
            self.server.window_log_message(types.LogMessageParams(kind, self.format(record)))
        finally:
            self.busy = False


def create() -> Server:
    """A server with all features, not started."""
    server = Server()
    for method, answer, options in FEATURES:
        server.feature(method, options)(_handler(server, answer))
    return server


def _handler(server: Server, answer: str) -> Callable[[Any], Any]:
    """Hands a message to the session's method of that name."""

    def handle(params: Any) -> Any:
        return getattr(server.session, answer)(params)

    return handle


def main() -> int:
    """Serve on standard input and output until the client says `exit`."""
    server = create()
    logging.getLogger().addHandler(ClientLog(server))
    # pygls closes the stream that it writes to; what else is printed must not come between its messages
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as messages, redirect_stdout(sys.stderr):
        server.start_io(stdout=messages)
    return 0
