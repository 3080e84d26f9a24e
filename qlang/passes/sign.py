"""Decide what a run's manifest is signed with, and that it is recorded.

    job.settings {crypto = "hybrid"}   →   %g = plan.sign %s {crypto = "hybrid", algorithms = ["ed25519", "ml-dsa-65"]}
                                           plan.record %g

Which algorithms sign (`algorithms`), for whom (`tenant`) and under which policy (`policy`, a digest) is in the
settings, put there by `apply-policy`; what the policy forbids never comes this far.
"""

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass

from qlang.ir import plan
from qlang.passes.declared import Declared, declared_jobs

CARRIED = ("crypto", "algorithms", "tenant", "policy", "labels")
"""What the plan keeps of the settings."""


@dataclass(frozen=True)
class Sign(ModulePass):
    """See the module."""

    name = "sign"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for declared in declared_jobs(op):
            _sign(declared)


def _sign(declared: Declared) -> None:
    (check,) = declared.planned(plan.CheckOp)
    wanted = declared.settings.attributes
    sign = plan.SignOp.create(
        operands=[check.result],
        result_types=[plan.SignatureType()],
        attributes={name: wanted[name] for name in CARRIED if name in wanted},
    )
    declared.add(sign, declared.settings)
    declared.add(plan.RecordOp.create(operands=[sign.result]), declared.settings)
