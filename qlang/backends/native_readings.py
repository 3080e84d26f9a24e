"""What is read from a native state: by blocks of memory, never through a second state.

The amplitude of the basis state y of the wires is phase · (−1)^|z & (y ^ x)| times the stored one, whose index has
the bit y_w ^ x_w at the position of each wire w (`qlang.kernels.frames`). A *key* is the part of an outcome that the
index of a block decides.

Rounding moves a state's norm: constants as 1/√2 err the same way wherever they are multiplied. So probabilities and
means are of the state divided by its norm; amplitudes are as they are stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.backends.states import share_of_one
from qlang.kernels.cpu import readout
from qlang.kernels.cpu.state import NativeState

_SMALLEST_BLOCK = 12
_MOST_BLOCKS = 14
"""log2 of amplitudes, and of blocks: of their sums, native code keeps one for each lane."""
_ROWS = 16
"""log2 of the amplitudes that are gathered at a time."""
_DENSE = 8
"""Shots for each outcome from which on they are drawn outcome by outcome."""

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class View:
    """A state of a batch of one as its wires see it."""

    state: NativeState
    positions: tuple[int, ...]
    """Of each wire."""
    x: int
    z: int
    phase: complex
    threads: int

    @property
    def qubits(self) -> int:
        """Wires."""
        return len(self.positions)


def probability_of_one(view: View, wire: int, roundoff: float) -> float:
    """P(1) of a wire; what is no more than rounding counts as never, or as always."""
    one = float(readout.probability_of_one(view.state, view.positions[wire], view.threads)[0])
    zero = float(readout.norms(view.state, view.threads)[0]) - one
    return share_of_one(one, zero, roundoff) if view.x >> wire & 1 else share_of_one(zero, one, roundoff)


def marginal(view: View, wires: Sequence[int]) -> Reals:
    """Distribution of wires, shape (2^len(wires),); bit k of the index is wire k of the list."""
    positions = sorted(view.positions[wire] for wire in wires)
    found = readout.marginal(view.state, positions, view.threads)[0]
    return _ordered(view, found / found.sum(), positions, wires)


def _ordered(view: View, found: Reals, positions: Sequence[int], wires: Sequence[int]) -> Reals:
    """A distribution by ascending positions as one of wires in their order, the frame worked in."""
    if not wires:
        return found.reshape(-1)
    grid = found.reshape((2,) * len(wires))  # the last position first
    order = [len(wires) - 1 - positions.index(view.positions[wire]) for wire in reversed(wires)]
    flipped = tuple(axis for axis, wire in enumerate(reversed(wires)) if view.x >> wire & 1)
    return np.ascontiguousarray(np.flip(grid.transpose(order), flipped)).reshape(-1)


def means(view: View, products: Sequence[tuple[int, ...]]) -> list[float]:
    """For each product of wires, the mean of (−1)^(sum of their bits)."""
    result = []
    blocks, sums = _block_sums(view)
    norm, numbers = float(sums.sum()), np.arange(len(sums))
    for wires in products:
        mask = sum(1 << view.positions[wire] for wire in wires)
        if mask % (1 << blocks) == 0:
            mean = float(((1 - 2.0 * (np.bitwise_count(numbers & mask >> blocks) & 1)) * sums).sum())
        else:
            mean = float(readout.overlap(view.state, view.state, 0, mask, view.threads)[0].real)
        odd = sum(view.x >> wire & 1 for wire in wires) & 1
        result.append((-mean if odd else mean) / norm)
    return result


def _block_sums(view: View) -> tuple[int, Reals]:
    """log2 of a block's amplitudes, and the probability of each block."""
    bits = view.state.qubits
    block = min(bits, max(_SMALLEST_BLOCK, bits - _MOST_BLOCKS))
    return block, readout.block_probabilities(view.state, block, view.threads)[0]


@dataclass(frozen=True, slots=True)
class _Split:
    """Measured wires, those within a block and those that choose it."""

    block: int
    low: tuple[int, ...]
    """Ascending positions."""
    high: tuple[int, ...]
    outcome_low: Integers
    """Outcome bits of each combination of the low ones."""
    outcome_high: Integers
    blocks: Integers
    """(2^high, blocks): those that belong to each key."""
    sums: Reals
    """Probability of each key."""
    shape: tuple[int, ...]
    """Of a block, with an axis for each run of bits that are measured or not, the highest first."""
    axes: tuple[int, ...]
    """Those that are not."""


def _split(view: View, wires: Sequence[int]) -> _Split:
    block, sums = _block_sums(view)
    wire_at = {view.positions[wire]: k for k, wire in enumerate(wires)}
    low = tuple(sorted(position for position in wire_at if position < block))
    high = tuple(sorted(position for position in wire_at if position >= block))
    others = [p for p in range(block, view.state.qubits) if p not in wire_at]
    flips = sum((view.x >> wire & 1) << k for k, wire in enumerate(wires))
    kept = [sum(1 << wire_at[p] for p in part) for part in (low, high)]
    outcomes = [
        spread([wire_at[p] for p in part]) ^ (flips & mask) for part, mask in zip((low, high), kept, strict=True)
    ]
    keys, rest = spread([p - block for p in high]), spread([p - block for p in others])
    blocks = keys[:, None] | rest[None, :]
    return _Split(block, low, high, outcomes[0], outcomes[1], blocks, sums[blocks].sum(axis=1), *_axes(low, block))


def spread(places: Sequence[int]) -> Integers:
    """For every number of len(places) bits, the one with bit k moved to places[k]."""
    result = np.zeros(1, dtype=np.int64)
    for place in places:
        result = np.concatenate([result, result | 1 << place])
    return result


def _weights(view: View, split: _Split, key: int) -> Reals:
    """Probabilities of the outcomes with a key, by the low positions."""
    size = 1 << split.block
    total = np.zeros(1 << len(split.low))
    for block in split.blocks[key].tolist():
        part = slice(block * size, (block + 1) * size)
        real, imaginary = (plane[0, part].astype(np.float64) for plane in (view.state.re, view.state.im))
        weights = real * real + imaginary * imaginary
        total += weights.reshape(split.shape).sum(axis=split.axes).reshape(-1) if split.axes else weights
    return total


def _axes(kept: Sequence[int], bits: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """`shape` and `axes` of a split."""
    runs: list[tuple[bool, int]] = []
    for bit in reversed(range(bits)):
        stays = bit in kept
        if runs and runs[-1][0] == stays:
            runs[-1] = stays, runs[-1][1] + 1
        else:
            runs.append((stays, 1))
    return tuple(1 << size for _, size in runs), tuple(axis for axis, (stays, _) in enumerate(runs) if not stays)


def drawn(view: View, wires: Sequence[int], shots: int, random: np.random.Generator) -> tuple[Integers, Integers]:
    """Outcomes of wires, ascending, and how many of the shots gave them.

    The shots of each block are drawn first, then within the blocks that got some; all by one stream in order of
    memory, whatever the number of threads.
    """
    split = _split(view, wires)
    of_keys = random.multinomial(shots, split.sums / split.sums.sum())
    outcomes, counts = [], []
    for key in np.flatnonzero(of_keys).tolist():
        chosen, number = _drawn(_weights(view, split, key), int(of_keys[key]), random)
        outcomes.append(split.outcome_low[chosen] | split.outcome_high[key])
        counts.append(number)
    found, numbers = np.concatenate(outcomes), np.concatenate(counts)
    order = np.argsort(found)
    return found[order], numbers[order]


def _drawn(weights: Reals, shots: int, random: np.random.Generator) -> tuple[Integers, Integers]:
    if shots > _DENSE * len(weights):
        counts = random.multinomial(shots, weights / weights.sum())
        chosen = np.flatnonzero(counts)
        return chosen, counts[chosen]
    cumulative = np.cumsum(weights)
    places = np.searchsorted(cumulative, random.random(shots) * cumulative[-1], side="right")
    if places.max() == len(weights):  # rounded up to the sum of all
        places = np.minimum(places, int(np.flatnonzero(weights)[-1]))
    return np.unique(places, return_counts=True)


def likely(view: View, wires: Sequence[int], least: float, most: int) -> tuple[Integers, Reals]:
    """Outcomes of probability above `least`, ascending; it stops after a block in which there are more than `most`."""
    split = _split(view, wires)
    norm = split.sums.sum()
    outcomes, probabilities, count = [np.zeros(0, dtype=np.int64)], [np.zeros(0)], 0
    for key in np.flatnonzero(split.sums > least * norm).tolist():
        weights = _weights(view, split, key) / norm
        chosen = np.flatnonzero(weights > least)
        outcomes.append(split.outcome_low[chosen] | split.outcome_high[key])
        probabilities.append(weights[chosen])
        count += len(chosen)
        if count > most:
            break
    found = np.concatenate(outcomes)
    order = np.argsort(found)
    return found[order], np.concatenate(probabilities)[order]


def rows(view: View, wires: Sequence[int]) -> Iterator[tuple[slice, NDArray[np.complex128]]]:
    """The amplitudes by the other wires' index and that of `wires`, some rows at a time: shape (rows, 2^len(wires))."""
    others = [wire for wire in range(view.qubits) if wire not in wires]
    columns = _stored(view, wires)
    count = min(len(others), max(0, _ROWS - len(wires)))
    inner, outer = _stored(view, others[:count]), _stored(view, others[count:])
    for number in range(len(outer[0])):
        places = outer[0][number] ^ inner[0][:, None] ^ columns[0][None, :]
        signs = outer[1][number] * inner[1][:, None] * columns[1][None, :]
        found = np.empty(places.shape, dtype=np.complex128)
        found.real, found.imag = view.state.re[0][places], view.state.im[0][places]
        found *= signs * view.phase
        yield slice(number << count, number + 1 << count), found


def _stored(view: View, wires: Sequence[int]) -> tuple[Integers, Reals]:
    """For every value of some wires, its part of the stored index and its part of the sign."""
    flips = sum((view.x >> wire & 1) << view.positions[wire] for wire in wires)
    signs = sum((view.z >> wire & 1) << view.positions[wire] for wire in wires)
    places = spread([view.positions[wire] for wire in wires]) ^ flips
    return places, 1 - 2.0 * (np.bitwise_count(places & signs) & 1)


def by_wires(view: View, wires: Sequence[int]) -> NDArray[np.complex128]:
    """All amplitudes, shape (2^(n−m), 2^m): the others' index, and that of `wires`."""
    result = np.empty((1 << view.qubits - len(wires), 1 << len(wires)), dtype=np.complex128)
    for part, found in rows(view, wires):
        result[part] = found
    return result


def reduced(view: View, wires: Sequence[int]) -> NDArray[np.complex128]:
    """Density matrix of wires."""
    total = np.zeros((1 << len(wires),) * 2, dtype=np.complex128)
    for _, found in rows(view, wires):
        total += found.T @ found.conj()
    total /= np.trace(total).real
    return total
