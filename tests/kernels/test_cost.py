"""Costs: closed forms for a small program, and options that fit the machine."""

from dataclasses import replace

import pytest
from step_circuits import call

from qlang.kernels.cost import GENERIC, Machine, default_options, program_cost
from qlang.kernels.decompose import steps_of
from qlang.kernels.fuse import fused
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from tests.kernels.planned_circuits import brickwork, passes
from tests.kernels.programs import PARITY, ROTATION, steps_from

WIDE = Machine(vector_bytes=64, cache_bytes=1 << 20, shared_cache_bytes=1 << 25, bandwidth=2.4e10, frequency=3.6e9)
MESH = replace(WIDE, shared_cache_bytes=260 << 20)


def test_bytes_and_flops_of_two_rotations_and_a_phase() -> None:
    steps = steps_from(6, [(ROTATION, 4, 0), (PARITY, 1 << 4, 0), (PARITY, 1 << 5, 0), (ROTATION, 4, 0)])
    program = plan(steps, 6, PlanOptions(lane_bits=2, contiguous_bits=2, tile_bits=6, lane_choice="first"), fresh=False)
    cost = program_cost(program, "float64")
    assert cost.bytes == 2 * 16 * 64  # one read, one write
    assert cost.flops == 64 * (4 + 4 + 6)
    assert cost.passes == len(passes(program)) == 2


def test_every_sweep_moves_the_state() -> None:
    program = plan(brickwork(12, 8), 12, PlanOptions(lane_bits=1, contiguous_bits=2, tile_bits=7), fresh=True)
    assert len(program.sweeps) > 1
    assert program_cost(program, "float32").bytes == len(program.sweeps) * 2 * 8 << 12
    assert program_cost(program, "float64").bytes == 2 * program_cost(program, "float32").bytes


def test_a_faster_machine_and_more_threads_take_less_time() -> None:
    program = plan(brickwork(12, 8), 12, PlanOptions(), fresh=True)
    cost = program_cost(program, "float32")
    assert cost.seconds(WIDE) < cost.seconds(GENERIC)
    assert cost.seconds(WIDE, threads=2) == pytest.approx(cost.seconds(WIDE) / 2)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("machine", [GENERIC, WIDE, MESH], ids=["generic", "wide", "mesh"])
def test_default_options_fit_the_caches(precision: str, machine: Machine) -> None:
    amplitude = {"float32": 8, "float64": 16}[precision]
    for qubits in range(1, 34):
        options = default_options(precision, machine)
        assert 1 << options.lane_bits == machine.vector_bytes // (amplitude // 2)
        buffer = amplitude << options.tile_bits
        if amplitude << qubits <= min(machine.shared_cache_bytes, 32 << 20) // 4:
            assert options.local_bits(qubits) == qubits
        else:
            assert options.local_bits(qubits) == options.tile_bits
            assert buffer <= machine.cache_bytes // 2 < 2 * buffer


def test_one_sweep_is_estimated_to_be_cheaper_than_several() -> None:
    steps = brickwork(18, 12)
    whole, cut = (program_cost(plan(steps, 18, PlanOptions(tile_bits=t), fresh=True), "float32") for t in (18, 12))
    assert whole.seconds(WIDE) < cut.seconds(WIDE)


def test_a_general_two_qubit_gate_costs_no_more_as_rotations_than_as_a_dense_block() -> None:
    """Layers of SU(4) on neighbours, then on shifted neighbours; a dense 4 × 4 block takes 16 products and a walk."""
    calls = []
    for layer in range(4):
        for first in range(layer % 2, 23, 2):
            pair, numbers = (first, first + 1), (0.3 + layer, 0.7, 1.1 + first)
            calls += [call("u", wire, parameters=numbers) for wire in pair]
            calls += [call(name, *pair, parameters=numbers[:1]) for name in ("rxx", "ryy", "rzz")]
    gates = sum(1 for each in calls if each[0] == call("rzz", 0, 1, parameters=(0.0,))[0])
    program = plan(fused(steps_of(calls, 24)).steps, 24, default_options("float32", WIDE), fresh=True)
    pairs_of_vectors = (1 << 24) / 16
    assert program_cost(program, "float32").cycles / pairs_of_vectors / gates < 16 + 2.5
