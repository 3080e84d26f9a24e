"""Where a call stands in the user's Python text, so that what is wrong with an argument is shown there."""

from __future__ import annotations

import ast
import linecache
import sys
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType

from qlang.embedding.source import offset_of, source_of_lines
from qlang.syntax.source import Source, Span


@dataclass(frozen=True, slots=True)
class CallSite:
    """A call in running Python code; its text is looked up only when it is asked for."""

    code: CodeType
    instruction: int
    """Offset of the call in the code."""

    @property
    def file(self) -> str:
        return self.code.co_filename

    @property
    def line(self) -> int:
        """The line on which the call begins."""
        positions = list(self.code.co_positions())[self.instruction // 2]
        return positions[0] or self.code.co_firstlineno

    def call(self) -> WrittenCall | None:
        """The call as written; `None` where Python has no text, as in a plain prompt before 3.13."""
        lines = linecache.getlines(self.file)
        first, last, begin, end = list(self.code.co_positions())[self.instruction // 2]
        if not lines or None in (first, last, begin, end):
            return None
        for node in _calls("".join(lines)):
            if (node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (first, last, begin, end):
                return WrittenCall(source_of_lines(self.file, lines), node)
        return None


@lru_cache(maxsize=64)
def _calls(text: str) -> tuple[ast.Call, ...]:
    """The calls of a Python text; none where it is no Python, as a cell with magics."""
    try:
        return tuple(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    except SyntaxError:
        return ()


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A call with the places of its arguments."""

    source: Source
    node: ast.Call

    def span(self, node: ast.AST) -> Span:
        """The place of a node."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
        return Span(self.source, offset_of(self.source, line, column), offset_of(self.source, end_line, end_column))

    def callee(self) -> Span:
        """The call up to its opening bracket."""
        return self.span(self.node.func)

    def argument(self, name: str | int) -> ast.expr | None:
        """The argument given by a name, or at a place; `None` for one that is not written in the call itself."""
        if isinstance(name, int):
            plain = not any(isinstance(argument, ast.Starred) for argument in self.node.args[: name + 1])
            return self.node.args[name] if plain and name < len(self.node.args) else None
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)


def call_site(depth: int) -> CallSite:
    """The place from which the function was called that calls this; `depth` counts further callers outwards."""
    frame = sys._getframe(depth + 1)
    return CallSite(frame.f_code, frame.f_lasti)
