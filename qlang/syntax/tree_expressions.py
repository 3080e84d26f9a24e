"""Nodes of expressions and of the types that are written in them."""

from qlang.syntax.tree_base import Block, Expression, Node, node


@node
class Name(Expression):
    name: str


@node
class IntLiteral(Expression):
    value: int


@node
class FloatLiteral(Expression):
    value: float


@node
class ImaginaryLiteral(Expression):
    value: float


@node
class BoolLiteral(Expression):
    value: bool


@node
class BitStringLiteral(Expression):
    """`"0110"`; the rightmost character is bit 0."""

    bits: str


@node
class StringLiteral(Expression):
    value: str


@node
class Quantity(Expression):
    """A number with a unit as written: `100ns`, `25 usd`, `10x`, `5%`."""

    value: float
    unit: str


@node
class HardwareQubit(Expression):
    """`$3`."""

    index: int


@node
class UnaryOp(Expression):
    """`-`, `+`, `~`, `!`."""

    operator: str
    operand: Expression


@node
class BinaryOp(Expression):
    operator: str
    left: Expression
    right: Expression


@node
class Argument(Node):
    """An argument of a call; `name` is set when written as `name = value`."""

    name: Name | None
    value: Expression


@node
class Call(Expression):
    callee: Name
    arguments: list[Argument]


@node
class Cast(Expression):
    type: "Type"
    operand: Expression


@node
class Range(Expression):
    """`first:step:last` inside brackets, every part optional; `last` is included, as in OpenQASM."""

    first: Expression | None
    step: Expression | None
    last: Expression | None


@node
class IndexSet(Expression):
    """`{0, 2, 5}` as an index."""

    items: list[Expression]


@node
class Index(Expression):
    """`base[items]`; several brackets nest."""

    base: Expression
    items: list[Expression]


@node
class ArrayLiteral(Expression):
    """`{{1, 2}, {3, 4}}`."""

    items: list[Expression]


@node
class ListLiteral(Expression):
    """`[1, 3, 5]` in the job block."""

    items: list[Expression]


@node
class Reduction(Expression):
    """`sum(int i in [0:n-1]) body` or `prod(…) body`; the body reaches as far as `*` and `/` do."""

    kind: str
    variable_type: "Type"
    variable: Name
    domain: Expression
    body: Expression


@node
class Measurement(Expression):
    """`measure q` as a value."""

    qubits: Expression


@node
class DurationOf(Expression):
    body: "Block"


@node
class Missing(Expression):
    """An expression or name that the recovery parser had to assume."""


@node
class Type(Node):
    """A type as written: `int[32]`, `bit`, `array[float[64], 8, 4]`, `qubit[n]`, `complex[float[64]]`."""

    name: str
    size: Expression | None = None
    element: "Type | None" = None
    dimensions: "list[Expression] | None" = None
    access: str | None = None
    """`readonly` or `mutable` of array parameters."""
    rank: Expression | None = None
    """The `k` of `#dim = k`."""
    unsized: bool = False
    """`qubit[]`: as many as the argument has."""
