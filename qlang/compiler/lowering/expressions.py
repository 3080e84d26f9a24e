"""Values of expressions: computed where they are known, emitted where they are not."""

from collections.abc import Callable, Sequence

from qlang.compiler.lowering.arithmetic import binary, unary
from qlang.compiler.lowering.conversions import convert, made, materialised, whole
from qlang.compiler.lowering.emitter import Dynamic
from qlang.compiler.lowering.ending_calls import result_name
from qlang.compiler.lowering.frame import (
    Frame,
    JoinedView,
    Known,
    LoweringError,
    Qubits,
    Selection,
    Variable,
    View,
    Wire,
)
from qlang.compiler.lowering.functions import function
from qlang.compiler.lowering.problems import from_constant, not_executable
from qlang.compiler.lowering.qubits import operand
from qlang.compiler.lowering.selections import taken
from qlang.compiler.lowering.viewing import read
from qlang.sema.casts import element_type
from qlang.sema.constants import evaluate, listed
from qlang.sema.functions import call_builtin
from qlang.sema.parts import array_of, dimensions, position
from qlang.sema.symbols import SubroutineSymbol
from qlang.sema.type_names import resolve_type
from qlang.sema.types import BIT, Array, Bit, Qubit, Type
from qlang.sema.values import Constant, ConstantError, as_int
from qlang.syntax import tree


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
        if isinstance(found, (Variable, View, JoinedView)):
            known = read(frame.emitter, found)
            return known if isinstance(known, Constant) else known.type
        if isinstance(found, Qubits):
            return Qubit(None if found.single else len(found.wires))
        return found

    return lookup


def _constant(frame: Frame, expression: tree.Expression) -> Known:
    return evaluate(expression, names(frame), frame.scope.version)


def _name(frame: Frame, node: tree.Name) -> Known:
    found = frame.lookup(node.name)
    if isinstance(found, (Variable, View, JoinedView)):
        return read(frame.emitter, found)
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
        early = frame.variable(result_name(node)) if frame.endings.any else None
        if early is not None:
            return early.value
        result = frame.call(frame, symbol, node)
        if result is None:
            raise not_executable(frame, node, f"the value of `{symbol.name}`, which returns none", "return one")
        return result
    if node.callee.name == "sizeof":
        return _constant(frame, node)
    arguments = [value(frame, argument.value) for argument in node.arguments]
    if any(isinstance(argument, Dynamic) for argument in arguments):
        return function(frame.emitter, node.callee.name, arguments, frame.scope.version)
    known = [argument for argument in arguments if isinstance(argument, Constant)]
    return call_builtin(node.callee.name, known, frame.scope.version)


def _measurement(frame: Frame, node: tree.Measurement) -> Known:
    qubits = operand(frame, node.qubits)
    bits = frame.emitter.measure(tuple(qubits.wires))
    return Dynamic(BIT if qubits.single else Bit(len(qubits.wires)), bits)


def _index(frame: Frame, node: tree.Index) -> Known:
    base = value(frame, node.base)
    return taken(frame.emitter, base, selections(frame, node.items, base.type))


def selections(frame: Frame, items: Sequence[tree.Expression], kind: Type) -> list[Selection]:
    """What each part of an index into a value of a type chooses.

    Raises ConstantError for known indices outside of their dimension, and slices that are not known.
    """
    found: list[Selection] = []
    for item, (size, indexed) in zip(items, dimensions(kind, len(items)), strict=True):
        if isinstance(item, tree.Range):
            found.append(_slice(frame, item, size, indexed))
        elif isinstance(item, tree.IndexSet):
            found.append(tuple(_place(frame, entry, size, indexed) for entry in item.items))
        else:
            found.append(_place(frame, item, size, indexed))
    return found


def _slice(frame: Frame, item: tree.Range, size: int, indexed: Type) -> tuple[Wire, ...]:
    from qlang.compiler.lowering.moving import moving_places

    try:
        places = listed(item, size, names(frame), frame.scope.version)
    except ConstantError as error:
        return moving_places(frame, item, error)
    return tuple(position(place, size, indexed) for place in places)


def _place(frame: Frame, item: tree.Expression, size: int, indexed: Type) -> Wire:
    index = value(frame, item)
    return position(as_int(index), size, indexed) if isinstance(index, Constant) else whole(frame.emitter, index)


def _array(frame: Frame, node: tree.ArrayLiteral) -> Known:
    items = arguments_of(frame, node.items)
    if all(isinstance(item, Constant) for item in items):
        return _constant(frame, node)
    element = items[0].type
    kind = array_of(element, len(items))
    return made(
        frame.emitter, kind, [materialised(frame.emitter, convert(frame.emitter, element, item)) for item in items]
    )


def assigned(frame: Frame, kind: Type, expression: tree.Expression) -> Known:
    """The value of an expression as stored in a variable of a type."""
    if isinstance(kind, Array) and isinstance(expression, tree.ArrayLiteral):
        inner = element_type(kind)
        items = [assigned(frame, inner, item) for item in expression.items]
        if not all(isinstance(item, Constant) for item in items):
            elements = [materialised(frame.emitter, item) for item in items]
            return made(frame.emitter, array_of(elements[0].type, len(elements)), elements)
    return convert(frame.emitter, kind, value(frame, expression))


def arguments_of(frame: Frame, expressions: Sequence[tree.Expression]) -> list[Known]:
    """The values of a list of expressions."""
    return [value(frame, expression) for expression in expressions]


def _duration_of(frame: Frame, node: tree.DurationOf) -> Known:
    from qlang.compiler.lowering.statements import lower_body
    from qlang.compiler.lowering.timing import lower_duration_of

    return lower_duration_of(frame, node, lower_body)


_HANDLERS: dict[type[tree.Expression], Callable[..., Known]] = {
    tree.Name: _name,
    tree.UnaryOp: _unary,
    tree.BinaryOp: _binary,
    tree.Cast: _cast,
    tree.Call: _call,
    tree.Index: _index,
    tree.Measurement: _measurement,
    tree.ArrayLiteral: _array,
    tree.DurationOf: _duration_of,
}

__all__ = ["LoweringError", "arguments_of", "assigned", "constant", "names", "resolved", "selections", "value"]
