"""Every part of a pass against NumPy, for all vectors that this machine can execute."""

from typing import Any

import numpy as np
import pytest
from pass_oracle import Case

from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.descriptors import native_sweeps
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.shapes import KernelShape
from qlang.kernels.cpu.state import NativeState

TARGETS = [pytest.param(each, id=f"{each.cpu}-{each.vector_bytes}") for each in executable_targets()]
TOLERANCE = {"float32": 2e-5, "float64": 2e-14}


def executed(case: Case, target: Target, compiler: Compiler, states: np.ndarray, threads: int = 1) -> NativeState:
    precision = case.bound.precision
    state = NativeState.empty(case.qubits, precision, case.batch, target=target, compiler=compiler)  # type: ignore[arg-type]
    state.set_amplitudes(states)
    run(case.bound, state, threads=threads)  # type: ignore[arg-type]
    return state


def check(case: Case, target: Target, compiler: Compiler) -> None:
    """Compares what kernels do with the oracle."""
    states = case.state()
    expected = case.expected(states)
    found = executed(case, target, compiler, states).amplitudes()
    assert np.abs(found - expected).max() < TOLERANCE[case.bound.precision] * np.abs(expected).max()


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("qubits", "tile", "batch"), [(4, 4, 1), (6, 9, 3), (9, 6, 2), (11, 8, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_random_passes(
    target: Target, precision: str, qubits: int, tile: int, batch: int, seed: int, compiler: Compiler
) -> None:
    check(Case(seed, qubits, tile, target.lane_bits(precision), precision, batch), target, compiler)  # type: ignore[arg-type]


def full(seed: int, target: Target, precision: Any) -> Case:
    """Passes of four registers and more groups than one."""
    return Case(seed, 11, 10, target.lane_bits(precision), precision, registers=4)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("seed", range(6))
def test_random_passes_of_four_registers(target: Target, precision: str, seed: int, compiler: Compiler) -> None:
    check(full(seed, target, precision), target, compiler)


class _Sources:
    """Takes the place of a compiler, and keeps what it would compile."""

    def __init__(self) -> None:
        self.shapes: list[KernelShape] = []

    def addresses(self, sources: list[Source]) -> list[int]:
        self.shapes += [KernelShape(each.target, *each.arguments) for each in sources]  # type: ignore[arg-type]
        return [0] * len(sources)


def parts_of(shape: KernelShape) -> set[str]:
    """What a kernel of four registers does, in words."""
    chosen = {
        f"{kind} by register {i}"
        for kind, masks in (("TWIST", shape.choosing[: shape.twists]), ("lane TWIST", shape.choosing[shape.twists :]))
        for mask in masks
        for i in range(4)
        if mask >> i & 1
    }
    done = {
        "exchange": shape.exchange,
        "permutation": shape.permutation,
        "row table": shape.phase,
        "chosen row table": shape.choice_bytes,
        "lane table": shape.lane_tables > shape.constant_tables,
        "constant lane table": shape.constant_tables,
        "lane TWIST": shape.lane_twists,
        "lane rotation": set(shape.lane_rotations) - set(shape.lane_twists),
        "TWIST by lanes": shape.blended and shape.twists,
        "lane TWIST by lanes": shape.blended and shape.lane_twists,
        "TWIST with cosines": shape.twists and not shape.scaled_twists,
        "TWIST without cosines": shape.twists and shape.scaled_twists,
        "four rotations behind phases": shape.rotations == 4 and shape.phase,
        "several blends": len({each for each in shape.lane_operations if each.startswith("blend")}) > 1,
    }
    return chosen | {*shape.lane_operations} | {name for name, there in done.items() if there}


@pytest.mark.parametrize("target", TARGETS)
def test_those_have_all_that_kernels_do(target: Target) -> None:
    sources, found = _Sources(), set[str]()
    for seed in range(6):
        for precision in ("float32", "float64"):
            native_sweeps(full(seed, target, precision).bound.layout, precision, target, sources)  # type: ignore[arg-type]
    for shape in sources.shapes:
        if shape.registers == 4:
            found |= parts_of(shape)
    expected = {"permute", "permute_rows", *(f"blend{i}" for i in range(4))}
    expected |= {*(f"lane TWIST by register {i}" for i in range(4)), *(f"TWIST by register {i}" for i in range(1, 4))}
    expected |= {"TWIST by lanes", "TWIST with cosines", "TWIST without cosines", "lane TWIST", "lane TWIST by lanes"}
    expected |= {"lane rotation", "row table", "chosen row table", "lane table", "constant lane table"}
    expected |= {"exchange", "permutation", "several blends", "four rotations behind phases"}
    assert not expected - found
