"""Does a histogram come from a known distribution?"""

from collections.abc import Callable, Mapping
from math import log, sqrt

import numpy as np
import pytest

FALSE_ALARM = 1e-3
"""Chance that a right program fails any test of this folder, whatever its random stream."""
COMPARISONS = 150
"""At least the number of histograms that are compared; the chance is shared evenly among them."""
IMPOSSIBLE = 1e-9
"""Probabilities below this are rounding of zero in the oracle."""

Distribution = Mapping[str, float]


@pytest.fixture
def assert_sampled_from() -> Callable[[Mapping[str, int], Distribution], None]:
    """Three checks of counts against exact probabilities; bit strings have bit 0 rightmost.

    1. No outcome of probability zero.
    2. The total variation TV between frequencies and probabilities of N shots. E[TV] ≤ ½ Σ √(p(1−p)/N) by Jensen;
       changing one shot moves TV by at most 1/N, so P(TV ≥ E[TV] + t) ≤ exp(−2Nt²) by McDiarmid.
    3. The mean of the parity of every set of bits, each by Hoeffding: P(|mean − exact| ≥ t) ≤ 2 exp(−Nt²/2). This sees
       swapped and shifted bits in wide histograms, where the bound of 2 is loose.
    """
    return _assert_sampled_from


def _assert_sampled_from(counts: Mapping[str, int], exact: Distribution) -> None:
    width = len(next(iter(exact)))
    assert all(len(outcome) == width for outcome in counts)
    shots = sum(counts.values())
    impossible = [outcome for outcome in counts if exact.get(outcome, 0.0) < IMPOSSIBLE]
    assert not impossible, f"outcomes of probability zero: {impossible[:5]}"

    budget = log(2 * COMPARISONS / FALSE_ALARM)
    frequencies, probabilities = _dense(counts, width) / shots, _dense(exact, width)
    assert abs(probabilities.sum() - 1) < 1e-9
    distance = np.abs(frequencies - probabilities).sum() / 2
    expected = np.sqrt(np.clip(probabilities * (1 - probabilities), 0, None) / shots).sum() / 2
    bound = expected + sqrt(budget / (2 * shots))
    assert distance <= bound, f"total variation {distance:.4f}, bound {bound:.4f}"

    deviation = np.abs(_parities(frequencies) - _parities(probabilities)).max()
    limit = sqrt(2 * (budget + log(2) + width * log(2)) / shots)
    assert deviation <= limit, f"parity off by {deviation:.4f}, bound {limit:.4f}"


def _dense(values: Mapping[str, float], width: int) -> np.ndarray:
    dense = np.zeros(2**width)
    for outcome, value in values.items():
        dense[int(outcome, 2)] = value
    return dense


def _parities(distribution: np.ndarray) -> np.ndarray:
    """Means of the parities of all sets of bits: the Walsh-Hadamard transform."""
    out, half = distribution.copy(), 1
    while half < out.size:
        pairs = out.reshape(-1, 2, half)
        out = np.stack((pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]), axis=1).reshape(-1)
        half *= 2
    return out
