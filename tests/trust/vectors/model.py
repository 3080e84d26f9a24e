"""What a run over a set of published test vectors found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

DOOR = "door"
"""Through `qlang.trust.algorithms`, as qlang itself signs and verifies."""

LIBRARY = "library"
"""Straight to the library, where vectors need what qlang never uses: a context, a fixed nonce, a bare primitive."""


@dataclass
class Tally:
    """Vectors of one algorithm from one source."""

    algorithm: str
    source: str
    through: str
    provider: str = "pyca"
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.passed + len(self.failed)

    def check(self, name: object, passed: bool) -> None:
        if passed:
            self.passed += 1
        else:
            self.failed.append(str(name))


@dataclass(frozen=True)
class Suite:
    """Makes tallies; `expected` vectors in all, so that a source that shrinks is noticed."""

    name: str
    run: Callable[[], Iterator[Tally]]
    expected: int
