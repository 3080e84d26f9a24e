"""Slices that move: `q[i:i+2]` in a loop has a length that is known, though its place is not."""

from collections import Counter
from collections.abc import Iterator

from xdsl.dialects import arith
from xdsl.dialects.builtin import i64
from xdsl.ir import SSAValue

from qlang.compiler.lowering.conversions import emit, whole
from qlang.compiler.lowering.expressions import names, value
from qlang.compiler.lowering.frame import Frame
from qlang.sema.constants import evaluate
from qlang.sema.values import Constant, ConstantError, as_int
from qlang.syntax import tree

Sum = Counter[str]
"""A sum of names times whole numbers; the empty name stands for 1."""


def moving_places(frame: Frame, item: tree.Range, error: ConstantError) -> tuple[SSAValue, ...]:
    """The places of a range whose bounds are not known, but whose length is.

    Raises the given error where the length is not known either.
    """
    if item.first is None or item.last is None:
        raise error
    step = 1 if item.step is None else _known(frame, item.step)
    first, last = _sum(frame, item.first), _sum(frame, item.last)
    if not step or first is None or last is None or not (set(first) | set(last)) - {""}:
        raise error
    last.subtract(first)
    distance = last.pop("", 0)
    if any(last.values()):
        raise error
    emitter = frame.emitter
    start = whole(emitter, value(frame, item.first))
    offsets = range(0, distance + (1 if step > 0 else -1), step)
    if not offsets:
        raise error
    return tuple(start if not k else emit(emitter, arith.AddiOp, [start, emitter.integer(k)], i64) for k in offsets)


def _known(frame: Frame, node: tree.Expression) -> int | None:
    try:
        return as_int(evaluate(node, names(frame), frame.scope.version))
    except (ConstantError, TypeError):
        return None


def _sum(frame: Frame, node: tree.Expression) -> Sum | None:
    """An integer expression as a sum; `None` where it is none."""
    number = _known(frame, node)
    if number is not None:
        return Counter({"": number})
    match node:
        case tree.Name():
            return None if isinstance(value(frame, node), Constant) else Counter({node.name: 1})
        case tree.BinaryOp(operator="+" | "-" | "*" as symbol):
            sides = list(_sides(frame, node))
            if len(sides) < 2:
                return None
            return _combined(symbol, *sides)
        case _:
            return None


def _sides(frame: Frame, node: tree.BinaryOp) -> Iterator[Sum]:
    for side in (node.left, node.right):
        found = _sum(frame, side)
        if found is not None:
            yield found


def _combined(symbol: str, left: Sum, right: Sum) -> Sum | None:
    if symbol == "*":
        number, other = (left, right) if set(left) <= {""} else (right, left)
        return Counter({name: factor * number[""] for name, factor in other.items()}) if set(number) <= {""} else None
    if symbol == "+":
        left.update(right)
    else:
        left.subtract(right)
    return left
