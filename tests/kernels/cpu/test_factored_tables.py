"""Tables of rows that are left as factors: multiplied when a run of passes begins, once for each item and thread."""

from dataclasses import replace

import numpy as np
import pytest
from step_circuits import call

from qlang.backends.native_programs import lowering_of
from qlang.backends.states import GateCall
from qlang.kernels.angles import AngleSources
from qlang.kernels.bind import Binder, Precision, bind
from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.layout import Layout
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

TARGETS = executable_targets()
TOLERANCE = {"float32": 3e-6, "float64": 1e-13}
ROW_BITS, LAYERS = 11, 8


def pairs(qubits: int) -> list[GateCall]:
    """Layers of random turns and CX on random pairs."""
    random = np.random.default_rng(5)
    calls = []
    for _ in range(LAYERS):
        order = random.permutation(qubits).tolist()
        for control, target in zip(order[::2], order[1::2], strict=False):
            for _ in range(2):
                calls.append(call("cx", control, target))
                for wire in (control, target):
                    calls += [call(name, wire, parameters=(float(random.normal()),)) for name in ("rz", "ry")]
    return calls


def states(target: Target, precision: Precision, compiler: Compiler, factored: int, threads: int) -> np.ndarray:
    """Of two items, after two runs, for row tables that are factors from so many bits on."""
    lane_bits = target.lane_bits(precision)
    qubits = ROW_BITS + lane_bits
    lowering = lowering_of(pairs(qubits), qubits)
    options = PlanOptions(
        lane_bits=lane_bits, contiguous_bits=lane_bits, tile_bits=qubits, whole_bits=qubits, registers=3
    )
    program = plan(lowering.steps, qubits, options, fresh=True, sizes=(qubits - 1, qubits))
    layout = Layout.of(program, factored=factored)
    assert any(group.factors for group in layout.groups) == (factored <= ROW_BITS)
    angles = lowering.angles() * np.array([[1.0], [0.9]])
    bound = bind(Binder(AngleSources.of(program, lowering.steps), layout), angles, precision=precision)
    state = NativeState.empty(qubits, precision, 2, target=target, compiler=compiler)
    for _ in range(2):
        run(bound, state, threads=threads)
    return state.amplitudes(np.arange(1 << qubits))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("piece_bits", [0, 14, 16])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each.cpu}-{each.vector_bytes}")
def test_states_are_those_of_whole_tables(
    target: Target, precision: Precision, piece_bits: int, threads: int, compiler: Compiler
) -> None:
    """In pieces several passes of a run have tables at the same time."""
    target = replace(target, piece_bytes=1 << piece_bits if piece_bits else 0)
    expected = states(target, precision, compiler, ROW_BITS + 1, 1)
    found = states(target, precision, compiler, ROW_BITS - 1, threads)
    assert np.abs(found - expected).max() < TOLERANCE[precision]
    np.testing.assert_array_equal(found, states(target, precision, compiler, ROW_BITS - 1, 1))
