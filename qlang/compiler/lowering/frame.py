"""What a name means while a body is lowered: variables with their present values, qubits, aliases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from xdsl.ir import SSAValue

from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.expansion import Counts
from qlang.compiler.lowering.jumps import Endings
from qlang.compiler.lowering.levels import Level
from qlang.ir.circuit import RegisterType
from qlang.ir.gates import Primitive
from qlang.ir.spans import CallPlace
from qlang.sema.jobs import CheckedJob
from qlang.sema.symbols import ConstantSymbol, FileScope, SubroutineSymbol
from qlang.sema.types import Type
from qlang.sema.values import CONSTANTS, Constant
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

Known = Constant | Dynamic
"""A classical value: known now, or when the circuit runs."""
Wire = int | SSAValue


class LoweringError(Exception):
    """A program that cannot be lowered; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message())
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Qubits:
    """Qubits that a name or operand stands for; `single` for one that is no register."""

    wires: range | tuple[Wire, ...]
    single: bool


@dataclass(slots=True)
class Variable:
    """A classical variable, with the value it has at the present point."""

    type: Type
    value: Known


@dataclass(frozen=True, slots=True)
class View:
    """A part of a variable under a name of its own; see `views`."""

    base: "Reference"
    selections: "tuple[Selection, ...]"


@dataclass(frozen=True, slots=True)
class JoinedView:
    """Two parts one after the other, `a ++ b`."""

    left: "Reference"
    right: "Reference"


Selection = Wire | tuple[Wire, ...]
"""Of one dimension: a place counted from the front, one computed at run time, or several."""
Reference = Variable | View | JoinedView
"""What can be assigned to."""
Binding = Variable | View | JoinedView | Qubits | Constant


@dataclass(slots=True)
class Frame:
    """The names of a body being lowered, innermost scope last.

    Subroutines get a frame of their own; frames of a circuit share its emitter.
    """

    emitter: Emitter
    scope: FileScope
    """Names outside the body: constants, gates, subroutines."""
    depth: int = 0
    """How many subroutines are open."""
    scopes: list[dict[str, Binding]] = field(default_factory=lambda: [{}])
    call: "Callable[[Frame, SubroutineSymbol, tree.Call], Known | None] | None" = None
    """Lowers a subroutine call; set where statements are, above the rooms of expressions."""
    result: Known | None = None
    """What the subroutine returned."""
    calls: tuple[CallPlace, ...] = ()
    """The calls that led to this body, innermost first."""
    levels: "list[Level]" = field(default_factory=list)
    """The bodies that can be left, the circuit first."""
    outputs: "frozenset[str]" = frozenset()
    """Variables of the circuit that are read when it has ended."""
    endings: Endings = field(default_factory=Endings)
    """Which subroutines may end the circuit."""
    primitives: "dict[str, Primitive | Literal[False]]" = field(default_factory=dict)
    """Gate name → its primitive, or False where it is expanded; the same for all bodies of a file."""
    files: "dict[int, dict[str, Primitive | Literal[False]]]" = field(default_factory=dict)
    """The `primitives` of every file met, by scope."""
    counts: Counts = field(default_factory=dict)
    """What calls from this body expand to, as far as it was asked for."""

    def lookup(self, name: str) -> Binding | None:
        """The innermost meaning of a name that is no gate or subroutine."""
        for names in reversed(self.scopes):
            found = names.get(name)
            if found is not None:
                return found
        symbol = self.scope.lookup(name)
        if isinstance(symbol, ConstantSymbol):
            return symbol.constant
        return CONSTANTS.get(name)

    def bind(self, name: str, binding: Binding) -> None:
        """Define a name in the innermost scope."""
        self.scopes[-1][name] = binding

    def bind_value(self, name: str, value: Known, kind: Type | None = None) -> None:
        """Define a variable in the innermost scope."""
        self.scopes[-1][name] = Variable(kind or value.type, value)

    def within(self, scope: FileScope) -> "Frame":
        """A frame for the body of a gate or subroutine that `scope`'s file defines."""
        known = self.files.setdefault(id(scope), {})
        return Frame(
            self.emitter,
            scope,
            self.depth + 1,
            call=self.call,
            calls=self.calls,
            levels=list(self.levels),
            endings=self.endings,
            primitives=known,
            files=self.files,
        )

    def all_wires(self) -> range:
        """Every qubit of the circuit, for a barrier or delay without operands."""
        register = self.emitter.register.type
        assert isinstance(register, RegisterType)
        return range(register.size.data)

    def variable(self, name: str) -> Variable | None:
        """The variable of a name, or `None` where it names something else."""
        found = self.lookup(name)
        return found if isinstance(found, Variable) else None

    def span(self, node: tree.Node) -> Span:
        """The place of a node in this body's file."""
        return Span(self.scope.source, node.start, node.end)


@dataclass(frozen=True, slots=True)
class Outputs:
    """The registers of a circuit as laid out: names → first wire and size, and bit registers with their sizes."""

    qubits: dict[str, tuple[int, int]]
    bits: dict[str, int]

    @classmethod
    def of(cls, job: CheckedJob) -> "Outputs":
        layout: dict[str, tuple[int, int]] = {}
        first = 0
        for name, size in job.qubits.items():
            layout[name] = (first, size)
            first += size
        return cls(layout, dict(job.bits))

    @property
    def size(self) -> int:
        """Number of qubits."""
        return sum(size for _, size in self.qubits.values())
