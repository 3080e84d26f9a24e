"""Mistakes that show only when a circuit runs, as diagnostics at their place in the source."""

from __future__ import annotations

from qlang.backends.errors import BackendError, LoopLimit
from qlang.compiler.driver import Compilation
from qlang.ir.spans import Place, calls_of, place_of
from qlang.sema import errors
from qlang.sema.loader import STANDARD_PREFIX, standard_source
from qlang.syntax.diagnostic import Call, Diagnostic, with_calls
from qlang.syntax.source import Source, Span


def execution_diagnostic(error: BackendError, compilation: Compilation) -> Diagnostic | None:
    """What went wrong and where, with the calls that led there; `None` where no place in a source is to blame."""
    where = error.where
    place = None if where is None else place_of(where)
    span = None if place is None else _span(place, compilation)
    if where is None or span is None:
        return None
    calls = [(call.name, _span(call.place, compilation)) for call in calls_of(where)]
    more = {"help": "leave the loop by `break` after a number of tries"} if isinstance(error, LoopLimit) else {}
    stopped = errors.subroutines.ExecutionStopped(span, problem=str(error), **more)
    return with_calls(stopped, [Call(at, name) for name, at in calls if at is not None])


def _span(place: Place, compilation: Compilation) -> Span | None:
    """The stretch of a source; `None` where the source is not at hand."""
    source = _source(place.file, compilation)
    if source is None:
        return None
    return Span(source, source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))


def _source(name: str, compilation: Compilation) -> Source | None:
    for source in (compilation.source, *compilation.loaded):
        if source.name == name:
            return source
    return standard_source(name.removeprefix(STANDARD_PREFIX)) if name.startswith(STANDARD_PREFIX) else None
