"""A lowered program on devices that hold the state: uploads, launches, exchanges."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.binding import DeviceAngles
from qlang.kernels.cuda.device import STORED, Device, DeviceArray, Link
from qlang.kernels.cuda.layout import PASS
from qlang.kernels.cuda.lowering import DeviceProgram
from qlang.kernels.cuda.placement import Exchange
from qlang.kernels.cuda.shape import READING_THREADS, KernelShape, Precision

_TABLE_BYTES = 256 << 20
"""Phase tables of so many bytes are made at once; larger batches run in portions."""
MOST_ITEMS = 65535
"""Of a batch: the largest `blockIdx.y`."""
_MOST_PASSES = 128
"""Of a launch: 13 KiB of their records stand beside the tile in shared memory."""
_PIECE = 1 << 23
"""Amplitudes that two devices exchange at once, held twice for that time."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A batch of states over 2**k devices: device d holds the indices whose highest k bits are d, of every item."""

    devices: tuple[Device, ...]
    arrays: tuple[DeviceArray, ...]
    bits: int
    """Of the index of a whole state."""
    batch: int
    precision: Precision
    link: Link | None = None

    @property
    def device_bits(self) -> int:
        """k."""
        return len(self.devices).bit_length() - 1

    @property
    def item_size(self) -> int:
        """Amplitudes of an item on each device."""
        return 1 << self.bits - self.device_bits

    def exchange(self, swap: Exchange) -> None:
        """Let a device bit and a bit of each device trade places, in every item."""
        device_bit, bit = swap
        assert self.link is not None
        dtype, length = STORED[self.precision], 1 << bit
        for low in range(len(self.devices)):
            high = low | 1 << device_bit
            if high == low:
                continue
            for start in range(0, self.batch * self.item_size, 2 * length):
                for offset in range(start, start + length, _PIECE):
                    count = min(_PIECE, start + length - offset)
                    left, right = self.devices[low], self.devices[high]
                    upper = left.part(self.arrays[low], offset + length, offset + length + count)
                    lower = right.part(self.arrays[high], offset, offset + count)
                    self.link.swap(left, upper, right, lower, dtype)


def run_program(program: DeviceProgram, angles: DeviceAngles, state: Spread, *, fresh: bool) -> None:
    """Execute a program on a batch of states, beginning with the product of `angles.factors` where `fresh`."""
    sizes = [*(sweep.size for sweep in program.sweeps), state.bits]
    if fresh:
        begin_product(program.shape, angles.factors[:, : sizes[0]], state)
    most = max(1, _TABLE_BYTES // (program.table_size * (16 if program.shape.double else 8)))
    portions = [(first, min(most, state.batch - first)) for first in range(0, state.batch, most)]
    # Exchanges move every item at once, so all of them have to be at the same sweep.
    moving = any(sweep.exchanges for sweep in program.sweeps)
    for together in [portions] if moving else [[portion] for portion in portions]:
        running = [
            _Running(program, angles, state, number, first, count)
            for first, count in together
            for number in range(len(state.devices))
        ]
        for index, sweep in enumerate(program.sweeps):
            for swap in sweep.exchanges:
                state.exchange(swap)
            for each in running:
                each.sweep(index)
                if fresh and sizes[index] < sizes[index + 1]:
                    each.join(sizes[index], sizes[index + 1])


def begin_product(shape: KernelShape, factors: NDArray[np.float64], state: Spread) -> None:
    """Write products of one-qubit states: factors (batch, bits, 2 values, 2 parts), by bit of the index; of fewer
    bits than the state's the first amplitudes only."""
    bits = factors.shape[1]
    blocks = -(-min(state.item_size, 1 << bits) // READING_THREADS)
    for number, device in enumerate(state.devices):
        arguments = (
            *(state.arrays[number], np.uint64(state.item_size), np.uint64(number * state.item_size)),
            *(device.upload(np.ascontiguousarray(factors)), np.int32(bits)),
        )
        device.launch(shape, "product_state", (blocks, state.batch), READING_THREADS, 0, arguments)


@lru_cache(maxsize=64)
def _uploaded(device: Device, program: DeviceProgram) -> dict[str, DeviceArray]:
    """The arrays of a program on a device, less than a megabyte for most; kept, as programs run again and again."""
    names = ("swizzle", "rows", "inserts", "passes", "words", "phases", "tables", "terms")
    return {name: device.upload(getattr(program, name)) for name in names}


class _Running:
    """A portion of the batch on one device."""

    def __init__(
        self, program: DeviceProgram, angles: DeviceAngles, state: Spread, number: int, first: int, count: int
    ) -> None:
        device = state.devices[number]
        self.program, self.state, self.device, self.count = program, state, device, count
        items = slice(first, first + count)
        upload = device.upload
        self.part = device.part(state.arrays[number], first * state.item_size, (first + count) * state.item_size)
        self.factors = angles.factors[items].view(np.complex128)
        self.device_tiles = number << state.bits - state.device_bits - program.shape.tile_bits
        self.fixed = _uploaded(device, program)
        self.tangents = upload(angles.tangents[items])
        self.tangent_count = angles.tangents.shape[1]
        self.patterns = upload(angles.patterns[items])
        self.pattern_count = angles.patterns.shape[1]
        self.tables = device.empty(count * program.table_size, STORED["float64" if program.shape.double else "float32"])
        self._make_tables(angles, items)

    def _make_tables(self, angles: DeviceAngles, items: slice) -> None:
        upload, number = self.device.upload, np.uint64
        arguments = (
            *(self.tables, number(self.program.table_size), self.fixed["tables"], self.fixed["terms"]),
            *(upload(angles.angles[items]), number(angles.angles.shape[1])),
            *(upload(angles.scales[items]), number(angles.scales.shape[1])),
            *(self.patterns, number(self.pattern_count)),
        )
        grid = (len(self.program.tables), self.count)
        self.device.launch(self.program.shape, "phase_tables", grid, READING_THREADS, 0, arguments)

    def join(self, before: int, after: int) -> None:
        """Let the bits before … after−1 join: the first amplitudes become products with their factors."""
        table = np.ones((self.count, 1), dtype=np.complex128)
        for bit in range(before, after):
            table = np.concatenate([table * self.factors[:, bit, :1], table * self.factors[:, bit, 1:]], axis=1)
        arguments = (
            *(self.part, np.uint64(self.state.item_size), np.uint64(1 << before)),
            *(self.device.upload(table.view(np.float64)), np.int32(table.shape[1])),
        )
        grid = (-(-(1 << before) // READING_THREADS), self.count)
        self.device.launch(self.program.shape, "join_state", grid, READING_THREADS, 0, arguments)

    def sweep(self, index: int) -> None:
        """Launch one sweep over the portion, more than one where its passes are very many."""
        program, shape, fixed = self.program, self.program.shape, self.fixed
        each, number = program.sweeps[index], np.uint64
        high = shape.tile_bits - shape.row_bits
        rows = self.device.part(fixed["rows"], each.rows, each.rows + (1 << high))
        inserts = self.device.part(fixed["inserts"], each.inserts, each.inserts + high) if high else fixed["inserts"]
        bits = each.size - self.state.device_bits - shape.tile_bits
        grid = (1 << max(bits, 0), self.count)
        for first in range(0, each.passes, _MOST_PASSES):
            passes = min(_MOST_PASSES, each.passes - first)
            arguments = (
                *(self.part, number(self.state.item_size), number(self.device_tiles), rows, inserts),
                *(fixed["swizzle"], fixed["passes"], np.int32(each.first_pass + first), np.int32(passes)),
                *(fixed["words"], fixed["phases"], self.tangents, number(self.tangent_count)),
                *(self.tables, number(program.table_size), self.patterns, number(self.pattern_count)),
            )
            shared_bytes = shape.tile_bytes + passes * PASS.itemsize
            self.device.launch(shape, "sweep", grid, shape.threads, shared_bytes, arguments)
