"""Estimators and their error bars, distances between distributions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.mitigation.counts import Counts, bit_table

Term = tuple[float, tuple[int, ...]]
"""A Pauli term after rotation to the Z basis: its coefficient and the distinct measured bits that it multiplies."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and the variance of that mean, by the kind of error; kinds are independent and add."""

    value: float
    shot_variance: float
    calibration_variance: float = 0.0
    """From uncertain readout errors."""

    @property
    def variance(self) -> float:
        """Sum over the kinds."""
        return self.shot_variance + self.calibration_variance

    @property
    def standard_error(self) -> float:
        """One standard deviation of the estimate."""
        return sqrt(self.variance)


def pauli_sum(terms: Sequence[Term], counts: Counts) -> Estimate:
    """Σ c_t ⟨Π Z⟩ of terms that were measured together, in the same shots.

    The variance is that of the per-shot sum Σ c_t Π z, so the covariances between the terms are in it: see
    `weighted_mean`. Raises ValueError for empty counts.
    """
    table, shots = bit_table(counts, range(1 + max((bit for _, bits in terms for bit in bits), default=0)))
    signs = 1.0 - 2.0 * table.astype(np.float64)
    half_range = fsum(abs(coefficient) for coefficient, bits in terms if bits)
    return weighted_mean(sum_of_products(terms, signs), shots, half_range)


def sum_of_products(terms: Sequence[Term], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ c_t Π_{b ∈ t} factors[:, b]: one value per outcome; `factors` has the shape (outcomes, bits)."""
    total = np.zeros(len(factors))
    for coefficient, bits in terms:
        total += coefficient * factors[:, list(bits)].prod(axis=1)
    return total


def weighted_mean(values: NDArray[np.float64], shots: NDArray[np.int64], half_range: float) -> Estimate:
    """Mean of `values`, each seen `shots` times, with the variance of the mean.

    `half_range` bounds what one shot may deviate from the middle. The variance is the unbiased sample variance over N,
    but never less than `unseen_variance`: equal readings do not prove that there is nothing else to read.
    """
    total = int(shots.sum())
    mean = float(values @ shots) / total
    squares = float(((values - mean) ** 2) @ shots)
    sampled = squares / (total - 1) / total if total > 1 else half_range**2
    return Estimate(mean, max(sampled, unseen_variance(half_range, total)))


def unseen_variance(half_range: float, shots: int) -> float:
    """Variance of a mean of N shots if an outcome that was never seen has the probability p = 1/(N + 2).

    That is its expectation after N shots without it (Laplace's rule of succession): (2R)²·p(1 − p)/N.
    """
    p = 1 / (shots + 2)
    return (2 * half_range) ** 2 * p * (1 - p) / shots
