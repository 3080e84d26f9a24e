"""Expectation values as a function of the angles that runs on the native kernels, called from within JAX programs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qlang.kernels.gradient import Differentiable


def native_expectations(circuit: Differentiable, dtype: Any) -> Any:
    """Angles (slots,) → values (count,); `dtype` is that of both. The derivative is the adjoint one.

    Batches by `vmap` are one call. With one observable the gradient comes with the value, in one walk. Derivatives of
    gradients raise TypeError.
    """
    slots, count = circuit.steps.slot_count, circuit.sums.count
    shaped: Any = jax.ShapeDtypeStruct  # without types in JAX
    value_shape, one_shape, slope_shape = shaped((count,), dtype), shaped((), dtype), shaped((slots,), dtype)

    def host_values(angles: Any) -> Any:
        rows = _rows(angles)
        return circuit.values(rows).reshape(*np.shape(angles)[:-1], count).astype(dtype)

    def host_gradients(angles: Any, weights: Any) -> Any:
        values, slopes = circuit.gradients(_rows(angles), _rows(weights))
        batch = np.shape(angles)[:-1]
        return values.reshape(batch).astype(dtype), slopes.reshape(*batch, slots).astype(dtype)

    @_first_order
    def measured(angles: jax.Array) -> Any:
        return jax.pure_callback(host_values, value_shape, angles, vmap_method="broadcast_all")

    @_first_order
    def sloped(angles: jax.Array, weights: jax.Array) -> Any:
        both = (one_shape, slope_shape)
        return jax.pure_callback(host_gradients, both, angles, weights, vmap_method="broadcast_all")

    def kept(angles: jax.Array) -> tuple[Any, Any]:
        if count > 1:
            return measured(angles), angles
        value, slope = sloped(angles, jnp.ones(1, dtype))
        return value[None], slope

    def pulled_back(kept: Any, cotangent: jax.Array) -> tuple[Any]:
        return (kept * cotangent[0] if count == 1 else sloped(kept, cotangent)[1],)

    values = jax.custom_vjp(measured)
    values.defvjp(kept, pulled_back)
    return values


def _first_order(called: Callable[..., Any]) -> Any:
    """A call of native kernels within a derivative, which has none itself. Raises TypeError where one is asked for."""

    def refused(_primals: Any, _tangents: Any) -> Any:
        raise TypeError("native kernels have no derivatives of gradients: `ql.to_jax(job, method='jax')` has them")

    found: Any = jax.custom_jvp(called)
    found.defjvp(refused)
    return found


def _rows(array: Any) -> Any:
    """As a batch of rows in double precision."""
    return np.asarray(array, dtype=np.float64).reshape(-1, np.shape(array)[-1])
