"""All diagnostics by their codes, those of the parser included."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType

from qlang.sema import errors
from qlang.syntax.diagnostic import Diagnostic

_MODULES = (
    "qlang.syntax.errors",
    "qlang.syntax.token_errors",
    "qlang.syntax.file_errors",
    *(f"qlang.sema.errors.{family}" for family in errors.__all__),
)


def _diagnostics(module: ModuleType) -> Iterator[type[Diagnostic]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Diagnostic) and "code" in vars(value):
            yield value


@cache
def catalogue() -> Mapping[str, type[Diagnostic]]:
    """Code to class, in the order of the codes; loads every family."""
    classes = [kind for name in _MODULES for kind in _diagnostics(import_module(name))]
    return {kind.code: kind for kind in sorted(classes, key=lambda kind: kind.code)}


def found_by(kind: type[Diagnostic]) -> str:
    """What reports it: `check` for one file alone, `files` where other files or odd
    input are involved, `target`, or `plan`."""
    return str(getattr(kind, "found_by", "check"))
