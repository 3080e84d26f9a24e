"""Between which numbers a run-time integer lies, read off the operations that compute it.

Used to leave out checks that cannot fail: the index `i + 1` in a loop over `[0:sizeof(q)-2]` is always inside of `q`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from xdsl.dialects import arith
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Operation, SSAValue

Interval = tuple[int, int]
"""Least and greatest value, both possible as far as is known."""

_LIMIT = 1 << 62
"""Beyond this a sum might wrap around, and nothing is known."""
_DEEPEST = 40


def _products(a: Interval, b: Interval) -> Interval:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _remainder(a: Interval, b: Interval) -> Interval | None:
    """Of division that truncates towards zero: the sign of the dividend, smaller than the divisor."""
    if b[0] <= 0:
        return None
    most = b[1] - 1
    return (0 if a[0] >= 0 else max(-most, a[0])), (0 if a[1] <= 0 else min(most, a[1]))


def _and(a: Interval, b: Interval) -> Interval | None:
    """With a mask of low bits, as numbers are kept within their width."""
    for value, mask in ((a, b), (b, a)):
        if mask[0] == mask[1] and mask[0] >= 0:
            small = value[0] >= 0 and value[1] <= mask[0] and mask[0] & (mask[0] + 1) == 0
            return value if small else (0, mask[0])
    return None


_RULES: dict[type[Operation], Callable[[Interval, Interval], Interval | None]] = {
    arith.AddiOp: lambda a, b: (a[0] + b[0], a[1] + b[1]),
    arith.SubiOp: lambda a, b: (a[0] - b[1], a[1] - b[0]),
    arith.MuliOp: _products,
    arith.RemSIOp: _remainder,
    arith.AndIOp: _and,
}


@dataclass(slots=True)
class Intervals:
    """What is known of values that no operation computes: variables of loops."""

    known: dict[SSAValue, Interval] = field(default_factory=dict)

    def of(self, value: SSAValue, depth: int = 0) -> Interval | None:
        """The interval of a value; `None` where nothing is known."""
        found = self.known.get(value)
        if found is not None or depth > _DEEPEST:
            return found
        owner = value.owner
        if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
            number = owner.value.value.data
            return number, number
        rule = _RULES.get(type(owner)) if isinstance(owner, Operation) else None
        if rule is None or not isinstance(owner, Operation):
            return None
        left, right = (self.of(operand, depth + 1) for operand in owner.operands)
        if left is None or right is None:
            return None
        result = rule(left, right)
        return result if result is not None and result[0] >= -_LIMIT and result[1] <= _LIMIT else None
