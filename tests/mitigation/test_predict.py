"""Predictions against simulation of the stated model, bounds, and the choice of an arm."""

from math import exp, isfinite, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.mitigation.arms import Composite, NoMitigation, ReadoutInversion, ZeroNoiseExtrapolation, default_arms
from qlang.mitigation.choice import choose
from qlang.mitigation.confusion import Confusion
from qlang.mitigation.errors import TooFewShots
from qlang.mitigation.predict import Damping, Task, depolarizing_rate, fidelity_of_samples, predict, scales_and_weights
from qlang.mitigation.zne import allocate

NONE, READOUT = NoMitigation(), ReadoutInversion()
LINEAR, RICHARDSON = ZeroNoiseExtrapolation((1, 3), "linear"), ZeroNoiseExtrapolation((1, 3, 5), "richardson")
BOTH = Composite((READOUT, RICHARDSON))
confusions = st.lists(st.builds(Confusion, st.floats(0, 0.2), st.floats(0, 0.2)), max_size=4).map(tuple)
tasks = st.builds(Task, st.floats(0, 4), st.floats(0.1, 5), st.integers(10, 10**6), confusions, st.floats(0, 0.5))
arms = st.sampled_from(default_arms())


def read(distribution: np.ndarray, readout: tuple[Confusion, ...]) -> np.ndarray:
    """The distribution after readout errors; bit q belongs to readout[q]."""
    matrix = np.eye(1)
    for each in readout:
        matrix = np.kron(np.array(each.matrix()), matrix)
    return matrix @ distribution


def parity(width: int) -> np.ndarray:
    return np.array([(-1) ** bin(x).count("1") for x in range(2**width)])


def test_closed_forms_without_readout_error() -> None:
    task = Task(rate=0.2, half_range=2.0, shots=1000)
    assert predict(NONE, task).bias == pytest.approx(2 * (1 - exp(-0.2)))
    assert predict(NONE, task).variance == pytest.approx(4 / 1000)
    assert predict(NONE, task).fidelity.value == pytest.approx(exp(-0.2))
    linear = predict(LINEAR, task)
    assert linear.bias == pytest.approx(2 * (1 - 1.5 * exp(-0.2) + 0.5 * exp(-0.6)))
    assert (linear.overhead, linear.variance) == (pytest.approx(4), pytest.approx(4 * 4 / 1000))
    assert linear.mse == pytest.approx(linear.bias**2 + linear.variance)
    assert predict(RICHARDSON, task).overhead == pytest.approx(12.25)
    assert predict(READOUT, task).bias == predict(NONE, task).bias


def test_closed_form_with_symmetric_readout_error() -> None:
    task = Task(0.1, 1.0, 1000, (Confusion(0.05, 0.05),) * 2)
    assert predict(NONE, task).bias == pytest.approx(1 - 0.9**2 * exp(-0.1))
    assert predict(READOUT, task).bias == pytest.approx(1 - exp(-0.1))
    assert predict(READOUT, task).overhead == pytest.approx(0.9**-4)
    assert predict(BOTH, task).overhead == pytest.approx(12.25 * 0.9**-4)


@given(tasks, arms, st.data())
@settings(max_examples=150, deadline=None)
def test_the_bias_bound_holds_for_every_state_under_the_model(task: Task, arm, data) -> None:
    """Any ideal distribution, depolarized at each scale, read with errors, mitigated: exact expectation values."""
    width = len(task.readout) or 1
    readout = task.readout or (Confusion(0.0, 0.0),)
    raw = np.array(data.draw(st.lists(st.floats(0, 1), min_size=2**width, max_size=2**width))) + 1e-6
    ideal = raw / raw.sum()
    scales, weights = scales_and_weights(arm)
    inverted = arm == READOUT or (isinstance(arm, Composite) and READOUT in arm.methods)
    estimate = 0.0
    for scale, weight in zip(scales, weights, strict=True):
        kept = exp(-task.rate * scale)
        measured = read(kept * ideal + (1 - kept) / 2**width, readout)
        factors = np.ones(1)
        for each in readout:
            factors = np.kron(np.array(each.factors() if inverted else (1.0, -1.0)), factors)
        estimate += weight * float(factors @ measured)
    bias = task.half_range * abs(estimate - float(parity(width) @ ideal))
    assert bias <= predict(arm, task).bias + 1e-9


@given(tasks, arms)
def test_predictions_are_consistent(task: Task, arm) -> None:
    prediction = predict(arm, task)
    fidelity = prediction.fidelity
    assert 0 <= fidelity.low <= fidelity.value <= fidelity.high <= 1
    assert prediction.bias >= 0 and prediction.overhead >= 1
    assert prediction.variance * task.shots == pytest.approx(prediction.overhead * task.half_range**2)
    assert fidelity.value == pytest.approx(max(1 - prediction.bias / task.half_range, 0))


@given(tasks, arms, st.floats(-1, 1))
def test_the_interval_holds_every_rate_within_the_uncertainty_at_its_ends(task: Task, arm, where: float) -> None:
    interval = predict(arm, task).fidelity
    rate = task.rate * (1 + task.rate_uncertainty * (round(where * 8) / 8))
    other = predict(arm, Task(rate, task.half_range, task.shots, task.readout))
    assert interval.low - 1e-9 <= other.fidelity.value <= interval.high + 1e-9


def test_the_predicted_variance_is_the_simulated_one() -> None:
    """20 000 simulated extrapolations: the sample variance has a relative deviation of √(2/20000) = 1 %.

    Five of these are left with probability 6·10⁻⁷. At E = 0 the variance bound σ² = 1 is the true one.
    """
    generator = np.random.default_rng(20260104)
    weights = scales_and_weights(RICHARDSON)[1]
    parts = allocate(3000, weights)
    draws = sum(w * (2 * generator.binomial(n, 0.5, 20_000) / n - 1) for w, n in zip(weights, parts, strict=True))
    predicted = predict(RICHARDSON, Task(0.1, 1.0, 3000)).variance
    assert np.var(draws) == pytest.approx(predicted, rel=0.05)


@given(st.integers(1, 4), st.floats(0, 3), st.data())
@settings(deadline=None)
def test_the_hellinger_bound_holds_and_is_tight_on_one_outcome(width: int, rate: float, data) -> None:
    from qiskit.quantum_info import hellinger_fidelity

    readout = tuple(
        data.draw(st.lists(st.builds(Confusion, st.floats(0, 0.3), st.floats(0, 0.3)), min_size=width, max_size=width))
    )
    raw = np.array(data.draw(st.lists(st.floats(0, 1), min_size=2**width, max_size=2**width))) + 1e-9
    ideal = raw / raw.sum()
    noisy = exp(-rate) * ideal + (1 - exp(-rate)) / 2**width
    delivered = read(noisy, readout)
    bound = fidelity_of_samples(rate, width, readout, 0.1)
    assert hellinger_fidelity(dict(enumerate(delivered)), dict(enumerate(ideal))) >= bound.value - 1e-9
    assert bound.low <= bound.value <= bound.high
    single = fidelity_of_samples(rate, width).value
    assert single == pytest.approx(exp(-rate) + (1 - exp(-rate)) / 2**width)


def test_the_rate_of_a_gate_is_that_of_its_polarization() -> None:
    """Depolarizing with parameter p keeps 1 − p of every Pauli and has infidelity p·(d − 1)/d."""
    for qubits, p in ((1, 0.01), (2, 0.05)):
        levels = 2**qubits
        assert depolarizing_rate(p * (levels - 1) / levels, qubits) == pytest.approx(-np.log(1 - p))
    assert depolarizing_rate(0.0, 2) == 0.0
    assert not isfinite(depolarizing_rate(0.75, 2))
    hopeless = predict(RICHARDSON, Task(depolarizing_rate(0.9, 1), 1.0, 100, (), 1.0))
    assert hopeless.bias == 1.0 and hopeless.fidelity.high <= 1.0


def test_a_task_must_make_sense() -> None:
    for bad in ((-0.1, 1.0, 10), (0.1, -1.0, 10)):
        with pytest.raises(ValueError, match="negative"):
            Task(*bad)
    with pytest.raises(TooFewShots):
        predict(RICHARDSON, Task(0.1, 1.0, 2))
    assert predict(NONE, Task(0.3, 0.0, 10)).fidelity.value == 1.0


@given(st.lists(tasks, min_size=1, max_size=3), st.floats(1, 30))
@settings(deadline=None)
def test_the_choice_has_the_smallest_error_that_fits(given_tasks: list[Task], within: float) -> None:
    choice = choose(default_arms(), given_tasks, within)
    score = {}
    for arm in default_arms():
        predictions = [predict(arm, task) for task in given_tasks]
        if arm == NONE or max(each.overhead for each in predictions) <= within:
            score[arm] = sum(each.mse / task.half_range**2 for each, task in zip(predictions, given_tasks, strict=True))
    assert score[choice.arm] <= min(score.values()) * (1 + 1e-12)
    assert choice.predictions == tuple(predict(choice.arm, task) for task in given_tasks)
    assert {each.arm for each in choice.considered} == set(default_arms())
    assert {each.arm for each in choice.considered if each.rejected is None} == set(score)


def test_extrapolation_pays_only_above_a_number_of_shots() -> None:
    """Raw against [1, 3, 5] Richardson at γ = 0.2: equal MSE where (b₀² − b₁²)·N = (12.25 − 1)·σ²."""
    raw, zne = (predict(arm, Task(0.2, 1.0, 1000)).bias for arm in (NONE, RICHARDSON))
    threshold = 11.25 / (raw**2 - zne**2)
    assert choose([RICHARDSON], [Task(0.2, 1.0, int(threshold * 0.99))]).arm == NONE
    assert choose([RICHARDSON], [Task(0.2, 1.0, int(threshold * 1.01) + 1)]).arm == RICHARDSON


def test_none_is_always_an_arm_and_wins_ties() -> None:
    quiet = Task(rate=0.0, half_range=1.0, shots=1000)
    choice = choose([READOUT, RICHARDSON], [quiet])
    assert choice.arm == NONE and choice.considered[0].arm == NONE
    assert choose([], [quiet], within=0.5).arm == NONE


def test_the_reason_tells_what_was_compared() -> None:
    task = Task(0.2, 1.0, 100_000, (Confusion(0.02, 0.05),))
    choice = choose(default_arms(), [task], within=10)
    assert choice.arm == Composite((READOUT, LINEAR))
    rejected = {str(each.arm): each.rejected for each in choice.considered if each.rejected}
    assert rejected["zne[1,3,5],richardson"] == "overhead 12.2x exceeds 10x"
    assert choice.reason.startswith("smallest predicted MSE, ") and "(none: " in choice.reason
    assert choice.reason.endswith("of 6 arms within 10x")
    few = choose([RICHARDSON], [Task(0.2, 1.0, 2)])
    assert few.considered[1].rejected == "2 shots, at least 3 needed"


def test_gates_outside_of_the_folding_are_not_extrapolated_away() -> None:
    """Exact decay: the state keeps e^(−γλ) and the rotated basis e^(−β) of it, at every scale."""
    task = Task(0.01, 1.0, 1000, unfolded=0.003)
    assert predict(NONE, task).bias == pytest.approx(1 - exp(-0.013))
    weights = scales_and_weights(RICHARDSON)[1]
    left = sum(c * exp(-0.01 * scale) for scale, c in zip((1, 3, 5), weights, strict=True))
    assert predict(RICHARDSON, task).bias == pytest.approx(1 - exp(-0.003) * left)


@given(st.lists(confusions.filter(len), min_size=1, max_size=4), st.sampled_from([NONE, LINEAR, RICHARDSON, READOUT]))
def test_damping_is_that_of_the_worst_product(products: list[tuple[Confusion, ...]], arm) -> None:
    together = predict(arm, Task(0.1, 1.0, 100, damping=Damping.of(products)))
    for product in products:
        alone = predict(arm, Task(0.1, 1.0, 100, product))
        assert together.bias >= alone.bias - 1e-12 and together.overhead >= alone.overhead - 1e-12


def test_contrasts_multiply() -> None:
    row = (Confusion(0.01, 0.02), Confusion(0.03, 0.0), Confusion(0.0, 0.1))
    bias = predict(NONE, Task(0.0, 1.0, 10, row, signal=0.0)).bias
    shifted = prod(c.contrast + abs(c.shift) for c in row) - prod(c.contrast for c in row)
    assert bias == pytest.approx(shifted)
