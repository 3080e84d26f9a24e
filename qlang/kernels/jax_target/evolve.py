"""The state after a circuit as a pure function of the angles: one scan over the steps, forwards and backwards.

Every step is ψ'[j] = α(b) ψ[j] + β(b) ψ[j ^ m], where m is one bit and b a parity or a pattern of j. So the body of
the scan is the same for all, and the program that XLA compiles has the same size for 10 steps and for 10,000.

The derivative runs the steps backwards (Jones, Gacon, arXiv:2009.02823): dU/dθ U† = K has the same form as U, so each
step gives Re Σ ct · (K ψ) and is then undone on ψ and on the cotangent; memory does not grow with the steps.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qlang.kernels.jax_target.layout import Layout, OneDevice, partition
from qlang.kernels.steps import GLOBAL_PHASE_SLOT, StepKind, Steps

Evolve: TypeAlias = Callable[[jax.Array], jax.Array]
"""Angles (slots,) → amplitudes (2^qubits,)."""

_Tables: TypeAlias = dict[str, np.ndarray[Any, Any]]
_Row: TypeAlias = dict[str, jax.Array]

MOST_QUBITS = 31
"""Indices are unsigned 32-bit integers, and XLA counts elements by signed ones."""


def structure(steps: Steps) -> _Tables:
    """What does not depend on angles: `flip` (the bit m, or −1), `mask`, `value` and `pattern` of b, `kind`, `slot`.

    A SWAP is three CX.
    """
    copies = np.where(_is(steps.kinds, "SWAP"), 3, 1)
    kinds, first, second, slots = (
        np.repeat(each, copies) for each in (steps.kinds, steps.first, steps.second, steps.slots)
    )
    middle = np.flatnonzero(_is(kinds, "SWAP"))[1::3]
    first[middle], second[middle] = second[middle], first[middle]
    kinds[_is(kinds, "SWAP")] = StepKind.CX
    phases = _is(kinds, "PARITY", "PATTERN")
    flip = np.select([_is(kinds, "ROTATION", "X"), _is(kinds, "CX")], [first, second], -1)
    mask = np.where(phases, first, np.where(_is(kinds, "X"), 0, np.left_shift(1, np.where(phases, 0, first))))
    return {
        "flip": flip.astype(np.int32),
        "mask": mask.astype(np.uint32),
        "value": np.where(_is(kinds, "PATTERN"), second, 0).astype(np.uint32),
        "pattern": _is(kinds, "PATTERN", "X"),  # X is a pattern without bits, which every index has
        "kind": kinds.astype(np.int32),
        "slot": slots,
    }


def _is(kinds: Any, *names: str) -> Any:
    return np.isin(kinds, [StepKind[name] for name in names])


def evolution(steps: Steps, layout: Layout, dtype: Any) -> Evolve:
    """The function of the angles, whose derivative is the adjoint one; `dtype` is that of the amplitudes.

    Raises ValueError for more than `MOST_QUBITS` qubits.
    """
    if steps.qubits > MOST_QUBITS:
        raise ValueError(f"{steps.qubits} qubits; the JAX target has at most {MOST_QUBITS}")
    tables = structure(steps)
    forward, backward = _placed(layout, partial(_forward, layout, tables, dtype), partial(_backward, layout, tables))

    @jax.custom_vjp
    def evolve(angles: jax.Array) -> jax.Array:
        after: jax.Array = forward(angles)
        return after

    def kept(angles: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        state = forward(angles)
        return state, (angles, state)

    def pulled_back(residuals: tuple[jax.Array, jax.Array], cotangent: jax.Array) -> tuple[jax.Array]:
        angles, state = residuals
        return (backward(angles, state, cotangent),)

    evolve.defvjp(kept, pulled_back)
    return evolve


def _placed(layout: Layout, forward: Any, backward: Any) -> tuple[Any, Any]:
    """The functions of parts, as functions of whole states."""
    if isinstance(layout, OneDevice):
        return forward, backward
    whole, part = partition(), layout.spec
    return (
        jax.shard_map(forward, mesh=layout.mesh, in_specs=whole, out_specs=part, check_vma=False),
        jax.shard_map(backward, mesh=layout.mesh, in_specs=(whole, part, part), out_specs=whole, check_vma=False),
    )


def _forward(layout: Layout, tables: _Tables, dtype: Any, angles: jax.Array) -> jax.Array:
    index = layout.index()
    phase = jnp.exp(1j * angles[GLOBAL_PHASE_SLOT])
    start = jnp.where(index == 0, phase, 0 * phase).astype(dtype)  # all NaN, if the phase is

    def body(state: jax.Array, row: _Row) -> tuple[jax.Array, None]:
        bit = _bit(row, index)

        def moved() -> jax.Array:
            return _applied(row, bit, state, layout.exchanged(state, row["flip"]))

        return lax.cond(row["flip"] < 0, lambda: _applied(row, bit, state), moved), None

    state, _ = lax.scan(body, start, _coefficients(tables, angles, dtype))
    return state


def _backward(layout: Layout, tables: _Tables, angles: jax.Array, state: jax.Array, cotangent: jax.Array) -> jax.Array:
    """Derivatives by the angles (slots,)."""
    index = layout.index()
    undo = _coefficients(tables, -angles, state.dtype)
    rates = _generators(tables, state.dtype)

    def body(pair: jax.Array, rows: tuple[_Row, _Row]) -> tuple[jax.Array, jax.Array]:
        """`pair` is ψ and conj ct."""
        inverse, rate = rows
        bit = _bit(inverse, index)

        def kept() -> tuple[jax.Array, jax.Array]:
            return _applied(inverse, bit, pair), jnp.vdot(pair[1], _applied(rate, bit, pair[0])).real

        def moved() -> tuple[jax.Array, jax.Array]:
            partner = layout.exchanged(pair, inverse["flip"])
            slope = jnp.vdot(pair[1], _applied(rate, bit, pair[0], partner[0])).real
            return _applied(inverse, bit, pair, partner), slope

        undone: tuple[jax.Array, jax.Array] = lax.cond(inverse["flip"] < 0, kept, moved)
        return undone

    pair = jnp.stack([state, cotangent.conj()])
    _, slopes = lax.scan(body, pair, (undo, rates), reverse=True)
    angled = tables["slot"] >= 0
    gradient = jnp.zeros(angles.shape, angles.dtype).at[tables["slot"][angled]].add(slopes[angled])
    phase = -jnp.vdot(pair[1], state).imag  # of i ψ
    return layout.summed(gradient.at[GLOBAL_PHASE_SLOT].add(phase))


def _coefficients(tables: _Tables, angles: jax.Array, dtype: Any) -> _Row:
    """α and β of every step for both values of its bit, beside the structure."""
    kinds = tables["kind"]
    half = jnp.where(tables["slot"] >= 0, angles[np.maximum(tables["slot"], 0)], 0) / 2
    cosine, sine = jnp.cos(half), jnp.sin(half)
    turn = cosine + 1j * sine
    rotation, parity, pattern = (_is(kinds, name) for name in ("ROTATION", "PARITY", "PATTERN"))
    moves = _is(kinds, "CX", "X").astype(float)
    keep = {
        "same0": jnp.where(rotation, cosine, jnp.where(parity, turn.conj(), 1)),
        "same1": jnp.where(
            rotation,
            cosine,
            jnp.where(parity, turn, jnp.where(pattern, turn * turn, jnp.where(_is(kinds, "Z"), -1, 1 - moves))),
        ),
        "other0": jnp.where(rotation, -sine, 0),
        "other1": jnp.where(rotation, sine, moves),
    }
    fixed = {name: jnp.asarray(tables[name]) for name in ("flip", "mask", "value", "pattern")}
    return fixed | {name: values.astype(dtype) for name, values in keep.items()}


def _generators(tables: _Tables, dtype: Any) -> _Row:
    """α and β of K = dU/dθ U†."""
    rotation, parity, pattern = (_is(tables["kind"], name) for name in ("ROTATION", "PARITY", "PATTERN"))
    rates = {
        "same0": np.where(parity, -0.5j, 0),
        "same1": np.where(parity, 0.5j, np.where(pattern, 1j, 0)),
        "other0": np.where(rotation, -0.5, 0),
        "other1": np.where(rotation, 0.5, 0),
    }
    return {name: jnp.asarray(values, dtype) for name, values in rates.items()}


def _bit(row: _Row, index: jax.Array) -> jax.Array:
    """The bit of every amplitude at hand."""
    odd = lax.population_count(index & row["mask"]) & 1 == 1
    return jnp.where(row["pattern"], index & row["mask"] == row["value"], odd)


def _applied(row: _Row, bit: jax.Array, state: jax.Array, partner: jax.Array | None = None) -> jax.Array:
    """α ψ[j] + β ψ[j ^ m] at every index at hand; without a partner there is no m."""
    same = jnp.where(bit, row["same1"], row["same0"]) * state
    return same if partner is None else same + jnp.where(bit, row["other1"], row["other0"]) * partner
