"""From a name to its symbol, and from there to its definition."""

from bisect import bisect_right

from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.files import Location, location, resolved
from qlang.compiler.editor.place import place_at, token_at
from qlang.sema.loader import standard_source
from qlang.sema.symbols import Symbol
from qlang.syntax.source import Source, Span


def symbol_at(analysis: Analysis, offset: int) -> Symbol | None:
    """What the name at an offset stands for, where it is used or where it is defined."""
    references = analysis.module.references
    index = bisect_right(references, offset, key=lambda reference: reference.start) - 1
    if index >= 0 and offset <= references[index].end:
        return references[index].symbol
    for symbol in analysis.module.scope.names.values():
        if _covers(analysis, symbol, offset):
            return symbol
    return next((each.symbol for each in references if _covers(analysis, each.symbol, offset)), None)


def _covers(analysis: Analysis, symbol: Symbol, offset: int) -> bool:
    span = symbol.span
    return span.source is analysis.source and span.start <= offset <= span.end and span.start < span.end


def definition_at(analysis: Analysis, offset: int) -> Location | None:
    """Where the name at an offset is defined; the beginning of a file for the path of an include or import.

    Built-in names are defined nowhere.
    """
    symbol = symbol_at(analysis, offset)
    if symbol is not None and symbol.span.start < symbol.span.end:
        return location(symbol.span)
    span = _file_at(analysis, offset) or _declared_at(analysis, offset)
    return None if span is None else location(span)


def _file_at(analysis: Analysis, offset: int) -> Span | None:
    tokens = analysis.tokens
    index = token_at(tokens, offset)
    if index is None or index == 0 or tokens.texts[index - 1] not in ("include", "import"):
        return None
    path = tokens.texts[index]
    if path[:1] in "\"'":
        name = path.strip("\"'")
        standard = standard_source(name)
        return Span(standard or Source(str(resolved(name, analysis.source)), ""), 0, 0)
    module = standard_source(path.replace(".", "/") + ".qjob")
    return None if module is None else Span(module, 0, 0)


def _declared_at(analysis: Analysis, offset: int) -> Span | None:
    """The declaration above, as far as tokens tell: for text that the checker could not follow."""
    place = place_at(analysis.source.text, analysis.tokens, offset)
    if place.surrounding != "code":
        return None
    word = analysis.source.text[place.start : place.end]
    for each in place.visible():
        if each.name == word:
            return Span(analysis.source, place.tokens.starts[each.token], place.tokens.ends[each.token])
    return None
