"""Registers as controls: in `ctrl(k) @ x c, t` a register `c` of k qubits stands for the k control qubits.

Only where a modifier says how many controls it adds, and where there are fewer operands than qubits: with as many
operands as qubits, registers are broadcast as in OpenQASM.
"""

from collections.abc import Sequence
from typing import TypeVar

from qlang.sema.context import Context
from qlang.sema.infer import infer
from qlang.sema.operands import Operand, unknown_operand
from qlang.sema.types import is_integer
from qlang.sema.values import as_int
from qlang.syntax import tree

Item = TypeVar("Item")


def control_registers(counts: Sequence[int], sizes: Sequence[int | None], qubits: int) -> set[int]:
    """The places of operands that stand for the controls of a modifier.

    `counts` are the controls that each `ctrl(k)` or `negctrl(k)` adds, outermost first; `sizes` those of the operands,
    `None` for a single qubit; `qubits` those of the gate itself.
    """
    if len(sizes) >= qubits + sum(counts):
        return set()
    found: set[int] = set()
    place = 0
    for count in counts:
        if place < len(sizes) and count > 1 and sizes[place] == count:
            found.add(place)
            place += 1
        else:
            place += count
    return found


def spread_controls(
    context: Context, qubits: int, node: tree.GateCall, operands: Sequence[Operand | None]
) -> Sequence[Operand | None]:
    """The operands of a gate of so many qubits, with registers of controls as single qubits."""
    if len(operands) >= qubits + len(node.modifiers) and all(each.argument is None for each in node.modifiers):
        return operands
    counts = [_count(context, each) for each in node.modifiers if each.kind in ("ctrl", "negctrl")]
    if 0 in counts:
        return operands
    sizes = [None if operand is None else operand.size for operand in operands]
    places = control_registers(counts, sizes, qubits)
    spread: list[Operand | None] = []
    for place, operand in enumerate(operands):
        spread.extend(_singles(operand) if place in places and operand is not None else [operand])
    return spread


def _count(context: Context, modifier: tree.Modifier) -> int:
    """The controls that a modifier adds; 0 where that is not known."""
    if modifier.argument is None:
        return 1
    _, value = infer(context, modifier.argument)
    return as_int(value) if value is not None and is_integer(value.type) else 0


def _singles(operand: Operand) -> list[Operand]:
    """The qubits of a register, one by one."""
    wires = operand.wires()
    if wires is None:
        return [unknown_operand(operand.node)] * (operand.size or 1)
    return [Operand(operand.node, None, root, (index,)) for root, index in wires]
