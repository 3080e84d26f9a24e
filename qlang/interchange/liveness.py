"""Where the values of a circuit are used, so that a variable is overwritten only when nobody reads its old value."""

from __future__ import annotations

from dataclasses import dataclass, field

from xdsl.dialects import scf
from xdsl.ir import Block, Operation, SSAValue


@dataclass(slots=True)
class Liveness:
    """Positions of operations in program order, and of the uses of values.

    A use inside of a loop that its value does not belong to counts as one at the end of the loop. While one branch is
    looked at, uses in the other one do not count (`excluded`).
    """

    position: dict[Operation, int]
    end: dict[Operation, int]
    """Position behind everything in an operation's regions."""
    excluded: list[tuple[int, int]] = field(default_factory=list)
    _uses: dict[SSAValue, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, block: Block) -> Liveness:
        position: dict[Operation, int] = {}
        end: dict[Operation, int] = {}
        stack: list[tuple[Operation, bool]] = [(op, False) for op in reversed(list(block.ops))]
        count = 0
        while stack:
            op, closing = stack.pop()
            count += 1
            if closing:
                end[op] = count
                continue
            position[op] = end[op] = count
            if op.regions:
                stack.append((op, True))
                inner = [each for region in op.regions for within in region.blocks for each in within.ops]
                stack.extend((each, False) for each in reversed(inner))
        return cls(position, end)

    def live(self, value: SSAValue, after: int) -> bool:
        """Whether a value may still be read behind a position."""
        found = self._uses.get(value)
        if found is None:
            found = self._uses[value] = tuple(self._effective(value, use.operation) for use in value.uses)
        return any(use > after and not any(low < use <= high for low, high in self.excluded) for use in found)

    def _effective(self, value: SSAValue, op: Operation) -> int:
        home = value.owner if isinstance(value.owner, Block) else value.owner.parent
        place, block = self.position[op], op.parent
        while block is not home:
            around = block.parent_op() if block is not None else None
            if around is None:
                break
            if isinstance(around, (scf.ForOp, scf.WhileOp)):
                place = self.end[around]
            block = around.parent
        return place
