"""No cloning: a register value is used exactly once, in the block that defines it."""

from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.utils.exceptions import VerifyException


def check_linearity(region: Region, register: type[Attribute]) -> None:
    """Verify a circuit's body.

    Raises VerifyException where a register value is used twice (two owners of the same qubits), never (qubits
    lost), or from inside a loop or branch that did not receive it (each iteration would own it again).
    """
    for block in region.blocks:
        _check_block(block, register)


def _check_block(block: Block, register: type[Attribute]) -> None:
    for argument in block.args:
        _check_value(argument, block, register)
    for op in block.ops:
        for result in op.results:
            _check_value(result, block, register)
        for region in op.regions:
            check_linearity(region, register)


def _check_value(value: SSAValue, block: Block, register: type[Attribute]) -> None:
    if not isinstance(value.type, register):
        return
    use = value.get_unique_use()
    if use is None:
        how = "never used: its qubits would be lost" if value.first_use is None else "used more than once"
        raise VerifyException(f"register value {_name(value)} is {how}")
    user: Operation = use.operation
    if user.parent is not block:
        raise VerifyException(f"register value {_name(value)} is used inside a nested region of {user.name}")


def _name(value: SSAValue) -> str:
    return f"%{value.name_hint}" if value.name_hint else f"of {value.owner}"
