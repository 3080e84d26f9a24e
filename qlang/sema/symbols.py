"""What names stand for: one record per kind of definition, and the scope of a file that holds them.

Symbols compare by identity. Bodies are the tree as parsed; their offsets belong to `scope.source`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from qlang.sema.types import Type
from qlang.sema.values import Constant
from qlang.syntax import tree
from qlang.syntax.source import Source, Span


@dataclass(frozen=True, eq=False)
class Symbol:
    """Base: a name and where it is defined."""

    name: str
    span: Span
    """The name in its definition."""


@dataclass(eq=False)
class FileScope:
    """The names that one file defines, and the files that it includes or imports."""

    source: Source
    version: int
    """2 or 3: the OpenQASM version whose rules its expressions follow; 3 for `.qjob`."""
    standard: bool = False
    """Shipped with qlang: its gates are the known ones of their names."""
    parents: "list[FileScope]" = field(default_factory=list)
    """Looked up in order after the file's own names: includes, imports, prelude."""
    names: dict[str, Symbol] = field(default_factory=dict)
    calibrated: set[str] = field(default_factory=set)
    """Gates with a `defcal`, which need a definition all the same."""
    torn: bool = False
    """Whether a file that it names could not be read: what is not known here may be defined there."""

    def lookup(self, name: str) -> Symbol | None:
        """The symbol of a name, from this file or one that it includes or imports."""
        found = self.names.get(name)
        if found is not None:
            return found
        for parent in self.parents:
            found = parent.lookup(name)
            if found is not None:
                return found
        return None

    def visible(self) -> Iterator[Symbol]:
        """All symbols that `lookup` can find, the file's own first; for completion and suggestions."""
        yield from self.names.values()
        for parent in self.parents:
            yield from (symbol for symbol in parent.visible() if symbol.name not in self.names)

    def span(self, node: tree.Node) -> Span:
        """The place of a node of this file."""
        return Span(self.source, node.start, node.end)


@dataclass(frozen=True, eq=False)
class GateSymbol(Symbol):
    parameters: int
    qubits: int
    definition: tree.GateDefinition | None
    """`None` for built-in gates; a definition without a body is OpenQASM 2's `opaque`."""
    scope: FileScope
    """Where the definition's names are looked up."""
    builtin: bool = False

    @property
    def standard(self) -> bool:
        """Built in or defined in a file shipped with qlang."""
        return self.builtin or self.scope.standard


@dataclass(frozen=True, eq=False)
class ParameterSymbol(Symbol):
    """A parameter of a circuit, subroutine or observable, or an `input` of a program."""

    type: Type
    default: tree.Expression | None = None
    access: str | None = None
    """`readonly` or `mutable` of arrays."""


@dataclass(frozen=True, eq=False)
class SubroutineSymbol(Symbol):
    """`def`."""

    parameters: tuple[ParameterSymbol, ...]
    result: Type
    definition: tree.SubroutineDefinition
    scope: FileScope


@dataclass(frozen=True, eq=False)
class ExternSymbol(Symbol):
    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, eq=False)
class CircuitSymbol(Symbol):
    """A `circuit`, or the top-level quantum statements of a program (`main`, or an import's alias)."""

    parameters: tuple[ParameterSymbol, ...]
    body: tuple[tree.Statement, ...]
    scope: FileScope
    whole: Span
    """The definition from its first to its last character."""
    measured: dict[tuple[str, int], Span] = field(default_factory=dict)
    """Qubits that it certainly leaves measured, by register and index, and where."""
    mistaken: set[str] = field(default_factory=set)
    """Names that it declares with mistakes."""


@dataclass(frozen=True, slots=True)
class FileTerm:
    """A term of an observable that was read from a file."""

    coefficient: float
    factors: tuple[tuple[int, str], ...]
    """Qubit and `X`, `Y` or `Z`, ascending by qubit; none is the identity."""


@dataclass(frozen=True, eq=False)
class ObservableSymbol(Symbol):
    parameters: tuple[ParameterSymbol, ...]
    value: tree.Expression
    scope: FileScope
    terms: tuple[FileTerm, ...] | None = None
    """Of an imported file, which stand instead of an expression."""
    flaws: list[str] = field(default_factory=list)
    """Not empty where the definition has mistakes of its own, which are reported."""


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """One rule of a noise block."""

    channel: str
    parameters: tuple[tuple[str, float], ...]
    """Name and value of each parameter: probabilities, times in seconds."""
    targets: tuple[str, ...]
    """Gate names, `1q` or `2q`; empty means every gate (every measurement for `readout`)."""
    span: Span


@dataclass(frozen=True, eq=False)
class NoiseSymbol(Symbol):
    rules: tuple[CheckedRule, ...]


@dataclass(frozen=True, eq=False)
class ConstantSymbol(Symbol):
    constant: Constant


@dataclass(frozen=True, eq=False)
class JobSymbol(Symbol):
    definition: tree.JobDefinition


@dataclass(frozen=True, eq=False)
class VariableSymbol(Symbol):
    """A name inside a body: variables, loop variables, qubits, aliases, parameters of gates."""

    type: Type
    kind: str
    """`variable`, `loop`, `qubit`, `alias`, `parameter`, `argument`, `readonly`, `input` or `output`."""


@dataclass(frozen=True, eq=False)
class BrokenSymbol(Symbol):
    """A definition that has its diagnostic already; nothing about its uses is reported."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of a name: offsets in the checked file, and what it stands for."""

    start: int
    end: int
    symbol: Symbol
