"""Numbers that remember how they follow from a job's parameters.

A symbolic number is affine in a basis: the parameters, and one element for every operation that is not affine
(`sin(h)`, `a * b`). It carries its value at the point where it is traced, so that the checks of a run hold there;
nothing can be decided by it, since a decision would be right for that point alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.backends.errors import BackendError
from qlang.backends.scalars import COMPARE_FLOATS, FLOATS, failed
from qlang.kernels.expressions import Affine, Expressions, Stage, affine, constant


@dataclass(eq=False)
class NotDifferentiable(BackendError):
    """Something that has no derivative with respect to the parameters, or is no function of them."""

    construct: str
    instead: str = ""
    """A way out."""

    def __str__(self) -> str:
        return f"{self.construct} cannot be differentiated"


SELECT = "select "
"""Operation, followed by a predicate of `arith.cmpf`: of the operands l, r, x, y it is x where l and r compare so."""

_WAY_OUT = "decide by whole numbers, which are known when the function is made"
_WORDS = {
    "arith.cmpf": "a comparison",
    "arith.fptosi": "the whole part",
    "arith.fptoui": "the whole part",
    "arith.truncf": "the rounding to fewer bits",
    "circuit.angle_steps": "the rounding to an `angle`",
}
_WAYS_OUT = dict.fromkeys(("arith.truncf", "circuit.angle_steps"), "declare it as `float`, which is not rounded")
"""Of what has another way out than a decision."""


class Symbolic:
    """constant + Σ coefficient · basis element; `value` at the traced point."""

    __slots__ = ("constant", "table", "terms", "value")

    def __init__(self, table: "Table", constant: float, terms: dict[int, float], value: float) -> None:
        self.table = table
        self.constant = constant
        self.terms = terms
        self.value = value

    def plus(self, other: "Symbolic | float", sign: float) -> "Symbolic":
        """self + sign · other."""
        if not isinstance(other, Symbolic):
            return Symbolic(self.table, self.constant + sign * other, self.terms, self.value + sign * other)
        terms = self.terms.copy()
        for column, coefficient in other.terms.items():
            terms[column] = terms.get(column, 0.0) + sign * coefficient
        constant = self.constant + sign * other.constant
        return Symbolic(self.table, constant, terms, self.value + sign * other.value)

    def times(self, factor: float) -> "Symbolic":
        """A multiple."""
        terms = {column: factor * coefficient for column, coefficient in self.terms.items()}
        return Symbolic(self.table, factor * self.constant, terms, factor * self.value)

    def __float__(self) -> float:
        """The value at the traced point, for checks that an angle is finite."""
        return self.value

    def _decides(self, other: object) -> NoReturn:
        raise NotDifferentiable("a comparison of what depends on a real parameter", _WAY_OUT)

    __lt__ = __le__ = __gt__ = __ge__ = _decides

    def __bool__(self) -> bool:
        raise NotDifferentiable("a decision by what depends on a real parameter", _WAY_OUT)

    __int__ = __index__ = __bool__


class Truth:
    """How two numbers compare, of which one is symbolic: for choosing between numbers (`abs`, `min`) only."""

    __slots__ = ("left", "predicate", "right", "table")

    def __init__(self, table: "Table", predicate: int, left: "Symbolic | float", right: "Symbolic | float") -> None:
        self.table = table
        self.predicate = predicate
        self.left = left
        self.right = right

    def choice(self, chosen: Any, other: Any) -> Any:
        """The number that is chosen where the comparison holds, or the other. Raises `NotDifferentiable`."""
        if chosen is other:
            return chosen
        if not all(isinstance(each, (Symbolic, float)) for each in (chosen, other)):
            self._decides()
        return self.table.apply(f"{SELECT}{self.predicate}", (self.left, self.right, chosen, other))

    def _decides(self, *others: object) -> NoReturn:
        raise NotDifferentiable("a decision by what depends on a real parameter", _WAY_OUT)

    __bool__ = __int__ = __index__ = __neg__ = __eq__ = __lt__ = __le__ = __gt__ = __ge__ = _decides
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __add__ = __radd__ = _decides
    __hash__ = object.__hash__


Operand: TypeAlias = Symbolic | float


@dataclass(slots=True)
class Table:
    """The basis: inputs first, then operations, each once for the same operands."""

    inputs: int = 0
    nodes: list[tuple[str, tuple[Operand, ...]]] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    """For each element of the basis, how many operations it is above the inputs."""
    known: dict[Any, Symbolic] = field(default_factory=dict)

    def input(self, value: float) -> Symbolic:
        """The next parameter, before any operation."""
        assert not self.nodes
        self.inputs += 1
        return self._element(0, value)

    def _element(self, level: int, value: float) -> Symbolic:
        self.levels.append(level)
        return Symbolic(self, 0.0, {len(self.levels) - 1: 1.0}, value)

    def apply(self, name: str, operands: Sequence[Any]) -> Any:
        """What an operation gives. Raises `NotDifferentiable`, `BadArithmetic`."""
        if name == "arith.select" and isinstance(operands[0], Truth):
            return operands[0].choice(*operands[1:])
        if name in _AFFINE and (found := _AFFINE[name](*operands)) is not None:
            return found
        if name not in DIFFERENTIABLE and not name.startswith(SELECT):
            construct = f"{_WORDS.get(name, name)} of what depends on a real parameter"
            raise NotDifferentiable(construct, _WAYS_OUT.get(name, _WAY_OUT))
        key = (name, *map(_key, operands))
        node = self.known.get(key)
        if node is None:
            values = [float(operand) for operand in operands]
            try:
                value = _function(name)(*values)
            except (ValueError, ArithmeticError) as error:
                raise failed(name, tuple(values)) from error
            below = [self.levels[c] for o in operands if isinstance(o, Symbolic) for c in o.terms]
            self.nodes.append((name, tuple(operands)))
            node = self.known[key] = self._element(1 + max(below, default=0), value)
        return node

    def expressions(self, results: Sequence[Operand] | NDArray[np.float64]) -> Expressions:
        """The results as functions of the inputs."""
        names = [name for name, _ in self.nodes]
        order = sorted(range(len(names)), key=lambda node: (self.levels[self.inputs + node], names[node]))
        place = dict(zip(range(self.inputs), range(self.inputs), strict=True))
        place |= {self.inputs + node: self.inputs + rank for rank, node in enumerate(order)}
        stages: list[Stage] = []
        begin = 0
        while begin < len(order):
            first = order[begin]
            same = (self.levels[self.inputs + first], names[first])
            end = begin
            while end < len(order) and (self.levels[self.inputs + order[end]], names[order[end]]) == same:
                end += 1
            columns = zip(*[self.nodes[node][1] for node in order[begin:end]], strict=True)
            stages.append(Stage(names[first], tuple(_rows(column, place) for column in columns)))
            begin = end
        return Expressions(self.inputs, tuple(stages), _rows(results, place))


def _function(name: str) -> Callable[..., float]:
    if not name.startswith(SELECT):
        return FLOATS[name]
    compare = COMPARE_FLOATS[int(name.removeprefix(SELECT))]
    return lambda left, right, chosen, other: chosen if compare(left, right) else other


def _rows(numbers: Sequence[Operand] | NDArray[np.float64], place: dict[int, int]) -> Affine:
    if isinstance(numbers, np.ndarray):
        return constant(numbers)
    known = [each for each in numbers if not isinstance(each, Symbolic)]
    if len(known) == len(numbers):
        return constant(known)
    return affine(
        [
            (each.constant, {place[column]: value for column, value in each.terms.items()})
            if isinstance(each, Symbolic)
            else (float(each), {})
            for each in numbers
        ]
    )


def _key(operand: Operand) -> Any:
    if isinstance(operand, Symbolic):
        return operand.constant, tuple(sorted(operand.terms.items()))
    return operand


def _add(a: Operand, b: Operand) -> Symbolic:
    return a.plus(b, 1.0) if isinstance(a, Symbolic) else _symbolic(b).plus(a, 1.0)


def _subtract(a: Operand, b: Operand) -> Symbolic:
    return a.plus(b, -1.0) if isinstance(a, Symbolic) else _symbolic(b).times(-1.0).plus(a, 1.0)


def _multiply(a: Operand, b: Operand) -> Symbolic | None:
    if isinstance(a, Symbolic):
        return None if isinstance(b, Symbolic) else a.times(b)
    return _symbolic(b).times(a)


def _divide(a: Operand, b: Operand) -> Symbolic | None:
    return a.times(1 / b) if isinstance(a, Symbolic) and not isinstance(b, Symbolic) and b != 0 else None


def _symbolic(operand: Operand) -> Symbolic:
    assert isinstance(operand, Symbolic)
    return operand


_AFFINE: dict[str, Any] = {
    "arith.addf": _add,
    "arith.subf": _subtract,
    "arith.negf": lambda a: _symbolic(a).times(-1.0),
    "arith.mulf": _multiply,
    "arith.divf": _divide,
    "arith.extf": lambda a: a,
    "arith.select": lambda chosen, a, b: a if chosen else b,
}
"""What stays affine, at least for some operands; `None` where it does not."""

DIFFERENTIABLE = frozenset(FLOATS) - {"arith.addf", "arith.subf", "arith.negf", "arith.extf", "arith.select"}
"""Operations that make an element of the basis."""
