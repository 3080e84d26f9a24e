"""Interactions of pairs of wires as one rotation whose angle the other wire chooses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import ANGLES, call, gate_calls, random_vector, reference

from qlang.backends.native_programs import lowering_of
from qlang.kernels.bind import Binder, bind
from qlang.kernels.cliffords import IDENTITY, MINUS, PAULIS, TURNS_BY_IMAGES, local_form, one_wire, step_matrix
from qlang.kernels.cpu.host import executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.interactions import twisted
from qlang.kernels.interpret import execute_steps, with_frame
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import StepKind

CONSTANTS = st.sampled_from([np.pi / 2, -np.pi / 2, np.pi, -np.pi, 0.0, 3 * np.pi / 2, 2 * np.pi])
NAMES = [
    "h",
    "s",
    "sdg",
    "sx",
    "x",
    "y",
    "z",
    "rx",
    "ry",
    "rz",
    "cx",
    "cz",
    "swap",
    "iswap",
    "rzz",
    "rxx",
    "ryy",
    "rzx",
]
ANGLED = ("rx", "ry", "rz", "rzz", "rxx", "ryy", "rzx")


@st.composite
def pair_circuits(draw: st.DrawFn, qubits: int, longest: int = 24) -> list[GateCall]:
    """Mostly Cliffords and interactions, on few pairs."""
    pairs = draw(st.lists(st.permutations(range(qubits)), min_size=1, max_size=3))
    found = []
    for _ in range(draw(st.integers(0, longest))):
        name = draw(st.sampled_from([*NAMES, "rzz", "rzz", "rzx"]))
        wires = draw(st.sampled_from(pairs))[:2]
        chosen = wires if name in ("cx", "cz", "swap", "iswap", "rzz", "rxx", "ryy", "rzx") else wires[:1]
        angles = (draw(st.one_of(CONSTANTS, ANGLES)),) if name in ANGLED else ()
        found.append(call(name, *(draw(st.permutations(chosen))), parameters=angles))
    return found


def su4(random: np.random.Generator, a: int, b: int) -> list[GateCall]:
    """A gate of a quantum volume circuit as OpenQASM's gates without interactions write it."""

    def local() -> list[GateCall]:
        return [call("u", wire, parameters=tuple(random.uniform(0, 2 * np.pi, 3))) for wire in (a, b)]

    def turned(name: str, angle: float) -> list[GateCall]:
        return [call(name, wire, parameters=(angle,)) for wire in (a, b)]

    def rzz() -> list[GateCall]:
        return [call("cx", a, b), call("rz", b, parameters=(random.uniform(-9, 9),)), call("cx", a, b)]

    h = [call("h", a), call("h", b)]
    ryy = [*turned("rx", np.pi / 2), *rzz(), *turned("rx", -np.pi / 2)]
    return [*local(), *h, *rzz(), *h, *ryy, *rzz(), *local()]


@settings(max_examples=150, deadline=None)
@given(st.one_of(pair_circuits(3), gate_calls(3)), st.booleans())
def test_the_circuit_stays(calls: list[GateCall], fixed: bool) -> None:
    lowering = twisted(steps_of(calls, 3), fixed=fixed)
    start = random_vector(3)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, 3, start), atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(pair_circuits(3), st.integers(0, 2**32))
def test_parameters_that_may_change_stay_parameters(calls: list[GateCall], seed: int) -> None:
    lowering = twisted(steps_of(calls, 3), fixed=False)
    others = np.random.default_rng(seed).uniform(-20, 20, len(lowering.parameters))
    left = iter(others.tolist())
    changed = [(code, wires, tuple(next(left) for _ in numbers), controls) for code, wires, numbers, controls in calls]
    start = random_vector(3)
    found = execute_steps(lowering.steps, lowering.angle_map.angles(others)[0], start)
    np.testing.assert_allclose(found, reference(changed, 3, start), atol=1e-11)


@settings(max_examples=100, deadline=None)
@given(pair_circuits(2, 40), st.booleans())
def test_blocks_of_one_pattern_become_the_same(calls: list[GateCall], fixed: bool) -> None:
    alone = twisted(steps_of(calls, 2), fixed=fixed)
    moved = [(code, tuple(wire + 2 for wire in wires), *rest) for code, wires, *rest in calls]
    both = twisted(steps_of([*calls, *moved], 4), fixed=fixed)
    count = len(alone.steps)
    assert len(both.steps) == 2 * count
    angles, expected = both.angles()[0], alone.angles()[0]
    rows = [*both.steps.rows()]
    for shift, part in ((0, rows[:count]), (2, rows[count:])):
        for (kind, first, second, slot), (same, one, two, own) in zip(part, alone.steps.rows(), strict=True):
            assert kind == same
            assert first == (one << shift if kind in (StepKind.PARITY, StepKind.PATTERN) else one + shift)
            if kind in (StepKind.PATTERN, StepKind.TWIST):
                assert second == two << shift
            elif kind in (StepKind.CX, StepKind.SWAP):
                assert second == two + shift
            taken = 2 if kind == StepKind.TWIST else int(slot >= 0)
            assert angles[slot : slot + taken].tolist() == expected[own : own + taken].tolist()


@pytest.mark.parametrize("order", [("rxx", "ryy", "rzz"), ("rzz", "rxx", "ryy"), ("ryy", "rzz", "rxx")])
@pytest.mark.parametrize("basis", ["", "h", "sx", "s"])
def test_three_interactions_are_one_rotation(order: tuple[str, ...], basis: str) -> None:
    around = [call(basis, 0), call(basis, 1)] if basis else []
    calls = [*around, *(call(name, 0, 1, parameters=(0.3 + i,)) for i, name in enumerate(order))]
    kinds = twisted(steps_of(calls, 2)).steps.kinds.tolist()
    assert kinds.count(StepKind.CX) == 2
    assert kinds.count(StepKind.ROTATION) + kinds.count(StepKind.TWIST) == (3 if basis in ("h", "sx") else 1)


def test_two_interactions_in_other_bases_are_one_plain_rotation() -> None:
    zz = call("rzz", 0, 1, parameters=(0.3,))
    h = [call("h", 0), call("h", 1)]
    kinds = twisted(steps_of([zz, *h, zz, *h, zz], 2)).steps.kinds.tolist()
    assert kinds.count(StepKind.ROTATION) + kinds.count(StepKind.TWIST) == 1


def test_gates_of_quantum_volume_take_three_rotations() -> None:
    random = np.random.default_rng(3)
    calls = []
    for _ in range(6):
        order = random.permutation(6).tolist()
        calls += [gate for a, b in zip(order[::2], order[1::2], strict=True) for gate in su4(random, a, b)]
    steps = lowering_of(calls, 6).steps
    kinds = steps.kinds.tolist()
    assert kinds.count(StepKind.TWIST) == 18
    assert kinds.count(StepKind.ROTATION) == 2 * 18 + 6


def test_other_blocks_stay() -> None:
    calls = [call("rzz", 0, 1, parameters=(0.3,)), call("rx", 0, parameters=(0.4,)), call("cx", 0, 1)]
    lowering = steps_of(calls, 2)
    assert twisted(lowering) is lowering


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 3, 4]), st.integers(0, 1), st.integers(0, 7)), max_size=12))
def test_cliffords_are_their_matrices(found: list[tuple[int, int, int]]) -> None:
    clifford, matrix = IDENTITY, np.eye(4, dtype=complex)
    for kind, wire, quarters in found:
        step = (kind, wire, 1 - wire, 0) if kind else (kind, wire, 0, quarters)
        clifford, matrix = clifford.then(step), step_matrix(step) @ matrix
    np.testing.assert_allclose(clifford.matrix, matrix, atol=1e-12)
    assert clifford.behind(IDENTITY).pulled == clifford.pulled
    assert clifford.behind(clifford.inverse()).pulled == IDENTITY.pulled
    np.testing.assert_allclose(clifford.inverse().matrix, matrix.conj().T, atol=1e-12)
    for pauli, pulled in enumerate(clifford.pulled):
        sign = -1 if pulled & MINUS else 1
        np.testing.assert_allclose(matrix.conj().T @ PAULIS[pauli] @ matrix, sign * PAULIS[pulled & 15], atol=1e-12)
    if clifford.local:
        swapped, first, second, phase = local_form(clifford)
        product = one_wire(first, 0).matrix @ one_wire(second, 1).matrix
        if swapped:
            product = product @ step_matrix((int(StepKind.SWAP), 0, 1, 0))
        np.testing.assert_allclose(np.exp(1j * phase) * product, matrix, atol=1e-12)


def test_gates_of_one_wire_by_what_they_do() -> None:
    assert len(TURNS_BY_IMAGES) == 24
    for images, turns in TURNS_BY_IMAGES.items():
        pulled = one_wire(turns, 0).pulled
        assert (pulled[0b0001], pulled[0b0100]) == images


@pytest.mark.parametrize("target", executable_targets()[:2])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("tile", [6, 7, 9])
def test_native_code_executes_them(target: object, precision: str, tile: int) -> None:
    random, qubits = np.random.default_rng(5), 9
    calls = []
    for _ in range(5):
        order = random.permutation(qubits).tolist()
        calls += [gate for a, b in zip(order[:8:2], order[1:8:2], strict=True) for gate in su4(random, a, b)]
    lowering = lowering_of(calls, qubits)
    lanes = target.lane_bits(precision)
    options = PlanOptions(lane_bits=lanes, contiguous_bits=lanes, tile_bits=tile)
    program = plan(lowering.steps, qubits, options, fresh=True)
    assert len(program.twists) == 20
    angles = lowering.angles() + np.array([[0.0], [0.1], [7.0]])
    bound = bind(Binder.of(program, lowering.steps), angles, precision=precision)
    states = []
    for threads in (1, 2):
        state = NativeState.empty(qubits, precision, len(angles), target=target)
        run(bound, state, threads=threads)
        states.append(state.amplitudes())
    assert (states[0] == states[1]).all()
    start, places = np.eye(1, 1 << qubits, dtype=complex)[0], np.zeros(1 << qubits, dtype=np.int64)
    for wire in range(qubits):
        places |= (np.arange(1 << qubits) >> wire & 1) << program.end[wire]
    for item, row in enumerate(angles):
        frame = bound.frame
        found = with_frame(states[0][item][places], int(frame.x[item]), int(frame.z[item])) * frame.phase[item]
        expected = execute_steps(lowering.steps, row, start)
        assert np.linalg.norm(found - expected) < (1e-5 if precision == "float32" else 1e-12)


def test_many_constants_between_interactions() -> None:
    calls = [call("rxx", 0, 1, parameters=(0.3,))]
    for wire in (0, 1):
        calls += [call("h" if i % 2 else "s", wire) for i in range(1501)]
    calls += [call("rxx", 0, 1, parameters=(0.3,)), call("ryy", 0, 1, parameters=(0.4,))]
    calls += [call("rx", 0, parameters=(0.2,)), call("rxx", 1, 0, parameters=(0.5,))]
    lowering = twisted(steps_of(calls, 2))
    start = random_vector(2)
    found = execute_steps(lowering.steps, lowering.angles()[0], start)
    np.testing.assert_allclose(found, reference(calls, 2, start), atol=1e-11)
