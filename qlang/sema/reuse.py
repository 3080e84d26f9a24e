"""Use of a qubit after its measurement, for targets that cannot go on with one.

Only certain uses are reported: a measurement inside a condition counts until the condition's end.
"""

from collections.abc import Iterable

from qlang.sema import errors
from qlang.sema.context import Context, Wire
from qlang.sema.operands import Operand
from qlang.syntax import tree


def note_use(context: Context, node: tree.Node, wires: Iterable[Wire]) -> None:
    """A gate on qubits: reports the first of them that is measured and not reset."""
    measured = context.measured
    if not measured:
        return
    for wire in wires:
        place = measured.get(wire)
        if place is not None:
            root, index = wire
            shown = root.name if str(root.type) == "qubit" else f"{root.name}[{index}]"
            context.report(errors.qubits.UseAfterMeasure(context.span(node), qubit=shown, measured=place))
            return


def note_measurement(context: Context, node: tree.Node, operand: Operand | None) -> None:
    """Remembers where qubits were measured."""
    if context.measured is not None and operand is not None:
        for wire in operand.wires() or ():
            context.measured[wire] = context.span(node)


def note_reset(context: Context, operand: Operand | None) -> None:
    """Forgets the measurements of qubits that are in |0⟩ again."""
    if context.measured is not None and operand is not None:
        for wire in operand.wires() or ():
            context.measured.pop(wire, None)
