"""A Python function as a source of ours: its text, and where the nodes of its syntax tree stand in it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qlang.syntax.source import Source, Span


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function's definition with the names that it sees from outside."""

    source: Source
    tree: ast.FunctionDef
    indent: int
    """Characters that were cut from the begin of every line before parsing."""
    outside: dict[str, Any]
    """Names of its globals and of the functions around it, with their present values."""

    def span(self, node: ast.AST) -> Span:
        """The place of a node, in characters of the source."""
        return Span(self.source, self.offset(node, end=False), self.offset(node, end=True))

    def offset(self, node: ast.AST, *, end: bool) -> int:
        """Where a node begins or ends; Python counts columns in bytes of UTF-8, we in characters."""
        line = getattr(node, "end_lineno" if end else "lineno", None) or 1
        column = getattr(node, "end_col_offset" if end else "col_offset", None) or 0
        begin = self.source.line_starts()[line - 1]
        stop = self.source.text.find("\n", begin)
        text = self.source.text[begin : stop if stop >= 0 else None]
        return begin + min(self.indent, len(text)) + len(text[self.indent :].encode()[:column].decode(errors="ignore"))


def read_function(function: Callable[..., Any]) -> PythonFunction:
    """The source of a function.

    Raises OSError where Python has none, as for functions typed into a plain REPL, or has another text in its place.
    """
    lines, first = inspect.getsourcelines(function)
    text = "".join(lines)
    name = inspect.getsourcefile(function) or "<python>"
    dedented = textwrap.dedent(text)
    try:
        definition = next(iter(ast.parse(dedented).body), None)
    except SyntaxError as error:
        raise OSError("the text found is no Python function") from error
    if not isinstance(definition, ast.FunctionDef) or definition.name != function.__name__:
        raise OSError("the text found is not this function's")
    indent = len(lines[0]) - len(lines[0].lstrip())
    variables = inspect.getclosurevars(function)
    outside = {**variables.builtins, **variables.globals, **variables.nonlocals}
    return PythonFunction(Source(name, text, first), definition, indent, outside)
