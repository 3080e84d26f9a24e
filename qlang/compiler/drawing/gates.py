"""How gates look: which have symbols of their own, and what is written into the boxes of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qlang.compiler.drawing import words
from qlang.compiler.drawing.model import Frame, Joined, Mark, Operation, Shape
from qlang.compiler.drawing.names import Names, Wires, all_lines
from qlang.sema.symbols import GateSymbol
from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Look:
    """A standard gate: its leading controls, what stands on its targets, and the name in a box."""

    controls: int = 0
    shape: Shape = "box"
    name: str = ""


_CONTROLLED = {"h": "H", "y": "Y", "p": "P", "rx": "Rx", "ry": "Ry", "rz": "Rz", "u": "U", "sx": "√X", "phase": "P"}
LOOKS: dict[str, Look] = {
    **{name: Look(0, "box", name.upper()) for name in ("x", "y", "z", "h", "s", "t", "u", "p", "ecr")},
    "id": Look(0, "box", "I"), "sdg": Look(0, "box", "S†"), "tdg": Look(0, "box", "T†"), "U": Look(0, "box", "U"),
    "sx": Look(0, "box", "√X"), "sxdg": Look(0, "box", "√X†"), "rx": Look(0, "box", "Rx"), "ry": Look(0, "box", "Ry"),
    "rz": Look(0, "box", "Rz"), "phase": Look(0, "box", "P"), "u1": Look(0, "box", "U1"), "u2": Look(0, "box", "U2"),
    "u3": Look(0, "box", "U3"), "rxx": Look(0, "box", "Rxx"), "ryy": Look(0, "box", "Ryy"),
    "rzz": Look(0, "box", "Rzz"), "rzx": Look(0, "box", "Rzx"), "iswap": Look(0, "box", "iSWAP"),
    "iswapdg": Look(0, "box", "iSWAP†"), "swap": Look(0, "cross"), "cswap": Look(1, "cross"),
    "cx": Look(1, "plus"), "CX": Look(1, "plus"), "ccx": Look(2, "plus"), "c3x": Look(3, "plus"),
    "c4x": Look(4, "plus"), "cz": Look(1, "dot"), "ccz": Look(2, "dot"),
    **{f"c{name}": Look(1, "box", shown) for name, shown in _CONTROLLED.items()},
    "cphase": Look(1, "box", "P"), "cu1": Look(1, "box", "U1"), "cu3": Look(1, "box", "U3"),
}  # fmt: skip
"""By name; used for built-in gates and those of the standard files only."""


@dataclass(frozen=True, slots=True)
class _Modified:
    """What modifiers make of a gate: its further controls (1 or 0 each), and marks behind its name."""

    controls: tuple[int, ...]
    suffix: str


def gate_operations(names: Names, node: tree.GateCall) -> list[Operation]:
    """A gate call as drawn: one operation for each of the gates that a call on registers stands for."""
    operands = [wires for operand in node.operands if (wires := names.wires(operand)) is not None]
    title = call_text(node)
    reads = names.classical(*node.parameters)
    if len(operands) < len(node.operands):
        return [whole_circuit(names, title)]
    modified = _modified(names, node.modifiers)
    if modified is None or not steps_together(operands):
        return [boxed(title, words.label(title), all_lines(operands), reads)]
    if not operands:
        return [whole_circuit(names, title)]
    symbol = names.scope.lookup(node.name.name)
    standard = symbol is None or (isinstance(symbol, GateSymbol) and symbol.standard)
    look = LOOKS.get(node.name.name if symbol is None else symbol.name) if standard else None
    text = _text(names, node, look, modified.suffix)
    return [_one(title, lines, look, modified, text, reads) for lines in broadcast(operands)]


def call_text(node: tree.GateCall) -> str:
    """The whole call, as the language writes it."""
    front = "".join(f"{_modifier(modifier)} @ " for modifier in node.modifiers)
    angles = f"({', '.join(map(words.expression, node.parameters))})" if node.parameters else ""
    length = f"[{words.expression(node.duration)}]" if node.duration is not None else ""
    operands = ", ".join(map(words.expression, node.operands))
    return f"{front}{_written(node)}{angles}{length} {operands}".rstrip()


def _written(node: tree.GateCall) -> str:
    """The gate's name as its author wrote it: a tree read from Python may have `ql.` or `own.` before it."""
    return node.name.name.rpartition(".")[2]


def boxed(title: str, text: str, lines: Sequence[int], reads: tuple[int, ...] = ()) -> Operation:
    """A box with words over lines; one line gets a small box."""
    if min(lines) == max(lines):
        return Operation(title, (Mark(lines[0], "box", text),), reads=reads)
    ports = tuple((line, "") for line in sorted(set(lines)))
    return Operation(title, (), Frame(min(lines), max(lines), text, ports), reads=reads)


def whole_circuit(names: Names, title: str) -> Operation:
    """What acts on no qubit in particular, as a global phase does: a box over all of them."""
    return boxed(title, words.label(title), names.qubit_lines() or (0,))


def _modified(names: Names, modifiers: Sequence[tree.Modifier]) -> _Modified | None:
    """`None` where the number of controls is not known."""
    controls: list[int] = []
    suffix = ""
    for modifier in modifiers:
        if modifier.kind in ("ctrl", "negctrl"):
            count = 1 if modifier.argument is None else names.whole(modifier.argument)
            if count is None or not 0 <= count <= 64:
                return None
            controls += [int(modifier.kind == "ctrl")] * count
        elif modifier.kind == "inv":
            suffix = suffix.removesuffix("†") if suffix.endswith("†") else f"{suffix}†"
        elif modifier.argument is not None:
            suffix += f"^{words.expression(modifier.argument)}"
    return _Modified(tuple(controls), suffix)


def _modifier(modifier: tree.Modifier) -> str:
    argument = "" if modifier.argument is None else f"({words.expression(modifier.argument)})"
    return f"{modifier.kind}{argument}"


def _text(names: Names, node: tree.GateCall, look: Look | None, suffix: str) -> str:
    """`Rz(π/2)`, `U†`, `majority`: what stands in the box."""
    name = (look.name if look and look.shape == "box" else _written(node)) + suffix
    if not node.parameters:
        return words.label(name)
    return words.label(f"{name}({', '.join(_angle(names, parameter) for parameter in node.parameters)})")


def _angle(names: Names, parameter: tree.Expression) -> str:
    value = names.real(parameter)
    return words.expression(parameter) if value is None else words.angle(value)


def steps_together(operands: Sequence[Wires]) -> bool:
    """Whether it is known which qubits meet: a register drawn as one line meets only others of its kind."""
    registers = [wires for wires in operands if not wires.single]
    return all(wires.exact for wires in operands) and len({wires.bundle for wires in registers}) < 2


def broadcast(operands: Sequence[Wires]) -> list[tuple[int, ...]]:
    """The qubits of each gate: registers step together, single qubits stay."""
    counts = [len(wires.lines) for wires in operands if not wires.single]
    if not counts:
        return [tuple(wires.lines[0] for wires in operands)]
    return [tuple(w.lines[0 if w.single else k] for w in operands) for k in range(min(counts))]


def _one(
    title: str, lines: tuple[int, ...], look: Look | None, modified: _Modified, text: str, reads: tuple[int, ...]
) -> Operation:
    values = [*modified.controls, *([1] * (look.controls if look else 0))]
    if len(set(lines)) < len(lines) or len(values) > len(lines):  # registers of unknown size share a line
        return boxed(title, words.label(title), lines, reads)
    controls = tuple(Mark(line, "dot" if on else "ring") for line, on in zip(lines, values, strict=False))
    targets = lines[len(values) :]
    joined: Joined = "single" if len(lines) > 1 else ""
    plain = look is not None and not modified.suffix
    if plain and look is not None and (look.shape != "box" or (look.name == "X" and controls)):
        shape: Shape = "plus" if look.shape == "box" else look.shape
        return Operation(title, (*controls, *(Mark(line, shape) for line in targets)), None, joined, reads)
    if len(targets) == 1:
        return Operation(title, (*controls, Mark(targets[0], "box", text)), None, joined, reads)
    if not targets:
        return boxed(title, words.label(title), lines, reads)
    return _framed(title, controls, targets, text, reads)


def _framed(
    title: str, controls: tuple[Mark, ...], targets: tuple[int, ...], text: str, reads: tuple[int, ...]
) -> Operation:
    """A gate on several targets: a box with numbered places; controls between them stand in it."""
    top, bottom = min(targets), max(targets)
    inside = [mark for mark in controls if top <= mark.line <= bottom]
    outside = tuple(mark for mark in controls if mark not in inside)
    ports = [(line, str(number)) for number, line in enumerate(targets)]
    ports += [(mark.line, "●" if mark.shape == "dot" else "○") for mark in inside]
    frame = Frame(top, bottom, text, tuple(sorted(ports)))
    return Operation(title, outside, frame, "single" if outside else "", reads)
