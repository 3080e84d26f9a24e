"""What names stand for in observables, and the wires that their operands name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qlang.sema import errors
from qlang.sema.constants import listed
from qlang.sema.jobs import Wire
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import CircuitSymbol, ConstantSymbol, FileScope
from qlang.sema.types import Qubit, Type
from qlang.sema.values import CONSTANTS, Constant, ConstantError
from qlang.syntax import tree
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span

MOST_TERMS = 100_000
MOST_PRODUCTS = 400_000
"""Products of Pauli products on the way to an observable's terms; a few seconds' work."""


@dataclass(frozen=True, slots=True)
class Qubits:
    """What a name stands for: the wires of a register (in order) or a single one."""

    wires: tuple[Wire, ...]
    single: bool


class ObservableFault(Exception):
    """An observable that is none; carries its diagnostic, or `None` where its definition has one already."""

    def __init__(self, diagnostic: Diagnostic | None) -> None:
        super().__init__("a broken definition" if diagnostic is None else diagnostic.code)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an observable's expression is read: its file, its parameters, the circuit's registers."""

    file: FileScope
    bindings: Mapping[str, Qubits | Constant]
    registers: Mapping[str, Qubits]
    """Seen where no parameter has the name: in jobs, and in observables without parameters."""
    circuit: CircuitSymbol | None = None
    declarations: Mapping[str, Span] = field(default_factory=dict)
    """Where the registers are declared."""
    depth: int = 0
    work: list[int] = field(default_factory=lambda: [0], compare=False)
    """Products formed so far, one number for an observable and all that it calls."""

    def names(self, name: str) -> Constant | Type | None:
        found = self.find(name)
        if isinstance(found, Qubits):
            return Qubit(None if found.single else len(found.wires))
        if found is not None:
            return found
        symbol = self.file.lookup(name)
        return symbol.constant if isinstance(symbol, ConstantSymbol) else CONSTANTS.get(name)

    def find(self, name: str) -> Qubits | Constant | None:
        return self.bindings.get(name) or self.registers.get(name)


def no_observable(node: tree.Node, scope: Scope, what: str, advice: str = "") -> ObservableFault:
    """The fault of something that is no observable."""
    return ObservableFault(errors.observables.NotAnObservable(scope.file.span(node), what=what, help=advice))


def unknown_name(node: tree.Name, scope: Scope) -> ObservableFault:
    """The fault of a name that means nothing."""
    if scope.file.torn:
        return ObservableFault(None)
    span = scope.file.span(node)
    known = [*scope.bindings, *scope.registers]
    return ObservableFault(errors.names.UnknownName(span, name=node.name, suggestion=suggest(node.name, known)))


def resolve_qubits(node: tree.Expression, scope: Scope) -> Qubits:
    """The wires that an operand of an observable or output names. Raises ObservableFault."""
    if isinstance(node, tree.Name):
        found = scope.find(node.name)
        if isinstance(found, Qubits):
            return found
        span = scope.file.span(node)
        if scope.registers:
            raise ObservableFault(
                errors.observables.UnknownRegister(
                    span,
                    name=node.name,
                    circuit=span.text if scope.circuit is None else scope.circuit.name,
                    known=tuple(scope.registers),
                    definition=span if scope.circuit is None else scope.circuit.span,
                    suggestion=suggest(node.name, scope.registers),
                )
            )
        if found is not None or scope.file.lookup(node.name) is not None:
            raise no_observable(node, scope, f"`{node.name}`, which is not a qubit,")
        raise unknown_name(node, scope)
    if isinstance(node, tree.Index):
        return _indexed(node, scope)
    if isinstance(node, tree.BinaryOp) and node.operator == "++":
        left, right = resolve_qubits(node.left, scope), resolve_qubits(node.right, scope)
        return Qubits(left.wires + right.wires, single=False)
    raise no_observable(node, scope, f"`{scope.file.span(node).text}`, which names no qubits,")


def _indexed(node: tree.Index, scope: Scope) -> Qubits:
    base = resolve_qubits(node.base, scope)
    size = len(base.wires)
    if base.single or len(node.items) != 1:
        raise ObservableFault(errors.types.NoSuchOperation(scope.file.span(node), operator="[…]", operands=("qubit",)))
    item = node.items[0]
    try:
        picked = listed(item, size, scope.names, scope.file.version, MOST_TERMS)
    except ConstantError as error:
        span = scope.file.span(error.node or item)
        found = error.diagnostic(span)
        if isinstance(found, errors.types.NoSuchOperation) and found.operator == "[]":
            shown = f"`{found.operands[0]}`"
            raise ObservableFault(errors.types.TypeMismatch(span, "an integer index", shown)) from None
        raise ObservableFault(found) from None
    for index in picked:
        if not -size <= index < size:
            raise ObservableFault(
                errors.qubits.IndexOutOfRange(
                    scope.file.span(item),
                    register=scope.file.span(node.base).text,
                    index=index,
                    size=size,
                    declaration=scope.declarations.get(base.wires[0][0]) if base.wires else None,
                    witness=_values(item, scope),
                    fix_index=size - 1 if isinstance(item, tree.IntLiteral) else None,
                )
            )
    single = not isinstance(item, (tree.Range, tree.IndexSet))
    return Qubits(tuple(base.wires[index] for index in picked), single)


def _values(node: tree.Expression, scope: Scope) -> str:
    """`i = 3`: the values of the names in an index."""
    names = dict.fromkeys(part.name for part in tree.walk(node) if isinstance(part, tree.Name))
    found = {name: scope.bindings.get(name) for name in names}
    return ", ".join(f"{name} = {value}" for name, value in found.items() if isinstance(value, Constant))
