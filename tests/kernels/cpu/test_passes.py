"""Every part of a pass against NumPy, for all vectors that this machine can execute."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pass_oracle import Case

from qlang.kernels.cpu.arguments import MOST_LANES, MOST_REGISTERS, Word
from qlang.kernels.cpu.compiler import Compiler, Source
from qlang.kernels.cpu.descriptors import native_sweeps
from qlang.kernels.cpu.host import Target, executable_targets
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.shapes import LaneShape, RowShape, SideBySideShape, TurnShape
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


Shape = TurnShape | RowShape | LaneShape | SideBySideShape


class _Sources:
    """Takes the place of a compiler, and keeps what it would compile."""

    def __init__(self) -> None:
        self.shapes: list[Shape] = []

    def addresses(self, sources: list[Source]) -> list[int]:
        self.shapes += [_SHAPES[each.write.__name__](each.target, *each.arguments) for each in sources]
        return [0] * len(sources)


_SHAPES: dict[str, Callable[..., Shape]] = {
    "plain_module": TurnShape,
    "turns_module": TurnShape,
    "lanes_module": LaneShape,
    "looped_module": RowShape,
    "side_by_side_module": SideBySideShape.of,
}


def parts_of(shape: Shape) -> set[str]:
    """What a function does for groups of four registers, in words."""
    done: dict[str, object]
    if isinstance(shape, SideBySideShape):
        done = dict.fromkeys(parts_of(shape.rows) | parts_of(shape.turns), True)
        done["four rotations behind phases"] = shape.turns.rotations == 4
    elif isinstance(shape, LaneShape):
        done = {
            "lane rotation": set(shape.rotations) - set(shape.twists),
            "lane TWIST with cosines": shape.twists and not shape.scaled_twists,
            "lane TWIST without cosines": shape.twists and shape.scaled_twists,
        }
    elif shape.registers != 4:
        return set()
    elif isinstance(shape, TurnShape):
        done = {f"TWIST by register {i}": True for mask in shape.choosing for i in range(4) if mask >> i & 1}
        done["TWIST with cosines"] = shape.twists and not shape.scaled_twists
        done["TWIST without cosines"] = shape.twists and shape.scaled_twists
    else:
        done = {
            "row table": shape.phase,
            "chosen row table": shape.choice_bytes,
            "lane table": shape.lane_tables > shape.constant_tables,
            "constant lane table": shape.constant_tables,
            "several blends": len({each for each in shape.lane_operations if each.startswith("blend")}) > 1,
        } | dict.fromkeys(shape.lane_operations, True)
    return {name for name, there in done.items() if there}


def data_of(blocks: np.ndarray) -> set[str]:
    """What the words of passes with four registers ask for, in words."""
    chosen = blocks[blocks[:, Word.STORE + 8] != 0]
    store, load, exchange = (chosen[:, first : first + 16] for first in (Word.STORE, Word.LOAD, Word.EXCHANGE))
    lanes = chosen[:, Word.TWIST_LANES : Word.TWIST_LANES + MOST_REGISTERS + MOST_LANES] != 0
    rows = chosen[:, Word.TWIST_ROWS : Word.TWIST_ROWS + MOST_LANES]
    done = {
        "permutation": (load != store).any(),
        "exchange": (exchange != store).any(),
        "TWIST by lanes": lanes[:, :MOST_REGISTERS].any(),
        "lane TWIST by lanes": lanes[:, MOST_REGISTERS:].any(),
    } | {f"lane TWIST by register {i}": (rows >> i & 1).any() for i in range(4)}
    return {name for name, there in done.items() if there}


@pytest.mark.parametrize("target", TARGETS)
def test_those_have_all_that_kernels_do(target: Target) -> None:
    sources, found = _Sources(), set[str]()
    for seed in range(6):
        for precision in ("float32", "float64"):
            layout = full(seed, target, precision).bound.layout
            for sweep in native_sweeps(layout, precision, target, sources):  # type: ignore[arg-type]
                found |= data_of(sweep.blocks)
    for shape in sources.shapes:
        found |= parts_of(shape)
    expected = {"permute", "permute_rows", *(f"blend{i}" for i in range(4)), "several blends"}
    expected |= {*(f"TWIST by register {i}" for i in range(1, 4)), "lane rotation", "four rotations behind phases"}
    expected |= {f"{kind} {how} cosines" for kind in ("TWIST", "lane TWIST") for how in ("with", "without")}
    expected |= {"row table", "chosen row table", "lane table", "constant lane table", "permutation", "exchange"}
    expected |= {*(f"lane TWIST by register {i}" for i in range(4)), "TWIST by lanes", "lane TWIST by lanes"}
    assert not expected - found
