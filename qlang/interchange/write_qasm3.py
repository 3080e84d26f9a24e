"""OpenQASM 3 text of a circuit: loops, branches and subexpressions stay what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from qlang.interchange.definitions import OPENQASM3, with_needed
from qlang.interchange.errors import CannotWrite
from qlang.interchange.expressions import shifted, text_of
from qlang.interchange.names import OPENQASM3_NAMES, Names
from qlang.interchange.program import (
    Assign,
    Const,
    Declare,
    Expr,
    For,
    Gate,
    Idle,
    If,
    Measure,
    Run,
    Statement,
    Var,
    While,
    Wire,
)
from qlang.interchange.spelling import angle_text, modifiers
from qlang.interchange.structure import structured
from qlang.interchange.wires import Ranges, ScatteredWires, WireNames, gates_used, loop_range
from qlang.ir.circuit import FuncOp
from qlang.ir.gates import BY_CODE
from qlang.ir.spans import place_of

_TYPES = {"int": "int[64]", "float": "float[64]", "bool": "bool"}


def qasm3_text(func: FuncOp) -> str:
    """The OpenQASM 3 text of a canonical circuit; parameters become `input`.

    Raises CannotWrite for operations without a spelling.
    """
    names = Names(forbidden=OPENQASM3_NAMES | set(OPENQASM3))
    program = structured(func, "OpenQASM 3", names)
    writer = _Writer(WireNames(program.registers, names.give("wires")))
    writer.block(program.body, {})
    head = ["OPENQASM 3.0;", 'include "stdgates.inc";']
    head += with_needed(OPENQASM3, sorted(gates_used(program)))
    head += [f"input {_TYPES[parameter.kind]} {parameter.name};" for parameter in program.parameters]
    head += [f"qubit[{size}] {name};" for name, (_, size) in program.registers.items() if size]
    if writer.wires.used_alias:
        head.append(f"let {writer.wires.alias} = {' ++ '.join(program.registers)};")
    own = any(isinstance(each, Declare) and each.variable.kind == "bits" for each in program.body)
    kind = "output bit" if own else "bit"  # else registers that only the text needs would be results, too
    head += [f"{kind}[{size}] {name};" for name, size in program.bits.items() if size]
    return "\n".join([*head, *writer.lines]) + "\n"


def declared_type(variable: Var) -> str:
    """The type of a variable."""
    if variable.kind == "array":
        return f"array[{_TYPES[variable.element]}, {variable.size}]"
    return f"bit[{variable.size}]" if variable.kind == "bits" else _TYPES[variable.kind]


@dataclass(slots=True)
class _Writer:
    wires: WireNames
    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def line(self, text: str) -> None:
        self.lines.append("  " * self.depth + text)

    def block(self, statements: Iterable[Statement], ranges: Ranges) -> None:
        for statement in statements:
            try:
                _WRITERS[type(statement)](self, statement, ranges)
            except ScatteredWires:
                place = place_of(statement.origin) if statement.origin is not None else None
                construct = "a qubit chosen at run time among qubits that are not evenly spaced"
                raise CannotWrite("OpenQASM 3", construct, "use a register", place=place) from None

    def body(self, head: str, statements: Iterable[Statement], ranges: Ranges) -> None:
        self.line(head + " {")
        self.depth += 1
        self.block(statements, ranges)
        self.depth -= 1
        self.line("}")

    def texts(self, wires: Iterable[Wire], ranges: Ranges) -> list[str]:
        return [self.wires.text(wire, ranges) for wire in wires]


def _run(writer: _Writer, run: Run, ranges: Ranges) -> None:
    wire, indent, append = writer.wires.constant, "  " * writer.depth, writer.lines.append
    for code, wires, angles in run.gates.gates():
        name = BY_CODE[code].name
        if angles:
            name += "(" + ", ".join(map(angle_text, angles)) + ")"
        operands = ", ".join([wire[w] for w in wires])
        append(f"{indent}{name} {operands};" if operands else f"{indent}{name};")


def _gate(writer: _Writer, gate: Gate, ranges: Ranges) -> None:
    angles = [text_of(angle, angle=True) for angle in gate.angles]
    operands = writer.texts(gate.wires, ranges)
    if gate.name == "U" and gate.controls:
        _controlled_u(writer, angles, operands, gate.controls)
        return
    name = modifiers(gate.controls) + gate.name + (f"({', '.join(angles)})" if angles else "")
    joined = ", ".join(operands)
    writer.line(f"{name} {joined};" if joined else f"{name};")


def _controlled_u(writer: _Writer, angles: list[str], operands: list[str], controls: str) -> None:
    """`ctrl @ U` as `cu`: the phase of U, which readers disagree about, is an angle there that all read alike."""
    called = f"{modifiers(controls[:-1])}cu({', '.join(angles)}, 0.5*({angles[0]})) {', '.join(operands)};"
    if controls[-1] == "1":
        writer.line(called)
        return
    flip = f"x {operands[len(controls) - 1]};"
    for line in (flip, called, flip):
        writer.line(line)


def _measure(writer: _Writer, measure: Measure, ranges: Ranges) -> None:
    whole, register = writer.wires.whole(measure.wires), measure.register
    if register is None:
        for text in [whole] if whole is not None else writer.texts(measure.wires, ranges):
            writer.line(f"measure {text};")
        return
    if whole is not None and register.size == len(measure.wires):
        writer.line(f"{register.name} = measure {whole};")
        return
    for k, text in enumerate(writer.texts(measure.wires, ranges)):
        writer.line(f"{register.name}[{text_of(shifted(measure.first, k))}] = measure {text};")


def _idle(writer: _Writer, idle: Idle, ranges: Ranges) -> None:
    whole = writer.wires.whole(idle.wires)
    texts = [whole] if whole is not None else writer.texts(idle.wires, ranges)
    if idle.what == "reset":
        for text in texts:
            writer.line(f"reset {text};")
        return
    word = "barrier" if idle.seconds is None else f"delay[{seconds_text(idle.seconds)}]"
    writer.line(f"{word} {', '.join(texts)};" if texts else f"{word};")


def seconds_text(seconds: Expr) -> str:
    """A duration; a computed one as a multiple of a second."""
    if not isinstance(seconds, Const):
        return f"({text_of(seconds)}) * 1s"
    nanoseconds = float(seconds.value) * 1e9
    return f"{nanoseconds:.15g}ns" if float(f"{nanoseconds:.15g}") * 1e-9 == seconds.value else f"{seconds.value!r}s"


def _declare(writer: _Writer, declare: Declare, ranges: Ranges) -> None:
    value = "" if declare.value is None else f" = {text_of(declare.value)}"
    writer.line(f"{declared_type(declare.variable)} {declare.variable.name}{value};")


def _assign(writer: _Writer, assign: Assign, ranges: Ranges) -> None:
    writer.line(f"{text_of(assign.target)} = {text_of(assign.value)};")


def _for(writer: _Writer, loop: For, ranges: Ranges) -> None:
    step = "" if loop.step == Const(1, "int") else f"{text_of(loop.step)}:"
    head = f"for int {loop.variable.name} in [{text_of(loop.first)}:{step}{text_of(shifted(loop.stop, -1))}]"
    bounds = loop_range(loop)
    inner = {**ranges, loop.variable.name: bounds} if bounds is not None else ranges
    writer.body(head, loop.body, inner)


def _if(writer: _Writer, branch: If, ranges: Ranges) -> None:
    condition = text_of(branch.condition)
    if not branch.then and branch.otherwise:
        writer.body(f"if (!{text_of(branch.condition, nested=True)})", branch.otherwise, ranges)
        return
    if not branch.then:
        return
    writer.body(f"if ({condition})", branch.then, ranges)
    if branch.otherwise:
        writer.lines.pop()
        writer.body("} else", branch.otherwise, ranges)


def _while(writer: _Writer, loop: While, ranges: Ranges) -> None:
    writer.body(f"while ({text_of(loop.condition)})", loop.body, ranges)


_WRITERS: dict[type[Statement], Callable[..., None]] = {
    Run: _run,
    Gate: _gate,
    Measure: _measure,
    Idle: _idle,
    Declare: _declare,
    Assign: _assign,
    For: _for,
    If: _if,
    While: _while,
}
