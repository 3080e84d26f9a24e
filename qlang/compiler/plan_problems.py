"""What planning refuses, as diagnostics: reasons and numbers from the passes, places from the checked job."""

from collections.abc import Iterable

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from qlang.catalogue.store import device_names
from qlang.compiler.candidates import DeviceUnknown
from qlang.compiler.noise_rates import gate_wires
from qlang.compiler.policy_problems import backends_span, forbidden
from qlang.compiler.policy_stage import PolicyRefusal
from qlang.compiler.repairs import Fits, nearest
from qlang.ir.circuit import FuncOp
from qlang.ir.job import BoundOp
from qlang.ir.spans import place_of
from qlang.ir.values import plain
from qlang.passes.rejections import (
    MethodRefused,
    NoLength,
    PlanRejected,
    PrecisionUnmet,
    Rejected,
    Shortfall,
    ShotsUndecided,
)
from qlang.sema import errors
from qlang.sema.jobs import CheckedJob
from qlang.syntax.diagnostic import Diagnostic, Label
from qlang.syntax.source import Span

Refusal = DeviceUnknown | PolicyRefusal | PlanRejected | ShotsUndecided | MethodRefused | PrecisionUnmet | NoLength
REFUSALS = (DeviceUnknown, PolicyRefusal, PlanRejected, ShotsUndecided, MethodRefused, PrecisionUnmet, NoLength)
"""What passes raise where a job cannot be planned."""


def diagnose(problem: Refusal, job: CheckedJob, module: ModuleOp, fits: Fits) -> tuple[Diagnostic, ...]:
    """The diagnostics of a job that cannot be planned; `fits` plans variants of it, for proposals."""
    match problem:
        case DeviceUnknown():
            return (_unknown_device(problem, job),)
        case PolicyRefusal():
            return (forbidden(problem, job),)
        case ShotsUndecided():
            return (errors.planning.UndecidedShots(job.shots_span or job.span, job=job.name),)
        case MethodRefused():
            return (_not_applied(problem, job),)
        case PrecisionUnmet():
            span = job.precision.span if job.precision else job.span
            return (errors.planning.PrecisionNotGuaranteed(span, problem.measure, problem.wanted, problem.guaranteed),)
        case NoLength():
            return (_no_length(problem, job),)
        case PlanRejected():
            return (_rejected(problem, job, module, fits),)


def _unknown_device(problem: DeviceUnknown, job: CheckedJob) -> Diagnostic:
    span = next((b.span for b in job.backends if b.name == problem.name and b.span), job.span)
    return errors.sla.UnknownDevice(
        span, name=problem.name, known=device_names(), suggestion=problem.near[0] if problem.near else None
    )


def _not_applied(problem: MethodRefused, job: CheckedJob) -> Diagnostic:
    spans = [m.span for m in job.mitigation.methods if m.name == problem.method.partition("[")[0]]
    spans += [m.span for m in job.mitigation.methods]
    obstacle = None if problem.operation is None else _span_of(problem.operation, job)
    return errors.planning.MethodNotApplied(
        next(iter(spans), job.mitigation.span) or job.span, problem.method, problem.reason, obstacle
    )


def _span_of(operation: Operation, job: CheckedJob) -> Span | None:
    """Where an operation of the job's circuit stands; `None` where that is in another file."""
    source, place = job.circuit.scope.source, place_of(operation)
    if place is None or place.file != source.name:
        return None
    return Span(source, source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))


def _no_length(problem: NoLength, job: CheckedJob) -> Diagnostic:
    return errors.circuits.NotExecutable(
        _span_of(problem.operation, job) or job.run_span,
        construct=f"{problem.what}, whose length only a device knows,",
        instead="write the time in `ns`, `us`, `ms` or `s`; `qlangc emit` shows the circuit with its timing",
    )


def _rejected(problem: PlanRejected, job: CheckedJob, module: ModuleOp, fits: Fits) -> Diagnostic:
    missed = [rejected for rejected in problem.rejected if rejected.shortfalls]
    if not missed:
        reasons = tuple((rejected.backend, rejected.reason) for rejected in problem.rejected)
        return errors.sla.NoReachableBackend(backends_span(job), job=job.name, reasons=reasons)
    best = max(missed, key=_merit)
    binding, *others = best.shortfalls
    return errors.sla.SlaNotMet(
        _bound_span(binding, job),
        job=job.name,
        best=f"{_predicted(binding)} ({_where(best)})",
        run=job.run_span,
        run_fact=_run_fact(module),
        others=tuple(
            Label(_bound_span(other, job), f"best predicted: {_predicted(other)} ({_where(best)})") for other in others
        ),
        reasons=_grouped(r for r in problem.rejected if r is not best),
        nearest=nearest(job, problem, fits),
    )


def _grouped(rejected: Iterable[Rejected]) -> tuple[str, ...]:
    """Candidates with the same reason in one line."""
    by_reason: dict[str, list[str]] = {}
    for each in rejected:
        by_reason.setdefault(each.reason, []).append(each.backend)
    return tuple(f"{', '.join(backends)}: {reason}" for reason, backends in by_reason.items())


def _merit(rejected: Rejected) -> tuple[int, float]:
    """Fewer missed bounds first, then the smaller miss of the first one."""
    first = rejected.shortfalls[0]
    return -len(rejected.shortfalls), first.predicted if first.metric == "fidelity" else -first.predicted


def _where(rejected: Rejected) -> str:
    return ", ".join(part for part in (rejected.backend, rejected.method) if part and part != "none")


def _predicted(miss: Shortfall) -> str:
    spread = max(miss.high - miss.predicted, miss.predicted - miss.low)
    return f"{miss.predicted:.2g} ± {spread:.1g}" if spread > 0 else f"{miss.predicted:.3g}"


def _bound_span(miss: Shortfall, job: CheckedJob) -> Span:
    assert isinstance(miss.bound, BoundOp)
    place = place_of(miss.bound)
    for bound in job.sla:
        if place is not None and bound.span.source.line_column(bound.span.start) == (place.line, place.column):
            return bound.span
    return job.span


def _run_fact(module: ModuleOp) -> str:
    circuit = next(op for op in module.ops if isinstance(op, FuncOp))
    resources = plain(circuit.attributes["resources"])
    assert isinstance(resources, dict)
    gates = resources["gates"]
    assert isinstance(gates, dict)
    count = sum(int(number) for name, number in gates.items() if gate_wires(name) == 2)
    plural = "" if count == 1 else "s"
    return f"{count} two-qubit gate{plural} per point ({resources['two_qubit']} in CX), depth {resources['depth']}"
