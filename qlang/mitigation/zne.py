"""Zero-noise extrapolation (Temme, Bravyi, Gambetta, PRL 119, 180509 (2017); Li, Benjamin, PRX 7, 021050 (2017)).

Expectation values E_i measured at noise scales λ_i are extrapolated to λ = 0. Both fits are linear in the values,
E(0) ≈ Σ c_i E_i with Σ c_i = 1, so bias and variance follow from the coefficients alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, fsum, prod, sqrt
from typing import Literal

from qlang.mitigation.errors import BadScales, NotFoldable, TooFewShots

Fit = Literal["linear", "richardson"]
FITS: tuple[Fit, ...] = ("linear", "richardson")
MAX_SCALES = 9
"""The coefficients of longer Richardson extrapolations amplify noise beyond any use."""


@dataclass(frozen=True, slots=True)
class Extrapolated:
    """An extrapolated value and one standard deviation of it."""

    value: float
    standard_error: float


def check_scales(scales: Sequence[float]) -> None:
    """Raises `BadScales` unless there are 2 to 9 positive scales in ascending order."""
    if not 2 <= len(scales) <= MAX_SCALES:
        raise BadScales(tuple(scales), f"2 to {MAX_SCALES} scales are needed")
    if not all(low < high for low, high in zip((0, *scales), scales, strict=False)):
        raise BadScales(tuple(scales), "scales must be positive and ascend")


def folds(scale: float) -> int:
    """k of the global folding U(U†U)ᵏ that scales noise by 2k + 1; raises `NotFoldable`."""
    if scale < 1 or scale % 2 != 1:
        raise NotFoldable(scale)
    return int(scale) // 2


def coefficients(scales: Sequence[float], fit: Fit) -> tuple[float, ...]:
    """The c_i of E(0) ≈ Σ c_i E_i, exact up to their final rounding.

    `linear`: least squares of a straight line, c_i = 1/m − λ̄(λ_i − λ̄)/Σ(λ_j − λ̄)².
    `richardson`: the polynomial through all points, c_i = Π_{j≠i} λ_j/(λ_j − λ_i).
    Raises `BadScales`.
    """
    check_scales(scales)
    exact = [Fraction(scale) for scale in scales]
    if fit == "richardson":
        return tuple(float(prod((x / (x - here) for x in exact if x != here), start=Fraction(1))) for here in exact)
    mean = sum(exact, Fraction(0)) / len(exact)
    spread = sum(((x - mean) ** 2 for x in exact), Fraction(0))
    return tuple(float(Fraction(1, len(exact)) - mean * (x - mean) / spread) for x in exact)


def variance_factor(weights: Sequence[float]) -> float:
    """(Σ|c_i|)²: variance × total shots ÷ per-shot variance under the best allocation, n_i ∝ |c_i|."""
    return fsum(map(abs, weights)) ** 2


def allocate(shots: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Splits `shots` in proportion to |c_i|, which minimises Σ c_i² σ²/n_i at equal per-shot variance σ².

    Every part is at least 1 and the parts add up to `shots`; what rounding leaves goes to the largest remainders,
    ties to the earlier scale. Raises `TooFewShots`.
    """
    if shots < len(weights):
        raise TooFewShots(shots, len(weights))
    total = fsum(map(abs, weights))
    spare = shots - len(weights)
    shares = [abs(weight) / total * shots for weight in weights]
    wanted = [max(share - 1, 0.0) for share in shares]  # beyond the one shot that each has for sure
    scale = spare / fsum(wanted) if any(wanted) else 0.0
    parts = [floor(want * scale) for want in wanted]
    remainders = sorted(range(len(weights)), key=lambda i: (parts[i] - wanted[i] * scale, i))
    for i in remainders[: spare - sum(parts)]:
        parts[i] += 1
    return tuple(1 + part for part in parts)


def extrapolate(values: Sequence[float], variances: Sequence[float], weights: Sequence[float]) -> Extrapolated:
    """Σ c_i E_i and its standard error √Σ c_i² v_i, for independent means E_i with variances v_i.

    Raises ValueError for lengths that differ.
    """
    value = fsum(weight * each for weight, each in zip(weights, values, strict=True))
    variance = fsum(weight * weight * each for weight, each in zip(weights, variances, strict=True))
    return Extrapolated(value, sqrt(variance))
