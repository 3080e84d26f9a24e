"""How much a search may measure."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from qlang.tuning.errors import BadBudget

DEFAULT_MEASUREMENTS = 40
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Budget:
    """Either may be `None`, not both; the first that is used up ends the search."""

    measurements: int | None = DEFAULT_MEASUREMENTS
    seconds: float | None = None

    def left(self, measured: int, seconds: float) -> bool:
        """Whether one more may be measured."""
        if self.measurements is not None and measured >= self.measurements:
            return False
        return self.seconds is None or seconds < self.seconds


def budget_from_text(text: str) -> Budget:
    """`40` measurements, `90s` or `5min`. Raises: BadBudget."""
    said = text.strip()
    for ending, factor in (("min", 60.0), ("s", 1.0)):
        if said.endswith(ending):
            return Budget(None, _positive(text, said.removesuffix(ending)) * factor)
    if not said.isascii() or not said.isdecimal():
        raise BadBudget(text, "is no whole number of measurements, nor a time")
    return Budget(int(_positive(text, said)))


def _positive(text: str, digits: str) -> float:
    try:
        value = float(digits)
    except ValueError as error:
        raise BadBudget(text, "is no number") from error
    if not isfinite(value) or value > _MOST:
        raise BadBudget(text, f"is more than {_MOST}")
    if value <= 0:
        raise BadBudget(text, "allows nothing")
    return value
