"""What the passes of a program, and those of a sweep, share while their words are written."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.compiler import Source
from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.lane_exchanges import row_changes
from qlang.kernels.cpu.lanes import index_format
from qlang.kernels.cpu.memory import LINE, TableRoom, address
from qlang.kernels.layout import TWIST_NUMBERS, Layout
from qlang.kernels.program import Sweep
from qlang.kernels.tables import write_all_linear


class Kind(NamedTuple):
    """A kind of functions: what writes the text of a module with one, and what makes the shape that this is given."""

    module: Callable[[Any, str], str]
    shape: Callable[..., Any]


_INTEGERS: dict[int, type[np.signedinteger[Any]]] = {8: np.int8, 32: np.int32, 64: np.int64}
"""Of index vectors."""


class ProgramDraft:
    """The kernels that a program needs, each once, its instructions for tiles, and the arrays that words point to."""

    def __init__(self, layout: Layout, precision: Precision, target: Target) -> None:
        self.layout, self.precision, self.target = layout, precision, target
        self.lane_bits, self.element = target.lane_bits(precision), ELEMENT_BYTES[precision]
        self.fixes: list[int] = []
        self.kept: list[NDArray[Any]] = []
        self.room = TableRoom()
        self.twists = {
            rotation: (mask, (layout.twists + TWIST_NUMBERS * place) * self.element)
            for place, (rotation, mask) in enumerate(layout.program.twists)
        }
        """By rotation what chooses its angle, and the offset of its numbers."""
        self.scaled = {layout.program.twists[place][0] for place in layout.scaled.twists.tolist()}
        """Those without their cosines."""
        self._functions: dict[tuple[Kind, tuple[Any, ...]], int] = {}
        self._orders: dict[tuple[int, ...], int] = {}
        self._tables: dict[tuple[int, ...], NDArray[Any]] = {}

    def function(self, kind: Kind, parts: tuple[Any, ...]) -> int:
        """The number of a function, from 1 on; `parts` are those of its shape behind target and precision."""
        return self._functions.setdefault((kind, parts), len(self._functions) + 1)

    def sources(self) -> list[Source]:
        """What the functions are generated from, by number."""
        return [
            Source(_writer(kind, self.target), (self.precision, *parts), self.target) for kind, parts in self._functions
        ]

    def keep(self, array: NDArray[Any]) -> int:
        """Keeps an array as long as the program; its address."""
        self.kept.append(array)
        return address(array)

    def order(self, order: tuple[int, ...]) -> int:
        """The address of index vectors (lanes,): number c takes the lanes order[l] ^ c."""
        if order not in self._orders:
            lanes, form = np.array(order) ^ np.arange(len(order))[:, None], index_format(self.target, self.precision)
            kind = _INTEGERS[form.bits]
            found = self.room.take(lanes.size * form.pieces * np.dtype(kind).itemsize).view(kind)
            found[:] = (lanes[..., None] * form.pieces + np.arange(form.pieces)).ravel()
            self._orders[order] = self.keep(found)
        return self._orders[order]

    def table(self, images: tuple[int, ...]) -> int:
        """The address of the bytes of all rows, each the exclusive or of the images of its bits; kept once, and there
        when `write_tables` has been called."""
        found = self._tables.get(images)
        if found is None:
            found = self.room.take(1 << len(images))
            self._tables[images] = found
            self.kept.append(found)
        return address(found)

    def write_tables(self) -> None:
        """Writes the bytes of all rows."""
        if self._tables:
            images = np.zeros((len(self._tables), max(map(len, self._tables))), dtype=np.int64)
            for row, each in zip(images, self._tables, strict=True):
                row[: len(each)] = each
            write_all_linear(images, [each.reshape(1, -1) for each in self._tables.values()])


@lru_cache(maxsize=32)
def _writer(kind: Kind, target: Target) -> Callable[..., str]:
    """Writes functions of a target: plain arguments are compared and looked up faster than shapes."""

    @wraps(kind.module)
    def write(precision: Precision, *parts: Any) -> str:
        """`parts` are those of a shape behind target and precision, and a name."""
        *shape, name = parts
        return kind.module(kind.shape(target, precision, *shape), name)

    return write


class SweepBuffer:
    """A sweep's buffer: which positions are in it, and as which bits."""

    def __init__(self, draft: ProgramDraft, sweep: Sweep) -> None:
        self.draft, self.sweep = draft, sweep
        self.bits = len(sweep.local)
        self.rows = 1 << self.bits - draft.lane_bits
        self.bit_of = {position: bit for bit, position in enumerate(sweep.local)}
        self.gathered = self.bits < sweep.size
        self.local = sum([1 << position for position in sweep.local])
        """The positions in the buffer; the others are constant in a tile."""
        self.together = next((bit for bit, position in enumerate(sweep.local) if bit != position), self.bits)
        """So many of the first positions are the buffer's first bits."""
        self.block = array("q", [0] * Word.WORDS)
        """The words that all passes have."""
        self.block[Word.PREFETCH_WALK] = ~(self.local * draft.element) | (LINE - 1)
        self._moved = {1 << position: 1 << bit for position, bit in self.bit_of.items() if bit >= self.together}
        self._divided: dict[int, tuple[int, int]] = {}

    def divided(self, mask: int) -> tuple[int, int]:
        """A mask over positions as one over buffer bits, and what is left of it on outer positions."""
        found = self._divided.get(mask)
        if found is None:
            inside, rest = mask & (1 << self.together) - 1, mask & self.local & -1 << self.together
            while rest:
                lowest = rest & -rest
                inside |= self._moved[lowest]
                rest ^= lowest
            found = self._divided[mask] = inside, mask & ~self.local
        return found

    def row_changes(self, changes: tuple[tuple[int, int], ...]) -> int:
        """The address of what the rows change in the lanes."""
        draft = self.draft
        return draft.table(tuple(row_changes(changes, self.bit_of, self.rows, draft.lane_bits)))
