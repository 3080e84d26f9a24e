"""What things are called in messages."""

from qlang.sema.symbols import (
    BrokenSymbol,
    CircuitSymbol,
    ConstantSymbol,
    ExternSymbol,
    GateSymbol,
    JobSymbol,
    NoiseSymbol,
    ObservableSymbol,
    ParameterSymbol,
    SubroutineSymbol,
    Symbol,
    VariableSymbol,
)
from qlang.sema.types import is_quantum
from qlang.syntax import tree
from qlang.syntax.source import Span

_KINDS: dict[type[Symbol], str] = {
    GateSymbol: "a gate",
    SubroutineSymbol: "a subroutine",
    ExternSymbol: "an extern function",
    CircuitSymbol: "a circuit",
    ObservableSymbol: "an observable",
    NoiseSymbol: "a noise block",
    ConstantSymbol: "a constant",
    JobSymbol: "a job",
    ParameterSymbol: "a parameter",
    BrokenSymbol: "a definition with mistakes",
}


def definition_of(symbol: Symbol) -> Span | None:
    """Where to point for what a name means; `None` for gates that are always there."""
    return None if isinstance(symbol, GateSymbol) and symbol.standard else symbol.span


def kind_of(symbol: Symbol) -> str:
    """`a gate`, `a variable of type int`, …"""
    if isinstance(symbol, VariableSymbol):
        if is_quantum(symbol.type):
            return "a qubit" if str(symbol.type) == "qubit" else "a qubit register"
        return f"a variable of type `{symbol.type}`"
    return _KINDS.get(type(symbol), "something else")


_STATEMENTS: dict[type[tree.Statement], str] = {
    tree.MeasureStatement: "a measurement",
    tree.Reset: "a reset",
    tree.ClassicalDeclaration: "a declaration",
    tree.QubitDeclaration: "a qubit declaration",
    tree.Assignment: "an assignment",
    tree.ExpressionStatement: "a call",
    tree.If: "an `if`",
    tree.While: "a `while`",
    tree.Switch: "a `switch`",
    tree.Return: "a `return`",
    tree.End: "an `end`",
    tree.Alias: "a `let`",
    tree.GateDefinition: "a gate definition",
    tree.SubroutineDefinition: "a `def`",
    tree.CircuitDefinition: "a circuit",
    tree.JobDefinition: "a job",
    tree.NoiseDefinition: "a noise block",
    tree.ObservableDefinition: "an observable",
    tree.ExternDeclaration: "an `extern`",
    tree.Include: "an `include`",
    tree.Import: "an `import`",
    tree.Version: "a version line",
    tree.Break: "`break`",
    tree.Continue: "`continue`",
    tree.Calibration: "a calibration",
}


def statement_kind(node: tree.Statement) -> str:
    """`a measurement`, `an if`, … for messages."""
    return _STATEMENTS.get(type(node), "this statement")
