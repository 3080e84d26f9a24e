"""A state vector on GPUs: gates wait until something is read, then run as one program.

The amplitude of the basis state y of the wires is phase · (−1)^|z & (y ^ x)| times the stored one, whose index has
the bit y_w ^ x_w at the position of each wire w (`qlang.kernels.frames`). Probabilities and means are of the state
divided by its norm, as `native_readings` has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.backends.errors import TooLarge
from qlang.backends.native_programs import lowering_of
from qlang.backends.states import share_of_one
from qlang.backends.turns import within_two_turns
from qlang.backends.waiting_gates import WaitingGates
from qlang.kernels.angles import AngleSources, program_angles
from qlang.kernels.cuda import readout
from qlang.kernels.cuda.device import Device, Link
from qlang.kernels.cuda.errors import StateTooLarge
from qlang.kernels.cuda.launcher import MOST_ITEMS
from qlang.kernels.cuda.shape import Precision, cuda_options
from qlang.kernels.cuda.state import CudaState, devices_for, state_bytes
from qlang.kernels.frames import Frame
from qlang.kernels.schedule import plan
from qlang.kernels.steps import MappedLowering, Steps

_LARGE = 24
"""Qubits from which on a copy of the state, or a distribution on the host, is too much memory."""
_WIDEST = 20
"""Wires up to which a distribution is read as a whole rather than drawn from on the device."""
_BLOCK_BITS = 22
"""Of a search for likely outcomes: so many neighbours in memory are looked at together."""

_ROUNDOFF: Mapping[Precision, float] = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-9}


@lru_cache(maxsize=128)
def planned(steps: Steps, precision: Precision, start: tuple[int, ...] | None) -> AngleSources:
    """The program of a structure for a GPU; `start` is the position of each wire, None for |0…0⟩."""
    program = plan(steps, steps.qubits, cuda_options(precision), fresh=start is None, start=start)
    return AngleSources.of(program, steps)


def run_items(
    lowering: MappedLowering, parameters: NDArray[np.float64], precision: Precision, devices: Sequence[Device]
) -> "Iterator[CudaStateVector]":
    """The states of a circuit from |0…0⟩ for rows of its parameters, as many side by side as fit half the memory.

    A state is valid until the next portion begins. Raises `TooLarge`, and BadAngle for what is no finite number.
    """
    sources = planned(lowering.steps, precision, None)
    program, angles = sources.program, lowering.angle_map.angles(within_two_turns(parameters))
    each = state_bytes(program.qubits, precision)
    size = max(1, min(MOST_ITEMS, min(device.free_bytes() for device in devices) // 2 // each))
    state: CudaState | None = None
    for first in range(0, len(angles), size):
        bound = program_angles(sources, angles[first : first + size])
        if state is None or state.batch != bound.batch:
            state = _empty(lowering.steps.qubits, program.qubits, precision, bound.batch, devices, None)
        state.run(program, bound)
        frame = bound.frame
        for item in range(bound.batch):
            only = slice(item, item + 1)
            own = Frame(frame.x[only], frame.z[only], frame.phase[only])
            yield CudaStateVector.of(state.item(item), program.end, own)


def _empty(
    wires: int, qubits: int, precision: Precision, batch: int, devices: Sequence[Device], link: Link | None
) -> CudaState:
    """Raises `TooLarge`."""
    try:
        return CudaState.empty(qubits, precision, batch, devices_for(qubits, precision, batch, devices), link)
    except StateTooLarge as error:
        raise TooLarge(wires, error.needed, error.limit) from error


class CudaStateVector(WaitingGates):
    """A pure state, at first |0…0⟩; wire 0 is the least significant bit of outcomes."""

    __slots__ = ("_devices", "_link", "_state", "precision", "widest")

    def __init__(self, qubits: int, precision: Precision, devices: Sequence[Device], link: Link | None = None) -> None:
        super().__init__(qubits)
        self.precision = precision
        self.widest = _WIDEST
        self._devices, self._link = tuple(devices), link
        self._state: CudaState | None = None

    @classmethod
    def of(cls, state: CudaState, positions: tuple[int, ...], frame: Frame) -> "CudaStateVector":
        """A state that is there already, of one item; it is changed in place."""
        spread = state.spread
        made = cls(state.qubits, state.precision, spread.devices, spread.link)
        made._state, made._positions, made._frame = state, positions, frame
        return made

    @property
    def roundoff(self) -> float:
        """The unit roundoff of an amplitude as it is stored."""
        return _ROUNDOFF[self.precision]

    @property
    def large(self) -> bool:
        """Whether a copy, or a distribution over all wires, is too much memory."""
        return self.qubits >= _LARGE

    def copy(self) -> "CudaStateVector":
        """An independent copy. Raises `TooLarge`."""
        twin = CudaStateVector(self.qubits, self.precision, self._devices, self._link)
        state = self._executed()
        try:
            twin._state = state.copy()
        except StateTooLarge as error:
            raise TooLarge(self.qubits, error.needed, error.limit) from error
        twin._positions, twin._frame = self._positions, self._frame
        return twin

    def probability_of_one(self, wire: int) -> float:
        """P(1) of a measurement; what is no more than rounding counts as never, or as always."""
        zero, one = self.marginal((wire,)).tolist()
        return share_of_one(zero, one, self.roundoff)

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Project on an outcome that has this probability, and normalise."""
        state = self._executed()
        state.project(self._positions[wire], outcome ^ (self._x >> wire & 1), 1 / sqrt(probability))

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Distribution of `wires`, shape (2^len(wires),); bit k of the index is wire k of the list."""
        weights = readout.marginal(self._executed(), self._at(wires))[0]
        weights /= weights.sum()
        found: NDArray[np.float64] = weights[np.arange(len(weights)) ^ _picked(self._x, wires)]
        return found

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """For each product of wires, the mean of (−1)^(sum of their bits)."""
        state, result = self._executed(), []
        norm = float(readout.norms(state)[0])
        for wires in products:
            mean = float(readout.overlap(state, state, 0, sum(1 << bit for bit in self._at(wires)))[0].real)
            result.append((-mean if _picked(self._x, wires).bit_count() & 1 else mean) / norm)
        return result

    def drawn(
        self, wires: tuple[int, ...], shots: int, random: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Outcomes of `wires` ascending, and how many of the shots gave them."""
        indices = readout.sample(self._executed(), random.random(shots))
        outcomes = np.full(shots, _picked(self._x, wires), dtype=np.int64)
        for k, position in enumerate(self._at(wires)):
            outcomes ^= (indices >> position & 1) << k
        return np.unique(outcomes, return_counts=True)

    def likely(self, wires: tuple[int, ...], least: float, most: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Outcomes of probability above `least`, ascending; it stops after a block with more than `most` so far."""
        state = self._executed()
        bits = [state.where[position] for position in self._at(wires)]
        size = min(_BLOCK_BITS, state.spread.bits - state.spread.device_bits)
        low = [k for k, bit in enumerate(bits) if bit < size]
        high = [k for k, bit in enumerate(bits) if bit >= size]
        rest = [bit for bit in range(size, state.spread.bits) if bit not in bits]
        within = _spread(low)
        flips = _picked(self._x, wires)
        norm = float(readout.norms(state)[0])
        outcomes, weights, count = [np.zeros(0, dtype=np.int64)], [np.zeros(0)], 0
        for key in range(1 << len(high)):
            base = sum((key >> i & 1) << bits[k] - size for i, k in enumerate(high))
            total = np.zeros(1 << len(low))
            for others in _spread([bit - size for bit in rest]).tolist():
                total += readout.block_marginal(state, base | others, size, [bits[k] for k in low])
            total /= norm
            chosen = np.flatnonzero(total > least)
            outcomes.append((within[chosen] | sum((key >> i & 1) << k for i, k in enumerate(high))) ^ flips)
            weights.append(total[chosen])
            count += len(chosen)
            if count > most:
                break
        found = np.concatenate(outcomes)
        order = np.argsort(found)
        return found[order], np.concatenate(weights)[order]

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, shape (2^m, 2^m), rows and columns indexed as in `marginal`."""
        matrix = readout.density(self._executed(), self._at(wires))[0]
        matrix /= np.trace(matrix).real
        order = np.arange(len(matrix)) ^ _picked(self._x, wires)
        signs = 1 - 2.0 * (np.bitwise_count(order & _picked(int(self._frame.z[0]), wires)) & 1)
        found: NDArray[np.complex128] = matrix[np.ix_(order, order)] * np.multiply.outer(signs, signs)
        return found

    def by_wires(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """The amplitudes with shape (2^(n−m), 2^m): the others' index, and that of `wires`."""
        state = self._executed()
        others = tuple(wire for wire in range(self.qubits) if wire not in wires)
        stored = state.amplitudes()
        rows, columns = (self._stored(part) for part in (others, wires))
        found: NDArray[np.complex128] = stored[rows[0][:, None] ^ columns[0][None, :]]
        found *= rows[1][:, None] * columns[1][None, :] * complex(self._frame.phase[0])
        return found

    @property
    def _x(self) -> int:
        """The wires that are stored flipped."""
        self._executed()
        return int(self._frame.x[0])

    def _at(self, wires: Sequence[int]) -> tuple[int, ...]:
        """Positions of wires once no gate waits."""
        self._executed()
        return tuple(self._positions[wire] for wire in wires)

    def _stored(self, wires: Sequence[int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """For every value of some wires, its part of the stored index and its part of the sign."""
        values = np.arange(1 << len(wires)) ^ _picked(self._x, wires)
        signs = 1 - 2.0 * (np.bitwise_count(values & _picked(int(self._frame.z[0]), wires)) & 1)
        return _spread(self._at(wires))[values], signs

    def _executed(self) -> CudaState:
        """The state when nothing waits any more. Raises `TooLarge`."""
        if self._waiting or self._state is None:
            self._run(len(self._waiting))
        assert self._state is not None
        return self._state

    def _run(self, count: int) -> None:
        """Execute the first of the gates that wait."""
        lowering = lowering_of(self._first(count), self.qubits, twists=False)
        fresh = self._state is None
        sources = planned(lowering.steps, self.precision, None if fresh else self._positions)
        numbers = lowering.angle_map.angles(within_two_turns(lowering.parameters))
        angles = program_angles(sources, numbers, frame=None if fresh else self._frame)
        if self._state is None:
            self._state = _empty(self.qubits, sources.program.qubits, self.precision, 1, self._devices, self._link)
        self._state.run(sources.program, angles)
        self._positions, self._frame = sources.program.end, angles.frame
        self._done(count)


def _picked(mask: int, wires: Sequence[int]) -> int:
    """Bits of a mask over all wires as bits of a list of them."""
    return sum((mask >> wire & 1) << k for k, wire in enumerate(wires))


def _spread(places: Sequence[int]) -> NDArray[np.int64]:
    """For every number of len(places) bits, the one with bit k moved to places[k]."""
    result = np.zeros(1, dtype=np.int64)
    for place in places:
        result = np.concatenate([result, result | 1 << place])
    return result
