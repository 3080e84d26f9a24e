"""One client's open texts, and an answer to each of its messages."""

from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.capabilities import get_capability

from qlang.compiler.editor.completion import complete
from qlang.compiler.editor.hover import hover
from qlang.compiler.editor.layout import formatted
from qlang.compiler.editor.navigation import definition_at
from qlang.compiler.editor.outline import outline
from qlang.compiler.editor.proposal import Proposal
from qlang.compiler.editor.warm_up import warm_up
from qlang.lsp import translate
from qlang.lsp.documents import Document, Documents
from qlang.lsp.publisher import Publisher

if TYPE_CHECKING:
    from qlang.lsp.server import Server


class Session:
    """Handlers by name; `qlang.lsp.server.FEATURES` says which message each one answers."""

    def __init__(self, server: "Server") -> None:
        self.server = server
        capabilities = server.client_capabilities
        self.encoding = server.workspace.position_encoding or types.PositionEncodingKind.Utf16
        self.documents = Documents(self.encoding)
        self.publisher = Publisher(self._publish)
        self.pulls = get_capability(capabilities, "text_document.diagnostic") is not None
        """Whether the client asks for diagnostics; it is sent none then, or it would show them twice."""
        self.refreshes = bool(get_capability(capabilities, "workspace.diagnostics.refresh_support", False))
        self.snippets = bool(
            get_capability(capabilities, "text_document.completion.completion_item.snippet_support", False)
        )
        self.proposals: tuple[Proposal, ...] = ()
        """The last completion, for `resolve`."""

    def initialized(self, params: types.InitializedParams) -> None:
        """The client has its answer: load what the first text will need."""
        warm_up()

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self._put(params.text_document.uri, params.text_document.version, 0.0)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        self._put(params.text_document.uri, params.text_document.version, None)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """Files that include this one read it anew."""
        self._refresh_others(params.text_document.uri)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.publisher.cancel(uri)
        self.documents.remove(uri)
        if not self.pulls:
            self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _put(self, uri: str, version: int | None, delay: float | None) -> None:
        text = self.server.workspace.get_text_document(uri).source
        self.documents.put(uri, text, version)
        if not self.pulls:
            self.publisher.schedule(uri, *(() if delay is None else (delay,)))
            for other in self.documents.forget_dependents(uri):
                self.publisher.schedule(other)
        else:
            self.documents.forget_dependents(uri)

    def _refresh_others(self, uri: str) -> None:
        others = self.documents.forget_dependents(uri)
        if others and self.pulls and self.refreshes:
            self.server.workspace_diagnostic_refresh(None)
        elif not self.pulls:
            for other in others:
                self.publisher.schedule(other, 0.0)

    def _publish(self, uri: str) -> None:
        document = self.documents.by_uri[uri]
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, self._diagnostics(document), document.version)
        )

    def _diagnostics(self, document: Document) -> list[types.Diagnostic]:
        problems = document.problems(self.documents.buffers)
        return [translate.diagnostic(problem, document.positions, self.encoding) for problem in problems]

    def diagnostics(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        document = self._document(params)
        items = [] if document is None else self._diagnostics(document)
        return types.RelatedFullDocumentDiagnosticReport(items=items)

    def code_actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        document = self._document(params)
        if document is None:
            return []
        start, end = (document.positions.offset(each) for each in (params.range.start, params.range.end))
        near = [each for each in document.problems(self.documents.buffers) if each.start <= end and each.end >= start]
        uri = params.text_document.uri
        return list(translate.code_actions(uri, near, params.context.diagnostics, document.positions))

    def hover(self, params: types.HoverParams) -> types.Hover | None:
        document = self._document(params)
        if document is None:
            return None
        found = hover(document.analysis(self.documents.buffers), document.positions.offset(params.position))
        return None if found is None else translate.hover(found, document.positions)

    def completion(self, params: types.CompletionParams) -> types.CompletionList:
        document = self._document(params)
        if document is None:
            return types.CompletionList(False, [])
        found = complete(document.analysis(self.documents.buffers), document.positions.offset(params.position))
        self.proposals = found.items
        items = translate.completion_items(found, document.positions, snippets=self.snippets)
        return types.CompletionList(False, items)

    def resolve(self, item: types.CompletionItem) -> types.CompletionItem:
        """Adds the documentation that takes time to make: matrices, devices."""
        index = item.data
        if isinstance(index, int) and 0 <= index < len(self.proposals):
            proposal = self.proposals[index]
            if proposal.label == item.label and callable(proposal.documentation):
                item.documentation = types.MarkupContent(types.MarkupKind.Markdown, proposal.documentation())
        return item

    def definition(self, params: types.DefinitionParams) -> types.Location | None:
        document = self._document(params)
        if document is None:
            return None
        found = definition_at(document.analysis(self.documents.buffers), document.positions.offset(params.position))
        return None if found is None else translate.location(found, self.encoding)

    def symbols(self, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = self._document(params)
        if document is None:
            return []
        entries = outline(document.analysis(self.documents.buffers))
        return [translate.document_symbol(entry, document.positions) for entry in entries]

    def formatting(self, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = self._document(params)
        if document is None:
            return []
        found = formatted(document.analysis(self.documents.buffers))
        return [] if found is None else [translate.text_edit(found, document.positions)]

    def _document(self, params: "_AboutText") -> Document | None:
        """The text that a question is about; `None` if it is not open."""
        return self.documents.by_uri.get(params.text_document.uri)


_AboutText = (
    types.HoverParams
    | types.CompletionParams
    | types.DefinitionParams
    | types.DocumentSymbolParams
    | types.DocumentFormattingParams
    | types.DocumentDiagnosticParams
    | types.CodeActionParams
)
