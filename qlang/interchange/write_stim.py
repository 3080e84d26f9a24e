"""Stim text of a Clifford circuit: loops become REPEAT, Pauli gates under measured bits become feedback.

Stim's record holds every measurement in the order of execution; registers are named in comments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from qlang.interchange.clifford import clifford
from qlang.interchange.expressions import NotKnown, value_of, variables_of
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
Bit = tuple[str, int | Expr]
"""Register and index; inside of REPEAT the index may depend on the loop, and is kept as it is written."""
MOST_TURNS = 1 << 16
"""Longest REPEAT after which the outcomes of each of its turns are still told apart."""


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

    def results(self) -> list[tuple[tuple[str, int], int]]:
        """The bits of the program's registers that are one outcome each."""
        known = [
            ((name, index), parity) for (name, index), parity in self.bits.items() if isinstance(index, int) and parity
        ]
        ours = [(bit, parity) for bit, parity in known if bit[0] in self.program.bits]
        return sorted((bit, next(iter(places))) for bit, (places, flipped) in ours if len(places) == 1 and not flipped)

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
                case Measure(register=Var(name=name)) if not conditions and len(statement.wires) == 1:
                    wires = self.flattening.wires(statement.wires, statement)
                    self.measure(wires, [(name, self.index(statement.first))])
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
        made = self.count - start
        self.count = start + made * times
        self.unknown = outer_default
        if measures:
            self.bits = before | self.after(loop, made, times)
        return True

    def after(self, loop: For, made: int, times: int) -> dict[Bit, Parity | None]:
        """The bits that a REPEAT of so many turns, each with so many measurements, has set."""
        found: dict[Bit, Parity | None] = {}
        assert isinstance(loop.first, Const) and isinstance(loop.step, Const)
        for (name, index), parity in self.bits.items():
            if isinstance(index, int):
                found[name, index] = _later(parity, made * (times - 1))
                continue
            if times > MOST_TURNS:
                self.unknown = True
                continue
            for turn in range(times):
                value = int(loop.first.value) + turn * int(loop.step.value)
                try:
                    place = int(value_of(index, {**self.flattening.known, loop.variable.name: value}))
                except NotKnown:
                    self.unknown = True
                    break
                found[name, place] = _later(parity, made * turn)
        return found

    def index(self, expression: Expr) -> int | Expr:
        """An index as a number, or as it is written where a REPEAT decides."""
        try:
            return int(value_of(expression, self.flattening.known))
        except NotKnown:
            return expression

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
                self.measure(step.wires, step.bits)
            case _ if step.conditions:
                self.feedback(step)
            case _:
                self.gate(step)

    def measure(self, wires: Sequence[int], bits: Sequence[Bit]) -> None:
        self.line("M " + " ".join(map(str, wires)))
        for number, bit in enumerate(bits):
            self.bits[bit] = (frozenset((self.count + number,)), False)
        self.count += len(wires)

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
                open_conditions.append((places, constant))
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
            case Element(register=Var(name=name), index=index):
                return [(name, self.index(index))]
            case Slice(register=Var(name=name), first=Const(value=first), size=size):
                return [(name, int(first) + k) for k in range(size)]
            case _:
                return []

    def parity(self, expression: Expr) -> Parity | None:
        """A truth value as an exclusive or of outcomes."""
        match expression:
            case Const(value=value):
                return frozenset(), bool(value)
            case Element(register=Var(name=name), index=index):
                place = self.index(index)
                unknown = self.unknown or not isinstance(place, int)
                return self.bits.get((name, place), None if unknown else (frozenset(), False))
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


def _outside_of_indices(expression: Expr) -> Iterator[Expr]:
    """The variables of a condition that are not in the index of a bit: those decide which bit, not what is done."""
    match expression:
        case Call(operands=operands):
            for operand in operands:
                yield from _outside_of_indices(operand)
        case Element():
            return
        case _:
            yield expression


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
        case Measure(wires=wires):
            read = wires
        case Idle(wires=wires, seconds=seconds):
            read = (*wires, seconds)
        case For(first=first, stop=stop, step=step):
            read = (first, stop, step)
        case If(condition=condition):
            read = tuple(_outside_of_indices(condition))
    return any(variable in variables_of(each) for each in read if each is not None and not isinstance(each, int))
