"""Plans: the program does what its steps do, whatever the cut; it keeps the promises of `qlang.kernels.program`."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qlang.kernels.interpret import execute_steps
from qlang.kernels.program import LONGEST_GROWTH, PlanOptions, Program
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Steps
from tests.kernels.programs import angles_for, execute, step_lists


@st.composite
def small_options(draw: st.DrawFn) -> PlanOptions:
    lanes = draw(st.integers(0, 2))
    contiguous = draw(st.integers(lanes, 3))
    return PlanOptions(
        lane_bits=lanes,
        contiguous_bits=contiguous,
        tile_bits=draw(st.integers(contiguous + 1, 5)),
        registers=draw(st.integers(1, 4)),
        lane_choice=draw(st.sampled_from(["shared", "fewest", "first"])),
    )


@given(steps=step_lists(twists=True), options=small_options())
@settings(max_examples=150, deadline=None)
def test_a_fresh_program_is_its_steps(steps: Steps, options: PlanOptions) -> None:
    angles = angles_for(steps)
    program = plan(steps, steps.qubits, options, fresh=True)
    zero = np.zeros(1 << steps.qubits, dtype=np.complex128)
    zero[0] = 1
    assert np.allclose(execute(program, steps, angles, zero), execute_steps(steps, angles, zero), atol=1e-10)
    check_promises(program)


@given(steps=step_lists(twists=True), options=small_options(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_state_that_grows_is_its_steps(steps: Steps, options: PlanOptions, data: st.DataObject) -> None:
    angles, size = angles_for(steps), max(steps.qubits, options.lane_bits)
    least = min(size, max(options.contiguous_bits + 1, options.lane_bits))
    options = replace(options, whole_bits=data.draw(st.integers(0, 6)))
    sizes = sorted({*data.draw(st.lists(st.integers(least, size))), size})
    program = plan(steps, steps.qubits, options, fresh=True, sizes=sizes)
    assert {sweep.size for sweep in program.sweeps} <= set(sizes)
    zero = np.zeros(1 << steps.qubits, dtype=np.complex128)
    zero[0] = 1
    assert np.allclose(execute(program, steps, angles, zero), execute_steps(steps, angles, zero), atol=1e-10)
    check_promises(program)


@given(steps=step_lists(max_qubits=5, twists=True), options=small_options(), data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_program_is_the_matrix_of_its_steps(steps: Steps, options: PlanOptions, data: st.DataObject) -> None:
    angles = angles_for(steps)
    start = data.draw(st.permutations(range(max(steps.qubits, options.lane_bits))))
    program = plan(steps, steps.qubits, options, fresh=False, start=start)
    check_promises(program)
    for column in np.eye(1 << steps.qubits):
        assert np.allclose(execute(program, steps, angles, column), execute_steps(steps, angles, column), atol=1e-10)


def check_promises(program: Program) -> None:
    """The rules that targets rely on."""
    options = program.options
    size = program.qubits
    used = 0
    assert sorted(program.start) == sorted(program.end) == list(range(size))
    assert [p for s in program.sweeps for e in s.passes if (p := e.phase) >= 0] == list(range(len(program.groups)))
    rotations, grown = [], 0
    for sweep in program.sweeps:
        assert list(sweep.local) == sorted(set(sweep.local))
        assert used <= sweep.size <= size
        used = sweep.size
        assert len(sweep.local) == options.local_bits(used)
        assert sweep.local[-1] < used
        assert sweep.local[: options.contiguous_bits] == tuple(range(min(options.contiguous_bits, used)))
        for entry in sweep.passes:
            assert len(entry.registers) == len(entry.rotations) <= options.registers
            assert list(entry.registers) == sorted(set(entry.registers))
            assert all(options.lane_bits <= register < len(sweep.local) for register in entry.registers)
            assert len(entry.lane_rotations) in (0, options.lane_bits)
            assert entry.registers or entry.lanes or entry.phase >= 0
            lanes = (1 << options.lane_bits) - 1
            for target, mask in entry.permutation:
                assert target in entry.registers and not mask & lanes and not mask >> used
            for control, target in entry.lane_cx:
                assert target in entry.registers or target < options.lane_bits
                assert control < options.lane_bits or target < options.lane_bits
                assert control < used
            if entry.phase >= 0:
                group = program.groups[entry.phase]
                masks = [mask for mask, _ in group.parity] + [mask for mask, _, _ in group.pattern]
                assert group.lanes == any(mask & lanes for mask in masks)
                assert not any(mask >> used for mask in masks)
                grown = 0
            new = [r for r in entry.rotations + entry.lane_rotations if r >= 0]
            rotations += new
            grown += len(new)
            assert grown <= LONGEST_GROWTH
    assert rotations == list(range(len(program.rotations)))
    assert bool(program.groups) or not rotations


def test_options_that_fit_no_program_are_refused() -> None:
    with pytest.raises(ValueError, match="tile_bits"):
        PlanOptions(lane_bits=4, contiguous_bits=3)
    with pytest.raises(ValueError, match="register"):
        PlanOptions(registers=0)
