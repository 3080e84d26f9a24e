"""States as large as GPUs hold: every launch is within what a device takes, and nothing on the host grows with them.

The device here holds no memory and runs nothing; it looks at what it is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from emulated import declarations
from numpy.typing import NDArray

from benchmarks.simulators.cases import case
from benchmarks.simulators.ours_gpu import OursOnGpu
from qlang.backends.cuda_state import CudaStateVector
from qlang.kernels.cuda import driver
from qlang.kernels.cuda.shape import KernelShape

MOST_SHARED = 48 << 10  # beyond this a device has to be asked, and one with 64 KiB holds a single block
MOST_ON_HOST = 1 << 28


@dataclass
class Nowhere:
    """Memory that is not there."""

    length: int
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return self.length

    @property
    def nbytes(self) -> int:
        return self.length * self.dtype.itemsize


class Paper:
    """A device of 142 GiB on which nothing happens. Sums that are read from it are 1."""

    name = "paper"

    def __init__(self) -> None:
        self.blocks: dict[str, int] = {}

    def free_bytes(self) -> int:
        return 142 << 30

    def empty(self, count: int, dtype: np.dtype[Any]) -> Nowhere:
        return Nowhere(count, np.dtype(dtype))

    def upload(self, values: NDArray[Any]) -> Nowhere:
        assert values.nbytes < MOST_ON_HOST
        return Nowhere(values.size, values.dtype)

    def download(self, array: Nowhere, dtype: np.dtype[Any]) -> NDArray[Any]:
        assert array.nbytes < MOST_ON_HOST
        return np.ones(array.nbytes // dtype.itemsize, dtype=dtype)

    def part(self, array: Nowhere, start: int, stop: int) -> Nowhere:
        assert 0 <= start <= stop <= len(array)
        return Nowhere(stop - start, array.dtype)

    def synchronize(self) -> None:
        pass

    def launch(
        self,
        shape: KernelShape,
        kernel: str,
        grid: tuple[int, int],
        threads: int,
        shared_bytes: int,
        arguments: Sequence[Any],
    ) -> None:
        assert 0 < grid[0] < 1 << 31 and 0 < grid[1] < 1 << 16
        assert all(type(size) is int for size in (*grid, threads, shared_bytes))
        assert threads <= 512 and shared_bytes <= MOST_SHARED
        for (pointer, kind), argument in zip(declarations(shape)[kernel], arguments, strict=True):
            assert isinstance(argument, Nowhere) == pointer and argument.dtype == kind
        self.blocks[kernel] = max(self.blocks.get(kernel, 0), grid[0])


@pytest.mark.parametrize(("name", "qubits", "precision"), [("brickwork", 34, "float32"), ("qft", 32, "float64")])
def test_launches_of_the_largest_states(
    monkeypatch: pytest.MonkeyPatch, name: str, qubits: int, precision: str
) -> None:
    monkeypatch.setattr(driver, "missing", lambda: None)  # as on a machine that has a GPU
    monkeypatch.setattr(driver, "usable_memory", lambda: 1 << 50)
    device = Paper()
    ours = OursOnGpu([device])
    ours.load(case(name, qubits), precision, {})
    state = CudaStateVector.of(ours.state, ours.program.end, ours.angles.frame)
    assert state.marginal((0, 3, qubits - 1)).shape == (8,)
    assert state.marginal(tuple(range(16, 32))).shape == (1 << 16,)
    state.means([(0, 1, qubits - 1)])
    state.drawn(tuple(range(qubits)), 1000, np.random.default_rng(1))
    state.reduced((0, qubits - 1))
    state.collapse(3, 1, 0.5)
    tile_bits = 12 if precision == "float32" else 11
    assert device.blocks["sweep"] == 1 << qubits - tile_bits
    assert {"product_state", "join_state", "marginal", "overlap", "sample", "density", "project"} <= {*device.blocks}
