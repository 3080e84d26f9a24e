"""States on GPUs: one or a batch of the same size, on one device or spread over 2**k of them.

Positions are those of programs, as for the state of the CPU target: no frame and no phase is applied here. At which
bit of the stored index a position is matters only where several devices hold a state.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.angles import ProgramAngles
from qlang.kernels.cuda.binding import device_angles
from qlang.kernels.cuda.device import STORED, Argument, Device, DeviceArray, Link
from qlang.kernels.cuda.errors import StateTooLarge
from qlang.kernels.cuda.launcher import MOST_ITEMS, Spread, begin_product, run_program
from qlang.kernels.cuda.lowering import lower, stored_bits
from qlang.kernels.cuda.placement import bring
from qlang.kernels.cuda.shape import READING_THREADS, REGISTERS, KernelShape, Precision
from qlang.kernels.program import Program

_PIECE = 1 << 24
"""Amplitudes that are copied to or from the host at once."""
_STAGING = 2 << 23
"""Amplitudes that an exchange between devices takes besides."""


def reading_shape(precision: Precision) -> KernelShape:
    """A module for kernels other than sweeps, which are the same in all of a precision."""
    return KernelShape(precision, 11 if precision == "float64" else 12, 5, patterns=False)


def state_bytes(qubits: int, precision: Precision, batch: int = 1, devices: int = 1) -> int:
    """Bytes on each device, what exchanges take included."""
    stored = STORED[precision].itemsize
    bits = stored_bits(qubits, devices.bit_length() - 1)
    return stored * (batch << bits) // devices + (stored * _STAGING if devices > 1 else 0)


def devices_for(qubits: int, precision: Precision, batch: int, devices: Sequence[Device]) -> tuple[Device, ...]:
    """The fewest devices, a power of two, whose memory holds the states. Raises StateTooLarge."""
    count = 1
    while True:
        needed = state_bytes(qubits, precision, batch, count)
        limit = min(device.free_bytes() for device in devices[:count])
        if needed <= limit:
            return tuple(devices[:count])
        if 2 * count > len(devices):
            raise StateTooLarge(qubits, needed, limit)
        count *= 2


@dataclass(slots=True)
class CudaState:
    """A batch of states of `qubits` positions; amplitudes are undefined until they are set or a fresh program runs."""

    qubits: int
    spread: Spread
    where: list[int] = field(default_factory=list)
    """The bit at which each position is stored."""

    @classmethod
    def empty(
        cls,
        qubits: int,
        precision: Precision,
        batch: int,
        devices: Sequence[Device],
        link: Link | None = None,
    ) -> "CudaState":
        """Memory for states on 2**k devices. Raises StateTooLarge before anything is allocated, and ValueError for
        more items than a grid has rows or more devices than a state fills."""
        if not 0 < batch <= MOST_ITEMS:
            raise ValueError(f"a batch of {batch} states; at most {MOST_ITEMS} fit a launch")
        if len(devices) > 1 and qubits < REGISTERS + len(devices).bit_length() - 1:
            raise ValueError(
                f"{qubits} qubits do not fill a group of 2^{REGISTERS} amplitudes on {len(devices)} devices"
            )
        needed = state_bytes(qubits, precision, batch, len(devices))
        limit = min(device.free_bytes() for device in devices)
        if needed > limit:
            raise StateTooLarge(qubits, needed, limit)
        bits = stored_bits(qubits, len(devices).bit_length() - 1)
        arrays = tuple(device.empty((batch << bits) // len(devices), STORED[precision]) for device in devices)
        return cls(qubits, Spread(tuple(devices), arrays, bits, batch, precision, link), list(range(bits)))

    @property
    def batch(self) -> int:
        """How many states there are."""
        return self.spread.batch

    @property
    def precision(self) -> Precision:
        """How amplitudes are stored."""
        return self.spread.precision

    def like(self) -> "CudaState":
        """Memory for the same number of states of the same size, on the same devices."""
        return CudaState.empty(self.qubits, self.precision, self.batch, self.spread.devices, self.spread.link)

    def copy(self) -> "CudaState":
        """The same amplitudes in memory of their own."""
        other = self.like()
        other.where = list(self.where)
        for device, source, target in zip(self.spread.devices, self.spread.arrays, other.spread.arrays, strict=True):
            device.copy(source, target)
        return other

    def item(self, number: int) -> "CudaState":
        """One of the states, in memory that it shares with this one."""
        whole, size = self.spread, self.spread.item_size
        arrays = tuple(
            device.part(array, number * size, (number + 1) * size)
            for device, array in zip(whole.devices, whole.arrays, strict=True)
        )
        part = Spread(whole.devices, arrays, whole.bits, 1, whole.precision, whole.link)
        return CudaState(self.qubits, part, list(self.where))

    def run(self, program: Program, angles: ProgramAngles) -> None:
        """Execute a program on all items; a fresh one sets them. Raises ValueError where it does not fit the state."""
        if program.qubits != self.qubits or angles.batch not in (1, self.batch):
            raise ValueError(f"a program for {program.qubits} qubits and {angles.batch} items")
        if program.fresh:
            self.where = list(range(self.spread.bits))
        lowered = lower(program, self.precision, self.spread.device_bits, tuple(self.where))
        run_program(lowered, device_angles(lowered, angles, self.batch), self.spread, fresh=program.fresh)
        self.where = list(lowered.end)

    def set_product(self, factors: ArrayLike) -> None:
        """States become products of one-qubit states: `factors` (1 or batch, qubits, 2) complex, by position."""
        given = np.zeros((self.batch, self.spread.bits, 2), dtype=np.complex128)
        given[:, :, 0] = 1
        given[:, : self.qubits] = np.asarray(factors)
        self.where = list(range(self.spread.bits))
        begin_product(reading_shape(self.precision), given.view(np.float64), self.spread)

    def set_basis(self, index: int = 0) -> None:
        """Every state becomes |index⟩."""
        bits = np.array([index >> position & 1 for position in range(self.qubits)])
        self.set_product(np.stack([1 - bits, bits], axis=1)[None])

    def set_amplitudes(self, vectors: ArrayLike) -> None:
        """Every state becomes the given vector: (2**qubits,) or (batch, 2**qubits) complex, by positions."""
        self.set_basis()
        given = np.broadcast_to(np.asarray(vectors, dtype=np.complex128), (self.batch, 1 << self.qubits))
        positions = np.arange(self._device_positions(), dtype=np.int32)
        for item in range(self.batch):
            for number, first, count in self._pieces():
                device = self.spread.devices[number]
                start = first + (number << len(positions))
                values = given[item, start : start + count]
                arguments = (np.uint64(first), np.uint64(count), device.upload(positions), np.int32(len(positions)))
                self._launch(number, item, "put", count, (*arguments, device.upload(values)))

    def amplitudes(self, item: int = 0) -> NDArray[np.complex128]:
        """The amplitudes (2**qubits,) of one item, by positions."""
        result = np.empty(1 << self.qubits, dtype=np.complex128)
        positions = np.arange(self._device_positions(), dtype=np.int32)
        stored = np.dtype(np.complex128)
        for number, first, count in self._pieces():
            device = self.spread.devices[number]
            out = device.empty(count, stored)
            arguments = (np.uint64(first), np.uint64(count), device.upload(positions), np.int32(len(positions)), out)
            self._launch(number, item, "take", count, arguments)
            start = first + (number << len(positions))
            result[start : start + count] = device.download(out, stored)
        return self._by_position(result)

    def project(self, position: int, outcome: int, factors: ArrayLike = 1.0) -> None:
        """Zero where the position has another value; the rest is multiplied by a factor, or one for each item."""
        self._project(1 << self.where[position], outcome << self.where[position], factors)

    def scale(self, factors: ArrayLike) -> None:
        """Multiply the states by a real number, or by one for each item."""
        self._project(0, 0, factors)

    def on_each_device(self, positions: Sequence[int]) -> list[int]:
        """The bits of these positions once none of them is a bit of the device's number. Raises ValueError if they
        are more than a device has."""
        for swap in bring(self.where, positions, self.spread.bits - self.spread.device_bits):
            self.spread.exchange(swap)
        return [self.where[position] for position in positions]

    def _project(self, mask: int, value: int, factors: ArrayLike) -> None:
        own_bits = self.spread.bits - self.spread.device_bits
        own = (1 << own_bits) - 1
        numbers = np.broadcast_to(np.asarray(factors, dtype=np.float64), (self.batch,))
        for number, device in enumerate(self.spread.devices):
            kept = ((number << own_bits) & mask) == value & ~own
            given = device.upload(numbers if kept else np.zeros(self.batch))
            arguments = (np.uint64(self.spread.item_size), np.uint64(mask & own), np.uint64(value & own), given)
            blocks = -(-self.spread.item_size // READING_THREADS)
            array = self.spread.arrays[number]
            shape = reading_shape(self.precision)
            device.launch(shape, "project", (blocks, self.batch), READING_THREADS, 0, (array, *arguments))

    def _device_positions(self) -> int:
        """Bits of a device's part that a vector of `qubits` positions fills."""
        return min(self.qubits, self.spread.bits - self.spread.device_bits)

    def _pieces(self) -> list[tuple[int, int, int]]:
        """Device, first index and length of stretches of a device's part, without padding."""
        own = 1 << self._device_positions()
        devices = range(len(self.spread.devices))
        return [(number, first, min(_PIECE, own - first)) for number in devices for first in range(0, own, _PIECE)]

    def _by_position(self, stored: NDArray[np.complex128]) -> NDArray[np.complex128]:
        where = self.where[: self.qubits]
        if where == list(range(self.qubits)):
            return stored
        axes = [self.qubits - 1 - bit for bit in reversed(where)]
        return np.ascontiguousarray(stored.reshape((2,) * self.qubits).transpose(axes)).reshape(-1)

    def _launch(self, number: int, item: int, kernel: str, count: int, arguments: Sequence[Argument]) -> None:
        device, size = self.spread.devices[number], self.spread.item_size
        part: DeviceArray = device.part(self.spread.arrays[number], item * size, (item + 1) * size)
        blocks = -(-count // READING_THREADS)
        device.launch(reading_shape(self.precision), kernel, (blocks, 1), READING_THREADS, 0, (part, *arguments))
