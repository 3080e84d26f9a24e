"""Readout inversion: against the full matrix, exact on exact distributions, coverage, bounds."""

from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.mitigation.confusion import Confusion, variance_factor
from qlang.mitigation.errors import NotInvertible
from qlang.mitigation.readout import mitigated_pauli_sum
from qlang.mitigation.statistics import pauli_sum, unseen_variance

probabilities = st.floats(0, 0.45)
confusions = st.builds(Confusion, probabilities, probabilities)


def full_matrix(row: list[Confusion]) -> np.ndarray:
    """Bit 0 is the last factor of the Kronecker product."""
    matrix = np.eye(1)
    for each in row:
        matrix = np.kron(np.array(each.matrix()), matrix)
    return matrix


def sign(outcome: int, bits: tuple[int, ...]) -> int:
    return (-1) ** sum(outcome >> bit & 1 for bit in bits)


@st.composite
def readings(draw: st.DrawFn) -> tuple[list[Confusion], dict[int, int], list[tuple[float, tuple[int, ...]]]]:
    width = draw(st.integers(1, 4))
    row = draw(st.lists(confusions, min_size=width, max_size=width))
    counts = draw(st.dictionaries(st.integers(0, 2**width - 1), st.integers(1, 1000), min_size=1))
    bits = st.lists(st.integers(0, width - 1), unique=True, max_size=width).map(tuple)
    return row, counts, draw(st.lists(st.tuples(st.floats(-2, 2), bits), min_size=1, max_size=4))


@given(confusions)
def test_inverse_times_matrix_is_one_and_factors_are_its_transpose_on_z(each: Confusion) -> None:
    assert np.array(each.inverse()) @ np.array(each.matrix()) == pytest.approx(np.eye(2), abs=1e-12)
    assert pytest.approx(each.factors(), abs=1e-12) == np.array(each.inverse()).T @ [1, -1]


@given(readings())
def test_the_value_is_that_of_the_inverted_full_matrix(case) -> None:
    row, counts, terms = case
    shots = sum(counts.values())
    measured = np.array([counts.get(outcome, 0) / shots for outcome in range(2 ** len(row))])
    undone = np.linalg.solve(full_matrix(row), measured)
    expected = sum(c * sum(sign(x, bits) * undone[x] for x in range(len(undone))) for c, bits in terms)
    size = variance_factor(row) ** 0.5 * sum(abs(c) for c, _ in terms)
    assert mitigated_pauli_sum(terms, counts, row).value == pytest.approx(expected, abs=1e-9 * (1 + size))


@given(readings(), st.randoms(use_true_random=False))
def test_neither_the_order_of_counts_nor_of_terms_matters(case, random) -> None:
    row, counts, terms = case
    shuffled = list(counts.items())
    random.shuffle(shuffled)
    assert mitigated_pauli_sum(terms, dict(shuffled), row) == mitigated_pauli_sum(terms, counts, row)


@given(readings())
def test_a_perfect_readout_leaves_the_raw_estimate(case) -> None:
    row, counts, terms = case
    perfect = [Confusion(0.0, 0.0)] * len(row)
    raw = pauli_sum(terms, counts)
    mitigated = mitigated_pauli_sum(terms, counts, perfect, calibration_shots=100)
    assert mitigated.value == pytest.approx(raw.value, abs=1e-12)
    assert mitigated.variance == pytest.approx(raw.variance, abs=1e-12)


@given(readings())
@settings(max_examples=50)
def test_the_variance_factor_bounds_the_second_moment_of_a_term(case) -> None:
    row, counts, _ = case
    everything = tuple(range(len(row)))
    shots = sum(counts.values())
    estimate = mitigated_pauli_sum([(1.0, everything)], counts, row)
    largest = prod(max(map(abs, each.factors())) for each in row)
    if estimate.shot_variance > unseen_variance(largest, shots) and shots > 1:
        second = estimate.shot_variance * (shots - 1) + estimate.value**2
        assert second <= variance_factor(row) * (1 + 1e-9)


@pytest.mark.parametrize("p", [(0.5, 0.5), (0.3, 0.7), (1.0, 0.2), (-0.1, 0.1), (0.1, 1.1), (float("nan"), 0.1)])
def test_a_reading_without_information_is_refused(p: tuple[float, float]) -> None:
    with pytest.raises(NotInvertible):
        Confusion(*p)


def test_a_bit_without_confusion_and_empty_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="no confusion"):
        mitigated_pauli_sum([(1.0, (2,))], {0: 5}, [Confusion(0.1, 0.1)])
    with pytest.raises(ValueError, match="not empty"):
        mitigated_pauli_sum([(1.0, (0,))], {}, [Confusion(0.1, 0.1)])


def test_wide_outcomes_are_read_bit_by_bit() -> None:
    width = 100
    row = [Confusion(0.01, 0.02)] * width
    counts = {0: 10, 1 << 99: 30, (1 << 99) | 1: 60}
    up, down = row[0].factors()
    estimate = mitigated_pauli_sum([(1.0, (99,)), (2.0, (0,))], counts, row)
    assert estimate.value == pytest.approx(0.1 * up + 0.9 * down + 2 * (0.4 * up + 0.6 * down))


def test_the_error_bar_covers_with_shot_and_calibration_errors() -> None:
    """3000 simulated experiments with a freshly measured calibration each; the truth lies within 1.96 standard errors
    in 95 % of them. ±4 standard deviations of the binomial hit count is left with probability 6·10⁻⁵; first-order
    propagation is allowed another 1 %.
    """
    generator = np.random.default_rng(20260102)
    ideal = np.array([0.5, 0.05, 0.05, 0.4])
    actual = [Confusion(0.03, 0.06), Confusion(0.02, 0.09)]
    terms = [(0.7, (0, 1)), (0.4, (0,)), (-0.3, (1,))]
    truth = sum(c * sum(sign(x, bits) * ideal[x] for x in range(4)) for c, bits in terms)
    measured = full_matrix(actual) @ ideal
    runs, shots, calibration, hits, hits_without = 3000, 4000, 2000, 0, 0
    for _ in range(runs):
        counts = dict(enumerate(generator.multinomial(shots, measured).tolist()))
        learnt = [
            Confusion(
                generator.binomial(calibration, c.p01) / calibration,
                generator.binomial(calibration, c.p10) / calibration,
            )
            for c in actual
        ]
        estimate = mitigated_pauli_sum(terms, counts, learnt, calibration_shots=calibration)
        distance = abs(estimate.value - truth)
        hits += distance < 1.959964 * estimate.standard_error
        hits_without += distance < 1.959964 * estimate.shot_variance**0.5
    assert abs(hits / runs - 0.95) < 4 * (0.95 * 0.05 / runs) ** 0.5 + 0.01
    assert hits_without < hits - 0.02 * runs  # the calibration's share is not decoration
