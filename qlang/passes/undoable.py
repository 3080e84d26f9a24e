"""Whether a circuit can be undone, which scaling its noise by folding U(U†U)ᵏ needs: no choice by chance inside.

Measurements whose bits nothing reads and whose wires nothing touches any more are terminal and do no harm, and so does
a reset of a wire that is still in |0⟩. The answer errs to the safe side where wires or loops are not known before the
run: a circuit that is said to be undoable is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from xdsl.dialects import scf
from xdsl.ir import Block, Operation

from qlang.ir import circuit
from qlang.ir.bits import BitsConstantOp, BitsGetOp, BitsToIntOp

MEASURED = "a measurement before the end of the circuit cannot be undone"
RESET = "a reset cannot be undone"


@dataclass(slots=True)
class _Wires:
    """Wires that something happened to."""

    known: set[int] = field(default_factory=set)
    some: bool = False
    """Whether others, not known before the run, are among them."""

    def add(self, wires: Sequence[object]) -> None:
        for wire in wires:
            if isinstance(wire, int):
                self.known.add(wire)
            else:
                self.some = True

    def meet(self, wires: Sequence[object]) -> bool:
        """Whether one of the wires may be among these."""
        if not self.known and not self.some:
            return False
        return self.some or any(not isinstance(wire, int) or wire in self.known for wire in wires)


@dataclass(slots=True)
class _Walk:
    touched: _Wires = field(default_factory=_Wires)
    measured: _Wires = field(default_factory=_Wires)
    problem: str | None = None

    def block(self, block: Block) -> None:
        for op in block.ops:
            if self.problem is None:
                self.operation(op)

    def operation(self, op: Operation) -> None:
        match op:
            case circuit.RunOp():
                self._gates([wire for _, wires, _ in op.gates.gates() for wire in wires])
            case circuit.GateOp() | circuit.EachOp():
                self._gates(op.wire_list)
            case circuit.MeasureOp():
                self.measured.add(op.wire_list)
            case circuit.ResetOp():
                if self.touched.meet(op.wire_list) or self.measured.meet(op.wire_list):
                    self.problem = RESET
            case BitsGetOp() | BitsToIntOp():
                read = self.measured.known or self.measured.some
                if read and not isinstance(op.bits.owner, BitsConstantOp):
                    self.problem = MEASURED
            case _:
                for _ in range(2 if isinstance(op, (scf.ForOp, scf.WhileOp)) else 1):  # one meets what the last did
                    for region in op.regions:
                        for inner in region.blocks:
                            self.block(inner)

    def _gates(self, wires: Sequence[object]) -> None:
        if self.measured.meet(wires):
            self.problem = MEASURED
        self.touched.add(wires)


def why_not_undoable(func: circuit.FuncOp) -> str | None:
    """What in a circuit cannot be undone, as far as is known before the run; `None` where nothing is."""
    walk = _Walk()
    walk.block(func.body.block)
    return walk.problem
