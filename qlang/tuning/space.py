"""The space that a search goes through: genes with values, and what may not stand together.

One point is a `Configuration`: hashable, in the order of the genes, and the same in a record as in memory. Spaces are
discrete and small enough to be written out (10^2 to 10^5 points).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod

from qlang.tuning.errors import SpaceTooLarge

Value = int | float | str
MAX_POINTS = 1_000_000
"""Before constraints."""


@dataclass(frozen=True, slots=True)
class Gene:
    """One choice. The neighbours of an ordered value are the next ones; of any other, all others."""

    name: str
    values: tuple[Value, ...]
    ordered: bool = True

    def __post_init__(self) -> None:
        if not self.values or len(set(self.values)) != len(self.values):
            raise ValueError(f"the gene {self.name} needs one value at least, each of them once")

    def beside(self, value: Value) -> tuple[Value, ...]:
        """The values one step away."""
        place = self.values.index(value)
        if self.ordered:
            return self.values[max(place - 1, 0) : place] + self.values[place + 1 : place + 2]
        return self.values[:place] + self.values[place + 1 :]


@dataclass(frozen=True, slots=True)
class Configuration(Mapping[str, Value]):
    """One point: a value for each gene."""

    pairs: tuple[tuple[str, Value], ...]

    def __getitem__(self, name: str) -> Value:
        for known, value in self.pairs:
            if known == name:
                return value
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self.pairs])

    def __len__(self) -> int:
        return len(self.pairs)

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in self.pairs)

    def number(self, name: str) -> int:
        """The value of a gene of whole numbers."""
        value = self[name]
        assert isinstance(value, int)
        return value

    def replaced(self, name: str, value: Value) -> Configuration:
        """With another value of one gene."""
        return Configuration(tuple((known, value if known == name else old) for known, old in self.pairs))


@dataclass(frozen=True, slots=True)
class Constraint:
    """What every point must meet; `says` is for people."""

    says: str
    holds: Callable[[Mapping[str, Value]], bool]


@dataclass(frozen=True)
class Space:
    """Genes and constraints. Raises SpaceTooLarge for more than 10^6 points."""

    genes: tuple[Gene, ...]
    constraints: tuple[Constraint, ...] = field(default=())

    def __post_init__(self) -> None:
        if len({gene.name for gene in self.genes}) != len(self.genes):
            raise ValueError("two genes have the same name")
        size = prod(len(gene.values) for gene in self.genes)
        if size > MAX_POINTS:
            raise SpaceTooLarge(size, MAX_POINTS)

    @cached_property
    def points(self) -> tuple[Configuration, ...]:
        """All points that meet the constraints, in the order of the genes' values."""
        names = [gene.name for gene in self.genes]
        every = (Configuration(tuple(zip(names, row, strict=True))) for row in product(*(g.values for g in self.genes)))
        return tuple(point for point in every if self.broken(point) is None)

    def point(self, values: Mapping[str, Value]) -> Configuration | None:
        """The point with these values, or `None` where the space has none: a stranger's record is checked by this."""
        if set(values) != {gene.name for gene in self.genes}:
            return None
        if any(type(values[gene.name]) is bool or values[gene.name] not in gene.values for gene in self.genes):
            return None
        # the gene's own value: 3.0 equals 3, and is no number of threads
        own = ((gene.name, gene.values[gene.values.index(values[gene.name])]) for gene in self.genes)
        found = Configuration(tuple(own))
        return found if self.broken(found) is None else None

    def broken(self, values: Mapping[str, Value]) -> Constraint | None:
        """The first constraint that the values do not meet."""
        return next((constraint for constraint in self.constraints if not constraint.holds(values)), None)

    def neighbours(self, point: Configuration) -> tuple[Configuration, ...]:
        """The points that differ by one step of one gene."""
        near = (point.replaced(gene.name, value) for gene in self.genes for value in gene.beside(point[gene.name]))
        return tuple(each for each in near if self.broken(each) is None)
