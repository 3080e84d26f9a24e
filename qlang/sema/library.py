"""Names that an import of the standard library would bring, for hints."""

from functools import lru_cache

from qlang import stdlib
from qlang.sema.loader import standard_source
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import ObservableSymbol, Symbol


@lru_cache(maxsize=16)
def library_names(kind: type[Symbol]) -> dict[str, str]:
    """The definitions of one kind in the standard modules: name to module."""
    from qlang.sema.standard_modules import standard_module

    found: dict[str, str] = {}
    for module in stdlib.MODULES:
        source = standard_source(f"std/{module}.qjob")
        if source is not None:
            names = standard_module(source).scope.names
            found.update((name, f"std.{module}") for name, symbol in names.items() if isinstance(symbol, kind))
    return found


def library_hint(name: str, kind: type[Symbol] = ObservableSymbol) -> str:
    """A sentence that names the import which would help, or nothing."""
    known = library_names(kind)
    near = name if name in known else suggest(name, known)
    return "" if near is None else f"`{near}` comes with `import {known[near]};`"
