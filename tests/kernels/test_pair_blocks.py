"""Blocks on pairs of wires, against a walk over the steps."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import gate_calls

from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.order import bits_of
from qlang.kernels.pair_blocks import UNKNOWN, Block, Blocks, blocks_of, pair_step
from qlang.kernels.wire_events import ranges, wire_masks

_LONGEST_BEHIND = 4


def _on(wire: int, wires: list[tuple[int, ...]], begin: int, end: int) -> list[int]:
    """The steps on this wire alone between two steps."""
    return [index for index in range(begin + 1, end) if wires[index] == (wire,)]


def _neighbour(wire: int, wires: list[tuple[int, ...]], places: range) -> int:
    """The first of some places whose step is on this wire and others."""
    return next((place for place in places if wire in wires[place] and len(wires[place]) > 1), places.stop)


def _steps(blocks: Blocks, block: Block) -> list[int]:
    """The steps of a block as in its pattern."""
    return blocks.steps(np.array([block]).T)[0].tolist()


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
    assert [(block[:2], _steps(blocks, block)) for block in blocks.rows()] == expected
    joined, begins = blocks.steps(blocks.table)
    assert joined.tolist() == [place for _, places in expected for place in places]
    assert begins.tolist() == [sum(len(places) for _, places in expected[:end]) for end in range(len(expected))]
    for block in blocks.rows():
        codes = [code for part in blocks.pattern(block) for code in part]
        for code, place in zip(codes, _steps(blocks, block), strict=True):
            step = pair_step(code)
            assert step.kind == steps.kinds[place]
            assert step.single == (len(wires[place]) == 1)
            assert not step.single or block[step.wire] == wires[place][0]


@settings(max_examples=60, deadline=None)
@given(gate_calls(3, longest=40), st.data())
def test_constants_that_are_taken_are_left_out(calls: list[GateCall], data: st.DataObject) -> None:
    steps = steps_of(calls, 3, merge=False).steps
    masks = wire_masks(steps)
    blocks = blocks_of(steps, masks, np.zeros(len(steps), dtype=np.int64))
    for number, block in enumerate(blocks.rows()):
        places = _steps(blocks, block)
        taken, fronts, left = {}, 0, []
        for wire, begin, end in zip(block[:2], block[2:6:2], block[3:6:2], strict=True):
            taken[wire] = data.draw(st.integers(0, end))
            fronts += end - begin
            left += blocks.singles[max(begin, taken[wire]) : end].tolist()
        assert _steps(blocks, blocks.without(number, taken)) == left + places[fronts:]
        assert _steps(blocks, tuple(blocks.table[:, number])) == left + places[fronts:]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 5)), max_size=9))
def test_numbers_of_ranges(given_: list[tuple[int, int]]) -> None:
    begins, lengths = np.array(given_, dtype=np.int64).reshape(-1, 2).T
    expected = [number for begin, length in given_ for number in range(begin, begin + length)]
    assert ranges(begins, lengths).tolist() == expected
