"""Runs of passes over pieces of a state: the same bits as passes over the whole, by one thread and by a team."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pass_oracle import Case
from test_team import in_teams

from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.descriptors import native_sweeps
from qlang.kernels.cpu.driver_text import SweepWord
from qlang.kernels.cpu.host import Precision, Target, executable_targets
from qlang.kernels.cpu.pieces import runs_of
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState

TARGETS = [pytest.param(each, id=f"{each.cpu}-{each.vector_bytes}") for each in executable_targets()]


def amplitudes(
    case: Case, states: np.ndarray, target: Target, compiler: Compiler, *, threads: int = 1, team: int = 0
) -> np.ndarray:
    state = NativeState.empty(
        case.qubits,
        case.bound.precision,
        case.batch,
        target=target,
        compiler=compiler,  # type: ignore[arg-type]
    )
    state.set_amplitudes(states)
    if team:
        in_teams(case, state, team)
    else:
        run(case.bound, state, threads=threads)  # type: ignore[arg-type]
    return state.amplitudes()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("precision", "qubits", "batch"), [("float32", 12, 2), ("float64", 12, 1)])
def test_pieces_change_no_bit(
    target: Target, precision: Precision, qubits: int, batch: int, compiler: Compiler
) -> None:
    whole, pieces = replace(target, piece_bytes=0), replace(target, piece_bytes=1 << 13)
    shared = 0
    for seed in range(4):
        case = Case(seed, qubits, qubits, target.lane_bits(precision), precision, batch)
        states = case.state()
        sweeps = native_sweeps(case.bound.layout, precision, pieces, compiler)
        shared += sum(len(each.blocks) - int(each.words[SweepWord.RUNS]) for each in sweeps)
        expected = amplitudes(case, states, whole, compiler)
        assert np.array_equal(amplitudes(case, states, pieces, compiler), expected)
        assert np.array_equal(amplitudes(case, states, pieces, compiler, threads=2), expected)
        assert np.array_equal(amplitudes(case, states, pieces, compiler, team=1 + 2 * (seed & 1)), expected)
    assert shared, "no passes were executed together"


@given(
    st.lists(st.sets(st.integers(6, 22), max_size=4).map(lambda bits: sum(1 << bit for bit in bits)), max_size=40),
    st.integers(10, 22),
    st.integers(12, 21),
)
def test_runs_hold_what_their_passes_change(held: list[int], plane_bits: int, piece_bits: int) -> None:
    held = [each & (1 << plane_bits) - 1 for each in held]
    runs = runs_of(held, 1 << plane_bits, 1 << piece_bits)
    assert [number for each in runs for number in range(each.first, each.first + each.passes)] == list(range(len(held)))
    for each in runs:
        assert not any(each.fixed & pass_ for pass_ in held[each.first : each.first + each.passes])
        assert each.fixed >> plane_bits == 0
        if each.fixed:
            assert each.passes > 1
            assert plane_bits - each.fixed.bit_count() <= piece_bits - 1
    if plane_bits <= piece_bits:
        assert all(each.passes == 1 for each in runs), "two pieces are in the cache together"
    assert runs_of(held, 1 << plane_bits, 0) == [replace(runs[0], first=i, passes=1, fixed=0) for i in range(len(held))]
