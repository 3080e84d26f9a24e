"""The state of a native run: amplitudes by physical index, real and imaginary numbers in planes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.cpu.compiler import Compiler, shared_compiler
from qlang.kernels.cpu.host import Precision, Target, host_target
from qlang.kernels.cpu.memory import address, pages, planes
from qlang.kernels.cpu.native import product
from qlang.kernels.cpu.threads import PIECE_SECONDS, for_each_unit

SMALL_BITS, LEAST_LOW_BITS, MOST_LOW_BITS = 12, 8, 12
"""A product state of more than SMALL_BITS positions is written as products of a vector of the lower half of the
positions, within these limits, with one number for each index of the others."""
_SECONDS_PER_BYTE = 2e-10
_THREAD_SECONDS = 4e-3
"""Writing that takes less at the very most (20 MB, which caches take at ten times the pace) is not worth waking threads
for."""


@dataclass(frozen=True, eq=False, slots=True)
class NativeState:
    """A batch of states side by side. Bit p of an index is position p; no frame and no phase is applied here."""

    qubits: int
    precision: Precision
    re: NDArray[Any]
    """(batch, 2**qubits) float32 or float64."""
    im: NDArray[Any]
    target: Target
    compiler: Compiler
    prepared: list[Any] = field(default_factory=list, repr=False)
    """What the runner knows of the program that ran here last."""

    @classmethod
    def empty(
        cls,
        qubits: int,
        precision: Precision = "float64",
        batch: int = 1,
        *,
        target: Target | None = None,
        compiler: Compiler | None = None,
    ) -> NativeState:
        """Zeros (no state yet). Memory is taken as it is written: 8 (float32) or 16 bytes for each amplitude.

        Raises ValueError for fewer qubits than a vector has lanes, and MemoryError.
        """
        target = target or host_target()
        if qubits < target.lane_bits(precision):
            raise ValueError(f"a state has at least the {target.lane_bits(precision)} qubits of a vector")
        real, imaginary = planes(batch, 1 << qubits, np.dtype(precision))
        return cls(qubits, precision, real, imaginary, target, compiler or shared_compiler())

    @property
    def batch(self) -> int:
        """How many states there are."""
        return int(self.re.shape[0])

    def like(self) -> NativeState:
        """Zeros of the same shape."""
        return NativeState.empty(self.qubits, self.precision, self.batch, target=self.target, compiler=self.compiler)

    def copy(self) -> NativeState:
        """The same amplitudes in memory of their own."""
        other = self.like()
        np.copyto(other.re, self.re)
        np.copyto(other.im, self.im)
        return other

    def set_basis(self, index: int = 0) -> None:
        """Every state becomes |index⟩."""
        self.re[:] = 0
        self.im[:] = 0
        self.re[:, index] = 1

    def set_product(self, factors: ArrayLike, threads: int = 1) -> None:
        """States become products of one-qubit states: `factors` (1 or batch, qubits, 2) complex, by position."""
        ProductWriter(self, np.asarray(factors, dtype=np.complex128)).write(threads)

    def set_amplitudes(self, vectors: ArrayLike) -> None:
        """Every state becomes the given vector: (2**qubits,) or (batch, 2**qubits) complex."""
        given = np.asarray(vectors)
        self.re[:] = given.real
        self.im[:] = given.imag

    def amplitudes(self, indices: ArrayLike | None = None) -> NDArray[np.complex128]:
        """Amplitudes (batch, len(indices)) at physical indices, or all of them (batch, 2**qubits)."""
        chosen: Any = slice(None) if indices is None else np.asarray(indices, dtype=np.int64)
        real = self.re[:, chosen]
        result = np.empty(real.shape, dtype=np.complex128)
        result.real = real
        result.imag = self.im[:, chosen]
        return result

    def scale(self, factors: float | Sequence[float]) -> None:
        """Multiplies the states by real numbers: one, or one for each."""
        numbers = np.broadcast_to(np.asarray(factors, dtype=self.re.dtype), (self.batch,))[:, None]
        np.multiply(self.re, numbers, out=self.re)
        np.multiply(self.im, numbers, out=self.im)

    def project(self, position: int, outcome: int, item: int | None = None) -> None:
        """Amplitudes whose bit is not the outcome become 0, in one item or in all; nothing is normalised."""
        items = slice(None) if item is None else slice(item, item + 1)
        for plane in (self.re, self.im):
            plane[items].reshape(-1, 2, 1 << position)[:, 1 - outcome] = 0


class ProductWriter:
    """Writes one product state for each item of a batch, as often as needed; tables are worked out once."""

    __slots__ = ("_calls", "_kept", "_small", "_units", "_write")

    def __init__(self, state: NativeState, factors: NDArray[np.complex128]) -> None:
        """`factors` (1 or batch, qubits, 2), by position. The state's planes are kept in use."""
        real, imaginary = state.re, state.im
        self._kept: list[NDArray[Any]] = [real, imaginary]
        low = min(max(state.qubits // 2, LEAST_LOW_BITS), MOST_LOW_BITS)
        self._small = _small_product(state, factors) if state.qubits <= SMALL_BITS else None
        self._write = product(state.compiler, state.target, state.precision)
        self._calls: list[tuple[int, int, int, int, int]] = []
        self._units = 0
        if self._small is None:
            self._units = 1 << state.qubits - low
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
                np.copyto(plane, values)
        for call in self._calls:
            self._write_item(call, threads)

    def _write_item(self, call: tuple[int, int, int, int, int], threads: int) -> None:
        seconds = _SECONDS_PER_BYTE * 2 * call[3]
        if self._units * seconds < (_THREAD_SECONDS if threads > 1 else PIECE_SECONDS):
            self._write(*call, 0, self._units)
            return

        def work(_: int, begin: int, end: int) -> None:
            self._write(*call, begin, end)

        for_each_unit(work, self._units, threads=threads, seconds_per_unit=seconds)


def _small_product(state: NativeState, vectors: NDArray[np.complex128]) -> tuple[NDArray[Any], NDArray[Any]]:
    """All items at once, from the products of the lower and of the upper half of the positions."""
    middle = state.qubits // 2
    low, high = _outer(vectors[:, :middle])[:, None, :], _outer(vectors[:, middle:])[:, :, None]
    whole = (high * low).reshape(len(vectors), -1)
    dtype = state.re.dtype
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
