"""How a search ended, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qlang.compiler.tunable import Tunable
from qlang.tuning.compare import Standing
from qlang.tuning.fitness import Fitness, LatencyEnergyFitness
from qlang.tuning.measure import Measurement
from qlang.tuning.statistics import Interval, median_interval
from qlang.tuning.tuner import Laboratory, Tuned


def tune_report(tunable: Tunable, laboratory: Laboratory, tuned: Tuned, strategy: str) -> dict[str, Any]:
    """The object of `qlangc tune --json` without its schema."""
    record, bench = tuned.record, laboratory.bench
    invalid = [each for each in laboratory.distinct() if each.fitness is None]
    best = record.best
    return {
        "kernel": {
            "name": tunable.kernel,
            "qubits": tunable.qubits,
            "gates": tunable.gates,
            "steps": len(tunable.lowering.steps),
            "structure": record.kernel.structure,
            "precision": record.kernel.precision,
            "threads": record.kernel.threads,
        },
        "device": {"model": record.device.model, "cores": record.device.cores, "digest": record.device.digest},
        "default": {
            "configuration": dict(bench.default),
            "seconds": _interval(median_interval(laboratory.default.repetitions.seconds)),
        },
        "best": None
        if best is None
        else {
            "configuration": dict(best.configuration),
            "speedup": _interval(best.latency.inverse()),
            "confidence": best.confidence,
        },
        "finalists": [_finalist(each) for each in tuned.finalists],
        "fitness": {"kind": record.fitness, "energy_counter": record.counter},
        "search": {
            "strategy": strategy,
            "measured": tuned.measured,
            "known": tuned.known,
            "invalid": len(invalid),
            "same": len(laboratory.twins),
            "unranked": tuned.tied,
            "space": len(laboratory.space.points),
        },
        "reference": bench.subject.reference_from,
        "record": str(laboratory.path),
    }


def comparison(standings: Sequence[Standing]) -> list[dict[str, Any]]:
    """Strategies against random search; fitness is null where nothing valid was found."""
    return [
        {
            "strategy": row.strategy,
            "measurements": row.measurements,
            "fitness": {name: _finite(getattr(row, name)) for name in ("median", "worst", "best")},
            "wins": row.wins,
            "losses": row.losses,
            "probability_by_chance": row.probability,
        }
        for row in standings
    ]


def _finalist(found: Measurement) -> dict[str, Any]:
    return {
        "configuration": dict(found.configuration),
        "error": found.error,
        "repetitions": len(found.repetitions.seconds),
        **(
            {"invalidity": found.invalidity, "reason": found.reason}
            if found.fitness is None
            else _fitness(found.fitness)
        ),
    }


def _fitness(fitness: Fitness) -> dict[str, Any]:
    said = {"fitness": _interval(fitness.interval), "time_ratio": _interval(fitness.latency)}
    if isinstance(fitness, LatencyEnergyFitness):
        said["energy_ratio"] = _interval(fitness.energy)
    return said


def _interval(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def _finite(value: float) -> float | None:
    return value if value != float("-inf") else None
