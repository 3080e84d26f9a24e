"""Small edits of operations that every pass needs."""

from xdsl.ir import Operation


def remove(op: Operation) -> None:
    """Take an operation without uses out of its block. Raises if its results are still used."""
    op.detach()  # type: ignore[no-untyped-call]  # xDSL leaves it unannotated
    op.erase()


def replace(op: Operation, by: Operation) -> None:
    """Put an operation in another's place; uses of its results become uses of the other's."""
    block = op.parent
    if block is None:
        raise ValueError("an operation without a block cannot be replaced")
    block.insert_op_before(by, op)
    for old, new in zip(op.results, by.results, strict=True):
        old.replace_all_uses_with(new)
    remove(op)
