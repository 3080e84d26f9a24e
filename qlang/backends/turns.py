"""Angles modulo 4π, exactly: what a gate does repeats after two whole turns of its parameters.

Native code adds angles up before it takes their sines, so a large angle would cost the others their digits.
"""

from fractions import Fraction
from functools import lru_cache
from math import pi

import numpy as np
from numpy.typing import NDArray

_BITS = 2304
"""Of π behind the point: a double is below 2^1024 and holds fewer than 2^1021 turns; it ends at 2^-1074."""


def within_two_turns(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same angles within [−2π, 2π]; those that are there already are not touched, nor are NaN and infinities."""
    large = np.flatnonzero((np.abs(parameters) > 2 * pi) & np.isfinite(parameters))
    if not len(large):
        return parameters
    result = parameters.copy()
    flat = result.reshape(-1)
    flat[large] = [_reduced(value) for value in parameters.reshape(-1)[large].tolist()]
    return result


def _reduced(value: float) -> float:
    period = 4 * _pi()
    numerator, denominator = value.as_integer_ratio()
    rest = (numerator << _BITS) // denominator % period
    return float(Fraction(rest - period if 2 * rest > period else rest, 1 << _BITS))


@lru_cache(maxsize=1)
def _pi() -> int:
    """π · 2^_BITS by Machin's formula, 16 arctan(1/5) − 4 arctan(1/239)."""
    guard = 32
    scaled = 16 * _arctan(5, _BITS + guard) - 4 * _arctan(239, _BITS + guard)
    return scaled >> guard


def _arctan(inverse: int, bits: int) -> int:
    total = term = (1 << bits) // inverse
    divisor, sign = 3, -1
    while term:
        term //= inverse * inverse
        total += sign * (term // divisor)
        divisor, sign = divisor + 2, -sign
    return total
