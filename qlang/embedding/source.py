"""A Python function as a source of ours: the text of its file or cell, and where its syntax tree stands in it."""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from qlang.syntax.source import Source, Span


@dataclass(frozen=True, slots=True)
class PythonFunction:
    """A function's definition with the names that it sees from outside."""

    source: Source
    """The whole file or cell."""
    tree: ast.FunctionDef
    first_line: int
    """The line of the source that the tree counts as its first."""
    text: str
    """The function's own text."""
    filename: str
    """What Python calls the file or cell."""
    outside: Mapping[str, Any]
    """Names of its globals and of the functions around it, with their present values."""

    def span(self, node: ast.AST) -> Span:
        """The place of a node, in characters of the source."""
        return Span(self.source, self.offset(node, end=False), self.offset(node, end=True))

    def offset(self, node: ast.AST, *, end: bool) -> int:
        """Where a node begins or ends; Python counts columns in bytes of UTF-8, we in characters."""
        line = getattr(node, "end_lineno" if end else "lineno", None) or 1
        column = getattr(node, "end_col_offset" if end else "col_offset", None) or 0
        return offset_of(self.source, line + self.first_line - 1, column)


def offset_of(source: Source, line: int, column: int) -> int:
    """The character at a line of a source, counted from 1, and a column in bytes."""
    begin = source.line_starts()[line - 1]
    if _is_ascii(source.text):
        return min(begin + column, len(source.text))
    stop = source.text.find("\n", begin)
    text = source.text[begin : stop if stop >= 0 else None]
    return begin + len(text.encode()[:column].decode(errors="ignore"))


@lru_cache(maxsize=256)
def _is_ascii(text: str) -> bool:
    """Whether bytes and characters of a text are the same."""
    return text.isascii()


@lru_cache(maxsize=256)
def _shared(name: str, text: str) -> Source:
    """One source for all functions of a file, so that two places in it are shown together."""
    return Source(name, text)


def source_of_lines(filename: str, lines: list[str]) -> Source:
    """The source with the text of a file or cell, under the name that its author knows."""
    return _shared(shown_name(filename), "".join(lines))


def shown_name(filename: str) -> str:
    """A file's name, and for a notebook's cell `cell In[3]`."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or not hasattr(shell.compile, "format_code_name"):
        return filename
    formatted = shell.compile.format_code_name(filename)
    return f"cell {formatted[1]}" if formatted is not None else filename


def read_function(function: Callable[..., Any]) -> PythonFunction:
    """The source of a function.

    Raises OSError, with the reason, where Python has none, as for functions typed into a plain REPL, or another text.
    """
    if hasattr(function, "__wrapped__"):
        raise OSError("another decorator has changed the function")
    lines, first = inspect.getsourcelines(function)
    everything, _ = inspect.findsource(function)
    text = "".join(lines)
    name = inspect.getsourcefile(function) or "<python>"
    indented = text[:1].isspace()
    try:  # under an `if`, indented text is parsed as it stands, comments in the first column included
        parsed = ast.parse(f"if True:\n{text}" if indented else text).body
        definition = next(iter(parsed[0].body if isinstance(parsed[0], ast.If) else parsed), None)
    except SyntaxError as error:
        raise OSError("the text found is no Python function") from error
    if not isinstance(definition, ast.FunctionDef) or definition.name != function.__name__:
        raise OSError("the text found is not this function's")
    asserts = any(isinstance(part, ast.Assert) for part in ast.walk(definition))  # refused, and pytest rewrites them
    if not asserts and Path(name).is_file() and not _is_text_of("".join(everything), name, function.__code__):
        raise OSError("the file has changed since it was imported, or something rewrites what is imported")
    source = source_of_lines(name, everything)
    return PythonFunction(source, definition, first - indented, text, name, _outside(function))


def _is_text_of(text: str, name: str, code: CodeType) -> bool:
    """Whether a text compiles to the code of a function, so that what is read is what Python would run."""
    return any(
        found.co_name == code.co_name and found.co_firstlineno == code.co_firstlineno and found.co_code == code.co_code
        for found in _codes(text, name)
    )


@lru_cache(maxsize=64)
def _codes(text: str, name: str) -> tuple[CodeType, ...]:
    """All code in a text; none where it is no Python."""
    try:
        pending = [compile(text, name, "exec", dont_inherit=True)]
    except SyntaxError:
        return ()
    found: list[CodeType] = []
    while pending:
        found.append(pending.pop())
        pending += [constant for constant in found[-1].co_consts if isinstance(constant, CodeType)]
    return tuple(found)


def _outside(function: Callable[..., Any]) -> Mapping[str, Any]:
    """The names that a function may see; those of functions around it hide globals, and those hide built-in ones."""
    around: dict[str, Any] = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # an empty cell: the name is given a value later
            around[name] = cell.cell_contents
    return ChainMap(around, function.__globals__, vars(builtins))
