"""What is known while a function is read: its variables, what its names mean, and what has to be said first."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from qlang.embedding.kinds import BOOL, Kind, named
from qlang.embedding.scopes import Scopes
from qlang.embedding.source import PythonFunction
from qlang.problems import CompileError
from qlang.sema import errors
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span
from qlang.syntax.words import STATEMENT_WORDS, TYPE_WORDS

if TYPE_CHECKING:
    from qlang.embedding.definition import Definition

Place = Literal["circuit", "gate", "subroutine", "observable"]


@dataclass(slots=True)
class Variable:
    """A variable, parameter or register of the function."""

    kind: Kind
    span: Span
    """Where it got its kind."""
    declared: bool = False
    """Whether its declaration is written; else it waits for the end of the present statement of its block."""
    node: tree.Expression | None = None
    """What the name stands for, where it is no variable of the language."""
    size: tree.Expression | None = None
    """Of bits: how many."""
    constant: Any = None
    """Its value, where Python knows it."""
    written: str = ""
    """What the tree calls it, where that is another name."""


@dataclass(slots=True)
class Reader:
    """The state of reading one function."""

    function: PythonFunction
    place: Place
    scopes: Scopes
    variables: dict[str, Variable] = field(default_factory=dict)
    sure: set[str] = field(default_factory=set)
    """Variables that have a value on every way to the present place."""
    before: list[tree.Statement] = field(default_factory=list)
    """Statements that must stand before the present one."""
    first: list[tree.Statement] = field(default_factory=list)
    """Declarations that open the body: captured data."""
    uses: dict[str, Definition] = field(default_factory=dict)
    """Other definitions that this one needs, by the name that the tree has for them."""
    hidden_gates: set[str] = field(default_factory=set)
    """Standard gates whose names variables have, too; the tree calls them `ql.x`."""
    captured: dict[str, str] = field(default_factory=dict)
    """Captured lists that the body declares: name in Python → name in the tree."""
    guards: list[str] = field(default_factory=list)
    """What holds the present expression and does not always evaluate it: nothing may be put before then."""
    present_block: int = 0
    """Identity of the list of statements being read."""
    result: Kind | None = None
    """The kind that the function returns, once known."""
    result_span: Span | None = None
    result_size: tree.Expression | None = None
    """Of a result of several bits, where a register is returned that is declared with a number."""
    problems: list[Diagnostic] = field(default_factory=list)
    """Mistakes found so far; reading goes on behind a statement that has one."""
    fresh: int = 0

    def refuse(self, node: ast.AST, construct: str, instead: str = "") -> CompileError:
        """The error of a construct that circuits do not have."""
        return CompileError((errors.embedding.NotInCircuits(self.function.span(node), construct, instead, self.place),))

    def refuse_outside(self, node: ast.AST, name: str, kind: str, instead: str = "") -> NoReturn:
        """Raises the error of a name from outside that is no data."""
        raise CompileError((errors.embedding.UnknownOutside(self.function.span(node), name, kind, instead),))

    def position(self, node: ast.AST) -> tuple[int, int]:
        """Begin and end offset of a node."""
        return self.function.offset(node, end=False), self.function.offset(node, end=True)

    def outside(self, name: str) -> Any:
        """What a name means outside of the function; `None` where nothing."""
        return None if self.scopes.is_local(name) else self.function.outside.get(name)

    def attribute(self, node: ast.expr) -> str | None:
        """The last name of `ql.h`, `math.pi`, or of a name imported from such a module; `None` for others."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = self.outside(node.value.id)
            return node.attr if getattr(module, "__name__", "") in _MODULES else None
        if isinstance(node, ast.Name):
            found = self.outside(node.id)
            known = str(getattr(found, "__module__", "")).split(".")[0]
            return getattr(found, "__name__", None) if known in _MODULES and callable(found) else None
        return None

    def name_span(self, node: ast.expr) -> tuple[int, int]:
        """The place of the last name of `ql.h` or `h`."""
        start, end = self.position(node)
        return (end - len(node.attr), end) if isinstance(node, ast.Attribute) else (start, end)

    def variable(self, node: ast.Name) -> Variable:
        """The variable of a name that the function gives a value. Raises CompileError where it may have none."""
        variable = self.variables.get(node.id)
        if variable is None or node.id not in self.sure:
            raise CompileError((errors.embedding.UnassignedVariable(self.function.span(node), node.id),))
        return variable

    def name(self, node: ast.Name) -> tree.Name:
        """A name as the tree has it."""
        variable = self.variables.get(node.id)
        return tree.Name(*self.position(node), (variable.written if variable else "") or node.id)

    def give(self, node: ast.expr, name: str, kind: Kind, size: tree.Expression | None = None) -> Variable:
        """Note that a name gets a value of a kind. Raises CompileError where it had another."""
        span = self.function.span(node)
        variable = self.variables.get(name)
        if variable is None or (variable.node is not None and kind.quantum):
            variable = self.variables[name] = Variable(kind, span, size=size)
        elif variable.kind != kind:
            raise CompileError(
                (errors.embedding.ChangedKind(span, name, str(variable.kind), str(kind), variable.span),)
            )
        self.sure.add(name)
        return variable

    def fresh_name(self) -> str:
        """A name that the function does not have."""
        self.fresh += 1
        name = f"_t{self.fresh - 1}"
        return self.fresh_name() if self.scopes.is_local(name) else name

    def temporary(self, kind: Kind, start: int, end: int, value: tree.Expression | None = None) -> tree.Name:
        """A new variable, declared before the present statement."""
        name = tree.Name(start, end, self.fresh_name())
        kind = BOOL if kind.name == "bit" else kind  # a bit would be one of the circuit's outputs
        declared = tree.ClassicalDeclaration(start, end, named(kind, start, end), name, value, None, False)
        self.before.append(declared)
        return name

    def key(self, name: str, taken: Mapping[str, object]) -> str:
        """The tree's name for another definition: the Python name, unless that means something else in the body."""
        from qlang.operations import GATES

        own = name == self.function.tree.name
        if own or self.scopes.is_local(name) or name in GATES or name in _PAULIS:
            name = f"own.{name}"
        return name if name not in taken else self.key(f"{name}'", taken)

    def use(self, name: str, definition: Definition) -> str:
        """The tree's name for another definition, which becomes known to this one."""
        for key, known in self.uses.items():
            if known is definition:
                return key
        key = self.key(name, self.uses)
        self.uses[key] = definition
        return key

    @contextmanager
    def guarded(self, by: str) -> Iterator[None]:
        """An expression that Python does not always evaluate."""
        self.guards.append(by)
        try:
            yield
        finally:
            self.guards.pop()

    def put_before(self, node: ast.AST, what: str, *, pure: bool = False) -> None:
        """Raises CompileError where nothing can be put before the present statement.

        What is pure may be computed there though Python would not always do so.
        """
        if self.place in ("gate", "observable"):
            raise self.refuse(node, f"{what} in {self.place_words}")
        if self.guards and not pure:
            instead = "give it to a variable in a statement of its own"
            raise self.refuse(node, f"{what} inside {self.guards[-1]}", instead)

    @property
    def place_words(self) -> str:
        return {"observable": "an observable"}.get(self.place, f"a {self.place}")

    def check_word(self, node: ast.AST, name: str) -> None:
        """Raises CompileError for a name that a job could not write, being a word of the language."""
        if name in (*STATEMENT_WORDS, *TYPE_WORDS):
            raise self.refuse(node, f"the name `{name}`, which is a word of the language,", "use another name")

    def take_before(self) -> list[tree.Statement]:
        """The statements that must stand before the present one."""
        taken, self.before = self.before, []
        return taken


_MODULES = ("qlang", "math", "numpy")
_PAULIS = ("X", "Y", "Z", "I")
