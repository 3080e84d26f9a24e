"""What the interpreter asks of a simulated state."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

GateCall: TypeAlias = tuple[int, tuple[int, ...], tuple[float, ...], str]
"""Code of the primitive, wires with the controls first, parameters, values of the controls."""


ROUNDINGS = 256
"""Roundings that may have met in an amplitude that should be zero."""
_SUMMED = 4e-15
"""What sums of probabilities may be off, in double precision."""


class SimulatedState(Protocol):
    """A quantum state that gates and measurements change in place."""

    qubits: int

    @property
    def large(self) -> bool:
        """Whether a copy, or a distribution over all wires, is too much memory."""

    def copy(self) -> "SimulatedState":
        """An independent copy."""

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Apply gates in order, with their noise where the state carries noise."""

    def delay(self, seconds: float, wire: int) -> None:
        """Let a wire idle."""

    def reset(self, wire: int) -> bool:
        """Put a wire into |0⟩ if that needs no choice of an outcome; whether it was done."""

    def flip(self, wire: int) -> None:
        """Pauli X without noise."""

    def probability_of_one(self, wire: int) -> float:
        """P(1) of a measurement in the Z basis."""

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Project on an outcome that has this probability, and normalise."""

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Distribution of `wires`, shape (2^len(wires),); bit k of the index is wire k of the list."""

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """For each product, the mean of (−1)^(sum of the bits of its wires)."""

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, indexed as `marginal`."""


@runtime_checkable
class PureState(Protocol):
    """A state that has amplitudes."""

    def by_wires(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """The amplitudes, a fresh array of shape (2^(n−m), 2^m): the others' index, and that of `wires`."""


@runtime_checkable
class Rounded(Protocol):
    """A state whose amplitudes may be in less than double precision."""

    @property
    def roundoff(self) -> float:
        """The unit roundoff of an amplitude."""


def share_of_one(zero: float, one: float, roundoff: float) -> float:
    """P(1) from two weights of a state that may have lost its norm by rounding; what rounding can make is 0, or 1."""
    negligible = max((ROUNDINGS * roundoff) ** 2, _SUMMED)
    share = max(one, 0.0) / (zero + one)
    if share <= negligible or zero <= 0:
        return 0.0 if zero > 0 else 1.0
    return 1.0 if 1 - share <= negligible else share


@runtime_checkable
class DrawsShots(Protocol):
    """A state that is read without a list of all outcomes."""

    widest: int
    """Wires up to which its distribution is at hand all the same."""

    def drawn(
        self, wires: tuple[int, ...], shots: int, random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Outcomes of `wires` ascending, as indexed in `marginal`, and how many of the shots gave them."""

    def likely(self, wires: tuple[int, ...], least: float, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Outcomes of probability above `least`, ascending, with it; it may stop when there are more than `most`."""
