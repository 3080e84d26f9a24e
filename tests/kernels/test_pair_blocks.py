"""Blocks on pairs of wires, against a walk over the steps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import gate_calls

from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.order import bits_of
from qlang.kernels.pair_blocks import UNKNOWN, blocks_of, pair_step
from qlang.kernels.wire_events import ranges, wire_masks

_LONGEST_BEHIND = 4


def _on(wire: int, wires: list[tuple[int, ...]], begin: int, end: int) -> list[int]:
    """The steps on this wire alone between two steps."""
    return [index for index in range(begin + 1, end) if wires[index] == (wire,)]


def _neighbour(wire: int, wires: list[tuple[int, ...]], places: range) -> int:
    """The first of some places whose step is on this wire and others."""
    return next((place for place in places if wire in wires[place] and len(wires[place]) > 1), places.stop)


@settings(max_examples=80, deadline=None)
@given(gate_calls(4, longest=40), st.data())
def test_blocks_are_what_no_other_wire_interrupts(calls: list[GateCall], data: st.DataObject) -> None:
    steps = steps_of(calls, 4, merge=data.draw(st.booleans())).steps
    turns = data.draw(st.lists(st.integers(0, UNKNOWN), min_size=len(steps), max_size=len(steps)))
    masks = wire_masks(steps)
    wires = [bits_of(mask) for mask in masks.tolist()]
    expected = []
    begun: set[int] = set()
    for first, pair in enumerate(wires):
        if len(pair) != 2 or first in begun:
            continue
        joint, members = [first], [first]
        while True:
            found = [_neighbour(wire, wires, range(joint[-1] + 1, len(steps))) for wire in pair]
            if found[0] != found[1] or found[0] == len(steps) or wires[found[0]] != pair:
                break
            members += [each for wire in pair for each in _on(wire, wires, joint[-1], found[0])] + [found[0]]
            joint.append(found[0])
        begun.update(joint)
        if len(members) == 1:
            continue
        before, after = [], []
        for wire, behind in zip(pair, found, strict=True):
            latest = _neighbour(wire, wires, range(first - 1, -1, -1))
            front = _on(wire, wires, latest, first)
            while any(turns[each] == UNKNOWN for each in front):
                front = front[1:]
            before += front
            rear = _on(wire, wires, joint[-1], behind)[:_LONGEST_BEHIND]
            while any(turns[each] == UNKNOWN for each in rear):
                rear = rear[:-1]
            after += rear
        expected.append((pair, before + members + after))
    blocks = blocks_of(steps, masks, np.array(turns, dtype=np.int64))
    patterns = [blocks.pattern(block, set()) for block in blocks.blocks]
    assert [(block.wires, places) for block, (_, places) in zip(blocks.blocks, patterns, strict=True)] == expected
    for block, (pattern, places) in zip(blocks.blocks, patterns, strict=True):
        for code, place in zip([code for part in pattern for code in part], places, strict=True):
            step = pair_step(code)
            assert step.kind == steps.kinds[place]
            assert step.single == (len(wires[place]) == 1)
            assert not step.single or block.wires[step.wire] == wires[place][0]


@settings(max_examples=60, deadline=None)
@given(gate_calls(3, longest=40), st.data())
def test_constants_that_are_taken_are_left_out(calls: list[GateCall], data: st.DataObject) -> None:
    steps = steps_of(calls, 3, merge=False).steps
    masks = wire_masks(steps)
    blocks = blocks_of(steps, masks, np.zeros(len(steps), dtype=np.int64))
    for block in blocks.blocks:
        (_, places), fronts = blocks.pattern(block, set()), [blocks.singles[begin:end] for begin, end in block.before]
        taken = data.draw(st.sets(st.sampled_from([*fronts[0], *fronts[1], len(steps)])))
        left = []
        for front in fronts:
            while taken.intersection(front):
                front = front[1:]
            left += front
        _, others = blocks.pattern(block, taken)
        assert others == left + places[sum(map(len, fronts)) :]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5)), max_size=9))
def test_numbers_of_ranges(given_: list[tuple[int, int]]) -> None:
    begins, lengths = np.array(given_, dtype=np.int64).reshape(-1, 2).T
    expected = [number for begin, length in given_ for number in range(begin, begin + length)]
    assert ranges(begins, lengths).tolist() == expected
