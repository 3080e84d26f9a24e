"""Frames and range reduction: signed angles and a final Pauli are the circuit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import step_lists, steps_from
from step_circuits import call, gate_calls, random_vector, reference

from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.frames import Frame, FramedAngles, PauliInsertions, framed
from qlang.kernels.interpret import execute_steps, with_frame
from qlang.kernels.steps import BadAngle, StepKind, Steps

PAULIS = ("id", "x", "z", "y")


def _executed(steps: Steps, found: FramedAngles, item: int, vector: np.ndarray) -> np.ndarray:
    """The circuit without its X and Z, with the angles that frames made, and the final frame put on top."""
    kept = (steps.kinds != StepKind.X) & (steps.kinds != StepKind.Z)
    rotating = steps.slots[steps.kinds == StepKind.ROTATION]
    angles = found.phases[item].copy()
    angles[rotating] = 2 * np.arctan(found.tangents[item, rotating])
    twists = steps.slots[steps.kinds == StepKind.TWIST]
    _, sine, cosine = np.moveaxis(found.twists[item if len(found.twists) > 1 else 0], -1, 0)
    angles[twists[:, None] + np.arange(2)] = 2 * np.arctan2(sine, cosine)
    values = steps.second.copy()
    if found.flips is not None:
        patterns = steps.kinds == StepKind.PATTERN
        values[patterns] ^= found.flips[item, steps.slots[patterns]]
    plain = Steps(steps.qubits, steps.kinds[kept], steps.first[kept], values[kept], steps.slots[kept], steps.slot_count)
    state = execute_steps(plain, angles, vector)
    frame = found.frame
    return with_frame(state, int(frame.x[item]), int(frame.z[item])) * frame.phase[item]


circuits = st.integers(1, 5).flatmap(lambda qubits: st.tuples(st.just(qubits), gate_calls(qubits)))


@settings(max_examples=70, deadline=None)
@given(circuits)
def test_framed_angles_are_the_circuit(case: tuple[int, list[GateCall]]) -> None:
    qubits, calls = case
    lowering = steps_of(calls, qubits)
    found = framed(lowering.steps, lowering.angles())
    start = random_vector(qubits)
    np.testing.assert_allclose(_executed(lowering.steps, found, 0, start), reference(calls, qubits, start), atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(circuits, st.integers(0, 2**32))
def test_inserted_paulis_are_gates(case: tuple[int, list[GateCall]], seed: int) -> None:
    qubits, calls = case
    generator = np.random.default_rng(seed)
    batch, places = 9, 6
    lowering = steps_of(calls, qubits, merge=False)
    after = np.sort(generator.integers(-1, len(calls), places))  # −1: before the first gate
    wires = generator.integers(0, qubits, places)
    kinds = generator.integers(0, 4, (batch, places))
    before = np.array([lowering.gate_ends[gate] if gate >= 0 else 0 for gate in after], dtype=np.int64)
    paulis = PauliInsertions(before, wires, kinds % 2 == 1, kinds >= 2)
    found = framed(lowering.steps, lowering.angles(), paulis=paulis)
    start = random_vector(qubits)
    for item in range(batch):
        noisy: list[GateCall] = []
        for gate in range(-1, len(calls)):
            noisy += calls[gate : gate + 1] if gate >= 0 else []
            noisy += [
                call(PAULIS[kinds[item, place]], int(wires[place])) for place in range(places) if after[place] == gate
            ]
        expected = reference(noisy, qubits, start)
        np.testing.assert_allclose(_executed(lowering.steps, found, item, start), expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(circuits, st.integers(0, 2**32))
def test_a_frame_at_the_start_is_carried_through(case: tuple[int, list[GateCall]], seed: int) -> None:
    qubits, calls = case
    generator = np.random.default_rng(seed)
    x, z = generator.integers(0, 1 << qubits, (2, 5))
    phase = np.exp(1j * generator.normal(size=5))
    lowering = steps_of(calls, qubits)
    found = framed(lowering.steps, lowering.angles(), frame=Frame(x, z, phase))
    stored = random_vector(qubits)
    for item in range(5):
        true = with_frame(stored, int(x[item]), int(z[item])) * phase[item]
        expected = reference(calls, qubits, true)
        np.testing.assert_allclose(_executed(lowering.steps, found, item, stored), expected, atol=1e-12)


@settings(max_examples=120, deadline=None)
@given(step_lists(5, 20, twists=True), st.integers(0, 2**32))
def test_paulis_pass_twists_wherever_they_are_inserted(steps: Steps, seed: int) -> None:
    generator = np.random.default_rng(seed)
    batch, places = 4, 5
    angles = generator.choice([*ANGLES, 0.7, -2.9, 5.1], steps.slot_count)
    before = np.sort(generator.integers(0, len(steps) + 1, places))
    wires = generator.integers(0, steps.qubits, places)
    x, z = generator.integers(0, 2, (2, batch, places)).astype(bool)
    frame = Frame(*generator.integers(0, 1 << steps.qubits, (2, batch)), np.ones(batch, dtype=np.complex128))
    found = framed(steps, angles[None], frame=frame, paulis=PauliInsertions(before, wires, x, z))
    stored = random_vector(steps.qubits)
    rows = [(kind, first, second) for kind, first, second, _ in steps.rows()]
    for item in range(batch):
        noisy = rows.copy()
        for place in reversed(range(places)):
            # Y = i X Z
            paulis = [(StepKind.Z, z[item, place]), (StepKind.X, x[item, place])]
            noisy[before[place] : before[place]] = [
                (int(kind), int(wires[place]), 0) for kind, there in paulis if there
            ]
        start = with_frame(stored, int(frame.x[item]), int(frame.z[item]))
        expected = execute_steps(steps_from(steps.qubits, noisy), angles, start) * 1j ** int((x & z)[item].sum())
        np.testing.assert_allclose(_executed(steps, found, item, stored), expected, atol=1e-12)


ANGLES = [s * k * np.pi + e for k in range(7) for e in (0, 1e-16, -1e-9, 1e-9, 0.3, -np.pi / 2) for s in (1, -1)]


def test_tangents_stay_within_one_and_give_the_rotation() -> None:
    lowering = steps_of([call("ry", 0, parameters=(0.1,))], 1)
    angles = np.array([*ANGLES, 1e6, 1e15, 1e-300, 5e-324])
    found = framed(lowering.steps, lowering.angle_map.angles(angles[:, None]))
    assert (np.abs(found.tangents) <= 1 + 1e-15).all()
    assert (found.cosines[:, 1] >= np.sqrt(0.5) - 1e-15).all()
    np.testing.assert_allclose(found.cosines[:, 1], 1 / np.sqrt(1 + found.tangents[:, 1] ** 2), atol=1e-15)
    for item, angle in enumerate(angles):
        state = _executed(lowering.steps, found, item, np.array([1, 0]))
        np.testing.assert_allclose(state, [np.cos(angle / 2), np.sin(angle / 2)], atol=1e-15)


def test_batch_is_its_items() -> None:
    calls = [call("h", 0), call("cx", 0, 1), call("u", 1, parameters=(1.0, 2.0, 3.0)), call("ccz", 0, 1, 2)]
    calls += [
        call("x", 2),
        call("ry", 2, parameters=(0.1,)),
        call("cswap", 0, 2, 1),
        call("rzz", 0, 2, parameters=(1.0,)),
    ]
    lowering = steps_of(calls, 3)
    batch = np.random.default_rng(5).uniform(-9, 9, (70, 5))
    angles = lowering.angle_map.angles(batch)
    together = framed(lowering.steps, angles)
    for item, row in enumerate(angles):
        alone = framed(lowering.steps, row[None])
        for name in ("tangents", "cosines", "phases"):
            np.testing.assert_array_equal(getattr(together, name)[item], getattr(alone, name)[0])
        assert together.flips is not None
        np.testing.assert_array_equal(together.flips[item], 0 if alone.flips is None else alone.flips[0])
        for name in ("x", "z", "phase"):
            np.testing.assert_array_equal(getattr(together.frame, name)[item], getattr(alone.frame, name)[0])


def test_angles_that_are_not_finite_are_named() -> None:
    lowering = steps_of([call("ry", 0, parameters=(0.1,)), call("rz", 0, parameters=(0.1,))], 1)
    angles = np.repeat(lowering.angles(), 3, axis=0)
    angles[2, 2] = np.inf
    with pytest.raises(BadAngle, match="slot 2 of batch item 2") as caught:
        framed(lowering.steps, angles)
    assert (caught.value.slot, caught.value.item, caught.value.value) == (2, 2, np.inf)


def test_batches_that_do_not_fit_are_refused() -> None:
    lowering = steps_of([call("ry", 0, parameters=(0.1,))], 1)
    with pytest.raises(ValueError, match="do not fit"):
        framed(lowering.steps, np.repeat(lowering.angles(), 3, axis=0), frame=Frame.none(2))
    with pytest.raises(ValueError, match="order"):
        PauliInsertions(np.array([1, 0]), np.array([0, 0]), np.ones((1, 2), bool), np.ones((1, 2), bool))
