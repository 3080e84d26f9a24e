"""Passes: registers full, phases once per layer, CX gates never alone, chains executed to their ends."""

import pytest

from qlang.kernels.blocks import passes_of_sweep
from qlang.kernels.order import order_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps
from qlang.kernels.sweeps import place_wires
from qlang.kernels.walker import Walker
from tests.kernels.planned_circuits import brickwork, fourier, passes, random_steps, trotter
from tests.kernels.programs import CX, PARITY, PATTERN, ROTATION, steps_from


@pytest.mark.parametrize(
    ("steps", "layers", "registers"),
    [(brickwork(16, 20), 19, 12), (brickwork(13, 20), 19, 9), (trotter(16, 10), 10, 12)],
    ids=["brickwork-16", "brickwork-13", "trotter-16"],
)
def test_a_layer_takes_its_rotations_by_three_and_one_phase_group(steps: Steps, layers: int, registers: int) -> None:
    program = plan(steps, steps.qubits, PlanOptions(), fresh=True)
    done = passes(program)
    assert len(done) <= 1.1 * layers * registers / 3
    assert len(program.groups) <= layers + 2
    assert sum(entry.lanes for entry in done) <= layers + 2


@pytest.mark.parametrize("lane_bits", [3, 4])
@pytest.mark.parametrize(
    "steps", [brickwork(16, 20), trotter(16, 10), random_steps(16, 800)], ids=["brickwork", "trotter", "random"]
)
def test_a_fourth_register_is_taken_unless_all_lie_far_apart(steps: Steps, lane_bits: int) -> None:
    usual, wide = (passes(plan(steps, 16, PlanOptions(lane_bits, registers=most), fresh=True)) for most in (3, 4))
    assert len(wide) < 0.9 * len(usual)
    four = [entry for entry in wide if len(entry.registers) == 4]
    assert any(entry.phase >= 0 for entry in four)
    assert any(entry.lane_rotations for entry in four)
    far = [sum(register >= lane_bits + 6 for register in entry.registers) for entry in wide]
    assert max(far) == 3
    assert any(count == 3 for entry, count in zip(wide, far, strict=True) if len(entry.registers) == 4)


def test_no_pass_has_nothing_but_a_cx_before_the_last_layer() -> None:
    done = passes(plan(brickwork(24, 20), 24, PlanOptions(), fresh=True))
    idle = [entry for entry in done if max(entry.rotations + entry.lane_rotations, default=-1) < 0]
    assert len(idle) <= len(done) // 20


def test_the_fourier_transform_takes_a_pass_per_wire_and_no_permutation() -> None:
    program = plan(fourier(16), 16, PlanOptions(), fresh=True)
    assert len(passes(program)) == 15  # the first wire's rotation is in the product state
    assert not any(entry.permutation or entry.lane_cx for entry in passes(program))
    assert program.end == tuple(reversed(program.start))


def test_cx_gates_on_the_registers_of_a_pass_are_one_permutation() -> None:
    rows = [(CX, 0, 1), (CX, 1, 2), (CX, 2, 0), (ROTATION, 0, 0), (ROTATION, 1, 0), (ROTATION, 2, 0)]
    options = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=3)
    (only,) = passes(plan(steps_from(3, rows), 3, options, fresh=False))
    assert dict(only.permutation) == {0: 0b101, 1: 0b111, 2: 0b110}


def test_a_long_pattern_is_applied_in_front_of_a_cx_that_it_cannot_pass() -> None:
    rows = [(PATTERN, 0b1111, 0b1111), (CX, 4, 0), (ROTATION, 0, 0)]
    options = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=5)
    first, second = passes(plan(steps_from(5, rows), 5, options, fresh=False))
    assert first.phase == 0 and not first.permutation
    assert second.permutation == ((0, 0b10001),)


def test_a_short_pattern_is_written_as_parities_and_passes() -> None:
    rows = [(PATTERN, 0b11, 0b10), (CX, 2, 0), (ROTATION, 0, 0)]
    options = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=3)
    program = plan(steps_from(3, rows), 3, options, fresh=False)
    (only,) = passes(program)
    masks = sorted(mask for mask, _ in program.groups[only.phase].parity)
    assert masks == [0b000, 0b010, 0b101, 0b111]
    assert sorted(program.terms.coefficients) == [-0.5, -0.5, 0.5, 0.5]


def test_phases_on_lanes_wait_for_a_pass_with_lanes() -> None:
    rows = [(PARITY, 0b01, 0), (PARITY, 0b10, 0), (ROTATION, 1, 0), (ROTATION, 0, 0)]
    options = PlanOptions(lane_bits=1, contiguous_bits=1, tile_bits=2, lane_choice="first")
    program = plan(steps_from(2, rows), 2, options, fresh=False)
    for entry in passes(program):
        if entry.phase >= 0 and program.groups[entry.phase].lanes:
            assert entry.lane_rotations


def test_operations_outside_of_the_local_wires_wait() -> None:
    steps = random_steps(8, 60)
    order = order_of(steps.rows(), 8, fresh=False)
    options = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=4)
    walker = Walker.start(order, options, place_wires(order, options), [0] * len(order))
    walker.begin_stage(0, list(range(len(order))), range(8))
    passes_of_sweep(walker, 0b00001111)
    done = {operation for operation in range(len(order)) if walker.done[operation]}
    changed = {order.wires[operation][-1] for operation in done if order.kinds[operation] != PARITY}
    assert changed <= {0, 1, 2, 3}
    assert not walker.finished
    passes_of_sweep(walker, 0b11111111)
    assert walker.finished
    assert all(walker.done)
