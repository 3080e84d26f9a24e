"""A circuit's expectation values and state as functions of the job's parameters."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp

from qlang.kernels.expressions import Expressions
from qlang.kernels.gradient import Differentiable, Precision
from qlang.kernels.jax_target.evolve import Evolve, evolution
from qlang.kernels.jax_target.expectations import expectations
from qlang.kernels.jax_target.expressions import evaluate
from qlang.kernels.jax_target.layout import Layout, OneDevice, Sharded
from qlang.kernels.jax_target.native import native_expectations
from qlang.kernels.observables import PauliSums
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, Steps

Method: TypeAlias = Literal["auto", "native", "jax"]
Function: TypeAlias = Callable[[jax.Array], jax.Array]

_COMPLEX = {"float32": jnp.complex64, "float64": jnp.complex128}


@dataclass(frozen=True, eq=False)
class CircuitFunctions:
    """What is computed, and where: `mesh` puts the state over its devices, and takes the method `jax`."""

    steps: Steps
    angles: Expressions
    """The angles of the slots as functions of the parameters."""
    sums: PauliSums
    method: Method = "auto"
    mesh: Any = None
    threads: int = 1
    """Of native kernels; the values are the same for any number."""

    def values(self, precision: Precision) -> Function:
        """Parameters (inputs,) → expectation values (count,)."""
        measure = self._measure(precision)

        def values(inputs: jax.Array) -> jax.Array:
            return measure(self._evaluated(inputs))

        return values

    def state(self, precision: Precision) -> Function:
        """Parameters (inputs,) → amplitudes (2^qubits,), cut over the devices of the mesh where there is one."""
        evolve = self._evolve(precision)

        def state(inputs: jax.Array) -> jax.Array:
            return evolve(self._evaluated(inputs))

        return state

    def _evaluated(self, inputs: jax.Array) -> jax.Array:
        """The angles (slots,).

        A parameter that is not finite makes the global phase NaN, and so all values and derivatives, even where no
        angle needs it: nothing that follows from it may look like a number.
        """
        angles = evaluate(self.angles, inputs)
        return angles.at[GLOBAL_PHASE_SLOT].add((0 * inputs).sum())

    def _measure(self, precision: Precision) -> Function:
        if self.method == "native" or (self.method == "auto" and self.mesh is None and jax.default_backend() == "cpu"):
            native: Function = native_expectations(
                Differentiable(self.steps, self.sums, precision, self.threads), precision
            )
            return native
        evolve, measure = self._evolve(precision), expectations(self.sums, self._layout())
        return lambda angles: measure(evolve(angles))

    def _evolve(self, precision: Precision) -> Evolve:
        return evolution(self.steps, self._layout(), _COMPLEX[precision])

    def _layout(self) -> Layout:
        return OneDevice(self.steps.qubits) if self.mesh is None else Sharded(self.steps.qubits, self.mesh)
