"""The editor's records as messages of the protocol, and code actions from them."""

from collections.abc import Iterable, Iterator, Sequence

from lsprotocol import types
from pygls.uris import from_fs_path

from qlang.compiler.editor.completion import Completions
from qlang.compiler.editor.files import Location
from qlang.compiler.editor.hover import Hover
from qlang.compiler.editor.layout import Replacement
from qlang.compiler.editor.outline import Outline
from qlang.compiler.editor.problems import Problem, Repair
from qlang.compiler.editor.proposal import Proposal
from qlang.lsp.positions import Positions

_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}
_ITEMS = {
    "gate": types.CompletionItemKind.Function,
    "function": types.CompletionItemKind.Function,
    "circuit": types.CompletionItemKind.Class,
    "keyword": types.CompletionItemKind.Keyword,
    "variable": types.CompletionItemKind.Variable,
    "constant": types.CompletionItemKind.Constant,
    "property": types.CompletionItemKind.Property,
    "device": types.CompletionItemKind.Value,
    "unit": types.CompletionItemKind.Unit,
    "module": types.CompletionItemKind.Module,
}
_SYMBOLS = {
    "circuit": types.SymbolKind.Class,
    "gate": types.SymbolKind.Function,
    "subroutine": types.SymbolKind.Function,
    "observable": types.SymbolKind.Operator,
    "noise": types.SymbolKind.Struct,
    "job": types.SymbolKind.Event,
    "constant": types.SymbolKind.Constant,
    "qubit": types.SymbolKind.Array,
    "bit": types.SymbolKind.Array,
    "variable": types.SymbolKind.Variable,
    "import": types.SymbolKind.Module,
    "expectation": types.SymbolKind.Property,
    "sample": types.SymbolKind.Property,
}


def location(found: Location, encoding: str) -> types.Location | None:
    """A place in a file; `None` where its path has no URI."""
    uri = from_fs_path(found.path)
    if uri is None:
        return None
    return types.Location(uri, Positions(found.text, encoding).range(found.start, found.end))


def diagnostic(problem: Problem, positions: Positions, encoding: str) -> types.Diagnostic:
    """A problem with all that a client may show or apply."""
    related = [
        types.DiagnosticRelatedInformation(place, each.text)
        for each in problem.related
        if (place := location(each.location, encoding)) is not None
    ]
    return types.Diagnostic(
        range=positions.range(problem.start, problem.end),
        message=problem.message,
        severity=_SEVERITIES[problem.severity],
        code=problem.code or None,
        code_description=types.CodeDescription(problem.url) if problem.url else None,
        source="qlang",
        tags=[types.DiagnosticTag.Unnecessary] if problem.unnecessary else None,
        related_information=related or None,
        data=[_repair_data(repair, positions) for repair in problem.repairs] or None,
    )


def _repair_data(repair: Repair, positions: Positions) -> dict[str, object]:
    """A fix as JSON, for clients that apply it without asking again."""
    edits = [
        {"range": {"start": _plain(positions, start), "end": _plain(positions, end)}, "newText": text}
        for start, end, text in repair.edits
    ]
    return {"title": repair.title, "applicability": repair.applicability, "edits": edits}


def _plain(positions: Positions, offset: int) -> dict[str, int]:
    position = positions.position(offset)
    return {"line": position.line, "character": position.character}


def code_actions(
    uri: str, problems: Iterable[Problem], shown: Sequence[types.Diagnostic], positions: Positions
) -> Iterator[types.CodeAction]:
    """Quick fixes for problems; `shown` are the client's diagnostics that they mend."""
    for problem in problems:
        where = positions.range(problem.start, problem.end)
        mends = [each for each in shown if each.code == problem.code and each.range == where]
        for repair in problem.repairs:
            edits = [types.TextEdit(positions.range(start, end), text) for start, end, text in repair.edits]
            yield types.CodeAction(
                title=repair.title[:1].upper() + repair.title[1:],
                kind=types.CodeActionKind.QuickFix,
                diagnostics=mends or None,
                is_preferred=repair.applicability == "machine",
                edit=types.WorkspaceEdit(changes={uri: edits}),
            )


def hover(found: Hover, positions: Positions) -> types.Hover:
    """What is shown for the text under the cursor."""
    contents = types.MarkupContent(types.MarkupKind.Markdown, found.text)
    return types.Hover(contents, positions.range(found.start, found.end))


def completion_items(found: Completions, positions: Positions, *, snippets: bool) -> list[types.CompletionItem]:
    """The items; bare words instead of snippets where the client has none."""
    where = positions.range(found.start, found.end)
    return [_item(index, proposal, where, snippets) for index, proposal in enumerate(found.items)]


def _item(index: int, proposal: Proposal, where: types.Range, snippets: bool) -> types.CompletionItem:
    snippet = proposal.snippet if snippets else ""
    text = proposal.documentation if isinstance(proposal.documentation, str) else ""
    return types.CompletionItem(
        label=proposal.label,
        kind=_ITEMS[proposal.kind],
        detail=proposal.detail or None,
        documentation=types.MarkupContent(types.MarkupKind.Markdown, text) if text else None,
        sort_text=f"{proposal.rank}{proposal.label}",
        filter_text=proposal.label,
        text_edit=types.TextEdit(where, snippet or proposal.label),
        insert_text_format=types.InsertTextFormat.Snippet if snippet else types.InsertTextFormat.PlainText,
        data=index,
    )


def text_edit(found: Replacement, positions: Positions) -> types.TextEdit:
    """A replacement as the protocol writes it."""
    return types.TextEdit(positions.range(found.start, found.end), found.text)


def document_symbol(entry: Outline, positions: Positions) -> types.DocumentSymbol:
    """An entry of the outline with all below it."""
    return types.DocumentSymbol(
        name=entry.name,
        kind=_SYMBOLS[entry.kind],
        detail=entry.detail or None,
        range=positions.range(entry.start, entry.end),
        selection_range=positions.range(entry.name_start, entry.name_end),
        children=[document_symbol(child, positions) for child in entry.children] or None,
    )
