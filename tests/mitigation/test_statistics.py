"""Estimators: against exact variances, Qiskit's Hellinger fidelity, coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.mitigation.statistics import Estimate, pauli_sum, unseen_variance

counts_of_three = st.dictionaries(st.integers(0, 7), st.integers(1, 500), min_size=1)
terms_of_three = st.lists(
    st.tuples(st.floats(-3, 3), st.lists(st.integers(0, 2), unique=True).map(tuple)), min_size=1, max_size=5
)


@given(terms_of_three, counts_of_three)
def test_value_and_variance_are_those_of_the_list_of_shots(terms, counts: dict[int, int]) -> None:
    """Oracle: every shot written out, NumPy's mean and sample variance."""
    shots = [
        sum(c * (-1) ** sum(x >> bit & 1 for bit in bits) for c, bits in terms)
        for x, n in counts.items()
        for _ in range(n)
    ]
    estimate = pauli_sum(terms, counts)
    assert estimate.value == pytest.approx(np.mean(shots), abs=1e-9)
    half_range = sum(abs(c) for c, bits in terms if bits)
    least = unseen_variance(half_range, len(shots))
    sampled = np.var(shots, ddof=1) / len(shots) if len(shots) > 1 else half_range**2
    assert estimate.shot_variance == pytest.approx(max(sampled, least), abs=1e-9)


def test_covariances_are_in_the_variance() -> None:
    """On a Bell pair Z0 and Z1 agree: their sum varies twice as much as two independent ones, their difference not."""
    bell = {0b00: 500, 0b11: 500}
    each = pauli_sum([(1.0, (0,))], bell).shot_variance
    assert pauli_sum([(1.0, (0,)), (1.0, (1,))], bell).shot_variance == pytest.approx(4 * each)
    difference = pauli_sum([(1.0, (0,)), (-1.0, (1,))], bell)
    assert difference == Estimate(0.0, unseen_variance(2.0, 1000))
    assert pauli_sum([(1.0, (0, 1))], bell) == Estimate(1.0, unseen_variance(1.0, 1000))


def test_equal_readings_do_not_prove_an_eigenstate() -> None:
    """What misled: 4,000 equal readings gave an error bar of 0 for a probability that is merely small."""
    estimate = pauli_sum([(1.0, (0,))], {0: 4000})
    assert estimate.value == 1.0
    assert estimate.standard_error == pytest.approx(2 / 4000, rel=0.01)


def test_a_constant_term_adds_no_variance() -> None:
    counts = {0: 30, 1: 70}
    assert pauli_sum([(5.0, ()), (1.0, (0,))], counts).value == pytest.approx(5 - 0.4)
    assert pauli_sum([(5.0, ()), (1.0, (0,))], counts).variance == pytest.approx(
        pauli_sum([(1.0, (0,))], counts).variance
    )


def test_the_error_bar_covers() -> None:
    """4000 simulated runs: the mean lies within 1.96 standard errors in 95 % of them.

    ±4 standard deviations of the binomial hit count is left with probability 6·10⁻⁵.
    """
    generator = np.random.default_rng(20260103)
    distribution = np.array([0.4, 0.1, 0.2, 0.3])
    terms = [(1.0, (0,)), (0.5, (0, 1)), (-0.8, (1,))]
    values = np.array([sum(c * (-1) ** sum(x >> b & 1 for b in bits) for c, bits in terms) for x in range(4)])
    truth, runs, hits = values @ distribution, 4000, 0
    for _ in range(runs):
        estimate = pauli_sum(terms, dict(enumerate(generator.multinomial(1000, distribution).tolist())))
        hits += abs(estimate.value - truth) < 1.959964 * estimate.standard_error
    assert abs(hits / runs - 0.95) < 4 * (0.95 * 0.05 / runs) ** 0.5
