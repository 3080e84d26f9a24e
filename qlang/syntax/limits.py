"""Texts that are no programs anybody wrote: refused before they take long or fill the memory."""

import re

from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

MAX_LINE = 250_000
"""Characters of a line."""
MAX_LEXEMES = 2_000_000
"""Words, marks and blanks between them; a run of plain gate calls is one."""
MAX_SINGLE_LEXEMES = 20_000_000
"""The same where runs are not looked for: to lay a text out takes less than to check it."""
_LONG = re.compile(rf"[^\n]{{{MAX_LINE + 1}}}")


def overlong_line(source: Source) -> Diagnostic | None:
    """The complaint about the first line beyond the limit."""
    found = _LONG.search(source.text) if len(source.text) > MAX_LINE else None
    if found is None:
        return None
    from qlang.syntax.file_errors import LineTooLong

    end = source.text.find("\n", found.start())
    length = (len(source.text) if end < 0 else end) - found.start()
    return LineTooLong(Span(source, found.start(), found.start()), length, MAX_LINE)


def too_many_tokens(source: Source, place: int, packed: bool) -> Diagnostic:
    """The complaint about a text that was read up to a place only."""
    from qlang.syntax.file_errors import TooManyTokens

    return TooManyTokens(Span(source, place, place), MAX_LEXEMES if packed else MAX_SINGLE_LEXEMES)
