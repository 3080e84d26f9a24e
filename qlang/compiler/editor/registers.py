"""Registers of circuits and statements of jobs, read from tokens so that half-typed jobs have them too."""

from collections.abc import Iterator

from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.place import OpenBlock, Place
from qlang.sema.symbols import CircuitSymbol, Symbol
from qlang.syntax import tree
from qlang.syntax.words import TOP_WORDS


def circuit_of_job(place: Place, job: OpenBlock) -> str | None:
    """The name after `run` in the job around the place, before or after it."""
    texts = place.tokens.texts
    depth = 0
    for index in range(job.opened, len(texts)):
        text = texts[index]
        depth += (text == "{") - (text == "}")
        if depth == 0 or (index > job.opened and text in TOP_WORDS):
            return None
        if text == "run" and texts[index - 1] in ("{", ";", "}") and depth == 1:
            return texts[index + 1] or None
    return None


def circuit_named(analysis: Analysis, name: str) -> CircuitSymbol | None:
    """A circuit that a job of this file can run."""
    found = analysis.module.circuits.get(name) or analysis.module.scope.lookup(name)
    return found if isinstance(found, CircuitSymbol) else None


def registers(analysis: Analysis, circuit: str, *, bits: bool) -> Iterator[tuple[str, str]]:
    """Name and type, as written, of the registers of a circuit; of bits too if asked for."""
    found = circuit_named(analysis, circuit)
    if found is None:
        return
    text = found.scope.source.text
    for statement in found.body:
        node = statement.statement if isinstance(statement, tree.Annotated) else statement
        if isinstance(node, tree.QubitDeclaration):
            size = "" if node.size is None else f"[{text[node.size.start : node.size.end]}]"
            yield node.name.name, f"qubit{size}"
        elif bits and isinstance(node, tree.ClassicalDeclaration) and node.type.name in ("bit", "creg"):
            yield node.name.name, text[node.type.start : node.type.end]


def visible_symbols(analysis: Analysis) -> Iterator[Symbol]:
    """The definitions of the file and of what it includes and imports, each name once."""
    seen: set[str] = set()
    for symbol in analysis.module.scope.visible():
        if symbol.name not in seen:
            seen.add(symbol.name)
            yield symbol
