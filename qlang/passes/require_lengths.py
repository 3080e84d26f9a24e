"""Refuse to execute what has no length without a device.

A delay or box whose time depends on a `stretch`, on `durationof` or on the device's time step stays in the circuit as
it is; a plan for a simulator would have to invent the time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Block, BlockArgument, Operation, SSAValue
from xdsl.passes import ModulePass

from qlang.ir import circuit, timing
from qlang.passes.rejections import NoLength


@dataclass(frozen=True)
class RequireLengths(ModulePass):
    """See the module. Raises `NoLength` at the first operation in order."""

    name = "require-lengths"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for func in op.ops:
            if isinstance(func, circuit.FuncOp):
                executed = list(_executed(func.body.block))
                for inner in executed:
                    if isinstance(inner, (circuit.DelayOp, timing.BoxBeginOp)) and inner.seconds is not None:
                        _check(inner, inner.seconds)
                for inner in executed:
                    if isinstance(inner, timing.UNKNOWN_LENGTHS) and inner.results[0].first_use is not None:
                        raise NoLength(inner.results[0].first_use.operation, what(inner))


def _executed(block: Block) -> Iterator[Operation]:
    """All operations of a block and the regions in it, but not what is only timed."""
    for op in block.ops:
        yield op
        if not isinstance(op, timing.DurationOfOp):
            for region in op.regions:
                for inner in region.blocks:
                    yield from _executed(inner)


def _check(op: Operation, seconds: SSAValue) -> None:
    seen: set[SSAValue] = set()
    pending = [seconds]
    while pending:
        value = pending.pop()
        if value in seen:
            continue
        seen.add(value)
        owner = value.block.parent_op() if isinstance(value, BlockArgument) else value.owner
        if not isinstance(owner, Operation) or isinstance(owner, circuit.FuncOp):
            continue
        if isinstance(owner, timing.UNKNOWN_LENGTHS):
            raise NoLength(op, what(owner))
        pending += [operand for operand in owner.operands if _number(operand)]
        for region in owner.regions:
            for block in region.blocks:
                if block.last_op is not None:
                    pending += [operand for operand in block.last_op.operands if _number(operand)]


def _number(value: SSAValue) -> bool:
    return not isinstance(value.type, circuit.RegisterType)


def what(op: Operation) -> str:
    """The length that is not known, as the program writes it."""
    match op:
        case timing.StretchOp():
            return f"the `stretch` `{op.stretch.data}`"
        case timing.TimeStepOp():
            return "a time in `dt`"
        case _:
            return "`durationof`"
