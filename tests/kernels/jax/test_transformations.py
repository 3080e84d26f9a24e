"""Functions of jobs within other transformations of JAX."""

import math

import numpy as np
import pytest

import qlang as ql

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

METHODS = ("native", "jax")


@ql.circuit
def steady(turn: float, unread: float):
    q = ql.qubits(2)
    ql.ry(turn, q[0])
    ql.rz(0.4 if unread > 0 else 0.8, q[0])
    ql.cx(q[0], q[1])
    ql.gphase(1.0)


@pytest.mark.parametrize("method", METHODS)
def test_a_number_that_is_not_finite_spreads_to_everything_even_where_no_angle_needs_it(method: str) -> None:
    job = ql.job(steady(0.3, 0.1), expect={"z": ql.Z(0) * ql.Z(1), "x": ql.X(0)})
    function = ql.to_jax(job, method=method)
    values = jax.jit(lambda turn, unread: function.values(turn=turn, unread=unread))
    slopes = jax.jit(jax.jacrev(values, argnums=(0, 1)))
    amplitudes = jax.jit(lambda unread: function.state(unread=unread))
    assert np.isfinite(values(0.3, 0.1)).all()
    assert np.isfinite(slopes(0.3, 0.1)).all()
    assert np.isfinite(amplitudes(0.1)).all()
    for bad in (math.nan, math.inf, -math.inf):
        assert np.isnan(values(0.3, bad)).all()
        assert np.isnan(slopes(0.3, bad)).all()
        assert np.isnan(amplitudes(bad)).all()
    rows = jax.vmap(values, in_axes=(None, 0))(0.3, jnp.array([math.nan, 0.1]))
    assert np.isnan(rows[0]).all()
    assert np.isfinite(rows[1]).all()
