"""Moments as keys, events and manifests write them: RFC 3339 in UTC with `Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)


def moment(text: str) -> datetime:
    """The moment that `text` names. Raises: ValueError."""
    if not _TIME.fullmatch(text):
        raise ValueError(f"{text!a:.60} is not of the form YYYY-MM-DDTHH:MM:SSZ")
    return datetime.fromisoformat(text)


def any_moment(text: str) -> datetime:
    """The moment of any ISO 8601 text, without a zone in UTC: for times that others wrote. Raises: ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_time(text: object) -> bool:
    """Whether `text` is a moment in the form of `moment`."""
    try:
        return isinstance(text, str) and moment(text) is not None
    except ValueError:
        return False


def written(when: datetime) -> str:
    """`when` to the second."""
    return _in_utc(when, "seconds")


def written_precisely(when: datetime) -> str:
    """`when` to the microsecond."""
    return _in_utc(when, "microseconds")


def now() -> str:
    """The clock of this machine, to the second."""
    return written(datetime.now(UTC))


def precisely_now() -> str:
    """The clock of this machine, to the microsecond."""
    return written_precisely(datetime.now(UTC))


def days_after(start: str, days: int) -> str:
    """The moment `days` days after another. Raises: ValueError if it is beyond the calendar."""
    try:
        return written(moment(start) + timedelta(days=days))
    except OverflowError as error:
        raise ValueError(f"{days} days after {start} is beyond the calendar") from error


def _in_utc(when: datetime, precision: str) -> str:
    return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision)}Z"
