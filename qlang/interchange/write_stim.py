"""Stim text of a Clifford circuit: loops become REPEAT, Pauli gates under measured bits become feedback.

Stim's record holds every measurement in the order of execution; registers are named in comments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from qlang.interchange.clifford import clifford
from qlang.interchange.expressions import variables_of
from qlang.interchange.flatten import Conditions, Flattening, Step, gate_words, refuse
from qlang.interchange.names import Names
from qlang.interchange.program import (
    Assign,
    Call,
    Const,
    Declare,
    Element,
    Expr,
    For,
    Gate,
    Idle,
    If,
    Measure,
    Program,
    Run,
    Slice,
    Statement,
    Var,
    While,
    Wire,
)
from qlang.interchange.structure import structured
from qlang.interchange.wires import everything, loop_range
from qlang.ir.circuit import FuncOp

TARGET = "Stim"
_PAULIS = {"x": "CX", "y": "CY", "z": "CZ"}

Parity = tuple[frozenset[int], bool]
"""The exclusive or of outcomes, by their place in the record, and of a constant."""
Bit = tuple[str, int]


def stim_text(func: FuncOp) -> str:
    """The Stim text of a canonical circuit.

    Raises CannotWrite, which names the gate that is not Clifford, or the construct that Stim cannot say.
    """
    program = structured(func, TARGET, Names(forbidden=frozenset()))
    writer = _Writer(Flattening(TARGET, program), program)
    writer.block(program.body, ())
    head = [f"# {name}: {_range(first, size)}" for name, (first, size) in program.registers.items() if size]
    head += [f"# {name}[{k}] = record {place}" for (name, k), place in writer.results()]
    return "\n".join([*head, *writer.lines]) + "\n"


def _range(first: int, size: int) -> str:
    return f"qubit {first}" if size == 1 else f"qubits {first} to {first + size - 1}"


@dataclass(slots=True)
class _Writer:
    flattening: Flattening
    program: Program
    lines: list[str] = field(default_factory=list)
    depth: int = 0
    count: int = 0
    """Measurements so far."""
    bits: dict[Bit, Parity | None] = field(default_factory=dict)
    """What each bit is; `None` where that cannot be said here."""
    unknown: bool = False
    """Whether bits that are not in `bits` cannot be said either; else they are 0."""

    def results(self) -> list[tuple[Bit, int]]:
        """The bits of the program's registers that are one outcome each."""
        found = []
        for (name, index), parity in sorted(self.bits.items()):
            if name in self.program.bits and parity is not None and len(parity[0]) == 1 and not parity[1]:
                found.append(((name, index), next(iter(parity[0]))))
        return found

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def block(self, statements: Iterable[Statement], conditions: Conditions) -> None:
        for statement in statements:
            match statement:
                case For() if not conditions and self.repeat(statement):
                    continue
                case For():
                    for body in self.flattening.iterations(statement):
                        self.block(body, conditions)
                case While():
                    for body in self.flattening.turns(statement):
                        self.block(body, conditions)
                case If():
                    for body, further in self.flattening.branches(statement):
                        self.block(body, (*conditions, *further))
                case _:
                    for step in self.flattening.block((statement,), conditions):
                        self.step(step)

    def repeat(self, loop: For) -> bool:
        """Write a loop as REPEAT, where every turn is the same."""
        bounds = loop_range(loop)
        inside = list(everything(loop.body))
        if bounds is None or any(_turns_differ(each, loop.variable.name) for each in inside):
            return False
        assert isinstance(loop.step, Const)
        times = (bounds[1] - bounds[0]) // int(loop.step.value) + 1
        before, start, first_line = self.bits, self.count, len(self.lines)
        measures = any(isinstance(each, Measure) for each in inside)
        outer_default, self.unknown = self.unknown, self.unknown or measures
        if measures:  # outcomes from before lie at another distance in each turn
            self.bits = {}
        self.line(f"REPEAT {times} {{")
        self.depth += 1
        self.block(loop.body, ())
        self.depth -= 1
        self.line("}")
        if len(self.lines) == first_line + 2:  # Stim has no empty blocks
            del self.lines[first_line:]
        shift = (self.count - start) * (times - 1)
        self.count += shift
        self.unknown = outer_default
        if measures:
            last = {
                bit: None if p is None else (frozenset(k + shift for k in p[0]), p[1]) for bit, p in self.bits.items()
            }
            self.bits = before | last
        return True

    def step(self, step: Step) -> None:
        match step.what:
            case "assign":
                self.assign(step)
            case "barrier":
                self.line("TICK")
            case "delay":
                raise refuse(step, TARGET, "a `delay`", "leave it out: Stim has no time")
            case "measure" | "reset" if step.conditions:
                raise refuse(step, TARGET, f"a `{step.what}` under a condition")
            case "reset":
                self.line("R " + " ".join(map(str, step.wires)))
            case "measure":
                self.line("M " + " ".join(map(str, step.wires)))
                for bit in step.bits:
                    self.bits[bit] = (frozenset((self.count,)), False)
                    self.count += 1
                self.count += len(step.wires) - len(step.bits)
            case _ if step.conditions:
                self.feedback(step)
            case _:
                self.gate(step)

    def gate(self, step: Step) -> None:
        found = None if step.controls else clifford(step.what, step.angles, step.wires)
        if found is None:
            raise refuse(
                step, TARGET, gate_words(step) + ", which is no Clifford gate", "Stim simulates Clifford circuits only"
            )
        for name, wires in found:
            self.line(f"{name} {' '.join(map(str, wires))}")

    def feedback(self, step: Step) -> None:
        if step.what in ("id", "gphase"):
            return
        open_conditions: list[Parity] = []
        for expression, wanted in step.conditions:
            parity = self.parity(expression)
            if parity is None:
                raise refuse(
                    step, TARGET, "this condition", "Stim knows the exclusive or of outcomes of the same turn of a loop"
                )
            places, constant = parity[0], parity[1] == wanted
            if not places and not constant:
                return
            if places:
                open_conditions.append((places, not constant))
        if step.what not in _PAULIS or step.controls or len(open_conditions) > 1:
            construct = (
                "a condition inside of another" if len(open_conditions) > 1 else gate_words(step) + " under a condition"
            )
            raise refuse(step, TARGET, construct, "under a condition Stim has X, Y and Z")
        places, constant = open_conditions[0] if open_conditions else (frozenset(), True)
        if constant:
            self.line(f"{step.what.upper()} {step.wires[0]}")
        for place in sorted(places):
            self.line(f"{_PAULIS[step.what]} rec[{place - self.count}] {step.wires[0]}")

    def assign(self, step: Step) -> None:
        assert step.assigned is not None
        target, value = step.assigned.target, step.assigned.value
        cells = self.cells(target)
        parts = [value] if isinstance(target, Element) else _parts(value, len(cells))
        for cell, part in zip(cells, parts, strict=True):
            self.bits[cell] = None if step.conditions or part is None else self.parity(part)

    def cells(self, target: Var | Element | Slice) -> list[Bit]:
        """The bits that an assignment sets; those of other variables are of no interest."""
        match target:
            case Var(name=name, kind="bits", size=size):
                return [(name, k) for k in range(size)]
            case Element(register=Var(name=name), index=Const(value=index)):
                return [(name, int(index))]
            case Slice(register=Var(name=name), first=Const(value=first), size=size):
                return [(name, int(first) + k) for k in range(size)]
            case _:
                return []

    def parity(self, expression: Expr) -> Parity | None:
        """A truth value as an exclusive or of outcomes."""
        match expression:
            case Const(value=value):
                return frozenset(), bool(value)
            case Element(register=Var(name=name), index=Const(value=index)):
                return self.bits.get((name, int(index)), None if self.unknown else (frozenset(), False))
            case Var(name=name, kind="bits", size=1):
                return self.bits.get((name, 0), None if self.unknown else (frozenset(), False))
            case Call(operator="!", operands=(inner,)):
                found = self.parity(inner)
                return None if found is None else (found[0], not found[1])
            case Call(operator="unsigned" | "int", operands=(inner,)):
                return self.parity(inner)
            case Call(operator="xor" | "!=" | "==" as operator, operands=(left, right)) if _bitlike(left, right):
                a, b = self.parity(left), self.parity(right)
                return None if a is None or b is None else (a[0] ^ b[0], a[1] ^ b[1] ^ (operator == "=="))
            case _:
                return None


def _later(parity: Parity | None, by: int) -> Parity | None:
    """The same outcomes of a later turn."""
    return None if parity is None else (frozenset(place + by for place in parity[0]), parity[1])


def _bitlike(*operands: Expr) -> bool:
    """Whether numbers are 0 or 1 each, so that comparing them is comparing bits."""
    return all(
        operand.kind == "bool"
        or (isinstance(operand, Const) and operand.value in (0, 1))
        or (isinstance(operand, Call) and operand.operator in ("unsigned", "int") and _one_bit(operand.operands[0]))
        for operand in operands
    )


def _one_bit(operand: Expr) -> bool:
    return (
        isinstance(operand, Element)
        or operand.kind == "bool"
        or (isinstance(operand, Var) and operand.kind == "bits" and operand.size == 1)
    )


def _parts(value: Expr, size: int) -> list[Expr | None]:
    """The bits of a register's value, one by one."""
    match value:
        case Const(value=number):
            return [Const(int(number) >> k & 1, "bool") for k in range(size)]
        case Var(kind="bits"):
            return [Element(value, Const(k, "int")) for k in range(size)]
        case Slice(register=register, first=Const(value=first)):
            return [Element(register, Const(int(first) + k, "int")) for k in range(size)]
        case Element() if size == 1:
            return [value]
        case _:
            return [None] * size


def _turns_differ(statement: Statement, variable: str) -> bool:
    """Whether a statement depends on a loop's variable, or changes a variable that another turn may read."""
    match statement:
        case Declare(value=None):
            return False
        case Assign() | Declare() | While():
            return True
        case Run():
            return False
        case Gate(angles=angles, wires=wires):
            read: tuple[Wire | None, ...] = (*angles, *wires)
        case Measure(wires=wires, first=first):
            read = (*wires, first)
        case Idle(wires=wires, seconds=seconds):
            read = (*wires, seconds)
        case For(first=first, stop=stop, step=step):
            read = (first, stop, step)
        case If(condition=condition):
            read = (condition,)
    return any(variable in variables_of(each) for each in read if each is not None and not isinstance(each, int))
