"""Long sums as loops: `a + b + c + …` nests to the left, as deep as it is long."""

from qlang.syntax import tree


def left_spine(node: tree.BinaryOp) -> list[tree.BinaryOp]:
    """The operations along the left operands, innermost first, the node itself last."""
    spine = [node]
    while isinstance(spine[-1].left, tree.BinaryOp):
        spine.append(spine[-1].left)
    spine.reverse()
    return spine
