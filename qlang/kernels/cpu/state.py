"""The state of a native run: amplitudes by physical index, real and imaginary numbers in planes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.cpu.compiler import Compiler, shared_compiler
from qlang.kernels.cpu.host import Precision, Target, host_target
from qlang.kernels.cpu.memory import address, pages, planes
from qlang.kernels.cpu.native import product
from qlang.kernels.cpu.threads import for_each_unit

LOW_BITS = 12
"""A product state is written as products of a vector of these positions with one number for the others."""
_SECONDS_PER_BYTE = 2e-10


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
        vectors = np.asarray(factors, dtype=np.complex128)
        if self.qubits <= LOW_BITS:
            self._set_small_product(vectors)
            return
        low = LOW_BITS
        write = product(self.compiler, self.target, self.precision)
        size = self.re.itemsize
        for item in range(self.batch):
            given = vectors[item % len(vectors)]
            base = _planar(_outer(given[None, :low])[0], self.re.dtype)
            scale = _interleaved(_outer(given[None, low:])[0], self.re.dtype)

            def work(_: int, begin: int, end: int, item: int = item, base: Any = base, scale: Any = scale) -> None:
                planes_ = address(self.re[item]), address(self.im[item])
                write(*planes_, address(base), size << low, address(scale), begin, end)

            seconds = _SECONDS_PER_BYTE * 2 * (size << low)
            for_each_unit(work, 1 << self.qubits - low, threads=threads, seconds_per_unit=seconds)

    def _set_small_product(self, vectors: NDArray[np.complex128]) -> None:
        """All items at once, from the products of the lower and of the upper half of the positions."""
        middle = self.qubits // 2
        low, high = _outer(vectors[:, :middle])[:, None, :], _outer(vectors[:, middle:])[:, :, None]
        shape = self.batch, 1 << self.qubits - middle, 1 << middle
        real, imaginary = self.re.reshape(shape), self.im.reshape(shape)
        np.multiply(high.real, low.real, out=real, casting="same_kind")
        np.multiply(high.real, low.imag, out=imaginary, casting="same_kind")
        real -= high.imag * low.imag
        imaginary += high.imag * low.real

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


def _outer(factors: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Product vectors (batch, 2^m) of one-qubit states (batch, m, 2); the first one is bit 0."""
    vectors = np.ones((len(factors), 1), dtype=np.complex128)
    for position in range(factors.shape[1]):
        vectors = (factors[:, position, :, None] * vectors[:, None, :]).reshape(len(factors), -1)
    return vectors


def _planar(vector: NDArray[np.complex128], dtype: np.dtype[Any]) -> NDArray[Any]:
    area = pages(2 * len(vector) * dtype.itemsize).view(dtype).reshape(2, -1)
    area[0], area[1] = vector.real, vector.imag
    return area


def _interleaved(vector: NDArray[np.complex128], dtype: np.dtype[Any]) -> NDArray[Any]:
    return vector.view(np.float64).astype(dtype)
