"""Merge neighbouring rotations about the same axis.

    rz(a) q; rz(b) q   →   rz(a + b) q

Angles are taken modulo each gate's exact period (4π for rotations, 2π for phases), so the global phase is kept.
Linear in the number of gates.
"""

from dataclasses import dataclass
from math import pi

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from qlang.ir.gates import BY_CODE
from qlang.ir.packed import Gate
from qlang.passes.gate_runs import rewrite, runs


@dataclass(frozen=True)
class MergeRotations(ModulePass):
    """See the module."""

    name = "merge-rotations"

    tolerance: float = 1e-12
    """Rotations closer to the identity than this are removed (radians)."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for run in runs(op):
            rewrite(run, self._rule)

    def _rule(self, earlier: Gate, later: Gate) -> list[Gate] | None:
        row = BY_CODE[later[0]]
        if earlier[0] != later[0] or not row.additive or row.period is None or not row.qubits:
            return None
        period = row.period * pi
        angle = earlier[2][0] + later[2][0]
        if abs(angle) > period / 2:
            angle -= period * round(angle / period)
        return [] if abs(angle) <= self.tolerance else [(later[0], later[1], (angle,))]
