"""The state of a native run: amplitudes by physical index, real and imaginary numbers in planes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qlang.kernels.cpu.compiler import Compiler, shared_compiler
from qlang.kernels.cpu.host import Precision, Target, host_target
from qlang.kernels.cpu.memory import planes
from qlang.kernels.cpu.products import ProductWriter


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
        ProductWriter(self, np.asarray(factors, dtype=np.complex128), self.qubits).write(threads)

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
