"""OpenQASM 2 text of a circuit: loops are written out, conditions are those that `if(c==k)` can say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from qlang.interchange.conditions import equality
from qlang.interchange.controls import MOST_WIRES, TooManyControls, pieces
from qlang.interchange.definitions import OPENQASM2, with_needed
from qlang.interchange.flatten import Step, flat, refuse
from qlang.interchange.names import GATE_NAMES, Names
from qlang.interchange.program import Assign, Element, Expr, Var
from qlang.interchange.spelling import angle_text
from qlang.interchange.structure import structured
from qlang.ir.circuit import FuncOp
from qlang.ir.gates import BY_NAME
from qlang.syntax.words import OPENQASM2_WORDS

TARGET = "OpenQASM 2"
_FUNCTIONS = frozenset(("pi", "sin", "cos", "tan", "exp", "ln", "sqrt", "U", "CX"))


def qasm2_text(func: FuncOp) -> str:
    """The OpenQASM 2 text of a canonical circuit; a global phase becomes a comment.

    Gates are those of Qiskit's `qelib1.inc`, others are defined. Raises CannotWrite.
    """
    forbidden = GATE_NAMES | frozenset(OPENQASM2_WORDS) | _FUNCTIONS
    program = structured(func, TARGET, Names(forbidden=forbidden, ascii_only=True))
    writer = _Writer([f"{name}[{k}]" for name, (_, size) in program.registers.items() for k in range(size)])
    writer.registers = dict(program.bits)
    for step in flat(program, TARGET):
        writer.step(step)
    head = ["OPENQASM 2.0;", 'include "qelib1.inc";', *with_needed(OPENQASM2, sorted(writer.gates))]
    head += [f"qreg {name}[{size}];" for name, (_, size) in program.registers.items() if size]
    head += [f"creg {name}[{size}];" for name, size in writer.registers.items() if size]
    tail = [f"// global phase: {angle_text(writer.phase)}"] if writer.phase else []
    return "\n".join([*head, *writer.lines, *tail]) + "\n"


_WRITABLE = frozenset(BY_NAME)


@dataclass(slots=True)
class _Writer:
    wire: list[str]
    registers: dict[str, int] = field(default_factory=dict)
    """Bit registers of the program, and those of its variables."""
    lines: list[str] = field(default_factory=list)
    gates: set[str] = field(default_factory=set)
    phase: float = 0.0

    def step(self, step: Step) -> None:
        prefix = self.condition(step) if step.conditions else ""
        if prefix is None:
            return
        match step.what:
            case "measure":
                self.measure(step, prefix)
            case "reset":
                self.lines.extend(f"{prefix}reset {self.wire[wire]};" for wire in step.wires)
            case "barrier":
                self.lines.append(f"barrier {', '.join(self.wire[wire] for wire in step.wires)};")
            case "delay":
                raise refuse(step, TARGET, "a `delay`", "leave it out, or write OpenQASM 3")
            case "assign":
                raise refuse(
                    step, TARGET, _assignment(step.assigned), "measure into the register itself, or write OpenQASM 3"
                )
            case _:
                self.gate(step, prefix)

    def gate(self, step: Step, prefix: str) -> None:
        if not step.controls:
            self.piece(step.what, step.angles, step.wires, prefix)
            return
        try:
            for name, angles, wires in pieces(step.what, step.angles, step.wires, step.controls, _WRITABLE):
                self.piece(name, angles, wires, prefix)
        except TooManyControls:
            raise refuse(step, TARGET, f"a gate with controls on more than {MOST_WIRES} qubits") from None

    def piece(self, name: str, angles: tuple[float, ...], wires: tuple[int, ...], prefix: str) -> None:
        if name == "gphase":
            if prefix:
                return  # a phase of one branch of a measurement's outcomes is a global phase of that branch
            self.phase += angles[0]
            return
        self.gates.add(name)
        text = f"{name}({','.join(map(angle_text, angles))})" if angles else name
        wire = self.wire
        self.lines.append(f"{prefix}{text} {', '.join([wire[w] for w in wires])};")

    def measure(self, step: Step, prefix: str) -> None:
        bits = step.bits
        if not bits:
            name = "unread"
            while name in self.registers and self.registers[name] != len(self.wire):
                name += "_"
            self.registers[name] = len(self.wire)
            bits = tuple((name, wire) for wire in step.wires)
        for wire, (register, index) in zip(step.wires, bits, strict=True):
            size = self.registers.get(register, 0)
            if register not in self.registers or index >= size:
                self.registers[register] = index + 1
            self.lines.append(f"{prefix}measure {self.wire[wire]} -> {register}[{index}];")

    def condition(self, step: Step) -> str | None:
        """`if(c==k) `, or `None` where it never holds. Raises CannotWrite for anything else."""
        if len(step.conditions) == 1 and step.what != "barrier":
            ((expression, wanted),) = step.conditions
            found = equality(expression, wanted, self.registers)
            if found is not None:
                name, value = found
                return f"if({name}=={value}) " if value >= 0 else None
        instead = "OpenQASM 2 compares one whole register with a number, and has no `else`; write OpenQASM 3"
        raise refuse(step, TARGET, "this condition", instead)


def _assignment(assigned: Assign | None) -> str:
    name = next(_names(assigned.target)) if assigned is not None else "a bit"
    return f"an assignment to `{name}`"


def _names(expression: Expr) -> Iterator[str]:
    match expression:
        case Var(name=name):
            yield name
        case Element(register=register):
            yield from _names(register)
        case _:
            yield "a slice"
