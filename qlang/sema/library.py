"""Names that an import of the standard library would bring, for hints."""

from functools import lru_cache

from qlang import stdlib
from qlang.sema.loader import standard_source
from qlang.sema.suggestions import plain, suggest
from qlang.sema.symbols import GateSymbol, ObservableSymbol, Symbol


@lru_cache(maxsize=1)
def _definitions() -> tuple[tuple[Symbol, str], ...]:
    """Every definition of the standard modules, with its module."""
    from qlang.sema.standard_modules import standard_module

    found: list[tuple[Symbol, str]] = []
    for module in stdlib.MODULES:
        source = standard_source(f"std/{module}.qjob")
        if source is not None:
            symbols = standard_module(source).scope.names.values()
            found.extend((symbol, f"std.{module}") for symbol in symbols)
    return tuple(found)


def library_symbols() -> tuple[Symbol, ...]:
    """Every definition of the standard modules."""
    return tuple(symbol for symbol, _ in _definitions())


@lru_cache(maxsize=1)
def library_gates() -> frozenset[tuple[str, int, int]]:
    """The gates of the standard modules: plain name, angles, qubits."""
    gates = (symbol for symbol in library_symbols() if isinstance(symbol, GateSymbol))
    return frozenset((plain(each.name), each.parameters, each.qubits) for each in gates)


def library_names(kind: type[Symbol]) -> dict[str, str]:
    """The definitions of one kind in the standard modules: name to module."""
    return {symbol.name: module for symbol, module in _definitions() if isinstance(symbol, kind)}


def library_hint(name: str, kind: type[Symbol] = ObservableSymbol) -> str:
    """A sentence that names the import which would help, or nothing."""
    known = library_names(kind)
    near = name if name in known else suggest(name, known)
    return "" if near is None else f"`{near}` comes with `import {known[near]};`"
