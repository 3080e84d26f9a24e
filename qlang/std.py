"""The standard library in Python: `from qlang import std`, then `std.ghz_on(q)` in a circuit, `ql.job(std.ghz(5), …)`.

Every definition of the modules in `qlang/stdlib/std` is here under its own name: circuits, subroutines, gates and
observables, as the decorators of `qlang` would give them. docs/stdlib.md lists them.
"""

from __future__ import annotations

from functools import lru_cache, update_wrapper
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qlang.embedding.definition import Definition, Parameter
    from qlang.embedding.kinds import Kind
    from qlang.sema.symbols import GateSymbol, ParameterSymbol, Symbol
    from qlang.sema.types import Type
    from qlang.syntax import tree
    from qlang.syntax.source import Source


def __getattr__(name: str) -> Any:
    symbol = None if name.startswith("_") else _symbols().get(name)
    if symbol is None:
        raise AttributeError(f"module 'qlang.std' has no attribute {name!r}{_near(name)}")
    found = _made(symbol)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(_symbols())


@lru_cache(maxsize=1)
def _symbols() -> dict[str, Symbol]:
    """The definitions of the library by name, noise models left out: jobs name them in text."""
    from qlang.sema.library import library_symbols
    from qlang.sema.symbols import NoiseSymbol

    return {symbol.name: symbol for symbol in library_symbols() if not isinstance(symbol, NoiseSymbol)}


def _near(name: str) -> str:
    from qlang.sema.suggestions import suggest

    near = None if name.startswith("_") else suggest(name, _symbols())
    return f". Did you mean: {near!r}?" if near else ""


def _made(symbol: Symbol) -> Any:
    """What a decorator would have made of the definition."""
    from qlang.circuits import Circuit, Gate, Subroutine
    from qlang.observables import ObservableFunction

    definition = definition_of_library(symbol)
    kinds: dict[str, Any] = {
        "circuit": Circuit,
        "gate": Gate,
        "subroutine": Subroutine,
        "observable": ObservableFunction,
    }
    made = kinds[definition.place](definition, _described(definition))
    update_wrapper(made, made.function, updated=())
    return made


def _described(definition: Definition) -> Any:
    """A function with the name and text of a definition, for `help`."""
    from qlang.compiler.editor.comments import comment_above

    def function(*_: object, **__: object) -> None:
        raise TypeError(f"{definition.name} is written in qlang")

    comment = comment_above(definition.source, definition.span.start)
    function.__name__ = function.__qualname__ = definition.name
    function.__doc__ = "\n\n".join((definition.signature, comment.text))
    return function


def definition_of_library(symbol: Symbol) -> Definition:
    """A definition of the library, as one that was read from a Python function."""
    from qlang.embedding.definition import Definition, Place
    from qlang.sema.symbols import CircuitSymbol, GateSymbol, ObservableSymbol, SubroutineSymbol

    place: Place
    result: Kind | None = None
    match symbol:
        case GateSymbol():
            place, parameters = "gate", _of_gate(symbol)
        case SubroutineSymbol():
            place, parameters, result = "subroutine", _parameters(symbol.parameters), _kind(symbol.result)
        case CircuitSymbol():
            place, parameters = "circuit", _parameters(symbol.parameters)
        case ObservableSymbol():
            place, parameters = "observable", _parameters(symbol.parameters)
        case _:
            raise TypeError(f"{symbol.name} has no meaning in Python")
    source = symbol.span.source
    statement = _statements(source)[symbol.name]
    text = source.text[statement.start : statement.end]
    line, _ = source.line_column(statement.start)
    return Definition(
        symbol.name, place, source, text, line, symbol.span, statement, parameters, result, {}, symbol, ()
    )


@lru_cache(maxsize=16)
def _statements(source: Source) -> dict[str, tree.Statement]:
    """The definitions of a module's text by name."""
    from qlang.syntax.parser import parse

    named = ((getattr(node, "name", None), node) for node in parse(source).program.statements)
    return {name.name: node for name, node in named if name is not None}


def _of_gate(symbol: GateSymbol) -> tuple[Parameter, ...]:
    """Angles, then qubits."""
    from qlang.embedding.definition import NOTHING, Parameter
    from qlang.embedding.kinds import FLOAT, QUBIT

    node = symbol.definition
    assert node is not None, "the library has no opaque gates"
    kinds = [(name, FLOAT) for name in node.parameters] + [(name, QUBIT) for name in node.qubits]
    return tuple(Parameter(name.name, kind, symbol.scope.span(name), NOTHING) for name, kind in kinds)


def _parameters(parameters: tuple[ParameterSymbol, ...]) -> tuple[Parameter, ...]:
    from qlang.embedding.definition import NOTHING, Parameter
    from qlang.sema.constants import evaluate
    from qlang.sema.values import CONSTANTS

    found = []
    for each in parameters:
        default = NOTHING if each.default is None else evaluate(each.default, CONSTANTS.get).value
        kind = _kind(each.type)
        assert kind is not None, "parameters have values"
        found.append(Parameter(each.name, kind, each.span, default))
    return tuple(found)


def _kind(kind: Type) -> Kind | None:
    """What Python calls a type; `None` for nothing."""
    from qlang.embedding.kinds import BIT, BOOL, FLOAT, INT, QUBIT, QUBITS, Kind
    from qlang.sema.types import Array, Bit, Bool, Qubit, Qubits, Void, is_integer

    match kind:
        case Void():
            return None
        case Qubits():
            return QUBITS
        case Qubit():
            return QUBIT
        case Array():
            element = _kind(kind.element)
            assert element is not None
            return Kind("array", element.name, len(kind.shape))
        case Bool():
            return BOOL
        case Bit():
            return BIT
    return INT if is_integer(kind) else FLOAT
