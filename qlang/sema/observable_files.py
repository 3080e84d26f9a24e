"""Observables from files: sums of Pauli products as JSON, or as text in OpenFermion's notation.

JSON:  {"qubits": 2, "order": "qubit 0 left", "terms": [["XZ", 0.5], ["Z0 Z1", -1.25], ["", 3]], "about": "…"}

`X0 Z1` names qubits, `XZ` has a letter for each. Which end of a word is qubit 0 must be said by `order`, "qubit 0 left"
or "qubit 0 right" (Qiskit's), wherever it matters.
Text (`.terms`, `.txt`) has one term after the other: `0.5 [X0 Z1] + …`.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from qlang.sema.errors import observable_files as errors
from qlang.sema.symbols import FileTerm
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

MOST_TERMS = 100_000
MOST_QUBITS = 10_000
ORDERS = ("qubit 0 left", "qubit 0 right")
_KEYS = ("qubits", "order", "terms", "about")
_BLANKS = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[IXYZ]+")
_FACTOR = re.compile(r"([IXYZ])(\d{1,9})")
_LONGEST_NUMBER = 200
_LONGEST_WORD = 200_000
_COMMENT = re.compile(r"#[^\n]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class FileObservable:
    """What a file says: how many qubits, and its terms in order."""

    qubits: int
    terms: tuple[FileTerm, ...]


class Unreadable(Exception):
    """A file that is no observable; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.code)
        self.diagnostic = diagnostic


@dataclass(slots=True)
class _Reading:
    """A file being read: where it was imported, and what has been found."""

    source: Source
    imported: Span
    terms: list[FileTerm] = field(default_factory=list)
    seen: dict[tuple[tuple[int, str], ...], Span] = field(default_factory=dict)

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, max(end, start))

    def malformed(self, problem: str, start: int, end: int | None = None, help: str = "") -> Unreadable:
        span = self.span(start, min(start + 1, len(self.source.text)) if end is None else end)
        return Unreadable(errors.MalformedFile(span, self.source.name, problem, self.imported, help))

    def term(self, problem: str, span: Span, help: str = "") -> Unreadable:
        return Unreadable(errors.BadTerm(span, problem, self.imported, help))

    def add(self, factors: tuple[tuple[int, str], ...], coefficient: float, span: Span) -> None:
        """Take a term in. Raises Unreadable for a second one of the same product, or one too many."""
        if len(self.terms) >= MOST_TERMS:
            raise self.too_large(f"more than {MOST_TERMS} terms", span)
        first = self.seen.setdefault(factors, span)
        if first is not span:
            raise Unreadable(errors.RepeatedTerm(span, span.text, first, self.imported))
        self.terms.append(FileTerm(coefficient, factors))

    def too_large(self, problem: str, span: Span) -> Unreadable:
        return Unreadable(errors.FileLimit(span, problem, self.imported))


def read_observable(source: Source, imported: Span) -> FileObservable:
    """The observable in a file that is imported at a place. Raises Unreadable."""
    reading = _Reading(source, imported)
    return _read_json(reading) if source.name.endswith(".json") else _read_text(reading)


def _read_json(reading: _Reading) -> FileObservable:
    parts = _object(reading)
    missing = [key for key in ("qubits", "terms") if key not in parts]
    if missing:
        raise reading.malformed(f"`{missing[0]}` is missing", 0, help=errors.FORMAT)
    qubits, start, end = parts["qubits"]
    if type(qubits) is not int or qubits < 1:
        raise reading.malformed("`qubits` must be a whole number above 0", start, end)
    if qubits > MOST_QUBITS:
        raise reading.too_large(f"more than {MOST_QUBITS} qubits", reading.span(start, end))
    order = None
    if "order" in parts:
        order, start, end = parts["order"]
        if order not in ORDERS:
            shown = " or ".join(f'"{known}"' for known in ORDERS)
            raise reading.malformed(f"`order` must be {shown}", start, end)
    about, start, end = parts.get("about", ("", 0, 0))
    if not isinstance(about, str):
        raise reading.malformed("`about` must be a string", start, end)
    for entry, start, end in parts["terms"][0]:  # type: ignore[attr-defined]  # a list of entries, by `_entries`
        _json_term(reading, entry, reading.span(start, end), qubits, order)
    return FileObservable(qubits, tuple(reading.terms))


Part = tuple[object, int, int]
"""A value with the offsets where it begins and ends."""


def _object(reading: _Reading) -> dict[str, Part]:
    """The members of the one object in the file; of `terms` a list of parts."""
    text = reading.source.text
    place = _expected(reading, "{", 0)
    parts: dict[str, Part] = {}
    place = _blank(text, place)
    while text[place : place + 1] != "}":
        start = place
        key, place = _value(reading, place)
        if not isinstance(key, str) or key not in _KEYS:
            known = ", ".join(f"`{name}`" for name in _KEYS)
            raise reading.malformed(f"`{text[start:place]}` is not known here", start, place, f"known are {known}")
        if key in parts:
            raise reading.malformed(f"`{key}` stands twice", start, place)
        start = _blank(text, _expected(reading, ":", place))
        if key == "terms":
            entries, place = _entries(reading, start)
            parts[key] = entries, start, place
        else:
            value, place = _value(reading, start)
            parts[key] = value, start, place
        place = _separator(reading, place, "}")
    rest = _blank(text, place + 1)
    if rest < len(text):
        raise reading.malformed("more stands after the end of the object", rest)
    return parts


def _entries(reading: _Reading, start: int) -> tuple[list[Part], int]:
    """The elements of an array, each with its place."""
    text = reading.source.text
    place = _blank(text, _expected(reading, "[", start))
    found: list[Part] = []
    while text[place : place + 1] != "]":
        begin = place
        value, place = _value(reading, place)
        found.append((value, begin, place))
        if len(found) > MOST_TERMS:
            raise reading.too_large(f"more than {MOST_TERMS} terms", reading.span(begin, place))
        place = _separator(reading, place, "]")
    return found, place + 1


def _separator(reading: _Reading, place: int, closing: str) -> int:
    """Past a comma to the next element, or at the closing bracket."""
    text = reading.source.text
    place = _blank(text, place)
    if text[place : place + 1] == closing:
        return place
    place = _blank(text, _expected(reading, ",", place, f"`,` or `{closing}`"))
    if text[place : place + 1] == closing:
        raise reading.malformed(f"expected another element, found `{closing}`", place)
    return place


def _blank(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return place if found is None else found.end()


def _expected(reading: _Reading, character: str, place: int, wanted: str = "") -> int:
    text = reading.source.text
    place = _blank(text, place)
    if text[place : place + 1] == character:
        return place + 1
    found = f"`{text[place]}`" if place < len(text) else "the end of the file"
    raise reading.malformed(f"expected {wanted or f'`{character}`'}, found {found}", place, help=errors.FORMAT)


def _value(reading: _Reading, place: int) -> tuple[object, int]:
    """Any JSON value, and where it ends."""
    try:
        return _DECODER.raw_decode(reading.source.text, place)
    except json.JSONDecodeError as error:
        raise reading.malformed(f"this is not JSON: {error.msg}", min(error.pos, len(reading.source.text))) from None
    except RecursionError:
        raise reading.malformed("brackets are nested too deep", place) from None
    except ValueError:  # a number of thousands of digits
        raise reading.malformed("a number is too long", place) from None


def _json_term(reading: _Reading, entry: object, span: Span, qubits: int, order: object) -> None:
    match entry:
        case [str(word), int() | float() as number] if not isinstance(number, bool):
            coefficient = _finite(reading, number, span)
        case _:
            raise reading.term("a term is a pair of Pauli matrices and a number", span, 'write `["X0 Z1", 0.5]`')
    lettered = _WORD.fullmatch(word) is not None
    factors = _lettered(reading, word, span, qubits, order) if lettered else _sparse(reading, word, span)
    if factors and factors[-1][0] >= qubits:
        raise reading.term(f"qubit {factors[-1][0]} of {qubits}, which are numbered from 0", span)
    reading.add(factors, coefficient, span)


def _finite(reading: _Reading, number: float, span: Span) -> float:
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise reading.term("the coefficient is not a finite number", span)
    return value


def _lettered(reading: _Reading, word: str, span: Span, qubits: int, order: object) -> tuple[tuple[int, str], ...]:
    """A word with a letter for each qubit."""
    if len(word) != qubits:
        raise reading.term(
            f"`{word}` has {len(word)} letters for {qubits} qubits", span, "or number the qubits: `X0 Z1`"
        )
    if order is None and word != word[::-1]:
        raise Unreadable(errors.OrderNotStated(span, word, reading.imported))
    letters = word[::-1] if order == "qubit 0 right" else word
    return tuple((index, letter) for index, letter in enumerate(letters) if letter != "I")


def _sparse(reading: _Reading, word: str, span: Span) -> tuple[tuple[int, str], ...]:
    """`X0 Z1`: factors with the numbers of their qubits, in any order."""
    factors: dict[int, str] = {}
    for part in word.split():
        found = _FACTOR.fullmatch(part)
        if found is None:
            advice = "apply the Jordan-Wigner transformation first" if part.rstrip("^").isdigit() else errors.FORMAT
            raise reading.term(f"`{part}` is no Pauli matrix of a qubit", span, advice)
        index = int(found[2])
        if index in factors:
            raise reading.term(f"qubit {index} stands twice", span)
        factors[index] = found[1]
    return tuple(sorted((index, letter) for index, letter in factors.items() if letter != "I"))


def _read_text(reading: _Reading) -> FileObservable:
    """`0.5 [X0 Z1] + (0.25+0j) [] …`, comments from `#` to the end of a line."""
    text = _COMMENT.sub(lambda comment: " " * len(comment[0]), reading.source.text)
    qubits = 1
    for sign, coefficient, word, span in _text_terms(reading, text):
        number = _text_number(reading, coefficient, span)
        factors = _sparse(reading, word, span)
        qubits = max(qubits, factors[-1][0] + 1) if factors else qubits
        if qubits > MOST_QUBITS:
            raise reading.too_large(f"more than {MOST_QUBITS} qubits", span)
        reading.add(factors, -number if sign == "-" else number, span)
    if not reading.terms:
        raise reading.malformed("there is no term", 0, help=errors.TEXT_FORMAT)
    return FileObservable(qubits, tuple(reading.terms))


def _text_terms(reading: _Reading, text: str) -> Iterator[tuple[str, str, str, Span]]:
    """Sign, coefficient, product and place of each term."""
    place = _blank(text, 0)
    while place < len(text):
        start = place
        sign = text[place] if text[place] in "+-" else ""
        if reading.terms and not sign:
            raise reading.malformed("expected `+` or `-` between terms", start)
        begin = place = _blank(text, place + len(sign))
        opening = text.find("[", place, place + _LONGEST_NUMBER)
        closing = -1 if opening < 0 else text.find("]", opening, opening + _LONGEST_WORD)
        if closing < 0:
            raise reading.malformed("expected a term", start, help=errors.TEXT_FORMAT)
        place = closing + 1
        yield sign, text[begin:opening].strip(), text[opening + 1 : closing], reading.span(begin, place)
        place = _blank(text, place)


def _text_number(reading: _Reading, text: str, span: Span) -> float:
    try:
        number = complex(text) if text else 1 + 0j
    except ValueError:
        raise reading.term(f"`{text}` is no number", span) from None
    if number.imag:
        raise reading.term("the coefficient is not real, so the observable is not Hermitian", span)
    return _finite(reading, number.real, span)
