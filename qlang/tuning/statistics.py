"""Medians with bootstrap intervals, and ranks that leave open what the intervals leave open.

Repetitions of two configurations are interleaved, so that what slows the machine down slows both; the ratio of their
medians is resampled in pairs (percentile bootstrap: Efron and Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13), which keeps that common part out of the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
CONFIDENCE = 0.95

Samples = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with a confidence interval around it, low ≤ value ≤ high."""

    value: float
    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both."""
        return self.low <= other.high and other.low <= self.high

    def negated(self) -> Interval:
        """The interval of the negative."""
        return Interval(-self.value, -self.high, -self.low)

    def inverse(self) -> Interval:
        """The interval of the reciprocal, of a positive quantity."""
        return Interval(1 / self.value, 1 / self.high, 1 / self.low)


def median_interval(samples: Sequence[float], *, confidence: float = CONFIDENCE, seed: int = 0) -> Interval:
    """The median of one row of samples."""
    values = np.asarray(samples, dtype=np.float64)
    drawn = values[_draws(len(values), seed)]
    return _interval(float(np.median(values)), np.median(drawn, axis=1), confidence)


def weighted_ratio_interval(
    pairs: Sequence[tuple[float, Sequence[float], Sequence[float]]],
    *,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Interval:
    """Σ weight · median(candidate) / median(reference) for quantities measured in the same repetitions.

    `pairs`: (weight, candidate, reference); sample i of each row belongs to repetition i, and repetitions are what is
    resampled. All rows have the same length, and references are positive.
    """
    rows = [(weight, np.asarray(one, np.float64), np.asarray(other, np.float64)) for weight, one, other in pairs]
    draws = _draws(len(rows[0][1]), seed)
    value = sum(weight * float(np.median(one) / np.median(other)) for weight, one, other in rows)
    drawn = np.zeros(len(draws))
    for weight, one, other in rows:
        drawn += weight * np.median(one[draws], axis=1) / np.median(other[draws], axis=1)
    return _interval(value, drawn, confidence)


def ratio_interval(
    candidate: Sequence[float], reference: Sequence[float], *, confidence: float = CONFIDENCE, seed: int = 0
) -> Interval:
    """median(candidate) / median(reference) of interleaved repetitions."""
    return weighted_ratio_interval([(1.0, candidate, reference)], confidence=confidence, seed=seed)


def ranks(intervals: Sequence[Interval]) -> list[int]:
    """The rank of each, 1 for the largest: one more than the number of those that are larger beyond doubt.

    Intervals that overlap are not ranked against each other: both may be 1.
    """
    lows = np.sort([each.low for each in intervals])
    return [1 + len(lows) - int(np.searchsorted(lows, each.high, side="right")) for each in intervals]


def _draws(count: int, seed: int) -> npt.NDArray[np.int64]:
    if count < 1:
        raise ValueError("statistics of no samples")
    return np.random.default_rng(seed).integers(0, count, size=(RESAMPLES, count))


def _interval(value: float, drawn: Samples, confidence: float) -> Interval:
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(value, min(float(low), value), max(float(high), value))
