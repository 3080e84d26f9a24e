"""Loops and branches of the IR as statements: results and carried values become variables that the bodies assign."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects import scf
from xdsl.ir import Operation, SSAValue

from qlang.interchange.builder import Builder, kind_of, size_of, variable_for
from qlang.interchange.program import Assign, Declare, Expr, For, If, Statement, Var, While
from qlang.ir import circuit


def _classical(values: Sequence[SSAValue]) -> list[tuple[int, SSAValue]]:
    return [(k, value) for k, value in enumerate(values) if not isinstance(value.type, circuit.RegisterType)]


def build_if(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """A branch; each result becomes a variable that both sides leave it in."""
    assert isinstance(op, scf.IfOp)
    condition, liveness = builder.read(op.cond), builder.liveness
    regions = [region for region in (op.true_region, op.false_region) if region.blocks]
    bounds = [(liveness.position[r.block.first_op], liveness.end[r.block.last_op]) for r in regions]  # type: ignore[index]  # blocks end in a terminator
    branches: list[list[Statement]] = []
    for number, region in enumerate(regions):
        others = [(low - 1, high) for k, (low, high) in enumerate(bounds) if k != number]
        liveness.excluded.extend(others)
        branches.append(builder.block(region.block))
        del liveness.excluded[len(liveness.excluded) - len(others) :]
    builder.now = liveness.end[op]
    taken: list[str] = []
    pairs: list[list[tuple[Var, Expr]]] = [[] for _ in regions]
    for k, result in _classical(op.results):
        values = [builder.read(region.block.last_op.operands[k]) for region in regions]  # type: ignore[union-attr]  # as above
        variable = _joined(builder, result, values, taken, out)
        taken.append(variable.name)
        for pair, value in zip(pairs, values, strict=True):
            pair.append((variable, value))
    for branch, pair in zip(branches, pairs, strict=True):
        builder.assign_together(pair, branch, op)
    for (_, result), (variable, _) in zip(_classical(op.results), pairs[0], strict=True):
        builder.put(result, variable)
    out.append(If(condition, tuple(branches[0]), tuple(branches[1]) if len(branches) > 1 else (), op))


def _joined(
    builder: Builder, result: SSAValue, values: Sequence[Expr], taken: Sequence[str], out: list[Statement]
) -> Var:
    """The variable in which all branches leave a result."""
    for value in values:
        fits = isinstance(value, Var) and builder.owns(value.name) and value.name not in taken
        if isinstance(value, Var) and fits and builder.free(value.name, builder.now):
            return value
    name = builder.preferred.get(result)
    fits = name is not None and builder.owns(name) and name not in taken and builder.sizes[name] == size_of(result)
    if name is not None and fits and builder.free(name, builder.now):
        return variable_for(name, result)
    variable = builder.declared(result, "b" if kind_of(result) == "bits" else "t")
    out.append(Declare(variable, None))
    return variable


def _loop_variables(
    builder: Builder,
    results: Sequence[SSAValue],
    initial: Sequence[SSAValue],
    arguments: Sequence[SSAValue],
    out: list[Statement],
    op: Operation,
) -> list[tuple[int, Var]]:
    """A variable for each value that goes round the loop, with its first value assigned."""
    taken: list[str] = []
    pairs: list[tuple[Var, Expr]] = []
    found: list[tuple[int, Var]] = []
    for k, start in _classical(initial):
        value = builder.read(start)
        variable = _joined(builder, results[k], [value], taken, out)
        taken.append(variable.name)
        pairs.append((variable, value))
        found.append((k, variable))
        builder.put(arguments[k], variable)
    builder.assign_together(pairs, out, op)
    builder.written.update(taken)
    return found


def build_for(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """A counted loop; what goes round it becomes variables."""
    assert isinstance(op, scf.ForOp)
    block = op.body.block
    variables = _loop_variables(builder, op.results, op.iter_args, block.args[1:], out, op)
    index = Var(builder.names.give(block.args[0].name_hint or "i", "i"), "int")
    builder.location[block.args[0]] = index
    builder.loops += 1
    last = block.last_op
    assert last is not None
    for k, variable in variables:
        builder.prefer(variable.name, last.operands[k])
    body = builder.block(block)
    builder.assign_together([(variable, builder.read(last.operands[k])) for k, variable in variables], body, op)
    builder.loops -= 1
    for k, variable in variables:
        builder.put(op.results[k], variable)
    out.append(For(index, builder.read(op.lb), builder.read(op.ub), builder.read(op.step), tuple(body), op))


def build_while(builder: Builder, op: Operation, out: list[Statement]) -> None:
    """A loop under a condition; what goes round it becomes variables."""
    assert isinstance(op, scf.WhileOp)
    before, after = op.before_region.block, op.after_region.block
    variables = _loop_variables(builder, op.results, op.arguments, before.args, out, op)
    builder.loops += 1
    end = after.last_op
    assert end is not None
    for k, variable in variables:
        builder.prefer(variable.name, end.operands[k])
    test = builder.block(before)
    last = before.last_op
    assert isinstance(last, scf.ConditionOp)
    condition = builder.read(last.condition)
    forwarded = [(variable, builder.read(last.args[k])) for k, variable in variables]
    plain = not test and all(variable == value for variable, value in forwarded)
    if not plain:  # the test runs before the loop and again at the end of its body
        flag = builder.declared(last.condition, "go")
        out.append(Declare(flag, None, op))
        test.append(Assign(flag, condition, op))
        builder.assign_together(forwarded, test, op)
        condition = flag
    for k, variable in variables:
        builder.put(after.args[k], variable)
    body = builder.block(after)
    builder.assign_together([(variable, builder.read(end.operands[k])) for k, variable in variables], body, op)
    builder.loops -= 1
    for k, variable in variables:
        builder.put(op.results[k], variable)
    if not plain:
        out.extend(test)
        body.extend(test)
    out.append(While(condition, tuple(body), op))
