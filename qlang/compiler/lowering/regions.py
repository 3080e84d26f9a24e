"""Regions of loops and branches: what a body changes enters and leaves them as values, together with the register."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, Region, SSAValue

from qlang.compiler.lowering.assigned import assigned_names, calls_in
from qlang.compiler.lowering.conversions import materialised
from qlang.compiler.lowering.emitter import Dynamic, Emitter, Statement
from qlang.compiler.lowering.frame import Frame, Known, Variable
from qlang.compiler.lowering.levels import all_flags, touched
from qlang.compiler.lowering.views import changed_variables
from qlang.sema.values import Constant
from qlang.syntax import tree


@dataclass(frozen=True, slots=True)
class Carried:
    """Variables that a region changes, with the values they enter it with; flags of jumps come last."""

    variables: tuple[Variable, ...]
    flags: tuple[Variable, ...]

    @property
    def all(self) -> tuple[Variable, ...]:
        return (*self.variables, *self.flags)

    def values(self, emitter: Emitter) -> list[SSAValue]:
        """The present values, as values that exist at run time."""
        return [_current(emitter, variable) for variable in self.all]


def carried(frame: Frame, *bodies: tree.Node) -> Carried:
    """The outer variables that the bodies may change, made run-time values, and the flags that they may set."""
    names = sorted(set().union(*(assigned_names(body) for body in bodies)))
    variables = tuple(changed_variables(frame, names, calls_in(frame.scope, *bodies)))
    for variable in variables:
        variable.value = materialised(frame.emitter, variable.value)
    return Carried(variables, tuple(touched(frame.levels, frame.endings.jumps(frame.scope, *bodies))))


def _current(emitter: Emitter, variable: Variable) -> SSAValue:
    variable.value = materialised(emitter, variable.value)
    assert isinstance(variable.value, Dynamic)
    return variable.value.ssa


def enter(frame: Frame, state: Carried, block: Block, arguments: Sequence[SSAValue]) -> None:
    """Go on in a block whose arguments are the register and the carried values."""
    emitter = frame.emitter
    emitter.block, emitter.register = block, arguments[0]
    for variable, argument in zip(state.all, arguments[1:], strict=True):
        variable.value = Dynamic(variable.type, argument)


def leave(frame: Frame, state: Carried) -> list[SSAValue]:
    """What the region yields: the register and the carried values, after the waiting gates are written."""
    frame.emitter.flush()
    return [frame.emitter.register, *state.values(frame.emitter)]


def resume(frame: Frame, state: Carried, block: Block, results: Sequence[SSAValue]) -> None:
    """Go on behind a structured operation."""
    emitter = frame.emitter
    emitter.block, emitter.register = block, results[0]
    for variable, result in zip(state.all, results[1:], strict=True):
        variable.value = Dynamic(variable.type, result)


def end(frame: Frame, block: Block, terminator: Operation) -> None:
    """Close a block."""
    terminator.location = frame.emitter.here()
    block.add_op(terminator)


@dataclass(slots=True)
class Side:
    """One side of a branch, lowered but not closed."""

    block: Block
    register: SSAValue
    values: list[Known]
    """Of the carried variables and flags, at the end."""
    place: Statement
    """The last statement, which closes the block."""


Extra = Callable[[bool], Sequence[Known]]
"""Further results of a side, given which one it is; asked for when both are lowered."""


def branch(
    frame: Frame,
    condition: SSAValue,
    state: Carried,
    sides: tuple[Callable[[], None], Callable[[], None]],
    extra: Extra = lambda side: (),
) -> list[SSAValue]:
    """Lower both sides of a condition into an `scf.if`; the results for `extra`.

    Flags that have one constant on both sides stay constants.
    """
    emitter = frame.emitter
    emitter.flush()
    outer, register, entry = emitter.block, emitter.register, [variable.value for variable in state.all]
    flags = [(variable, variable.value) for variable in all_flags(frame.levels)]
    place = emitter.statement
    lowered = []
    for side in sides:
        _set(state.all, entry)
        lowered.append(_side(frame, state, register, side))
        for variable, value in flags:
            variable.value = value
    constant = [_agreed(pair) for pair in zip(*(side.values for side in lowered), strict=True)]
    constant[: len(state.variables)] = [None] * len(state.variables)
    for truth, part in zip((True, False), lowered, strict=True):
        own = [value for value, known in zip(part.values, constant, strict=True) if known is None]
        _close(frame, part, [*own, *extra(truth)])
    emitter.go_on_at(place)
    emitter.block, emitter.register = outer, register
    last = lowered[0].block.last_op
    assert last is not None
    types = [operand.type for operand in last.operands]
    yes, no = (Region(side.block) for side in lowered)
    op = scf.IfOp(condition, types, yes, no)
    emitter.add(op)
    results: list[SSAValue] = list(op.results)
    emitter.register = results.pop(0)
    for variable, known in zip(state.all, constant, strict=True):
        variable.value = Dynamic(variable.type, results.pop(0)) if known is None else known
    return results


def _set(variables: Sequence[Variable], values: Sequence[Known]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.value = value


def _side(frame: Frame, state: Carried, register: SSAValue, lower: Callable[[], None]) -> Side:
    emitter = frame.emitter
    block = Block()
    emitter.block, emitter.register = block, register
    lower()
    emitter.flush()
    values = [variable.value for variable in state.all]
    return Side(block, emitter.register, values, emitter.statement)


def _agreed(pair: tuple[Known, ...]) -> Known | None:
    """The value that both sides end with, if it is one constant."""
    first, second = pair
    return first if isinstance(first, Constant) and isinstance(second, Constant) and first is second else None


def _close(frame: Frame, side: Side, values: list[Known]) -> None:
    emitter = frame.emitter
    emitter.block, emitter.register = side.block, side.register
    emitter.go_on_at(side.place)
    yielded = [side.register]
    yielded += [materialised(emitter, known).ssa for known in values]
    end(frame, side.block, scf.YieldOp(*yielded))
