"""The block of one native pass: which vectors are held at once, where they come from, and what tiles change."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.arguments import (
    LANE_OPERATION_WORDS,
    LANE_TABLE_WORDS,
    MOST_REGISTERS,
    Word,
)
from qlang.kernels.cpu.drafts import Kind, SweepBuffer
from qlang.kernels.cpu.driver_text import FIX_INDEX, FIX_WORDS, Fix
from qlang.kernels.cpu.kernel_text import looped_module, plain_module, side_by_side_module
from qlang.kernels.cpu.lane_exchanges import Blend, LaneMap
from qlang.kernels.cpu.lane_turns_text import lanes_module
from qlang.kernels.cpu.shapes import LaneOperation, LaneShape, RowShape, SideBySideShape, TurnShape
from qlang.kernels.cpu.turns_text import turns_module
from qlang.kernels.layout import TWIST_NUMBERS, GroupLayout, LaneTable, Selector
from qlang.kernels.program import Pass
from qlang.kernels.spectra import low_bits_of

MOST_PREFETCH = 4
_OFFSET_BITS = 32
_USUAL_REGISTERS = 3
"""Held at once where vectors are left for it."""
_BLENDS: tuple[LaneOperation, ...] = ("blend0", "blend1", "blend2", "blend3")
# Members of enumerations, which take longer to look up, as integers.
_SET, _SET_DATA, _FLIP_ODD, _CLEAR_UNLIKE, _SET_BITS, _MIX_PARITY, _MIX_MATCH, _PRODUCT = map(int, Fix)
_WALK, _GROUPS, _STORE = map(int, (Word.WALK, Word.GROUPS, Word.STORE))
_FUNCTION, _LANES, _TURNS, _ROWS = map(int, (Word.FUNCTION, Word.LANES, Word.TURNS, Word.ROWS))
_ROTATION, _TWIST_MASK, _TWIST_LANES = map(int, (Word.ROTATION, Word.TWIST_MASK, Word.TWIST_LANES))
_TWIST_ROWS = int(Word.TWIST_ROWS)
_FIXES, _FIX_COUNT, _PREFETCH_LINES = map(int, (Word.FIXES, Word.FIX_COUNT, Word.PREFETCH_LINES))
_TABLE, _TABLE_PLANE, _CHOICE = map(int, (Word.TABLE, Word.TABLE_PLANE, Word.CHOICE))
_LANE_TABLES, _LANE_OPERATIONS = map(int, (Word.LANE_TABLES, Word.LANE_OPERATIONS))
_SOURCE_WORDS = int(Word.LOAD), int(Word.LOAD_XOR), int(Word.PARITY_MASK)
_EXCHANGE_WORDS = int(Word.EXCHANGE), int(Word.EXCHANGE_XOR), int(Word.EXCHANGE_MASK)


_PLAIN, _LOOPED = Kind(plain_module, TurnShape), Kind(looped_module, RowShape)
_SIDE_BY_SIDE = Kind(side_by_side_module, SideBySideShape.of)
_LANES_TURNED, _TURNED = Kind(lanes_module, LaneShape), Kind(turns_module, TurnShape)
_NO_TABLES = False, 0, 0, 0
_LEAST_GROUPS = 8
"""Fewer are not worth a kernel that fetches ahead."""


class Part(NamedTuple):
    """A pass, or a piece of one that has more lane exchanges or tables than a kernel takes."""

    pass_: Pass
    first: bool
    """Whether the permutation belongs to it."""
    operations: tuple[LaneMap | Blend, ...]
    group: GroupLayout | None
    tables: tuple[int, int]
    """The lane tables from … to."""
    last: bool
    """Whether the rotations belong to it."""
    rows: bool
    """Whether the group's table of rows belongs to it."""


class PassWriter:
    """Writes one block; NumPy would take longer to write words one by one.

    `completed` adds what follows from other words of the block.
    """

    __slots__ = (
        "block",
        "buffer",
        "draft",
        "exchanged",
        "fixes",
        "inside",
        "lane_rotations",
        "part",
        "permuted",
        "product",
        "registers",
        "rotated",
        "span",
        "strides",
    )

    def __init__(self, buffer: SweepBuffer, part: Part) -> None:
        self.buffer, self.draft, self.part = buffer, buffer.draft, part
        self.fixes = buffer.draft.fixes
        pass_ = part.pass_
        lanes = pass_.lane_rotations if part.last else ()
        self.lane_rotations = [each for each in enumerate(lanes) if each[1] >= 0] if lanes else []
        self.rotated = self._rotated() if part.last else []
        self.permuted = dict(pass_.permutation) if part.first else {}
        self.exchanged = dict(pass_.exchange) if part.last else {}
        self.registers = self._registers()
        self.strides = [buffer.draft.element << bit for bit in self.registers]
        self.inside = sum([1 << bit for bit in self.registers])
        self.span = self.inside * buffer.draft.element
        """The bits of an offset that the vectors differ in which are held at once."""
        self.block = buffer.block[:]
        self.product = -1
        """Where in the fixes the place of a product of factors in the room for tables stands, if there is one."""

    def _rotated(self) -> list[tuple[int, int]]:
        """Registers and their rotations; plain ones first: a kernel's last registers are those of TWIST steps."""
        pass_, twists = self.part.pass_, self.draft.twists
        plain: list[tuple[int, int]] = []
        twisted: list[tuple[int, int]] = []
        for each in zip(pass_.registers, pass_.rotations, strict=True):
            if each[1] >= 0:
                (twisted if each[1] in twists else plain).append(each)
        return plain + twisted

    def _registers(self) -> tuple[int, ...]:
        """The buffer bits of the vectors held at once: rotated ones, other ones that are needed, then any."""
        blended = [each.target for each in self.part.operations if isinstance(each, Blend)]
        needed = (*[bit for bit, _ in self.rotated], *self.permuted, *self.exchanged, *blended)
        found = tuple(dict.fromkeys(needed))
        # With few registers in the processor a third one would only be spilled.
        wanted = _USUAL_REGISTERS if self.draft.target.permute in ("avx512", "neon") else _USUAL_REGISTERS - 1
        return found + self._spare(found, wanted - len(found)) if len(found) < wanted else found

    def _spare(self, needed: tuple[int, ...], count: int) -> tuple[int, ...]:
        """So many other bits, preferably such that choose no angle: kernels with those would be others."""
        twists, choosing = self.draft.twists, 0
        if twists:
            for _, rotation in (*self.rotated, *self.lane_rotations):
                choosing |= twists[rotation][0] if rotation in twists else 0
        chosen, _ = self.buffer.divided(choosing)
        spare = [bit for bit in range(self.draft.lane_bits, self.buffer.bits) if bit not in needed]
        if chosen:
            spare.sort(key=lambda bit: chosen >> bit & 1)
        return tuple(spare[:count])

    def write(self, lines: int) -> int:
        """Writes the block, which may fetch ahead `lines` lines of each plane; how many it does.

        The word of the function is its number in the program, that of the fixes their place in those of the program.
        """
        block, draft, part, fixes = self.block, self.draft, self.part, self.fixes
        first, count = len(fixes), len(self.registers)
        self._offsets(_STORE)
        tables = self._tables(part.group) if part.group is not None else _NO_TABLES
        for moved, words in ((self.permuted, _SOURCE_WORDS), (self.exchanged, _EXCHANGE_WORDS)):
            if moved:
                self._sources(moved, words)
            else:
                self._offsets(words[0])
        block[_WALK] = draft.target.vector_bytes - 1 | self.span
        block[_GROUPS] = groups = self.buffer.rows >> count
        turns = count, *self._register_turns()
        if part.operations or self.lane_rotations:
            operations = tuple([self._operation(i, each) for i, each in enumerate(part.operations)])
            block[_FUNCTION] = draft.function(_LOOPED, (count, operations, *tables))
            block[_LANES] = draft.function(_LANES_TURNED, self._lane_turns()) if self.lane_rotations else 0
            block[_TURNS] = draft.function(_TURNED, turns)
            block[_ROWS] = 1 << count
        elif any(tables):
            block[_FUNCTION] = draft.function(_SIDE_BY_SIDE, ((count, (), *tables), turns))
        else:
            block[_FUNCTION] = draft.function(_PLAIN, turns)
        block[_FIXES], block[_FIX_COUNT] = first, (len(fixes) - first) // FIX_WORDS
        if lines <= 0 or groups < _LEAST_GROUPS:
            return 0
        most = 1 if draft.target.permute == "avx512" else MOST_PREFETCH
        block[_PREFETCH_LINES] = ahead = min(most, -(-lines // groups))
        return ahead * groups

    def _registers_of(self, inside: int) -> int:
        """A mask over buffer bits as combination of the registers."""
        return sum([1 << i for i, bit in enumerate(self.registers) if inside >> bit & 1])

    def _offsets(self, first: int) -> None:
        """Where each combination is."""
        block = self.block
        for i, stride in enumerate(self.strides):
            block[first + (1 << i)] = stride

    def _sources(self, moved: dict[int, int], words: tuple[int, int, int]) -> None:
        """Where each combination comes from, and the bits of the group's index and of the tile's that change it."""
        load, load_xor, parity_mask = words
        buffer, block, strides, fixes, registers = self.buffer, self.block, self.strides, self.fixes, self.registers
        fixes += (_SET, load_xor, 0, 0, 0, 0)
        sources = strides.copy()
        for i, bit in enumerate(registers):
            if bit not in moved:
                continue
            stride, own = strides[i], 1 << bit
            inside, outer = buffer.divided(moved[bit])
            block[parity_mask + i] = (inside & ~self.inside) * self.draft.element
            if outer:
                fixes += (_FLIP_ODD, load_xor, outer, 0, stride, 0)
            # with its own bit a source is the combination's, and with another register's that of this one too
            changed = (inside ^ own) & self.inside
            if changed:
                for j, other in enumerate(registers):
                    if changed >> other & 1:
                        sources[j] ^= stride
        for i, source in enumerate(sources):
            block[load + (1 << i)] = source

    def _register_turns(self) -> tuple[Any, ...]:
        """Writes where the numbers of rotations of registers are; parts of a `TurnShape` behind `registers`."""
        twists = self._numbers([(word, rotation) for word, (_, rotation) in enumerate(self.rotated)])
        choosing = tuple([self._twist(index, *self.draft.twists[rotation]) for index, rotation in twists])
        return len(self.rotated), len(twists), self._scaled(twists), choosing if any(choosing) else ()

    def _lane_turns(self) -> tuple[Any, ...]:
        """The same of lanes, and the registers that choose; parts of a `LaneShape`."""
        twists = self._numbers([(MOST_REGISTERS + lane, rotation) for lane, rotation in self.lane_rotations])
        lanes = tuple([index - MOST_REGISTERS for index, _ in twists])
        for lane, (index, rotation) in zip(lanes, twists, strict=True):
            self.block[_TWIST_ROWS + lane] = self._twist(index, *self.draft.twists[rotation])
        return tuple([lane for lane, _ in self.lane_rotations]), lanes, self._scaled(twists)

    def _numbers(self, rotations: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Writes where the numbers of rotations (index of the word, rotation) are; those that are TWIST steps."""
        draft, twists = self.draft, []
        for index, rotation in rotations:
            if rotation in draft.twists:
                twists.append((index, rotation))
            else:
                self.block[_ROTATION + index] = (draft.layout.rotations + rotation) * draft.element
        return twists

    def _scaled(self, twists: list[tuple[int, int]]) -> bool:
        """Whether TWIST steps are without their cosines: all of a pass or none."""
        return bool(twists) and twists[0][1] in self.draft.scaled

    def _twist(self, index: int, mask: int, numbers: int) -> int:
        """Writes what chooses the angle of a TWIST; the registers that choose too."""
        draft, block = self.draft, self.block
        lanes = mask & (1 << draft.lane_bits) - 1
        inside, outer = self.buffer.divided(mask ^ lanes)
        block[_ROTATION + index] = numbers
        if outer:
            self.fixes += (_SET, _ROTATION + index, 0, 0, numbers, 0)
            self.fixes += (_FLIP_ODD, _ROTATION + index, outer, 0, TWIST_NUMBERS // 2 * draft.element, 0)
        block[_TWIST_MASK + index] = (inside & ~self.inside) * draft.element
        block[_TWIST_LANES + index] = _odd_lanes(lanes, draft.lane_bits) if lanes else 0
        return self._registers_of(inside) if inside & self.inside else 0

    def _operation(self, index: int, operation: LaneMap | Blend) -> LaneOperation:
        """Writes a lane exchange; its name in the kernel's shape."""
        buffer, first = self.buffer, _LANE_OPERATIONS + LANE_OPERATION_WORDS * index
        if isinstance(operation, Blend):
            self.block[first] = operation.mask
            return _BLENDS[self.registers.index(operation.target)]
        self.block[first] = self.draft.order(operation.order)
        self.fixes += (_SET, first + 2, 0, 0, 0, 0)
        rows = False
        for position, change in operation.changes:
            if position in buffer.bit_of:
                rows = True
            else:
                self.fixes += (_FLIP_ODD, first + 2, 1 << position, 0, change, 0)
        if not rows:
            return "permute"
        self.block[first + 1] = buffer.row_changes(operation.changes)
        return "permute_rows"

    def _tables(self, group: GroupLayout) -> tuple[bool, int, int, int]:
        """Writes where the group's tables are; the parts `phase` … `constant_tables` of the kernel's shape."""
        size, lanes, fixes = self.draft.element, self.draft.target.lanes(self.draft.precision), self.fixes
        # those of which all rows take the same entry are last
        tables = sorted(group.lane_tables[slice(*self.part.tables)], key=_is_constant) if group.lane_tables else []
        self.block[_TABLE_PLANE] = group.entries * size
        if self.part.rows:
            if group.factors:
                self.product = len(fixes) + FIX_INDEX
                dimensions = _dimensions(group.entries.bit_length() - 1, group.factors)
                fixes += (_PRODUCT, _TABLE, 0, 0, group.row_offset * size, dimensions)
            else:
                fixes += (_SET_DATA, _TABLE, 0, 0, group.row_offset * size, 0)
            if group.choice >= 0:
                fixes += (_SET_BITS, _CHOICE, 0, 0, group.choice, 0)
            for each in group.mixed:
                kind = _MIX_MATCH if each.pattern else _MIX_PARITY
                fixes += (kind, _TABLE, each.outer, max(each.value, 0), each.offset * size, 0)
        for i, table in enumerate(tables):
            first = _LANE_TABLES + LANE_TABLE_WORDS * i
            fixes += (_SET_DATA, first, 0, 0, table.offset * size, 0)
            self.block[first + 1] = size * lanes << len(table.selectors)
            if table.bits_offset >= 0:
                fixes += (_SET_BITS, first + 2, 0, 0, table.bits_offset, 0)
            self._selectors(first, table.selectors)
        choice_bytes = group.choice_bytes if self.part.rows and group.choice >= 0 else 0
        return self.part.rows, choice_bytes, len(tables), sum(map(_is_constant, tables))

    def _selectors(self, first: int, selectors: tuple[Selector, ...]) -> None:
        """The tile's part of a lane table's index."""
        every = (1 << len(selectors)) - 1
        self.block[first + 3] = every
        if any(each.pattern for each in selectors):
            self.fixes += (_SET, first + 3, 0, 0, every, 0)
        self.fixes += (_SET, first + 4, 0, 0, 0, 0)
        for j, each in enumerate(selectors):
            if each.pattern:
                self.fixes += (_CLEAR_UNLIKE, first + 3, each.outer, each.value, 1 << j, 0)
            elif each.outer:
                self.fixes += (_FLIP_ODD, first + 4, each.outer, 0, 1 << j, 0)


def _dimensions(bits: int, rank: int) -> int:
    """Of a table that is a product of factors, as `Fix.PRODUCT` takes them."""
    low = low_bits_of(bits)
    return bits - low | low << 16 | rank << 32


def _is_constant(table: LaneTable) -> bool:
    """Whether all rows of a tile take the same entry."""
    return table.bits_offset < 0


@lru_cache(maxsize=1024)
def _odd_lanes(mask: int, lane_bits: int) -> int:
    """The lanes with an odd number of bits in the mask, as bits."""
    return sum([1 << lane for lane in range(1 << lane_bits) if (lane & mask).bit_count() & 1])


def completed(blocks: NDArray[np.int64], lane_bits: int) -> None:
    """Adds, to all blocks (passes, Word.WORDS) at once, what follows from the words of single registers."""
    for first in (Word.STORE, Word.LOAD, Word.EXCHANGE):
        for r in range(3, 1 << MOST_REGISTERS):
            low = r & -r
            if r != low:
                blocks[:, first + r] = blocks[:, first + low] ^ blocks[:, first + (r ^ low)]
    strides = blocks[:, [Word.STORE + (1 << i) for i in range(MOST_REGISTERS)]]
    for first in (Word.PARITY_VALUE, Word.EXCHANGE_VALUE):
        blocks[:, first : first + MOST_REGISTERS] = strides
    store = blocks[:, Word.STORE : Word.STORE + (1 << MOST_REGISTERS)]
    blocks[:, Word.ROW : Word.ROW + (1 << MOST_REGISTERS)] = store >> lane_bits


def row_steps(blocks: NDArray[np.int64]) -> NDArray[np.int64]:
    """For all blocks (passes, Word.WORDS) what LOAD_STEPS and EXCHANGE_STEPS point to, (passes, 2, 32), for offsets of
    less than 32 bits: entry j is for changes whose highest bit is 31 − j, to which all lower bits that count belong."""
    bits = np.arange(_OFFSET_BITS - 1, -1, -1)
    free = ~blocks[:, Word.WALK, None] >> bits & 1
    steps = np.zeros((len(blocks), 2, _OFFSET_BITS), dtype=np.int64)
    words = (Word.PARITY_MASK, Word.PARITY_VALUE), (Word.EXCHANGE_MASK, Word.EXCHANGE_VALUE)
    for number, (mask, value) in enumerate(words):
        for i in range(MOST_REGISTERS):
            steps[:, number] ^= (blocks[:, mask + i, None] >> bits & free) * blocks[:, value + i, None]
    np.bitwise_xor.accumulate(steps[..., ::-1], axis=2, out=steps[..., ::-1])
    return steps
