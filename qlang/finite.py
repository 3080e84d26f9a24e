"""Numbers given in Python that the language has no literal for: NaN, the infinities, and arrays without elements."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Literal

from qlang.call_sites import CallSite, WrittenCall
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax.source import Source, Span

Path = tuple[str | int, ...]
"""An argument's name or place, then keys and indices into it."""


def refuse_not_finite(site: CallSite, given: Iterable[tuple[str | int, Any]], place: Literal["circuit", "job"]) -> None:
    """Refuse NaN and infinite numbers among a call's arguments, by name or place, and in a circuit's empty arrays.

    Raises CompileError with all of them, each where it is written in the call.
    """
    found = [each for name, value in given for each in _refused(value, (name,), place)]
    if not found:
        return
    call = site.call()
    diagnostics = (
        errors.embedding.NotInCircuits(_written(site, call, path), construct, instead, place)
        for path, construct, instead in found
    )
    raise CompileError(tuple(diagnostics))


def _refused(value: Any, path: Path, place: str) -> Iterator[tuple[Path, str, str]]:
    """Where something is that cannot be given, what it is, and what to do instead."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(value, float):
        if not isfinite(value):
            yield path, f"the number {value}", "give a finite number"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _refused(item, (*path, key), place)
    elif isinstance(value, (list, tuple)):
        if not value and place == "circuit":
            yield path, "an empty array", "give an array of at least one number"
        for index, item in enumerate(value):
            yield from _refused(item, (*path, index), place)


def _written(site: CallSite, call: WrittenCall | None, path: Path) -> Span:
    """The innermost part of the call that is written out for a path; the line alone, where Python keeps no text."""
    if call is None:
        return Span(Source(site.file, "", site.line), 0, 0)
    node = call.argument(path[0])
    if node is None:
        return call.callee()
    for step in path[1:]:
        inner = _part(node, step)
        if inner is None:
            break
        node = inner
    return call.span(node)


def _part(node: ast.expr, step: str | int) -> ast.expr | None:
    """An entry of a list, a dictionary or a call as written, such as `dict(t=…)`; `None` where it is not."""
    if isinstance(node, (ast.List, ast.Tuple)) and isinstance(step, int):
        return None if any(isinstance(each, ast.Starred) for each in node.elts[: step + 1]) else node.elts[step]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return next((value for key, value in pairs if isinstance(key, ast.Constant) and key.value == step), None)
    if isinstance(node, ast.Call):
        return next((each.value for each in node.keywords if each.arg == step), None)
    return None
