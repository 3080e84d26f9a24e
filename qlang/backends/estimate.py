"""How many gates a kernel executes, without executing it."""

from xdsl.dialects.arith import ConstantOp
from xdsl.dialects.builtin import IntegerAttr
from xdsl.dialects.scf import ForOp
from xdsl.ir import Block, SSAValue

from qlang.ir.kernel import EachOp, FuncOp, GateOp, SweepOp


def gate_count(func: FuncOp) -> int:
    """Gates with loops multiplied by constant trip counts; other loops and both arms of a condition count once."""
    return _block(func.body.block)


def _block(block: Block) -> int:
    total = 0
    for op in block.ops:
        if isinstance(op, SweepOp):
            total += len(op.gates)
        elif isinstance(op, GateOp):
            total += 1
        elif isinstance(op, EachOp):
            total += len(op.static_wires)
        else:
            inside = sum(_block(part) for region in op.regions for part in region.blocks)
            total += inside * (_trips(op) if isinstance(op, ForOp) else 1)
    return total


def _trips(loop: ForOp) -> int:
    low, high, step = map(_constant, (loop.lb, loop.ub, loop.step))
    if low is None or high is None or not step:
        return 1
    return len(range(low, high, step))


def _constant(value: SSAValue) -> int | None:
    owner = value.owner
    if isinstance(owner, ConstantOp) and isinstance(owner.value, IntegerAttr):
        return owner.value.value.data
    return None
