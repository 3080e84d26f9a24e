"""The job block of a `ql.job(…)`, with the Python place of each of its parts."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qlang.call_sites import WrittenCall
from qlang.circuits import BoundCircuit
from qlang.embedding.relocation import Piece, Writer
from qlang.observables import Observable, ObservableFunction
from qlang.syntax.source import Span
from qlang.syntax.words import STATEMENT_WORDS, TYPE_WORDS

_WORDS = frozenset({*STATEMENT_WORDS, *TYPE_WORDS})


@dataclass(frozen=True, eq=False)
class Request:
    """What `ql.job` was given."""

    bound: BoundCircuit
    name: str | None
    expect: Mapping[str, Observable | ObservableFunction | str]
    sample: tuple[str, ...]
    sweep: Mapping[str, tuple[float, ...]]
    plain: Mapping[str, Any]
    """Statements of one value."""
    mitigate: str | None
    backend: tuple[str, ...]
    sla: tuple[str, ...]
    labels: Mapping[str, str]

    def observables(self) -> Iterator[Observable]:
        """The observables that are no text."""
        for value in self.expect.values():
            if not isinstance(value, str):
                yield value() if isinstance(value, ObservableFunction) else value


@dataclass(frozen=True, slots=True)
class WrittenJob:
    """The text of a job block."""

    text: str
    pieces: tuple[Piece, ...]
    words: tuple[tuple[int, int], ...]
    """Where names stand that are words of the language, too."""


def written_job(request: Request, call: WrittenCall | None, bound: WrittenCall | None, offset: int) -> WrittenJob:
    """The block's text, and its pieces counted from `offset`.

    Raises ValueError for text that would be more than a part of its statement.
    """
    _refuse_statements(request)
    writer = _JobWriter(call, bound)
    writer.write("job ")
    writer.part(request.name or f"{request.bound.circuit.name}_job", "name")
    writer.write(" {\n")
    _run(writer, request)
    for variable, values in request.sweep.items():
        writer.write("  sweep ")
        writer.part(writer.name(variable), "sweep", variable, key=True)
        writer.write(" in ")
        writer.part(f"[{', '.join(map(number, values))}]", "sweep", variable)
        writer.write(";\n")
    registers = request.bound.circuit.registers
    for label, value in request.expect.items():
        observable = value() if isinstance(value, ObservableFunction) else value
        text = observable.write(registers) if isinstance(observable, Observable) else observable
        writer.write("  expect ")
        writer.part(writer.name(label), "expect", label, key=True)
        writer.write(" = ")
        writer.part(text, "expect", label)
        writer.write(";\n")
    for register in request.sample:
        writer.keyed("sample", register, "sample")
    for word, value in request.plain.items():
        if value is not None:
            writer.keyed(word, str(value), word)
    if request.mitigate is not None:
        writer.keyed("mitigate", request.mitigate, "mitigate")
    writer.keyed("backend", ", ".join(request.backend), "backend")
    if request.sla:
        writer.write("  sla { ")
        for term in request.sla:
            writer.part(f"{term};", "sla", term.partition(" ")[0].partition("(")[0])
            writer.write(" ")
        writer.write("}\n")
    for key, value in request.labels.items():
        writer.statement(f'label {key} = "{value}"', "labels", key)
    writer.write("}\n")
    shifted = (Piece(each.start + offset, each.end + offset, each.origin, each.verbatim) for each in writer.pieces())
    return WrittenJob(writer.text(), tuple(shifted), tuple((a + offset, b + offset) for a, b in writer.words))


class _JobWriter(Writer):
    """A writer that knows the arguments of the call, and which names are words of the language."""

    def __init__(self, call: WrittenCall | None, bound: WrittenCall | None) -> None:
        super().__init__()
        self.call, self.bound = call, bound
        self.words: list[tuple[int, int]] = []

    def name(self, name: str) -> str:
        """A name that is about to be written."""
        if name in _WORDS:
            self.words.append((self.length, self.length + len(name)))
        return name

    def keyed(self, word: str, value: str, argument: str) -> None:
        """`word value;`"""
        self.write(f"  {word} ")
        self.part(value, argument)
        self.write(";\n")

    def statement(self, text: str, argument: str, key: str) -> None:
        """`text;`"""
        self.write("  ")
        self.part(text, argument, key)
        self.write(";\n")

    def part(self, text: str, argument: str, inner: str | None = None, *, key: bool = False) -> None:
        """Text that comes from an argument of `ql.job`, or from an entry of it."""
        if self.call is None:
            self.write(text)
            return
        node = self.call.argument(argument)
        if node is not None and inner is not None:
            node = _entry(node, inner, key)
        self._from(self.call, node, text)

    def argument_of_circuit(self, text: str, name: str, place: int) -> None:
        """Text that comes from an argument of the circuit's call."""
        if self.bound is None:
            self.write(text)
            return
        self._from(self.bound, self.bound.argument(name) or self.bound.argument(place), text)

    def _from(self, call: WrittenCall, node: ast.expr | None, text: str) -> None:
        if node is None:
            self.write(text)
            return
        span = call.span(node)
        inside = _inside_quotes(span, node, text)
        self.write(text, span if inside is None else inside, verbatim=inside is not None)


def _inside_quotes(span: Span, node: ast.expr, text: str) -> Span | None:
    """The characters of a string literal that stand for themselves; `None` where some do not."""
    if not isinstance(node, ast.Constant) or node.value != text or span.text[1:-1] != text:
        return None
    return Span(span.source, span.start + 1, span.end - 1)


def _entry(node: ast.expr, name: str, key: bool) -> ast.expr:
    """The entry of a dictionary or call that has a name; the whole where it is not written there."""
    if isinstance(node, ast.Dict):
        for written, value in zip(node.keys, node.values, strict=True):
            if isinstance(written, ast.Constant) and written.value == name:
                return written if key else value
    if isinstance(node, ast.Call):
        return next((each.value for each in node.keywords if each.arg == name), node)
    return node


def _key_of(call: WrittenCall, name: str) -> Span | None:
    """The place of a sweep's name."""
    node = call.argument("sweep")
    return None if node is None else call.span(_entry(node, name, True))


def _run(writer: _JobWriter, request: Request) -> None:
    bound = request.bound
    names = [parameter.name for parameter in bound.circuit.definition.parameters]
    start = writer.length
    writer.write(f"  run {bound.circuit.name}(")
    for index, (name, value) in enumerate(bound.arguments.items()):
        writer.write(", " if index else "")
        writer.argument_of_circuit(f"{writer.name(name)} = {number(value)}", name, names.index(name))
    for index, name in enumerate(request.sweep, len(bound.arguments)):
        writer.write(", " if index else "")
        start = writer.length
        writer.write(writer.name(name))
        writer.write(" = ")
        writer.write(writer.name(name))
        writer.note(start, None if writer.call is None else _key_of(writer.call, name))
    writer.write(");")
    if writer.bound is not None:
        writer.note(start, writer.bound.span(writer.bound.node))
    writer.write("\n")


def _refuse_statements(request: Request) -> None:
    """Raises ValueError for an option that would end its statement of the job block and begin another."""
    options = [request.mitigate, request.name, *request.backend, *request.sample, *request.sla, *request.plain.values()]
    options += [value for value in request.expect.values() if isinstance(value, str)]
    for option in [*options, *request.expect, *request.sweep, *request.labels]:
        if isinstance(option, str) and any(character in option for character in ";{}\n\r"):
            raise ValueError(f"not a part of one statement: {option!r}")
    for value in request.labels.values():
        if any(character in value for character in '"\\\n\r'):
            raise ValueError(f"a label's value holds no quotes, backslashes or line breaks: {value!r}")


def number(value: Any) -> str:
    """A Python or NumPy number as a literal, and lists and arrays of them.

    Raises TypeError for anything else.
    """
    plain = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(plain, bool):
        return "true" if plain else "false"
    if isinstance(plain, (int, float)):
        return repr(plain)
    if isinstance(plain, Sequence) and not isinstance(plain, str):
        return f"{{{', '.join(map(number, plain))}}}"
    raise TypeError(f"an argument is a number, or a list or array of numbers, not {plain!r}")
