"""`for`: over a range it stays a loop, whatever its length; over a list, set or array it is written out."""

from dataclasses import dataclass

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import UnitAttr, i64
from xdsl.ir import Block, Region, SSAValue

from qlang.compiler.lowering.control import Body, loop_level, loop_state
from qlang.compiler.lowering.conversions import bit_width, convert, whole
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.exits import is_certain, lower_unless
from qlang.compiler.lowering.expressions import resolved, value
from qlang.compiler.lowering.frame import Frame, Known
from qlang.compiler.lowering.levels import FALSE
from qlang.compiler.lowering.problems import not_executable
from qlang.compiler.lowering.regions import end, enter, leave, resume
from qlang.compiler.lowering.selections import taken
from qlang.compiler.lowering.viewing import length
from qlang.ir.loops import EARLY_EXIT
from qlang.ir.text import value_name
from qlang.sema.types import INT, Array, Bit, Int, Type, UInt
from qlang.sema.values import Constant, as_int
from qlang.syntax import tree

LONGEST_UNROLLED = 100_000
"""Most elements of a list, set or register that a `for` may go over; ranges have no limit."""


def lower_for(frame: Frame, node: tree.For, body: Body) -> None:
    """`for`."""
    kind = resolved(frame, node.type)
    level = loop_level(frame, node.body)
    frame.levels.append(level)
    if isinstance(node.domain, tree.Range):
        _range_loop(frame, node, node.domain, kind, body)
    else:
        _listed_loop(frame, node, kind, body)
    frame.levels.pop()


def _listed_loop(frame: Frame, node: tree.For, kind: Type, body: Body) -> None:
    elements = _elements(frame, node.domain)
    if len(elements) > LONGEST_UNROLLED:
        raise not_executable(
            frame, node.domain, f"a loop over more than {LONGEST_UNROLLED} listed values", "loop over a range"
        )
    level = frame.levels[-1]
    for element in elements:
        if level.skip is not level.stop:
            level.skip.value = FALSE
        frame.scopes.append({})
        frame.bind_value(node.variable.name, convert(frame.emitter, kind, element), kind)
        if level.stop is None:
            body(frame, node.body.statements)
        else:
            lower_unless(frame, level.stop, node.body.statements, body)
        frame.scopes.pop()
        if level.stop is not None and is_certain(level.stop.value):
            return


def _elements(frame: Frame, domain: tree.Expression) -> list[Known]:
    """The values that a listed domain goes over: a set, an array, or the bits of a register."""
    if isinstance(domain, tree.IndexSet):
        return [value(frame, item) for item in domain.items]
    whole_domain = value(frame, domain)
    if isinstance(whole_domain.type, (Array, Bit)):
        return [taken(frame.emitter, whole_domain, (k,)) for k in range(length(whole_domain))]
    raise not_executable(frame, domain, f"a loop over {whole_domain.type}", "loop over a range, set, array or bits")


def _range_loop(frame: Frame, node: tree.For, domain: tree.Range, kind: Type, body: Body) -> None:
    emitter = frame.emitter
    place = emitter.statement
    bounds = range_bounds(frame, domain)
    if bounds is None:
        return
    level = frame.levels[-1]
    state = loop_state(frame, level, node.body)
    values = state.values(emitter)
    emitter.flush()
    outer_block, register = emitter.block, emitter.register
    types = [register.type, *(value.type for value in values)]
    block = Block(arg_types=[i64, *types])
    block.args[0].name_hint = value_name(node.variable.name)
    enter(frame, state, block, block.args[1:])
    frame.scopes.append({})
    bind_index(frame, node.variable.name, kind, bounds, block.args[0])
    if level.stop is None:
        body(frame, node.body.statements)
    else:
        lower_unless(frame, level.stop, node.body.statements, body)
    frame.scopes.pop()
    end(frame, block, scf.YieldOp(*leave(frame, state)))
    emitter.block, emitter.register = outer_block, register
    emitter.go_on_at(place)
    op = scf.ForOp(bounds.lower, bounds.upper, bounds.stride, [register, *values], Region(block))
    if level.stop is not None:
        op.attributes[EARLY_EXIT] = UnitAttr()
    emitter.add(op)
    resume(frame, state, outer_block, op.results)


@dataclass(frozen=True, slots=True)
class Bounds:
    """An `scf.for`: its counter runs from `lower` to before `upper`.

    The loop variable is the counter, or `first + counter * step` where `first` is set.
    """

    lower: SSAValue
    upper: SSAValue
    stride: SSAValue
    first: SSAValue | None = None
    step: SSAValue | None = None


def range_bounds(frame: Frame, domain: tree.Range) -> Bounds | None:
    """How a loop runs through a range; `None` where it is known to run never."""
    emitter = frame.emitter
    if domain.first is None or domain.last is None:
        raise not_executable(frame, domain, "a loop without a first or last value", "write `[first:last]`")
    first, last = value(frame, domain.first), value(frame, domain.last)
    step: Known = Constant(INT, 1) if domain.step is None else value(frame, domain.step)
    if isinstance(step, Constant) and as_int(step) == 0:
        assert domain.step is not None
        raise not_executable(frame, domain.step, "a loop with a step of 0", "use a step that moves")
    if isinstance(first, Constant) and isinstance(last, Constant) and isinstance(step, Constant):
        return _known_bounds(emitter, as_int(first), as_int(last), as_int(step))
    if isinstance(step, Constant) and as_int(step) > 0:
        past = _integer_op(emitter, arith.AddiOp, whole(emitter, last), emitter.integer(1))
        return Bounds(whole(emitter, first), past, emitter.integer(as_int(step)))
    return _counted_bounds(emitter, first, last, step)


def _known_bounds(emitter: Emitter, first: int, last: int, step: int) -> Bounds | None:
    span = range(first, last + (1 if step > 0 else -1), step)
    if not span:
        return None
    if step > 0:
        return Bounds(emitter.integer(span.start), emitter.integer(span.stop), emitter.integer(step))
    count, one = emitter.integer(len(span)), emitter.integer(1)
    return Bounds(emitter.integer(0), count, one, emitter.integer(span.start), emitter.integer(step))


def _counted_bounds(emitter: Emitter, first: Known, last: Known, step: Known) -> Bounds:
    """A count of ⌊(last − first) / step⌋ + 1 iterations, right for steps of both signs; none where that is negative."""
    one, start = emitter.integer(1), whole(emitter, first)
    if isinstance(step, Constant):
        down = _integer_op(emitter, arith.SubiOp, start, whole(emitter, last))
        divisor = emitter.integer(-as_int(step))
    else:
        down = _integer_op(emitter, arith.SubiOp, whole(emitter, last), start)
        divisor = whole(emitter, step)
    steps = emitter.value(arith.FloorDivSIOp.create(operands=[down, divisor], result_types=[i64]))
    count = _integer_op(emitter, arith.AddiOp, steps, one)
    return Bounds(emitter.integer(0), count, one, start, whole(emitter, step))


def bind_index(frame: Frame, name: str, kind: Type, bounds: Bounds, counter: SSAValue) -> None:
    """Define the loop variable of an iteration."""
    emitter = frame.emitter
    _note_interval(emitter, counter, bounds)
    index = counter
    if bounds.first is not None and bounds.step is not None:
        index = _integer_op(
            emitter, arith.AddiOp, bounds.first, _integer_op(emitter, arith.MuliOp, counter, bounds.step)
        )
    if isinstance(kind, (Int, UInt)) and _fits(emitter, index, kind):
        frame.bind_value(name, Dynamic(kind, index), kind)
    else:
        frame.bind_value(name, convert(emitter, kind, Dynamic(INT, index)), kind)


def _fits(emitter: Emitter, index: SSAValue, kind: Int | UInt) -> bool:
    """Whether the loop's values are those of the variable's type, without wrapping around."""
    if isinstance(kind, Int) and kind.width is None:
        return True
    inside = emitter.intervals.of(index)
    if inside is None:
        return False
    half = 1 << (bit_width(kind) - 1)
    low, high = (-half, half) if isinstance(kind, Int) else (0, 2 * half)
    return low <= inside[0] and inside[1] < high


def _note_interval(emitter: Emitter, counter: SSAValue, bounds: Bounds) -> None:
    """Note between which numbers a loop's counter stays."""
    low, high = emitter.intervals.of(bounds.lower), emitter.intervals.of(bounds.upper)
    if low is not None and high is not None and low[0] < high[1]:
        emitter.intervals.known[counter] = (low[0], high[1] - 1)


def _integer_op(
    emitter: Emitter, kind: type[arith.AddiOp] | type[arith.SubiOp] | type[arith.MuliOp], a: SSAValue, b: SSAValue
) -> SSAValue:
    flags = {"overflowFlags": arith.IntegerOverflowAttr("none")}
    return emitter.value(kind.create(operands=[a, b], result_types=[i64], properties=flags))
