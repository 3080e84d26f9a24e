"""Operands that are qubits: registers, indices, slices, aliases and concatenations, as lists of wires."""

from collections.abc import Callable
from itertools import pairwise

from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from qlang.compiler.lowering.frame import Frame, Qubits, Wire
from qlang.compiler.lowering.problems import not_executable, out_of_range
from qlang.ir.wires import WireAtOp
from qlang.sema.constants import range_of
from qlang.sema.operands import concatenated
from qlang.sema.values import Constant, ConstantError, as_int
from qlang.syntax import tree


def operand(frame: Frame, expression: tree.Expression) -> Qubits:
    """The qubits that an operand stands for.

    Raises LoweringError where an index is outside its register or cannot be resolved.
    """
    handler = _HANDLERS.get(type(expression))
    if handler is None:
        raise not_executable(frame, expression, "this expression as a qubit", "name a qubit or register")
    return handler(frame, expression)


def is_quantum_operand(frame: Frame, expression: tree.Expression) -> bool:
    """Whether an expression stands for qubits."""
    while isinstance(expression, (tree.Index, tree.BinaryOp)):
        expression = expression.base if isinstance(expression, tree.Index) else expression.left
    if isinstance(expression, tree.Name):
        return isinstance(frame.lookup(expression.name), Qubits)
    return isinstance(expression, tree.HardwareQubit)


def _name(frame: Frame, node: tree.Name) -> Qubits:
    found = frame.lookup(node.name)
    if isinstance(found, Qubits):
        return found
    raise not_executable(frame, node, f"`{node.name}` as a qubit", "name a qubit or register of this circuit")


def _index(frame: Frame, node: tree.Index) -> Qubits:
    from qlang.compiler.lowering.expressions import names, value
    from qlang.compiler.lowering.moving import moving_places

    base = operand(frame, node.base)
    size, name = len(base.wires), _text(frame, node.base)
    if len(node.items) != 1:
        raise not_executable(frame, node, "an index with several dimensions", "registers have one dimension")
    item = node.items[0]
    if isinstance(item, tree.Range):
        try:
            chosen = range_of(item, size, names(frame), frame.scope.version)
        except ConstantError as error:
            places = moving_places(frame, item, error)
            return Qubits(tuple(_wire_at(frame, item, base, place) for place in places), single=False)
        if chosen and not all(0 <= index < size for index in (chosen[0], chosen[-1])):
            raise out_of_range(frame, item, chosen[-1], name, size)
        return Qubits(tuple(base.wires[index] for index in chosen), single=False)
    if isinstance(item, tree.IndexSet):
        wires = tuple(_element(frame, entry, base, name) for entry in item.items)
        return Qubits(wires, single=False)
    if isinstance(item, tree.IntLiteral) and 0 <= item.value < size:
        return Qubits((base.wires[item.value],), single=True)
    found = value(frame, item)
    if isinstance(found, Constant):
        return Qubits((_element(frame, item, base, name),), single=True)
    return Qubits((_element(frame, item, base, name),), single=True)


def _element(frame: Frame, item: tree.Expression, base: Qubits, name: str) -> Wire:
    """The wire at an index, which may be computed."""
    from qlang.compiler.lowering.conversions import whole
    from qlang.compiler.lowering.expressions import value

    size = len(base.wires)
    found = value(frame, item)
    if isinstance(found, Constant):
        index = as_int(found)
        if not -size <= index < size:
            raise out_of_range(frame, item, index, name, size)
        return base.wires[index]
    return _wire_at(frame, item, base, whole(frame.emitter, found))


def _wire_at(frame: Frame, item: tree.Expression, base: Qubits, position: SSAValue) -> SSAValue:
    """The wire at an index known only at run time: computed where the index is known to be inside, looked up else."""
    wires = [wire for wire in base.wires if isinstance(wire, int)]
    if len(wires) < len(base.wires) or not wires:
        raise not_executable(
            frame, item, "an index known only at run time into qubits chosen at run time", "index the register itself"
        )
    inside = frame.emitter.intervals.of(position)
    step = wires[1] - wires[0] if len(wires) > 1 else 1
    even = all(b - a == step for a, b in pairwise(wires))
    if not even or inside is None or inside[0] < 0 or inside[1] >= len(wires):
        return frame.emitter.value(WireAtOp.of(position, wires))
    if step != 1:
        position = _arith(frame, arith.MuliOp, position, frame.emitter.integer(step))
    return position if wires[0] == 0 else _arith(frame, arith.AddiOp, position, frame.emitter.integer(wires[0]))


def _arith(frame: Frame, kind: type[arith.MuliOp] | type[arith.AddiOp], left: SSAValue, right: SSAValue) -> SSAValue:
    flags = {"overflowFlags": arith.IntegerOverflowAttr("none")}
    return frame.emitter.value(kind.create(operands=[left, right], result_types=[i64], properties=flags))


def _hardware(frame: Frame, node: tree.HardwareQubit) -> Qubits:
    found = frame.lookup("$")
    if isinstance(found, Qubits) and node.index < len(found.wires):
        return Qubits((found.wires[node.index],), single=True)
    raise not_executable(
        frame, node, f"the physical qubit `${node.index}` here", "declare a register and pass its qubits"
    )


def _concatenation(frame: Frame, node: tree.BinaryOp) -> Qubits:
    parts = [operand(frame, part) for part in concatenated(node)]
    return Qubits(tuple(wire for part in parts for wire in part.wires), single=False)


def _text(frame: Frame, node: tree.Node) -> str:
    return frame.span(node).text


_HANDLERS: dict[type[tree.Expression], Callable[..., Qubits]] = {
    tree.Name: _name,
    tree.Index: _index,
    tree.HardwareQubit: _hardware,
    tree.BinaryOp: _concatenation,
}
