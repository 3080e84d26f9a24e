"""Durations as policies write and compare them."""

from __future__ import annotations

import re

from qlang.trust.times import any_moment

CLOCK_TOLERANCE = 300
"""Seconds that a date may lie in the future: clocks differ."""

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,9})\s?(s|min|h|d)", re.ASCII)


def duration(text: str) -> int | None:
    """Seconds of `90s`, `5min`, `12h`, `30d`; None for other texts."""
    match = _DURATION.fullmatch(text)
    return None if match is None else int(match[1]) * _UNITS[match[2]]


def seconds_between(earlier: str, later: str) -> float | None:
    """Seconds from one ISO 8601 time to another, without a zone in UTC; None where one of them is no time."""
    try:
        return (any_moment(later) - any_moment(earlier)).total_seconds()
    except ValueError:
        return None


def spelled(seconds: float | None) -> str:
    """A duration in its largest unit that leaves a number of at least one: `3.5 d`."""
    if seconds is None:
        return "unknown"
    unit = next((name for name in ("d", "h", "min") if abs(seconds) >= _UNITS[name]), "s")
    return f"{seconds / _UNITS[unit]:.3g} {unit}"
