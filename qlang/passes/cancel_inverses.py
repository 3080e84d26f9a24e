"""Cancel neighbouring gates that undo each other.

    h q; h q   →   (nothing)        s q; sdg q   →   (nothing)

Exact, global phase included; parametrised gates are left to `merge-rotations`. Linear in the number of gates.
"""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from qlang.ir.gates import BY_CODE, inverse
from qlang.ir.packed import Gate
from qlang.passes.gate_runs import rewrite, runs


@dataclass(frozen=True)
class CancelInverses(ModulePass):
    """See the module."""

    name = "cancel-inverses"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for run in runs(op):
            rewrite(run, _rule)


def _rule(earlier: Gate, later: Gate) -> list[Gate] | None:
    row = BY_CODE[later[0]]
    if row.parameters or not row.qubits:
        return None
    undone, _ = inverse(row, ())
    return [] if undone.code == earlier[0] else None
