"""Qubit operands: which qubits `q`, `q[i]`, `q[0:2]`, `a ++ b` and aliases stand for."""

from dataclasses import dataclass

from qlang.sema import errors
from qlang.sema.constants import Names, listed, range_of
from qlang.sema.context import Context
from qlang.sema.describe import definition_of, kind_of
from qlang.sema.suggestions import suggest
from qlang.sema.symbols import BrokenSymbol, Symbol, VariableSymbol
from qlang.sema.type_names import LARGEST_REGISTER
from qlang.sema.types import Qubit, Qubits, Unknown
from qlang.sema.values import CONSTANTS, ConstantError
from qlang.syntax import tree
from qlang.syntax.source import Source, Span

LARGEST_LISTED = 4096
"""Registers beyond this size are not compared qubit by qubit."""


@dataclass(frozen=True, slots=True)
class Operand:
    """Some qubits of one register, or of several for an alias that joins them."""

    node: tree.Expression
    size: int | None
    """`None` for a single qubit, -1 where it is not known."""
    root: VariableSymbol | None
    """The register or parameter; `None` where several are joined or nothing is known."""
    indices: range | tuple[int, ...] | None
    """Indices in the root; `None` where they depend on run time."""
    parts: "tuple[Operand, ...]" = ()
    """What `++` joins."""

    def wires(self) -> list[tuple[VariableSymbol, int]] | None:
        """The qubits, as far as they are known; `None` otherwise."""
        if self.parts:
            if self.size is not None and self.size > LARGEST_LISTED:
                return None
            lists = [part.wires() for part in self.parts]
            return None if None in lists else [wire for wires in lists if wires for wire in wires]
        if self.root is None or self.indices is None or len(self.indices) > LARGEST_LISTED:
            return None
        return [(self.root, index) for index in self.indices]


@dataclass(frozen=True, eq=False)
class AliasSymbol(VariableSymbol):
    """`let name = …` over qubits: another name for them."""

    target: Operand


@dataclass(frozen=True, slots=True)
class IndexFault:
    """An index without a qubit: the node, the value, and the size that it misses."""

    node: tree.Node
    index: int
    size: int


def shown_wire(root: VariableSymbol, index: int) -> str:
    """`q[0]`, `q` for a single qubit, `$0` for a physical one."""
    if root.name == "$":
        return f"${index}"
    return root.name if str(root.type) == "qubit" else f"{root.name}[{index}]"


def unknown_operand(node: tree.Expression) -> Operand:
    """An operand about which nothing more is reported."""
    return Operand(node, -1, None, None)


def check_operand(context: Context, node: tree.Expression) -> Operand | None:
    """The qubits of an operand; reports what is wrong with it and answers `None` then."""
    match node:
        case tree.Name():
            return _named(context, node)
        case tree.Index():
            base = check_operand(context, node.base)
            return None if base is None else _indexed_checked(context, base, node)
        case tree.BinaryOp(operator="++"):
            parts = [check_operand(context, part) for part in concatenated(node)]
            found = [part for part in parts if part is not None]
            return _joined(context, node, found) if len(found) == len(parts) else None
        case tree.HardwareQubit():
            return _physical(context, node)
        case tree.Missing():
            return None
        case _:
            from qlang.sema.infer import infer

            kind, _ = infer(context, node)
            if not isinstance(kind, Unknown):
                context.report(errors.types.TypeMismatch(context.span(node), expected="qubits", found=f"`{kind}`"))
            return None


PHYSICAL = VariableSymbol("$", Span(Source("", ""), 0, 0), Qubits(), "qubit")
"""All physical qubits together, as a register."""
MOST_PHYSICAL = 4096


def _physical(context: Context, node: tree.HardwareQubit) -> Operand | None:
    """`$k` is wire k of a simulator, in circuits that have physical qubits only."""
    if context.place != "circuit" or context.registers or node.index >= MOST_PHYSICAL:
        where = "beside declared registers" if context.registers else "in the body of a definition"
        where = f"beyond ${MOST_PHYSICAL - 1}" if node.index >= MOST_PHYSICAL else where
        context.report(
            errors.circuits.NotExecutable(
                context.span(node),
                construct=f"a physical qubit (`${node.index}`) {where}",
                instead="declare `qubit[n] q;` and let the compiler place it",
            )
        )
        return None
    return Operand(node, None, PHYSICAL, (node.index,))


def _named(context: Context, node: tree.Name) -> Operand | None:
    symbol = context.use(node)
    if isinstance(symbol, AliasSymbol):
        target = symbol.target
        return Operand(node, target.size, target.root, target.indices, target.parts)
    if isinstance(symbol, VariableSymbol):
        if isinstance(symbol.type, Qubit):
            size = symbol.type.size
            return Operand(node, size, symbol, range(1 if size is None else size))
        if isinstance(symbol.type, Qubits):
            return Operand(node, -1, symbol, None)
        if isinstance(symbol.type, Unknown):
            return unknown_operand(node)
    if isinstance(symbol, BrokenSymbol):
        return unknown_operand(node)
    report_not_qubits(context, node, symbol)
    return None


def report_not_qubits(context: Context, node: tree.Name, symbol: Symbol | None) -> None:
    """Report a name that stands where qubits are needed."""
    if symbol is None:
        report_unknown(context, node, _qubit_names(context))
        return
    span = context.span(node)
    context.report(
        errors.names.WrongKind(
            span,
            name=node.name,
            found=kind_of(symbol),
            wanted="a qubit",
            definition=definition_of(symbol),
            known=tuple(_qubit_names(context)),
        )
    )


def _qubit_names(context: Context) -> list[str]:
    return [
        name
        for frame in context.frames
        for name, symbol in frame.items()
        if isinstance(symbol, VariableSymbol) and isinstance(symbol.type, (Qubit, Qubits))
    ]


def report_unknown(context: Context, node: tree.Name, candidates: list[str]) -> None:
    """Report a name that means nothing here, with the best reason there is."""
    if is_phantom(node) or context.scope.torn:
        return
    span = context.span(node)
    outer = context.outside.get(node.name)
    if outer is not None:
        quantum = isinstance(outer, VariableSymbol) and isinstance(outer.type, (Qubit, Qubits))
        context.report(errors.names.OuterVariable(span, node.name, context.place, outer.span, quantum))
    elif node.name in context.later:
        later = context.span(context.later[node.name])
        context.report(errors.names.UsedBeforeDefinition(span, name=node.name, definition=later))
    else:
        near = suggest(node.name, candidates)
        known = tuple(
            dict.fromkeys(name for name in candidates if name not in CONSTANTS and name not in ("true", "false"))
        )
        context.report(errors.names.UnknownName(span, node.name, near, known, context.place))
        if near is None:  # once is enough where there is nothing to fix at each place
            context.frames[0].setdefault(node.name, BrokenSymbol(node.name, span))


def is_phantom(node: tree.Name) -> bool:
    """Whether the parser had to assume this name; it has its diagnostic."""
    return node.start == node.end or not node.name


def _indexed_checked(context: Context, base: Operand, node: tree.Index) -> Operand | None:
    from qlang.sema.indexing import check_index_types

    if not check_index_types(context, node.items):
        return None
    if base.size is None or len(node.items) != 1:
        single = base.size is None
        context.report(
            errors.qubits.NotARegister(
                context.span(node),
                name=context.span(node.base).text,
                what="a single qubit" if single else "a register with one index",
                index=", ".join(context.span(item).text for item in node.items),
                brackets=context.scope.span(tree.Missing(node.base.end, node.end)),
                single=single,
                declaration=None if base.root is None else base.root.span,
            )
        )
        return None
    try:
        found = indexed(base, node, context.names, context.version)
    except ConstantError:
        return _undecided(base, node)
    if isinstance(found, IndexFault):
        if not context.dead:
            report_index(context, base, found)
        return unknown_operand(node)
    return found


def _undecided(base: Operand, node: tree.Index) -> Operand:
    """An index that is not constant: what size it selects is known for single indices and constant ranges only."""
    item = node.items[0]
    if not isinstance(item, (tree.Range, tree.IndexSet)):
        return Operand(node, None, base.root, None)
    if isinstance(item, tree.IndexSet):
        return Operand(node, len(item.items), base.root, None)
    return Operand(node, -1, base.root, None)


def indexed(base: Operand, node: tree.Index, names: Names, version: int) -> Operand | IndexFault:
    """`base[item]` with values for the names, or the index that has no qubit.

    Raises ConstantError where a value is not known.
    """
    item = node.items[0]
    size = base.size
    known = size if size is not None and size >= 0 else None
    single = not isinstance(item, (tree.Range, tree.IndexSet))
    if isinstance(item, tree.Range):
        picked: range | list[int] = range_of(item, known, names, version)
    else:
        picked = listed(item, known, names, version)
    if known is None:
        return Operand(node, None if single else len(picked), base.root, None)
    ends = (picked[0], picked[-1]) if isinstance(picked, range) and picked else picked
    for index in ends:
        if not -known <= index < known:
            return IndexFault(item, index, known)
    chosen = _within(base, picked, known)
    parts = _picked_parts(base, picked, known) if base.parts else ()
    return Operand(node, None if single else len(picked), base.root, chosen, parts)


def _within(base: Operand, picked: range | list[int], size: int) -> range | tuple[int, ...] | None:
    if base.indices is None:
        return None
    if isinstance(picked, range) and base.indices == range(size) and (not picked or min(picked) >= 0):
        return picked
    return tuple(base.indices[index % size] for index in picked)


def _picked_parts(base: Operand, picked: range | list[int], size: int) -> tuple[Operand, ...]:
    wires = base.wires()
    if wires is None:
        return (unknown_operand(base.node),)
    chosen = [wires[index % size] for index in picked]
    return tuple(Operand(base.node, None, root, (index,)) for root, index in chosen)


def concatenated(node: tree.Expression) -> list[tree.Expression]:
    """What `a ++ b ++ c` joins, in order; chains nest to the left, as deep as they are long."""
    parts = []
    while isinstance(node, tree.BinaryOp) and node.operator == "++":
        parts.append(node.right)
        node = node.left
    parts.append(node)
    parts.reverse()
    return parts


def _joined(context: Context, node: tree.Expression, parts: list[Operand]) -> Operand | None:
    sizes = [1 if part.size is None else part.size for part in parts]
    if sum(sizes) > LARGEST_REGISTER:  # aliases of aliases grow without a register of that size
        limit, found = LARGEST_REGISTER, str(sum(sizes))
        context.report(errors.types.InvalidSize(context.span(node), value=found, limit=limit))
        return None
    return Operand(node, -1 if -1 in sizes else sum(sizes), None, None, tuple(parts))


def report_index(
    context: Context, base: Operand, fault: IndexFault, witness: str = "", loops: tuple[tree.Expression, ...] = ()
) -> None:
    """Report an index without a qubit, with the register's declaration and the ranges that lead to it."""
    root: VariableSymbol | None = base.root
    name = base.node
    while isinstance(name, tree.Index):
        name = name.base
    symbol = context.lookup(name.name) if isinstance(name, tree.Name) else None
    if isinstance(symbol, AliasSymbol):
        root = symbol
    if base.node is not name:  # a part of a register has no declaration of its own
        root = None
    literal = isinstance(fault.node, tree.IntLiteral)
    context.report(
        errors.qubits.IndexOutOfRange(
            context.span(fault.node),
            register=context.span(base.node).text,
            index=fault.index,
            size=fault.size,
            declaration=None if root is None else root.span,
            witness=witness,
            fix_index=fault.size - 1 if literal else None,
            loops=tuple(context.span(loop) for loop in loops),
            whole_range=isinstance(fault.node, tree.Range),
            alias=isinstance(root, AliasSymbol),
        )
    )
