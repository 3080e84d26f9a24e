"""Dialect `plan`: the decided stages of a job, as a graph with data dependencies.

    plan.job "ising_quench" seed "7" {
      %p = plan.points ["h"] array<f64: 0.2, 0.4>
      %m = plan.policy @quench over %p {method = "zne[1,3,5],richardson", …}
      %b = plan.schedule @quench, %m "sim like ibm.guadalupe" {score = …, rejected = […]}
      %k = plan.lower @quench as @quench_kernel for %b {target = "cpu.numpy", digest = "sha256:…"}
      %r = plan.execute %k on %b over %p {shots = [12000, 8000], …}
      %v = plan.mitigate %r by %m
      %s = plan.check %v [#plan.bound<…>]
      %g = plan.sign %s {crypto = "hybrid", algorithms = ["ed25519", "ml-dsa-65"]}
      plan.record %g
    }

The runtime interprets these operations and nothing else; the text of `plan.job`, printed without locations, is
what is hashed and signed. A plan is no symbol: it bears the name of its job.
"""

from xdsl.dialects.builtin import StringAttr, SymbolRefAttr
from xdsl.ir import Dialect, ParametrizedAttribute, TypeAttribute
from xdsl.irdl import (
    IRDLOperation,
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    prop_def,
    region_def,
    result_def,
    traits_def,
)
from xdsl.traits import NoTerminator

from qlang.ir.constraints import ARRAY, DENSE, STRINGS
from qlang.ir.values import Bound, Interval, Reason


@irdl_attr_definition
class PointsType(ParametrizedAttribute, TypeAttribute):
    name = "plan.points_type"


@irdl_attr_definition
class PolicyType(ParametrizedAttribute, TypeAttribute):
    name = "plan.policy_type"


@irdl_attr_definition
class BackendType(ParametrizedAttribute, TypeAttribute):
    name = "plan.backend_type"


@irdl_attr_definition
class KernelType(ParametrizedAttribute, TypeAttribute):
    name = "plan.kernel_type"


@irdl_attr_definition
class RawType(ParametrizedAttribute, TypeAttribute):
    name = "plan.raw_type"


@irdl_attr_definition
class EstimatesType(ParametrizedAttribute, TypeAttribute):
    name = "plan.estimates_type"


@irdl_attr_definition
class VerdictType(ParametrizedAttribute, TypeAttribute):
    name = "plan.verdict_type"


@irdl_attr_definition
class SignatureType(ParametrizedAttribute, TypeAttribute):
    name = "plan.signature_type"


@irdl_op_definition
class JobOp(IRDLOperation):
    """The plan of one job."""

    name = "plan.job"

    job = prop_def(StringAttr)
    seed = prop_def(StringAttr)
    body = region_def("single_block")

    traits = traits_def(NoTerminator())
    assembly_format = "$job `seed` $seed $body attr-dict"


@irdl_op_definition
class PointsOp(IRDLOperation):
    """Every point of the sweep: row by row, the value of each name. Without a sweep: no names, one point."""

    name = "plan.points"

    names = prop_def(STRINGS)
    values = prop_def(DENSE)
    result = result_def(PointsType())

    assembly_format = "$names $values attr-dict"


@irdl_op_definition
class PolicyOp(IRDLOperation):
    """How results are mitigated on one candidate.

    Attributes: `method` (text form), `not_applied` (listed methods that there is nothing to apply to, with the
    reason), `scales`, `shots` (per scale), `fidelity` (interval), `overhead`, `model`,
    `considered` (each arm with its prediction), `reason`; `candidate` names the backend until one is scheduled.
    """

    name = "plan.policy"

    circuit = prop_def(SymbolRefAttr)
    points = operand_def(PointsType)
    result = result_def(PolicyType())

    assembly_format = "$circuit `over` $points attr-dict"


@irdl_op_definition
class ScheduleOp(IRDLOperation):
    """Where the job runs.

    Attributes: `kind`, `snapshot`, `layout`, `score`, `cost`, `latency`, `rejected`, `noise` (channel parameters).
    """

    name = "plan.schedule"

    circuit = prop_def(SymbolRefAttr)
    backend = prop_def(StringAttr)
    policy = operand_def(PolicyType)
    result = result_def(BackendType())

    assembly_format = "$circuit `,` $policy $backend attr-dict"


@irdl_op_definition
class LowerOp(IRDLOperation):
    """The circuit as a kernel for the chosen backend.

    Attributes: `target`, `precision`, `l2_bound`, `digest`, and where native code was tuned `tuning` (`structure`,
    the options for programs of that structure, `threads`).
    """

    name = "plan.lower"

    circuit = prop_def(SymbolRefAttr)
    kernel = prop_def(SymbolRefAttr)
    backend = operand_def(BackendType)
    result = result_def(KernelType())

    assembly_format = "$circuit `as` $kernel `for` $backend attr-dict"


@irdl_op_definition
class ExecuteOp(IRDLOperation):
    """Runs the kernel at every point, noise scale and measurement setting.

    Attributes: `scales` and `shots` (per scale; absent: exact), `settings` (bases, character k for wire k),
    `samples` (wires or bit registers with their labels), `states`, `method` of simulation where it is chosen.
    """

    name = "plan.execute"

    kernel = operand_def(KernelType)
    backend = operand_def(BackendType)
    points = operand_def(PointsType)
    result = result_def(RawType())

    assembly_format = "$kernel `on` $backend `over` $points attr-dict"


@irdl_op_definition
class MitigateOp(IRDLOperation):
    """Turns raw data into estimates with error bars. Attribute `expect`: label → terms, coefficients, settings."""

    name = "plan.mitigate"

    raw = operand_def(RawType)
    policy = operand_def(PolicyType)
    result = result_def(EstimatesType())

    assembly_format = "$raw `by` $policy attr-dict"


@irdl_op_definition
class CheckOp(IRDLOperation):
    """Compares what came out with the SLA."""

    name = "plan.check"

    estimates = operand_def(EstimatesType)
    bounds = prop_def(ARRAY)
    result = result_def(VerdictType())

    assembly_format = "$estimates $bounds attr-dict"


@irdl_op_definition
class SignOp(IRDLOperation):
    """How the manifest must be signed. Attributes: `crypto`, `algorithms`, `tenant`, `policy` (digest), `labels`."""

    name = "plan.sign"

    verdict = operand_def(VerdictType)
    result = result_def(SignatureType())

    assembly_format = "$verdict attr-dict"


@irdl_op_definition
class RecordOp(IRDLOperation):
    """Appends the run to the ledger."""

    name = "plan.record"

    signature = operand_def(SignatureType)

    assembly_format = "$signature attr-dict"


PLAN = Dialect(
    "plan",
    [JobOp, PointsOp, PolicyOp, ScheduleOp, LowerOp, ExecuteOp, MitigateOp, CheckOp, SignOp, RecordOp],
    [
        PointsType,
        PolicyType,
        BackendType,
        KernelType,
        RawType,
        EstimatesType,
        VerdictType,
        SignatureType,
        Interval,
        Bound,
        Reason,
    ],
)
