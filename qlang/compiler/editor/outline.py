"""The definitions of a file as a tree for the editor's outline."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from qlang.compiler.editor.analysis import Analysis
from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Outline:
    """One entry: what it is, where it is, what it contains."""

    name: str
    kind: str
    """`circuit`, `gate`, `subroutine`, `observable`, `noise`, `job`, `constant`, `qubit`, `bit`, `variable`,
    `import`, `expectation` or `sample`."""
    detail: str
    start: int
    end: int
    name_start: int
    name_end: int
    children: tuple["Outline", ...] = ()


def outline(analysis: Analysis) -> list[Outline]:
    """The entries of a file in source order; what the parser could not read is missing."""
    return list(_entries(analysis.program.statements, analysis.source.text))


def _entries(statements: list[tree.Statement], text: str) -> Iterator[Outline]:
    for statement in statements:
        inner = statement.statement if isinstance(statement, tree.Annotated) else statement
        describe = _DESCRIBERS.get(type(inner))
        if describe is not None:
            found = describe(inner, text)
            if found is not None:
                yield found


def _entry(
    node: tree.Node, name: tree.Name, kind: str, detail: str = "", children: tuple[Outline, ...] = ()
) -> Outline | None:
    """An entry, unless the parser had to make its name up."""
    if not name.name or name.start == name.end:
        return None
    end = max(node.end, name.end)
    return Outline(name.name, kind, detail, min(node.start, name.start), end, name.start, name.end, children)


def _slice(text: str, first: tree.Node, last: tree.Node) -> str:
    return " ".join(text[first.start : last.end].split())


def _parameters(node: tree.CircuitDefinition | tree.SubroutineDefinition | tree.ObservableDefinition, text: str) -> str:
    shown = ", ".join(_slice(text, each, each) for each in node.parameters)
    return f"({shown})"


def _circuit(node: tree.CircuitDefinition, text: str) -> Outline | None:
    inside = tuple(_entries(node.body.statements, text))
    return _entry(node, node.name, "circuit", _parameters(node, text), inside)


def _subroutine(node: tree.SubroutineDefinition, text: str) -> Outline | None:
    inside = tuple(_entries(node.body.statements, text))
    return _entry(node, node.name, "subroutine", _parameters(node, text), inside)


def _gate(node: tree.GateDefinition, text: str) -> Outline | None:
    angles = f"({', '.join(name.name for name in node.parameters)}) " if node.parameters else ""
    return _entry(node, node.name, "gate", angles + ", ".join(name.name for name in node.qubits))


def _observable(node: tree.ObservableDefinition, text: str) -> Outline | None:
    return _entry(node, node.name, "observable", _parameters(node, text))


def _qubits(node: tree.QubitDeclaration, text: str) -> Outline | None:
    size = "" if node.size is None else f"[{_slice(text, node.size, node.size)}]"
    return _entry(node, node.name, "qubit", f"qubit{size}")


def _declaration(node: tree.ClassicalDeclaration, text: str) -> Outline | None:
    kind = "constant" if node.kind == "const" else "bit" if node.type.name == "bit" else "variable"
    value = "" if node.value is None else f" = {_slice(text, node.value, node.value)}"
    return _entry(node, node.name, kind, f"{node.type.name}{value}"[:60])


def _job(node: tree.JobDefinition, text: str) -> Outline | None:
    inside = tuple(_job_entries(node, text))
    run = next((each for each in node.statements if isinstance(each, tree.Run)), None)
    detail = "" if run is None else _slice(text, run.call, run.call)[:60]
    return _entry(node, node.name, "job", detail, inside)


def _job_entries(node: tree.JobDefinition, text: str) -> Iterator[Outline]:
    for statement in node.statements:
        found: list[Outline | None] = []
        if isinstance(statement, tree.Expect):
            found = [
                _entry(item, item.name, "expectation", _slice(text, item.observable, item.observable)[:60])
                for item in statement.items
            ]
        elif isinstance(statement, tree.Sample):
            found = [_entry(item, item.alias, "sample") for item in statement.items if item.alias is not None]
        yield from (entry for entry in found if entry is not None)


def _import(node: tree.Import, text: str) -> Outline | None:
    return None if node.alias is None else _entry(node, node.alias, "import")


_DESCRIBERS: Mapping[type[tree.Statement], Callable[..., Outline | None]] = {
    tree.CircuitDefinition: _circuit,
    tree.SubroutineDefinition: _subroutine,
    tree.GateDefinition: _gate,
    tree.ObservableDefinition: _observable,
    tree.NoiseDefinition: lambda node, _: _entry(node, node.name, "noise"),
    tree.JobDefinition: _job,
    tree.QubitDeclaration: _qubits,
    tree.ClassicalDeclaration: _declaration,
    tree.Alias: lambda node, text: _entry(node, node.name, "qubit", "let"),
    tree.Import: _import,
}
