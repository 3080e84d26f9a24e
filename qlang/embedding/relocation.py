"""Diagnostics of generated text, shown where the user wrote what the text was made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
            return (span, True) if self.whole.source is self.source else (self.whole, False)
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
    labels, calls = diagnostic.labels(), diagnostic.calls()
    spans = [diagnostic.span, *(label.span for label in labels), *(call.span for call in calls)]
    if all(span.source is not origins.source for span in spans):
        return diagnostic
    span, _ = origins.place(diagnostic.span)
    fixes, sentences = [], []
    for fix in diagnostic.fixes():
        places = [origins.place(edit.span) for edit in fix.edits]
        if all(exact for _, exact in places):
            edits = tuple(Edit(place, edit.text) for (place, _), edit in zip(places, fix.edits, strict=True))
            fixes.append(Fix(fix.title, edits, fix.applicability))
        else:
            sentences.append(fix.title)
    moved = answering(
        diagnostic,
        message=diagnostic.message(),
        label=diagnostic.label(),
        labels=tuple(_moved_labels(labels, span, origins)),
        notes=tuple(diagnostic.notes()),
        helps=(*diagnostic.helps(), *sentences),
        fixes=tuple(fixes),
        calls=tuple(Call(origins.place(call.span)[0], call.name) for call in calls),
    )
    object.__setattr__(moved, "span", span)
    return moved


def _moved_labels(labels: Iterable[Label], span: Span, origins: Origins) -> Iterator[Label]:
    """Labels at their places; those that fall on the mistake itself say nothing there."""
    for label in labels:
        place, _ = origins.place(label.span)
        if (place.source, place.start) != (span.source, span.start):
            yield Label(place, label.text)


def answering(diagnostic: Found, **answers: object) -> Found:
    """A copy of a diagnostic with other words: method → what it answers."""
    found = copy(diagnostic)
    for name, value in answers.items():
        object.__setattr__(found, name, _constant(value))
    if "labels" in answers:
        object.__setattr__(found, "secondary", _constant(answers["labels"]))
    return found


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
