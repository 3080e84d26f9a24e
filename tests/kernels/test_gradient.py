"""Adjoint gradients: the NumPy reference against formulas and PennyLane, the native kernels against the reference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from step_circuits import call, gate_calls

from qlang.backends.states import GateCall
from qlang.ir.gates import BY_CODE
from qlang.kernels import cpu
from qlang.kernels.adjoint import adjoint_gradient, expectation_values, state_after
from qlang.kernels.cpu.adjoint import NativeAdjoint
from qlang.kernels.cpu.host import executable_targets
from qlang.kernels.cpu.turn_plan import Rotations, Span, turn_plan
from qlang.kernels.decompose import steps_of
from qlang.kernels.gradient import Differentiable, Reference
from qlang.kernels.observables import PauliSums, pauli_sums
from qlang.kernels.pauli_layers import PatternTooWide, pauli_layers

TOLERANCE = {"float64": 1e-12, "float32": 3e-5}


def sums_for(qubits: int, seed: int, count: int = 2) -> PauliSums:
    """Random observables of a few products each."""
    generator = np.random.default_rng(seed)
    observables = []
    for _ in range(count):
        products = set()
        for _ in range(3):
            wires = generator.permutation(qubits)[: generator.integers(0, min(qubits, 3) + 1)]
            products.add("*".join(f"{generator.choice(list('XYZ'))}{wire}" for wire in sorted(wires)) or "I")
        observables.append((sorted(products), generator.normal(size=len(products)).tolist()))
    return pauli_sums(observables)


def ansatz(qubits: int, layers: int, seed: int = 1) -> list[GateCall]:
    """ry, rz and a ladder of cx: hardware-efficient."""
    generator = np.random.default_rng(seed)
    calls = []
    for _ in range(layers):
        calls += [call("ry", wire, parameters=(float(generator.normal()),)) for wire in range(qubits)]
        calls += [call("rz", wire, parameters=(float(generator.normal()),)) for wire in range(qubits)]
        calls += [call("cx", wire, wire + 1) for wire in range(qubits - 1)]
    return calls


def chain(qubits: int) -> PauliSums:
    return pauli_sums([([f"Z{wire}*Z{wire + 1}" for wire in range(qubits - 1)], [1.0] * (qubits - 1))])


@settings(max_examples=60, deadline=None)
@given(gate_calls(4), st.integers(0, 10_000))
def test_the_reference_has_the_slopes_of_finite_differences(calls: list[GateCall], seed: int) -> None:
    lowering, sums = steps_of(calls, 4), sums_for(4, seed)
    angles, weights = lowering.angles()[0], np.random.default_rng(seed).normal(size=2)
    _, gradient = adjoint_gradient(lowering.steps, angles, sums, weights)
    slot = int(np.random.default_rng(seed).integers(lowering.steps.slot_count))
    shift = np.eye(lowering.steps.slot_count)[slot] * 1e-5

    def value(at: NDArray[np.float64]) -> float:
        return float(expectation_values(state_after(lowering.steps, at), sums) @ weights)

    assert gradient[slot] == pytest.approx((value(angles + shift) - value(angles - shift)) / 2e-5, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from([1, 2, 3, 5, 6]), st.sampled_from(["float64", "float32"]), st.integers(0, 10_000))
def test_native_kernels_agree_with_the_reference(data: st.DataObject, qubits: int, precision: str, seed: int) -> None:
    lowering, sums = steps_of(data.draw(gate_calls(qubits)), qubits), sums_for(qubits, seed)
    agree(lowering.steps, lowering.angles()[0], sums, precision, seed)


def agree(steps, angles, sums: PauliSums, precision: str, seed: int = 0, **options: object) -> None:  # type: ignore[no-untyped-def]
    weights = np.random.default_rng(seed).normal(size=sums.count)
    values, gradient = adjoint_gradient(steps, angles, sums, weights)
    native = NativeAdjoint(steps, sums, precision, **options)
    found, slopes = native.gradient(angles, weights)
    scale = np.abs(sums.coefficients).sum() * max(1.0, np.abs(weights).max())
    bound = TOLERANCE[precision] * scale * max(1, len(steps) / 10)
    assert np.abs(native.values(angles) - values).max() < bound
    assert abs(found - weights @ values) < bound
    assert np.abs(slopes - gradient)[1:].max(initial=0) < bound  # nothing depends on the global phase, slot 0


@pytest.mark.parametrize(("precision", "qubits"), [("float64", 15), ("float32", 16)])
def test_states_of_many_tiles(precision: str, qubits: int) -> None:
    calls = ansatz(qubits, 2)
    calls += [call("rzz", 0, qubits - 1, parameters=(0.3,)), call("ccz", 1, 8, 14), call("swap", 2, 13)]
    calls += [call("rx", wire, parameters=(0.1 * wire,)) for wire in range(qubits)]
    calls += [call("x", 3), call("ecr", 4, 12), call("ry", 14, 0, parameters=(0.7,), controls="0")]
    lowering = steps_of(calls, qubits)
    products = [f"Z0*Z{qubits - 1}", f"X3*Y{qubits - 2}*Z5", "Y1*Y2", "I"]
    agree(lowering.steps, lowering.angles()[0], pauli_sums([(products, [0.5, -1.0, 0.3, 2.0])]), precision)


@pytest.mark.parametrize("target", executable_targets(), ids=lambda target: f"{target.cpu}-{target.vector_bytes}")
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_every_vector_width(target: cpu.host.Target, precision: str) -> None:
    calls = [*ansatz(8, 2), call("rxx", 0, 5, parameters=(0.4,)), call("ccx", 1, 2, 7), call("h", 6)]
    lowering = steps_of(calls, 8)
    agree(lowering.steps, lowering.angles()[0], sums_for(8, 5), precision, target=target)


def test_the_number_of_threads_changes_no_bit() -> None:
    lowering = steps_of(ansatz(16, 2), 16)
    angles, weights = lowering.angles()[0], np.ones(1)
    one, three = (
        NativeAdjoint(lowering.steps, chain(16), "float32", threads).gradient(angles, weights) for threads in (1, 3)
    )
    assert one[0] == three[0] and np.array_equal(one[1], three[1])


def test_a_kept_executor_gives_the_same_again() -> None:
    lowering = steps_of(ansatz(6, 2), 6)
    circuit = Differentiable(lowering.steps, chain(6))
    angles = np.stack([lowering.angles()[0], lowering.angles()[0] + 0.1])
    first = circuit.gradients(angles, np.ones((2, 1)))
    again = circuit.gradients(angles[::-1], np.ones((2, 1)))
    assert np.array_equal(first[1], again[1][::-1])
    assert np.array_equal(first[0], circuit.values(angles)[:, 0]) or np.allclose(first[0], circuit.values(angles)[:, 0])


def test_parameter_shift_rule() -> None:
    calls = ansatz(5, 2)
    lowering, sums = steps_of(calls, 5), chain(5)
    circuit = Differentiable(lowering.steps, sums)
    angles = lowering.angles()
    _, gradients = circuit.gradients(angles, np.ones((1, 1)))
    slots = np.arange(1, lowering.steps.slot_count)  # all rotations and single parities: generators with ±1/2
    shifts = np.pi / 2 * np.eye(lowering.steps.slot_count)[slots]
    expected = (circuit.values(angles + shifts) - circuit.values(angles - shifts))[:, 0] / 2
    assert np.abs(gradients[0, slots] - expected).max() < 1e-12


@pytest.mark.slow
def test_pennylane_has_the_same_gradient() -> None:
    qp = pytest.importorskip("pennylane", reason="PennyLane is not installed")
    calls = [*ansatz(4, 2), call("cp", 0, 3, parameters=(0.6,)), call("rxx", 1, 2, parameters=(-0.8,))]
    lowering = steps_of(calls, 4)
    names = {"ry": qp.RY, "rz": qp.RZ, "cx": qp.CNOT, "cp": qp.ControlledPhaseShift, "rxx": qp.IsingXX}
    operations = [names[BY_CODE[code].name](*angles, wires=list(wires)) for code, wires, angles, _ in calls]
    observable = qp.Hamiltonian([0.7, -1.2], [qp.X(0) @ qp.Y(2), qp.Z(3)])
    given = range(sum(len(each.parameters) for each in operations))
    tape = qp.tape.QuantumScript(operations, [qp.expval(observable)], trainable_params=given)
    tapes, combine = qp.gradients.param_shift(tape)
    expected = np.ravel(combine(qp.execute(tapes, qp.device("default.qubit", wires=4))))
    sums = pauli_sums([(["X0*Y2", "Z3"], [0.7, -1.2])])
    _, gradients = Differentiable(lowering.steps, sums).gradients(lowering.angles(), np.ones((1, 1)))
    assert np.abs(lowering.angle_map.pullback(gradients)[0] - expected).max() < 1e-12


def test_angles_that_are_not_finite_give_nan() -> None:
    lowering = steps_of(ansatz(3, 1), 3)
    angles = np.repeat(lowering.angles(), 3, axis=0)
    angles[1, 2] = np.inf
    values, gradients = Differentiable(lowering.steps, chain(3)).gradients(angles, np.ones((3, 1)))
    assert np.isnan(values[1]) and np.isnan(gradients[1]).all()
    assert np.isfinite(values[[0, 2]]).all() and np.isfinite(gradients[[0, 2]]).all()


def test_a_phase_on_very_many_qubits_runs_in_numpy() -> None:
    calls = [call("h", wire) for wire in range(14)] + [call("p", *range(14), parameters=(0.5,), controls="1" * 13)]
    calls += [call("rx", wire, parameters=(0.3,)) for wire in range(14)]
    lowering = steps_of(calls, 14)
    with pytest.raises(PatternTooWide, match="a pattern of 14 qubits; at most 12"):
        pauli_layers(lowering.steps)
    circuit = Differentiable(lowering.steps, pauli_sums([(["Y0"], [1.0])]))
    assert isinstance(circuit.executor, Reference)
    assert np.isfinite(circuit.gradients(lowering.angles(), np.ones((1, 1)))[1]).all()


@settings(max_examples=40, deadline=None)
@given(gate_calls(5), st.sampled_from([0, 2, 3]))
def test_plans_turn_everything_once_within_tiles(calls: list[GateCall], lane_bits: int) -> None:
    steps = steps_of(calls, 5).steps
    plan = turn_plan(steps, lane_bits)
    turned = 0
    for sweep in plan.sweeps:
        whole = Span([*sweep.basis, *sweep.outer])
        assert len(whole) == plan.place_bits == len(sweep.basis) + len(sweep.outer)
        for walk in sweep.walks:
            assert len(Span([*walk.held, *walk.walk])) == len(sweep.basis)
            assert all(sweep.span.rest(place) == 0 for place in (*walk.held, *walk.walk))
            turned += len((*walk.registers, *walk.lanes)) if isinstance(walk, Rotations) else len(walk.turns)
    assert turned == sum(len(layer.turns) for layer in plan.layers.layers)


def test_planning_four_times_as_many_gates_makes_about_four_times_as_many_walks() -> None:
    def walks(layers: int) -> int:
        plan = turn_plan(steps_of(ansatz(12, layers), 12).steps, 3)
        return sum(len(sweep.walks) for sweep in plan.sweeps)

    assert walks(16) <= 4.5 * walks(4)
