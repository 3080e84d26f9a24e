"""The server through a real client over standard input and output."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pytest_lsp import client_capabilities

Client = Any  # the class of that name in conftest.py, which test modules cannot import
Connect = Callable[[types.ClientCapabilities], Awaitable[tuple[Client, types.InitializeResult]]]

PRELUDE = """\
const int n = 3;
circuit chain(int steps, float J = 1.0) { qubit[n] q; h q; rx(J * steps) q[0]; }
observable mag(qubit[] r) = Z(r[0]);
noise lab { depolarizing(0.01) on 1q; }
"""
BROKEN = PRELUDE + "circuit c() {\n  qubit[2] q;\n  cnot q[0], q[1]\n}\n"
WORKING = PRELUDE + "circuit c() { qubit[2] q; h q; }\njob j { run c(); sample q; shots 10; backend sim; }\n"


class Text:
    """One open text of a client."""

    def __init__(self, client: Client, path: Path, text: str) -> None:
        self.client = client
        self.uri = path.as_uri()
        self.text = text
        self.version = 1
        document = types.TextDocumentItem(self.uri, "qjob", self.version, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(document))

    @property
    def identifier(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    def change(self, text: str) -> None:
        self.text = text
        self.version += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self.version, self.uri),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    async def published(self) -> list[types.Diagnostic]:
        """The diagnostics of the text's present version, once they come."""
        found = await self.client.receive(
            lambda each: (
                isinstance(each, types.PublishDiagnosticsParams)
                and (each.uri, each.version) == (self.uri, self.version)
            )
        )
        return list(found.diagnostics)

    def position(self, part: str, inside: int = 0) -> types.Position:
        """The position of a part of the text, for texts within ASCII."""
        before = self.text[: self.text.index(part) + inside]
        return types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)


async def test_initialize_says_what_the_server_can(connect: Connect) -> None:
    _, result = await connect(client_capabilities("neovim@v0.11.0"))
    found = result.capabilities
    assert found.position_encoding == types.PositionEncodingKind.Utf8
    assert found.hover_provider and found.definition_provider and found.document_formatting_provider
    assert found.completion_provider and found.completion_provider.resolve_provider
    assert found.diagnostic_provider and found.code_action_provider and found.document_symbol_provider
    assert result.server_info and result.server_info.name == "qlang"


async def test_a_broken_file_gives_all_its_mistakes(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", BROKEN)
    found = {each.code: each for each in await text.published()}
    assert found.keys() == {"QJ0101", "QJ0203"}
    missing, unknown = found["QJ0101"], found["QJ0203"]
    assert missing.severity == types.DiagnosticSeverity.Error
    assert missing.source == "qlang"
    assert missing.code_description == types.CodeDescription("qlang:explain/QJ0101")
    assert unknown.range.start == text.position("cnot")
    assert unknown.range.end == text.position("cnot", 4)
    assert unknown.data[0]["edits"][0]["newText"] == "cx"


async def test_typing_ends_with_the_diagnostics_of_the_last_text(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", "")
    assert await text.published() == []
    for length in range(1, len(BROKEN), 7):
        text.change(BROKEN[:length])
    text.change(BROKEN)
    assert {each.code for each in await text.published()} == {"QJ0101", "QJ0203"}
    text.change(WORKING)
    assert await text.published() == []


async def test_closing_takes_the_diagnostics_away(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", BROKEN)
    assert await text.published()
    client.text_document_did_close(types.DidCloseTextDocumentParams(text.identifier))
    found = await client.receive(lambda each: isinstance(each, types.PublishDiagnosticsParams) and each.uri == text.uri)
    assert list(found.diagnostics) == []


async def test_related_places_and_faded_text(client: Client, tmp_path: Path) -> None:
    text = Text(
        client,
        tmp_path / "a.qjob",
        "circuit c() {\n  qubit[2] q;\n  h q[5];\n}\njob j { run c(); sample q; shots 1; }\n",
    )
    (index,) = await text.published()
    assert index.code == "QJ0401"
    assert index.related_information
    assert index.related_information[0].location.uri == text.uri
    assert index.related_information[0].location.range.start == text.position("q;")
    text.change("circuit c() { qubit[2] q; qubit[3] spare; h q; }\njob j { run c(); sample q; shots 1; }\n")
    (unused,) = await text.published()
    assert list(unused.tags) == [types.DiagnosticTag.Unnecessary]


async def test_a_client_that_asks_gets_diagnostics_by_asking(connect: Connect, tmp_path: Path) -> None:
    client, _ = await connect(client_capabilities("neovim@v0.11.0"))
    text = Text(client, tmp_path / "a.qjob", BROKEN)
    params = types.DocumentDiagnosticParams(text.identifier)
    found = await client.text_document_diagnostic_async(params)
    assert isinstance(found, types.RelatedFullDocumentDiagnosticReport)
    assert {each.code for each in found.items} == {"QJ0101", "QJ0203"}
    text.change(WORKING)
    found = await client.text_document_diagnostic_async(params)
    assert list(found.items) == []
    assert client.mail == [], "the same mistakes would be shown twice"


async def test_an_edit_in_one_file_is_seen_in_another(client: Client, tmp_path: Path) -> None:
    gates = 'include "stdgates.inc";\ngate twice a { x a; x a; }\n'
    (tmp_path / "gates.inc").write_text(gates)
    main = Text(
        client,
        tmp_path / "a.qjob",
        'include "gates.inc";\ncircuit c() { qubit q; twice q; }\njob j { run c(); sample q; shots 1; }\n',
    )
    assert await main.published() == []
    included = Text(client, tmp_path / "gates.inc", gates)
    assert await main.published() == []
    included.change(gates.replace("twice", "thrice"))
    assert [each.code for each in await main.published()] == ["QJ0203"]


async def test_a_client_that_asks_is_told_when_another_file_matters(connect: Connect, tmp_path: Path) -> None:
    capabilities = client_capabilities("neovim@v0.11.0")
    assert capabilities.workspace
    capabilities.workspace.diagnostics = types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    client, _ = await connect(capabilities)
    gates = 'include "stdgates.inc";\ngate twice a { x a; x a; }\n'
    (tmp_path / "gates.inc").write_text(gates)
    main = Text(
        client,
        tmp_path / "a.qjob",
        'include "gates.inc";\ncircuit c() { qubit q; twice q; }\njob j { run c(); sample q; shots 1; }\n',
    )
    question = types.DocumentDiagnosticParams(main.identifier)
    assert list((await client.text_document_diagnostic_async(question)).items) == []
    (tmp_path / "gates.inc").write_text(gates.replace("twice", "thrice"))
    saved = types.TextDocumentIdentifier((tmp_path / "gates.inc").as_uri())
    client.text_document_did_save(types.DidSaveTextDocumentParams(saved))
    assert await client.receive(lambda each: each is None) is None, "a refresh has no parameters"
    found = await client.text_document_diagnostic_async(question)
    assert [each.code for each in found.items] == ["QJ0203"]


async def test_hover(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", WORKING)
    found = await client.text_document_hover_async(types.HoverParams(text.identifier, text.position("h q;", 0)))
    assert found and isinstance(found.contents, types.MarkupContent)
    assert "gate h a" in found.contents.value and "1/√2" in found.contents.value
    assert found.range == types.Range(text.position("h q;"), text.position("h q;", 1))


async def test_completion_with_snippets_and_documentation(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", PRELUDE + "circuit c() { qubit q; rz")
    place = types.CompletionParams(text.identifier, text.position("rz", 2))
    found = await client.text_document_completion_async(place)
    assert isinstance(found, types.CompletionList)
    item = next(each for each in found.items if each.label == "rzz")
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit.new_text == "rzz(${1:θ}) ${2:a}, ${3:b};"
    assert item.insert_text_format == types.InsertTextFormat.Snippet
    assert item.text_edit.range == types.Range(text.position("rz"), text.position("rz", 2))
    resolved = await client.completion_item_resolve_async(item)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "e^(-iθ/2)" in resolved.documentation.value


async def test_completion_without_snippets(connect: Connect, tmp_path: Path) -> None:
    client, _ = await connect(types.ClientCapabilities())
    text = Text(client, tmp_path / "a.qjob", "job j { backend ibm.gua")
    found = await client.text_document_completion_async(
        types.CompletionParams(text.identifier, types.Position(0, len(text.text)))
    )
    assert isinstance(found, types.CompletionList)
    item = next(each for each in found.items if each.label == "ibm.guadalupe")
    assert isinstance(item.text_edit, types.TextEdit)
    assert (item.text_edit.new_text, item.text_edit.range.start.character) == ("ibm.guadalupe", 16)
    assert {each.insert_text_format for each in found.items} == {types.InsertTextFormat.PlainText}


async def test_quick_fixes_mend_the_text(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", BROKEN)
    shown = await text.published()
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    actions = await client.text_document_code_action_async(
        types.CodeActionParams(text.identifier, whole, types.CodeActionContext(shown))
    )
    assert actions
    edits = []
    for action in actions:
        assert isinstance(action, types.CodeAction)
        assert action.kind == types.CodeActionKind.QuickFix
        assert action.is_preferred
        assert action.diagnostics and action.diagnostics[0] in shown
        assert action.edit and action.edit.changes
        edits += action.edit.changes[text.uri]
    lines = text.text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True):
        assert edit.range.start.line == edit.range.end.line
        line = lines[edit.range.start.line]
        lines[edit.range.start.line] = (
            line[: edit.range.start.character] + edit.new_text + line[edit.range.end.character :]
        )
    text.change("".join(lines))
    assert [each for each in await text.published() if each.severity == types.DiagnosticSeverity.Error] == []


async def test_formatting(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", "circuit c() {\nqubit q; h   q;\n}\n")
    params = types.DocumentFormattingParams(text.identifier, types.FormattingOptions(2, True))
    edits = await client.text_document_formatting_async(params)
    assert edits and len(edits) == 1
    text.change("circuit c() {\n  qubit q;\n  h q;\n}\n")
    assert not await client.text_document_formatting_async(params)


async def test_symbols_and_definition(client: Client, tmp_path: Path) -> None:
    text = Text(client, tmp_path / "a.qjob", WORKING)
    symbols = await client.text_document_document_symbol_async(types.DocumentSymbolParams(text.identifier))
    assert symbols
    assert [each.name for each in symbols] == ["n", "chain", "mag", "lab", "c", "j"]
    place = types.DefinitionParams(text.identifier, text.position("run c()", 4))
    found = await client.text_document_definition_async(place)
    assert isinstance(found, types.Location)
    assert found.uri == text.uri
    assert found.range == types.Range(text.position("c() { qubit"), text.position("c() { qubit", 1))


@pytest.mark.parametrize(
    ("offered", "chosen", "column"),
    [(None, "utf-16", 10), (["utf-16"], "utf-16", 10), (["utf-16", "utf-8"], "utf-8", 14), (["utf-32"], "utf-32", 8)],
)
async def test_columns_count_the_units_that_client_and_server_agree_on(
    connect: Connect, tmp_path: Path, offered: list[types.PositionEncodingKind] | None, chosen: str, column: int
) -> None:
    capabilities = types.ClientCapabilities(general=types.GeneralClientCapabilities(position_encodings=offered))
    client, result = await connect(capabilities)
    assert result.capabilities.position_encoding == chosen
    text = Text(client, tmp_path / "a.qjob", "circuit c() {\n  qubit q;\n/* 🦆𝒬 */cnto q;\n}\n")
    unknown = (await text.published())[0]
    start = unknown.range.start
    assert (start.line, start.character) == (2, column)
    hover = await client.text_document_hover_async(types.HoverParams(text.identifier, types.Position(2, column + 5)))
    assert hover and isinstance(hover.contents, types.MarkupContent) and "qubit q" in hover.contents.value


async def test_questions_about_texts_that_are_not_open(client: Client, tmp_path: Path) -> None:
    identifier = types.TextDocumentIdentifier((tmp_path / "nowhere.qjob").as_uri())
    place = types.Position(3, 4)
    assert await client.text_document_hover_async(types.HoverParams(identifier, place)) is None
    assert await client.text_document_definition_async(types.DefinitionParams(identifier, place)) is None
    assert not await client.text_document_document_symbol_async(types.DocumentSymbolParams(identifier))


async def test_the_clients_log_hears_of_what_goes_wrong(client: Client, tmp_path: Path) -> None:
    client.protocol._send_data(
        {"jsonrpc": "2.0", "method": types.TEXT_DOCUMENT_DID_CHANGE, "params": {"textDocument": 1}}
    )
    found = await client.receive(lambda each: isinstance(each, types.LogMessageParams))
    assert found.type == types.MessageType.Error
    text = Text(client, tmp_path / "a.qjob", BROKEN)
    await client.text_document_document_symbol_async(types.DocumentSymbolParams(text.identifier))
    client.mail = [each for each in client.mail if not isinstance(each, types.LogMessageParams)]
    assert await text.published(), "the server goes on"


async def test_the_process_ends_when_told(connect: Connect) -> None:
    client, _ = await connect(client_capabilities("neovim@v0.11.0"))
    await client.shutdown_async(None)
    client.exit(None)
    assert client._server
    assert await asyncio.wait_for(client._server.wait(), 20) == 0
