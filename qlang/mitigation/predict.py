"""What an arm will bring, before it runs: bias, variance, cost, fidelity.

Model. Noise acts as global depolarizing of rate γ, scaled by folding: E(λ) = E_mixed + (E_ideal − E_mixed)·e^(−γλ),
where e^(−γ) is the product of all gates' polarizations (`depolarizing_rate`). Readout errors are independent: a
product of w qubits is multiplied by a = Π D, and picks up at most Π|s| that does not depend on the state and
Π(D + |s|) − Π D − Π|s| from shorter products (D and s as in `confusion`).

Gates that turn an observable's bases into Z stand outside of the folding, with a rate β. With
g = e^(−β)·Σ c_i e^(−γλ_i) over an arm's scales and coefficients (g = e^(−β − γ) without extrapolation), and a = 1 and
no shifts where readout is inverted,

    |bias| ≤ S·|1 − a·g| + R·((Π(D + |s|) − Π D − Π|s|)·|g| + Π|s|)

with S ≥ |E_ideal − E_mixed| and R the observable's half-range (or its bound Σ|c_t|). The variance uses the
variance-optimal allocation, (Σ|c_i|)²·v·σ²/N with σ² the raw per-shot variance, at most R², and v the factor of readout
inversion. Fidelity is 1 − |bias|/R.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, fsum, log1p, prod

from qlang.mitigation.arms import Arm, ReadoutInversion, ZeroNoiseExtrapolation, methods
from qlang.mitigation.confusion import Confusion, variance_factor
from qlang.mitigation.errors import TooFewShots
from qlang.mitigation.zne import coefficients
from qlang.mitigation.zne import variance_factor as extrapolation_factor

RATE_STEPS = 16
"""Points at which an interval of γ is searched; the bias need not be monotone in γ."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and what it may be given the uncertainty of its inputs; low ≤ value ≤ high."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Damping:
    """What readout errors do to the products of an observable: of each number the worst over the products."""

    contrast: float = 1.0
    """Π D, the factor on the product itself."""
    shorter: float = 0.0
    """Π(D + |s|) − Π D − Π|s|, from shorter products."""
    constant: float = 0.0
    """Π|s|, whatever the state."""
    variance: float = 1.0
    """Factor on the variance when readout is inverted."""

    @classmethod
    def of(cls, products: Iterable[Sequence[Confusion]]) -> "Damping":
        """The damping of products, each given by the readout of its qubits."""
        contrast, shorter, constant, variance = 1.0, 0.0, 0.0, 1.0
        for readout in products:
            if not readout:
                continue
            here = prod(each.contrast for each in readout)
            shift = prod(abs(each.shift) for each in readout)
            rest = prod(each.contrast + abs(each.shift) for each in readout) - here - shift
            contrast, shorter, constant = min(contrast, here), max(shorter, rest), max(constant, shift)
            variance = max(variance, variance_factor(readout))
        return cls(contrast, shorter, constant, variance)


@dataclass(frozen=True, slots=True)
class Task:
    """One expectation value to be estimated.

    Raises ValueError for a negative rate, half-range or uncertainty.
    """

    rate: float
    """γ of the circuit, the sum of its gates' rates."""
    half_range: float
    """(λmax − λmin)/2 of the observable without its identity part, or the bound Σ|c_t|."""
    shots: int
    """All shots that this value may use."""
    readout: tuple[Confusion, ...] = ()
    """Of the qubits of the observable, where it is a single product."""
    rate_uncertainty: float = 0.0
    """Relative: γ is taken to lie within γ·(1 ± this)."""
    signal: float | None = None
    """Bound on |E_ideal − E_mixed|; by default the half-range."""
    shot_variance: float | None = None
    """Bound on the raw variance of one shot; by default half_range²."""
    unfolded: float = 0.0
    """β: the rate of gates that extrapolation does not scale."""
    damping: Damping | None = None
    """By the readout of all products; by default that of `readout`."""

    def __post_init__(self) -> None:
        if min(self.rate, self.half_range, self.rate_uncertainty, self.unfolded) < 0:
            raise ValueError("rates, half-range and uncertainty must not be negative")


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an arm brings to one task."""

    bias: float
    """Bound on |E[estimate] − ideal|."""
    variance: float
    mse: float
    """bias² + variance."""
    overhead: float
    """Shots needed for the standard error of the raw estimate, as a multiple of the raw shots."""
    fidelity: Interval


def depolarizing_rate(average_infidelity: float, qubits: int) -> float:
    """γ of one gate on `qubits` qubits with average gate infidelity ε: −ln(1 − ε·d/(d − 1)), d = 2^qubits.

    The rate of a circuit is the sum over its gates. Infinite for gates worse than full depolarizing.
    """
    levels: int = 2**qubits
    lost = average_infidelity * levels / (levels - 1)
    return -log1p(-lost) if lost < 1 else float("inf")


def predict(arm: Arm, task: Task) -> Prediction:
    """The model of this module applied to one arm; raises `TooFewShots` for fewer shots than circuits."""
    scales, weights = scales_and_weights(arm)
    if task.shots < len(scales):
        raise TooFewShots(task.shots, len(scales))
    inverted = any(isinstance(method, ReadoutInversion) for method in methods(arm))
    damping = task.damping or Damping.of([task.readout])
    overhead = extrapolation_factor(weights) * (damping.variance if inverted else 1.0)
    shot_variance = task.half_range**2 if task.shot_variance is None else task.shot_variance
    variance = shot_variance * overhead / task.shots
    left = Damping() if inverted else damping
    bias = _bias(task, left, scales, weights, task.rate)
    spread = [1 + task.rate_uncertainty * (2 * step / RATE_STEPS - 1) for step in range(RATE_STEPS + 1)]
    fidelities = [
        _fidelity(_bias(task, left, scales, weights, _scaled(task.rate, factor)), task.half_range) for factor in spread
    ]
    value = _fidelity(bias, task.half_range)
    interval = Interval(value, min(value, *fidelities), max(value, *fidelities))
    return Prediction(bias, variance, bias * bias + variance, overhead, interval)


def scales_and_weights(arm: Arm) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The noise scales that an arm runs and the coefficients of its estimate; one scale of weight 1 without ZNE."""
    for method in methods(arm):
        if isinstance(method, ZeroNoiseExtrapolation):
            return method.scales, coefficients(method.scales, method.fit)
    return (1,), (1.0,)


def fidelity_of_samples(
    rate: float, qubits: int, readout: tuple[Confusion, ...] = (), rate_uncertainty: float = 0.0
) -> Interval:
    """Lower bound on the Hellinger fidelity of the raw distribution over `qubits` measured qubits.

    Depolarizing gives q = e^(−γ)·p + (1 − e^(−γ))/d with d = 2^qubits. Σ √(p_x q_x) is a sum of concave functions of
    p_x and smallest where p is a single outcome: F ≥ e^(−γ) + (1 − e^(−γ))/d. A reading is right with probability at
    least Π(1 − max(p01, p10)) =: k, so that F ≥ k·(e^(−γ) + (1 − e^(−γ))/d). Sampling error is not in it.
    """
    kept = prod(1 - max(each.p01, each.p10) for each in readout)

    def bound(gamma: float) -> float:
        return kept * (exp(-gamma) + (1 - exp(-gamma)) * 2.0**-qubits)

    high = bound(_scaled(rate, 1 - rate_uncertainty))
    return Interval(bound(rate), bound(rate * (1 + rate_uncertainty)), high)


def _bias(task: Task, damping: Damping, scales: tuple[int, ...], weights: tuple[float, ...], rate: float) -> float:
    kept = fsum(weight * exp(-rate * scale) for scale, weight in zip(scales, weights, strict=True))
    kept *= exp(-task.unfolded)
    signal = task.half_range if task.signal is None else task.signal
    mixed = max(damping.shorter, 0.0) * abs(kept) + damping.constant
    return signal * abs(1 - damping.contrast * kept) + task.half_range * mixed


def _scaled(rate: float, factor: float) -> float:
    return rate * factor if factor > 0 else 0.0  # an infinite rate times 0 would be no number


def _fidelity(bias: float, half_range: float) -> float:
    if half_range == 0:
        return 1.0  # a constant needs no measurement and has no bias
    return max(1 - bias / half_range, 0.0)
