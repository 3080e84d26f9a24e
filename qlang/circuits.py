"""`@ql.circuit`, `@ql.gate`: Python functions, read from their text, as definitions of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, NoReturn

from qlang.call_sites import CallSite, call_site
from qlang.embedding.definition import Definition
from qlang.embedding.definitions import circuit_or_subroutine, gate_definition
from qlang.exports import Chosen, Exports
from qlang.finite import refuse_not_finite
from qlang.problems import shortly, warn_of
from qlang.sema.symbols import CircuitSymbol
from qlang.syntax import tree
from qlang.syntax.source import Source

if TYPE_CHECKING:
    from qlang.sema.values import Constant

Argument = float | Sequence[Any]
"""What a circuit's parameter may get: a number, or a list or array of numbers."""


@dataclass(eq=False)
class Circuit(Exports):
    """A circuit with its parameters open."""

    definition: Definition
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def source(self) -> Source:
        """The file or cell that defines it."""
        return self.definition.source

    def __call__(self, *arguments: Argument, **named: Argument) -> BoundCircuit:
        """Bind arguments, by position or name; those with defaults may be left out, swept ones are given to the job.

        Raises TypeError as a Python call does, except for missing arguments, which the job reports; CompileError for
        what is no number to compute with: NaN, an infinite one, an array without elements.
        """
        names = [parameter.name for parameter in self.definition.parameters]
        if len(arguments) > len(names):
            raise TypeError(f"{self.name}() takes {len(names)} arguments but {len(arguments)} were given")
        bound = dict(zip(names, arguments, strict=False))
        for name, value in named.items():
            if name not in names or name in bound:
                problem = "got an unexpected argument" if name not in names else "got two values for"
                raise TypeError(f"{self.name}() {problem} {name!r}{_near(name, names)}")
            bound[name] = value
        site = call_site(1)
        shortly(lambda: refuse_not_finite(site, [*enumerate(arguments), *named.items()], "circuit"))
        return BoundCircuit(self, bound, site)

    @property
    def symbol(self) -> CircuitSymbol:
        """What the checker knows of it."""
        symbol = self.definition.symbol
        assert isinstance(symbol, CircuitSymbol)
        return symbol

    @property
    def registers(self) -> dict[str, str]:
        """Qubit registers in order of declaration: name → size as written."""
        found: dict[str, str] = {}
        for statement in self.symbol.body:
            if isinstance(statement, tree.QubitDeclaration):
                size = statement.size
                found[statement.name.name] = "1" if size is None else self.source.text[size.start : size.end]
        return found

    def draw(self, **options: Any) -> str:
        """The circuit as text; `options` are those of `qlang.compiler.drawing.draw_text`."""
        return self().draw(**options)

    def _chosen(self, circuit: str | None, job: str | None) -> Chosen:
        return self()._chosen(circuit, job)

    def __str__(self) -> str:
        return self.draw()

    def __repr__(self) -> str:
        return f"<circuit {self.definition.signature}>"

    def _repr_html_(self) -> str:
        return self()._repr_html_()


def _near(name: str, names: Sequence[str]) -> str:
    from qlang.sema.suggestions import suggest

    found = suggest(name, names) if name not in names else None
    return f". Did you mean {found!r}?" if found else ""


@dataclass(frozen=True, eq=False)
class BoundCircuit(Exports):
    """A circuit with arguments."""

    circuit: Circuit
    arguments: Mapping[str, Argument]
    site: CallSite | None = None
    """Where the arguments were given."""

    def draw(self, **options: Any) -> str:
        """The circuit as text; `options` are those of `qlang.compiler.drawing.draw_text`."""
        from qlang.compiler.drawing import draw_text

        return draw_text(self.circuit.symbol, self._constants(), **options)

    def _chosen(self, circuit: str | None, job: str | None) -> Chosen:
        if circuit is not None or job is not None:
            raise ValueError("a circuit is one circuit: there is nothing to choose")
        return self.circuit.symbol, self._constants(), None

    def _constants(self) -> dict[str, Constant | float]:
        """The arguments that are numbers or arrays of them, for drawing and writing out."""
        found: dict[str, Constant | float] = {}
        for name, value in self.arguments.items():
            plain = value.tolist() if hasattr(value, "tolist") else value
            if isinstance(plain, (int, float)):
                found[name] = plain
            elif isinstance(plain, (list, tuple)):
                found[name] = _array(plain)
        return found

    def __str__(self) -> str:
        return self.draw()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.arguments.items())
        return f"<circuit {self.circuit.name}({shown})>"

    def _repr_html_(self) -> str:
        from qlang.compiler.drawing import circuit_html

        return circuit_html(self.circuit.symbol, self._constants())


def _array(rows: Sequence[Any]) -> Constant:
    """Nested lists of numbers as an array; what is wrong with them says the check of the call."""
    from qlang.sema.types import FLOAT, INT, Array
    from qlang.sema.values import Constant

    shape: list[int] = []
    inner: Any = rows
    while isinstance(inner, (list, tuple)) and inner:
        shape.append(len(inner))
        inner = inner[0]
    values, whole = _nested(rows)
    return Constant(Array(INT if whole else FLOAT, tuple(shape)), values)


def _nested(rows: Sequence[Any]) -> tuple[tuple[Any, ...], bool]:
    """The rows as tuples, and whether all numbers are whole."""
    parts = [_nested(row) if isinstance(row, (list, tuple)) else (row, isinstance(row, int)) for row in rows]
    return tuple(value for value, _ in parts), all(whole for _, whole in parts)


@dataclass(eq=False)
class Subroutine:
    """A function over qubits that circuits call."""

    definition: Definition
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.definition.name

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Only circuits call it. Raises TypeError."""
        _only_in_circuits(self.definition)

    def __repr__(self) -> str:
        return f"<subroutine {self.definition.signature}>"


@dataclass(eq=False)
class Gate:
    """A unitary operation that circuits call, and that can be controlled, inverted and raised to a power."""

    definition: Definition
    function: Callable[..., Any]

    @property
    def name(self) -> str:
        return self.definition.name

    def __call__(self, *arguments: Any, **named: Any) -> None:
        """Only circuits and gates call it. Raises TypeError."""
        _only_in_circuits(self.definition)

    def __repr__(self) -> str:
        return f"<gate {self.definition.signature}>"


def _only_in_circuits(definition: Definition) -> NoReturn:
    problem = f"{definition.name} describes part of a circuit: call it inside a function under @ql.circuit"
    raise TypeError(problem)


def circuit(function: Callable[..., Any]) -> Any:
    """Decorator: the function becomes a `Circuit`, or, with parameters annotated `ql.Qubits`, a `Subroutine`.

    Its text is checked at once. Raises CompileError with every mistake, at the function's own lines.
    """
    definition = shortly(lambda: circuit_or_subroutine(function))
    warn_of(definition.diagnostics)
    if definition.place == "circuit":
        made: Circuit | Subroutine = Circuit(definition, function)
    else:
        made = Subroutine(definition, function)
    update_wrapper(made, function, updated=())
    return made


def gate(function: Callable[..., Any]) -> Gate:
    """Decorator: the function becomes a gate; parameters annotated `float` are angles, the others qubits.

    Raises CompileError with every mistake, at the function's own lines.
    """
    made = Gate(shortly(lambda: gate_definition(function)), function)
    warn_of(made.definition.diagnostics)
    update_wrapper(made, function, updated=())
    return made
