"""Passes fetch the next tile while they work on one."""

from collections.abc import Sequence

import numpy as np
import pytest
from step_circuits import call

from qlang.backends.states import GateCall
from qlang.kernels.bind import Binder
from qlang.kernels.cpu.arguments import Word
from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.descriptors import native_sweeps
from qlang.kernels.cpu.host import ELEMENT_BYTES, Target, executable_targets
from qlang.kernels.cpu.memory import LINE
from qlang.kernels.decompose import steps_of
from qlang.kernels.program import PlanOptions
from qlang.kernels.schedule import plan

QUBITS, TILE_BITS = 16, 12


class Numbers(Compiler):
    """Compiles nothing: the address of a kernel is its number."""

    def addresses(self, sources: Sequence[Source]) -> list[int]:
        return list(range(len(sources)))


def circuit() -> list[GateCall]:
    random = np.random.default_rng(5)
    calls = []
    for _ in range(8):
        angles = random.uniform(-7, 7, (QUBITS, 3))
        calls += [call("u", wire, parameters=tuple(map(float, angles[wire]))) for wire in range(QUBITS)]
        order = random.permutation(QUBITS)
        calls += [call("cx", int(a), int(b)) for a, b in zip(order[::2], order[1::2], strict=True)]
    return calls


def passes(target: Target) -> list[list[tuple[int, int]]]:
    """For each sweep that copies its tiles the lines that its passes fetch in each group, with the groups of each."""
    lowering, lane_bits = steps_of(circuit(), QUBITS), target.lane_bits("float64")
    options = PlanOptions(lane_bits=lane_bits, contiguous_bits=lane_bits + 1, tile_bits=TILE_BITS)
    program = plan(lowering.steps, QUBITS, options, fresh=False)
    sweeps = native_sweeps(Binder.of(program, lowering.steps).layout, "float64", target, Numbers(None))
    return [
        [(int(block[Word.PREFETCH_LINES]), int(block[Word.GROUPS])) for block in sweep.blocks]
        for sweep in sweeps
        if sweep.gathered
    ]


@pytest.mark.parametrize("target", executable_targets(), ids=lambda each: f"{each.cpu}-{each.vector_bytes}")
def test_a_tile_is_fetched_by_the_first_passes(target: Target) -> None:
    lines = (ELEMENT_BYTES["float64"] << TILE_BITS) // LINE
    most = 1 if target.permute == "avx512" else 4
    sweeps = passes(target)
    assert sweeps
    for sweep in sweeps:
        left = lines
        for ahead, groups in sweep:
            assert groups >= 8
            assert ahead == max(0, min(most, -(-left // groups)))
            left -= ahead * groups
        assert left <= max(0, lines - most * sum(groups for _, groups in sweep))
