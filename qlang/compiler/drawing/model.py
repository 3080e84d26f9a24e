"""What a drawing shows, before anything has a place: lines, operations on them, and blocks of operations.

Lines are numbered from the top: qubits first, then classical registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Shape = Literal["dot", "ring", "plus", "cross", "box", "meter", "land", "fence"]
"""Control on 1, control on 0, X of a controlled X, end of a swap, text in a box, measurement, where a measurement's
bit arrives, barrier."""


Joined = Literal["", "single", "double"]


@dataclass(frozen=True, slots=True)
class Line:
    """A qubit, a register of unknown size, or a classical register or variable."""

    label: str
    kind: Literal["qubit", "bundle", "bits"]


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands on one line."""

    line: int
    shape: Shape
    text: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A box over several lines, with the numbers of its operands at the lines that it acts on."""

    top: int
    bottom: int
    text: str
    ports: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that happens, in one column."""

    title: str
    """In full, as the program says it; for tooltips and tests."""
    marks: tuple[Mark, ...]
    frame: Frame | None = None
    joined: Joined = ""
    """What runs from its first to its last line: nothing, a control line, or classical bits."""
    reads: tuple[int, ...] = ()
    """Lines that must be up to date, and are not touched."""

    @property
    def top(self) -> int:
        return min(self._lines())

    @property
    def bottom(self) -> int:
        return max(self._lines())

    def _lines(self) -> list[int]:
        framed = [] if self.frame is None else [self.frame.top, self.frame.bottom]
        return [*(mark.line for mark in self.marks), *framed]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a block with words above it: a loop's body, `else`, one case."""

    header: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Operations that belong together: a loop, a branch, a switch, a box."""

    title: str
    parts: tuple[Part, ...]
    top: int
    bottom: int
    reads: tuple[int, ...] = ()


Item = Operation | Block


@dataclass(frozen=True, slots=True)
class Picture:
    """A circuit to be drawn."""

    title: str
    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()
    """What is left out, one sentence each."""


def operations(items: tuple[Item, ...]) -> Iterator[Operation]:
    """All operations, those in blocks too, in the order of the program."""
    for item in items:
        if isinstance(item, Operation):
            yield item
        else:
            for part in item.parts:
                yield from operations(part.items)
