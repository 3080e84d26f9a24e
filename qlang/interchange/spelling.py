"""Numbers and modifiers as text that reads back to the same."""

from __future__ import annotations

from functools import lru_cache
from math import isfinite, pi

_DENOMINATORS = (1, 2, 3, 4, 6, 8, 12, 16, 32, 64)


@lru_cache(maxsize=1 << 14)
def angle_text(value: float) -> str:
    """A finite float; simple multiples of π are written with `pi` where that is exactly the same number."""
    assert isfinite(value)
    for denominator in _DENOMINATORS:
        numerator = round(value * denominator / pi)
        if numerator and abs(numerator) <= 64 and numerator * pi / denominator == value:
            return _multiple(numerator, denominator)
    return float_text(value)


def _multiple(numerator: int, denominator: int) -> str:
    sign, size = ("-" if numerator < 0 else ""), abs(numerator)
    factor = "" if size == 1 else f"{size}*"
    return f"{sign}{factor}pi" + ("" if denominator == 1 else f"/{denominator}")


def float_text(value: float) -> str:
    """Shortest text of a finite float, always with a point or an exponent."""
    text = repr(float(value))
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def modifiers(controls: str) -> str:
    """`"110"` as `ctrl(2) @ negctrl @ `: the first characters are the first wires."""
    parts, position = [], 0
    while position < len(controls):
        value = controls[position]
        count = len(controls[position:]) - len(controls[position:].lstrip(value))
        word = "ctrl" if value == "1" else "negctrl"
        parts.append(f"{word} @ " if count == 1 else f"{word}({count}) @ ")
        position += count
    return "".join(parts)
