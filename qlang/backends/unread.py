"""What stands in for a state and keeps gates, and so has nothing to be read."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray


class Unread(ABC):
    """The readings of a `SimulatedState`, all refused: they are asked for only where a circuit chooses on its way."""

    __slots__ = ()

    @abstractmethod
    def _refuse(self) -> NoReturn:
        """Raise what says why."""

    def probability_of_one(self, wire: int) -> float:
        """Refused."""
        self._refuse()

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Refused."""
        self._refuse()

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Refused."""
        self._refuse()

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """Refused."""
        self._refuse()

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Refused."""
        self._refuse()
