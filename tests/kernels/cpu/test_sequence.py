"""Native calls one after the other: in their order, and with the bits of a run step by step."""

import ctypes

import numpy as np
import pytest
from step_circuits import call

from qlang.kernels.bind import Binder, BoundProgram, bind
from qlang.kernels.cpu import products, runner
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import host_target
from qlang.kernels.cpu.memory import address
from qlang.kernels.cpu.native import address_of
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.sequence import Call, CallSequence
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.cpu.threads import PIECE_SECONDS
from qlang.kernels.decompose import steps_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

QUBITS, BATCH = 10, 3


def grown(sizes: tuple[int, ...]) -> BoundProgram:
    """Layers of rotations and CX on a chain, with other angles for each item."""
    random = np.random.default_rng(5)
    calls = []
    for layer in range(4):
        calls += [call("ry", wire, parameters=(float(random.uniform(0, 6)),)) for wire in range(QUBITS)]
        calls += [call("cx", wire, wire + 1) for wire in range(layer % 2, QUBITS - 1, 2)]
    lowering, lanes = steps_of(calls, QUBITS), host_target().lane_bits("float64")
    options = PlanOptions(lane_bits=lanes, contiguous_bits=lanes, tile_bits=8)
    program = plan(lowering.steps, QUBITS, options, fresh=True, sizes=sizes)
    angles = lowering.angle_map.angles(lowering.parameters + 0.1 * np.arange(BATCH)[:, None])
    return bind(Binder.of(program, lowering.steps), angles, precision="float64")


def test_calls_are_made_in_their_order(compiler: Compiler) -> None:
    random = np.random.default_rng(3)
    numbers = random.integers(0, 100, 8)
    expected, start = numbers.copy(), address(numbers)
    moves = [(int(a), int(b)) for a, b in random.integers(0, 8, (40, 2))]
    function = address_of(ctypes.memmove)
    calls = [Call(function, (start + 8 * to, start + 8 * from_, 8), 1e-9) for to, from_ in moves]
    sequence = CallSequence(calls, compiler, host_target())
    assert np.array_equal(numbers, expected)
    for _ in range(2):
        sequence.make()
        for to, from_ in moves:
            expected[to] = expected[from_]
        assert np.array_equal(numbers, expected)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sizes", [(QUBITS,), (6, 7, QUBITS)])
def test_the_same_bits_in_one_call_in_some_and_step_by_step(
    sizes: tuple[int, ...], threads: int, compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound, found, parts = grown(sizes), [], []
    for seconds in (PIECE_SECONDS, 1e-5, 0.0):
        for module in (runner, products):
            monkeypatch.setattr(module, "PIECE_SECONDS", seconds)
        state = NativeState.empty(QUBITS, "float64", BATCH, compiler=compiler)
        for _ in range(2):
            state.re[:] = state.im[:] = np.nan
            run(bound, state, threads=threads)
            found.append((state.re.tobytes(), state.im.tobytes()))
        parts.append(len(state.prepared[0]._parts(threads)))
    assert len(set(found)) == 1
    assert np.isfinite(state.re).all()
    assert parts[0] <= parts[1] <= parts[2]
    if threads == 1:
        assert parts[0] == 1 < parts[2]
