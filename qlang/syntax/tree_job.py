"""Nodes of the job block: what to run and measure, where, how well and for how much."""

from qlang.syntax.tree_base import Expression, Node, Statement, node
from qlang.syntax.tree_expressions import Call, Name


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
