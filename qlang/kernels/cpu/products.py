"""Product states: written whole, or by wires that join a state, as their products with it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.cpu.memory import address, pages
from qlang.kernels.cpu.native import address_of, join, product
from qlang.kernels.cpu.sequence import Call
from qlang.kernels.cpu.threads import PIECE_SECONDS, for_each_unit

if TYPE_CHECKING:
    from qlang.kernels.cpu.state import NativeState

SMALL_BITS, LEAST_LOW_BITS, MOST_LOW_BITS = 12, 8, 12
"""A product state of more than SMALL_BITS positions is written as products of a vector of the lower half of the
positions, within these limits, with one number for each index of the others."""
_SECONDS_PER_BYTE = 2e-10
_THREAD_SECONDS = 4e-3
"""Writing that takes less at the very most (20 MB, which caches take at ten times the pace) is not worth waking threads
for."""
_CHUNK_BYTES = 4096
"""Of a plane: a piece of the state that stays in the first-level cache while its multiples are written."""


class ProductWriter:
    """Writes one product state for each item of a batch, as often as needed; tables are worked out once."""

    __slots__ = ("_calls", "_kept", "_seconds", "_small", "_units", "_write")

    def __init__(self, state: NativeState, factors: NDArray[np.complex128], size: int) -> None:
        """`factors` (1 or batch, size or more, 2), by position, of which the positions 0…size−1 are written: the first
        2^size amplitudes. The state's planes are kept in use."""
        real, imaginary = state.re, state.im
        factors = factors[:, :size]
        self._kept: list[NDArray[Any]] = [real, imaginary]
        low = min(max(size // 2, LEAST_LOW_BITS), MOST_LOW_BITS)
        self._small = _small_product(factors, real.dtype) if size <= SMALL_BITS else None
        self._write = product(state.compiler, state.target, state.precision)
        self._calls: list[tuple[int, int, int, int, int]] = []
        self._units, self._seconds = 0, _SECONDS_PER_BYTE * 2 * (real.itemsize << low)
        if self._small is None:
            self._units = 1 << size - low
            base = _planar(_outer(factors[:, :low]), real.dtype)
            scale = _interleaved(_outer(factors[:, low:]), real.dtype)
            self._kept += [base, scale]
            stride, first = real.itemsize << state.qubits, (address(real), address(imaginary))
            for item in range(state.batch):
                given = item % len(factors)
                tables = address(base) + given * base.strides[0], address(scale) + given * scale.strides[0]
                planes_ = first[0] + item * stride, first[1] + item * stride
                self._calls.append((*planes_, tables[0], real.itemsize << low, tables[1]))

    def write(self, threads: int = 1) -> None:
        """Writes the states."""
        if self._small is not None:
            for plane, values in zip(self._kept[:2], self._small, strict=True):
                np.copyto(plane[:, : values.shape[1]], values)
        for call in self._calls:
            _in_pieces(self._write, call, self._units, self._seconds, threads)

    def calls(self, threads: int) -> list[Call]:
        """The native calls that do the same, if one thread makes them; none, if `write` has to be called."""
        if self._small is None:
            return _whole(self._write, self._calls, self._units, self._seconds, threads)
        move, found = address_of(ctypes.memmove), []
        for plane, values in zip(self._kept, self._small, strict=False):
            size = values.strides[0]
            for item in range(len(plane)):
                source = address(values) + item % len(values) * size
                found.append(
                    Call(move, (address(plane) + item * plane.strides[0], source, size), _SECONDS_PER_BYTE * size)
                )
        return found


class Joiner:
    """Doubles a batch of states for each wire that joins, as often as needed: the products of the first 2^before
    amplitudes with the wires' factors become the first 2^after. Every amplitude is read before it is written over."""

    __slots__ = ("_calls", "_join", "_kept", "_seconds", "_units")

    def __init__(self, state: NativeState, factors: NDArray[np.complex128], before: int, after: int) -> None:
        """`factors` (1 or batch, after or more, 2), by position. The state's planes are kept in use."""
        real, imaginary = state.re, state.im
        table = _interleaved(_outer(factors[:, before:after]), real.dtype)
        self._kept = (real, imaginary, table)
        self._join = join(state.compiler, state.target, state.precision)
        stride, chunk = real.itemsize << before, min(real.itemsize << before, _CHUNK_BYTES)
        self._units = stride // chunk
        self._seconds = _SECONDS_PER_BYTE * 2 * (chunk << after - before)
        self._calls = []
        for item in range(state.batch):
            offset = item * (real.itemsize << state.qubits)
            own = address(table) + item % len(table) * table.strides[0]
            self._calls.append(
                (address(real) + offset, address(imaginary) + offset, chunk, own, stride, 1 << after - before)
            )

    def write(self, threads: int = 1) -> None:
        """Lets the wires join."""
        for call in self._calls:
            _in_pieces(self._join, call, self._units, self._seconds, threads)

    def calls(self, threads: int) -> list[Call]:
        """The native calls that do the same, if one thread makes them; none, if `write` has to be called."""
        return _whole(self._join, self._calls, self._units, self._seconds, threads)


def _at_once(seconds: float, threads: int) -> bool:
    """Whether one thread writes a state without a pause."""
    return seconds < (_THREAD_SECONDS if threads > 1 else PIECE_SECONDS)


def _whole(
    function: Callable[..., Any], calls: Sequence[tuple[int, ...]], units: int, seconds_per_unit: float, threads: int
) -> list[Call]:
    """Calls of native code for all units of each state, if that is done at once."""
    seconds = units * seconds_per_unit
    if not _at_once(seconds, threads):
        return []
    return [Call(address_of(function), (*call, 0, units), seconds) for call in calls]


def _in_pieces(
    function: Callable[..., Any], call: tuple[int, ...], units: int, seconds_per_unit: float, threads: int
) -> None:
    """Calls native code for the units of a state, from several threads where that is worth it."""
    if _at_once(units * seconds_per_unit, threads):
        function(*call, 0, units)
        return

    def work(_: int, begin: int, end: int) -> None:
        function(*call, begin, end)

    for_each_unit(work, units, threads=threads, seconds_per_unit=seconds_per_unit)


def _small_product(vectors: NDArray[np.complex128], dtype: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """All items at once, from the products of the lower and of the upper half of the positions."""
    middle = vectors.shape[1] // 2
    low, high = _outer(vectors[:, :middle])[:, None, :], _outer(vectors[:, middle:])[:, :, None]
    whole = (high * low).reshape(len(vectors), -1)
    return whole.real.astype(dtype), whole.imag.astype(dtype)


def _outer(factors: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Product vectors (batch, 2^m) of one-qubit states (batch, m, 2); the first one is bit 0.

    Neighbours are multiplied first: few operations on whole arrays.
    """
    batch, count = factors.shape[:2]
    vectors = [factors[:, position] for position in range(count)] or [np.ones((batch, 1), dtype=np.complex128)]
    while len(vectors) > 1:
        pairs = [
            (high[:, :, None] * low[:, None, :]).reshape(batch, -1)
            for low, high in zip(vectors[::2], vectors[1::2], strict=False)
        ]
        vectors = pairs + vectors[2 * len(pairs) :]
    return vectors[0]


def _planar(vectors: NDArray[np.complex128], dtype: np.dtype[Any]) -> NDArray[Any]:
    """(batch, 2, 2^m), aligned for vectors."""
    batch, size = vectors.shape
    area = pages(2 * batch * size * dtype.itemsize).view(dtype).reshape(batch, 2, size)
    area[:, 0], area[:, 1] = vectors.real, vectors.imag
    return area


def _interleaved(vectors: NDArray[np.complex128], dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(vectors).view(np.float64).astype(dtype)
