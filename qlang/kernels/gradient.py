"""Expectation values and adjoint gradients of a circuit for batches of angles, on the fastest target that there is."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.adjoint import adjoint_gradient, expectation_values, state_after
from qlang.kernels.observables import PauliSums
from qlang.kernels.steps import Steps

Precision: TypeAlias = Literal["float32", "float64"]
Reals: TypeAlias = NDArray[np.float64]

_COMPLEX = {"float32": np.complex64, "float64": np.complex128}


@dataclass(frozen=True, eq=False)
class Differentiable:
    """Observables of a circuit as functions of the angles of its steps."""

    steps: Steps
    sums: PauliSums
    precision: Precision = "float64"

    def values(self, angles: Reals) -> Reals:
        """Values (batch, count) for angles (batch, slots); NaN for angles that are not finite."""
        found = np.full((len(angles), self.sums.count), np.nan)
        for item, row in enumerate(angles):
            if np.isfinite(row).all():
                state = state_after(self.steps, row, _COMPLEX[self.precision])
                found[item] = expectation_values(state, self.sums)
        return found

    def gradients(self, angles: Reals, weights: Reals) -> tuple[Reals, Reals]:
        """Values (batch, count), and the derivatives (batch, slots) of Σ weight · value, for weights (batch, count).

        NaN for angles that are not finite.
        """
        values = np.full((len(angles), self.sums.count), np.nan)
        gradients = np.full((len(angles), self.steps.slot_count), np.nan)
        for item, (row, weight) in enumerate(zip(angles, weights, strict=True)):
            if np.isfinite(row).all():
                found = adjoint_gradient(self.steps, row, self.sums, weight, _COMPLEX[self.precision])
                values[item], gradients[item] = found
        return values, gradients
