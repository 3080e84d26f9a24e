"""Values of expressions: computed where they are known, emitted where they are not."""

from collections.abc import Callable, Sequence

from xdsl.ir import SSAValue

from qlang.compiler.lowering.arithmetic import FUNCTIONS, binary, convert, function, unary, whole
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.frame import Frame, Known, LoweringError, Qubits, Variable
from qlang.compiler.lowering.problems import from_constant, not_executable
from qlang.compiler.lowering.qubits import operand
from qlang.ir import bits as bits_ops
from qlang.ir.circuit import BitsType
from qlang.sema.constants import evaluate, range_of
from qlang.sema.symbols import SubroutineSymbol
from qlang.sema.type_names import resolve_type
from qlang.sema.types import BIT, DEFAULT_WIDTH, Angle, Bit, Int, Qubit, Type, UInt
from qlang.sema.values import Constant, ConstantError, as_float, as_int
from qlang.syntax import tree

SubroutineCall = Callable[[Frame, SubroutineSymbol, tree.Call], Known | None]


def value(frame: Frame, expression: tree.Expression) -> Known:
    """The value of a classical expression.

    Raises LoweringError where it has none.
    """
    handler = _HANDLERS.get(type(expression), _constant)
    try:
        return handler(frame, expression)
    except ConstantError as error:
        raise from_constant(frame, expression, error) from None


def constant(frame: Frame, expression: tree.Expression, what: str) -> Constant:
    """The value of an expression that must be known; `what` names it in the message."""
    found = value(frame, expression)
    if isinstance(found, Constant):
        return found
    raise not_executable(
        frame, expression, f"{what} that depends on a measurement or a sweep", "make it a constant or an argument"
    )


def names(frame: Frame) -> Callable[[str], Constant | Type | None]:
    """What names are, in the form that constant evaluation asks for."""

    def lookup(name: str) -> Constant | Type | None:
        found = frame.lookup(name)
        if isinstance(found, Variable):
            return found.value if isinstance(found.value, Constant) else found.type
        if isinstance(found, Qubits):
            return Qubit(None if found.single else len(found.wires))
        return found

    return lookup


def _constant(frame: Frame, expression: tree.Expression) -> Known:
    return evaluate(expression, names(frame), frame.scope.version)


def _name(frame: Frame, node: tree.Name) -> Known:
    found = frame.lookup(node.name)
    if isinstance(found, Variable):
        return found.value
    if isinstance(found, Constant):
        return found
    return _constant(frame, node)


def _unary(frame: Frame, node: tree.UnaryOp) -> Known:
    return unary(frame.emitter, node.operator, value(frame, node.operand))


def _binary(frame: Frame, node: tree.BinaryOp) -> Known:
    left = value(frame, node.left)
    return binary(frame.emitter, node.operator, left, value(frame, node.right), frame.scope.version)


def _cast(frame: Frame, node: tree.Cast) -> Known:
    return convert(frame.emitter, resolved(frame, node.type), value(frame, node.operand))


def resolved(frame: Frame, kind: tree.Type) -> Type:
    """A type as written, with its sizes evaluated here."""
    return resolve_type(kind, lambda size: constant(frame, size, "a size"))


def _call(frame: Frame, node: tree.Call) -> Known:
    symbol = frame.scope.lookup(node.callee.name)
    if isinstance(symbol, SubroutineSymbol):
        assert frame.call is not None
        result = frame.call(frame, symbol, node)
        if result is None:
            raise not_executable(frame, node, f"the value of `{symbol.name}`, which returns none", "return one")
        return result
    if node.callee.name == "sizeof":
        return _constant(frame, node)
    arguments = [value(frame, argument.value) for argument in node.arguments]
    if len(arguments) == 1 and isinstance(arguments[0], Dynamic) and node.callee.name in FUNCTIONS:
        return function(frame.emitter, node.callee.name, arguments[0])
    if any(isinstance(argument, Dynamic) for argument in arguments):
        raise not_executable(
            frame, node, f"`{node.callee.name}` of values known only at run time", "compute it from constants"
        )
    return _constant(frame, node)


def _measurement(frame: Frame, node: tree.Measurement) -> Known:
    qubits = operand(frame, node.qubits)
    bits = frame.emitter.measure(tuple(qubits.wires))
    return Dynamic(BIT if qubits.single else Bit(len(qubits.wires)), bits)


def _index(frame: Frame, node: tree.Index) -> Known:
    base = value(frame, node.base)
    if len(node.items) != 1:
        return _constant(frame, node)
    item = node.items[0]
    if isinstance(base, Constant):
        if isinstance(item, (tree.Range, tree.IndexSet)) or isinstance(value(frame, item), Constant):
            return _constant(frame, node)
        base = materialised(frame.emitter, base)
    if isinstance(base.type, Bit):
        return _bits_index(frame, node, base, item)
    if isinstance(base.type, (Int, UInt, Angle)):
        register = Bit(base.type.width or DEFAULT_WIDTH)
        packed = BitsType.of(register.size or 1)
        bits = bits_ops.IntToBitsOp.create(operands=[base.ssa], result_types=[packed])
        return _bits_index(frame, node, Dynamic(register, frame.emitter.value(bits)), item)
    raise not_executable(frame, node, f"indexing {base.type} at run time", "use constants or a bit register")


def _bits_index(frame: Frame, node: tree.Index, base: Dynamic, item: tree.Expression) -> Known:
    assert isinstance(base.type, Bit)
    size = base.type.size or 1
    if isinstance(item, tree.Range):
        chosen = range_of(item, size, names(frame), frame.scope.version)
        if chosen.step != 1 or not chosen:
            raise not_executable(frame, node, "a slice of bits with a step", "index the bits one by one")
        return extract(frame.emitter, base, frame.emitter.integer(chosen[0]), Bit(len(chosen)))
    position = value(frame, item)
    if isinstance(position, Constant):
        index = as_int(position)
        index += size if index < 0 else 0
        return extract(frame.emitter, base, frame.emitter.integer(index), BIT)
    return extract(frame.emitter, base, whole(frame.emitter, position), BIT)


def extract(emitter: Emitter, base: Dynamic, index: SSAValue, kind: Bit) -> Dynamic:
    """Bits of a register from an index on, without reading them."""
    size = BitsType.of(kind.size or 1)
    if base.ssa.type == size:
        return Dynamic(kind, base.ssa)
    op = bits_ops.BitsExtractOp.create(operands=[base.ssa, index], result_types=[size])
    return Dynamic(kind, emitter.value(op))


def materialised(emitter: Emitter, known: Known) -> Dynamic:
    """The value as one that exists at run time."""
    if isinstance(known, Dynamic):
        return known
    match known.type:
        case Bit():
            return Dynamic(known.type, emitter.bits(as_int(known), known.type.size or 1))
        case Int() | UInt() | Angle():
            return Dynamic(known.type, whole(emitter, known))
        case kind if isinstance(known.value, bool):
            return Dynamic(kind, emitter.boolean(known.value))
        case kind:
            return Dynamic(kind, emitter.real(as_float(known)))


def arguments_of(frame: Frame, expressions: Sequence[tree.Expression]) -> list[Known]:
    """The values of a list of expressions."""
    return [value(frame, expression) for expression in expressions]


_HANDLERS: dict[type[tree.Expression], Callable[..., Known]] = {
    tree.Name: _name,
    tree.UnaryOp: _unary,
    tree.BinaryOp: _binary,
    tree.Cast: _cast,
    tree.Call: _call,
    tree.Index: _index,
    tree.Measurement: _measurement,
}

__all__ = ["LoweringError", "arguments_of", "constant", "materialised", "names", "resolved", "value"]
