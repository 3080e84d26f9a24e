"""The one interface of all searches: `ask` for a configuration, `tell` what it was worth.

    strategy = strategy_named("local", space, start, seed=7)
    while (configuration := strategy.ask()) is not None:
        strategy.tell(configuration, fitness_of(configuration))

Fitness is to be as large as possible; `None` says that the configuration is invalid. A strategy never asks for what it
was told of, so that the number of answers is the number of measurements, which searches are compared by. It may be
told of configurations that it did not ask for (records of earlier runs, the default). The same seed and the same
answers give the same questions. A learned agent is one more class with these two methods and one more row of the table.
"""

from __future__ import annotations

from importlib import import_module
from random import Random
from typing import Protocol

from qlang.tuning.errors import UnknownStrategy
from qlang.tuning.space import Configuration, Space


class Strategy(Protocol):
    """A search; a class of this protocol is made from (space, start, seed)."""

    def __init__(self, space: Space, start: Configuration, seed: int) -> None: ...

    def ask(self) -> Configuration | None:
        """What to measure next, or `None` when every point of the space is known."""

    def tell(self, configuration: Configuration, fitness: float | None) -> None:
        """What a configuration is worth; `None` for an invalid one."""


_STRATEGIES = {
    "random": ("qlang.tuning.random_search", "RandomSearch"),
    "local": ("qlang.tuning.local_search", "LocalSearch"),
    "tpe": ("qlang.tuning.tpe", "TreeParzen"),
}
"""Name → (module, class); imported when chosen."""

STRATEGIES = tuple(_STRATEGIES)
DEFAULT_STRATEGY = "local"


def strategy_named(name: str, space: Space, start: Configuration, *, seed: int) -> Strategy:
    """A fresh search. Raises: UnknownStrategy, StrategyUnavailable."""
    if name not in _STRATEGIES:
        raise UnknownStrategy(name, STRATEGIES)
    module, kind = _STRATEGIES[name]
    made: Strategy = getattr(import_module(module), kind)(space, start, seed)
    return made


class Unknown:
    """The points of a space that nobody has told about, drawn in random order."""

    def __init__(self, space: Space, random: Random) -> None:
        self._order = list(space.points)
        random.shuffle(self._order)
        self.known: dict[Configuration, float | None] = {}

    def draw(self) -> Configuration | None:
        """A point not known yet; the same one until it is told of."""
        while self._order and self._order[-1] in self.known:
            self._order.pop()
        return self._order[-1] if self._order else None
