"""What a gate's operands must be together: pairs of equal size, all qubits different."""

from collections.abc import Iterator, Sequence

from qlang.sema import errors
from qlang.sema.context import Context, Wire
from qlang.sema.operands import AliasSymbol, Operand, shown_wire
from qlang.syntax import tree
from qlang.syntax.diagnostic import Label


def check_broadcast(context: Context, gate: str, operands: Sequence[Operand]) -> bool:
    """Whether all registers among the operands have one size."""
    first: Operand | None = None
    for operand in operands:
        if operand.size is None or operand.size == -1:
            continue
        if first is None:
            first = operand
        elif operand.size != first.size:
            context.report(
                errors.qubits.BroadcastMismatch(
                    context.span(operand.node),
                    gate=gate,
                    left=first.size or 1,
                    right=operand.size,
                    first=context.span(first.node),
                )
            )
            return False
    return True


def check_distinct(context: Context, name: str, operands: Sequence[Operand]) -> bool:
    """Whether no qubit stands twice among the arguments of a subroutine."""
    clash = _shared(operands)
    if context.dead:
        return True
    if clash is None:
        from qlang.sema.loop_trials import check_in_loops

        check_in_loops(context, name, [operand.node for operand in operands], operands, _shared)
        return True
    report_clash(context, name, *clash)
    return False


def _shared(operands: Sequence[Operand]) -> "Clash | None":
    seen: dict[Wire, Operand] = {}
    for operand in operands:
        for wire in operand.wires() or ():
            other = seen.get(wire)
            if other is not None:
                return other, operand, wire
            seen[wire] = operand
    return None


Clash = tuple[Operand, Operand, Wire]
"""Two operands that share a qubit, and the qubit."""


def first_clash(operands: Sequence[Operand]) -> Clash | None:
    """Operands of a gate that share a qubit in one of its steps.

    Registers are paired element by element, so `cx q[0:1], q[1:2]` is two gates on different qubits; a single
    qubit meets every element.
    """
    if all(operand.size is None for operand in operands):
        return _shared(operands)
    known = [(operand, wires) for operand in operands if (wires := operand.wires()) is not None]
    for place, (second, second_wires) in enumerate(known):
        for first, first_wires in known[:place]:
            if first.size is None or second.size is None:
                common = set(first_wires).intersection(second_wires)
                shared = next((wire for wire in second_wires if wire in common), None)
            else:
                shared = next((a for a, b in zip(first_wires, second_wires, strict=False) if a == b), None)
            if shared is not None:
                return first, second, shared
    return None


def report_clash(context: Context, gate: str, first: Operand, second: Operand, wire: Wire, witness: str = "") -> None:
    """Report that two operands share a qubit."""
    context.report(
        errors.qubits.SameQubitTwice(
            context.span(second.node),
            gate=gate,
            qubit=shown_wire(*wire),
            first=context.span(first.node),
            witness=witness,
            aliases=tuple(_aliases(context, first, second)),
        )
    )


def _aliases(context: Context, *operands: Operand) -> Iterator[Label]:
    """Where the other names of qubits come from."""
    for operand in operands:
        root = operand.node
        while isinstance(root, tree.Index):
            root = root.base
        symbol = context.lookup(root.name) if isinstance(root, tree.Name) else None
        if isinstance(symbol, AliasSymbol):
            target = context.span(symbol.target.node).text
            yield Label(symbol.span, f"`{symbol.name}` is another name for qubits of `{target}`")
