"""Zero-noise extrapolation: closed forms, exactness on polynomials, allocation, coverage of the error bar."""

from itertools import pairwise
from math import exp, factorial, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qlang.mitigation.errors import BadScales, NotFoldable, TooFewShots
from qlang.mitigation.zne import allocate, coefficients, extrapolate, folds, variance_factor

scale_lists = st.lists(st.integers(1, 25), min_size=2, max_size=6, unique=True).map(sorted)


@pytest.mark.parametrize(
    ("scales", "fit", "expected", "best"),
    [
        ((1, 3, 5), "richardson", (15 / 8, -10 / 8, 3 / 8), 12.25),
        ((1, 3), "linear", (3 / 2, -1 / 2), 4),
        ((1, 2, 3), "richardson", (3, -3, 1), 49),
        ((1, 1.5, 2), "richardson", (6, -8, 3), 289),
        ((1, 3, 5), "linear", (13 / 12, 1 / 3, -5 / 12), (11 / 6) ** 2),
    ],
)
def test_published_coefficients_and_variance_factors(scales, fit, expected, best: float) -> None:
    weights = coefficients(scales, fit)
    assert weights == pytest.approx(expected, rel=1e-15)
    assert variance_factor(weights) == pytest.approx(best)


@given(scale_lists, st.lists(st.integers(-9, 9), min_size=1, max_size=6))
def test_richardson_is_exact_on_polynomials_through_its_points(scales: list[int], polynomial: list[int]) -> None:
    polynomial = polynomial[: len(scales)]
    weights = coefficients(scales, "richardson")
    values = [sum(a * scale**k for k, a in enumerate(polynomial)) for scale in scales]
    size = sum(abs(w * v) for w, v in zip(weights, values, strict=True))
    assert extrapolate(values, [0.0] * len(values), weights).value == pytest.approx(
        polynomial[0], abs=1e-13 * size + 1e-12
    )


@given(scale_lists, st.lists(st.floats(-1, 1), min_size=6, max_size=6))
def test_linear_is_the_least_squares_line_of_numpy(scales: list[int], values: list[float]) -> None:
    values = values[: len(scales)]
    expected = np.polynomial.Polynomial.fit(scales, values, 1)(0.0)
    assert extrapolate(values, [0.0] * len(values), coefficients(scales, "linear")).value == pytest.approx(
        expected, abs=1e-9
    )


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.3])
def test_richardson_misses_an_exponential_by_its_remainder(rate: float) -> None:
    """The error of interpolation lies between (−γ)ᵐ/m! Π(−λ_i) and the same times e^(−γ·λ_max)."""
    scales = (1, 3, 5)
    weights = coefficients(scales, "richardson")
    missed = 1 - extrapolate([exp(-rate * x) for x in scales], [0.0] * 3, weights).value
    most = rate**3 / factorial(3) * prod(scales)
    assert most * exp(-rate * 5) <= missed <= most


@given(st.integers(1, 10**7), st.lists(st.floats(-20, 20), min_size=1, max_size=9).filter(any))
def test_an_allocation_spends_all_shots_and_leaves_no_scale_out(shots: int, weights: list[float]) -> None:
    if shots < len(weights):
        with pytest.raises(TooFewShots):
            allocate(shots, weights)
        return
    parts = allocate(shots, weights)
    assert sum(parts) == shots and min(parts) >= 1
    order = sorted(range(len(weights)), key=lambda i: abs(weights[i]))
    assert all(parts[a] <= parts[b] + 1 for a, b in pairwise(order))


@given(st.integers(0, 10**4), st.data())
def test_no_single_move_of_shots_lowers_the_variance_by_more_than_rounding(extra: int, data) -> None:
    weights = coefficients(data.draw(scale_lists), "richardson")
    shots = 1000 * len(weights) + extra
    parts = allocate(shots, weights)
    reached = sum(w * w / n for w, n in zip(weights, parts, strict=True)) * shots
    assert reached >= variance_factor(weights) * (1 - 1e-12)
    smallest = min(abs(w) for w in weights) / sum(map(abs, weights)) * shots
    assert reached <= variance_factor(weights) * (1 + 4 / max(smallest, 1))


def test_allocation_examples() -> None:
    assert allocate(20_000, coefficients((1, 3, 5), "richardson")) == (10714, 7143, 2143)
    assert allocate(100, (1.5, -0.5)) == (75, 25)
    assert allocate(3, (100.0, 1.0, 1.0)) == (1, 1, 1)
    assert allocate(7, (1.0, 1.0, 1.0)) == (3, 2, 2)


@pytest.mark.parametrize("scales", [(1,), (), (3, 1), (1, 1), (0, 1), (-1, 1), tuple(range(1, 21, 2))])
def test_scales_that_no_fit_can_use(scales: tuple[int, ...]) -> None:
    with pytest.raises(BadScales):
        coefficients(scales, "linear")


def test_folding_gives_odd_integers_only() -> None:
    assert [folds(scale) for scale in (1, 3, 5, 7)] == [0, 1, 2, 3]
    for scale in (0, 2, 4, 1.5, -1, -3):
        with pytest.raises(NotFoldable):
            folds(scale)


def test_the_error_bar_covers() -> None:
    """4000 simulated runs of [1, 3, 5] Richardson: the mean lies within 1.96 standard errors in 95 % of them.

    The number of hits is binomial; ±4 of its standard deviations is left with probability 6·10⁻⁵.
    """
    generator = np.random.default_rng(20260101)
    weights, runs, exact = coefficients((1, 3, 5), "richardson"), 4000, (0.8, 0.5, 0.3)
    parts = allocate(6000, weights)
    truth = sum(w * e for w, e in zip(weights, exact, strict=True))
    means = np.array([2 * generator.binomial(n, (1 + e) / 2, runs) / n - 1 for n, e in zip(parts, exact, strict=True)])
    variances = (1 - means**2) / (np.array(parts)[:, None] - 1)
    hits = 0
    for run in range(runs):
        estimate = extrapolate(means[:, run].tolist(), variances[:, run].tolist(), weights)
        hits += abs(estimate.value - truth) < 1.959964 * estimate.standard_error
    assert abs(hits / runs - 0.95) < 4 * (0.95 * 0.05 / runs) ** 0.5
