"""Nodes of statements: declarations, definitions, operations on qubits and control flow."""

from qlang.syntax.tree_base import Block, Expression, Node, Statement, node
from qlang.syntax.tree_expressions import Call, Name, StringLiteral, Type


@node
class ErrorNode(Statement):
    """Text that was skipped; its diagnostic is in the parse result."""


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
class GateRun(Statement):
    """Many plain gate calls in a row, as columns; `gate_runs.gate_calls` makes single ones of it.

    Only a parse that is asked for it (`packed`) makes runs; `children` of one are the calls.
    """

    text: str
    gates: list[str]
    parameters: list[str]
    """With parentheses as written; empty where there are none."""
    operands: list[str]
    """As written: `q[0], q[1]`."""
    starts: list[int]
    ends: list[int]
    calls: list[GateCall] | None


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
