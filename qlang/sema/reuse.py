"""Use of a qubit after its measurement: an error where the target cannot go on with one, else a warning.

Only certain uses are reported: a measurement inside a condition counts until the condition's end, and a gate in a
condition is taken for a correction.
"""

from collections.abc import Iterable

from qlang.sema import errors
from qlang.sema.context import Context, Wire
from qlang.sema.operands import Operand
from qlang.syntax import tree


def note_use(context: Context, node: tree.Node, wires: Iterable[Wire]) -> None:
    """A gate on qubits: reports the first of them that was measured and not reset."""
    measured = context.measured
    if not measured:
        return
    for wire in wires:
        place = measured.get(wire)
        if place is None:
            continue
        if context.forbid_reuse:
            context.report(errors.qubits.UseAfterMeasure(context.span(node), qubit=_shown(wire), measured=place))
            return
        for used in wires:
            measured.pop(used, None)
        if not context.conditions:
            context.report(errors.doubtful.GateOnMeasured(context.span(node), qubit=_shown(wire), measured=place))
        return


def _shown(wire: Wire) -> str:
    root, index = wire
    return root.name if str(root.type) == "qubit" else f"{root.name}[{index}]"


def note_measurement(context: Context, node: tree.Node, operand: Operand | None) -> None:
    """Remembers where qubits were measured."""
    if context.measured is not None and operand is not None:
        place = context.span(node)
        for wire in operand.wires() or ():
            context.measured[wire] = place


def note_reset(context: Context, operand: Operand | None) -> None:
    """Forgets the measurements of qubits that are in |0⟩ again."""
    if context.measured is not None and operand is not None:
        for wire in operand.wires() or ():
            context.measured.pop(wire, None)
