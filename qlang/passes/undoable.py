"""Whether a circuit can be undone, which scaling its noise by folding U(U†U)ᵏ needs: no choice by chance inside.

Measurements whose bits nothing reads and whose wires nothing touches any more are terminal and do no harm, and so does
a reset of a wire that is still in |0⟩. Where wires, conditions or loops are not known before the run the answer is an
obstacle that may not be one: a circuit without obstacle can be undone, one with a certain obstacle cannot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import arith, scf
from xdsl.dialects.builtin import IntegerAttr
from xdsl.ir import Block, Operation, Region, SSAValue

from qlang.ir import circuit
from qlang.ir.bits import BitsConstantOp, BitsExtractOp, BitsGetOp, BitsInsertOp, BitsToIntOp
from qlang.ir.loops import EARLY_EXIT

MEASURED = "a measurement before the end of the circuit cannot be undone"
RESET = "a reset cannot be undone"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a circuit cannot be undone, as far as is known before the run."""

    reason: str
    operation: Operation | None = None
    """The measurement or reset that every run meets; `None` where a run may get around it."""


@dataclass(slots=True)
class _Wires:
    """Wires that something happened to."""

    known: set[int] = field(default_factory=set)
    some: bool = False
    """Whether others, not known before the run, are among them."""
    certain: dict[int, Operation] = field(default_factory=dict)
    """The known ones to which it happens in every run, with what did it first."""

    def add(self, wires: Sequence[object], by: Operation | None) -> None:
        """Note wires; `by` is given where every run comes here."""
        for wire in wires:
            if isinstance(wire, int):
                self.known.add(wire)
                if by is not None:
                    self.certain.setdefault(wire, by)
            else:
                self.some = True

    def meet(self, wires: Sequence[object]) -> bool:
        """Whether one of the wires may be among these."""
        if not self.known and not self.some:
            return False
        return self.some or any(not isinstance(wire, int) or wire in self.known for wire in wires)

    def met(self, wires: Sequence[object]) -> Operation | None:
        """What happened for certain to one of the wires."""
        return next((self.certain[wire] for wire in wires if isinstance(wire, int) and wire in self.certain), None)


@dataclass(slots=True)
class _Walk:
    touched: _Wires = field(default_factory=_Wires)
    measured: _Wires = field(default_factory=_Wires)
    always: bool = True
    """Whether every run comes to the block at hand."""
    initial: dict[SSAValue, SSAValue] = field(default_factory=dict)
    """The values that arguments of loops begin with, on their first turn."""
    obstacle: Obstacle | None = None

    def block(self, block: Block) -> None:
        for op in block.ops:
            if self.obstacle is None or self.obstacle.operation is None:
                self.operation(op)

    def operation(self, op: Operation) -> None:
        match op:
            case circuit.RunOp():
                self._gates(op, [wire for _, wires, _ in op.gates.gates() for wire in wires])
            case circuit.GateOp() | circuit.EachOp():
                self._gates(op, op.wire_list)
            case circuit.MeasureOp():
                self.measured.add(op.wire_list, op if self.always else None)
            case circuit.ResetOp():
                if self.touched.meet(op.wire_list) or self.measured.meet(op.wire_list):
                    met = self.touched.met(op.wire_list) or self.measured.met(op.wire_list)
                    self._stop(RESET, op if met is not None else None)
            case BitsGetOp() | BitsToIntOp():
                read = self.measured.known or self.measured.some
                if read and not isinstance(op.bits.owner, BitsConstantOp):
                    self._stop(MEASURED, self._measurement(op.bits))
            case _:
                self._regions(op)

    def _stop(self, reason: str, operation: Operation | None) -> None:
        """Note an obstacle; the walk goes on for one that is certain."""
        if self.always and operation is not None:
            self.obstacle = Obstacle(reason, operation)
        elif self.obstacle is None:
            self.obstacle = Obstacle(reason)

    def _gates(self, op: Operation, wires: Sequence[object]) -> None:
        if self.measured.meet(wires):
            self._stop(MEASURED, self.measured.met(wires))
        self.touched.add(wires, op if self.always else None)

    def _regions(self, op: Operation) -> None:
        always = self.always
        for turn in range(2 if isinstance(op, (scf.ForOp, scf.WhileOp)) else 1):  # one meets what the last did
            begun = _begun(op) if turn == 0 else {}
            self.initial.update(begun)
            for region in op.regions:
                self.always = always and self._entered(op, region, turn)
                for inner in region.blocks:
                    self.block(inner)
            for argument in begun:
                del self.initial[argument]
        self.always = always

    def _entered(self, op: Operation, region: Region, turn: int) -> bool:
        """Whether the region runs on this turn for certain, if the operation does."""
        match op:
            case scf.IfOp():
                known = self._constant(op.cond)
                return known is not None and region is (op.true_region if known else op.false_region)
            case scf.WhileOp():
                return turn == 0 and region is op.before_region
            case scf.ForOp():
                first, end, step = (self._constant(value) for value in (op.lb, op.ub, op.step))
                known_turns = first is not None and end is not None and step is not None
                turns = len(range(first, end, step)) if known_turns and step else 0  # type: ignore[arg-type]  # all known
                return turn < turns and (turn == 0 or EARLY_EXIT not in op.attributes)
            case _:
                return False

    def _constant(self, value: SSAValue) -> int | None:
        owner = self.initial.get(value, value).owner
        if isinstance(owner, arith.ConstantOp) and isinstance(owner.value, IntegerAttr):
            return owner.value.value.data
        return None

    def _measurement(self, bits: SSAValue) -> Operation | None:
        """The measurement that bits, all of them or their last written part, come from for certain."""
        match self.initial.get(bits, bits).owner:
            case circuit.MeasureOp() as found:
                return found
            case BitsExtractOp(bits=whole, index=index) if isinstance(whole.owner, BitsInsertOp):
                insert = whole.owner
                same = insert.index is index and insert.part.type == bits.type
                return self._measurement(insert.part) if same else None
            case _:
                return None


def _begun(op: Operation) -> dict[SSAValue, SSAValue]:
    """The arguments of a loop's first block, with the values that they begin with."""
    match op:
        case scf.ForOp():
            return dict(zip(op.body.block.args[1:], op.iter_args, strict=True))
        case scf.WhileOp():
            return dict(zip(op.before_region.block.args, op.arguments, strict=True))
        case _:
            return {}


def obstacle_in(func: circuit.FuncOp) -> Obstacle | None:
    """What in a circuit cannot be undone; `None` where nothing is."""
    walk = _Walk()
    walk.block(func.body.block)
    return walk.obstacle
