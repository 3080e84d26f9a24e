"""Why a plan could not be made, as data; the compiler turns it into diagnostics."""

from dataclasses import dataclass

from xdsl.ir import Operation


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A bound that a candidate misses."""

    bound: Operation
    """The `job.bound`."""
    metric: str
    predicted: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate that was not taken: why in words, and the bounds that it misses."""

    backend: str
    method: str
    reason: str
    shortfalls: tuple[Shortfall, ...] = ()


class PlanRejected(Exception):
    """No candidate can run the job. Carries every candidate with its reason."""

    def __init__(self, job: str, rejected: tuple[Rejected, ...]) -> None:
        super().__init__(f"no candidate can run job {job}")
        self.job = job
        self.rejected = rejected


class NoLength(Exception):
    """An operation takes a time that only a device could tell."""

    def __init__(self, operation: Operation, what: str) -> None:
        super().__init__(f"{what} has no length")
        self.operation = operation
        self.what = what


class ShotsUndecided(Exception):
    """`shots auto` without a bound that decides the number on this job's backends."""

    def __init__(self, job: str) -> None:
        super().__init__(f"no bound decides the shots of job {job}")
        self.job = job


class MethodRefused(Exception):
    """A mitigation method that cannot be applied, with its text form and why; nothing is dropped silently.

    `operation` is the operation of the circuit that stands in its way, where it is one.
    """

    def __init__(self, job: str, method: str, reason: str, operation: Operation | None = None) -> None:
        super().__init__(reason)
        self.job = job
        self.method = method
        self.reason = reason
        self.operation = operation


class PrecisionUnmet(Exception):
    """The demanded bound on rounding is tighter than what the chosen simulator guarantees (`None`: nothing)."""

    def __init__(self, job: str, measure: str, wanted: float, guaranteed: float | None) -> None:
        super().__init__(f"job {job} wants {measure} error {wanted:g}")
        self.job = job
        self.measure = measure
        self.wanted = wanted
        self.guaranteed = guaranteed
