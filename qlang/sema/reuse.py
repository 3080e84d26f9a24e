"""Use of a qubit after its measurement: an error where the target cannot go on with one, else a warning.

Only certain uses are reported: a measurement inside a condition counts until the condition's end, and a gate in a
condition is taken for a correction.
"""

from collections.abc import Iterable

from qlang.sema import errors
from qlang.sema.context import Context, Wire
from qlang.sema.operands import Operand, shown_wire
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
    return shown_wire(*wire)


def note_measurement(context: Context, node: tree.Node, operand: Operand | None) -> None:
    """Remembers where qubits were measured; those of a loop when it is over, as its next round comes first."""
    if context.measured is None or operand is None:
        return
    place = context.span(node)
    wires = operand.wires()
    if wires is not None:
        context.measured.update(dict.fromkeys(wires, place))
        return
    from qlang.sema.loop_trials import wires_in_loops

    if context.loops:
        context.loops[-1].measured.update(dict.fromkeys(wires_in_loops(context, operand), place))


def note_change(context: Context, operands: Iterable[Operand]) -> None:
    """Forgets the measurements of qubits to which something happens: a reset, a subroutine, a gate in a loop."""
    if not context.measured:
        return
    for operand in operands:
        wires = operand.wires()
        if wires is not None:
            for wire in wires:
                context.measured.pop(wire, None)
        elif operand.parts:
            note_change(context, operand.parts)
        else:  # some qubits of the register, or of any
            kept = {} if operand.root is None else context.measured
            context.measured = {wire: place for wire, place in kept.items() if wire[0] is not operand.root}


def note_reset(context: Context, operand: Operand | None) -> None:
    """Forgets the measurements of qubits that are in |0⟩ again."""
    if operand is not None:
        note_change(context, [operand])
