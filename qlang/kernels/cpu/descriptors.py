"""A program's passes as the words that the native driver reads; made once for a program, for any angles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.arguments import (
    LANE_OPERATION_WORDS,
    LANE_TABLE_WORDS,
    MOST_LANE_OPERATIONS,
    MOST_LANE_TABLES,
    MOST_REGISTERS,
    PAD_MASK,
    PAD_SHIFT,
    Word,
)
from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.driver_text import FIX_WORDS, Fix, SweepWord
from qlang.kernels.cpu.host import ELEMENT_BYTES, Precision, Target
from qlang.kernels.cpu.kernel_text import kernel_module
from qlang.kernels.cpu.lane_exchanges import Blend, LaneMap, exchanges, row_changes
from qlang.kernels.cpu.lanes import index_format
from qlang.kernels.cpu.memory import address
from qlang.kernels.cpu.shapes import KernelShape, LaneOperation
from qlang.kernels.layout import TWIST_NUMBERS, GroupLayout, LaneTable, Layout, Selector
from qlang.kernels.program import Pass, Sweep

Words = NDArray[np.int64]

LINE = 64
"""Bytes of a cache line."""
MOST_PREFETCH = 4


@dataclass(frozen=True, eq=False, slots=True)
class NativeSweep:
    """One sweep's words. Some are filled in for each run: the state's, and the data's addresses."""

    words: Words
    """(SweepWord.WORDS,)"""
    blocks: Words
    """(passes, Word.WORDS)"""
    tile_bytes: int
    """Bytes of a plane of a tile, padding included."""
    gathered: bool
    """Whether tiles are copied to a buffer."""
    row_plane: int
    """Bytes of a plane of a table of rows."""
    kept: tuple[NDArray[Any], ...]
    """What the words point to."""


def native_sweep(layout: Layout, sweep: Sweep, precision: Precision, target: Target, compiler: Compiler) -> NativeSweep:
    """A sweep's words; compiles what is missing. Raises ValueError for lanes that are not the target's."""
    return _SweepWriter(layout, sweep, precision, target, compiler).write()


class _SweepWriter:
    """Writes the words of one sweep."""

    def __init__(self, layout: Layout, sweep: Sweep, precision: Precision, target: Target, compiler: Compiler) -> None:
        self.layout, self.sweep, self.precision = layout, sweep, precision
        self.target, self.compiler = target, compiler
        self.lane_bits = target.lane_bits(precision)
        if layout.program.options.lane_bits != self.lane_bits:
            raise ValueError(f"the program has {layout.program.options.lane_bits} lane bits, not {self.lane_bits}")
        self.element = ELEMENT_BYTES[precision]
        self.bits = len(sweep.local)
        self.rows = 1 << self.bits - self.lane_bits
        self.bit_of = {position: bit for bit, position in enumerate(sweep.local)}
        self.gathered = self.bits < sweep.size
        self.kept: list[NDArray[Any]] = []
        self.twists = dict(layout.program.twists)
        self.twist_places = {rotation: place for place, (rotation, _) in enumerate(layout.program.twists)}
        self.changes: dict[tuple[tuple[int, int], ...], int] = {}
        self.prefetch_walk = ~sum([self.element << position for position in sweep.local]) | (LINE - 1)

    def write(self) -> NativeSweep:
        parts = [part for each in self.sweep.passes for part in _split(each, self.layout, self.lane_bits)]
        blocks = []
        lines = (self.element << self.bits) // LINE
        for part in parts:
            writer = _PassWriter(self, part)
            lines -= writer.write(lines if self.gathered else 0)
            blocks.append(writer.block)
        return NativeSweep(
            self._words(len(parts)),
            np.array(blocks, dtype=np.int64).reshape(len(parts), Word.WORDS),
            self.padded(self.element << self.bits),
            self.gathered,
            self.element * max(map(self._entries, self.sweep.passes), default=0),
            tuple(self.kept),
        )

    def _entries(self, each: Pass) -> int:
        """Of the table of rows that a pass multiplies by."""
        return self.layout.groups[each.phase].entries if each.phase >= 0 else 0

    def keep(self, array: NDArray[Any]) -> int:
        """Keeps an array as long as the sweep; its address."""
        self.kept.append(array)
        return address(array)

    def row_changes(self, changes: tuple[tuple[int, int], ...], pieces: int, kind: np.dtype[Any]) -> int:
        """The address of what the rows change in the lanes, as integers of a permutation's index; kept once."""
        if changes not in self.changes:
            inside = row_changes(changes, self.bit_of, self.rows, self.lane_bits)
            self.changes[changes] = self.keep((inside * pieces).astype(kind))
        return self.changes[changes]

    def padded(self, offset: int) -> int:
        """An offset in the buffer where it lies in memory."""
        return offset + (offset >> PAD_SHIFT & PAD_MASK) if self.gathered else offset

    def _words(self, passes: int) -> Words:
        words = np.zeros(SweepWord.WORDS, dtype=np.int64)
        local = self.sweep.local
        outer = [position for position in range(self.sweep.size) if position not in self.bit_of]
        words[SweepWord.TILE_BITS] = len(outer)
        words[SweepWord.ELEMENT_SHIFT] = self.element.bit_length() - 1
        words[SweepWord.PASSES] = passes
        if self.gathered:
            together = next((bit for bit, position in enumerate(local) if bit != position), len(local))
            rest = sum(self.element << position for position in local[together:])
            words[SweepWord.CHUNK] = self.element << together
            words[SweepWord.CHUNKS] = 1 << len(local) - together
            words[SweepWord.WALK] = ~rest
        words[SweepWord.OUTER : SweepWord.OUTER + len(outer)] = outer
        return words


@dataclass(frozen=True, eq=False, slots=True)
class _Part:
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


def _split(pass_: Pass, layout: Layout, lane_bits: int) -> list[_Part]:
    """A pass in pieces that kernels have words for; nearly always one."""
    operations = exchanges(pass_.lane_cx, lane_bits)
    group = layout.groups[pass_.phase] if pass_.phase >= 0 else None
    tables = len(group.lane_tables) if group is not None else 0
    batches = [
        tuple(operations[start : start + MOST_LANE_OPERATIONS])
        for start in range(0, max(1, len(operations)), MOST_LANE_OPERATIONS)
    ]
    spans = [(start, min(tables, start + MOST_LANE_TABLES)) for start in range(0, max(1, tables), MOST_LANE_TABLES)]
    parts = [_Part(pass_, i == 0, batch, None, (0, 0), False, False) for i, batch in enumerate(batches[:-1])]
    for i, span in enumerate(spans):
        batch = batches[-1] if i == 0 else ()
        parts.append(_Part(pass_, not parts, batch, group, span, i == len(spans) - 1, i == 0))
    return parts


def _combinations(parts: list[int]) -> list[int]:
    """For every r the exclusive or of the parts whose bit is in r."""
    found = [0]
    for part in parts:
        found += [each ^ part for each in found]
    return found


class _PassWriter:
    """Writes one block, a list of words: an array would take longer to write them one by one."""

    def __init__(self, sweep: _SweepWriter, part: _Part) -> None:
        self.sweep, self.part = sweep, part
        self.block = [0] * Word.WORDS
        self.pass_, self.lane_bits = part.pass_, sweep.lane_bits
        self.fixes: list[tuple[int, ...]] = []
        self.rotated = dict(zip(self.pass_.registers, self.pass_.rotations, strict=True)) if part.last else {}
        # Plain rotations first: a kernel's last registers are those of TWIST steps.
        self.rotated = {
            bit: rotation
            for bit, rotation in sorted(self.rotated.items(), key=lambda each: each[1] in sweep.twists)
            if rotation >= 0
        }
        self.permuted = dict(self.pass_.permutation) if part.first else {}
        self.exchanged = dict(self.pass_.exchange) if part.last else {}
        self.registers = self._registers()

    def _registers(self) -> list[int]:
        """The buffer bits of the vectors held at once: rotated ones, other ones that are needed, then any."""
        needed = list(self.rotated)
        needed += [bit for bit in self.permuted if bit not in needed]
        needed += [bit for bit in self.exchanged if bit not in needed]
        for each in self.part.operations:
            if isinstance(each, Blend) and each.target not in needed:
                needed.append(each.target)
        # With few registers in the processor a third one would only be spilled.
        wanted = MOST_REGISTERS if self.sweep.target.permute in ("avx512", "neon") else MOST_REGISTERS - 1
        spare = [bit for bit in range(self.lane_bits, self.sweep.bits) if bit not in needed]
        choosing = 0
        for rotation in (*self.rotated.values(), *(rotation for _, rotation in self._lane_rotations())):
            choosing |= self.sweep.twists.get(rotation, 0)
        # Of bits that choose angles no register is made without need: such kernels would be others.
        chosen = {bit for position, bit in self.sweep.bit_of.items() if choosing >> position & 1}
        spare.sort(key=chosen.__contains__)
        return needed + spare[: max(0, wanted - len(needed))]

    def write(self, lines: int) -> int:
        """Writes the block, which may fetch ahead `lines` lines of each plane; how many it fetches."""
        block, sweep = self.block, self.sweep
        size = sweep.target.vector_bytes
        strides = [sweep.element << bit for bit in self.registers]
        block[Word.WALK] = size - 1 | sum(strides)
        block[Word.GROUPS] = groups = sweep.rows >> len(strides)
        lanes = sweep.target.lanes(sweep.precision)
        offsets = _combinations(strides)
        padded = [sweep.padded(offset) for offset in offsets]
        block[Word.PAD_MASK] = PAD_MASK if sweep.gathered else 0
        block[Word.STORE : Word.STORE + len(offsets)] = padded
        block[Word.ROW : Word.ROW + len(offsets)] = [offset // lanes for offset in offsets]
        if self.permuted:
            self._sources(strides, self.permuted, (Word.LOAD, Word.LOAD_XOR, Word.PARITY_MASK, Word.PARITY_VALUE))
        if self.exchanged:
            words = Word.EXCHANGE, Word.EXCHANGE_XOR, Word.EXCHANGE_MASK, Word.EXCHANGE_VALUE
            self._sources(strides, self.exchanged, words)
        chosen = self._rotations()
        operations = [self._operation(i, each) for i, each in enumerate(self.part.operations)]
        self._tables()
        ahead = min(MOST_PREFETCH, -(-lines // groups)) if lines and groups >= 8 else 0
        ahead = min(ahead, 1) if sweep.target.permute == "avx512" else ahead
        block[Word.PREFETCH_WALK] = sweep.prefetch_walk
        tables = self._lane_tables()
        shape = KernelShape(
            sweep.target,
            sweep.precision,
            len(strides),
            permutation=bool(self.permuted),
            # All or none: fewer shapes to compile, and the parities hide behind the vectors.
            parities=tuple(range(len(strides))) if any(block[Word.PARITY_MASK : Word.PARITY_MASK + 3]) else (),
            lane_operations=tuple(operations),
            phase=self.part.rows and self.part.group is not None,
            choice_bytes=self._choice_bytes(),
            lane_tables=len(tables),
            constant_tables=sum(each.bits_offset < 0 for each in tables),
            lane_rotations=tuple(lane for lane, _ in self._lane_rotations()),
            rotations=len(self.rotated),
            twists=sum(rotation in sweep.twists for rotation in self.rotated.values()),
            lane_twists=tuple(lane for lane, rotation in self._lane_rotations() if rotation in sweep.twists),
            blended=any(lanes for lanes, _ in chosen),
            choosing=tuple(registers for _, registers in chosen) if any(registers for _, registers in chosen) else (),
            exchange=bool(self.exchanged),
            prefetch=ahead,
        )
        block[Word.FUNCTION] = sweep.compiler.address(Source(kernel_module, (shape,), sweep.target))
        fixes = np.array([each + (0,) * (FIX_WORDS - len(each)) for each in self.fixes], dtype=np.int64)
        block[Word.FIX_COUNT] = len(self.fixes)
        block[Word.FIXES] = sweep.keep(fixes)
        return ahead * groups

    def _masks(self, mask: int) -> tuple[int, int, int]:
        """A mask over positions as combination of the registers, other buffer bits, and outer positions."""
        inside = [bit for position, bit in self.sweep.bit_of.items() if mask >> position & 1]
        registers = sum(1 << self.registers.index(bit) for bit in inside if bit in self.registers)
        others = sum(1 << bit for bit in inside if bit not in self.registers)
        return registers, others, mask & ~sum(1 << position for position in self.sweep.bit_of)

    def _sources(self, strides: list[int], moved: dict[int, int], words: tuple[int, int, int, int]) -> None:
        """Where each combination comes from, and the bits of the group's index and of the tile's that change it."""
        load, load_xor, parity_mask, parity_value = words
        masks = [self._masks(moved[bit]) if bit in moved else None for bit in self.registers]
        seen = [1 << i if each is None else each[0] for i, each in enumerate(masks)]
        sources = [
            sum([stride for stride, mask in zip(strides, seen, strict=True) if mask >> i & 1])
            for i in range(len(strides))
        ]
        self.block[load : load + (1 << len(strides))] = _combinations(sources)
        self.fixes.append((Fix.SET, load_xor, 0, 0, 0))
        for i, (each, stride) in enumerate(zip(masks, strides, strict=True)):
            self.block[parity_value + i] = stride
            if each is not None:
                self.block[parity_mask + i] = each[1] * self.sweep.element
                if each[2]:
                    self.fixes.append((Fix.FLIP_ODD, load_xor, each[2], 0, stride))

    def _lane_rotations(self) -> list[tuple[int, int]]:
        given = self.pass_.lane_rotations if self.part.last else ()
        return [(lane, rotation) for lane, rotation in enumerate(given) if rotation >= 0]

    def _rotations(self) -> list[tuple[int, int]]:
        """Writes where the numbers of rotations are; of TWIST steps, returns the lanes and registers that choose."""
        first, size = self.sweep.layout.rotations, self.sweep.element
        places = [(i, rotation) for i, rotation in enumerate(self.rotated.values())]
        places += [(MOST_REGISTERS + lane, rotation) for lane, rotation in self._lane_rotations()]
        chosen = []
        for index, rotation in places:
            if rotation in self.sweep.twists:
                chosen.append(self._twist(index, rotation))
            else:
                self.block[Word.ROTATION + index] = (first + rotation) * size
        return chosen

    def _twist(self, index: int, rotation: int) -> tuple[int, int]:
        """Writes what chooses the angle of a TWIST; the lanes with the other angle, and the registers that choose."""
        sweep, mask = self.sweep, self.sweep.twists[rotation]
        lanes = mask & (1 << self.lane_bits) - 1
        registers, inside, outer = self._masks(mask ^ lanes)
        numbers = sweep.layout.twists + TWIST_NUMBERS * sweep.twist_places[rotation]
        self.block[Word.ROTATION + index] = numbers * sweep.element
        if outer:
            self.fixes.append((Fix.SET, Word.ROTATION + index, 0, 0, numbers * sweep.element))
            flip = TWIST_NUMBERS // 2 * sweep.element
            self.fixes.append((Fix.FLIP_ODD, Word.ROTATION + index, outer, 0, flip))
        self.block[Word.TWIST_MASK + index] = inside * sweep.element
        odd = [lane for lane in range(1 << self.lane_bits) if (lane & lanes).bit_count() & 1]
        self.block[Word.TWIST_LANES + index] = chosen = sum(1 << lane for lane in odd)
        return chosen, registers

    def _operation(self, index: int, operation: LaneMap | Blend) -> LaneOperation:
        """Writes a lane exchange; its name in the kernel's shape."""
        sweep, first = self.sweep, Word.LANE_OPERATIONS + LANE_OPERATION_WORDS * index
        if isinstance(operation, Blend):
            self.block[first] = operation.mask
            names: tuple[LaneOperation, ...] = ("blend0", "blend1", "blend2")
            return names[self.registers.index(operation.target)]
        layout = index_format(sweep.target, sweep.precision)
        kind = np.dtype(f"int{layout.bits}")
        order = np.array(operation.order)[:, None] * layout.pieces + np.arange(layout.pieces)
        self.block[first] = sweep.keep(order.ravel().astype(kind))
        self.fixes.append((Fix.SET, first + 2, 0, 0, 0))
        for position, change in operation.changes:
            if position not in sweep.bit_of:
                self.fixes.append((Fix.FLIP_ODD, first + 2, 1 << position, 0, change * layout.pieces))
        if not any(position in sweep.bit_of for position, _ in operation.changes):
            return "permute"
        self.block[first + 1] = sweep.row_changes(operation.changes, layout.pieces, kind)
        return "permute_rows"

    def _lane_tables(self) -> list[LaneTable]:
        """The part's lane tables; those of which all rows take the same entry are last."""
        group = self.part.group
        tables = group.lane_tables[slice(*self.part.tables)] if group is not None else ()
        return sorted(tables, key=lambda each: each.bits_offset < 0)

    def _choice_bytes(self) -> int:
        group = self.part.group
        return group.choice_bytes if self.part.rows and group is not None and group.choice >= 0 else 0

    def _tables(self) -> None:
        group, size = self.part.group, self.sweep.element
        if group is None:
            return
        self.block[Word.TABLE_PLANE] = group.entries * size
        if self.part.rows:
            self.fixes.append((Fix.SET_DATA, Word.TABLE, 0, 0, group.row_offset * size))
            if group.choice >= 0:
                self.fixes.append((Fix.SET_BITS, Word.CHOICE, 0, 0, group.choice))
            for each in group.mixed:
                kind = Fix.MIX_MATCH if each.pattern else Fix.MIX_PARITY
                self.fixes.append((kind, Word.TABLE, each.outer, max(each.value, 0), each.offset * size))
        lanes = self.sweep.target.lanes(self.sweep.precision)
        for i, table in enumerate(self._lane_tables()):
            first = Word.LANE_TABLES + LANE_TABLE_WORDS * i
            self.fixes.append((Fix.SET_DATA, first, 0, 0, table.offset * size))
            self.block[first + 1] = size * lanes << len(table.selectors)
            if table.bits_offset >= 0:
                self.fixes.append((Fix.SET_BITS, first + 2, 0, 0, table.bits_offset))
            self._selectors(first, table.selectors)

    def _selectors(self, first: int, selectors: tuple[Selector, ...]) -> None:
        """The tile's part of a lane table's index."""
        every = (1 << len(selectors)) - 1
        self.block[first + 3] = every
        if any(each.pattern for each in selectors):
            self.fixes.append((Fix.SET, first + 3, 0, 0, every))
        self.fixes.append((Fix.SET, first + 4, 0, 0, 0))
        for j, each in enumerate(selectors):
            if each.pattern:
                self.fixes.append((Fix.CLEAR_UNLIKE, first + 3, each.outer, each.value, 1 << j))
            elif each.outer:
                self.fixes.append((Fix.FLIP_ODD, first + 4, each.outer, 0, 1 << j))
