"""What a checker of bodies carries along: scopes, the place it is in, and the diagnostics found so far."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from qlang.sema.symbols import (
    BrokenSymbol,
    ConstantSymbol,
    FileScope,
    Reference,
    Symbol,
    VariableSymbol,
)
from qlang.sema.types import Type
from qlang.sema.values import CONSTANTS, Constant, ConstantError
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic, Label, with_origins
from qlang.syntax.source import Span

if TYPE_CHECKING:
    from qlang.sema.recursion import Definitions

Wire = tuple[VariableSymbol, int]
"""A register and an index in it."""


class Reporter:
    """Collects the diagnostics of one file and of those that it imports; the same mistake once."""

    def __init__(self) -> None:
        self._found: list[tuple[int, Diagnostic]] = []
        self._seen: set[tuple[str, str, int, int]] = set()
        self.references: list[Reference] | None = None
        self.anchor: int | None = None
        """Where in the checked file an import stands whose diagnostics come in now."""
        self.suggestions: dict[object, str | None] = {}
        """What was suggested for a name: a large file has the same slip many times."""
        self.entries: list[Label] = []
        """The imports and includes through which the file being checked comes in, outermost first."""
        self.complete = True
        """Whether the parser understood all of the text: else nothing can be said to be missing."""
        self.errors = 0
        """Errors reported so far, repeated ones included."""
        self.unsound: set[Symbol] = set()
        """Subroutines with mistakes of their own, whose bodies are not checked again for calls."""
        self.bound_bodies: set[tuple[object, ...]] = set()
        """The calls for which bodies were checked: the subroutine, and what the call tells of its parameters."""

    def within(self) -> "Reporter":
        """A reporter for a body that is checked again: its diagnostics are its own, what was checked is shared."""
        inner = Reporter()
        inner.unsound, inner.bound_bodies = self.unsound, self.bound_bodies
        return inner

    def report(self, diagnostic: Diagnostic) -> None:
        self.errors += diagnostic.severity == "error"
        span = diagnostic.span
        key = (diagnostic.code, span.source.name, span.start, span.end)
        if key not in self._seen:
            self._seen.add(key)
            if self.entries:
                diagnostic = self._from_file(diagnostic)
            self._found.append((span.start if self.anchor is None else self.anchor, diagnostic))

    def _from_file(self, diagnostic: Diagnostic) -> Diagnostic:
        """A diagnostic of another file, with the places where that file comes in."""
        shown = [diagnostic.span, *(label.span for label in diagnostic.secondary())]
        origins = [entry for entry in reversed(self.entries) if entry.span not in shown]
        return (
            with_origins(diagnostic, origins)
            if diagnostic.span.source is not self.entries[-1].span.source
            else diagnostic
        )

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All diagnostics in source order; those of imported files stand at their import."""
        return tuple(diagnostic for _, diagnostic in sorted(self._found, key=lambda found: found[0]))


@dataclass(eq=False)
class Loop:
    """A `for` around the statement being checked."""

    symbol: VariableSymbol
    domain: tree.Expression
    conditions: int
    """How many conditional blocks were open at its body's beginning."""
    certain: bool = True
    """Whether every iteration reaches the statement being checked."""
    measured: dict[Wire, Span] = field(default_factory=dict)
    """Qubits that its rounds measure, by indices that depend on its variable."""


@dataclass(eq=False)
class Context:
    """Where the checker is: in a gate, a subroutine, a circuit or an observable of a file."""

    scope: FileScope
    reporter: Reporter
    place: str
    """`circuit`, `gate`, `subroutine`, `observable` or `file`."""
    frames: list[dict[str, Symbol]] = field(default_factory=lambda: [{}])
    """Names of the open blocks, innermost last."""
    outside: dict[str, Symbol] = field(default_factory=dict)
    """Top-level variables that are not visible here, for a good message."""
    later: dict[str, tree.Name] = field(default_factory=dict)
    """Names that the file defines after this place."""
    definition: str = ""
    """The gate or subroutine whose body this is."""
    definitions: "Definitions | None" = None
    """The gates and subroutines of the file, where calls may close a circle."""
    offered_gates: dict[str, str] = field(default_factory=dict)
    """Gates that an include would bring: name to file."""
    version_end: int | None = None
    """Where the version line ends, if there is one."""
    result: Type | None = None
    """The result type of the subroutine."""
    promised: Span | None = None
    """Where it is written."""
    loops: list[Loop] = field(default_factory=list)
    loop_depth: int = 0
    """`for` and `while` around the statement."""
    conditions: int = 0
    """Conditional blocks around the statement."""
    dead: int = 0
    """Blocks around the statement that a constant condition excludes."""
    used: set[Symbol] = field(default_factory=set)
    registers: list[tuple[VariableSymbol, tree.QubitDeclaration]] = field(default_factory=list)
    """The qubit registers that the body declares."""
    declared: list[tuple[Symbol, bool]] = field(default_factory=list)
    """The variables that the body declares, and whether each stands at its top."""
    written: set[Symbol] = field(default_factory=set)
    """Variables that are assigned or measured into."""
    outcomes: list[dict[Symbol, dict[int, Span]]] = field(default_factory=lambda: [{}])
    """Bits that hold an outcome nothing has read, by open block and register: where it was measured."""
    target: Symbol | None = None
    """The variable that stands left of an assignment being checked."""
    measured: dict[Wire, Span] | None = None
    """Qubits that were measured and since then neither reset nor used; `None` where nobody asks, as in subroutines."""
    forbid_reuse: bool = False
    """Whether the target cannot use a qubit after its measurement."""
    gate: tree.GateDefinition | None = None
    """The gate whose body it is."""
    program: bool = False
    """Whether the body is a file's top level, whose names share the file's."""

    @property
    def version(self) -> int:
        return self.scope.version

    def span(self, node: tree.Node) -> Span:
        return Span(self.scope.source, node.start, node.end)

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic.code == "QJ0303":
            diagnostic = self._with_variable(diagnostic)
        self.reporter.report(diagnostic)

    def _with_variable(self, diagnostic: Diagnostic) -> Diagnostic:
        """What is not constant, with the variable that is to blame."""
        from qlang.sema.errors.types import NotConstant

        for word in re.findall(r"[^\W\d]\w*", diagnostic.span.text):
            symbol = self.lookup(word)
            if isinstance(symbol, VariableSymbol) and symbol.kind in ("variable", "loop"):
                assert isinstance(diagnostic, NotConstant)
                why = "is swept" if self.place == "job" else "is a variable: it may change"
                if symbol.kind == "loop":
                    why = "is another number in every round"
                return replace(diagnostic, name=word, declaration=symbol.span, why=why)
        return diagnostic

    def report_error(self, error: ConstantError, node: tree.Node) -> None:
        """Report why an expression has no value, at the innermost node to blame."""
        self.report(error.diagnostic(self.span(error.node or node)))

    def is_cut_short(self, node: tree.Node) -> bool:
        """Whether a word follows that the parser has complained about: `3 hours`."""
        return self.scope.source.text[node.end : node.end + 64].lstrip(" \t")[:1].isalpha()

    def lookup(self, name: str) -> Symbol | None:
        for frame in reversed(self.frames):
            found = frame.get(name)
            if found is not None:
                return found
        return self.scope.lookup(name)

    def use(self, node: tree.Name) -> Symbol | None:
        """The symbol of a name, noted as used."""
        symbol = self.lookup(node.name)
        if symbol is not None:
            self.used.add(symbol)
            references = self.reporter.references
            if references is not None:
                references.append(Reference(node.start, node.end, symbol))
        return symbol

    def declare(self, node: tree.Name, symbol: Symbol) -> bool:
        """Add a name to the innermost block; reports and answers false where the block has it already.

        A name declared twice means nothing any more, so that its uses add no further complaints.
        """
        frame = self.frames[-1]
        first = frame.get(node.name)
        if self.program and len(self.frames) == 1:
            first = first or self.scope.names.get(node.name)
            if isinstance(symbol, (ConstantSymbol, BrokenSymbol)):
                frame = self.scope.names
        if first is None:
            frame[node.name] = symbol
            return True
        frame[node.name] = BrokenSymbol(node.name, first.span)
        from qlang.sema.errors.names import DuplicateName

        self.report(DuplicateName(self.span(node), name=node.name, first=first.span))
        return False

    def names(self, name: str) -> Constant | Type | None:
        """What `evaluate` wants to know of a name."""
        symbol = self.lookup(name)
        if isinstance(symbol, ConstantSymbol):
            return symbol.constant
        if isinstance(symbol, VariableSymbol):
            return symbol.type
        return CONSTANTS.get(name) if symbol is None else None

    def visible(self, kinds: tuple[type[Symbol], ...]) -> Iterable[str]:
        """Names of symbols of certain kinds, innermost first, for suggestions."""
        for frame in reversed(self.frames):
            yield from (name for name, symbol in frame.items() if isinstance(symbol, kinds))
        yield from (symbol.name for symbol in self.scope.visible() if isinstance(symbol, kinds))

    @contextmanager
    def block(self) -> Iterator[None]:
        """A block with names of its own."""
        self.frames.append({})
        self.outcomes.append({})
        try:
            yield
        finally:
            self.frames.pop()
            self.outcomes.pop()

    @contextmanager
    def conditional(self, dead: bool = False) -> Iterator[None]:
        """A block that may not run, or, by a constant condition, never runs."""
        self.conditions += 1
        self.dead += dead
        before = None if self.measured is None else dict(self.measured)
        try:
            yield
        finally:
            self.conditions -= 1
            self.dead -= dead
            if before is not None:
                after = self.measured or {}
                self.measured = {wire: span for wire, span in before.items() if wire in after}

    def jump(self) -> None:
        """A `break`, `continue`, `end` or `return`: what follows may not be reached in every iteration."""
        for loop in self.loops:
            loop.certain = False
        for held in self.outcomes:
            held.clear()

    def is_certain(self, loop: Loop) -> bool:
        """Whether the statement being checked runs for every value of the loop's variable."""
        return loop.certain and self.conditions == loop.conditions


def broken(name: str, span: Span) -> BrokenSymbol:
    """A name whose definition already has its diagnostic."""
    return BrokenSymbol(name, span)
