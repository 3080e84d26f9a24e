"""A kernel program as the arrays that the sweep kernel walks through.

Positions of the program are stored at *bits* of the index on the device: the same number on one device, while over
2**d devices the d highest bits are the number of the device and positions are exchanged between sweeps so that every
sweep's local positions are on each device. Masks become bits of the tile, of the group of amplitudes that a thread
holds, and of the registers that tell these apart.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.linear import conflict_free_order, physical, span
from qlang.kernels.cuda.phases import LONGEST_EXPANDED, AngleSource, PassBits, PatternBits, PhaseTables, new_passes
from qlang.kernels.cuda.placement import Exchange, place
from qlang.kernels.cuda.shape import REGISTERS, KernelShape, Precision
from qlang.kernels.program import Pass, Program, Sweep

_LANE_BITS = 5
"""Group bits within a warp."""
_MOST_ROW_BITS = 5
"""Rows of 32 amplitudes are whole memory transactions; longer ones would gain nothing."""


@dataclass(frozen=True, slots=True)
class DeviceSweep:
    """One launch: offsets into the arrays of the program."""

    first_pass: int
    passes: int
    rows: int
    inserts: int
    exchanges: tuple[Exchange, ...]
    """Done before it, among devices."""
    size: int
    """Bits of the index that are in use: what was not in use before joins in front of the sweep."""


@dataclass(frozen=True, slots=True, eq=False)
class DeviceProgram:
    """A program for one kernel shape and one number of devices. Arrays are those of `layout`."""

    shape: KernelShape
    bits: int
    """Of the index of the whole state; at least `REGISTERS`."""
    device_bits: int
    sweeps: tuple[DeviceSweep, ...]
    end: tuple[int, ...]
    """Bit at which each position is stored after the last sweep."""
    swizzle: NDArray[np.uint32]
    rows: NDArray[np.uint64]
    inserts: NDArray[np.uint64]
    passes: NDArray[np.void]
    words: NDArray[np.uint32]
    phases: NDArray[np.void]
    tables: NDArray[np.void]
    terms: NDArray[np.void]
    table_size: int
    """Entries of all tables of a batch item, complex."""
    sources: tuple[AngleSource, ...]
    patterns: tuple[PatternBits, ...]


@lru_cache(maxsize=128)
def lower(
    program: Program, precision: Precision, device_bits: int = 0, begin: tuple[int, ...] | None = None
) -> DeviceProgram:
    """Lower a program for 2**device_bits devices; `begin` is the bit of each position before it, p for p by default.

    Raises ValueError for a program with lanes or with more registers than a thread holds, and where a device's part
    of the state is smaller than a tile.
    """
    if program.options.lane_bits or program.options.registers > REGISTERS:
        raise ValueError("programs for a GPU have no lanes and at most three registers")
    bits = stored_bits(program.qubits, device_bits)
    tile_bits = max([REGISTERS, *(len(sweep.local) for sweep in program.sweeps)])
    if tile_bits > bits - device_bits:
        raise ValueError(f"a tile of {tile_bits} positions in {bits - device_bits} of each device")
    placed = place([sweep.local for sweep in program.sweeps], begin or tuple(range(bits)), bits - device_bits)
    locals_ = [
        _local_bits(sweep.local, where, tile_bits)
        for sweep, (where, _) in zip(program.sweeps, placed.steps, strict=True)
    ]
    row_bits = min([tile_bits, _MOST_ROW_BITS, *map(_leading, locals_)])
    patterns = any(mask.bit_count() > LONGEST_EXPANDED for group in program.groups for mask, _, _ in group.pattern)
    builder = _Builder(program, KernelShape(precision, tile_bits, row_bits, patterns), bits, device_bits)
    sweeps = tuple(
        builder.sweep(sweep, local, where, exchanges)
        for sweep, local, (where, exchanges) in zip(program.sweeps, locals_, placed.steps, strict=True)
    )
    return builder.finished(sweeps, placed.end)


def stored_bits(qubits: int, device_bits: int = 0) -> int:
    """Bits of the index of a stored state: a thread holds a group, so small states are padded with |0⟩."""
    return max(qubits, REGISTERS + device_bits)


def _local_bits(local: tuple[int, ...], where: tuple[int, ...], tile_bits: int) -> list[int]:
    """The bits of a sweep's tile, ascending: those of its positions, and the lowest others to fill the tile."""
    wanted = {where[position] for position in local}
    spare = (bit for bit in range(len(where)) if bit not in wanted)
    return sorted([*wanted, *(next(spare) for _ in range(tile_bits - len(wanted)))])


def _leading(local: list[int]) -> int:
    """How many of the lowest bits are local without a gap."""
    return next((i for i, position in enumerate(local) if i != position), len(local))


@dataclass(frozen=True, slots=True)
class _Tile:
    """Where positions are in a sweep: in the buffer, or among the bits of the tile's number."""

    buffer: list[int]
    """By local position of the sweep."""
    inside: dict[int, int]
    """Position → bit of the buffer's index."""
    outside: dict[int, int]
    """Position → bit of the tile's number."""
    positions: list[int]
    """By bit of the buffer's index."""

    @classmethod
    def of(cls, sweep: Sweep, local: list[int], where: tuple[int, ...]) -> "_Tile":
        """For a sweep over the bits `local`, positions being stored at the bits `where`."""
        position_at = {bit: position for position, bit in enumerate(where)}
        inside = {position_at[bit]: buffer for buffer, bit in enumerate(local)}
        outer = [bit for bit in sorted(position_at) if position_at[bit] not in inside]
        outside = {position_at[bit]: number for number, bit in enumerate(outer)}
        buffer = [inside[position] for position in sweep.local]
        return cls(buffer, inside, outside, [position_at[bit] for bit in local])

    def pass_bits(self, order: list[int], registers: list[int]) -> PassBits:
        """The parts of masks for a pass whose groups count `order` and whose registers are these buffer bits."""
        groups, held = ({self.positions[b]: n for n, b in enumerate(bits)} for bits in (order, registers))
        return PassBits(self.outside, groups, held)


def _sources(each: Pass, tile: _Tile, store: list[int]) -> tuple[list[int], dict[int, int]]:
    """For each buffer bit the address that it adds where amplitudes are loaded from; and for permuted registers the
    bits of the tile's number whose parity toggles the source."""
    load, outer = list(store), dict[int, int]()
    for target, mask in each.permutation:
        buffer = tile.buffer[target]
        load[buffer] ^= store[buffer]  # the bit is a parity now, whose own share is in the mask
        outer[buffer] = 0
        while mask:
            position = (mask & -mask).bit_length() - 1
            mask &= mask - 1
            if position in tile.inside:
                load[tile.inside[position]] ^= store[buffer]
            else:
                outer[buffer] |= 1 << tile.outside[position]
    return load, outer


class _Builder:
    """Appends sweeps and their passes to the arrays."""

    def __init__(self, program: Program, shape: KernelShape, bits: int, device_bits: int) -> None:
        self.program, self.shape, self.bits, self.device_bits = program, shape, bits, device_bits
        self.passes = new_passes(sum(len(sweep.passes) for sweep in program.sweeps))
        self.count = 0
        self.words: list[int] = []
        self.rows: list[int] = []
        self.inserts: list[int] = []
        self.phases = PhaseTables()
        self.columns = [physical(1 << bit, shape.double) for bit in range(shape.tile_bits)]

    def sweep(
        self, sweep: Sweep, local: list[int], where: tuple[int, ...], exchanges: tuple[Exchange, ...]
    ) -> DeviceSweep:
        """Append a sweep over the bits `local` whose positions are stored at the bits `where`."""
        rows, inserts, first = len(self.rows), len(self.inserts), self.count
        high = local[self.shape.row_bits :]
        self.rows += span([1 << bit for bit in high])
        self.inserts += [(1 << 64) - (1 << bit) for bit in high]
        tile = _Tile.of(sweep, local, where)
        for each in sweep.passes:
            self._pass(each, tile)
        # Over several devices positions move: all are in use from the beginning.
        size = self.bits if self.device_bits or sweep.size == self.program.qubits else sweep.size
        return DeviceSweep(first, len(sweep.passes), rows, inserts, exchanges, size)

    def _pass(self, each: Pass, tile: _Tile) -> None:
        record, store = self.passes[self.count], self.columns
        self.count += 1
        wanted = [tile.buffer[register] for register in each.registers]
        spare = (buffer for buffer in reversed(range(self.shape.tile_bits)) if buffer not in wanted)
        registers = [*wanted, *(next(spare) for _ in range(REGISTERS - len(wanted)))]
        others = [buffer for buffer in range(self.shape.tile_bits) if buffer not in registers]
        load, outer = _sources(each, tile, store)
        columns = [[column[other] for other in others] for column in (load, store)]
        order = conflict_free_order(others, columns, self.shape.double)
        words = [load[buffer] | store[buffer] << 16 for buffer in order]
        record["rotations"][: len(wanted)] = each.rotations
        record["outer"] = [outer.get(register, 0) for register in registers]
        record["load"] = [load[register] for register in registers]
        record["toggles"] = record["store"] = [store[register] for register in registers]
        record["words"] = len(self.words)
        self.words += span(words[:_LANE_BITS]) + span(words[_LANE_BITS:])
        if each.phase >= 0:
            bits = tile.pass_bits(order, registers)
            self.phases.add(record, each.phase, self.program.groups[each.phase], bits, self.shape.group_bits)

    def finished(self, sweeps: tuple[DeviceSweep, ...], end: tuple[int, ...]) -> DeviceProgram:
        """All arrays."""
        row_bits = self.shape.row_bits
        phases, tables, terms = self.phases.arrays()
        return DeviceProgram(
            shape=self.shape,
            bits=self.bits,
            device_bits=self.device_bits,
            sweeps=sweeps,
            end=end,
            swizzle=np.array(span(self.columns[:row_bits]) + span(self.columns[row_bits:]), dtype=np.uint32),
            rows=np.array(self.rows or [0], dtype=np.uint64),
            inserts=np.array(self.inserts or [0], dtype=np.uint64),
            passes=self.passes,
            words=np.array(self.words or [0], dtype=np.uint32),
            phases=phases,
            tables=tables,
            terms=terms,
            table_size=max(self.phases.size, 1),
            sources=tuple(self.phases.sources),
            patterns=tuple(self.phases.patterns),
        )
