"""Wires as the registers' names say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from qlang.interchange.expressions import interval, shifted, text_of
from qlang.interchange.program import Call, Const, Expr, For, Gate, If, Program, Run, Statement, While, Wire, WireAt
from qlang.ir.gates import BY_CODE

Ranges = Mapping[str, tuple[int, int]]


@dataclass(slots=True)
class WireNames:
    """Texts of wires; a computed wire that may lie in several registers is one of `alias`, all of them joined."""

    registers: dict[str, tuple[int, int]]
    alias: str
    constant: list[str] = field(init=False)
    used_alias: bool = False

    def __post_init__(self) -> None:
        self.constant = [f"{name}[{k}]" for name, (_, size) in self.registers.items() for k in range(size)]

    def text(self, wire: Wire, ranges: Ranges) -> str:
        """A wire; `ranges` bound the loop variables in it."""
        if isinstance(wire, int):
            return self.constant[wire]
        if isinstance(wire, WireAt):
            return self._chosen(wire, ranges)
        name, first = self._register(wire, ranges)
        return f"{name}[{text_of(shifted(wire, -first))}]"

    def _chosen(self, wire: WireAt, ranges: Ranges) -> str:
        """A wire of a register that a subroutine was given: the register itself, or a part of one."""
        name = self.whole(wire.wires)
        if name is not None:
            return f"{name}[{text_of(wire.index)}]"
        step = wire.wires[1] - wire.wires[0] if len(wire.wires) > 1 else 1
        bounds = interval(wire.index, ranges)
        even = wire.wires == tuple(wire.wires[0] + step * k for k in range(len(wire.wires)))
        if not even or bounds is None or bounds[0] < 0:
            raise ScatteredWires
        plain = wire.index if step == 1 else Call("*", (wire.index, Const(step, "int")), "int")
        return self.text(shifted(plain, wire.wires[0]), ranges)

    def _register(self, wire: Expr, ranges: Ranges) -> tuple[str, int]:
        if len(self.registers) == 1:
            return next(iter(self.registers)), 0
        bounds = interval(wire, ranges)
        if bounds is not None:
            for name, (first, size) in self.registers.items():
                if first <= bounds[0] and bounds[1] < first + size:
                    return name, first
        self.used_alias = True
        return self.alias, 0

    def whole(self, wires: Sequence[Wire]) -> str | None:
        """The register that wires are, all of it in order."""
        for name, (first, size) in self.registers.items():
            if size == len(wires) and size and wires[0] == first and tuple(wires) == tuple(range(first, first + size)):
                return name
        return None


class ScatteredWires(Exception):
    """A qubit chosen at run time among qubits that are not evenly spaced."""


def loop_range(loop: For) -> tuple[int, int] | None:
    """First and last value of a loop's variable, where they are known and the loop runs at all."""
    match loop:
        case For(first=Const(value=first), stop=Const(value=stop), step=Const(value=step)):
            values = range(int(first), int(stop), int(step))
            return (values[0], values[-1]) if values else None
        case _:
            return None


def everything(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements and those inside of them."""
    for statement in statements:
        yield statement
        match statement:
            case For(body=body) | While(body=body):
                yield from everything(body)
            case If(then=then, otherwise=otherwise):
                yield from everything((*then, *otherwise))


def gates_used(program: Program) -> set[str]:
    """Names of the primitives that a program applies."""
    found: set[str] = set()
    for statement in everything(program.body):
        if isinstance(statement, Run):
            found |= {BY_CODE[code].name for code in set(statement.gates.codes.get_values())}
        elif isinstance(statement, Gate):
            found.add(statement.name)
    return found
