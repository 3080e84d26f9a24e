"""The SLA after the run.

What a run measures is judged by the measurement: standard errors, cost, latency. Fidelity and bias are distances from
a noiseless result that the run does not have; their predictions are repeated, and called that.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from qlang.ir.bounds import keeps
from qlang.ir.values import Plain
from qlang.runtime.stages import Estimates, Verdict


@dataclass(frozen=True, slots=True)
class Finding:
    """A metric's value with the interval that it is judged by; None where unknown."""

    source: str
    value: float | None
    low: float | None
    high: float | None


UNKNOWN = Finding("predicted", None, None, None)


def judge(bounds: Sequence[Mapping[str, Plain]], estimates: Estimates, latency: float) -> tuple[Verdict, ...]:
    """A verdict for each bound (plain data of `plan.bound`); `latency` in seconds from submission to result."""
    return tuple(_verdict(bound, estimates, latency) for bound in bounds)


def _verdict(bound: Mapping[str, Plain], estimates: Estimates, latency: float) -> Verdict:
    metric, argument, relation = str(bound["metric"]), str(bound["argument"]), str(bound["relation"])
    limit = bound["value"]
    assert isinstance(limit, float)
    found = _METRICS[metric](estimates, argument, latency) if metric in _METRICS else UNKNOWN
    met = None if found.low is None or found.high is None else keeps(relation, limit, found.low, found.high)
    return Verdict(
        metric, argument, relation, limit, str(bound["unit"]), found.source, found.value, found.low, found.high, met
    )


def _exactly(source: str, value: float | None) -> Finding:
    known = value if value is not None and isfinite(value) else None
    return Finding(source, known, known, known)


def _standard_error(estimates: Estimates, label: str, latency: float) -> Finding:
    """The largest over all points."""
    values = [point[label].standard_error for point in estimates.points if label in point]
    return _exactly("measured", max(values, default=None))


def _error(estimates: Estimates, label: str, latency: float) -> Finding:
    """The predicted bound on the bias, plus the measured standard error."""
    biases = estimates.policy.predicted.get("bias")
    bias = biases.get(label) if isinstance(biases, Mapping) else None
    measured = _standard_error(estimates, label, latency).value
    if measured is None or not isinstance(bias, float | int):
        return UNKNOWN
    return _exactly("predicted", abs(bias) + measured)


def _fidelity(estimates: Estimates, label: str, latency: float) -> Finding:
    interval = estimates.raw.place.predicted.get("fidelity", estimates.policy.predicted.get("fidelity"))
    if not isinstance(interval, Mapping):
        return UNKNOWN
    value, low, high = (float(str(interval[name])) for name in ("value", "low", "high"))
    return Finding("predicted", value, low, high)


def _cost(estimates: Estimates, label: str, latency: float) -> Finding:
    """What ran is what was planned, at the dated price."""
    interval = estimates.raw.place.predicted.get("cost")
    return _exactly("measured", float(str(interval["value"])) if isinstance(interval, Mapping) else None)


def _latency(estimates: Estimates, label: str, latency: float) -> Finding:
    return _exactly("measured", latency)


_METRICS: Mapping[str, Callable[[Estimates, str, float], Finding]] = {
    "stderr": _standard_error,
    "error": _error,
    "fidelity": _fidelity,
    "cost": _cost,
    "latency": _latency,
}
