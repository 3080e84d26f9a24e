"""Functions of jobs within other transformations of JAX."""

import math

import numpy as np
import pytest

import qlang as ql

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")

METHODS = ("native", "jax")


@ql.circuit
def woven(a: float, b: float):
    q = ql.qubits(2)
    ql.ry(a, q[0])
    ql.cx(q[0], q[1])
    ql.rx(a * b, q[1])
    ql.rz(math.sin(b), q[0])
    ql.ry(b, q[0])


ONE = ql.job(woven(0.3, 0.7), expect={"e": ql.Z(0) * ql.Z(1) + ql.X(0)})
TWO = ql.job(woven(0.3, 0.7), expect={"e": ql.Z(0) * ql.Z(1) + ql.X(0), "y": ql.Y(1)})
POINT = np.array([0.3, 0.7])


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


@pytest.mark.parametrize("job", [ONE, TWO], ids=["one", "two"])
def test_native_kernels_say_who_has_second_derivatives(job: ql.Job) -> None:
    function = ql.to_jax(job)
    slope = jax.jacrev(function.values)
    points = np.stack([POINT, 2 * POINT])
    seconds = (
        lambda: jax.hessian(function.values)(POINT),
        lambda: jax.jit(jax.jacrev(slope))(POINT),
        lambda: jax.vmap(jax.jacrev(slope))(points),
    )
    for second in seconds:
        with pytest.raises(TypeError, match=r"`ql\.to_jax\(job, method='jax'\)` has them"):
            second()


def test_second_derivatives_are_those_of_differences() -> None:
    function = ql.to_jax(TWO, method="jax")
    step = 1e-5
    slopes = jax.jit(jax.vmap(jax.jacrev(function.values)))(POINT + step * np.array([[1, 0], [0, 1], [-1, 0], [0, -1]]))
    expected = (slopes[:2] - slopes[2:]) / (2 * step)
    assert np.allclose(jax.jit(jax.hessian(function.values))(POINT), np.moveaxis(expected, 0, -1), atol=1e-9)


@ql.circuit
def turned(a: float):
    q = ql.qubits(1)
    ql.ry(a, q[0])


@pytest.mark.parametrize("method", METHODS)
def test_functions_run_without_jit(method: str) -> None:
    function = ql.to_jax(ql.job(turned(0.3), expect={"x": ql.X(0)}), method=method)
    with jax.disable_jit():
        assert float(function(a=0.4)) == pytest.approx(math.sin(0.4), abs=1e-12)
