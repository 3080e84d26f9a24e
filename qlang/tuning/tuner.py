"""The search for one kernel: ask a strategy, measure, tell it, write the record, and confirm what looks best.

What earlier runs measured is told to the strategy first and is not measured again. The record is written every second
and at the end, an interrupted one too, and is complete every time. Only finalists whose fresh repetitions are faster
than the default's, beyond the confidence interval, become the record's best; otherwise the default stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from qlang.tuning.budget import Budget
from qlang.tuning.device import Device
from qlang.tuning.errors import Invalid
from qlang.tuning.fitness import Fitness
from qlang.tuning.measure import Bench, Measurement, confirmed, counter_of, measure
from qlang.tuning.record import Best, Kernel, Record
from qlang.tuning.result import Result
from qlang.tuning.space import Configuration, Space
from qlang.tuning.statistics import CONFIDENCE, ranks
from qlang.tuning.store import Store, unused
from qlang.tuning.strategy import Strategy

FINALISTS = 3
_TWINS = 10
"""Configurations that do the same as a known one are not measured; so many of them cost as much as a measurement."""
_SAVE_SECONDS = 1.0
"""Between two writes of the record while measurements come fast."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """How a search ended."""

    record: Record
    measured: int
    """New measurements, the default and the finalists' confirmation not counted."""
    known: int
    """Results of earlier runs that were used."""
    finalists: tuple[Measurement, ...]
    """What was measured again at the end, the most promising first."""
    tied: int
    """Configurations whose interval overlaps that of the largest fitness: not ranked against it."""


Report = Callable[[int, Measurement], None]


class Laboratory:
    """Measures configurations of one kernel, each once, and keeps the record on disk up to date."""

    def __init__(
        self,
        bench: Bench,
        space: Space,
        kernel: Kernel,
        device: Device,
        store: Store,
        *,
        fresh: bool = False,
        report: Report = lambda count, found: None,
    ) -> None:
        """`fresh`: forget what earlier runs measured. A record that cannot be gone on with is begun anew, with an
        `UnusedRecord` warning. Raises: CannotStore.
        """
        self.bench, self.space, self._store, self._report = bench, space, store, report
        pinned = measure(bench, bench.default)
        if pinned.fitness is None:
            raise Invalid(pinned.invalidity, pinned.reason)
        old = None if fresh else store.load(kernel, device, space)
        kind, counter = pinned.fitness.kind, counter_of(bench.meter, pinned.repetitions, pinned.reference)
        if old is not None and (old.default, old.fitness) != (bench.default, kind):
            unlike = "another default" if old.default != bench.default else f"the fitness {old.fitness}"
            unused(store.path(kernel, device), f"it was made for {unlike}")
            old = None
        empty = Record(kernel, device, bench.default, kind, counter)
        self.record = empty if old is None else replace(old, counter=counter)
        kept = self.record.results
        self.known = {result.measurement.configuration: result.measurement for result in kept}
        self.earlier = len(self.known)
        self.default = pinned
        self.measured = 0
        self.twins: set[Configuration] = set()
        self._by_work: dict[Hashable, Configuration] = {}
        self._saved, self._saved_at = self.record, float("-inf")
        self._by_work[bench.subject.work(bench.default)] = bench.default
        self._add(pinned, 0.0, 0.0)

    @property
    def path(self) -> Path:
        """Where the record is."""
        return self._store.path(self.record.kernel, self.record.device)

    def measure(self, configuration: Configuration, search_seconds: float) -> Measurement:
        """The measurement of a configuration, made now unless it is known, or of another one that does the same.

        Raises: CannotStore.
        """
        if configuration in self.known:
            return self.known[configuration]
        twin = self._twin(configuration)
        if twin is not None:
            self.twins.add(configuration)
            self.known[configuration] = replace(twin, configuration=configuration)
            return self.known[configuration]
        started = self.bench.clock()
        found = self._of_this_kind(measure(self.bench, configuration))
        took = self.bench.clock() - started - found.compile_seconds - found.validation_seconds
        self.measured += 1
        self._add(found, max(took - sum(found.repetitions.seconds), 0.0), search_seconds)
        self._report(self.measured, found)
        return found

    def distinct(self) -> list[Measurement]:
        """What was measured, without configurations that do the same as another one."""
        return [found for found in self.known.values() if found.configuration not in self.twins]

    def correct(self, found: Measurement) -> None:
        """Replace what was known of a configuration. Raises: CannotStore."""
        self._add(found, 0.0, 0.0)

    def conclude(self, best: Best | None) -> None:
        """Write what was confirmed. Raises: CannotStore."""
        self.record = replace(self.record, best=best)
        self.save()

    def save(self) -> None:
        """Write the record where it is newer than the file. Raises: CannotStore."""
        if self._saved is not self.record:
            self._store.save(self.record)
            self._saved, self._saved_at = self.record, time.monotonic()

    def _twin(self, configuration: Configuration) -> Measurement | None:
        """A measurement of this search of the same work."""
        try:
            work = self.bench.subject.work(configuration)
        except Invalid:
            return None
        first = self._by_work.setdefault(work, configuration)
        return None if first == configuration else self.known.get(first)

    def _of_this_kind(self, found: Measurement) -> Measurement:
        """A latency next to energies cannot be compared with them."""
        if found.fitness is None or found.fitness.kind == self.record.fitness:
            return found
        return replace(found, fitness=None, invalidity="runtime", reason=f"measured {found.fitness.kind} only")

    def _add(self, found: Measurement, framework: float, search: float) -> None:
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        kept = [each for each in self.record.results if each.measurement.configuration != found.configuration]
        self.known[found.configuration] = found
        self.record = replace(self.record, results=(*kept, Result(found, stamp, framework, search)))
        if time.monotonic() - self._saved_at > _SAVE_SECONDS:
            self.save()


def tune(
    laboratory: Laboratory, strategy: Strategy, budget: Budget, *, clock: Callable[[], float] = time.monotonic
) -> Tuned:
    """Search until the budget is used up or the space is known, and confirm. Raises: CannotStore."""
    started = clock()
    for known in laboratory.known.values():
        strategy.tell(known.configuration, worth(known))
    try:
        while budget.left(laboratory.measured + len(laboratory.twins) // _TWINS, clock() - started):
            asked = clock()
            configuration = strategy.ask()
            if configuration is None:
                break
            strategy.tell(configuration, worth(laboratory.measure(configuration, clock() - asked)))
    finally:
        laboratory.save()
    return conclude(laboratory)


def conclude(laboratory: Laboratory) -> Tuned:
    """Confirm the most promising configurations with fresh repetitions, and keep the best of those that hold."""
    candidates = _promising(laboratory)
    finalists = tuple(confirmed(laboratory.bench, each, finalists=len(candidates)) for each in candidates)
    holding = [
        (each.fitness, each.configuration) for each in finalists if each.fitness is not None and _holds(each.fitness)
    ]
    for each in finalists:
        if each.fitness is None:
            laboratory.correct(each)
    confidence = 1 - (1 - CONFIDENCE) / max(len(finalists), 1)
    best = None
    if holding:
        fitness, configuration = max(holding, key=lambda pair: pair[0].interval.value)
        best = Best(configuration, fitness.latency, confidence)
    laboratory.conclude(best)
    valid = [found.fitness.interval for found in laboratory.distinct() if found.fitness is not None]
    return Tuned(laboratory.record, laboratory.measured, laboratory.earlier, finalists, ranks(valid).count(1))


def worth(found: Measurement) -> float | None:
    """What a strategy is told."""
    return None if found.fitness is None else found.fitness.interval.value


def _promising(laboratory: Laboratory) -> Sequence[Configuration]:
    """The configurations with the largest fitness above the default's; the earlier best is looked at again too."""
    default = laboratory.bench.default
    better = [
        (found.fitness.interval.value, found.configuration)
        for found in laboratory.distinct()
        if found.fitness is not None and found.fitness.interval.value > -1 and found.configuration != default
    ]
    better.sort(key=lambda pair: -pair[0])
    chosen = [configuration for _, configuration in better[:FINALISTS]]
    earlier = laboratory.record.best
    if earlier is not None and earlier.configuration not in chosen:
        chosen.append(earlier.configuration)
    return chosen


def _holds(fitness: Fitness) -> bool:
    """Faster than the default beyond its interval, and worth more as a whole."""
    return fitness.latency.high < 1 and fitness.interval.low > -1
