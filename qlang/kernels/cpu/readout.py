"""What is asked of states: norms, probabilities, overlaps with Pauli products between them. No second state is needed.

Masks and positions are physical ones. Sums are formed in float64, block by block in a fixed order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.lanes import index_format
from qlang.kernels.cpu.memory import address
from qlang.kernels.cpu.native import overlap as native_overlap
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.state_text import OverlapWord
from qlang.kernels.cpu.threads import for_each_unit

BLOCK_BITS = 16
"""log2 of the amplitudes of a block."""
NATIVE_BITS = 10
"""log2 of the smallest block that is summed natively for marginals: each takes 256 bytes on the way."""
_SECONDS_PER_AMPLITUDE = 2e-9


@dataclass(frozen=True, slots=True)
class _Question:
    """Masks of the index, and what indices count whose parity with `signs` is even and odd."""

    flips: int = 0
    signs: int = 0
    even: float = 1.0
    odd: float = -1.0


def overlap(
    left: NativeState, right: NativeState, flips: int = 0, signs: int = 0, threads: int = 1
) -> NDArray[np.complex128]:
    """Σ_x conj(left[x ^ flips]) · (−1)^parity(x & signs) · right[x] for each item: ⟨left| X^flips Z^signs |right⟩.

    The states must have the same shape, or ValueError is raised.
    """
    sums = _block_sums(left, right, _Question(flips, signs), min(BLOCK_BITS, left.qubits), threads)
    lanes = np.arange(sums.shape[-1])
    lane_signs = 1.0 - 2.0 * (np.bitwise_count(lanes & signs) & 1)
    totals = (sums.sum(axis=1) * lane_signs).sum(axis=-1)
    result: NDArray[np.complex128] = totals[:, 0] + 1j * totals[:, 1]
    return result


def norms(state: NativeState, threads: int = 1) -> NDArray[np.float64]:
    """Σ |amplitude|² for each item."""
    totals: NDArray[np.float64] = overlap(state, state, threads=threads).real
    return totals


def probability_of_one(state: NativeState, position: int, threads: int = 1) -> NDArray[np.float64]:
    """Σ |amplitude|² over the indices whose bit is 1, for each item."""
    in_lanes = position < state.target.lane_bits(state.precision)
    question = _Question() if in_lanes else _Question(signs=1 << position, even=0.0, odd=1.0)
    sums = _block_sums(state, state, question, min(BLOCK_BITS, state.qubits), threads)[:, :, 0].sum(axis=1)
    if in_lanes:
        sums = sums[:, np.arange(sums.shape[-1]) >> position & 1 == 1]
    totals: NDArray[np.float64] = sums.sum(axis=-1)
    return totals


def block_probabilities(state: NativeState, block_bits: int, threads: int = 1) -> NDArray[np.float64]:
    """Σ |amplitude|² over each block of 2**block_bits neighbours: (batch, 2**(qubits − block_bits)).

    Raises ValueError for blocks smaller than a vector.
    """
    sums: NDArray[np.float64] = _block_sums(state, state, _Question(), block_bits, threads)[:, :, 0].sum(axis=-1)
    return sums


def marginal(state: NativeState, positions: Sequence[int], threads: int = 1) -> NDArray[np.float64]:
    """Σ |amplitude|² by the bits at some ascending positions: (batch, 2**len(positions)), first position bit 0."""
    low = [position for position in positions if position < BLOCK_BITS]
    high = [position - BLOCK_BITS for position in positions if position >= BLOCK_BITS]
    if not low and state.qubits > BLOCK_BITS:
        sums = block_probabilities(state, BLOCK_BITS, threads)
        return _kept(sums, high, state.qubits - BLOCK_BITS)
    width = min(state.qubits, BLOCK_BITS)
    # The smallest position decides how many neighbours may be summed natively.
    fine = min(low) if low else width
    if fine >= NATIVE_BITS:
        sums = block_probabilities(state, fine, threads)
        return _kept(sums, [position - fine for position in positions], state.qubits - fine)
    result = np.zeros((state.batch, 1 << len(high), 1 << len(low)))
    for item in range(state.batch):
        for block in range(1 << state.qubits - width):
            part = slice(block << width, block + 1 << width)
            real, imaginary = (plane[item, part].astype(np.float64) for plane in (state.re, state.im))
            weights = (real * real + imaginary * imaginary)[None]
            place = sum((block >> position & 1) << i for i, position in enumerate(high))
            result[item, place] += _kept(weights, low, width)[0]
    return result.reshape(state.batch, -1)


def _kept(weights: NDArray[np.float64], positions: Sequence[int], bits: int) -> NDArray[np.float64]:
    """Sums weights (batch, 2**bits) over all bits but those at ascending positions."""
    batch = len(weights)
    bounds = [*positions, bits]
    groups = weights.reshape(batch, -1)
    # From the highest kept position down, the bits between two kept ones are one axis.
    shape: list[int] = []
    for i in range(len(positions) - 1, -1, -1):
        shape += [1 << bounds[i + 1] - positions[i] - 1, 2]
    shape.append(1 << (positions[0] if positions else bits))
    axes = tuple(range(1, len(shape) + 1, 2))
    kept: NDArray[np.float64] = groups.reshape(batch, *shape).sum(axis=axes).reshape(batch, -1)
    return kept


def _block_sums(
    left: NativeState, right: NativeState, question: _Question, block_bits: int, threads: int
) -> NDArray[np.float64]:
    """(batch, blocks, 2, lanes): real and imaginary sums of each block and lane."""
    if (left.re.shape, left.precision) != (right.re.shape, right.precision):
        raise ValueError("the states must have the same shape and precision")
    lane_bits = left.target.lane_bits(left.precision)
    if not lane_bits <= block_bits <= left.qubits:
        raise ValueError(f"blocks have between 2**{lane_bits} and 2**{left.qubits} amplitudes")
    flips, signs = question.flips, question.signs
    layout = index_format(left.target, left.precision)
    lanes = np.arange(1 << lane_bits) ^ (flips & (1 << lane_bits) - 1)
    pieces = lanes[:, None] * layout.pieces + np.arange(layout.pieces)
    order = pieces.ravel().astype(f"int{layout.bits}")
    words = np.zeros(OverlapWord.WORDS, dtype=np.int64)
    words[: OverlapWord.FLIP] = [address(plane) for plane in (left.re, left.im, right.re, right.im)]
    words[OverlapWord.FLIP : OverlapWord.EVEN] = [flips >> lane_bits, signs >> lane_bits, 1 << block_bits - lane_bits]
    words[OverlapWord.EVEN :].view(np.float64)[:] = question.even, question.odd
    blocks = left.batch << left.qubits - block_bits
    out = np.zeros((blocks, 2, 1 << lane_bits))
    function = native_overlap(left.compiler, left.target, left.precision)
    places = address(words), address(order), address(out)

    def work(_: int, begin: int, end: int) -> None:
        function(*places, begin, end)

    for_each_unit(work, blocks, threads=threads, seconds_per_unit=_SECONDS_PER_AMPLITUDE * (1 << block_bits))
    return out.reshape(left.batch, -1, 2, 1 << lane_bits)
