"""The lines of a drawing: one for each qubit, and one for each classical register or variable that changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qlang.compiler.drawing import words
from qlang.compiler.drawing.model import Line
from qlang.compiler.drawing.names import Names, Wires
from qlang.syntax import tree


def lay_lines(names: Names, body: Sequence[tree.Statement], wires: int) -> tuple[list[Line], list[str]]:
    """The lines of a circuit, with its qubits bound to theirs, and a note for each register that is one line only.

    A register is one line where its size is not known, or where with it there would be more than `wires` qubits.
    """
    lines: list[Line] = []
    notes: list[str] = []
    for declaration in body:
        if not isinstance(declaration, tree.QubitDeclaration):
            continue
        name, first = declaration.name.name, len(lines)
        size = 1 if declaration.size is None else names.whole(declaration.size)
        if declaration.size is None:
            lines.append(Line(words.label(name), "qubit"))
            names.bind(name, Wires((first,), single=True))
        elif size is None or first + size > wires:
            shown = words.expression(declaration.size) if size is None else str(size)
            lines.append(Line(words.label(f"{name}[{shown}]"), "bundle"))
            names.bind(name, Wires((first,), single=False, bundle=True, size=size))
            why = "its size is not known yet" if size is None else f"more than {wires} qubits are not drawn one by one"
            notes.append(f"register {words.label(name)} is one line: {why}")
        else:
            lines += [Line(words.label(f"{name}[{index}]"), "qubit") for index in range(size)]
            names.bind(name, Wires(tuple(range(first, first + size)), single=False))
    for name, label in _classical(names, body).items():
        names.bits[name] = len(lines)
        lines.append(Line(words.label(label), "bits"))
    return lines, notes


def _classical(names: Names, body: Sequence[tree.Statement]) -> dict[str, str]:
    """Name and label of what is measured into, assigned to, or declared as bits."""
    declared: dict[str, tree.ClassicalDeclaration] = {}
    found: dict[str, str] = {}
    for statement in body:
        for node in _statements(statement):
            if isinstance(node, tree.ClassicalDeclaration):
                declared.setdefault(node.name.name, node)
                if node.kind != "const" and (node.type.name in ("bit", "creg") or _changes(names, node.value)):
                    found.setdefault(node.name.name, "")
            elif isinstance(node, (tree.Assignment, tree.MeasureStatement)) and node.target is not None:
                found.setdefault(target_name(node.target), "")
    found.pop("", None)
    for name in found:
        size = declared[name].type.size if name in declared else None
        known = None if size is None else names.whole(size)
        bits = name in declared and declared[name].type.name in ("bit", "creg")
        shown = words.expression(size) if size is not None and known is None else str(known)
        found[name] = f"{name}[{shown}]" if bits and size is not None else name
    return found


def _statements(root: tree.Node) -> Iterator[tree.Node]:
    """Statements below a node, runs of plain gates left out: they change nothing classical."""
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, (tree.GateRun, tree.GateCall)):
            continue
        yield node
        if not isinstance(node, tree.Expression):
            pending.extend(reversed(list(tree.children(node))))


def _changes(names: Names, value: tree.Expression | None) -> bool:
    """Whether a value comes from qubits: by a measurement or a subroutine."""
    return value is not None and any(
        isinstance(part, tree.Measurement) or (isinstance(part, tree.Call) and names.is_subroutine(part.callee.name))
        for part in tree.walk(value)
    )


def target_name(target: tree.Expression) -> str:
    """The variable that an assignment changes; empty for what is none."""
    while isinstance(target, tree.Index):
        target = target.base
    return target.name if isinstance(target, tree.Name) else ""
