"""Pairs of CX that are taken out: the circuit stays the same, ladders become parities, and it takes no longer."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qlang.kernels.cancel import without_cx_pairs
from qlang.kernels.interpret import execute_steps
from qlang.kernels.steps import Steps
from tests.kernels.planned_circuits import calls_made
from tests.kernels.programs import CX, PARITY, PATTERN, ROTATION, SWAP, angles_for, step_lists, steps_from
from tests.kernels.step_circuits import random_vector

WIRES = 4


@st.composite
def cx_circuits(draw: st.DrawFn) -> Steps:
    """Mostly CX and parities on few wires, so that pairs meet, nest and cross."""
    wire, rows = st.integers(0, WIRES - 1), []
    for _ in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from([CX] * 12 + [PARITY] * 4 + [PATTERN, ROTATION, SWAP]))
        first, second = draw(st.permutations(range(WIRES)))[:2]
        if kind == PARITY:
            first, second = draw(st.integers(1, (1 << WIRES) - 1)), 0
        elif kind == PATTERN:
            first, second = 1 << first | 1 << second, draw(st.sampled_from([0, 1 << first | 1 << second]))
        elif kind == ROTATION:
            first, second = draw(wire), 0
        rows.append((kind, first, second))
    return steps_from(WIRES, rows)


# A CX between two equal ones that are gone stays in the way of what is behind it.
COVERED = [(CX, 2, 0), (CX, 0, 1), (CX, 1, 3), (CX, 0, 1), (CX, 0, 1), (CX, 1, 3), (CX, 2, 0)]


@settings(max_examples=400, deadline=None)
@given(st.one_of(cx_circuits(), step_lists(max_qubits=5)))
@example(steps_from(WIRES, COVERED))
def test_the_circuit_stays_the_same(steps: Steps) -> None:
    angles, start = angles_for(steps), random_vector(steps.qubits)
    found = execute_steps(without_cx_pairs(steps), angles, start)
    np.testing.assert_allclose(found, execute_steps(steps, angles, start), atol=1e-12)


@pytest.mark.parametrize("wires", [2, 3, 9])
def test_a_ladder_is_one_parity(wires: int) -> None:
    ladder = [(CX, wire, wire + 1) for wire in range(wires - 1)]
    left = without_cx_pairs(steps_from(wires, [*ladder, (PARITY, 1 << wires - 1, 0), *ladder[::-1]]))
    assert [row[:2] for row in left.rows()] == [(PARITY, (1 << wires) - 1)]


def test_what_stays_in_a_ladder_keeps_it() -> None:
    ladder = [(CX, 0, 1), (CX, 1, 2)]
    steps = steps_from(3, [*ladder, (ROTATION, 2, 0), *ladder[::-1]])
    assert (without_cx_pairs(steps).kinds == CX).sum() == 4


def test_work_is_linear_in_the_circuit() -> None:
    """N against 4N ladders, each within the one before."""

    def nested(size: int) -> Steps:
        half = [(CX, i % 7, i % 7 + 1) for i in range(size)]
        phases = [(PARITY, 1 << wire, 0) for wire in range(8)] * (size // 8)
        return steps_from(8, [*half, *phases, *half[::-1]])

    short, long = nested(400), nested(1600)
    few, many = calls_made(lambda: without_cx_pairs(short)), calls_made(lambda: without_cx_pairs(long))
    assert many < 4.2 * few
