"""Intervals cover what they should, and ranks leave open what intervals leave open."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qlang.tuning.compare import better_by_chance
from qlang.tuning.statistics import Interval, median_interval, ranks, ratio_interval, weighted_ratio_interval


def test_the_ratio_of_what_does_not_vary_is_exact() -> None:
    assert ratio_interval([2.0] * 7, [4.0] * 7) == Interval(0.5, 0.5, 0.5)


def test_a_common_drift_leaves_the_ratio_alone() -> None:
    """The machine becomes three times slower meanwhile: pairs keep that out of the interval."""
    drift = np.linspace(1, 3, 15)
    paired = ratio_interval(0.9 * drift, drift)
    assert paired.value == pytest.approx(0.9)
    assert paired.high - paired.low < 0.02
    shuffled = ratio_interval(0.9 * np.random.default_rng(1).permutation(drift), drift)
    assert shuffled.high - shuffled.low > 0.2


def test_the_interval_covers_the_true_ratio() -> None:
    """400 experiments of 11 lognormal pairs, nominal 95 %. A percentile bootstrap of a median is a little wide or
    narrow; were the true coverage 90 %, fewer than 340 (85 %) would come with probability < 10^-3 (binomial)."""
    random, covered = np.random.default_rng(7), 0
    for _ in range(400):
        one, other = np.exp(random.normal(0, 0.05, (2, 11)))
        found = ratio_interval(0.8 * one, other)
        covered += found.low <= 0.8 <= found.high
    assert covered >= 340


def test_equals_are_seldom_called_faster() -> None:
    """300 comparisons of a configuration with itself at 22 repetitions, the finalists' effort. Wanted is at most 5 %;
    more than 28 would come with probability < 10^-3 at 5 % (binomial)."""
    random = np.random.default_rng(11)
    false = sum(ratio_interval(*np.exp(random.normal(0, 0.1, (2, 22))), confidence=0.95).high < 1 for _ in range(300))
    assert false <= 28


def test_the_same_samples_give_the_same_interval() -> None:
    one, other = np.exp(np.random.default_rng(5).normal(0, 0.2, (2, 30)))
    assert ratio_interval(one, other) == ratio_interval(one, other)
    assert ratio_interval(one, other, seed=1) != ratio_interval(one, other, seed=2)


def test_a_higher_confidence_is_a_wider_interval() -> None:
    samples = np.exp(np.random.default_rng(3).normal(0, 0.2, 30))
    narrow, wide = median_interval(samples, confidence=0.8), median_interval(samples, confidence=0.99)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_weights_add_up() -> None:
    times, energies = [1.0, 2.0, 3.0], [5.0, 5.0, 5.0]
    found = weighted_ratio_interval([(0.7, times, times), (0.3, energies, energies)])
    assert found == Interval(pytest.approx(1.0), pytest.approx(1.0), pytest.approx(1.0))


def test_no_samples_have_no_median() -> None:
    with pytest.raises(ValueError, match="no samples"):
        median_interval([])


def test_intervals_that_overlap_share_a_rank() -> None:
    best, tied, second, last = (
        Interval(5, 4, 6),
        Interval(4.5, 3.5, 5.5),
        Interval(3.7, 3.6, 3.9),
        Interval(1, 1, 1),
    )
    assert ranks([last, tied, second, best]) == [4, 1, 2, 1]


intervals = st.builds(
    lambda value, below, above: Interval(value, value - below, value + above),
    *[st.floats(0, 10) for _ in range(3)],
)


@given(st.lists(intervals, min_size=1, max_size=12))
def test_ranks_count_who_is_larger_beyond_doubt(rows: list[Interval]) -> None:
    assert ranks(rows) == [1 + sum(other.low > each.high for other in rows) for each in rows]


@given(intervals, intervals)
def test_overlapping_is_mutual_and_survives_negation(one: Interval, other: Interval) -> None:
    assert one.overlaps(other) == other.overlaps(one) == one.negated().overlaps(other.negated())


samples = st.lists(st.integers(0, 5), min_size=1, max_size=5)


@given(samples, samples)
def test_better_by_chance_is_the_permutation_test(ones: list[int], others: list[int]) -> None:
    """Against the definition: all ways to say which of the values are the ones."""

    def wins(first: list[int], second: list[int]) -> float:
        return sum((one > other) + 0.5 * (one == other) for one in first for other in second)

    pool = ones + others
    splits = list(combinations(range(len(pool)), len(ones)))
    counted = [
        wins([pool[place] for place in split], [pool[place] for place in range(len(pool)) if place not in split])
        for split in splits
    ]
    expected = sum(value >= wins(ones, others) for value in counted) / len(splits)
    assert better_by_chance(ones, others) == pytest.approx(expected)


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=24, unique=True), st.data())
def test_without_ties_it_is_mann_and_whitneys(values: list[int], data: st.DataObject) -> None:
    """Against SciPy."""
    size = data.draw(st.integers(1, len(values) - 1))
    ones, others = values[:size], values[size:]
    expected = stats.mannwhitneyu(ones, others, alternative="greater", method="exact").pvalue
    assert better_by_chance(ones, others) == pytest.approx(expected)
