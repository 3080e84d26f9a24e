"""Every part of a pass against NumPy, for all vectors that this machine can execute."""

import numpy as np
import pytest
from pass_oracle import Case

from qlang.kernels.cpu.compiler import Compiler
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState

TARGETS = [pytest.param(each, id=f"{each.cpu}-{each.vector_bytes}") for each in executable_targets()]
TOLERANCE = {"float32": 2e-5, "float64": 2e-14}


def executed(case: Case, target: Target, compiler: Compiler, states: np.ndarray, threads: int = 1) -> NativeState:
    precision = case.bound.precision
    state = NativeState.empty(case.qubits, precision, case.batch, target=target, compiler=compiler)  # type: ignore[arg-type]
    state.set_amplitudes(states)
    run(case.bound, state, threads=threads)  # type: ignore[arg-type]
    return state


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("qubits", "tile", "batch"), [(4, 4, 1), (6, 9, 3), (9, 6, 2), (11, 8, 1)])
def test_random_passes(target: Target, precision: str, qubits: int, tile: int, batch: int, compiler: Compiler) -> None:
    for seed in range(4):
        case = Case(seed, qubits, tile, target.lane_bits(precision), precision, batch)  # type: ignore[arg-type]
        states = case.state()
        expected = case.expected(states)
        found = executed(case, target, compiler, states).amplitudes()
        scale = np.abs(expected).max()
        assert np.abs(found - expected).max() < TOLERANCE[precision] * scale, seed
