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
    builder = _Builder(program, KernelShape(precision, tile_bits, row_bits, patterns), bits)
    sweeps = tuple(
        builder.sweep(sweep, local, where, exchanges)
        for sweep, local, (where, exchanges) in zip(program.sweeps, locals_, placed.steps, strict=True)
    )
    return builder.finished(sweeps, device_bits, placed.end)


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


class _Builder:
    """Appends sweeps and their passes to the arrays."""

    def __init__(self, program: Program, shape: KernelShape, bits: int) -> None:
        self.program, self.shape, self.bits = program, shape, bits
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
        for each in sweep.passes:
            self._pass(sweep, each, where, local)
        return DeviceSweep(first, len(sweep.passes), rows, inserts, exchanges)

    def _pass(self, sweep: Sweep, each: Pass, where: tuple[int, ...], local: list[int]) -> None:
        record = self.passes[self.count]
        self.count += 1
        place_of = {bit: buffer for buffer, bit in enumerate(local)}
        wanted = [place_of[where[sweep.local[register]]] for register in each.registers]
        spare = (buffer for buffer in reversed(range(self.shape.tile_bits)) if buffer not in wanted)
        registers = [*wanted, *(next(spare) for _ in range(REGISTERS - len(wanted)))]
        others = [buffer for buffer in range(self.shape.tile_bits) if buffer not in registers]
        outer = [bit for bit in range(self.bits) if bit not in place_of]
        tile_of = {bit: number for number, bit in enumerate(outer)}
        record["rotations"][: len(wanted)] = each.rotations
        store = self.columns
        load = list(store)
        for register in registers:  # a register's own column stays unless it is permuted
            record["toggles"][registers.index(register)] = store[register]
        for target, mask in each.permutation:
            buffer = place_of[where[sweep.local[target]]]
            number = registers.index(buffer)
            load[buffer] ^= store[buffer]  # the bit is a parity now, whose own share is in the mask
            for position in range(self.program.qubits):
                if not mask >> position & 1:
                    continue
                bit = where[position]
                if bit in place_of:
                    load[place_of[bit]] ^= store[buffer]
                else:
                    record["outer"][number] |= np.uint64(1 << tile_of[bit])
        order = conflict_free_order(
            others, [[load[other] for other in others], [store[other] for other in others]], self.shape.double
        )
        record["load"] = [load[register] for register in registers]
        record["store"] = [store[register] for register in registers]
        record["words"] = len(self.words)
        words = [load[buffer] | store[buffer] << 16 for buffer in order]
        self.words += span(words[:_LANE_BITS]) + span(words[_LANE_BITS:])
        if each.phase >= 0:
            of_bit = {bit: position for position, bit in enumerate(where)}
            bits = PassBits(
                {of_bit[bit]: number for bit, number in tile_of.items()},
                {of_bit[local[buffer]]: number for number, buffer in enumerate(order)},
                {of_bit[local[buffer]]: number for number, buffer in enumerate(registers)},
            )
            self.phases.add(record, each.phase, self.program.groups[each.phase], bits, self.shape.group_bits)

    def finished(self, sweeps: tuple[DeviceSweep, ...], device_bits: int, end: tuple[int, ...]) -> DeviceProgram:
        """All arrays."""
        row_bits = self.shape.row_bits
        phases, tables, terms = self.phases.arrays()
        return DeviceProgram(
            shape=self.shape,
            bits=self.bits,
            device_bits=device_bits,
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
