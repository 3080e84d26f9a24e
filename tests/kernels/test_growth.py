"""How a state grows: what joins when, and that operations wait for their stage."""

from collections.abc import Sequence

import pytest

from qlang.kernels.cost import GENERIC, default_options, program_cost
from qlang.kernels.growth import growth_of
from qlang.kernels.order import CX, ROTATION, order_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps
from tests.kernels.planned_circuits import brickwork
from tests.kernels.programs import PARITY, steps_from

Row = tuple[int, int, int]
SMALL = PlanOptions(lane_bits=0, contiguous_bits=0, tile_bits=4)


def chain(qubits: int, layers: int) -> Steps:
    """Trotter steps of an Ising chain: rotations on all wires, a phase on neighbours."""
    rows: list[Row] = [(ROTATION, wire, 0) for wire in range(qubits)]
    for _ in range(layers):
        rows += [(PARITY, 3 << wire, 0) for wire in range(qubits - 1)]
        rows += [(ROTATION, wire, 0) for wire in range(qubits)]
    return steps_from(qubits, rows)


def test_a_chain_grows_from_one_end() -> None:
    order = order_of(chain(6, 3).rows(), 6, fresh=True)
    growth = growth_of(order, SMALL, sizes=range(1, 7))
    assert growth is not None
    assert growth.labels == (0, 1, 2, 3, 4, 5)
    rotations = [(order.wires[i][0], stage) for i, stage in enumerate(growth.stages) if order.kinds[i] == ROTATION]
    # a rotation of layer l on wire w needs the wires up to w + l
    expected = [(wire, min(wire + layer, 6) - (wire + layer > 5)) for layer in (1, 2, 3) for wire in range(6)]
    assert rotations == expected


def test_the_wires_of_a_fourier_transform_join_from_the_top() -> None:
    rows: list[Row] = [(ROTATION, wire, 0) for wire in range(6)]
    for wire in reversed(range(6)):
        rows.append((ROTATION, wire, 0))
        rows += [(PARITY, 1 << control | 1 << wire, 0) for control in reversed(range(wire))]
    growth = growth_of(order_of(steps_from(6, rows).rows(), 6, fresh=True), SMALL, sizes=range(1, 7))
    assert growth is not None
    assert growth.labels[2:] == (3, 2, 1, 0)


def test_what_no_rotation_needs_waits_for_the_last_stage() -> None:
    rows: list[Row] = [(ROTATION, wire, 0) for wire in range(4)]
    rows += [(CX, 0, 1), (ROTATION, 1, 0), (CX, 1, 0), (CX, 2, 3), (ROTATION, 3, 0), (ROTATION, 0, 0), (CX, 3, 0)]
    order = order_of(steps_from(4, rows).rows(), 4, fresh=True)
    growth = growth_of(order, SMALL, sizes=(2, 4))
    assert growth is not None
    first = set(growth.labels[:2])
    assert first in ({0, 1}, {2, 3})
    for operation, stage in enumerate(growth.stages):
        assert stage == (not set(order.wires[operation]) <= first) or order.kinds[operation] == CX
    assert growth.stages[-1] == 1


@pytest.mark.parametrize("sizes", [(12,), (7, 9, 12), (12, 12)])
def test_every_operation_is_executed_once(sizes: Sequence[int]) -> None:
    program = plan(chain(12, 5), 12, SMALL, fresh=True, sizes=sizes[:1] if len(set(sizes)) == 1 else sizes)
    assert len(set(program.rotations)) == len(program.rotations) == 60
    assert sorted(program.terms.steps) == sorted(set(program.terms.steps))
    assert len(program.terms.steps) == 55


def test_growing_is_estimated_to_be_cheaper_where_light_cones_are_narrow() -> None:
    options = default_options("float32", GENERIC)
    whole = PlanOptions(lane_bits=options.lane_bits, tile_bits=options.tile_bits, whole_bits=options.whole_bits)
    for steps, gain in ((brickwork(22, 20), 1.6), (chain(22, 10), 2.0)):
        grown, cut = (program_cost(plan(steps, 22, each, fresh=True), "float32") for each in (options, whole))
        assert cut.seconds(GENERIC) > gain * grown.seconds(GENERIC)


def test_a_state_that_needs_all_wires_at_once_does_not_grow() -> None:
    rows: list[Row] = [(ROTATION, wire, 0) for wire in range(16)]
    rows += [(PARITY, (1 << 16) - 1, 0)]
    rows += [(ROTATION, wire, 0) for wire in range(16)]
    program = plan(steps_from(16, rows), 16, default_options("float32", GENERIC), fresh=True)
    assert {sweep.size for sweep in program.sweeps} == {16}


def test_a_given_state_does_not_grow() -> None:
    program = plan(chain(20, 5), 20, default_options("float32", GENERIC), fresh=False)
    assert {sweep.size for sweep in program.sweeps} == {20}


def test_idle_wires_join_last() -> None:
    rows: list[Row] = [(ROTATION, 7, 0)]
    for kind, first, second, _ in chain(18, 4).rows():
        above = [bit + (bit >= 7) for bit in range(18)]
        moved = above[first] if kind == ROTATION else sum(1 << above[bit] for bit in range(18) if first >> bit & 1)
        rows.append((int(kind), moved, second))
    program = plan(steps_from(19, rows), 19, default_options("float32", GENERIC), fresh=True)
    assert program.start[7] == 18
    assert len(program.initial[7]) == 1
    assert max(sweep.size for sweep in program.sweeps) == 18
