"""Where everything stands: as early as its lines allow, in columns that all lines share.

An operation keeps every line between its first and its last to itself, in its column; a block does so in all of its
columns, and what is inside is laid out in the same way. So nothing overlaps, and on every line the order is that of
the program. One pass over the items: time and memory are linear in them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qlang.compiler.drawing.model import Block, Item, Operation, Picture


@dataclass(frozen=True, slots=True)
class Placed:
    """An operation and its column."""

    operation: Operation
    column: int


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block: the column of its left edge, and of the edge after each part."""

    block: Block
    edges: tuple[int, ...]
    above: int
    """How far above its first line the frame is drawn: 1, and 1 for each frame that begins there inside of it."""
    below: int
    """The same below its last line."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture with places."""

    picture: Picture
    placed: tuple[Placed, ...]
    """In the order of the program."""
    blocks: tuple[PlacedBlock, ...]
    """Inner ones before those around them."""
    columns: int


@dataclass(frozen=True, slots=True)
class Strip:
    """What stands in some neighbouring columns."""

    placed: tuple[Placed, ...]
    blocks: tuple[PlacedBlock, ...]

    def levels(self, lines: int) -> tuple[list[int], list[int]]:
        """For each line, how many frames have to fit above it and below it."""
        above, below = [0] * lines, [0] * lines
        for placed in self.placed:
            frame = placed.operation.frame
            if frame is not None:
                above[frame.top], below[frame.bottom] = max(above[frame.top], 1), max(below[frame.bottom], 1)
        for each in self.blocks:
            top, bottom = each.block.top, each.block.bottom
            above[top], below[bottom] = max(above[top], each.above), max(below[bottom], each.below)
        return above, below

    def linked(self) -> set[int]:
        """Lines with something between them and the line below: a control line, bits, a barrier."""
        return {
            line
            for placed in self.placed
            if placed.operation.joined or placed.operation.frame or _is_fence(placed.operation)
            for line in range(placed.operation.top, placed.operation.bottom)
        }


def strips(layout: Layout, bounds: Sequence[tuple[int, int]]) -> list[Strip]:
    """What stands between each pair of bounds (the second excluded), which follow each other."""
    firsts = [first for first, _ in bounds]
    inside: list[list[Placed]] = [[] for _ in bounds]
    frames: list[list[PlacedBlock]] = [[] for _ in bounds]
    for placed in layout.placed:
        inside[bisect_right(firsts, placed.column) - 1].append(placed)
    for block in layout.blocks:
        begin, end = (bisect_right(firsts, edge) - 1 for edge in (block.edges[0], block.edges[-1]))
        for index in range(begin, end + 1):
            frames[index].append(block)
    return [Strip(tuple(a), tuple(b)) for a, b in zip(inside, frames, strict=True)]


def _is_fence(operation: Operation) -> bool:
    return bool(operation.marks) and operation.marks[0].shape == "fence"


def lay_out(picture: Picture) -> Layout:
    """Give everything its column."""
    work = _Work([0] * len(picture.lines))
    work.place(picture.items, 0)
    return Layout(picture, tuple(work.placed), tuple(work.blocks), max(work.free, default=0))


class _Work:
    """The columns that are free on each line, and what has been placed."""

    def __init__(self, free: list[int]) -> None:
        self.free = free
        self.placed: list[Placed] = []
        self.blocks: list[PlacedBlock] = []
        self.nested: dict[int, tuple[int, int]] = {}
        """Frames above and below of the blocks placed so far, by identity."""

    def place(self, items: Sequence[Item], start: int) -> None:
        """Place items from a column on."""
        for item in items:
            if isinstance(item, Operation):
                column = self._first(item, start)
                self._take(item, column)
                self.placed.append(Placed(item, column))
            else:
                self._block(item, start)

    def _block(self, block: Block, start: int) -> None:
        column = self._first(block, start)
        edges = [column]
        for part in block.parts:
            self._fill(block, column + 1)
            self.place(part.items, column + 1)
            column = max(self.free[block.top : block.bottom + 1])
            edges.append(column)
        self._take(block, column)
        inner = [self._frames(item) for part in block.parts for item in part.items]
        above = 1 + max((up for top, _, up, _ in inner if top == block.top), default=0)
        below = 1 + max((down for _, bottom, _, down in inner if bottom == block.bottom), default=0)
        self.nested[id(block)] = above, below
        self.blocks.append(PlacedBlock(block, tuple(edges), above, below))

    def _frames(self, item: Item) -> tuple[int, int, int, int]:
        """First and last line of what an item draws a frame round, and how many frames stand above and below them."""
        if isinstance(item, Block):
            return item.top, item.bottom, *self.nested[id(item)]
        frame = item.frame
        return (frame.top, frame.bottom, 1, 1) if frame is not None else (-1, -1, 0, 0)

    def _first(self, item: Item, start: int) -> int:
        """The first column that is free on all of an item's lines, and not before what it reads."""
        return max(start, *self.free[item.top : item.bottom + 1], *(self.free[line] for line in item.reads))

    def _take(self, item: Item, column: int) -> None:
        self._fill(item, column + 1)
        for line in item.reads:
            self.free[line] = max(self.free[line], column + 1)

    def _fill(self, item: Item, column: int) -> None:
        for line in range(item.top, item.bottom + 1):
            self.free[line] = max(self.free[line], column)
