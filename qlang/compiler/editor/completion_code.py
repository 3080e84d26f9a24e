"""Completion in circuits, gates and subroutines, and at the top level."""

from collections.abc import Iterator

from qlang.compiler.editor import gate_words
from qlang.compiler.editor.analysis import Analysis
from qlang.compiler.editor.place import Place
from qlang.compiler.editor.proposal import Proposal, declared, names, words
from qlang.compiler.editor.registers import visible_symbols
from qlang.compiler.editor.vocabulary import (
    CONSTANTS,
    DEFINITIONS,
    FUNCTIONS,
    OPERATORS,
    STATEMENTS,
    TYPES,
)
from qlang.sema.symbols import (
    CircuitSymbol,
    ConstantSymbol,
    ExternSymbol,
    GateSymbol,
    ObservableSymbol,
    SubroutineSymbol,
    VariableSymbol,
)

_QUANTUM_TYPES = ("qubit", "qreg", "alias")
_TAKE_QUBITS = ("measure", "reset", "barrier", "nop")
_GOES_ON = frozenset(
    ("in", "and", "or", "@", "->", *"+-*/%=,([{<>&|^!~", "**", "++", "==", "!=", "<=", ">=", "&&", "||")
)
"""After these a statement is not at its beginning, even on a new line."""
_NOT_PROPOSED = ("qreg", "creg", "opaque", "cal", "defcal", "else", "case", "default", "gphase")


def begins_statement(analysis: Analysis, place: Place) -> bool:
    """Whether the word at the place begins a statement; a new line does so where a `;` was forgotten."""
    if place.before < place.statement:
        return True
    if place.brackets or place.previous in _GOES_ON:
        return False
    between = analysis.source.text[place.tokens.ends[place.before] : place.start]
    return "\n" in between


def top_level(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Definitions first, then what a plain OpenQASM program may hold."""
    if place.words[:1] == ["observable"] and "=" in place.words:
        yield from in_observable(analysis, place)
        return
    if begins_statement(analysis, place):
        yield from words(DEFINITIONS, "keyword", rank=0)
    yield from in_body(analysis, place)


def in_body(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Statements, or what fits at the place inside one."""
    if begins_statement(analysis, place):
        yield from gates(analysis, with_operands=True)
        yield from words(STATEMENTS, "keyword", rank=2, leave_out=_NOT_PROPOSED)
        yield from names(TYPES, "keyword", rank=3)
        yield from declared(place.visible())
        yield from callables(analysis)
    elif place.previous == "@":
        yield from gates(analysis, with_operands=False)
        yield from words({name: STATEMENTS[name] for name in ("ctrl", "negctrl", "inv", "pow")}, "keyword", rank=2)
    elif _wants_qubits(place):
        yield from declared(each for each in place.visible() if _is_quantum(each.type))
        if len(place.blocks) == 1:
            yield from _top_level_registers(analysis)
    else:
        yield from in_expression(analysis, place)


def in_expression(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Values: names in scope, constants, functions."""
    yield from declared(place.visible())
    yield from constants(analysis)
    yield from callables(analysis)
    yield from names(FUNCTIONS, "function", rank=3)
    yield from names(CONSTANTS, "constant", rank=3)
    if place.previous == "=":
        yield Proposal("measure", "keyword", STATEMENTS["measure"].form, STATEMENTS["measure"].meaning, rank=1)
    if place.words and place.words[-1] in ("(", ",", "const", "input", "output"):
        yield from names(TYPES, "keyword", rank=4)


def in_observable(analysis: Analysis, place: Place) -> Iterator[Proposal]:
    """Pauli factors, other observables and names in scope."""
    yield from words(OPERATORS, "function", rank=0)
    yield from observables(analysis)
    yield from declared(each for each in place.visible() if each.type not in ("expect", "sweep"))
    yield from constants(analysis)
    yield from names({"sizeof": FUNCTIONS["sizeof"], "sqrt": FUNCTIONS["sqrt"]}, "function", rank=3)
    yield from names(CONSTANTS, "constant", rank=3)


def gates(analysis: Analysis, *, with_operands: bool) -> Iterator[Proposal]:
    """All gates that the file can call."""
    for symbol in visible_symbols(analysis):
        if isinstance(symbol, GateSymbol):
            yield _gate(symbol, with_operands)


def _gate(symbol: GateSymbol, with_operands: bool) -> Proposal:
    snippet = gate_words.snippet(symbol) if with_operands else ""
    detail = gate_words.signature(symbol)
    return Proposal(symbol.name, "gate", detail, lambda: gate_words.explain(symbol), snippet, 1)


def callables(analysis: Analysis) -> Iterator[Proposal]:
    """Subroutines of the file."""
    for symbol in visible_symbols(analysis):
        if isinstance(symbol, (SubroutineSymbol, ExternSymbol)):
            yield Proposal(symbol.name, "function", "subroutine", snippet=f"{symbol.name}($1)")


def observables(analysis: Analysis) -> Iterator[Proposal]:
    """Observables of the file and of its imports."""
    for symbol in visible_symbols(analysis):
        if isinstance(symbol, ObservableSymbol):
            shown = ", ".join(f"{each.type} {each.name}" for each in symbol.parameters)
            yield Proposal(
                symbol.name, "function", f"observable({shown})", snippet=f"{symbol.name}($1)" if shown else "", rank=0
            )


def constants(analysis: Analysis) -> Iterator[Proposal]:
    """Constants of the file."""
    for symbol in visible_symbols(analysis):
        if isinstance(symbol, ConstantSymbol):
            yield Proposal(symbol.name, "constant", f"{symbol.constant.type} = {symbol.constant}")


def circuits(analysis: Analysis) -> Iterator[Proposal]:
    """What a job can run, the file's own before what it imports, with the parameters that have no default."""
    own = analysis.module.circuits
    imported = (each for each in visible_symbols(analysis) if isinstance(each, CircuitSymbol))
    known = {**own, **{each.name: each for each in imported}}
    for name, symbol in known.items():
        call = _circuit_call(name, symbol)
        yield Proposal(name, "circuit", _circuit_detail(symbol), snippet=call, rank=int(name not in own))


def _circuit_detail(symbol: CircuitSymbol) -> str:
    shown = ", ".join(f"{each.type} {each.name}" for each in symbol.parameters)
    return f"circuit({shown})"


def _circuit_call(name: str, symbol: CircuitSymbol) -> str:
    needed = [each.name for each in symbol.parameters if each.default is None]
    holes = ", ".join(f"{each} = ${{{index}:{each}}}" for index, each in enumerate(needed, 1))
    return f"{name}({holes})"


def _is_quantum(kind: str) -> bool:
    return kind.startswith(_QUANTUM_TYPES)


def _top_level_registers(analysis: Analysis) -> Iterator[Proposal]:
    """Registers of a plain program that another file of it declares."""
    for symbol in visible_symbols(analysis):
        if isinstance(symbol, VariableSymbol) and symbol.kind == "qubit":
            yield Proposal(symbol.name, "variable", str(symbol.type), rank=0)


def _wants_qubits(place: Place) -> bool:
    """Whether operands stand here: after a gate's name, its parameters or a comma outside brackets."""
    found = place.words
    if not found or place.brackets:
        return False
    if "@" in found:
        found = found[len(found) - found[::-1].index("@") :]
    if not found or ("=" in found and found[-1] != "measure"):
        return False
    if found[-1] in _TAKE_QUBITS:
        return True
    if not (found[0].isidentifier() and found[-1] not in _GOES_ON - {","}):
        return False
    return len(found) == 1 or found[-1] in (")", ",", "]")
