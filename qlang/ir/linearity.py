"""No cloning: a register value is used exactly once, in the block that defines it.

The two sides of an `scf.if` may each use it once: only one of them runs.
"""

from collections.abc import Sequence

from xdsl.dialects.scf import IfOp
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException


def check_linearity(region: Region, register: type[Attribute]) -> None:
    """Verify a circuit's body.

    Raises VerifyException where a register value is used twice (two owners of the same qubits), never (qubits
    lost), or from inside a loop that did not receive it (each iteration would own it again).
    """
    for block in region.blocks:
        for argument in block.args:
            _check_value(argument, block, register)
        for op in block.ops:
            for result in op.results:
                _check_value(result, block, register)
            for inner in op.regions:
                check_linearity(inner, register)


def _check_value(value: SSAValue, block: Block, register: type[Attribute]) -> None:
    if isinstance(value.type, register):
        _check_uses(value, [use.operation for use in value.uses], block)


def _check_uses(value: SSAValue, users: Sequence[Operation], block: Block) -> None:
    if not users:
        raise VerifyException(f"register value {_name(value)} is never used: its qubits would be lost")
    if len(users) == 1 and users[0].parent is block:
        return
    branch = _ancestor_in(users[0], block)
    if not isinstance(branch, IfOp) or any(_ancestor_in(user, block) is not branch for user in users):
        where = "used more than once" if len(users) > 1 else f"used inside a nested region of {users[0].name}"
        raise VerifyException(f"register value {_name(value)} is {where}")
    for region in branch.regions:
        inner = [user for user in users if _inside(user, region)]
        if region.blocks.first is not None:
            _check_uses(value, inner, region.blocks.first)


def _ancestor_in(op: Operation, block: Block) -> Operation | None:
    """The operation of `block` that contains `op`, or is it."""
    current: Operation | None = op
    while current is not None and current.parent is not block:
        current = current.parent_op()
    return current


def _inside(op: Operation, region: Region) -> bool:
    current: Operation | None = op
    while current is not None:
        if current.parent_region() is region:
            return True
        current = current.parent_op()
    return False


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else f"of {value.owner}"
