"""What is asked of states on GPUs: norms, marginals, overlaps with Pauli products between, samples.

Masks and positions are those of programs. Sums are in float64 in an order that depends on sizes alone, so the same
state gives the same bits every time.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cuda.device import Device, DeviceArray
from qlang.kernels.cuda.shape import READING_THREADS
from qlang.kernels.cuda.state import CudaState, reading_shape

_REAL, _COMPLEX = np.dtype(np.float64), np.dtype(np.complex128)
_SHARED_BYTES = 16 * READING_THREADS
_LANE_BITS = READING_THREADS.bit_length() - 1
_BUSY_BITS = 11
"""2^11 sums or more at once keep a GPU busy; fewer bins are summed in slices."""
_CHUNK_BITS = 10
"""A shot's outcome is searched among 2^10 neighbours by one thread, and among the sums of such on the host."""
_OVERLAP_BLOCKS = 1024


def norms(state: CudaState) -> NDArray[np.float64]:
    """Σ |amplitude|² for each item."""
    return marginal(state, ())[:, 0]


def probability_of_one(state: CudaState, position: int) -> NDArray[np.float64]:
    """Σ |amplitude|² over the indices whose bit is 1, for each item."""
    return marginal(state, (position,))[:, 1]


def marginal(state: CudaState, positions: Sequence[int]) -> NDArray[np.float64]:
    """Σ |amplitude|² by the bits at some positions: (batch, 2**len(positions)), the first position bit 0."""
    own = state.spread.bits - state.spread.device_bits
    bits = [state.where[position] for position in positions]
    local = [bit for bit in bits if bit < own]
    result = np.zeros((state.batch, *(2,) * len(bits)))
    for number in range(len(state.spread.devices)):
        part = _device_marginal(state, number, local).reshape(state.batch, *(2,) * len(local))
        # Axis 1 of the result is the last position. Those among the device's bits have one value here.
        place = tuple(slice(None) if bit < own else number >> bit - own & 1 for bit in reversed(bits))
        result[(slice(None), *place)] += part
    return result.reshape(state.batch, -1)


def block_marginal(state: CudaState, block: int, block_bits: int, bits: Sequence[int]) -> NDArray[np.float64]:
    """Weights of the first item in block number `block` of 2**block_bits neighbours in memory, by some bits within:
    (2**len(bits),). Blocks count through the devices."""
    per_device = state.spread.item_size >> block_bits
    number, start = divmod(block, per_device)
    device = state.spread.devices[number]
    part = device.part(state.spread.arrays[number], start << block_bits, start + 1 << block_bits)
    weights: NDArray[np.float64] = _part_marginal(state, device, part, block_bits, 1, bits)[0]
    return weights


def _device_marginal(state: CudaState, number: int, bits: Sequence[int]) -> NDArray[np.float64]:
    """By these bits, each below those of the device's number: (batch, 2**len(bits))."""
    own = state.spread.bits - state.spread.device_bits
    device, array = state.spread.devices[number], state.spread.arrays[number]
    return _part_marginal(state, device, array, own, state.batch, bits)


def _part_marginal(
    state: CudaState, device: Device, array: DeviceArray, part_bits: int, batch: int, bits: Sequence[int]
) -> NDArray[np.float64]:
    """Of `batch` parts of 2**part_bits amplitudes side by side."""
    rest = part_bits - len(bits)
    lane_bits = min(rest, _LANE_BITS)
    slice_bits = max(0, min(rest - lane_bits, _BUSY_BITS - len(bits)))
    cells = 1 << len(bits) + slice_bits
    out = device.empty(batch * cells, _REAL)
    arguments = (
        *(array, np.uint64(1 << part_bits), np.int32(rest)),
        *(device.upload(_positions(bits)), device.upload(_inserts(bits)), np.int32(len(bits)), np.int32(lane_bits)),
        *(np.int32(slice_bits), out),
    )
    grid = (-(-(cells << lane_bits) // READING_THREADS), batch)
    device.launch(reading_shape(state.precision), "marginal", grid, READING_THREADS, _SHARED_BYTES, arguments)
    sums = device.download(out, _REAL).reshape(batch, 1 << len(bits), 1 << slice_bits)
    result: NDArray[np.float64] = sums.sum(axis=2)
    return result


def _positions(bits: Sequence[int]) -> NDArray[np.int32]:
    return np.array([*bits, 0], dtype=np.int32)


def _inserts(bits: Sequence[int]) -> NDArray[np.uint64]:
    return np.array([*((1 << 64) - (1 << bit) for bit in sorted(bits)), 0], dtype=np.uint64)


def overlap(left: CudaState, right: CudaState, flips: int = 0, signs: int = 0) -> NDArray[np.complex128]:
    """Σ_x conj(left[x ^ flips]) · (−1)^parity(x & signs) · right[x] for each item: ⟨left| X^flips Z^signs |right⟩.

    Raises ValueError for states of unlike shape, or spread over devices in unlike ways.
    """
    alike = (left.qubits, left.batch, left.precision, left.spread.devices) == (
        *(right.qubits, right.batch, right.precision, right.spread.devices),
    )
    if not alike:
        raise ValueError("the states must have the same shape, precision and devices")
    flipped = [position for position in range(left.qubits) if flips >> position & 1]
    left.on_each_device(flipped)
    if right is not left:
        right.on_each_device(flipped)
    if left.where != right.where:
        raise ValueError("the states are spread over devices in unlike ways")
    spread = left.spread
    own_bits = spread.bits - spread.device_bits
    flip_bits, sign_bits = _moved(flips, left.where), _moved(signs, left.where)
    blocks = min(_OVERLAP_BLOCKS, -(-spread.item_size // READING_THREADS))
    total = np.zeros(left.batch, dtype=np.complex128)
    for number, device in enumerate(spread.devices):
        out = device.empty(left.batch * blocks, _COMPLEX)
        arguments = (
            *(spread.arrays[number], right.spread.arrays[number], np.uint64(spread.item_size)),
            *(np.uint64(flip_bits), np.uint64(sign_bits & (1 << own_bits) - 1), out),
        )
        shape = reading_shape(left.precision)
        device.launch(shape, "overlap", (blocks, left.batch), READING_THREADS, _SHARED_BYTES, arguments)
        sums = device.download(out, _COMPLEX).reshape(left.batch, blocks).sum(axis=1)
        total += -sums if ((number << own_bits) & sign_bits).bit_count() & 1 else sums
    return total


def density(state: CudaState, positions: Sequence[int]) -> NDArray[np.complex128]:
    """Density matrices (batch, 2**m, 2**m) of m positions, the first one bit 0 of rows and columns. One device reads
    2**(qubits + m) amplitudes for it, so m is meant to be small. Raises ValueError as `on_each_device`."""
    bits = state.on_each_device(positions)
    rest = state.spread.bits - state.spread.device_bits - len(bits)
    lane_bits = min(rest, _LANE_BITS)
    cells = 1 << 2 * len(bits)
    total = np.zeros(state.batch * cells, dtype=np.complex128)
    for number, device in enumerate(state.spread.devices):
        out = device.empty(state.batch * cells, _COMPLEX)
        arguments = (
            *(state.spread.arrays[number], np.uint64(state.spread.item_size), np.int32(rest)),
            *(device.upload(_positions(bits)), device.upload(_inserts(bits)), np.int32(len(bits))),
            *(np.int32(lane_bits), out),
        )
        grid = (-(-(cells << lane_bits) // READING_THREADS), state.batch)
        device.launch(reading_shape(state.precision), "density", grid, READING_THREADS, _SHARED_BYTES, arguments)
        total += device.download(out, _COMPLEX)
    return total.reshape(state.batch, 1 << len(bits), 1 << len(bits))


def sample(state: CudaState, uniforms: NDArray[np.float64], item: int = 0) -> NDArray[np.int64]:
    """An index over all positions for each number in [0, 1), drawn by the weights of one item."""
    own = state.spread.bits - state.spread.device_bits
    chunk_bits = min(_CHUNK_BITS, own)
    high = list(range(chunk_bits, own))
    weights = np.stack([_device_marginal(state, n, high)[item] for n in range(len(state.spread.devices))])
    ends = np.cumsum(weights.reshape(-1))
    drawn = np.asarray(uniforms, dtype=np.float64) * ends[-1]
    heavy = np.flatnonzero(weights.reshape(-1))
    chunks = heavy[np.minimum(np.searchsorted(ends[heavy], drawn, side="right"), len(heavy) - 1)]
    within = drawn - np.concatenate([[0.0], ends])[chunks]
    result = np.empty(len(drawn), dtype=np.int64)
    for number in range(len(state.spread.devices)):
        mine = np.flatnonzero(chunks >> own - chunk_bits == number)
        if len(mine):
            local = chunks[mine] & (1 << own - chunk_bits) - 1
            result[mine] = _search(state, number, item, chunk_bits, local, within[mine]) | number << own
    return _by_position(result, state.where[: state.qubits])


def _search(
    state: CudaState,
    number: int,
    item: int,
    chunk_bits: int,
    chunks: NDArray[np.int64],
    thresholds: NDArray[np.float64],
) -> NDArray[np.int64]:
    device, size = state.spread.devices[number], state.spread.item_size
    out = device.empty(len(chunks), np.dtype(np.int64))
    arguments = (
        *(device.part(state.spread.arrays[number], item * size, (item + 1) * size), np.int32(chunk_bits)),
        *(device.upload(chunks.astype(np.int64)), device.upload(thresholds), np.uint64(len(chunks)), out),
    )
    grid = (-(-len(chunks) // READING_THREADS), 1)
    device.launch(reading_shape(state.precision), "sample", grid, READING_THREADS, 0, arguments)
    return device.download(out, np.dtype(np.int64))


def _moved(mask: int, where: Sequence[int]) -> int:
    return sum(1 << bit for position, bit in enumerate(where) if mask >> position & 1)


def _by_position(stored: NDArray[np.int64], where: Sequence[int]) -> NDArray[np.int64]:
    result = np.zeros_like(stored)
    for position, bit in enumerate(where):
        result |= (stored >> bit & 1) << position
    return result
