"""A circuit with variables instead of SSA values: what the writers of all targets start from.

Wires are numbers in one space, register after register. Bits are indexed from the least significant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from xdsl.ir import Operation

from qlang.ir.packed import PackedGates

Kind = Literal["int", "float", "bool", "bits", "array"]
"""i64, f64, i1, bit registers, and arrays of one dimension."""


@dataclass(frozen=True, slots=True)
class Const:
    """A number; of `bits`, the register as an unsigned number."""

    value: int | float
    kind: Kind
    size: int = 0


@dataclass(frozen=True, slots=True)
class Var:
    """A parameter, loop variable or declared variable; `size` is that of a bit register or array."""

    name: str
    kind: Kind
    size: int = 0
    element: Kind = "bits"
    """What an array holds."""


@dataclass(frozen=True, slots=True)
class Element:
    """One bit of a register, as a truth value (`kind` bool) or as a register of one (`kind` bits); or of an array."""

    register: Expr
    index: Expr
    kind: Kind = "bool"
    size: int = 1


@dataclass(frozen=True, slots=True)
class Slice:
    """`size` bits of a register, from `first` on."""

    register: Expr
    first: Expr
    size: int
    kind: Kind = "bits"


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, function or cast; see `operators.TABLE`."""

    operator: str
    operands: tuple[Expr, ...]
    kind: Kind
    size: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """An array of known numbers."""

    values: tuple[int | float, ...]
    element: Kind
    kind: Kind = "array"


@dataclass(frozen=True, slots=True)
class WireAt:
    """The wire at an index of a register, whose wires are listed; -1 is the last."""

    index: Expr
    wires: tuple[int, ...]
    kind: Kind = "int"


Expr = Const | Var | Element | Slice | Call | Table | WireAt
Wire = int | Expr


@dataclass(frozen=True, slots=True)
class Run:
    """Gates on constant wires with constant angles."""

    gates: PackedGates
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """A primitive; the first `len(controls)` wires are controls on the values written there."""

    name: str
    angles: tuple[Expr, ...]
    wires: tuple[Wire, ...]
    controls: str = ""
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Measure:
    """Bits `first`, `first + 1`, … of a register become the outcomes; none are kept without a register."""

    wires: tuple[Wire, ...]
    register: Var | None
    first: Expr
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Idle:
    """`reset`, `barrier` or `delay` (with seconds) on wires."""

    what: Literal["reset", "barrier", "delay"]
    wires: tuple[Wire, ...]
    seconds: Expr | None = None
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Declare:
    """A variable of this block, with its first value."""

    variable: Var
    value: Expr | None
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Assign:
    """A variable, or bits of one, gets a value."""

    target: Var | Element | Slice
    value: Expr
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class For:
    """`variable` goes from `first` up to but without `stop`."""

    variable: Var
    first: Expr
    stop: Expr
    step: Expr
    body: tuple[Statement, ...]
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class If:
    """A branch."""

    condition: Expr
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...]
    origin: Operation | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class While:
    """A loop with its test at the top."""

    condition: Expr
    body: tuple[Statement, ...]
    origin: Operation | None = field(default=None, compare=False)


Statement = Run | Gate | Measure | Idle | Declare | Assign | For | If | While


@dataclass(frozen=True, slots=True)
class Program:
    """A circuit: registers (name → size, in wire order), bit registers, parameters, statements."""

    name: str
    registers: dict[str, tuple[int, int]]
    """Name → (first wire, size)."""
    bits: dict[str, int]
    parameters: tuple[Var, ...]
    body: tuple[Statement, ...]

    @property
    def size(self) -> int:
        """Number of qubits."""
        return sum(size for _, size in self.registers.values())
