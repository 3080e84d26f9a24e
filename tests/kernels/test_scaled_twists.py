"""TWIST steps whose cosines are left to phase groups."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.backends.native_programs import lowering_of
from qlang.kernels.bind import Binder, bind
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.frames import PauliInsertions
from qlang.kernels.interpret import execute, execute_steps, true_state
from qlang.kernels.layout import Layout
from qlang.kernels.program import PlanOptions, Program
from qlang.kernels.scaled_twists import MOST_SHRUNK, ScaledTwists, in_whole_passes, scaled_twists, twist_scales
from qlang.kernels.schedule import plan
from qlang.kernels.steps import MappedLowering, StepKind, Steps
from tests.kernels.programs import CX, PARITY, ROTATION, TWIST, step_lists, steps_from
from tests.kernels.test_interactions import su4

QUBITS = 8
OPTIONS = PlanOptions(lane_bits=2, contiguous_bits=2, tile_bits=6)


def volume(layers: int = 6, *, qubits: int = QUBITS) -> MappedLowering:
    """Random gates on random pairs: each has a TWIST, and phases in front of it."""
    random, calls = np.random.default_rng(layers), []
    for _ in range(layers):
        order = random.permutation(qubits).tolist()
        calls += [gate for a, b in zip(order[::2], order[1::2], strict=True) for gate in su4(random, a, b)]
    return lowering_of(calls, qubits)


def zero(qubits: int) -> np.ndarray:
    return np.eye(1, 1 << qubits, dtype=np.complex128)[0]


def twist_slots(steps: Steps) -> np.ndarray:
    first = steps.slots[steps.kinds == StepKind.TWIST]
    return np.concatenate([first, first + 1])


def test_groups_take_most_cosines_of_a_volume_circuit() -> None:
    lowering = volume(12)
    program = plan(lowering.steps, QUBITS, OPTIONS, fresh=True)
    layout = Layout.of(program)
    assert len(program.twists) == 48
    assert len(layout.scaled) > 24
    assert not len(Layout.of(program, scaled=False).scaled)
    assert (layout.scaled.taken <= layout.scaled.turned).all()
    for group, taken in zip(layout.scaled.groups.tolist(), layout.scaled.terms.tolist(), strict=True):
        masks = {term: mask for mask, term in program.groups[group].parity}
        assert masks[taken].bit_count() == 1


def circuit(seed: int, qubits: int = 6, count: int = 90) -> Steps:
    """Steps with parities of single wires far in front of the TWIST steps that these choose, and CX in between."""
    random, rows = np.random.default_rng(seed), []
    for kind in random.choice([ROTATION, PARITY, CX, TWIST], count, p=[0.1, 0.3, 0.3, 0.3]).tolist():
        a, b = random.choice(qubits, 2, replace=False).tolist()
        more = 1 << int(random.integers(qubits)) if random.random() < 0.2 else 0
        rows.append(
            {
                ROTATION: (kind, a, 0),
                PARITY: (kind, 1 << a | more, 0),
                CX: (kind, a, b),
                TWIST: (kind, a, (1 << b | more) & ~(1 << a)),
            }[kind]
        )
    return steps_from(qubits, rows)


@pytest.mark.parametrize("tile", [4, 5, 6])
@pytest.mark.parametrize("lanes", [0, 1, 2])
def test_cosines_go_past_permutations(lanes: int, tile: int) -> None:
    far = 0
    for seed in range(40):
        steps = circuit(seed)
        angles = np.random.default_rng(seed).uniform(-7, 7, steps.slot_count)
        options = PlanOptions(lanes, lanes, tile, registers=1 + seed % 4)
        program = plan(steps, steps.qubits, options, fresh=True)
        bound = bind(Binder.of(program, steps), angles)
        far += int((bound.layout.scaled.taken < bound.layout.scaled.turned).sum())
        found = true_state(program, bound.frame, execute(bound))
        np.testing.assert_allclose(found, execute_steps(steps, angles, zero(steps.qubits)), atol=1e-12)
    assert far > 40


@pytest.mark.parametrize("lanes", [0, 1, 3])
@pytest.mark.parametrize("tile", [4, 6, 8])
def test_volume_circuits_are_their_steps(tile: int, lanes: int) -> None:
    """Whose passes exchange vectors, too."""
    for layers in (16, 20):
        lowering = volume(layers)
        steps, angles = lowering.steps, lowering.angles()[0]
        program = plan(steps, QUBITS, PlanOptions(lanes, lanes, tile), fresh=True)
        assert any(each.exchange for sweep in program.sweeps for each in sweep.passes)
        bound = bind(Binder.of(program, steps), angles)
        assert len(bound.layout.scaled)
        found = true_state(program, bound.frame, execute(bound))
        np.testing.assert_allclose(found, execute_steps(steps, angles, zero(QUBITS)), atol=1e-12)


@settings(max_examples=100, deadline=None)
@given(steps=step_lists(twists=True), lanes=st.integers(0, 2), tile=st.integers(3, 5), seed=st.integers(0, 99))
def test_any_program_is_its_steps(steps: Steps, lanes: int, tile: int, seed: int) -> None:
    angles = np.random.default_rng(seed).uniform(-7, 7, steps.slot_count)
    program = plan(steps, steps.qubits, PlanOptions(lanes, lanes, tile), fresh=True)
    bound = bind(Binder.of(program, steps), angles)
    found = true_state(program, bound.frame, execute(bound))
    np.testing.assert_allclose(found, execute_steps(steps, angles, zero(steps.qubits)), atol=1e-12)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("angle", [np.pi, -np.pi, np.pi - 1e-9, 3 * np.pi, 2.9, 0.0])
def test_cosines_may_vanish(angle: float, precision: str) -> None:
    lowering = volume(4)
    steps, angles = lowering.steps, lowering.angles()[0]
    angles[twist_slots(steps)] = angle
    program = plan(steps, QUBITS, OPTIONS, fresh=True)
    binder = Binder.of(program, steps)
    expected = execute_steps(steps, angles, zero(QUBITS))
    bound = bind(binder, angles, precision=precision)
    few = abs(np.cos(angle / 2)) > 0.1
    assert (bound.layout is binder.layout) == (few or precision == "float64")
    state = NativeState.empty(QUBITS, precision, 1)
    small = plan(steps, QUBITS, PlanOptions(state.target.lane_bits(precision), 4, 6), fresh=True)
    native = bind(Binder.of(small, steps), angles, precision=precision)
    run(native, state)
    for made, stored in ((bound, execute(bound)), (native, state.amplitudes()[0])):
        found = true_state(made.program, made.frame, stored)
        assert np.linalg.norm(found - expected) < (3e-6 if precision == "float32" else 1e-13)


def test_one_vanishing_cosine_is_no_reason_for_shears() -> None:
    lowering = volume(4)
    angles = lowering.angles()[0]
    angles[twist_slots(lowering.steps)[0]] = np.pi
    binder = Binder.of(plan(lowering.steps, QUBITS, OPTIONS, fresh=True), lowering.steps)
    bound = bind(binder, angles, precision="float32")
    assert bound.layout is binder.layout
    expected = execute_steps(lowering.steps, angles, zero(QUBITS))
    found = true_state(bound.program, bound.frame, execute(bound))
    assert np.linalg.norm(found - expected) < 3e-6


def test_items_of_a_batch_have_their_own_cosines_and_frames() -> None:
    lowering, random = volume(5), np.random.default_rng(3)
    angles = lowering.angles() + random.normal(size=(4, lowering.steps.slot_count))
    places = np.sort(random.integers(0, len(lowering.steps) + 1, 20))
    x, z = random.integers(0, 2, (2, 4, 20)).astype(bool)
    paulis = PauliInsertions(places, random.integers(0, QUBITS, 20), x, z)
    binder = Binder.of(plan(lowering.steps, QUBITS, OPTIONS, fresh=True), lowering.steps)
    bound = bind(binder, angles, paulis=paulis)
    assert len(bound.layout.scaled)
    for item in range(4):
        one = PauliInsertions(paulis.before, paulis.wires, x[item : item + 1], z[item : item + 1])
        alone = bind(binder, angles[item], paulis=one)
        np.testing.assert_allclose(alone.data[0], bound.data[item], atol=1e-15)
        plain = bind(Binder(binder.sources, binder.unscaled), angles[item], paulis=one)
        found, expected = (true_state(each.program, each.frame, execute(each)) for each in (alone, plain))
        np.testing.assert_allclose(found, expected, atol=1e-13)


def test_what_waits_for_its_rotation_counts() -> None:
    """Two that wait at once shrink an amplitude together, one after the other does not."""
    cosines = np.array([[[0.5, 0.25], [0.125, 1.0]]])
    twists = np.stack([0 * cosines, np.sqrt(1 - cosines**2), cosines], axis=-1)
    together = ScaledTwists(*np.array([[0, 0, 0, 0, 2], [1, 1, 1, 2, 3]]).T)
    apart = ScaledTwists(*np.array([[0, 0, 0, 0, 1], [1, 1, 1, 2, 3]]).T)
    assert twist_scales(together, twists).shrunk == pytest.approx(5)
    assert twist_scales(apart, twists).shrunk == pytest.approx(3)
    scales = twist_scales(apart, twists)
    factors = scales.roots[..., None] * np.exp(scales.exponents[..., None] * [1, -1])
    np.testing.assert_allclose(factors, cosines)
    assert twist_scales(ScaledTwists.none(), twists).shrunk == 0 < min(MOST_SHRUNK.values())


def test_a_pass_has_all_or_none() -> None:
    lowering = volume(12)
    program: Program = plan(lowering.steps, QUBITS, OPTIONS, fresh=True)
    found = scaled_twists(program)
    passes = [each for sweep in program.sweeps for each in sweep.passes]
    some = found.of(np.arange(len(found)) > 0)
    scaled = {program.twists[place][0] for place in in_whole_passes(program, some).twists.tolist()}
    assert scaled < {program.twists[place][0] for place in some.twists.tolist()}
    for each in passes:
        own = {r for r in (*each.rotations, *each.lane_rotations) if r in dict(program.twists)}
        assert own <= scaled or not own & scaled
