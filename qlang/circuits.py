"""`@ql.circuit`: a Python function, read from its text, as a circuit; calling it binds arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from typing import Any

from qlang.problems import CompileError, refuse_errors
from qlang.python_source import read_function
from qlang.python_statements import circuit_definition
from qlang.sema.errors.embedding import NoSource
from qlang.syntax import tree
from qlang.syntax.source import Source, Span


@dataclass(eq=False)
class Circuit:
    """A circuit with its parameters open."""

    name: str
    source: Source
    definition: tree.CircuitDefinition
    function: Callable[..., Any]

    def __call__(self, *arguments: float, **named: float) -> BoundCircuit:
        """Bind arguments, by position or name; those with defaults may be left out, swept ones are given to the job.

        Raises TypeError as a Python call does, except for missing arguments, which the job reports.
        """
        names = [parameter.name.name for parameter in self.definition.parameters]
        if len(arguments) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} arguments but {len(arguments)} were given")
        bound = dict(zip(names, arguments, strict=False))
        for name, value in named.items():
            if name not in names or name in bound:
                problem = "got an unexpected argument" if name not in names else "got two values for"
                raise TypeError(f"{self.name}() {problem} {name!r}")
            bound[name] = value
        return BoundCircuit(self, bound)

    @property
    def registers(self) -> dict[str, str]:
        """Qubit registers: name → size as text of the language."""
        found: dict[str, str] = {}
        for statement in self.definition.body.statements:
            if isinstance(statement, tree.QubitDeclaration):
                size = statement.size
                found[statement.name.name] = "1" if size is None else self.source.text[size.start : size.end]
        return found


@dataclass(frozen=True, eq=False)
class BoundCircuit:
    """A circuit with arguments."""

    circuit: Circuit
    arguments: Mapping[str, float]


def circuit(function: Callable[..., Any]) -> Circuit:
    """Decorator: the function becomes a circuit.

    Its text is checked at once. Raises CompileError with every mistake, at the function's own lines.
    """
    from qlang.compiler.frontend import analyse_tree

    try:
        read = read_function(function)
    except (OSError, TypeError):
        code = function.__code__
        source = Source(code.co_filename, "", code.co_firstlineno)
        raise CompileError((NoSource(Span(source, 0, 0), function.__name__),)) from None
    definition = circuit_definition(read)
    analysis = analyse_tree(read.source, tree.Program(0, len(read.source.text), [definition], []))
    refuse_errors(analysis.diagnostics)
    made = Circuit(function.__name__, read.source, definition, function)
    update_wrapper(made, function, updated=())
    return made
