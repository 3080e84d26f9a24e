"""Measure a configuration against the pinned default: correctness first, then interleaved repetitions.

    default    ▮ ▮   ▮ ▮   ▮ …
    candidate   ▮ ▮ ▮   ▮ ▮ …          ABBA: a drift of the machine falls on both alike

What is measured is a `Subject`; this module knows nothing of circuits. Where a counter of energy is given, a
repetition is as many runs as fill its window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Protocol

from qlang.tuning.energy import WINDOW_SECONDS, Meter, NoMeter
from qlang.tuning.errors import Invalid
from qlang.tuning.fitness import Fitness, Repetitions, fitness_of
from qlang.tuning.space import Configuration
from qlang.tuning.statistics import CONFIDENCE

Clock = Callable[[], float]


class Candidate(Protocol):
    """A configuration made ready to run."""

    @property
    def compile_seconds(self) -> float:
        """What making it ready took."""

    def run(self) -> None:
        """One run of the whole kernel. Raises: Invalid."""

    def result(self) -> Any:
        """What the run made, for `Subject.error`."""


class Subject(Protocol):
    """What can be run in several configurations."""

    tolerance: float
    """The largest error that still counts as correct."""
    reference_from: str
    """What errors are distances from."""

    def prepare(self, configuration: Configuration) -> Candidate:
        """Raises: Invalid for a configuration that cannot be compiled."""

    def work(self, configuration: Configuration) -> Hashable:
        """What is executed: configurations with equal work need one measurement only. Raises: Invalid."""

    def error(self, result: Any) -> float:
        """Distance of a result from the reference that does not depend on the configuration."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure. A repetition shorter than `shortest` is several runs, so that a clock can see it."""

    repetitions: int = 11
    most_seconds: float = 20.0
    """Repetitions stop here, but not before `least_repetitions`."""
    least_repetitions: int = 5
    shortest: float = 0.005
    hopeless: float = 3.0
    """A first run this many times longer than the default's is measured no further."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is known of a configuration; `fitness` is `None` where it is invalid."""

    configuration: Configuration
    fitness: Fitness | None
    repetitions: Repetitions
    reference: Repetitions
    """The default's repetitions in between."""
    compile_seconds: float
    validation_seconds: float
    error: float | None
    """Distance from the reference, or `None` where it did not run."""
    invalidity: str = "correct"
    """T4's word."""
    reason: str = ""


_NOTHING = Repetitions((), None)


@dataclass(frozen=True, slots=True)
class Bench:
    """A subject with its pinned default, ready to measure."""

    subject: Subject
    default: Configuration
    pinned: Candidate
    """The default, made ready and run once."""
    pinned_seconds: float
    """One run of it, warm."""
    meter: Meter | NoMeter
    effort: Effort
    clock: Clock
    pause: Callable[[float], None]


def bench_for(
    subject: Subject,
    default: Configuration,
    *,
    meter: Meter | NoMeter,
    effort: Effort = Effort(),  # frozen
    clock: Clock = time.perf_counter,
    pause: Callable[[float], None] = time.sleep,
) -> Bench:
    """Prepare the default and check it. Raises: Invalid where it cannot run or is wrong."""
    pinned = subject.prepare(default)
    pinned.run()
    error = subject.error(pinned.result())
    if not error <= subject.tolerance:
        raise Invalid("correctness", f"the default configuration is off by {error:.3g}")
    return Bench(subject, default, pinned, _warm_seconds(pinned, clock), meter, effort, clock, pause)


def measure(bench: Bench, configuration: Configuration) -> Measurement:
    """Everything about one configuration; one that does not work is a measurement too, with its `invalidity`."""
    return _compared(bench, configuration, _Comparison(hopeless=configuration != bench.default))


def confirmed(bench: Bench, configuration: Configuration, *, finalists: int) -> Measurement:
    """Measure a finalist anew and twice as long, with an interval that `finalists` comparisons share (Bonferroni).

    The best of many noisy measurements looks better than it is; only these fresh repetitions may say that it is. It is
    checked again too: that it was right may be what an earlier run found.
    """
    confidence = 1 - (1 - CONFIDENCE) / finalists
    return _compared(bench, configuration, _Comparison(times=2, confidence=confidence, seed=1))


@dataclass(frozen=True, slots=True)
class _Comparison:
    """How a configuration is compared with the default."""

    hopeless: bool = False
    """Whether one that is much slower at once is given up."""
    times: int = 1
    """So many times the usual repetitions."""
    confidence: float = CONFIDENCE
    seed: int = 0


def _compared(bench: Bench, configuration: Configuration, how: _Comparison) -> Measurement:
    compiled = 0.0
    try:
        candidate = bench.subject.prepare(configuration)
        compiled = candidate.compile_seconds
        error, validation = _error(bench, candidate)
        if not error <= bench.subject.tolerance:
            reason = f"off by {error:.3g}, allowed is {bench.subject.tolerance:.3g}"
            return _invalid(configuration, "correctness", reason, compiled, validation, error)
        seconds = _warm_seconds(candidate, bench.clock)
        if how.hopeless and (slower := _hopelessly_slower(bench, seconds)):
            reason = f"{slower:.1f} times slower than the default in its first warm runs"
            return _invalid(configuration, "timeout", reason, compiled, validation, error)
        one, other = interleaved(bench, candidate, seconds, times=how.times)
    except Invalid as refusal:
        return _invalid(configuration, refusal.kind, refusal.reason, compiled, 0.0, None)
    counter = counter_of(bench.meter, one, other)
    fitness = fitness_of(one, other, counter=counter, confidence=how.confidence, seed=how.seed)
    return Measurement(configuration, fitness, one, other, compiled, validation, error)


def _error(bench: Bench, candidate: Candidate) -> tuple[float, float]:
    """How far off a first run is, and the seconds that it took to tell."""
    candidate.run()
    started = bench.clock()
    error = bench.subject.error(candidate.result())
    return error, bench.clock() - started


def interleaved(
    bench: Bench, candidate: Candidate, seconds: float, *, times: int = 1
) -> tuple[Repetitions, Repetitions]:
    """Repetitions of the candidate and of the default in turn; both see the same number of each.

    `seconds`: one warm run of the candidate; `times` multiplies the effort.
    """
    effort = bench.effort
    window = WINDOW_SECONDS if isinstance(bench.meter, Meter) else effort.shortest
    runs = (max(1, ceil(window / seconds)), max(1, ceil(window / bench.pinned_seconds)))
    idle = _idle_watts(bench)
    rows: list[list[tuple[float, float | None]]] = [[], []]
    end = bench.clock() + times * effort.most_seconds
    for repetition in range(times * effort.repetitions):
        if repetition >= effort.least_repetitions and bench.clock() > end:
            break
        order = (0, 1) if repetition % 2 else (1, 0)
        for which in order:
            subject = candidate if which == 0 else bench.pinned
            rows[which].append(_repetition(subject, runs[which], idle, bench))
    return _collected(rows[0]), _collected(rows[1])


def _idle_watts(bench: Bench) -> float:
    """Power while nothing runs here, over one window; 0 without a counter."""
    if isinstance(bench.meter, NoMeter):
        return 0.0
    before, started = bench.meter.joules(), bench.clock()
    bench.pause(WINDOW_SECONDS)
    return (bench.meter.joules() - before) / (bench.clock() - started)


def counter_of(meter: Meter | NoMeter, *rows: Repetitions) -> str:
    """The counter that a fitness names, or why it has none."""
    if isinstance(meter, NoMeter):
        return meter.reason
    return meter.name if all(row.joules is not None for row in rows) else f"{meter.name} counted nothing above idle"


def _repetition(candidate: Candidate, runs: int, idle: float, bench: Bench) -> tuple[float, float | None]:
    """Seconds and joules of one run, averaged over one repetition."""
    meter = bench.meter
    before = meter.joules() if isinstance(meter, Meter) else 0.0
    started = bench.clock()
    for _ in range(runs):
        candidate.run()
    seconds = bench.clock() - started
    joules = meter.joules() - before - idle * seconds if isinstance(meter, Meter) else None
    return seconds / runs, None if joules is None else joules / runs


def _collected(row: Sequence[tuple[float, float | None]]) -> Repetitions:
    joules = tuple(energy for _, energy in row if energy is not None and energy > 0)
    return Repetitions(tuple(seconds for seconds, _ in row), joules if len(joules) == len(row) else None)


def _hopelessly_slower(bench: Bench, seconds: float) -> float:
    """How many times slower than the default a run of these seconds is, where that is hopeless; else 0.

    The default is timed again, for the machine may have become slower since.
    """
    if seconds <= bench.effort.hopeless * bench.pinned_seconds:
        return 0.0
    ratio = seconds / max(bench.pinned_seconds, _warm_seconds(bench.pinned, bench.clock))
    return ratio if ratio > bench.effort.hopeless else 0.0


def _warm_seconds(candidate: Candidate, clock: Clock) -> float:
    """One run of what has run before: the shortest of three, or the first where that is long already."""
    taken: list[float] = []
    while len(taken) < 3 and sum(taken) < 1.0:
        started = clock()
        candidate.run()
        taken.append(clock() - started)
    return max(min(taken), 1e-9)


def _invalid(
    configuration: Configuration, kind: str, reason: str, compiled: float, validation: float, error: float | None
) -> Measurement:
    return Measurement(configuration, None, _NOTHING, _NOTHING, compiled, validation, error, kind, reason)
