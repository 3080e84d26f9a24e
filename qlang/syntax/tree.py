"""The syntax tree: what was written, with the span of every node as character offsets.

Nodes are plain slotted records, built by the parser's actions and never changed afterwards; they are not
frozen dataclasses because freezing costs a third of the parse time. `Missing` and `ErrorNode` stand where
the recovery parser had to go on without text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

NodeClass = TypeVar("NodeClass")


@dataclass_transform(eq_default=False)
def node(cls: type[NodeClass]) -> type[NodeClass]:
    """A dataclass without the generated parts that a tree of this size does not use."""
    return dataclass(slots=True, eq=False, repr=False)(cls)


@node
class Node:
    start: int
    end: int

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in field_names(type(self)))
        return f"{type(self).__name__}({shown})"


def field_names(kind: type[Node]) -> Iterator[str]:
    """The names of a node's own fields, without its position."""
    for base in reversed(kind.__mro__):
        yield from (name for name in getattr(base, "__slots__", ()) if name not in ("start", "end"))


# Expressions


@node
class Expression(Node):
    pass


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


# Statements


@node
class Statement(Node):
    pass


@node
class ErrorNode(Statement):
    """Text that was skipped; its diagnostic is in the parse result."""


@node
class Block(Node):
    statements: list[Statement]


@node
class Scope(Statement):
    """A block that stands alone as a statement."""

    body: Block


@node
class Version(Statement):
    text: str


@node
class Include(Statement):
    path: StringLiteral


@node
class Import(Statement):
    """`import std.observables;` (`module` dotted) or `import "file.qasm" as name;` (`path`)."""

    module: str | None
    path: StringLiteral | None
    alias: Name | None


@node
class Pragma(Statement):
    text: str


@node
class Annotated(Statement):
    """`@keyword rest` lines before a statement."""

    annotations: list[str]
    statement: Statement


@node
class QubitDeclaration(Statement):
    name: Name
    size: Expression | None
    legacy: bool
    """Written as `qreg q[n];`."""


@node
class ClassicalDeclaration(Statement):
    """`const`, `input` and `output` are kinds; `creg c[n];` is a `bit` declaration with `legacy` set."""

    type: Type
    name: Name
    value: Expression | None
    kind: str | None
    legacy: bool


@node
class Alias(Statement):
    """`let name = q[0:1] ++ r;`; concatenation is `BinaryOp("++", …)`."""

    name: Name
    value: Expression


@node
class Parameter(Node):
    type: Type
    name: Name
    default: Expression | None


@node
class GateDefinition(Statement):
    name: Name
    parameters: list[Name]
    qubits: list[Name]
    body: Block | None
    """`None` for OpenQASM 2 `opaque`."""


@node
class SubroutineDefinition(Statement):
    """`def`."""

    name: Name
    parameters: list[Parameter]
    result: Type | None
    body: Block


@node
class CircuitDefinition(Statement):
    name: Name
    parameters: list[Parameter]
    body: Block


@node
class ExternDeclaration(Statement):
    name: Name
    parameters: list[Type]
    result: Type | None


@node
class ObservableDefinition(Statement):
    name: Name
    parameters: list[Parameter]
    value: Expression


@node
class NoiseRule(Node):
    """`depolarizing(0.01) on cx, cz;`; an empty list of targets means all."""

    channel: Call
    targets: list[Name]
    """Gate names, or `1q`, `2q`."""


@node
class NoiseDefinition(Statement):
    name: Name
    rules: list[NoiseRule]


@node
class Modifier(Node):
    """`ctrl`, `negctrl`, `inv`, `pow` with its optional argument."""

    kind: str
    argument: Expression | None


@node
class GateCall(Statement):
    """Also `gphase(x);` (no operands) and OpenQASM 2's `U`, `CX`."""

    modifiers: list[Modifier]
    name: Name
    parameters: list[Expression]
    operands: list[Expression]
    duration: Expression | None


@node
class MeasureStatement(Statement):
    """`measure q -> c;`, `c = measure q;` or a bare `measure q;`."""

    qubits: Expression
    target: Expression | None


@node
class Reset(Statement):
    qubits: Expression


@node
class Barrier(Statement):
    operands: list[Expression]


@node
class Delay(Statement):
    duration: Expression
    operands: list[Expression]


@node
class Box(Statement):
    duration: Expression | None
    body: Block


@node
class Nop(Statement):
    operands: list[Expression]


@node
class Assignment(Statement):
    """`target op value;` with op `=`, `+=`, `<<=`, …"""

    target: Expression
    operator: str
    value: Expression


@node
class ExpressionStatement(Statement):
    value: Expression


@node
class If(Statement):
    condition: Expression
    then: Block
    otherwise: Block | None


@node
class For(Statement):
    type: Type
    variable: Name
    domain: Expression
    """A `Range`, an `IndexSet`/`ArrayLiteral`, or an expression over an array or register."""
    body: Block


@node
class While(Statement):
    condition: Expression
    body: Block


@node
class Case(Node):
    """`values` is empty for `default`."""

    values: list[Expression]
    body: Block


@node
class Switch(Statement):
    subject: Expression
    cases: list[Case]


@node
class Break(Statement):
    pass


@node
class Continue(Statement):
    pass


@node
class End(Statement):
    pass


@node
class Return(Statement):
    value: Expression | None


@node
class Calibration(Statement):
    """`cal { … }`, `defcal … { … }` or `defcalgrammar`; the text is kept as written."""

    kind: str
    text: str


# The job block


@node
class JobStatement(Node):
    pass


@node
class Run(JobStatement):
    call: Call


@node
class SweepItem(Node):
    """`names` has several entries when written as `zip(x, y) in zip(…, …)`."""

    names: list[Name]
    domains: list[Expression]
    """`linspace(a, b, k)` (a `Call`), a `ListLiteral`, or a `Range` as in `a:b`; one for each name."""


@node
class Sweep(JobStatement):
    items: list[SweepItem]


@node
class ExpectItem(Node):
    name: Name
    observable: Expression


@node
class Expect(JobStatement):
    items: list[ExpectItem]


@node
class SampleItem(Node):
    qubits: Expression
    alias: Name | None


@node
class Sample(JobStatement):
    items: list[SampleItem]


@node
class State(JobStatement):
    qubits: Expression


@node
class Shots(JobStatement):
    value: Expression | None
    """`None` for `auto`."""


@node
class Seed(JobStatement):
    value: Expression


@node
class Mitigate(JobStatement):
    mode: str
    """`none`, `auto` or `list`."""
    within: Expression | None
    methods: list[Expression]
    """`Name` or `Call` nodes, in order."""


@node
class BackendPattern(Node):
    kind: str
    """`device`, `sim`, `sim like` or `sim with`."""
    name: str
    """Device pattern (`ibm.*`), device, or the name of a noise block; empty for `sim`."""
    condition: Expression | None
    """Comparisons joined by `&&`/`and`; `calibrated within 24 h` is `BinaryOp("within", …)`."""


@node
class Backends(JobStatement):
    patterns: list[BackendPattern]


@node
class Precision(JobStatement):
    measure: str
    """`l2` or `infidelity`."""
    value: Expression


@node
class Crypto(JobStatement):
    mode: Name


@node
class SlaTerm(Node):
    metric: Name
    argument: Name | None
    relation: str
    bound: Expression


@node
class Sla(JobStatement):
    terms: list[SlaTerm]


@node
class JobLabel(JobStatement):
    key: Name
    value: Expression


@node
class JobError(JobStatement):
    """Text of a job statement that was skipped."""


@node
class JobDefinition(Statement):
    name: Name
    statements: list[JobStatement]


@node
class Comment(Node):
    pass


@node
class Program(Node):
    statements: list[Statement]
    comments: list[Comment]


def children(parent: Node) -> Iterator[Node]:
    """The direct child nodes, in source order of the fields."""
    for name in field_names(type(parent)):
        value = getattr(parent, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, list):
            yield from (item for item in value if isinstance(item, Node))


def walk(root: Node) -> Iterator[Node]:
    """The node and all below it, parents first; iterative, so depth is no limit."""
    pending = [root]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(list(children(current))))
