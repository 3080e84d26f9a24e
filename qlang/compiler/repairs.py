"""The nearest jobs that would fit, for an SLA that cannot be met: each is planned before it is proposed.

Tried: more shots where a standard error misses, a larger `mitigate auto within`, and smaller whole-number arguments of
the circuit, by bisection (more of them is taken to be harder).
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil

from qlang.ir.values import Interval
from qlang.passes.rejections import PlanRejected
from qlang.sema.jobs import CheckedJob
from qlang.sema.types import Int, UInt
from qlang.sema.values import Constant

Fits = Callable[[CheckedJob], Interval | None]
"""Plans a variant of the job: its predicted fidelity where every bound is met, else `None`."""

LARGER = (2.5, 10.0, 40.0)
"""Factors by which `within` is raised."""
MOST_SHOTS = 1 << 30


def nearest(job: CheckedJob, problem: PlanRejected, fits: Fits) -> tuple[str, ...]:
    """Variants of the job that would be accepted, in words; the cheapest kinds of change first."""
    return tuple(text for kind in (_more_shots, _more_mitigation, _smaller) for text in kind(job, problem, fits))


def _more_shots(job: CheckedJob, problem: PlanRejected, fits: Fits) -> Iterator[str]:
    if not isinstance(job.shots, int):
        return
    misses = [s for r in problem.rejected for s in r.shortfalls if s.metric == "stderr"]
    limits = {bound.argument: bound.value for bound in job.sla if bound.metric == "stderr"}
    if not misses or not all(limits.values()):
        return
    worst = max(miss.predicted / min(limits.values()) for miss in misses)
    shots = _round_up(job.shots * worst**2)
    if shots <= MOST_SHOTS and fits(replace(job, shots=shots)) is not None:
        yield f"`shots {shots}` would fit"


def _round_up(value: float) -> int:
    """To two leading digits."""
    scale: int = 10 ** max(len(str(ceil(value))) - 2, 0)
    return ceil(value / scale) * scale


def _more_mitigation(job: CheckedJob, problem: PlanRejected, fits: Fits) -> Iterator[str]:
    mitigation = job.mitigation
    if mitigation.mode == "none":
        variants = [(replace(mitigation, mode="auto"), "`mitigate auto`")]
    elif mitigation.mode == "auto" and mitigation.within is not None:
        factors = [mitigation.within * factor for factor in LARGER]
        variants = [(replace(mitigation, within=w), f"`mitigate auto within {w:g}x`") for w in factors]
    else:
        return
    for variant, text in variants:
        fidelity = fits(replace(job, mitigation=variant))
        if fidelity is not None:
            yield f"{text} would fit{_shown(fidelity)}"
            return


def _smaller(job: CheckedJob, problem: PlanRejected, fits: Fits) -> Iterator[str]:
    for name, argument in job.arguments.items():
        if not isinstance(argument, Constant) or not isinstance(argument.type, (Int, UInt)):
            continue
        assert isinstance(argument.value, int)
        found: tuple[int, Interval] | None = None
        low, high = 1, argument.value - 1
        while low <= high:
            middle = (low + high) // 2
            fidelity = fits(_with_argument(job, name, argument, middle))
            if fidelity is None:
                high = middle - 1
            else:
                found, low = (middle, fidelity), middle + 1
        if found is not None:
            yield f"`{name} = {found[0]}` would fit{_shown(found[1])}"


def _with_argument(job: CheckedJob, name: str, argument: Constant, value: int) -> CheckedJob:
    return replace(job, arguments={**job.arguments, name: Constant(argument.type, value)})


def _shown(fidelity: Interval) -> str:
    value = fidelity.value.value.data
    spread = max(fidelity.high.value.data - value, value - fidelity.low.value.data)
    return f" ({value:.2f} ± {spread:.2f})"
