"""Types of expressions, and their values where they are constant; each mistake is reported once, where it begins.

The type `UNKNOWN` marks an expression that has its diagnostic already: whatever contains it stays silent.
"""

from collections.abc import Callable, Sequence
from functools import cache

from qlang.sema.constants import evaluate
from qlang.sema.context import Context
from qlang.sema.symbols import VariableSymbol
from qlang.sema.types import UNKNOWN, Type, is_quantum
from qlang.sema.values import Constant, ConstantError
from qlang.syntax import tree

Inferred = tuple[Type, Constant | None]
"""A type, and the value of a constant."""

NOTHING: Inferred = (UNKNOWN, None)

Handler = Callable[..., Inferred]


def infer(context: Context, node: tree.Expression) -> Inferred:
    """The type of an expression, and its value if it is constant."""
    handler = handlers().get(type(node))
    return literal(context, node) if handler is None else handler(context, node)


@cache
def handlers() -> dict[type[tree.Expression], Handler]:
    """How each kind of expression is checked; made at first use, as the handlers call `infer` again."""
    from qlang.sema import applications, expressions, indexing

    return {
        tree.Missing: expressions.missing,
        tree.Name: expressions.name,
        tree.UnaryOp: expressions.unary,
        tree.BinaryOp: expressions.binary,
        tree.Cast: expressions.cast_expression,
        tree.Measurement: expressions.measurement,
        tree.ArrayLiteral: expressions.array,
        tree.DurationOf: expressions.duration_of,
        tree.Range: expressions.misplaced,
        tree.IndexSet: expressions.misplaced,
        tree.ListLiteral: expressions.misplaced,
        tree.Reduction: expressions.reduction,
        tree.HardwareQubit: expressions.hardware_qubit,
        tree.Call: applications.call,
        tree.Index: indexing.index,
    }


def literal(context: Context, node: tree.Expression) -> Inferred:
    """An expression that is constant by its form."""
    try:
        constant = evaluate(node, context.names, context.version)
    except ConstantError as error:
        context.report_error(error, node)
        return NOTHING
    return constant.type, constant


def infer_all(context: Context, nodes: Sequence[tree.Expression]) -> list[Inferred]:
    """Types and values, in order."""
    return [infer(context, node) for node in nodes]


def is_qubit_expression(context: Context, node: tree.Expression) -> bool:
    """Whether an expression names qubits, indexed or not."""
    root = node
    while isinstance(root, tree.Index):
        root = root.base
    symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
    return isinstance(symbol, VariableSymbol) and is_quantum(symbol.type)
