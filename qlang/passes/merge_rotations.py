"""Merge neighbouring rotations about the same axis.

    rz(a) q; rz(b) q   →   rz(a + b) q

Angles are taken modulo each gate's exact period (4π for rotations, 2π for phases), so the global phase is kept.
Angles beyond one period stay as they are: adding to a large number would round the other angle away. Linear in the
number of gates.
"""

from dataclasses import dataclass
from math import pi

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from qlang.ir.gates import BY_CODE
from qlang.ir.packed import Gate
from qlang.passes.gate_runs import rewrite, runs

_SPACING = 2.0**-52
"""Of doubles, relative: angles whose sum is no more than this share of them cancel."""


@dataclass(frozen=True)
class MergeRotations(ModulePass):
    """See the module."""

    name = "merge-rotations"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for run in runs(op):
            rewrite(run, _rule)


def _rule(earlier: Gate, later: Gate) -> list[Gate] | None:
    row = BY_CODE[later[0]]
    if earlier[0] != later[0] or not row.additive or row.period is None or not row.qubits:
        return None
    period = row.period * pi
    one, other = earlier[2][0], later[2][0]
    if not (abs(one) <= period and abs(other) <= period):
        return None
    angle = one + other
    if abs(angle) > period / 2:
        angle -= period * round(angle / period)
    rounding = _SPACING * (abs(one) + abs(other))
    return [] if abs(angle) <= rounding else [(later[0], later[1], (angle,))]
