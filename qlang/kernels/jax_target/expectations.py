"""Expectation values of Pauli sums of a state, with a derivative that keeps nothing but the state."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from qlang.kernels.jax_target.layout import Layout, OneDevice, partition
from qlang.kernels.observables import PauliSums

Expectations = Callable[[jax.Array], jax.Array]
"""Amplitudes (2^qubits,) → values (observables,)."""


def expectations(sums: PauliSums, layout: Layout) -> Expectations:
    """The values as a function of the state."""
    measure, combine = partial(_values, layout, sums), partial(_combined, layout, sums)
    if not isinstance(layout, OneDevice):
        whole, part = partition(), layout.spec
        measure = jax.shard_map(measure, mesh=layout.mesh, in_specs=part, out_specs=whole, check_vma=False)
        combine = jax.shard_map(combine, mesh=layout.mesh, in_specs=(part, whole), out_specs=part, check_vma=False)

    @jax.custom_vjp
    def values(state: jax.Array) -> jax.Array:
        return measure(state)

    def kept(state: jax.Array) -> tuple[jax.Array, jax.Array]:
        return measure(state), state

    def pulled_back(state: jax.Array, cotangent: jax.Array) -> tuple[jax.Array]:
        return (2 * combine(state, cotangent).conj(),)

    values.defvjp(kept, pulled_back)
    return values


def _terms(sums: PauliSums, dtype: Any) -> dict[str, jax.Array]:
    return {
        "flip": jnp.asarray(sums.flips, jnp.uint32),
        "sign": jnp.asarray(sums.signs, jnp.uint32),
        "factor": jnp.asarray(sums.phases() * sums.coefficients, dtype),
        "output": jnp.asarray(sums.outputs),
    }


def _exchanged(layout: Layout, flip: jax.Array, bit: jax.Array, state: jax.Array) -> jax.Array:
    """The halves of a bit changed over, if it is in the mask."""
    chosen = flip >> lax.convert_element_type(bit, flip.dtype) & 1 == 1
    exchanged: jax.Array = lax.cond(chosen, lambda: layout.exchanged(state, bit), lambda: state)
    return exchanged


def _product(layout: Layout, index: jax.Array, term: dict[str, jax.Array], state: jax.Array) -> jax.Array:
    """The Pauli product, without its factor, on the amplitudes at hand."""
    moved = lax.fori_loop(0, layout.qubits, partial(_exchanged, layout, term["flip"]), state)
    odd = lax.population_count((index ^ term["flip"]) & term["sign"]) & 1
    return jnp.where(odd == 1, -moved, moved)


def _values(layout: Layout, sums: PauliSums, state: jax.Array) -> jax.Array:
    index = layout.index()

    def body(_: None, term: dict[str, jax.Array]) -> tuple[None, jax.Array]:
        return None, (term["factor"] * jnp.vdot(state, _product(layout, index, term, state))).real

    _, values = lax.scan(body, None, _terms(sums, state.dtype))
    return layout.summed(jnp.zeros(sums.count, values.dtype).at[sums.outputs].add(values))


def _combined(layout: Layout, sums: PauliSums, state: jax.Array, weights: jax.Array) -> jax.Array:
    """Σ weight · observable, applied to the state."""
    index = layout.index()

    def body(total: jax.Array, term: dict[str, jax.Array]) -> tuple[jax.Array, None]:
        factor = term["factor"] * weights[term["output"]]
        return total + factor * _product(layout, index, term, state), None

    total, _ = lax.scan(body, jnp.zeros_like(state), _terms(sums, state.dtype))
    return total
