"""Gates as the editor shows them: signature, meaning, matrix and definition."""

from qlang.compiler.editor.gate_facts import GATES, matrix_text, wire_names
from qlang.sema.symbols import GateSymbol


def angle_names(symbol: GateSymbol) -> tuple[str, ...]:
    """What the parameters are called: by the table for standard gates, by the definition for others."""
    fact = GATES.get(symbol.name) if symbol.standard else None
    if fact is not None and len(fact.parameters) == symbol.parameters:
        return fact.parameters
    if symbol.definition is not None:
        return tuple(name.name for name in symbol.definition.parameters)
    return tuple(f"p{index}" for index in range(symbol.parameters))


def qubit_names(symbol: GateSymbol) -> tuple[str, ...]:
    """What the qubits are called."""
    if symbol.definition is not None:
        return tuple(name.name for name in symbol.definition.qubits)
    return wire_names(symbol.qubits)


def signature(symbol: GateSymbol) -> str:
    """`gate rzz(θ) a, b`."""
    angles = angle_names(symbol)
    written = f"({', '.join(angles)})" if angles else ""
    return f"gate {symbol.name}{written} {', '.join(qubit_names(symbol))}".rstrip()


def snippet(symbol: GateSymbol) -> str:
    """A call with its operands to fill in: `rzz(${1:θ}) ${2:a}, ${3:b};`."""
    holes = [f"${{{index}:{name}}}" for index, name in enumerate((*angle_names(symbol), *qubit_names(symbol)), 1)]
    angles, qubits = holes[: symbol.parameters], holes[symbol.parameters :]
    written = f"({', '.join(angles)})" if angles else ""
    return f"{symbol.name}{written} {', '.join(qubits)};"


def explain(symbol: GateSymbol) -> str:
    """Signature, one line of meaning, matrix, and the definition where there is one; Markdown."""
    parts = [f"```qjob\n{signature(symbol)}\n```"]
    fact = GATES.get(symbol.name) if symbol.standard else None
    if fact is not None:
        parts.append(fact.meaning)
        matrix = matrix_text(fact)
        if matrix:
            wires = "".join(qubit_names(symbol))
            order = f"\n\nRows and columns count |{wires}⟩." if symbol.qubits > 1 else ""
            parts.append(f"```text\n{matrix}\n```{order}")
    if symbol.definition is not None and (fact is None or not fact.rows):
        text = symbol.scope.source.text[symbol.definition.start : symbol.definition.end]
        parts.append(f"```qjob\n{text}\n```")
    return "\n\n".join(parts)
