"""One measurement in the words of T4, the open format of autotuning results, and back.

T4 is `schema/T4/1.0.0` of Kernel Tuner (van Werkhoven, FGCS 90, 2019): `results-schema.json` and
`metadata-schema.json`. Times are milliseconds as there, energies joules. Only what was measured is written; ratios and
intervals are worked out again on reading, from the same repetitions with the same seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from qlang.tuning.fitness import LatencyFitness, Repetitions, fitness_of
from qlang.tuning.measure import Measurement
from qlang.tuning.space import Space

INVALIDITY = ("timeout", "compile", "runtime", "correctness", "constraints", "correct")
_MILLI = 1e3
_MOST_REPETITIONS = 10_000


class NotARecord(ValueError):
    """JSON that does not say what a record says; the message says where."""


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement, when it was made, and what finding and judging it took (seconds)."""

    measurement: Measurement
    timestamp: str
    """ISO 8601, UTC."""
    framework_seconds: float
    """All of the measurement but compiling, checking and the candidate's own runs."""
    search_seconds: float
    """The strategy's."""


def result_json(result: Result) -> dict[str, Any]:
    """The item of T4's `results`."""
    found = result.measurement
    measured: list[dict[str, Any]] = [
        {"name": "reference_time", "value": _milliseconds(found.reference.seconds), "unit": "ms"}
    ]
    if found.repetitions.joules is not None and found.reference.joules is not None:
        measured.append({"name": "energy", "value": list(found.repetitions.joules), "unit": "J"})
        measured.append({"name": "reference_energy", "value": list(found.reference.joules), "unit": "J"})
    if found.error is not None and isfinite(found.error):
        measured.append({"name": "error", "value": found.error, "unit": ""})
    if found.fitness is not None:
        measured.append({"name": "fitness", "value": round(found.fitness.interval.value, 6), "unit": ""})
        source = found.fitness.reason if isinstance(found.fitness, LatencyFitness) else found.fitness.source
        measured.append({"name": "energy_counter", "value": source, "unit": ""})
    if found.reason:
        measured.append({"name": "reason", "value": found.reason, "unit": ""})
    return {
        "timestamp": result.timestamp,
        "configuration": dict(found.configuration),
        "objectives": ["fitness"],
        "times": {
            "compilation_time": _millisecond(found.compile_seconds),
            "runtimes": _milliseconds(found.repetitions.seconds),
            "framework": _millisecond(result.framework_seconds),
            "search_algorithm": _millisecond(result.search_seconds),
            "validation": _millisecond(found.validation_seconds),
        },
        "invalidity": found.invalidity,
        "correctness": 1.0 if found.fitness is not None else 0.0,
        "measurements": measured,
    }


def result_from_json(data: Any, space: Space) -> Result | None:
    """The result of an item, `None` for a configuration outside of the space. Raises: NotARecord."""
    item = mapping(data, "result")
    configuration = space.point(mapping(item.get("configuration"), "configuration"))
    if configuration is None:
        return None
    times = mapping(item.get("times"), "times")
    named = {str(mapping(row, "measurement").get("name")): row for row in _list(item.get("measurements"))}
    invalidity, reason = item.get("invalidity"), _value(named, "reason", "")
    if invalidity not in INVALIDITY or not isinstance(reason, str):
        raise NotARecord("invalidity is none of T4's words")
    seconds = _numbers(times.get("runtimes"), 1 / _MILLI)
    reference = _numbers(_value(named, "reference_time", []), 1 / _MILLI)
    joules, reference_joules = (
        _numbers(named[name].get("value"), 1.0) if name in named else None for name in ("energy", "reference_energy")
    )
    one, other = Repetitions(seconds, joules), Repetitions(reference, reference_joules)
    fitness = None
    if invalidity == "correct":
        if not seconds or any(
            row is not None and len(row) != len(seconds) for row in (joules, reference, reference_joules)
        ):
            raise NotARecord("repetitions without partners")
        fitness = fitness_of(one, other, counter=str(_value(named, "energy_counter", "")))
    error = _value(named, "error", None)
    measurement = Measurement(
        configuration,
        fitness,
        one,
        other,
        _seconds(times, "compilation_time"),
        _seconds(times, "validation"),
        None if error is None else number(error, "error"),
        str(invalidity),
        reason,
    )
    return Result(
        measurement,
        text(item.get("timestamp"), "timestamp"),
        _seconds(times, "framework"),
        _seconds(times, "search_algorithm"),
    )


def mapping(data: Any, what: str) -> Mapping[str, Any]:
    """Raises: NotARecord for anything but an object."""
    if not isinstance(data, dict):
        raise NotARecord(f"{what} is no object")
    return data


def text(data: Any, what: str) -> str:
    """Raises: NotARecord for anything but a string."""
    if not isinstance(data, str):
        raise NotARecord(f"{what} is no text")
    return data


def number(data: Any, what: str) -> float:
    """Raises: NotARecord for anything but a finite number."""
    if isinstance(data, bool) or not isinstance(data, int | float):
        raise NotARecord(f"{what} is no number")
    try:
        value = float(data)
    except OverflowError as error:
        raise NotARecord(f"{what} is too large") from error
    if not isfinite(value):
        raise NotARecord(f"{what} is no number")
    return value


def _list(data: Any) -> Sequence[Any]:
    if not isinstance(data, list) or len(data) > _MOST_REPETITIONS:
        raise NotARecord("a list is none, or too long")
    return data


def _millisecond(seconds: float) -> float:
    """Rounded far below what a clock sees, so that reading and writing again changes nothing."""
    return round(seconds * _MILLI, 9)


def _milliseconds(seconds: Sequence[float]) -> list[float]:
    return [_millisecond(each) for each in seconds]


def _value(named: Mapping[str, Mapping[str, Any]], name: str, absent: Any) -> Any:
    return named[name].get("value") if name in named else absent


def _numbers(data: Any, factor: float) -> tuple[float, ...]:
    values = tuple(number(value, "a repetition") * factor for value in _list(data))
    if any(value <= 0 for value in values):
        raise NotARecord("a repetition took no time or no energy")
    return values


def _seconds(times: Mapping[str, Any], name: str) -> float:
    return number(times.get(name), name) / _MILLI
