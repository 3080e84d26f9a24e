"""The passes of this room, in the order in which a compilation runs them."""

from xdsl.passes import ModulePass

from qlang.passes.cancel_inverses import CancelInverses
from qlang.passes.canonicalize import CanonicalizeCircuit
from qlang.passes.choose_mitigation import ChooseMitigation
from qlang.passes.count_resources import CountResources
from qlang.passes.expand_sweep import ExpandSweep
from qlang.passes.group_observables import GroupObservables
from qlang.passes.lower_kernel import LowerKernel
from qlang.passes.merge_rotations import MergeRotations
from qlang.passes.plan_execution import PlanExecution
from qlang.passes.require_lengths import RequireLengths
from qlang.passes.schedule import Schedule
from qlang.passes.sign import Sign

CIRCUIT_PASSES: tuple[type[ModulePass], ...] = (
    CanonicalizeCircuit,
    MergeRotations,
    CancelInverses,
    CountResources,
    GroupObservables,
)
"""Rewrites and analyses of circuits; the catalogue is asked after them."""

PLAN_PASSES: tuple[type[ModulePass], ...] = (
    RequireLengths,
    ExpandSweep,
    ChooseMitigation,
    Schedule,
    LowerKernel,
    PlanExecution,
    Sign,
)
"""Decisions, each of which emits its stage of the plan."""

PASSES = CIRCUIT_PASSES + PLAN_PASSES
"""All but `plan-sweeps`: only a kernel that is shown goes through it, so compilation never loads the planner."""
