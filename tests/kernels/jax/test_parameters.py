"""What functions of `ql.to_jax` take as parameters, and what they refuse."""

from fractions import Fraction

import numpy as np
import pytest

import qlang as ql

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")


@ql.circuit
def three(angles: ql.Array[float, 2], idle: float, chosen: float):
    q = ql.qubits(2)
    ql.ry(angles[0, 0] + angles[1, 2] * idle, q[0])
    ql.rz(max(0.5, chosen), q[0])
    ql.cx(q[0], q[1])
    ql.rx(angles[0, 1] if chosen > 0 else angles[1, 0], q[1])


@ql.circuit
def square(angles: ql.Array[float, 2]):
    q = ql.qubits(1)
    ql.ry(angles[0, 1], q[0])
    ql.rx(angles[1, 2], q[0])


THREE = ql.job(three(np.full((2, 3), 0.3), 0.1, 0.2), expect={"z": ql.Z(1)})
SQUARE = ql.job(square(np.full((2, 3), 0.3)), expect={"z": ql.Z(0)})


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (1 + 2j, "complex"),
        (np.array(1 + 2j), "complex128"),
        ("0.3", "str"),
        (np.array("0.3"), "<U3"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_real_number_is_refused(bad: object, kind: str) -> None:
    function = ql.to_jax(THREE)
    with pytest.raises(TypeError, match=f"'chosen' is of type {kind}: parameters are real numbers"):
        function(chosen=bad)


def test_complex_numbers_are_refused_under_transformations_too() -> None:
    function = ql.to_jax(SQUARE)
    with pytest.raises(TypeError, match="'angles' is of type complex128: parameters are real numbers"):
        jax.jit(function)(jnp.full(6, 1 + 2j))
    with pytest.raises(TypeError, match="'angles' is of type complex128: parameters are real numbers"):
        function([0.1, 0.2, 0.3, 0.4, 0.5, 0.6j])


def test_every_kind_of_real_number_is_taken() -> None:
    function = ql.to_jax(THREE)
    expected = float(function(chosen=1.0, idle=0.0))
    for one in (1, True, Fraction(1), np.int8(1), np.float32(1), jnp.bfloat16(1), np.array(1.0)):
        assert float(function(chosen=one, idle=0)) == pytest.approx(expected, abs=1e-12)
    assert float(function(angles=[[0.3, jnp.array(0.3), 0.3]] * 2)) == pytest.approx(float(function()), abs=1e-12)


def test_one_array_has_all_parameters_in_a_row_or_the_shape_of_the_only_one() -> None:
    alone, of_three = ql.to_jax(SQUARE), ql.to_jax(THREE)
    angles = np.linspace(0.1, 0.9, 6).reshape(2, 3)
    assert float(alone(angles)) == float(alone(angles.ravel())) == float(alone(angles=angles))
    with pytest.raises(ValueError, match=r"one array have the shape \(6,\), and \(3, 2\) was given"):
        alone(angles.T)
    with pytest.raises(ValueError, match=r"one array have the shape \(8,\), and \(2, 4\) was given"):
        of_three(np.zeros((2, 4)))


def test_a_method_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="'cuda' is no method: there are 'auto', 'native', 'jax'"):
        ql.to_jax(SQUARE, method="cuda")
    with pytest.raises(TypeError, match=r"a `jax\.sharding\.Mesh` is needed, not \["):
        ql.to_jax(SQUARE, mesh=jax.devices())()
