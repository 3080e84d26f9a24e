"""A definition that was read from a Python function: a circuit, subroutine, gate or observable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from qlang.embedding.kinds import Kind
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Source, Span

if TYPE_CHECKING:
    from qlang.sema.symbols import Symbol

NOTHING: Any = object()
"""The default of a parameter without one."""
Place = Literal["circuit", "gate", "subroutine", "observable"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a definition, in Python's order."""

    name: str
    kind: Kind
    span: Span
    default: Any
    """A number; `NOTHING` where there is none."""


@dataclass(frozen=True, eq=False)
class Definition:
    """What a decorated function means, checked."""

    name: str
    place: Place
    source: Source
    """The file or cell."""
    text: str
    """The function's own text."""
    first_line: int
    span: Span
    """The name in the definition."""
    statement: tree.Statement
    parameters: tuple[Parameter, ...]
    result: Kind | None
    """What calling it gives; `None` for nothing."""
    uses: Mapping[str, Definition]
    """The definitions that it needs, by the names that its tree has for them."""
    symbol: Symbol
    """What the name means to the checker."""
    diagnostics: tuple[Diagnostic, ...]
    """Warnings."""

    @property
    def signature(self) -> str:
        """How it is called."""
        return f"{self.name}({', '.join(parameter.name for parameter in self.parameters)})"

    def all_used(self) -> list[Definition]:
        """Itself and everything that it needs, what is needed first; each once."""
        found: list[Definition] = []
        for other in self.uses.values():
            found += [each for each in other.all_used() if each not in found]
        return [*found, self]


def definition_of(value: object) -> Definition | None:
    """The definition behind a decorated function; `None` for anything else."""
    found = getattr(value, "definition", None)
    return found if isinstance(found, Definition) else None
