"""Write the stages that run a scheduled job: lower, execute, mitigate, check.

    plan.schedule …   →   %k = plan.lower @quench as @quench_kernel for %b {target = …, l2_bound = …, digest = …}
                          %r = plan.execute %k on %b over %p {scales = …, shots = …, settings = …, samples = …}
                          %v = plan.mitigate %r by %m {expect = …, readout = …}
                          %s = plan.check %v [bounds]

The digest is that of the kernel's text, so that the plan's hash covers what will be executed. `l2_bound` is what
rounding on the target can do to the state. A job whose `precision` allows it runs in single precision; one that the
fastest target cannot guarantee it on runs on another; one that none can is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, ModuleOp, StringAttr, SymbolRefAttr
from xdsl.passes import ModulePass

from qlang.ir import kernel, plan
from qlang.ir.job import ExpectOp, SampleOp
from qlang.ir.text import text_digest
from qlang.ir.values import Plain, attributes, floats, integers, plain, plain_attributes
from qlang.passes.declared import Declared, declared_jobs
from qlang.passes.lower_kernel import kernel_name
from qlang.passes.rejections import PrecisionUnmet
from qlang.passes.rounding import infidelity_bound, l2_bound, precisions


@dataclass(frozen=True)
class PlanExecution(ModulePass):
    """See the module."""

    name = "plan-execution"

    targets: tuple[str, ...] = ("cpu.numpy",)
    """Which executors the kernel may be for, the preferred first."""

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        kernels = {k.sym_name.data: k for k in op.ops if isinstance(k, kernel.FuncOp)}
        digests = {name: text_digest(k) for name, k in kernels.items()}
        for declared in declared_jobs(op):
            self._stages(declared, digests[kernel_name(declared.circuit.sym_name.data)])

    def _stages(self, declared: Declared, digest: str) -> None:
        (points,) = declared.planned(plan.PointsOp)
        (policy,) = declared.planned(plan.PolicyOp)
        (schedule,) = declared.planned(plan.ScheduleOp)
        target, precision, bound = _chosen(self.targets, declared, policy, schedule)
        lower = plan.LowerOp.create(
            operands=[schedule.result],
            result_types=[plan.KernelType()],
            properties={
                "circuit": declared.job.circuit,
                "kernel": SymbolRefAttr(kernel_name(declared.circuit.sym_name.data)),
            },
            attributes=attributes(target=target, precision=precision, l2_bound=bound, digest=digest),
        )
        declared.add(lower, declared.circuit)
        execute = plan.ExecuteOp.create(
            operands=[lower.result, schedule.result, points.result],
            result_types=[plan.RawType()],
            attributes={**attributes(**_execution(declared, plain_attributes(policy)))},
        )
        declared.add(execute, declared.circuit)
        mitigate = plan.MitigateOp.create(
            operands=[execute.result, policy.result],
            result_types=[plan.EstimatesType()],
            attributes=attributes(expect={e.label.data: _expectation(e) for e in declared.expectations}),
        )
        declared.add(mitigate, declared.mitigation)
        check = plan.CheckOp.create(
            operands=[mitigate.result],
            result_types=[plan.VerdictType()],
            properties={"bounds": ArrayAttr([op.bound for op in declared.bounds])},
        )
        declared.add(check, declared.bounds[0] if declared.bounds else declared.job)


def _chosen(
    targets: Sequence[str], declared: Declared, policy: plan.PolicyOp, schedule: plan.ScheduleOp
) -> tuple[str, str, float | None]:
    """Target, precision and the bound on the state's l2 error.

    Without a demand, the first target in double precision. Raises PrecisionUnmet where the job's `precision` is tighter
    than what any of them guarantees.
    """
    scales, noise = plain_attributes(policy)["scales"], plain_attributes(schedule).get("noise")
    resources = plain(declared.circuit.attributes["resources"])
    assert isinstance(scales, list) and isinstance(resources, dict)

    def bounded(target: str, precision: str) -> float | None:
        return l2_bound(resources, declared.circuit.size, int(max(scales)), noise, target, precision)

    wanted = plain_attributes(declared.settings).get("precision")
    if not isinstance(wanted, dict):
        return targets[0], "f64", bounded(targets[0], "f64")
    ((measure, limit),) = wanted.items()
    best: float | None = None
    for target in targets:
        for precision in precisions(target, noise):
            bound = bounded(target, precision)
            guaranteed = infidelity_bound(bound, noise is not None) if bound and measure == "infidelity" else bound
            if guaranteed is not None and guaranteed <= float(limit):
                return target, precision, bound
            best = guaranteed if best is None else min(best, guaranteed or best)
    raise PrecisionUnmet(declared.job.job.data, measure, float(limit), best)


def _execution(declared: Declared, policy: dict[str, Plain]) -> dict[str, Plain]:
    return {
        "scales": policy["scales"],
        "shots": policy.get("shots"),
        "settings": list(declared.measurement_settings),
        "samples": [_sample(sample) for sample in declared.samples],
        "states": [{"label": op.label.data, "wires": integers(op.wires)} for op in declared.states],
        "method": "auto",
    }


def _sample(sample: SampleOp) -> Plain:
    record: dict[str, Plain] = {"label": sample.label.data, "wires": integers(sample.wires)}
    if isinstance(sample.bits, StringAttr):
        record["bits"] = sample.bits.data
    if isinstance(sample.values, StringAttr):
        record["values"] = sample.values.data
    return record


def _expectation(expectation: ExpectOp) -> Plain:
    assert expectation.groups is not None
    return {
        "terms": [term.data for term in expectation.terms],
        "coefficients": floats(expectation.coefficients),
        "groups": integers(expectation.groups),
    }
