"""Control flow: loops stay loops, branches on measured values become `scf.if`.

What a body assigns is carried through the region as values, together with the register. A condition or domain
that is known is decided here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import i64
from xdsl.ir import Block, Operation, Region, SSAValue

from qlang.compiler.lowering.arithmetic import convert, truth, whole
from qlang.compiler.lowering.assigned import assigned_names
from qlang.compiler.lowering.emitter import Dynamic, Emitter
from qlang.compiler.lowering.expressions import constant, extract, materialised, resolved, value
from qlang.compiler.lowering.frame import Frame, Known, Variable
from qlang.compiler.lowering.problems import not_executable
from qlang.sema.casts import element_type
from qlang.sema.types import BIT, Array, Bit, Int, Type, UInt
from qlang.sema.values import Constant, as_bool, as_int
from qlang.syntax import tree

LONGEST_UNROLLED = 100_000
"""Most elements of a list, set or register that a `for` may go over; ranges have no limit."""

Body = Callable[[Frame, Sequence[tree.Statement]], None]


@dataclass(frozen=True, slots=True)
class Carried:
    """Variables that a region changes, with the values they enter it with."""

    variables: tuple[Variable, ...]
    values: tuple[SSAValue, ...]


def carried(frame: Frame, *bodies: tree.Node) -> Carried:
    """The outer variables that the bodies may assign, as values that exist at run time."""
    names_assigned = sorted(set().union(*(assigned_names(body) for body in bodies)))
    variables = tuple(v for name in names_assigned if (v := frame.variable(name)) is not None)
    for variable in variables:
        variable.value = materialised(frame.emitter, variable.value)
    return Carried(variables, tuple(_ssa(variable.value) for variable in variables))


def _ssa(known: Known) -> SSAValue:
    assert isinstance(known, Dynamic)
    return known.ssa


def _enter(frame: Frame, state: Carried, block: Block, arguments: Sequence[SSAValue]) -> SSAValue:
    """Go on in a block whose arguments are the register and the carried values; the outer register value."""
    emitter = frame.emitter
    outer, emitter.block, emitter.register = emitter.register, block, arguments[0]
    for variable, argument in zip(state.variables, arguments[1:], strict=True):
        variable.value = Dynamic(variable.type, argument)
    return outer


def _leave(frame: Frame, state: Carried) -> list[SSAValue]:
    """What the region yields: the register and the carried values, after the waiting gates are written."""
    frame.emitter.flush()
    return [frame.emitter.register, *(_current(frame.emitter, variable) for variable in state.variables)]


def _end(frame: Frame, block: Block, terminator: Operation) -> None:
    terminator.location = frame.emitter.here()
    block.add_op(terminator)


def _current(emitter: Emitter, variable: Variable) -> SSAValue:
    variable.value = materialised(emitter, variable.value)
    return _ssa(variable.value)


def _resume(frame: Frame, state: Carried, block: Block, results: Sequence[SSAValue]) -> None:
    emitter = frame.emitter
    emitter.block, emitter.register = block, results[0]
    for variable, result in zip(state.variables, results[1:], strict=True):
        variable.value = Dynamic(variable.type, result)


def lower_if(frame: Frame, node: tree.If, body: Body) -> None:
    """`if`/`else`."""
    condition = value(frame, node.condition)
    if isinstance(condition, Constant):
        chosen = node.then if as_bool(condition) else node.otherwise
        if chosen is not None:
            _scoped(frame, chosen.statements, body)
        return
    emitter = frame.emitter
    flag = truth(emitter, condition)
    state = carried(frame, node.then, *([node.otherwise] if node.otherwise else []))
    emitter.flush()
    outer, register, entry = emitter.block, emitter.register, [v.value for v in state.variables]
    branches = []
    for block_node in (node.then, node.otherwise):
        block = Block()
        emitter.block, emitter.register = block, register
        for variable, known in zip(state.variables, entry, strict=True):
            variable.value = known
        if block_node is not None:
            _scoped(frame, block_node.statements, body)
        _end(frame, block, scf.YieldOp(*_leave(frame, state)))
        branches.append(Region(block))
    types = [register.type, *(v.type for v in state.values)]
    emitter.block, emitter.register = outer, register
    op = scf.IfOp(flag, types, branches[0], branches[1])
    emitter.add(op)
    _resume(frame, state, outer, op.results)


def lower_while(frame: Frame, node: tree.While, body: Body) -> None:
    """`while`."""
    emitter = frame.emitter
    state = carried(frame, node.body, node.condition)
    emitter.flush()
    outer_block, register = emitter.block, emitter.register
    types = [register.type, *(v.type for v in state.values)]
    before, after = Block(arg_types=types), Block(arg_types=types)
    _enter(frame, state, before, before.args)
    condition = truth(emitter, value(frame, node.condition))
    _end(frame, before, scf.ConditionOp(condition, *_leave(frame, state)))
    _enter(frame, state, after, after.args)
    _scoped(frame, node.body.statements, body)
    _end(frame, after, scf.YieldOp(*_leave(frame, state)))
    emitter.block, emitter.register = outer_block, register
    op = scf.WhileOp([register, *state.values], types, Region(before), Region(after))
    emitter.add(op)
    _resume(frame, state, outer_block, op.results)


def lower_for(frame: Frame, node: tree.For, body: Body) -> None:
    """`for`: over a range it stays a loop; over a list, set or array it is written out."""
    kind = resolved(frame, node.type)
    if isinstance(node.domain, tree.Range):
        _range_loop(frame, node, node.domain, kind, body)
        return
    elements = _elements(frame, node.domain)
    if len(elements) > LONGEST_UNROLLED:
        raise not_executable(
            frame, node.domain, f"a loop over more than {LONGEST_UNROLLED} listed values", "loop over a range"
        )
    for element in elements:
        frame.scopes.append({})
        frame.bind_value(node.variable.name, convert(frame.emitter, kind, element), kind)
        body(frame, node.body.statements)
        frame.scopes.pop()


def _elements(frame: Frame, domain: tree.Expression) -> list[Known]:
    """The values that a listed domain goes over: a set, an array, or the bits of a register."""
    if isinstance(domain, tree.IndexSet):
        return [value(frame, item) for item in domain.items]
    whole_domain = value(frame, domain)
    if isinstance(whole_domain.type, Bit):
        register = materialised(frame.emitter, whole_domain)
        size = whole_domain.type.size or 1
        return [extract(frame.emitter, register, frame.emitter.integer(k), BIT) for k in range(size)]
    if isinstance(whole_domain, Constant) and isinstance(whole_domain.value, tuple):
        assert isinstance(whole_domain.type, Array)
        return [Constant(element_type(whole_domain.type), item) for item in whole_domain.value]
    raise not_executable(frame, domain, f"a loop over {whole_domain.type}", "loop over a range, set, array or bits")


def _range_loop(frame: Frame, node: tree.For, domain: tree.Range, kind: Type, body: Body) -> None:
    if not isinstance(kind, (Int, UInt)):
        raise not_executable(frame, node.type, f"a range loop over {kind}", "use an integer loop variable")
    emitter = frame.emitter
    step = 1 if domain.step is None else as_int(constant(frame, domain.step, "a loop's step"))
    if step == 0 or domain.first is None or domain.last is None:
        raise not_executable(frame, domain, "a loop without first, last or a step that moves", "write `[first:last]`")
    first, last = value(frame, domain.first), value(frame, domain.last)
    lower, upper, stride, offset = _bounds(emitter, first, last, step)
    if lower is None:
        return
    state = carried(frame, node.body)
    emitter.flush()
    outer_block, register = emitter.block, emitter.register
    types = [register.type, *(v.type for v in state.values)]
    block = Block(arg_types=[i64, *types])
    block.args[0].name_hint = node.variable.name if node.variable.name.isidentifier() else None
    _enter(frame, state, block, block.args[1:])
    frame.scopes.append({})
    _note_interval(emitter, block.args[0], lower, upper)
    index = block.args[0] if offset is None else _countdown(emitter, block.args[0], offset, step)
    frame.bind_value(node.variable.name, Dynamic(kind, index), kind)
    body(frame, node.body.statements)
    frame.scopes.pop()
    _end(frame, block, scf.YieldOp(*_leave(frame, state)))
    emitter.block, emitter.register = outer_block, register
    op = scf.ForOp(lower, upper, stride, [register, *state.values], Region(block))
    emitter.add(op)
    _resume(frame, state, outer_block, op.results)


def _bounds(
    emitter: Emitter, first: Known, last: Known, step: int
) -> tuple[SSAValue | None, SSAValue, SSAValue, SSAValue | None]:
    """Lower, exclusive upper and step of the loop; for a negative step a count and where it starts.

    Lower is `None` for a loop that is known to run never.
    """
    one = emitter.integer(1)
    if isinstance(first, Constant) and isinstance(last, Constant):
        span = range(as_int(first), as_int(last) + (1 if step > 0 else -1), step)
        if step > 0:
            none = None if not span else emitter.integer(span.start)
            return none, emitter.integer(span.stop), emitter.integer(step), None
        none = None if not span else emitter.integer(0)
        return none, emitter.integer(len(span)), one, emitter.integer(span.start)
    if step > 0:
        past = _integer_op(emitter, arith.AddiOp, whole(emitter, last), one)
        return whole(emitter, first), past, emitter.integer(step), None
    down = _integer_op(emitter, arith.SubiOp, whole(emitter, first), whole(emitter, last))
    steps = emitter.value(arith.FloorDivSIOp.create(operands=[down, emitter.integer(-step)], result_types=[i64]))
    return emitter.integer(0), _integer_op(emitter, arith.AddiOp, steps, one), one, whole(emitter, first)


def _note_interval(emitter: Emitter, index: SSAValue, lower: SSAValue, upper: SSAValue) -> None:
    """Note between which numbers a loop's counter stays."""
    low, high = emitter.intervals.of(lower), emitter.intervals.of(upper)
    if low is not None and high is not None and low[0] < high[1]:
        emitter.intervals.known[index] = (low[0], high[1] - 1)


def _countdown(emitter: Emitter, count: SSAValue, start: SSAValue, step: int) -> SSAValue:
    """The loop variable of a descending loop."""
    return _integer_op(emitter, arith.AddiOp, start, _integer_op(emitter, arith.MuliOp, count, emitter.integer(step)))


def _integer_op(
    emitter: Emitter, kind: type[arith.AddiOp] | type[arith.SubiOp] | type[arith.MuliOp], a: SSAValue, b: SSAValue
) -> SSAValue:
    flags = {"overflowFlags": arith.IntegerOverflowAttr("none")}
    return emitter.value(kind.create(operands=[a, b], result_types=[i64], properties=flags))


def lower_switch(frame: Frame, node: tree.Switch, body: Body) -> None:
    """`switch`: a chain of branches on equality, in the order written."""
    subject = frame_name(node)
    frame.scopes.append({})
    frame.bind_value(subject, value(frame, node.subject), None)
    chain: tree.Block | None = None
    for case in reversed(node.cases):
        if not case.values:
            chain = case.body
            continue
        tests = [
            tree.BinaryOp(v.start, v.end, "==", tree.Name(node.subject.start, node.subject.end, subject), v)
            for v in case.values
        ]
        condition: tree.Expression = tests[0]
        for test in tests[1:]:
            condition = tree.BinaryOp(test.start, test.end, "||", condition, test)
        branch = tree.If(case.start, case.end, condition, case.body, chain)
        chain = tree.Block(case.start, case.end, [branch])
    if chain is not None:
        body(frame, chain.statements)
    frame.scopes.pop()


def frame_name(node: tree.Switch) -> str:
    """A name for a switch's subject that no program can write."""
    return f"<switch {node.start}>"


def _scoped(frame: Frame, statements: Sequence[tree.Statement], body: Body) -> None:
    frame.scopes.append({})
    body(frame, statements)
    frame.scopes.pop()


__all__ = ["lower_for", "lower_if", "lower_switch", "lower_while"]
