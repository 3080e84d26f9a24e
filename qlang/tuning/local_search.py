"""Greedy iterated local search: go to the first better neighbour; at a local optimum jump a few genes and climb again.

A climb that ends no higher than the best optimum so far is forgotten, so that jumps start from the best (the acceptance
rule "better" of Lourenço, Martin and Stützle, Iterated Local Search, 2003). Neighbours come in random order.
"""

from __future__ import annotations

from collections.abc import Generator
from random import Random

from qlang.tuning.space import Configuration, Space
from qlang.tuning.strategy import Unknown

_JUMP_GENES = 2
"""Genes that a jump changes; one more for every jump that led to no better place."""
_TRIES = 32


class LocalSearch:
    """See the module; `start` is where the first climb begins."""

    def __init__(self, space: Space, start: Configuration, seed: int) -> None:
        self._space = space
        self._random = Random(seed)  # noqa: S311 - a search, no secret
        self._unknown = Unknown(space, self._random)
        self._walk = self._search(start)
        self._waiting: Configuration | None = None

    def ask(self) -> Configuration | None:
        """See `Strategy`."""
        while self._waiting is None or self._waiting in self._unknown.known:
            self._waiting = next(self._walk, None)
            if self._waiting is None:
                return None
        return self._waiting

    def tell(self, configuration: Configuration, fitness: float | None) -> None:
        """See `Strategy`."""
        self._unknown.known[configuration] = fitness

    def _search(self, start: Configuration) -> Generator[Configuration, None, None]:
        """Yields what must be known to go on; resumed when it is."""
        if start not in self._unknown.known:
            yield start
        best = yield from self._climb(start)
        jumps = 0
        while self._unknown.draw() is not None:
            there = self._jump(best, _JUMP_GENES + jumps)
            if there not in self._unknown.known:
                yield there
            top = yield from self._climb(there)
            better = self._worth(top) > self._worth(best)
            best, jumps = (top, 0) if better else (best, jumps + 1)

    def _climb(self, place: Configuration) -> Generator[Configuration, None, Configuration]:
        """The local optimum above a place."""
        while True:
            near = list(self._space.neighbours(place))
            self._random.shuffle(near)
            for neighbour in near:
                if neighbour not in self._unknown.known:
                    yield neighbour
                if self._worth(neighbour) > self._worth(place):
                    place = neighbour
                    break
            else:
                return place

    def _jump(self, place: Configuration, genes: int) -> Configuration:
        """An unknown point that differs in some genes; any unknown point where none is found quickly."""
        free = [gene for gene in self._space.genes if len(gene.values) > 1]
        for _ in range(_TRIES):
            there = place
            for gene in self._random.sample(free, min(genes, len(free))):
                there = there.replaced(gene.name, self._random.choice(gene.values))
            if there not in self._unknown.known and self._space.broken(there) is None:
                return there
        drawn = self._unknown.draw()
        assert drawn is not None, "jumps are made while something is unknown"
        return drawn

    def _worth(self, point: Configuration) -> float:
        fitness = self._unknown.known[point]
        return float("-inf") if fitness is None else fitness
