"""How a gate is called, in words for messages: `rx(theta) qubit;`."""

from collections.abc import Sequence

from qlang.sema.context import Context
from qlang.sema.operands import Operand
from qlang.sema.symbols import GateSymbol
from qlang.syntax import tree
from qlang.syntax.source import Span

_BUILT_IN = {
    "U": (("theta", "phi", "lambda"), ("q",)),
    "gphase": (("angle",), ()),
    "CX": ((), ("control", "target")),
}
_FAMILIAR = {
    "cx": ("control", "target"),
    "cy": ("control", "target"),
    "cz": ("control", "target"),
    "ch": ("control", "target"),
    "cp": ("control", "target"),
    "crx": ("control", "target"),
    "cry": ("control", "target"),
    "crz": ("control", "target"),
    "ccx": ("control1", "control2", "target"),
    "cswap": ("control", "a", "b"),
}
"""Names that say more than those of the definitions."""


def usage(symbol: GateSymbol, modifiers: str = "", controls: int = 0) -> str:
    """The call of a gate with the names of its definition; `modifiers` as written, and controls, come first."""
    if symbol.definition is None:
        parameters, qubits = _BUILT_IN.get(symbol.name, ((), ()))
    else:
        parameters = tuple(item.name for item in symbol.definition.parameters)
        qubits = tuple(item.name for item in symbol.definition.qubits)
    if symbol.standard:
        qubits = _FAMILIAR.get(symbol.name, qubits)
    if len(parameters) != symbol.parameters or len(qubits) != symbol.qubits:
        parameters = tuple(f"angle{k + 1}" for k in range(symbol.parameters))
        qubits = tuple(f"q{k + 1}" for k in range(symbol.qubits))
    added = [f"control{k + 1}" if controls > 1 else "control" for k in range(controls)]
    brackets = f"({', '.join(parameters)})" if parameters else ""
    operands = ", ".join([*added, *qubits])
    return f"{modifiers}{symbol.name}{brackets}{' ' if operands else ''}{operands};"


def modified_name(context: Context, node: tree.GateCall) -> str:
    """`ctrl(2) @ x`, as written."""
    counts = [(each.kind, each.argument) for each in node.modifiers]
    shown = [kind if argument is None else f"{kind}({context.span(argument).text})" for kind, argument in counts]
    return " @ ".join([*shown, node.name.name])


def span_of_all(context: Context, nodes: Sequence[tree.Node]) -> Span | None:
    """From the first to the last of some nodes."""
    return context.scope.span(tree.Missing(nodes[0].start, nodes[-1].end)) if nodes else None


def brackets_of(context: Context, node: tree.GateCall) -> Span | None:
    """The parameters of a call with their brackets; `None` where there are none."""
    text = context.scope.source.text
    start = text.find("(", node.name.end, node.operands[0].start if node.operands else node.end)
    if start < 0 or text[node.name.end : start].strip():
        return None
    last = node.parameters[-1].end if node.parameters else start
    end = text.find(")", last, node.end)
    return None if end < 0 else Span(context.scope.source, start, end + 1)


def meant(context: Context, symbol: GateSymbol, node: tree.GateCall, operands: Sequence[Operand | None]) -> str | None:
    """The statement that was probably meant where the number of qubits is wrong."""
    if node.modifiers or None in operands:
        return None
    text = context.scope.source.text
    head = text[node.start : node.operands[0].start] if node.operands else ""
    if symbol.qubits == 1 and 1 < len(node.operands) <= 4:
        return " ".join(f"{head}{context.span(operand).text};" for operand in node.operands)
    if len(operands) == 1 and operands[0] is not None and operands[0].size == symbol.qubits > 1:
        name = context.span(node.operands[0]).text
        return f"{head}{', '.join(f'{name}[{index}]' for index in range(symbol.qubits))};"
    return None
