"""What the stages of a plan hand to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from qlang.backends.noise import NoiseModel
from qlang.backends.protocol import Outcome, Request
from qlang.ir.kernel import FuncOp
from qlang.ir.values import Plain
from qlang.mitigation.arms import Arm


@dataclass(frozen=True, slots=True)
class Points:
    """The sweep: names, and for each point their values."""

    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]

    def parameters(self, point: int) -> dict[str, float]:
        """Name → value at a point."""
        return dict(zip(self.names, self.rows[point], strict=True))


@dataclass(frozen=True, slots=True)
class Policy:
    """How to mitigate, and what was predicted of it."""

    arm: Arm
    predicted: Mapping[str, Plain]
    """`stderr` and `bias` by label, `fidelity` as value, low and high, where the plan has them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the job runs."""

    backend: str
    kind: str
    noise: NoiseModel | None
    snapshot: str | None
    predicted: Mapping[str, Plain]
    """`cost`, `latency` and `fidelity` as value, low and high, where the plan has them."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """The program that runs, its text and the digest of that."""

    program: FuncOp
    text: str
    digest: str
    target: str
    precision: str
    tuning: Mapping[str, Plain] | None = None
    """Options of native code, where the plan states them."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What came out at every point, and what was asked."""

    points: Points
    place: Place
    requests: tuple[Request, ...]
    outcomes: tuple[Outcome, ...]
    seconds: float
    """Wall time of the execution."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """An expectation value, its variance (infinite where unknown), and the method applied."""

    value: float
    variance: float
    method: str

    @property
    def standard_error(self) -> float:
        """One standard deviation of the estimate."""
        return sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class MethodNote:
    """A mitigation method as it was applied, or why it was not."""

    method: str
    outputs: tuple[str, ...]
    not_applied: str | None = None

    def to_json(self) -> dict[str, Plain]:
        """Plain data; `not_applied` only where there is a reason."""
        record: dict[str, Plain] = {"method": self.method, "outputs": list(self.outputs)}
        return record if self.not_applied is None else {**record, "not_applied": self.not_applied}


@dataclass(frozen=True, slots=True)
class Estimates:
    """Expectation values by label, point by point, with what was done to get them."""

    raw: Raw
    policy: Policy
    points: tuple[Mapping[str, Estimated], ...]
    notes: tuple[MethodNote, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A term of the SLA after the run."""

    metric: str
    argument: str
    relation: str
    value: float
    """The bound, in base units."""
    unit: str
    source: str
    """`measured`, or `predicted` where the run cannot tell: nothing ran without noise to compare with."""
    found: float | None
    """What was measured, or the predicted value."""
    low: float | None
    high: float | None
    met: bool | None
    """None: unknown."""

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `unknown`."""
        return "unknown" if self.met is None else "met" if self.met else "missed"


@dataclass(frozen=True, slots=True)
class Checked:
    """Estimates and the verdicts on them."""

    estimates: Estimates
    sla: tuple[Verdict, ...]
