"""Sweeps: as few as the light cones allow, every wire in its place, and work that grows with the circuit only."""

import pytest

from qlang.kernels.order import order_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps
from qlang.kernels.sweeps import place_wires
from tests.kernels.planned_circuits import brickwork, calls_made, fourier, random_steps, search, trotter
from tests.kernels.programs import ROTATION, steps_from


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        (brickwork(24, 20), 4),
        (trotter(24, 10), 3),
        (fourier(24), 2),
        (search(24, 3), 4),
        (brickwork(26, 20), 4),
    ],
    ids=["brickwork-24", "trotter-24", "fourier-24", "search-24", "brickwork-26"],
)
def test_few_sweeps_over_memory(steps: Steps, most: int) -> None:
    program = plan(steps, steps.qubits, PlanOptions(), fresh=True)
    assert len(program.sweeps) <= most


def test_a_state_that_is_one_buffer_takes_one_sweep() -> None:
    steps = brickwork(12, 30)
    (sweep,) = plan(steps, 12, PlanOptions(), fresh=True).sweeps
    assert sweep.local == tuple(range(12))


def test_sweeps_of_a_chain_share_the_wires_in_its_middle() -> None:
    program = plan(brickwork(24, 20), 24, PlanOptions(), fresh=True)
    shared = sorted(wire for wire, position in enumerate(program.start) if position < 6)
    assert shared == list(range(shared[0], shared[0] + 6))
    assert 4 <= shared[0] <= 14


def test_the_first_sweep_needs_no_gathering() -> None:
    program = plan(brickwork(24, 20), 24, PlanOptions(), fresh=True)
    assert program.sweeps[0].local == tuple(range(16))


def test_wires_with_the_fewest_rotations_are_the_lanes_if_asked() -> None:
    steps = random_steps(9, 200)
    program = plan(steps, 9, PlanOptions(lane_bits=2, contiguous_bits=3, tile_bits=6, lane_choice="fewest"), fresh=True)
    turns = [int(((steps.kinds == 0) & (steps.first == wire)).sum()) for wire in range(9)]
    lanes = [wire for wire, position in enumerate(program.start) if position < 2]
    assert max(turns[wire] for wire in lanes) <= 1.2 * sorted(turns)[1] < max(turns)


def test_neighbours_are_lanes_where_wires_have_about_as_many_rotations() -> None:
    rows = [(ROTATION, wire, 0) for wire in range(12) for _ in range(17 + (wire % 3 == 1))]
    program = plan(steps_from(12, rows), 12, PlanOptions(), fresh=False, start=None)
    assert program.start == tuple(range(12))
    order = order_of(steps_from(12, rows).rows(), 12, fresh=False)
    assert place_wires(order, PlanOptions()).labels[:4] == [0, 1, 2, 3]


def test_wires_stay_where_a_given_state_has_them() -> None:
    start = [5, 3, 1, 0, 2, 4]
    program = plan(
        brickwork(6, 4), 6, PlanOptions(lane_bits=1, contiguous_bits=1, tile_bits=4), fresh=False, start=start
    )
    assert program.start == program.end == tuple(start)
    assert not any(program.initial)
    with pytest.raises(ValueError, match="permutation"):
        plan(brickwork(6, 4), 6, PlanOptions(), fresh=False, start=[0] * 6)


@pytest.mark.parametrize(
    "make", [lambda n: brickwork(20, n), lambda n: random_steps(20, 40 * n)], ids=["chain", "random"]
)
def test_work_is_linear_in_the_circuit(make: object) -> None:
    """N against 4N; the sweeps that are planned to place wires are a constant part."""
    options = PlanOptions(tile_bits=12)
    short, long = (make(layers) for layers in (30, 120))  # type: ignore[operator]  # a function of the length
    few, many = (calls_made(lambda steps=steps: plan(steps, 20, options, fresh=True)) for steps in (short, long))  # type: ignore[misc]  # the default binds the loop variable
    assert many < 4.6 * few
