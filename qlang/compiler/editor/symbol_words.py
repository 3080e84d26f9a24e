"""What a name stands for, in Markdown."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from qlang.compiler.editor import gate_words
from qlang.compiler.editor.comments import comment_above, markdown
from qlang.sema.symbols import (
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

_VARIABLES = {
    "loop": "loop variable",
    "qubit": "qubits",
    "alias": "another name for qubits",
    "parameter": "parameter",
    "input": "input of the program",
    "output": "output of the program",
}


def explain(symbol: Symbol) -> str | None:
    """The declaration and what there is to say about it; `None` for a definition with mistakes."""
    describe = _DESCRIBERS.get(type(symbol))
    if describe is None and isinstance(symbol, VariableSymbol):
        describe = _variable  # aliases are variables of a class of their own
    if describe is None:
        return None
    written = markdown(comment_above(symbol.span.source, symbol.span.start)) if type(symbol) in _DOCUMENTED else ""
    return f"{describe(symbol)}\n\n{written}" if written else describe(symbol)


def code(text: str, remark: str = "") -> str:
    """A piece of source and a remark below."""
    return f"```qjob\n{text}\n```" + (f"\n\n{remark}" if remark else "")


def _parameters(parameters: Iterable[ParameterSymbol], text: str) -> str:
    shown = []
    for each in parameters:
        default = "" if each.default is None else f" = {text[each.default.start : each.default.end]}"
        shown.append(f"{each.type} {each.name}{default}")
    return ", ".join(shown)


def _circuit(symbol: CircuitSymbol) -> str:
    written = _parameters(symbol.parameters, symbol.scope.source.text)
    return code(f"circuit {symbol.name}({written})", "A circuit: a job runs it.")


def _subroutine(symbol: SubroutineSymbol) -> str:
    written = _parameters(symbol.parameters, symbol.scope.source.text)
    return code(f"def {symbol.name}({written}) -> {symbol.result}")


def _observable(symbol: ObservableSymbol) -> str:
    text = symbol.scope.source.text
    written = _parameters(symbol.parameters, text)
    if symbol.terms is not None:
        return code(f"observable {symbol.name}({written})", f"{len(symbol.terms)} Pauli terms of an imported file.")
    head = f"observable {symbol.name}({written})" if symbol.parameters else f"observable {symbol.name}"
    return code(f"{head} = {text[symbol.value.start : symbol.value.end]};")


def _noise(symbol: NoiseSymbol) -> str:
    rules = "\n".join(f"  {rule.span.text}" for rule in symbol.rules)
    return code(f"noise {symbol.name} {{\n{rules}\n}}", f"`sim with {symbol.name}` simulates it.")


def _constant(symbol: ConstantSymbol) -> str:
    return code(f"const {symbol.constant.type} {symbol.name} = {symbol.constant};")


def _variable(symbol: VariableSymbol) -> str:
    return code(f"{symbol.type} {symbol.name}", _VARIABLES.get(symbol.kind, ""))


def _parameter(symbol: ParameterSymbol) -> str:
    return code(f"{symbol.type} {symbol.name}", "parameter")


def _extern(symbol: ExternSymbol) -> str:
    written = ", ".join(map(str, symbol.parameters))
    return code(f"extern {symbol.name}({written}) -> {symbol.result}")


_DOCUMENTED = (GateSymbol, CircuitSymbol, SubroutineSymbol, ObservableSymbol, NoiseSymbol, JobSymbol)
"""What a comment above documents."""

_DESCRIBERS: Mapping[type[Symbol], Callable[[Any], str]] = {
    GateSymbol: gate_words.explain,
    CircuitSymbol: _circuit,
    SubroutineSymbol: _subroutine,
    ObservableSymbol: _observable,
    NoiseSymbol: _noise,
    ConstantSymbol: _constant,
    VariableSymbol: _variable,
    ParameterSymbol: _parameter,
    ExternSymbol: _extern,
    JobSymbol: lambda symbol: code(f"job {symbol.name}"),
}
