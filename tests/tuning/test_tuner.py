"""Whole searches on the recorded space: what they find, what they keep, and when they leave the default alone."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from qlang.tuning.budget import Budget, budget_from_text
from qlang.tuning.compare import compare, standings
from qlang.tuning.errors import BadBudget, Invalid
from qlang.tuning.measure import Measurement
from qlang.tuning.record import record_from_json
from qlang.tuning.space import Configuration, Gene, Space, Value
from qlang.tuning.store import Store, UnusedRecord
from qlang.tuning.strategy import STRATEGIES, strategy_named
from qlang.tuning.tuner import Tuned, conclude, tune
from tests.tuning import recorded
from tests.tuning.laboratories import DEVICE, KERNEL, laboratory
from tests.tuning.recorded import DEFAULT, OPTIMUM, SPACE, Machine


def search(folder: Path, machine: Machine, strategy: str = "local", budget: Budget = Budget(60)) -> Tuned:  # noqa: B008
    lab = laboratory(folder, machine)
    return tune(lab, strategy_named(strategy, SPACE, DEFAULT, seed=1), budget, clock=machine.clock)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_searches_find_something_faster_and_keep_it(strategy: str, tmp_path: Path) -> None:
    tuned = search(tmp_path, Machine(noise=0.02), strategy)
    best = tuned.record.best
    assert best is not None
    assert tuned.measured == 60
    assert best.latency.high < 1
    truth = recorded.seconds(best.configuration), recorded.seconds(DEFAULT)
    assert best.latency.value == pytest.approx(truth[0] / truth[1], rel=0.1)  # type: ignore[operator]
    assert Store(tmp_path).best(KERNEL, DEVICE, SPACE, DEFAULT) == best


def test_nothing_better_leaves_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which all configurations take the same time: 40 noisy measurements, none of them confirmed. Each of
    8 searches would be fooled with probability ≤ 0.05; two or more by chance with ≤ 0.06, and the seeds are fixed."""
    monkeypatch.setattr(recorded, "seconds", lambda values: 1.0)
    fooled = 0
    for seed in range(8):
        tuned = search(tmp_path / str(seed), Machine(noise=0.1, seed=seed), "random", Budget(40))
        assert len(tuned.finalists) == 3
        assert tuned.tied > 10
        fooled += tuned.record.best is not None
    assert fooled <= 1


def test_slower_ones_leave_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slower(values: Mapping[str, Value]) -> float:
        return 1.0 if dict(values) == dict(DEFAULT) else 1.5

    monkeypatch.setattr(recorded, "seconds", slower)
    tuned = search(tmp_path, Machine())
    assert (tuned.record.best, tuned.finalists) == (None, ())


def test_a_best_that_no_longer_holds_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = laboratory(tmp_path, Machine())
    lab.measure(OPTIMUM, 0.0)
    assert conclude(lab).record.best is not None
    monkeypatch.setattr(recorded, "seconds", lambda values: 1.0 if dict(values) == dict(DEFAULT) else 2.0)
    assert search(tmp_path, Machine(), budget=Budget(3)).record.best is None


def test_faster_but_wrong_is_not_faster(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, Machine(errors={OPTIMUM: 0.5}))
    assert lab.measure(OPTIMUM, 0.0).invalidity == "correctness"
    assert conclude(lab).record.best is None


@pytest.mark.parametrize("machine", [Machine(errors={OPTIMUM: 0.5}), Machine(unfit={OPTIMUM})], ids=["wrong", "unfit"])
def test_what_an_earlier_search_found_right_is_checked_again(machine: Machine, tmp_path: Path) -> None:
    lab = laboratory(tmp_path, Machine())
    lab.measure(OPTIMUM, 0.0)
    assert conclude(lab).record.best is not None
    lab = laboratory(tmp_path, machine)
    tuned = conclude(lab)
    assert tuned.record.best is None
    assert [found.fitness for found in tuned.finalists] == [None]
    assert conclude(laboratory(tmp_path, Machine())).finalists == ()  # it is known now


def test_a_record_for_another_default_is_begun_anew(tmp_path: Path) -> None:
    """A default that today's space has, and one that it has not."""
    for default in (OPTIMUM, Configuration((*OPTIMUM.pairs, ("whole", 19)))):
        record = search(tmp_path, Machine(), budget=Budget(3)).record
        Store(tmp_path).save(replace(record, default=default))
        with pytest.warns(UnusedRecord, match="another default"):
            lab = laboratory(tmp_path, Machine())
        assert (lab.earlier, lab.record.default, lab.record.best) == (0, DEFAULT, None)
        assert search(tmp_path, Machine(), budget=Budget(3)).known == 1


def test_results_outside_of_the_space_are_kept_for_one_that_has_them(tmp_path: Path) -> None:
    known = search(tmp_path, Machine(), "random", Budget(30)).record
    genes = (*SPACE.genes[:-1], Gene("threads", (1, 2)))
    lab = laboratory(tmp_path, Machine(), space=Space(genes, SPACE.constraints))
    inside = [result for result in known.results if result.measurement.configuration["threads"] != 4]
    assert (lab.earlier, len(lab.record.elsewhere)) == (len(inside), len(known.results) - len(inside))
    assert 0 < len(inside) < len(known.results)
    conclude(lab)
    again = laboratory(tmp_path, Machine())
    assert (again.earlier, again.record.elsewhere) == (len(known.results), ())


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    first = search(tmp_path, Machine(), budget=Budget(20))
    machine = Machine()
    second = search(tmp_path, machine, budget=Budget(20))
    known = {result.measurement.configuration for result in first.record.results}
    assert second.known == len(known)
    finalists = {found.configuration for found in second.finalists} | {DEFAULT}
    assert set(machine.prepared) & known <= finalists
    assert len(second.record.results) == len(known) + 20


def test_a_fresh_search_forgets(tmp_path: Path) -> None:
    search(tmp_path, Machine(), budget=Budget(20))
    lab = laboratory(tmp_path, Machine(), fresh=True)
    assert (lab.earlier, set(lab.known)) == (0, {DEFAULT})


def test_latencies_do_not_mix_with_energies(tmp_path: Path) -> None:
    search(tmp_path, Machine(), budget=Budget(5))
    with pytest.warns(UnusedRecord, match="the fitness latency-only"):
        lab = laboratory(tmp_path, Machine(watts=10.0), metered=True)
    assert (lab.earlier, lab.record.fitness, lab.record.counter) == (0, "latency+energy", "counter")


def test_energy_counts_where_it_is_measured(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, Machine(watts=50.0), metered=True)
    found = lab.measure(OPTIMUM, 0.0)
    assert found.fitness is not None
    assert found.fitness.kind == "latency+energy"
    best = conclude(lab).record.best
    assert best is not None
    assert best.latency.high < 1


def test_frugal_but_slower_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "seconds", lambda values: 1.0 if dict(values) == dict(DEFAULT) else 1.05)
    lab = laboratory(tmp_path, Machine(watts=50.0, appetite={OPTIMUM: 0.1}), metered=True)
    found = lab.measure(OPTIMUM, 0.0)
    assert found.fitness is not None
    assert found.fitness.interval.value > -0.8
    assert conclude(lab).record.best is None


def test_an_interrupted_search_leaves_a_whole_record(tmp_path: Path) -> None:
    def interrupt(count: int, found: Measurement) -> None:
        if count == 7:
            raise KeyboardInterrupt

    lab = laboratory(tmp_path, Machine(), report=interrupt)
    with pytest.raises(KeyboardInterrupt):
        tune(lab, strategy_named("local", SPACE, DEFAULT, seed=1), Budget(50))
    document = json.loads(Store(tmp_path).path(KERNEL, DEVICE).read_text())
    record = record_from_json(document, KERNEL, DEVICE, SPACE)
    assert len(record.results) == 8
    assert record.best is None
    assert search(tmp_path, Machine(), budget=Budget(3)).known == 8


def test_what_does_the_same_is_measured_once(tmp_path: Path) -> None:
    """All neighbours of the default in one gene do what the default does."""
    twins = {point: DEFAULT for point in SPACE.points if {**point, "order": "first"} == dict(DEFAULT)}
    machine = Machine(twins=twins)
    lab = laboratory(tmp_path, machine)
    for twin in twins:
        assert lab.measure(twin, 0.0).fitness == lab.default.fitness
    assert (lab.measured, len(lab.twins)) == (0, 3)
    assert set(machine.prepared) == {DEFAULT}
    assert lab.measure(OPTIMUM, 0.0).fitness != lab.default.fitness
    assert [found.configuration for found in conclude(lab).finalists] == [OPTIMUM]


def test_a_search_among_equals_ends(tmp_path: Path) -> None:
    machine = Machine(twins=dict.fromkeys(SPACE.points, DEFAULT))
    lab = laboratory(tmp_path, machine)
    tuned = tune(lab, strategy_named("random", SPACE, DEFAULT, seed=1), Budget(5), clock=machine.clock)
    assert (tuned.measured, len(lab.twins)) == (0, 50)
    assert tuned.record.best is None


def test_seconds_end_a_search(tmp_path: Path) -> None:
    machine = Machine()
    tuned = search(tmp_path, machine, budget=Budget(None, 200.0))
    assert 0 < tuned.measured < 60


def test_a_whole_space_ends_a_search(tmp_path: Path) -> None:
    lab = laboratory(tmp_path, Machine())
    strategy = strategy_named("random", SPACE, DEFAULT, seed=0)
    for point in SPACE.points[:-10]:
        strategy.tell(point, -3.0)
    assert tune(lab, strategy, Budget(50)).measured == 10


def test_a_wrong_default_is_no_reference(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        laboratory(tmp_path, Machine(errors={DEFAULT: 1.0}))


@pytest.mark.slow
def test_strategies_are_compared_at_equal_measurements(tmp_path: Path) -> None:
    """5 seeds each: were local search as good as random search, p ≤ 0.05 would come once in 20; the seeds are fixed."""
    machine = Machine(noise=0.01)
    lab = laboratory(tmp_path, machine)
    traces = compare(lab, ("random", "local", "tpe"), range(5), Budget(50), clock=machine.clock)
    assert {len(trace.best) for trace in traces} == {50}
    for trace in traces:
        values = [value for value in trace.best if value is not None]
        assert values == sorted(values)
    table = {row.strategy: row for row in standings(traces)}
    assert list(table) == ["random", "local", "tpe"]
    assert all(row.measurements == 50 and row.worst <= row.median <= row.best for row in table.values())
    assert table["local"].wins + table["local"].losses <= 25
    assert table["local"].probability <= 0.05
    assert table["random"].probability == 1.0
    assert len(set(machine.prepared)) + 1 >= len(machine.prepared)  # the default twice, everything else once


def test_comparing_against_the_clock_keeps_the_searches_equal(tmp_path: Path) -> None:
    machine = Machine()
    traces = compare(laboratory(tmp_path, machine), STRATEGIES, (0, 1), Budget(None, 300.0), clock=machine.clock)
    assert len({len(trace.best) for trace in traces}) == 1
    assert traces[0].best


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("40", Budget(40)),
        ("1", Budget(1)),
        ("90s", Budget(None, 90.0)),
        ("1.5min", Budget(None, 90.0)),
        (" 7 ", Budget(7)),
    ],
)
def test_budgets_are_measurements_or_seconds(text: str, budget: Budget) -> None:
    assert budget_from_text(text) == budget


@pytest.mark.parametrize("text", ["0", "-3", "0s", "", "s", "many", "1.5", "nans", "infs", "1e9s", "٣", "9" * 400])
def test_budgets_that_allow_nothing_or_everything_are_refused(text: str) -> None:
    with pytest.raises(BadBudget):
        budget_from_text(text)
