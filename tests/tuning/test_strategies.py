"""The searches, on a recorded space whose optimum is known."""

import sys
from collections.abc import Callable

import pytest

from qlang.tuning.compare import better_by_chance
from qlang.tuning.errors import StrategyUnavailable, UnknownStrategy
from qlang.tuning.space import Configuration, Gene, Space
from qlang.tuning.strategy import STRATEGIES, Strategy, strategy_named
from tests.tuning.recorded import DEFAULT, OPTIMUM, SPACE, seconds

Fitness = Callable[[Configuration], float | None]


def fitness(point: Configuration) -> float | None:
    taken = seconds(point)
    return None if taken is None else -taken


def asked(strategy: Strategy, count: int, worth: Fitness = fitness) -> list[Configuration]:
    found = []
    while len(found) < count and (point := strategy.ask()) is not None:
        strategy.tell(point, worth(point))
        found.append(point)
    return found


def best_of(name: str, seed: int, count: int) -> float:
    known = asked(strategy_named(name, SPACE, DEFAULT, seed=seed), count)
    return max(value for value in map(fitness, known) if value is not None)


def test_the_recorded_space_has_the_optimum_it_says() -> None:
    values = {point: fitness(point) for point in SPACE.points}
    best = max(value for value in values.values() if value is not None)
    assert [point for point, value in values.items() if value == best] == [OPTIMUM]
    assert len(values) > 1000
    assert None in values.values()


@pytest.mark.parametrize("name", STRATEGIES)
def test_nothing_is_asked_twice_or_outside_of_the_space(name: str) -> None:
    found = asked(strategy_named(name, SPACE, DEFAULT, seed=3), 80)
    assert len(set(found)) == 80
    assert set(found) <= set(SPACE.points)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_asks_the_same(name: str) -> None:
    one, two, other = (asked(strategy_named(name, SPACE, DEFAULT, seed=seed), 40) for seed in (5, 5, 6))
    assert one == two
    assert one != other


@pytest.mark.parametrize("name", STRATEGIES)
def test_asking_again_before_telling_asks_the_same(name: str) -> None:
    strategy = strategy_named(name, SPACE, DEFAULT, seed=1)
    for point in asked(strategy, 15):
        assert point is not None
    assert strategy.ask() == strategy.ask()


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_is_told_is_never_asked(name: str) -> None:
    strategy = strategy_named(name, SPACE, DEFAULT, seed=2)
    told = [DEFAULT, OPTIMUM, *SPACE.points[:100]]
    for point in told:
        strategy.tell(point, fitness(point))
    assert not set(told) & set(asked(strategy, 60))


@pytest.mark.parametrize("name", STRATEGIES)
def test_what_was_asked_may_be_told_late_and_by_others(name: str) -> None:
    strategy = strategy_named(name, SPACE, DEFAULT, seed=4)
    first = strategy.ask()
    assert first is not None
    strategy.tell(OPTIMUM, fitness(OPTIMUM))
    strategy.tell(first, fitness(first))
    assert not {first, OPTIMUM} & set(asked(strategy, 30))


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_whole_space_is_asked_once_and_no_more(name: str) -> None:
    space = Space((Gene("a", (1, 2, 3, 4)), Gene("b", ("x", "y", "z"), ordered=False)))
    strategy = strategy_named(name, space, space.points[5], seed=1)
    found = asked(strategy, 100, lambda point: None if point["b"] == "z" else float(point.number("a")))
    assert sorted(found, key=str) == sorted(space.points, key=str)
    assert strategy.ask() is None


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_space_of_one_point_ends(name: str) -> None:
    space = Space((Gene("a", (1,)), Gene("b", ("x",), ordered=False)))
    strategy = strategy_named(name, space, space.points[0], seed=0)
    assert asked(strategy, 5, lambda point: 1.0) == list(space.points)


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_space_where_nothing_works_ends(name: str) -> None:
    space = Space((Gene("a", (1, 2, 3)), Gene("b", (1, 2))))
    assert len(asked(strategy_named(name, space, space.points[0], seed=0), 10, lambda point: None)) == 6


@pytest.mark.parametrize("name", ["local", "tpe"])
def test_searches_start_from_the_default(name: str) -> None:
    assert strategy_named(name, SPACE, DEFAULT, seed=9).ask() == DEFAULT


def test_local_search_climbs_a_hill_without_detours() -> None:
    """On a separable bowl every climb ends at the optimum, so it is found in the first."""
    space = Space(tuple(Gene(name, tuple(range(10))) for name in "abc"))
    start, top = space.points[0], {"a": 7, "b": 2, "c": 5}
    found = asked(
        strategy_named("local", space, start, seed=0),
        110,
        lambda point: -float(sum((point.number(name) - top[name]) ** 2 for name in "abc")),
    )
    assert dict(top) in [dict(point) for point in found]


@pytest.mark.parametrize(("name", "measurements"), [("local", 50), ("tpe", 50)])
def test_searches_beat_random_search(name: str, measurements: int) -> None:
    """Mann-Whitney, 10 seeds each. Were a search as good as random search, this would pass by chance in one run of
    1,000; the seeds are fixed, so it passes or fails for good."""
    ones = [best_of(name, seed, measurements) for seed in range(10)]
    others = [best_of("random", 1000 + seed, measurements) for seed in range(10)]
    assert better_by_chance(ones, others) < 1e-3


def test_random_search_finds_the_best_tenth_as_often_as_it_must() -> None:
    """After 22 draws the best 10 % are missed with probability 0.9^22 < 0.1. Of 60 seeds, more than 14 misses would
    come with probability < 10^-3 (binomial)."""
    values = sorted((value for value in map(fitness, SPACE.points) if value is not None), reverse=True)
    bar = values[len(SPACE.points) // 10]
    assert sum(best_of("random", seed, 22) < bar for seed in range(60)) <= 14


def test_unknown_strategies_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(UnknownStrategy) as refused:
        strategy_named("annealing", SPACE, DEFAULT, seed=0)
    assert refused.value.known == STRATEGIES


def test_the_estimator_without_its_package_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(StrategyUnavailable, match="optuna"):
        strategy_named("tpe", SPACE, DEFAULT, seed=0)
