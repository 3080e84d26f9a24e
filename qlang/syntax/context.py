"""What the tree builders see of the parse: tokens by number, and a place for complaints."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span
from qlang.syntax.tree import Name


@dataclass(slots=True)
class Context:
    source: Source
    texts: list[str]
    starts: list[int]
    ends: list[int]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def name(self, token: int) -> Name:
        """The name that a token spells."""
        return Name(self.starts[token], self.ends[token], self.texts[token])


Action = Callable[[Context, list[Any]], Any]
"""Makes a rule's value of the values of its symbols; a token's value is its number."""
