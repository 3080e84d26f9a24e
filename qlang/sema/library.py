"""Names that an import of the standard library would bring, for hints."""

from functools import lru_cache

from qlang import stdlib
from qlang.sema.loader import standard_source
from qlang.sema.suggestions import suggest
from qlang.syntax import tree
from qlang.syntax.parser import parse


@lru_cache(maxsize=1)
def library_observables() -> dict[str, str]:
    """The observables of the standard modules: name to module."""
    found: dict[str, str] = {}
    for path in stdlib.NAMES:
        source = standard_source(path) if path.startswith("std/") else None
        if source is None:
            continue
        module = path.removesuffix(".qjob").replace("/", ".")
        for statement in parse(source).program.statements:
            if isinstance(statement, tree.ObservableDefinition):
                found[statement.name.name] = module
    return found


def library_hint(name: str) -> str:
    """A sentence that names the import which would help, or nothing."""
    known = library_observables()
    near = name if name in known else suggest(name, known)
    return "" if near is None else f"`{near}` comes with `import {known[near]};`"
