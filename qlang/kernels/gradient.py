"""Expectation values and adjoint gradients of a circuit for batches of angles, on the fastest target that there is."""

from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.adjoint import adjoint_gradient, expectation_values, state_after
from qlang.kernels.observables import PauliSums
from qlang.kernels.pauli_layers import PatternTooWide
from qlang.kernels.steps import Steps

Precision: TypeAlias = Literal["float32", "float64"]
Reals: TypeAlias = NDArray[np.float64]

_COMPLEX = {"float32": np.complex64, "float64": np.complex128}


class Executor(Protocol):
    """Values and gradients for one row of angles."""

    def values(self, angles: Reals) -> Reals:
        """Values (count,) for angles (slots,)."""

    def gradient(self, angles: Reals, weights: Reals) -> tuple[float, Reals]:
        """Σ weight · value and its derivatives (slots,), for angles (slots,) and weights (count,)."""


@dataclass(frozen=True, eq=False)
class Reference:
    """In NumPy, see `qlang.kernels.adjoint`."""

    steps: Steps
    sums: PauliSums
    precision: Precision

    def values(self, angles: Reals) -> Reals:
        """See `Executor`."""
        return expectation_values(state_after(self.steps, angles, _COMPLEX[self.precision]), self.sums)

    def gradient(self, angles: Reals, weights: Reals) -> tuple[float, Reals]:
        """See `Executor`."""
        values, gradient = adjoint_gradient(self.steps, angles, self.sums, weights, _COMPLEX[self.precision])
        return float(values @ weights), gradient


@dataclass(frozen=True, eq=False)
class Differentiable:
    """Observables of a circuit as functions of the angles of its steps; no derivative by the global phase.

    Keeps the memory of two states once it was used. Angles that are not finite give NaN.
    """

    steps: Steps
    sums: PauliSums
    precision: Precision = "float64"
    threads: int = 1
    native: bool = field(default_factory=lambda: find_spec("llvmlite") is not None)
    """Whether compiled kernels run; else NumPy."""

    @cached_property
    def executor(self) -> Executor:
        """What runs: NumPy also where a phase acts on a pattern of very many qubits."""
        if self.native:
            from qlang.kernels.cpu.adjoint import NativeAdjoint

            try:
                return NativeAdjoint(self.steps, self.sums, self.precision, self.threads)
            except PatternTooWide:
                pass
        return Reference(self.steps, self.sums, self.precision)

    def values(self, angles: Reals) -> Reals:
        """Values (batch, count) for angles (batch, slots)."""
        found = np.full((len(angles), self.sums.count), np.nan)
        for item in _finite(angles):
            found[item] = self.executor.values(angles[item])
        return found

    def gradients(self, angles: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Σ weight · value (batch,), and its derivatives (batch, slots), for weights (batch, count)."""
        values, gradients = np.full(len(angles), np.nan), np.full((len(angles), self.steps.slot_count), np.nan)
        for item in _finite(angles):
            values[item], gradients[item] = self.executor.gradient(angles[item], weights[item])
        return values, gradients


def _finite(angles: Reals) -> list[int]:
    """The rows that are finite."""
    return [int(item) for item in np.flatnonzero(np.isfinite(angles).all(axis=1))]
