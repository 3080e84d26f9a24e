"""Control flow: loops stay loops, branches on measured values become `scf.if`.

What a body assigns is carried through the region as values, together with the register. A condition that is known
is decided here. Loops over ranges are in `loops`.
"""

from collections.abc import Callable, Sequence

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import i1
from xdsl.ir import Block, Region, SSAValue

from qlang.compiler.lowering.conversions import truth
from qlang.compiler.lowering.exits import clear, lower_unless
from qlang.compiler.lowering.expressions import value
from qlang.compiler.lowering.frame import Frame
from qlang.compiler.lowering.levels import FALSE, Level, flag
from qlang.compiler.lowering.regions import Carried, branch, carried, end, enter, leave, resume
from qlang.sema.values import Constant, as_bool
from qlang.syntax import tree

Body = Callable[[Frame, Sequence[tree.Statement]], None]


def lower_if(frame: Frame, node: tree.If, body: Body) -> None:
    """`if`/`else`."""
    condition = value(frame, node.condition)
    if isinstance(condition, Constant):
        chosen = node.then if as_bool(condition) else node.otherwise
        if chosen is not None:
            scoped(frame, chosen.statements, body)
        return
    truth_value = truth(frame.emitter, condition)
    state = carried(frame, node.then, *([node.otherwise] if node.otherwise else []))

    def side(block: tree.Block | None) -> Callable[[], None]:
        return lambda: scoped(frame, block.statements, body) if block is not None else None

    branch(frame, truth_value, state, (side(node.then), side(node.otherwise)))


def loop_level(frame: Frame, body: tree.Block) -> Level:
    """The flags that the body of a loop needs."""
    jumps = frame.endings.jumps(frame.scope, body)
    leaves = bool(jumps - {"continue"})
    if "continue" not in jumps and leaves:
        both = flag()
        return Level("loop", both, both)
    return Level("loop", flag(), flag() if leaves else None)


def lower_while(frame: Frame, node: tree.While, body: Body) -> None:
    """`while`."""
    emitter = frame.emitter
    place = emitter.start, emitter.end
    level = loop_level(frame, node.body)
    frame.levels.append(level)
    state = carried(frame, node.body, node.condition)
    values = state.values(emitter)
    emitter.flush()
    outer_block, register = emitter.block, emitter.register
    types = [register.type, *(value.type for value in values)]
    before, after = Block(arg_types=types), Block(arg_types=types)
    enter(frame, state, before, before.args)
    condition = _goes_on(frame, node.condition, level)
    end(frame, before, scf.ConditionOp(condition, *leave(frame, state)))
    enter(frame, state, after, after.args)
    clear(frame)
    scoped(frame, node.body.statements, body)
    end(frame, after, scf.YieldOp(*leave(frame, state)))
    emitter.block, emitter.register = outer_block, register
    emitter.start, emitter.end = place
    frame.levels.pop()
    op = scf.WhileOp([register, *values], types, Region(before), Region(after))
    emitter.add(op)
    resume(frame, state, outer_block, op.results)
