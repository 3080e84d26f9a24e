"""Points in random order, each once: what every other search has to beat at the same number of measurements."""

from __future__ import annotations

from random import Random

from qlang.tuning.space import Configuration, Space
from qlang.tuning.strategy import Unknown


class RandomSearch:
    """Sampling without replacement; the start is no better than any other point."""

    def __init__(self, space: Space, start: Configuration, seed: int) -> None:
        self._unknown = Unknown(space, Random(seed))  # noqa: S311 - a search, no secret

    def ask(self) -> Configuration | None:
        """See `Strategy`."""
        return self._unknown.draw()

    def tell(self, configuration: Configuration, fitness: float | None) -> None:
        """See `Strategy`."""
        self._unknown.known[configuration] = fitness
