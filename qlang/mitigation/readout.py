"""Readout-error mitigation of expectation values by inversion of independent (tensor-product) confusion matrices.

Nothing exponential is built: each Pauli term needs only the factors of its own qubits (`confusion`), outcome by
outcome. Bravyi et al., PRA 103, 042605 (2021), section II.
"""

from collections.abc import Sequence
from math import fsum

import numpy as np
from numpy.typing import NDArray

from qlang.mitigation.confusion import Confusion
from qlang.mitigation.counts import Counts, bit_table
from qlang.mitigation.statistics import Estimate, Term, sum_of_products, weighted_mean


def mitigated_pauli_sum(
    terms: Sequence[Term], counts: Counts, confusions: Sequence[Confusion], calibration_shots: int | None = None
) -> Estimate:
    """Σ c_t ⟨Π Z⟩ with readout errors undone, for terms measured together.

    `confusions[b]` is the readout error of measured bit b. The shot variance holds the covariances between terms.
    With `calibration_shots` per prepared state, p01 and p10 are taken as binomial estimates and their variance
    p(1 − p)/shots is carried through to first order. Raises ValueError for empty counts or a bit without confusion.
    """
    table, shots = bit_table(counts, range(len(confusions)))
    if any(not 0 <= bit < len(confusions) for _, bits in terms for bit in bits):
        raise ValueError("a term uses a bit that has no confusion")
    low, high = (np.array(column) for column in zip(*(each.factors() for each in confusions), strict=True))
    factors = np.where(table == 0, low, high)
    largest = np.maximum(np.abs(low), np.abs(high))
    half_range = fsum(abs(c) * float(largest[list(bits)].prod()) for c, bits in terms if bits)
    shot = weighted_mean(sum_of_products(terms, factors), shots, half_range)
    if calibration_shots is None:
        return shot
    variance = _calibration_variance(terms, factors, shots, confusions, calibration_shots)
    return Estimate(shot.value, shot.shot_variance, variance)


def _calibration_variance(
    terms: Sequence[Term],
    factors: NDArray[np.float64],
    shots: NDArray[np.int64],
    confusions: Sequence[Confusion],
    calibration_shots: int,
) -> float:
    """First order: ∂f/∂p01 = (f + 1)/D and ∂f/∂p10 = (f − 1)/D, all other factors held."""
    variance = 0.0
    for bit, confusion in enumerate(confusions):
        touched = [(c, bits) for c, bits in terms if bit in bits]
        if not touched:
            continue
        for p, sign in ((confusion.p01, 1.0), (confusion.p10, -1.0)):
            slopes = factors.copy()
            slopes[:, bit] = (factors[:, bit] + sign) / confusion.contrast
            gradient = weighted_mean(sum_of_products(touched, slopes), shots, 0.0).value
            variance += gradient**2 * p * (1 - p) / calibration_shots
    return variance
