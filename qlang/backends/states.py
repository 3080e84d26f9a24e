"""What the interpreter asks of a simulated state."""

from collections.abc import Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

GateCall: TypeAlias = tuple[int, tuple[int, ...], tuple[float, ...], str]
"""Code of the primitive, wires with the controls first, parameters, values of the controls."""


class SimulatedState(Protocol):
    """A quantum state that gates and measurements change in place."""

    qubits: int

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

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, indexed as `marginal`."""
