"""Every part of a pass against NumPy, for all vectors that this machine can execute."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pass_oracle import Case

from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.descriptors import native_sweeps
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.shapes import RowShape, SideBySideShape, TurnShape
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
        self.shapes: list[TurnShape | RowShape | SideBySideShape] = []

    def addresses(self, sources: list[Source]) -> list[int]:
        self.shapes += [_SHAPES[each.write.__name__](each.target, *each.arguments) for each in sources]
        return [0] * len(sources)


_SHAPES: dict[str, Callable[..., TurnShape | RowShape | SideBySideShape]] = {
    "plain_module": TurnShape,
    "turns_module": TurnShape,
    "looped_module": RowShape,
    "side_by_side_module": SideBySideShape.of,
}


def parts_of(shape: TurnShape | RowShape | SideBySideShape) -> set[str]:
    """What a function for four registers does, in words."""
    if isinstance(shape, SideBySideShape):
        found = parts_of(shape.rows) | parts_of(shape.turns)
        return found | ({"four rotations behind phases"} if shape.turns.rotations == 4 else set())
    if shape.registers != 4:
        return set()
    kind = "TWIST" if isinstance(shape, TurnShape) else "lane TWIST"
    chosen = {f"{kind} by register {i}" for mask in shape.choosing for i in range(4) if mask >> i & 1}
    done: dict[str, object] = {f"{kind} by lanes": shape.blended}
    if isinstance(shape, TurnShape):
        done |= {
            "exchange": shape.exchange,
            "permutation": shape.permutation,
            "TWIST with cosines": shape.twists and not shape.scaled_twists,
            "TWIST without cosines": shape.twists and shape.scaled_twists,
        }
    else:
        done |= {
            "row table": shape.phase,
            "chosen row table": shape.choice_bytes,
            "lane table": shape.lane_tables > shape.constant_tables,
            "constant lane table": shape.constant_tables,
            "lane TWIST": shape.lane_twists,
            "lane rotation": set(shape.lane_rotations) - set(shape.lane_twists),
            "several blends": len({each for each in shape.lane_operations if each.startswith("blend")}) > 1,
        } | dict.fromkeys(shape.lane_operations, True)
    return chosen | {name for name, there in done.items() if there}


@pytest.mark.parametrize("target", TARGETS)
def test_those_have_all_that_kernels_do(target: Target) -> None:
    sources, found = _Sources(), set[str]()
    for seed in range(6):
        for precision in ("float32", "float64"):
            native_sweeps(full(seed, target, precision).bound.layout, precision, target, sources)  # type: ignore[arg-type]
    for shape in sources.shapes:
        found |= parts_of(shape)
    expected = {"permute", "permute_rows", *(f"blend{i}" for i in range(4))}
    expected |= {*(f"lane TWIST by register {i}" for i in range(4)), *(f"TWIST by register {i}" for i in range(1, 4))}
    expected |= {"TWIST by lanes", "TWIST with cosines", "TWIST without cosines", "lane TWIST", "lane TWIST by lanes"}
    expected |= {"lane rotation", "row table", "chosen row table", "lane table", "constant lane table"}
    expected |= {"exchange", "permutation", "several blends", "four rotations behind phases"}
    assert not expected - found
