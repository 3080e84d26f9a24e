"""What comes last and next on wires, against walks over the steps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import gate_calls

from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.interactions import twisted
from qlang.kernels.order import bits_of
from qlang.kernels.steps import StepKind
from qlang.kernels.wire_events import WireEvents, by_wire, wire_masks, wires_in

LENGTH, WIRES = 12, 62


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, (1 << WIRES) - 1), max_size=20))
def test_bits_of_all_masks(masks: list[int]) -> None:
    numbers, wires = wires_in(np.array(masks, dtype=np.int64))
    found = sorted(zip(numbers.tolist(), wires.tolist(), strict=True))
    assert found == [(number, wire) for number, mask in enumerate(masks) for wire in bits_of(mask)]


@settings(max_examples=60, deadline=None)
@given(gate_calls(4))
def test_wires_of_steps(calls: list[GateCall]) -> None:
    steps = twisted(steps_of(calls, 4)).steps
    expected = []
    for kind, first, second, _ in steps.rows():
        mask = first if kind in (StepKind.PARITY, StepKind.PATTERN) else 1 << first
        mask |= {StepKind.CX: 1 << second, StepKind.SWAP: 1 << second, StepKind.TWIST: second}.get(StepKind(kind), 0)
        expected.append(mask)
    masks = wire_masks(steps)
    assert masks.tolist() == expected
    wires, indices = (each.tolist() for each in by_wire(masks))
    pairs = [*zip(wires, indices, strict=True)]
    assert pairs == sorted((wire, index) for index, mask in enumerate(expected) for wire in bits_of(mask))


@settings(max_examples=100, deadline=None)
@given(
    st.sets(st.tuples(st.integers(0, WIRES - 1) | st.integers(0, 2), st.integers(0, LENGTH - 1)), max_size=20),
    st.lists(st.tuples(st.integers(0, WIRES - 1) | st.integers(0, 2), st.integers(0, LENGTH - 1)), max_size=20),
)
def test_last_and_next_events(events: set[tuple[int, int]], asked: list[tuple[int, int]]) -> None:
    wires, indices = np.array([*events], dtype=np.int64).reshape(-1, 2).T
    found = WireEvents.of(wires, indices, LENGTH)
    columns = np.array(asked, dtype=np.int64).reshape(-1, 2).T
    last, behind = found.last(*columns).tolist(), found.next(*columns).tolist()
    for (wire, index), before, after in zip(asked, last, behind, strict=True):
        own = [at for on, at in events if on == wire]
        assert before == max((at for at in own if at < index), default=-1)
        assert after == min((at for at in own if at > index), default=LENGTH)
