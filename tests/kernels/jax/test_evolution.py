"""The pure JAX path: the reference simulator, sizes of programs, devices."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from step_circuits import call, gate_calls, reference

import qlang as ql
from qlang.backends.states import GateCall
from qlang.kernels.adjoint import adjoint_gradient
from qlang.kernels.decompose import steps_of
from qlang.kernels.observables import pauli_sums

jax = pytest.importorskip("jax")
from qlang.kernels.jax_target.evolve import evolution  # noqa: E402
from qlang.kernels.jax_target.expectations import expectations  # noqa: E402
from qlang.kernels.jax_target.layout import OneDevice  # noqa: E402

SUMS = pauli_sums([(["X0*Y1", "Z2"], [0.3, 0.7]), (["Y2", "I", "Z0*Z1"], [1.0, 0.5, -0.4])])


@settings(max_examples=4, deadline=None)
@given(gate_calls(3, longest=12), st.integers(0, 99))
def test_any_circuit_has_the_state_and_the_gradient_of_the_reference(calls: list[GateCall], seed: int) -> None:
    lowering = steps_of(calls, 3)
    angles = lowering.angles()[0]
    start = np.eye(8, dtype=np.complex128)[0]
    evolve, measure = evolution(lowering.steps, OneDevice(3), np.complex128), expectations(SUMS, OneDevice(3))
    weights = np.random.default_rng(seed).normal(size=2)

    def weighted(angles: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        state = evolve(angles)
        values = measure(state)
        return values @ weights, (state, values)

    gradient, (state, values) = jax.jit(jax.grad(weighted, has_aux=True))(angles)
    assert np.abs(np.asarray(state) - reference(calls, 3, start)).max() < 1e-11
    expected_values, expected = adjoint_gradient(lowering.steps, angles, SUMS, weights)
    assert np.abs(np.asarray(values) - expected_values).max() < 1e-11
    assert np.abs(np.asarray(gradient) - expected).max() < 1e-10


def layered(gates: int) -> list[GateCall]:
    kinds = (("ry", 1, 1), ("cx", 2, 0), ("rzz", 2, 1), ("p", 1, 1), ("h", 1, 0))
    found = []
    for k in range(gates):
        name, qubits, parameters = kinds[k % len(kinds)]
        found.append(call(name, *[(k + j) % 4 for j in range(qubits)], parameters=(0.1 * k,) * parameters))
    return found


def equations(calls: list[GateCall]) -> int:
    """In the whole program of value and gradient, nested ones included."""
    lowering = steps_of(calls, 4)
    evolve, measure = evolution(lowering.steps, OneDevice(4), np.complex128), expectations(SUMS, OneDevice(4))
    angles = lowering.angles()[0]
    program = jax.make_jaxpr(jax.value_and_grad(lambda angles: measure(evolve(angles))[0]))(angles)
    return str(program).count(" = ")


def test_the_program_has_the_same_size_for_any_number_of_gates() -> None:
    assert equations(layered(10)) == equations(layered(1000))


def unrolled(layers: int) -> int:
    """Equations of a job's function whose angles are not affine in the parameters."""

    @ql.circuit
    def many(layers: int, thetas: ql.Array):
        q = ql.qubits(2)
        for k in range(layers):
            ql.rx(math.sin(thetas[k]) * thetas[0], q[0])
            ql.cx(q[0], q[1])

    job = ql.job(many(layers, np.linspace(0, 1, layers)), expect={"z": ql.Z(1)})
    program = jax.make_jaxpr(jax.grad(ql.to_jax(job, method="jax")))(np.linspace(0, 1, layers))
    return str(program).count(" = ")


def test_angles_that_are_no_sums_cost_no_equations_each() -> None:
    assert unrolled(8) == unrolled(32)


@ql.circuit
def deepening(turns: int, a: float, decay: float):
    q = ql.qubits(2)
    x = a
    y = 0.3
    for _ in range(turns):
        ql.rx(x, q[0])
        ql.ry(x - y, q[1])
        ql.cx(q[0], q[1])
        y = math.sin(x * y) / (1 + x * x)
        x = x * decay if x > y else y + abs(decay) ** 1.5


def deep(turns: int, method: str) -> ql.JaxFunction:
    """Of a job whose angles follow from each other, turn after turn."""
    return ql.to_jax(ql.job(deepening(turns, 0.9, 0.8), expect={"z": ql.Z(1), "x": ql.X(0)}), method=method)


def test_angles_that_follow_from_each_other_cost_no_equations_each() -> None:
    def counted(turns: int) -> int:
        program = jax.make_jaxpr(jax.jacrev(deep(turns, "native").values))(np.array([0.9, 0.8]))
        return str(program).count(" = ")

    assert counted(20) == counted(80)


def test_angles_that_follow_from_each_other_are_those_of_a_run(in_workspace: object) -> None:
    function, step = deep(20, "native"), 1e-6
    point = np.array([0.7, 1.05])
    expected = ql.job(deepening(20, *point), expect={"z": ql.Z(1), "x": ql.X(0)}).run().expect
    assert np.allclose(function.values(point), [expected["z"].value, expected["x"].value], atol=1e-12)
    ahead, behind = (jax.vmap(function.values)(point + sign * step * np.eye(2)) for sign in (1, -1))
    assert np.allclose(jax.jit(jax.jacrev(function.values))(point), (ahead - behind).T / (2 * step), atol=1e-7)


DEVICES = """
import jax, numpy as np
import qlang as ql
from jax.sharding import Mesh
jax.config.update("jax_enable_x64", True)

program = ql.compile('''
include "stdgates.inc";
circuit c(float a, float b) {
  qubit[6] q;
  for int k in [0:5] { ry(a * (k + 1)) q[k]; }
  for int k in [0:4] { cx q[k], q[k + 1]; }
  rzz(b) q[0], q[5]; swap q[1], q[5]; x q[4]; rx(sin(b)) q; ccx q[0], q[3], q[5]; cp(a) q[4], q[5];
}
job j { run c(a = 0.3, b = 0.8); expect e = X(q[5]) * Y(q[0]) + Z(q[3]), f = Z(q[4]) * Z(q[5]); }
''')
mesh = Mesh(np.array(jax.devices()), ("amplitudes",))
assert mesh.size == 8
one, many = ql.to_jax(program, method="jax"), ql.to_jax(program, mesh=mesh)
state = many.state()
assert len(state.sharding.device_set) == 8 and state.sharding.shard_shape(state.shape) == (8,)
assert np.abs(np.asarray(state) - np.asarray(one.state())).max() < 1e-14
point = np.array([0.2, 1.1])
assert np.abs(many.values(point) - one.values(point)).max() < 1e-14
slopes = [jax.jit(jax.jacrev(f.values))(point) for f in (one, many)]
assert np.abs(slopes[0] - slopes[1]).max() < 1e-13
try:
    ql.to_jax(program, mesh=Mesh(np.array(jax.devices()[:6]), ("amplitudes",)))()
except ValueError as error:
    print(error)
"""


@pytest.mark.slow
def test_a_state_over_eight_devices_is_the_same() -> None:
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    found = subprocess.run(
        [sys.executable, "-c", DEVICES], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "a power of two of devices is needed" in found.stdout


def test_functions_of_all_methods_are_those_of_the_reference_derivative() -> None:
    x: NDArray[np.float64] = np.array([0.4])
    lowering = steps_of([call("rx", 0, parameters=(0.4,))], 1)
    _, gradient = adjoint_gradient(lowering.steps, lowering.angles()[0], pauli_sums([(["Z0"], [1.0])]), np.ones(1))
    assert np.isclose(lowering.angle_map.pullback(gradient)[0, 0], -np.sin(x[0]))
