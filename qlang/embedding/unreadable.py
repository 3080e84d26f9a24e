"""Functions that are no `def`: a lambda and an `async def` have a text, and yet describe no circuit."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from qlang.embedding.definition import Place
from qlang.embedding.source import offset_of, source_of_lines
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax.source import Span

_ASYNCHRONOUS = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def refuse_other_functions(function: Callable[..., Any], place: Place) -> None:
    """Raises CompileError for a lambda and for an `async def`, where it begins in a text that Python has."""
    code = function.__code__
    if code.co_name == "<lambda>":
        construct, instead, word = "a `lambda`", "define a function by `def`", r"\blambda\b"
    elif code.co_flags & _ASYNCHRONOUS:
        construct, word = "an `async` function", rf"\basync\s+def\s+{re.escape(code.co_name)}\b"
        instead = "write `def` without `async`: the function is read, not run, so there is nothing to wait for"
    else:
        return
    span = _head(function, word)
    if span is not None:
        raise CompileError((errors.embedding.NotInCircuits(span, construct, instead, place),))


def _head(function: Callable[..., Any], word: str) -> Span | None:
    """The word before a function's body that begins it: the last one, for a line may hold several lambdas."""
    try:
        lines, _ = inspect.findsource(function)
    except (OSError, TypeError):
        return None
    code = function.__code__
    source = source_of_lines(inspect.getsourcefile(function) or code.co_filename, lines)
    body = min(((line, column) for line, _, column, end in code.co_positions() if line and end), default=None)
    if body is None or body[0] > len(lines):
        return None
    begin, end = (offset_of(source, *place) for place in ((code.co_firstlineno, 0), (body[0], body[1] or 0)))
    found = list(re.compile(word).finditer(source.text, begin, end))
    return Span(source, *found[-1].span()) if found else None
