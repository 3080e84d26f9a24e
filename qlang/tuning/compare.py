"""Strategies side by side at equal numbers of measurements, with random search as the yardstick.

Every strategy runs from several seeds. All of them take their turns one measurement at a time, so that they stay equal
wherever the budget ends, and a configuration that two of them ask for is measured once: they see the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from statistics import median

from qlang.tuning.budget import Budget
from qlang.tuning.strategy import Strategy, strategy_named
from qlang.tuning.tuner import Laboratory, worth

YARDSTICK = "random"


@dataclass(frozen=True, slots=True)
class Trace:
    """One search: the best fitness after each of its measurements; `None` before the first valid one."""

    strategy: str
    seed: int
    best: tuple[float | None, ...]

    @property
    def final(self) -> float:
        """The best fitness at the end; minus infinity where nothing was valid."""
        return float("-inf") if not self.best or self.best[-1] is None else self.best[-1]


@dataclass(frozen=True, slots=True)
class Standing:
    """One strategy against random search at the same number of measurements."""

    strategy: str
    measurements: int
    median: float
    """Of the final fitness over the seeds."""
    worst: float
    best: float
    wins: int
    losses: int
    """Pairs of a seed of this strategy and a seed of random search that ended higher, and lower."""
    probability: float
    """Of at least this many wins if the strategy were no better (exact permutation test, one-sided)."""


def compare(
    laboratory: Laboratory,
    strategies: Sequence[str],
    seeds: Sequence[int],
    budget: Budget,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> list[Trace]:
    """Searches from the default, without what earlier runs know; `budget.measurements` holds for each search.

    Raises: UnknownStrategy, StrategyUnavailable, CannotStore.
    """
    started = clock()
    searches: list[tuple[str, int, Strategy, list[float | None]]] = []
    for name in strategies:
        for seed in seeds:
            made = strategy_named(name, laboratory.space, laboratory.bench.default, seed=seed)
            made.tell(laboratory.bench.default, worth(laboratory.default))
            searches.append((name, seed, made, []))
    turn, going = 0, True
    try:
        while going and budget.left(turn, clock() - started):
            for _, _, strategy, best in searches:
                going &= _turn(laboratory, strategy, best)
            turn += 1
    finally:
        laboratory.save()
    length = min(len(best) for _, _, _, best in searches)
    return [Trace(name, seed, tuple(best[:length])) for name, seed, _, best in searches]


def _turn(laboratory: Laboratory, strategy: Strategy, best: list[float | None]) -> bool:
    """One measurement of one search; whether there was anything to measure."""
    configuration = strategy.ask()
    if configuration is None:
        return False
    fitness = worth(laboratory.measure(configuration, 0.0))
    strategy.tell(configuration, fitness)
    known = [value for value in (best[-1] if best else None, fitness) if value is not None]
    best.append(max(known) if known else None)
    return True


def standings(traces: Sequence[Trace]) -> list[Standing]:
    """Every strategy against random search, in the order of the traces."""
    names = list(dict.fromkeys(trace.strategy for trace in traces))
    yardstick = [trace.final for trace in traces if trace.strategy == YARDSTICK]
    found = []
    for name in names:
        finals = sorted(trace.final for trace in traces if trace.strategy == name)
        wins = sum(one > other for one in finals for other in yardstick)
        losses = sum(one < other for one in finals for other in yardstick)
        length = len(next(trace.best for trace in traces if trace.strategy == name))
        probability = 1.0 if name == YARDSTICK else better_by_chance(finals, yardstick)
        found.append(Standing(name, length, median(finals), finals[0], finals[-1], wins, losses, probability))
    return found


def better_by_chance(ones: Sequence[float], others: Sequence[float]) -> float:
    """P(as many wins or more) over all ways to say which of the values are the ones: Mann and Whitney's U, with ties.

    Exact, by counting: the values are taken from the smallest class of equal ones up, and U in half points. One-sided:
    small where the ones are larger.
    """
    classes = sorted({*ones, *others})
    counts = [sum(value == each for value in (*ones, *others)) for each in classes]
    of_ones, of_others = len(ones), len(others)
    seen = sum((one > other) * 2 + (one == other) for one in ones for other in others)
    # ways[(taken as ones, 2U)]: over the classes so far.
    ways: dict[tuple[int, int], int] = {(0, 0): 1}
    total = 0
    for count in counts:
        following: dict[tuple[int, int], int] = {}
        for (taken, double), number in ways.items():
            below = total - taken
            for more in range(max(0, count - (of_others - below)), min(count, of_ones - taken) + 1):
                key = (taken + more, double + more * (2 * below + (count - more)))
                following[key] = following.get(key, 0) + number * comb(count, more)
        ways, total = following, total + count
    return sum(number for (_, double), number in ways.items() if double >= seen) / sum(ways.values())
