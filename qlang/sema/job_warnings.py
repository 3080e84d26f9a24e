"""Warnings about a job as a whole: promises and methods that have nothing to do, points that say nothing new."""

from collections import Counter

from qlang.sema import errors
from qlang.sema.context import Context
from qlang.sema.jobs import CheckedJob, SlaBound
from qlang.syntax import tree


def warn_of_job(context: Context, job: CheckedJob, sla: tree.Sla | None) -> None:
    """Warn of what a job without mistakes says in vain."""
    ideal = all(backend.kind == "sim" for backend in job.backends)
    if ideal and job.expect:
        _warn_exact(context, job)
    if sla is not None and not sla.terms:
        context.report(errors.doubtful.EmptySla(context.span(sla)))
    _warn_looser(context, job.sla)
    for axis in job.sweeps:
        equal = sum(count - 1 for count in Counter(axis.points).values())
        if equal:
            name = ", ".join(axis.names)
            context.report(errors.doubtful.RepeatedPoint(axis.span, name=name, count=equal + 1))


def _warn_exact(context: Context, job: CheckedJob) -> None:
    if job.shots is None:
        for bound in job.sla:
            if bound.metric in ("stderr", "error"):
                context.report(
                    errors.doubtful.ExactValues(
                        bound.span,
                        what=f"{bound.metric}({bound.argument})",
                        why="without `shots` the values are exact",
                        help="add `shots auto;` to take as many shots as the bound demands",
                    )
                )
    if job.mitigation.mode != "none" and job.mitigation.span is not None:
        context.report(
            errors.doubtful.ExactValues(
                job.mitigation.span,
                what="mitigate",
                why="`sim` has no noise",
                help="name a device, `sim like DEVICE`, or `sim with` a noise block",
            )
        )


def _warn_looser(context: Context, bounds: tuple[SlaBound, ...]) -> None:
    """A bound on `stderr(x)` beside a smaller one on `error(x)`."""
    whole = {bound.argument: bound for bound in bounds if bound.metric == "error"}
    for bound in bounds:
        other = whole.get(bound.argument)
        if bound.metric == "stderr" and other is not None and bound.value >= other.value:
            context.report(
                errors.doubtful.LoosestBound(bound.span, metric=f"error({bound.argument})", other=other.span)
            )
