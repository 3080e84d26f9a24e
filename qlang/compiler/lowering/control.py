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
from qlang.compiler.lowering.frame import Frame, Variable
from qlang.compiler.lowering.levels import FALSE, Level, flag
from qlang.compiler.lowering.regions import Carried, branch, carried, end, enter, leave, resume
from qlang.sema.types import BOOL
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


def lower_while(frame: Frame, node: tree.While, body: Body) -> None:
    """`while`."""
    emitter = frame.emitter
    place = emitter.statement
    level = loop_level(frame, node.body, node.condition)
    frame.levels.append(level)
    state = loop_state(frame, level, node.body, node.condition)
    values = state.values(emitter)
    emitter.flush()
    outer_block, register = emitter.block, emitter.register
    types = [register.type, *(value.type for value in values)]
    before, after = Block(arg_types=types), Block(arg_types=types)
    enter(frame, state, before, before.args)
    condition = _goes_on(frame, node, level, body)
    end(frame, before, scf.ConditionOp(condition, *leave(frame, state)))
    enter(frame, state, after, after.args)
    clear(frame)
    scoped(frame, node.body.statements, body)
    end(frame, after, scf.YieldOp(*leave(frame, state)))
    emitter.block, emitter.register = outer_block, register
    emitter.go_on_at(place)
    frame.levels.pop()
    op = scf.WhileOp([register, *values], types, Region(before), Region(after))
    emitter.add(op)
    resume(frame, state, outer_block, op.results)


def _goes_on(frame: Frame, node: tree.While, level: Level, body: Body) -> SSAValue:
    """Whether another iteration follows: the condition, which is not asked for where the loop was left."""
    emitter, condition = frame.emitter, node.condition
    if level.stop is None:
        return truth(emitter, value(frame, condition))
    if isinstance(condition, tree.BoolLiteral) and condition.value:
        stopped = truth(emitter, level.stop.value)
        return emitter.value(arith.XOrIOp.create(operands=[stopped, emitter.boolean(True)], result_types=[i1]))
    name = f"<while {node.start}>"
    target = tree.Name(condition.start, condition.end, name)
    frame.scopes.append({name: Variable(BOOL, FALSE)})
    lower_unless(frame, level.stop, [tree.Assignment(condition.start, condition.end, target, "=", condition)], body)
    answer = frame.scopes.pop()[name]
    assert isinstance(answer, Variable)
    return truth(emitter, answer.value)


def loop_level(frame: Frame, body: tree.Block, *conditions: tree.Expression) -> Level:
    """The flags that the body of a loop needs."""
    jumps = frame.endings.jumps(frame.scope, body, *conditions)
    leaves = bool(jumps - {"continue"})
    if leaves and "continue" not in jumps:
        both = flag()
        return Level("loop", both, both)
    return Level("loop", flag(), flag() if leaves else None)


def loop_state(frame: Frame, level: Level, *parts: tree.Node) -> Carried:
    """What the iterations of a loop hand on; a `continue` is no matter of the next one."""
    state = carried(frame, *parts)
    kept = tuple(variable for variable in state.flags if variable is not level.skip or variable is level.stop)
    return Carried(state.variables, kept)


def scoped(frame: Frame, statements: Sequence[tree.Statement], body: Body) -> None:
    """Lower statements with names of their own."""
    frame.scopes.append({})
    body(frame, statements)
    frame.scopes.pop()
