"""Measurements and their targets."""

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.gates import check_single_operand
from qlang.sema.infer import is_qubit_expression
from qlang.sema.operands import Operand
from qlang.sema.outcomes import note_outcome
from qlang.sema.reuse import note_measurement
from qlang.sema.symbols import VariableSymbol
from qlang.sema.targets import check_target
from qlang.sema.types import Angle, Bit, Bool, Type, Unknown
from qlang.syntax import tree


def _is_swapped(context: Context, qubits: tree.Expression, target: tree.Expression) -> bool:
    """Whether bits stand where the qubits belong, and qubits where the bits do."""
    root = qubits.base if isinstance(qubits, tree.Index) else qubits
    symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
    bits = isinstance(symbol, VariableSymbol) and isinstance(symbol.type, Bit)
    return bits and is_qubit_expression(context, target)


def check_measure(context: Context, node: tree.MeasureStatement) -> None:
    """`measure q -> c;`: qubits on the left, as many bits on the right."""
    errors_before = context.reporter.errors
    if node.target is not None and _is_swapped(context, node.qubits, node.target):
        qubits, target = context.span(node.qubits), context.span(node.target)
        context.report(errors.qubits.SwappedMeasurement(context.span(node), qubits=target, bits=qubits))
        return
    operand = check_single_operand(context, node.qubits)
    note_measurement(context, node, operand)
    if node.target is None:
        return
    kind = check_target(context, node.target)
    if operand is not None and kind is not None:
        check_measured(context, operand, kind, node.qubits, node.target)
    if context.reporter.errors == errors_before:
        note_outcome(context, node.target, node)


def check_measured(context: Context, operand: Operand, kind: Type, qubits: tree.Expression, target: tree.Node) -> None:
    """Report a target that does not hold one bit for each measured qubit."""
    if isinstance(kind, Unknown) or operand.size == -1:
        return
    count = 1 if operand.size is None else operand.size
    if isinstance(kind, Bool) and count == 1:
        return
    if isinstance(kind, Angle) and kind.width == count:
        return
    if not isinstance(kind, Bit):
        context.report(
            errors.types.TypeMismatch(
                context.span(target), expected=f"`{Bit(operand.size)}` to measure into", found=f"`{kind}`"
            )
        )
        return
    bits = kind.size or 1
    if bits != count:
        context.report(
            errors.qubits.MeasureSizeMismatch(
                context.span(qubits), qubits=count, bits=bits, target=context.span(target)
            )
        )
