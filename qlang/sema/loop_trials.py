"""Operands whose indices depend on loop variables, tried for the values that these take.

Indices mostly grow evenly, so that the ends of the ranges decide whether they stay inside a register. Whether two of
them meet is tried for more values, unless they keep their distance.
"""

from collections.abc import Callable, Iterator, Sequence

from qlang.sema.context import Context, Wire
from qlang.sema.gate_operands import Clash, first_clash, report_clash
from qlang.sema.operands import IndexFault, Operand, check_operand, indexed, report_index, unknown_operand
from qlang.sema.values import ConstantError
from qlang.sema.witnesses import Assignment, described, with_values, witnesses
from qlang.syntax import tree

_MOST_COMPARED = 16
"""Qubits of one call whose distances are looked at."""


def check_in_loops(
    context: Context,
    gate: str,
    nodes: Sequence[tree.Expression],
    found: Sequence[Operand],
    clash_of: Callable[[Sequence[Operand]], Clash | None] = first_clash,
) -> None:
    """Report an index that leaves its register, or operands that meet, for values that the loops certainly give."""
    if not context.loops or all(operand.indices is not None or operand.parts for operand in found):
        return
    undecided = [operand.node for operand in found if operand.indices is None]
    distances: set[tuple[int, ...]] = set()
    for values in witnesses(context, undecided):
        tried = [_at(context, node, values) for node in nodes]
        fault = next((operand for operand in tried if isinstance(operand, tuple)), None)
        if fault is not None:
            base, miss = fault
            report_index(context, base, miss, described(values), loops=_ranges(context, values))
            return
        operands = [operand for operand in tried if isinstance(operand, Operand)]
        if _report_meeting(context, gate, operands, values, clash_of):
            return
        distances.add(_distances(operands))
    if len(distances) > 1 and len(found) > 1:
        for values in witnesses(context, undecided, thorough=True):
            tried = [_at(context, node, values) for node in nodes]
            operands = [operand for operand in tried if isinstance(operand, Operand)]
            if len(operands) == len(tried) and _report_meeting(context, gate, operands, values, clash_of):
                return


def wires_in_loops(context: Context, operand: Operand) -> Iterator[Wire]:
    """The qubits that an operand stands for in the rounds of the loops around it, where all of them come to it."""
    for values in witnesses(context, [operand.node], thorough=True):
        tried = _at(context, operand.node, values)
        if isinstance(tried, Operand):
            yield from tried.wires() or ()


def _report_meeting(
    context: Context,
    gate: str,
    operands: Sequence[Operand],
    values: Assignment,
    clash_of: Callable[[Sequence[Operand]], Clash | None],
) -> bool:
    clash = clash_of(operands)
    if clash is not None:
        report_clash(context, gate, *clash, witness=described(values))
    return clash is not None


def _distances(operands: Sequence[Operand]) -> tuple[int, ...]:
    """How far each qubit lies from the first one."""
    indices = [index for operand in operands for index in (operand.indices or ())[:_MOST_COMPARED]]
    return tuple(index - indices[0] for index in indices[1:_MOST_COMPARED])


def _ranges(context: Context, values: Assignment) -> tuple[tree.Expression, ...]:
    """What the loop variables of an assignment run through."""
    return tuple(loop.domain for loop in context.loops if loop.symbol.name in values)


def _at(context: Context, node: tree.Expression, values: Assignment) -> Operand | tuple[Operand, IndexFault]:
    """The operand for values of the loop variables, or its index that has no qubit, with the register."""
    if isinstance(node, tree.Index):
        base = _at(context, node.base, values)
        if isinstance(base, tuple):
            return base
        try:
            result = indexed(base, node, with_values(context, values), context.version)
        except ConstantError:
            return unknown_operand(node)
        return (base, result) if isinstance(result, IndexFault) else result
    operand = check_operand(context, node)
    return unknown_operand(node) if operand is None else operand
