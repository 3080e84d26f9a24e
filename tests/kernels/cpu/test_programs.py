"""Whole circuits: planned, bound, run natively, against the reference simulator."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import call, gate_calls, random_vector, reference

from qlang.backends.states import GateCall
from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.decompose import steps_of
from qlang.kernels.interpret import with_frame
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

TARGETS = executable_targets()
QUBITS = 7
COMPILER = Compiler(None)


def native(
    calls: list[GateCall],
    qubits: int,
    target: Target,
    tile: int,
    compiler: Compiler,
    vector: np.ndarray | None = None,
    sizes: Sequence[int] | None = None,
) -> np.ndarray:
    """The state by wires after the gates, from |0…0⟩, which grows by `sizes`, or from a vector."""
    lowering = steps_of(calls, qubits)
    lane_bits = target.lane_bits("float64")
    options = PlanOptions(
        lane_bits=lane_bits, contiguous_bits=lane_bits, tile_bits=max(tile, lane_bits + 1), registers=4
    )
    program = plan(lowering.steps, qubits, options, fresh=vector is None, sizes=sizes)
    angles = lowering.angle_map.angles(lowering.parameters[None])
    bound = bind(Binder.of(program, lowering.steps), angles, precision="float64")
    state = NativeState.empty(program.qubits, "float64", target=target, compiler=compiler)
    if vector is not None:
        state.set_amplitudes(vector)
    run(bound, state, threads=2)
    index = np.arange(1 << qubits)
    places = sum((index >> wire & 1) << program.end[wire] for wire in range(qubits))
    found = state.amplitudes(places)[0]
    frame = bound.frame
    return np.asarray(with_frame(found, int(frame.x[0]), int(frame.z[0])) * frame.phase[0])


@settings(max_examples=25)
@given(st.data(), st.sampled_from(TARGETS), st.integers(4, 8), st.booleans())
def test_any_circuit(data: st.DataObject, target: Target, tile: int, fresh: bool) -> None:
    calls = data.draw(gate_calls(QUBITS))
    vector = np.eye(1, 1 << QUBITS, dtype=complex)[0] if fresh else random_vector(QUBITS)
    found = native(calls, QUBITS, target, tile, COMPILER, None if fresh else vector)
    assert np.abs(found - reference(calls, QUBITS, vector)).max() < 1e-12


@settings(max_examples=40)
@given(st.data(), st.sampled_from(TARGETS), st.integers(4, 8))
def test_any_circuit_on_a_state_that_grows(data: st.DataObject, target: Target, tile: int) -> None:
    calls = data.draw(gate_calls(QUBITS))
    least = target.lane_bits("float64") + 1
    sizes = sorted({*data.draw(st.lists(st.integers(least, QUBITS))), QUBITS})
    found = native(calls, QUBITS, target, tile, COMPILER, sizes=sizes)
    assert np.abs(found - reference(calls, QUBITS, np.eye(1, 1 << QUBITS, dtype=complex)[0])).max() < 1e-12


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each.cpu}-{each.vector_bytes}")
def test_a_batch_that_grows(target: Target, compiler: Compiler) -> None:
    lowering = steps_of(brickwork(9, 7), 9)
    lane_bits = target.lane_bits("float64")
    options = PlanOptions(lane_bits=lane_bits, contiguous_bits=lane_bits, tile_bits=6, whole_bits=7)
    angles = np.random.default_rng(1).uniform(-9, 9, (3, lowering.steps.slot_count))
    states = []
    for sizes in ((9,), (5, 6, 8, 9)):
        program = plan(lowering.steps, 9, options, fresh=True, sizes=sizes)
        bound = bind(Binder.of(program, lowering.steps), angles, precision="float64")
        state = NativeState.empty(9, "float64", 3, target=target, compiler=compiler)
        for _ in range(2):  # what a run leaves behind must not matter to the next
            run(bound, state, threads=2)
        index = np.arange(1 << 9)
        found = state.amplitudes(sum((index >> wire & 1) << program.end[wire] for wire in range(9)))
        states.append([with_frame(row, *each) for row, each in zip(found, _frames(bound), strict=True)])
    assert np.abs(np.array(states[0]) - np.array(states[1])).max() < 1e-12


def _frames(bound: BoundProgram) -> list[tuple[int, int]]:
    return list(zip(bound.frame.x.tolist(), bound.frame.z.tolist(), strict=True))


def brickwork(qubits: int, layers: int, seed: int = 3) -> list[GateCall]:
    random = np.random.default_rng(seed)
    calls = []
    for layer in range(layers):
        for wire in range(qubits):
            calls.append(call("ry", wire, parameters=(float(random.uniform(-7, 7)),)))
            calls.append(call("rz", wire, parameters=(float(random.uniform(-7, 7)),)))
        calls += [call("cx", wire, wire + 1) for wire in range(layer % 2, qubits - 1, 2)]
    return calls


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each.cpu}-{each.vector_bytes}")
def test_brickwork_in_many_sweeps(target: Target, compiler: Compiler) -> None:
    calls = brickwork(11, 6)
    zero = np.eye(1, 1 << 11, dtype=complex)[0]
    assert np.abs(native(calls, 11, target, 7, compiler) - reference(calls, 11, zero)).max() < 1e-12
