"""What names mean while a circuit is drawn: constants where they are known, lines for qubits and bits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from math import prod

from qlang.sema.binding import default_value
from qlang.sema.casts import cast
from qlang.sema.constants import evaluate, listed
from qlang.sema.jobs import SweepReference
from qlang.sema.symbols import CircuitSymbol, ConstantSymbol, FileScope, SubroutineSymbol
from qlang.sema.types import INT, Qubit, Type, is_integer
from qlang.sema.values import CONSTANTS, Constant, ConstantError, as_float, as_int, boolean, integer, real
from qlang.syntax import tree

_MOST = 2048
"""Values of loop variables that are gone through."""

Arguments = Mapping[str, Constant | SweepReference | bool | int | float]
"""Values of parameters by name; a swept one has none yet."""


@dataclass(frozen=True, slots=True)
class Wires:
    """Lines that an operand stands for."""

    lines: tuple[int, ...]
    single: bool
    """One qubit, not a register of one."""
    exact: bool = True
    """Whether it is known which; otherwise it is some of them."""
    bundle: bool = False
    """A register drawn as one line."""
    size: int | None = None
    """Qubits of a bundle, if that is known."""


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop variable, with all the values that it takes."""

    values: tuple[int, ...]


Meaning = Constant | Wires | Loop | None
"""What a name stands for; `None` where that is not known."""


@dataclass(slots=True)
class Names:
    """Names of a circuit's body, innermost scope last."""

    scope: FileScope
    frames: list[dict[str, Meaning]] = field(default_factory=lambda: [{}])
    bits: dict[str, int] = field(default_factory=dict)
    """Line of each classical register or variable that has one."""

    def bind(self, name: str, meaning: Meaning) -> None:
        self.frames[-1][name] = meaning

    @contextmanager
    def inner(self) -> Iterator[None]:
        """A scope within."""
        self.frames.append({})
        try:
            yield
        finally:
            self.frames.pop()

    def find(self, name: str) -> Meaning:
        for frame in reversed(self.frames):
            if name in frame:
                return frame[name]
        symbol = self.scope.lookup(name)
        return symbol.constant if isinstance(symbol, ConstantSymbol) else CONSTANTS.get(name)

    def constant(self, expression: tree.Expression) -> Constant | None:
        """The value of an expression; `None` where it depends on what is not known yet."""
        try:
            return evaluate(expression, self.known, self.scope.version)
        except ConstantError:
            return None

    def whole(self, expression: tree.Expression) -> int | None:
        """The same of an expression that must be an integer."""
        found = self.constant(expression)
        try:
            return None if found is None else as_int(found)
        except TypeError:
            return None

    def real(self, expression: tree.Expression) -> float | None:
        """The same of a gate's parameter, in radians."""
        found = self.constant(expression)
        try:
            return None if found is None else as_float(found)
        except TypeError:
            return None

    def wires(self, expression: tree.Expression) -> Wires | None:
        """The lines of a qubit operand; `None` for what is no qubit."""
        match expression:
            case tree.Name(name=name):
                found = self.find(name)
                return found if isinstance(found, Wires) else None
            case tree.Index(base=base, items=[item]):
                return self._indexed(self.wires(base), item)
            case tree.BinaryOp(operator="++", left=left, right=right):
                first, second = self.wires(left), self.wires(right)
                if first is None or second is None:
                    return None
                plain = first.exact and second.exact and not first.bundle and not second.bundle
                return Wires((*first.lines, *second.lines), False, plain)
            case _:
                return None

    def classical(self, *nodes: tree.Node | None) -> tuple[int, ...]:
        """Lines of the classical names in some expressions."""
        used = {
            part.name for node in nodes if node is not None for part in tree.walk(node) if isinstance(part, tree.Name)
        }
        return tuple(sorted(self.bits[name] for name in used if name in self.bits and self._is_classical(name)))

    def is_subroutine(self, name: str) -> bool:
        """Whether a name is that of a `def`."""
        return isinstance(self.scope.lookup(name), SubroutineSymbol)

    def qubit_lines(self) -> tuple[int, ...]:
        """The lines of all registers and qubits."""
        return all_lines([found for frame in self.frames for found in frame.values() if isinstance(found, Wires)])

    def _is_classical(self, name: str) -> bool:
        return not isinstance(self.find(name), Wires)

    def known(self, name: str) -> Constant | Type | None:
        """What a name is, in the form that constant evaluation asks for."""
        found = self.find(name)
        if isinstance(found, Wires):
            if found.bundle:
                return None if found.size is None else Qubit(found.size)
            return Qubit(None if found.single else len(found.lines)) if found.exact else None
        return None if isinstance(found, Loop) else found

    def _indexed(self, base: Wires | None, item: tree.Expression) -> Wires | None:
        if base is None or not base.exact:
            return base
        single = not isinstance(item, (tree.Range, tree.IndexSet))
        if base.bundle:
            return Wires(base.lines, single, exact=False)
        size = len(base.lines)
        places = self._listed(item, size)
        possible: Sequence[int] = places or self._over_loops(item, size) or range(size)
        inside = tuple(base.lines[place] for place in possible if -size <= place < size)
        return Wires(inside or base.lines, single, places is not None and bool(inside))

    def loop(self, domain: tree.Expression) -> Loop | None:
        """A loop variable over a domain; `None` where its values are not known, or too many."""
        if not isinstance(domain, (tree.Range, tree.IndexSet)):
            return None
        values = self._listed(domain, None) or self._over_loops(domain, None)
        return None if values is None or len(values) > _MOST else Loop(tuple(values))

    def _listed(self, item: tree.Expression, size: int | None) -> list[int] | None:
        """Indices as written; `None` where they are not known."""
        try:
            return listed(item, size, self.known, self.scope.version)
        except (ConstantError, TypeError):
            return None

    def _over_loops(self, item: tree.Expression, size: int | None) -> list[int] | None:
        """All indices that an expression of loop variables takes, sorted; `None` where that is not known."""
        used = {part.name for part in tree.walk(item) if isinstance(part, tree.Name)}
        loops = {name: found.values for name in used if isinstance(found := self.find(name), Loop)}
        if not loops or prod(map(len, loops.values())) > _MOST:
            return None
        reached: set[int] = set()
        for values in product(*loops.values()):
            with self.inner():
                for name, value in zip(loops, values, strict=True):
                    self.bind(name, Constant(INT, value))
                places = self._listed(item, size)
            if places is None:
                return None
            reached.update(places)
        return sorted(reached)


def bound(circuit: CircuitSymbol, arguments: Arguments) -> dict[str, Constant | None]:
    """A value for each parameter, or `None` where it is open.

    An integer without an argument takes its default, since sizes hang on it; an angle stays as it is called.
    """
    found: dict[str, Constant | None] = {}
    for parameter in circuit.parameters:
        given = arguments.get(parameter.name)
        value = given if isinstance(given, Constant) else _constant(given)
        if value is not None:
            try:
                value = cast(parameter.type, value)
            except ConstantError:
                value = None
        elif given is None and is_integer(parameter.type):
            value = default_value(circuit, parameter)
        found[parameter.name] = value
    return found


def _constant(value: object) -> Constant | None:
    """A Python number as a constant; `None` for what is none."""
    plain = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
    match plain:
        case bool():
            return boolean(plain)
        case int():
            return integer(plain)
        case float():
            return real(plain)
        case _:
            return None


def all_lines(wires: Sequence[Wires]) -> tuple[int, ...]:
    """Every line of some operands, once, in order."""
    return tuple(dict.fromkeys(line for operand in wires for line in operand.lines))
