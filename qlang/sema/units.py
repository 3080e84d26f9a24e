"""Units of quantities: `100ns`, `25 usd`, `10x`, `5%`."""

from dataclasses import dataclass

from qlang.sema.types import Duration, Money, Ratio, Type


@dataclass(frozen=True)
class Unit:
    """A unit's type and how many base units it is: seconds, the currency itself, a plain number, `dt`."""

    type: Type
    factor: float


_SECONDS = Duration()

UNITS: dict[str, Unit] = {
    "ns": Unit(_SECONDS, 1e-9),
    "us": Unit(_SECONDS, 1e-6),
    "µs": Unit(_SECONDS, 1e-6),  # U+00B5, the micro sign
    "μs": Unit(_SECONDS, 1e-6),  # U+03BC, the Greek letter
    "ms": Unit(_SECONDS, 1e-3),
    "s": Unit(_SECONDS, 1.0),
    "min": Unit(_SECONDS, 60.0),
    "h": Unit(_SECONDS, 3600.0),
    "hour": Unit(_SECONDS, 3600.0),
    "hours": Unit(_SECONDS, 3600.0),
    "d": Unit(_SECONDS, 86400.0),
    "day": Unit(_SECONDS, 86400.0),
    "days": Unit(_SECONDS, 86400.0),
    "dt": Unit(Duration("dt"), 1.0),
    "usd": Unit(Money("usd"), 1.0),
    "eur": Unit(Money("eur"), 1.0),
    "x": Unit(Ratio("x"), 1.0),
    "%": Unit(Ratio("%"), 0.01),
}


def base_value(value: float, unit: str) -> float:
    """A quantity in base units; decimal rounding is that of one division where the factor is below one.

    80 us becomes 80/10⁶, the double nearest to 8e-5, which 80 · 1e-6 is not.
    """
    factor = UNITS[unit].factor
    return value / round(1 / factor) if factor < 1 else value * factor
