"""Diagnostics of generated text, shown where the user wrote what the text was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import TypeVar

from qlang.syntax.diagnostic import Call, Diagnostic, Edit, Fix, Label
from qlang.syntax.source import Source, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of generated text and the place that it comes from."""

    start: int
    end: int
    origin: Span
    verbatim: bool
    """Whether the text stands there character by character."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the parts of a generated text come from."""

    source: Source
    """The generated text."""
    pieces: tuple[Piece, ...]
    whole: Span
    """The place of everything else."""

    def place(self, span: Span) -> tuple[Span, bool]:
        """The place of a span in what the user wrote, and whether it is exact."""
        if span.source is not self.source:
            return span, True
        holding = [piece for piece in self.pieces if piece.start <= span.start and span.end <= piece.end]
        if not holding:
            return self.whole, False
        piece = min(holding, key=lambda each: each.end - each.start)
        if not piece.verbatim:
            return piece.origin, False
        start = piece.origin.start + span.start - piece.start
        return Span(piece.origin.source, start, start + span.end - span.start), True


Found = TypeVar("Found", bound=Diagnostic)


def relocated(diagnostic: Found, origins: Origins) -> Found:
    """A copy of a diagnostic with its places in what the user wrote.

    A fix that cannot be applied there becomes a sentence.
    """
    span, _ = origins.place(diagnostic.span)
    labels = tuple(Label(origins.place(label.span)[0], label.text) for label in diagnostic.secondary())
    if span is diagnostic.span and all(a.span is b.span for a, b in zip(labels, diagnostic.secondary(), strict=True)):
        return diagnostic
    fixes, sentences = [], []
    for fix in diagnostic.fixes():
        places = [origins.place(edit.span) for edit in fix.edits]
        if all(exact for _, exact in places):
            edits = tuple(Edit(place, edit.text) for (place, _), edit in zip(places, fix.edits, strict=True))
            fixes.append(Fix(fix.title, edits, fix.applicability))
        else:
            sentences.append(fix.title)
    labels = tuple(label for label in labels if (label.span.source, label.span.start) != (span.source, span.start))
    words = {"message": diagnostic.message(), "label": diagnostic.label()}
    several = {"secondary": labels, "notes": tuple(diagnostic.notes()), "fixes": tuple(fixes)}
    several["helps"] = (*diagnostic.helps(), *sentences)
    moved = copy(diagnostic)
    object.__setattr__(moved, "span", span)
    calls = tuple(Call(origins.place(call.span)[0], call.name) for call in diagnostic.calls())
    object.__setattr__(moved, "_calls", calls)
    for name, value in {**words, **several}.items():
        object.__setattr__(moved, name, _constant(value))
    return moved


def _constant(value: object) -> Callable[[], object]:
    def answer() -> object:
        return value

    return answer


class Writer:
    """Writes text and remembers where its parts come from."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._pieces: list[Piece] = []

    def write(self, text: str, origin: Span | None = None, *, verbatim: bool = False) -> None:
        """Append text that comes from a place."""
        if origin is not None:
            end = self._length + len(text)
            self._pieces.append(Piece(self._length, end, origin, verbatim))
        self._parts.append(text)
        self._length += len(text)

    @property
    def length(self) -> int:
        return self._length

    def note(self, start: int, origin: Span | None) -> None:
        """Everything since `start` comes from a place, as far as its parts have none of their own."""
        if origin is not None:
            self._pieces.append(Piece(start, self._length, origin, False))

    def text(self) -> str:
        return "".join(self._parts)

    def pieces(self) -> Iterator[Piece]:
        yield from self._pieces
