"""Programs with angles bound are their circuits: any plan, batch, frame and precision."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import call, gate_calls, random_vector, reference

from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.frames import Frame, PauliInsertions
from qlang.kernels.interpret import execute, execute_terms, true_state, with_frame
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import BadAngle, Lowering

CIRCUIT = [call("h", wire) for wire in range(5)]
CIRCUIT += [call("u", wire, parameters=(0.3 + wire, 1.0, -2.0)) for wire in range(5)]
CIRCUIT += [call("cx", 0, 1), call("rzz", 1, 2, parameters=(0.4,)), call("ccz", 4, 0, 2), call("x", 3)]
CIRCUIT += [call("z", 0, 1, 2, 3, 4, controls="1010"), call("ry", 2, parameters=(5.0,)), call("swap", 1, 4)]
CIRCUIT += [call("cry", 4, 3, parameters=(2.0,)), call("cp", 0, 3, parameters=(1.3,)), call("h", 1), call("h", 0)]
QUBITS = 5
OPTIONS = PlanOptions(lane_bits=1, contiguous_bits=2, tile_bits=4)


def _binder(lowering: Lowering, qubits: int, options: PlanOptions = OPTIONS, fresh: bool = True) -> Binder:
    return Binder.of(plan(lowering.steps, qubits, options, fresh=fresh), lowering.steps)


def _stored(bound: BoundProgram, vector: np.ndarray) -> np.ndarray:
    """A state over wires, as it is stored for a program that is not fresh."""
    index = np.arange(len(vector))
    places = sum((index >> wire & 1) << bound.program.start[wire] for wire in range(bound.program.wires))
    stored = np.zeros(1 << bound.program.qubits, dtype=np.complex128)
    stored[places] = vector
    return stored


def _zero(qubits: int) -> np.ndarray:
    vector = np.zeros(1 << qubits, dtype=np.complex128)
    vector[0] = 1
    return vector


options = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 3)).map(
    lambda each: PlanOptions(each[0], each[0] + each[1], sum(each))
)
circuits = st.integers(1, 6).flatmap(lambda qubits: st.tuples(st.just(qubits), gate_calls(qubits, longest=25)))


@settings(max_examples=80, deadline=None)
@given(circuits, options)
def test_fresh_programs_are_their_circuits(case: tuple[int, list[GateCall]], chosen: PlanOptions) -> None:
    qubits, calls = case
    lowering = steps_of(calls, qubits)
    bound = bind(_binder(lowering, qubits, chosen), lowering.angles())
    expected = reference(calls, qubits, _zero(qubits))
    for found in (execute(bound), execute_terms(bound.program, bound.angles)):
        np.testing.assert_allclose(true_state(bound.program, bound.frame, found), expected, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(circuits, options, st.integers(0, 2**32))
def test_programs_continue_states_with_frames(case: tuple[int, list[GateCall]], chosen: PlanOptions, seed: int) -> None:
    qubits, calls = case
    generator = np.random.default_rng(seed)
    x, z = generator.integers(0, 1 << qubits, (2, 3))
    phase = np.exp(1j * generator.normal(size=3))
    lowering = steps_of(calls, qubits)
    bound = bind(_binder(lowering, qubits, chosen, fresh=False), lowering.angles(), frame=Frame(x, z, phase))
    assert bound.batch == 3
    vector = random_vector(qubits)
    for item in range(3):
        true = phase[item] * with_frame(vector, int(x[item]), int(z[item]))
        found = execute(bound, item, _stored(bound, vector))
        expected = reference(calls, qubits, true)
        np.testing.assert_allclose(true_state(bound.program, bound.frame, found, item), expected, atol=1e-12)


def test_trajectories_are_one_program() -> None:
    generator = np.random.default_rng(11)
    lowering = steps_of(CIRCUIT, QUBITS, merge=False)
    assert lowering.gate_ends is not None
    kinds = generator.integers(0, 4, (20, len(CIRCUIT)))
    wires = generator.integers(0, QUBITS, len(CIRCUIT))
    paulis = PauliInsertions(lowering.gate_ends, wires, kinds % 2 == 1, kinds >= 2)
    bound = bind(_binder(lowering, QUBITS), lowering.angles(), paulis=paulis)
    for item in range(20):
        noisy = []
        for gate, wire, kind in zip(CIRCUIT, wires.tolist(), kinds[item], strict=True):
            noisy += [gate, call(("id", "x", "z", "y")[kind], wire)]
        found = true_state(bound.program, bound.frame, execute(bound, item), item)
        np.testing.assert_allclose(found, reference(noisy, QUBITS, _zero(QUBITS)), atol=1e-12)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_batch_is_its_items(precision: str) -> None:
    lowering = steps_of(CIRCUIT, QUBITS)
    binder = _binder(lowering, QUBITS)
    parameters = np.random.default_rng(2).uniform(-7, 7, (300, len(lowering.parameters)))
    together = bind(binder, lowering.angle_map.angles(parameters), precision=precision)
    for item in (0, 1, 150, 299):
        alone = bind(binder, lowering.angle_map.angles(parameters[item]), precision=precision)
        tolerance = 1e-6 if precision == "float32" else 1e-14
        np.testing.assert_allclose(together.data[item], alone.data[0], atol=tolerance)
        np.testing.assert_array_equal(together.values[item], alone.values[0])
        np.testing.assert_array_equal(together.bits[item % len(together.bits)], alone.bits[0])
        np.testing.assert_allclose(together.initial[item], alone.initial[0], atol=1e-15)
        assert together.frame.x[item] == alone.frame.x[0]
        assert together.frame.phase[item] == pytest.approx(alone.frame.phase[0], abs=1e-14)


def test_single_precision_is_close() -> None:
    lowering = steps_of(CIRCUIT, QUBITS)
    bound = bind(_binder(lowering, QUBITS), lowering.angles(), precision="float32")
    found = true_state(bound.program, bound.frame, execute(bound))
    np.testing.assert_allclose(found, reference(CIRCUIT, QUBITS, _zero(QUBITS)), atol=3e-6)


@pytest.mark.parametrize("angle", [k * np.pi + shift for k in range(-3, 4) for shift in (0, 1e-12, -1e-12, 1e-300)])
def test_angles_around_half_turns(angle: float) -> None:
    calls = [call("ry", 0, parameters=(angle,)), call("cx", 0, 1), call("rx", 1, parameters=(angle,)), call("h", 0)]
    calls += [call("cry", 1, 0, parameters=(angle,)), call("u", 1, parameters=(angle, angle, -angle))]
    lowering = steps_of(calls, 2)
    for fresh in (True, False):
        bound = bind(_binder(lowering, 2, PlanOptions(0, 0, 2), fresh), lowering.angles())
        found = execute(bound, stored=None if fresh else _stored(bound, _zero(2)))
        assert (np.abs(bound.angles.tangents) <= 1 + 1e-15).all()
        expected = reference(calls, 2, _zero(2))
        np.testing.assert_allclose(true_state(bound.program, bound.frame, found), expected, atol=1e-14)


def test_programs_without_groups() -> None:
    calls = [call("h", 0), call("t", 0)]
    lowering = steps_of(calls, 1)
    bound = bind(_binder(lowering, 1, PlanOptions(0, 0, 1)), lowering.angles())
    assert not bound.program.groups
    found = true_state(bound.program, bound.frame, execute(bound))
    np.testing.assert_allclose(found, reference(calls, 1, _zero(1)), atol=1e-15)


def test_stored_numbers_are_aligned_and_contiguous() -> None:
    lowering = steps_of(CIRCUIT, QUBITS)
    bound = bind(_binder(lowering, QUBITS), np.repeat(lowering.angles(), 3, axis=0))
    for array in (bound.data, bound.values, bound.bits, bound.initial):
        assert array.flags.c_contiguous
    assert bound.data.shape == (3, bound.layout.size)
    assert bound.layout.size % 16 == 0
    assert bound.initial.shape == (3, bound.program.qubits, 2)


def test_bad_angles_are_refused() -> None:
    lowering = steps_of(CIRCUIT, QUBITS)
    binder = _binder(lowering, QUBITS)
    angles = lowering.angles()
    angles[0, 3] = np.nan
    with pytest.raises(BadAngle, match="slot 3"):
        bind(binder, angles)
    with pytest.raises(ValueError, match="angles are needed"):
        bind(binder, angles[:, 1:])
