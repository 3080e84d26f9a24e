"""What a configuration is worth, relative to the pinned default: two types, so that no energy is ever made up.

    LatencyEnergyFitness   −(0.7 · t/t₀ + 0.3 · E/E₀)   where a counter of the machine measured the energy E
    LatencyFitness         −t/t₀                        where none did; `reason` says why

The default is worth −1 in both. Their numbers are not comparable with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from qlang.tuning.statistics import CONFIDENCE, Interval, ratio_interval, weighted_ratio_interval

LATENCY_WEIGHT, ENERGY_WEIGHT = 0.7, 0.3


@dataclass(frozen=True, slots=True)
class Repetitions:
    """What the repetitions of one configuration took, in the order in which they were made."""

    seconds: tuple[float, ...]
    joules: tuple[float, ...] | None
    """Of each repetition, idle power taken off; `None` where no counter could be read."""


@dataclass(frozen=True, slots=True)
class LatencyFitness:
    """Latency alone."""

    latency: Interval
    """t/t₀."""
    reason: str

    kind: ClassVar[str] = "latency-only"

    @property
    def interval(self) -> Interval:
        """The fitness with its interval."""
        return self.latency.negated()


@dataclass(frozen=True, slots=True)
class LatencyEnergyFitness:
    """Latency and energy."""

    latency: Interval
    """t/t₀."""
    energy: Interval
    """E/E₀."""
    interval: Interval
    """The fitness with its interval; resampled as a whole, for latency and energy go together."""
    source: str
    """Which counter."""

    kind: ClassVar[str] = "latency+energy"


Fitness = LatencyFitness | LatencyEnergyFitness


def fitness_of(
    candidate: Repetitions,
    reference: Repetitions,
    *,
    counter: str,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Fitness:
    """What interleaved repetitions of a candidate and the pinned reference say.

    `counter` names the energy counter, or says why there is none.
    """
    latency = ratio_interval(candidate.seconds, reference.seconds, confidence=confidence, seed=seed)
    if candidate.joules is None or reference.joules is None:
        return LatencyFitness(latency, counter)
    energy = ratio_interval(candidate.joules, reference.joules, confidence=confidence, seed=seed)
    rows: Sequence[tuple[float, Sequence[float], Sequence[float]]] = [
        (LATENCY_WEIGHT, candidate.seconds, reference.seconds),
        (ENERGY_WEIGHT, candidate.joules, reference.joules),
    ]
    both = weighted_ratio_interval(rows, confidence=confidence, seed=seed).negated()
    return LatencyEnergyFitness(latency, energy, both, counter)
