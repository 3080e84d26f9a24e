"""Mistakes that show only when a circuit runs, as diagnostics at their place in the source."""

from __future__ import annotations

from collections.abc import Sequence

from qlang.backends.errors import BackendError, LoopLimit, NoiseTooWide, NotUnitary
from qlang.compiler.driver import Compilation
from qlang.ir.spans import Place, calls_of, place_of
from qlang.sema import errors
from qlang.sema.loader import STANDARD_PREFIX, standard_source
from qlang.syntax.diagnostic import Call, Diagnostic, with_calls
from qlang.syntax.source import Source, Span

_HELPS: dict[type[BackendError], str] = {
    LoopLimit: "leave the loop by `break` after a number of tries",
    NoiseTooWide: "name the gates: after `on 1q, 2q`, larger ones count as the two-qubit gates that they are made of",
    NotUnitary: "leave out the extrapolation to zero noise, or measure at the end only",
}


def execution_diagnostic(
    error: BackendError, compilation: Compilation, sources: Sequence[Source] = ()
) -> Diagnostic | None:
    """What went wrong and where, with the calls that led there; `None` where no place in a source is to blame.

    `sources` are files that the compilation does not know by themselves, as those of Python functions.
    """
    found = place_of_error(error, (*sources, compilation.source, *compilation.loaded))
    if found is None:
        return None
    span, calls = found
    help = _HELPS.get(type(error))
    stopped = errors.subroutines.ExecutionStopped(span, problem=str(error), **({"help": help} if help else {}))
    return with_calls(stopped, calls)


def place_of_error(error: BackendError, known: Sequence[Source]) -> tuple[Span, list[Call]] | None:
    """Where the operation stands that met an error, and the calls that led there; `None` where no source has it."""
    where = error.where
    place = None if where is None else place_of(where)
    span = None if place is None else _span(place, known)
    if where is None or span is None:
        return None
    calls = [(call.name, _span(call.place, known)) for call in calls_of(where)]
    return span, [Call(at, name) for name, at in calls if at is not None]


def _span(place: Place, known: Sequence[Source]) -> Span | None:
    """The stretch of a source; `None` where the source is not at hand."""
    source = _source(place.file, known)
    if source is None:
        return None
    return Span(source, source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))


def _source(name: str, known: Sequence[Source]) -> Source | None:
    for source in known:
        if source.name == name:
            return source
    return standard_source(name.removeprefix(STANDARD_PREFIX)) if name.startswith(STANDARD_PREFIX) else None
