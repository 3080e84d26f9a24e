"""One circuit many times: other parameters, or Paulis in between, as one program over states side by side."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.backends.native_programs import binder_of
from qlang.backends.native_readings import View, spread
from qlang.backends.turns import within_two_turns
from qlang.kernels.bind import bind
from qlang.kernels.cpu.host import Precision
from qlang.kernels.cpu.runner import run
from qlang.kernels.cpu.state import NativeState
from qlang.kernels.frames import Frame, PauliInsertions
from qlang.kernels.steps import Lowering, MappedLowering
from qlang.tuning.planned import Planned

_BATCH_BYTES = 24 << 20
"""States and tables of the items that run together; one item may be larger."""
_ELEMENT_BYTES = {"float32": 4, "float64": 8}


@dataclass(frozen=True, slots=True)
class Items:
    """States of some items of a batch at the end of a circuit, with what is needed to read them."""

    first: int
    state: NativeState
    positions: tuple[int, ...]
    frame: Frame
    threads: int

    def __len__(self) -> int:
        return self.state.batch

    def view(self, item: int) -> View:
        """One of them, in memory that all share."""
        whole = self.state
        part = slice(item, item + 1)
        state = NativeState(whole.qubits, whole.precision, whole.re[part], whole.im[part], whole.target, whole.compiler)
        x, z, phase = (field[item % len(field)] for field in (self.frame.x, self.frame.z, self.frame.phase))
        return View(state, self.positions, int(x), int(z), complex(phase), self.threads)

    def weights(self) -> NDArray[np.float64]:
        """Probabilities by the stored index, shape (items, 2^qubits); for circuits that are not large."""
        real, imaginary = (plane.astype(np.float64, copy=False) for plane in (self.state.re, self.state.im))
        result: NDArray[np.float64] = real * real
        result += imaginary * imaginary
        return result

    def probabilities(self) -> NDArray[np.float64]:
        """Distributions over all wires, shape (items, 2^wires); for circuits that are not large."""
        weights = self.weights()
        places = spread(self.positions)
        flips = np.zeros(len(self), dtype=np.int64)
        for wire, position in enumerate(self.positions):
            flips |= (np.broadcast_to(self.frame.x, (len(self),)) >> wire & 1) << position
        return np.take_along_axis(weights, places[None, :] ^ flips[:, None], axis=1)


def run_items(
    lowering: Lowering | MappedLowering,
    parameters: NDArray[np.float64],
    precision: Precision,
    threads: int,
    paulis: PauliInsertions | None = None,
    tuned: Planned | None = None,
) -> Iterator[Items]:
    """Execute a circuit from |0…0⟩ for parameters (items or 1, parameters) and Paulis of as many items or none.

    The items come in their order, as many at a time as fit into a cache. Raises BadAngle for angles that are no finite
    numbers.
    """
    steps = lowering.steps
    binder = binder_of(steps, precision, None, tuned)
    count = max(len(parameters), len(paulis.x) if paulis else 1)
    angles = lowering.angle_map.angles(within_two_turns(parameters))
    each = _ELEMENT_BYTES[precision] * ((2 << binder.program.qubits) + binder.layout.size)
    size = max(1, min(count, _BATCH_BYTES // each))
    state: NativeState | None = None
    for first in range(0, count, size):
        part = slice(first, min(count, first + size))
        chosen = None if paulis is None else _part(paulis, part)
        bound = bind(binder, angles if len(angles) == 1 else angles[part], precision=precision, paulis=chosen)
        if state is None or state.batch != bound.batch:
            state = NativeState.empty(bound.program.qubits, precision, bound.batch)
        run(bound, state, threads=threads)
        yield Items(first, state, bound.program.end[: steps.qubits], bound.frame, threads)


def _part(paulis: PauliInsertions, items: slice) -> PauliInsertions:
    """The insertions of some items, without the places where none of them has any."""
    x, z = paulis.x[items], paulis.z[items]
    used = (x | z).any(axis=0)
    return PauliInsertions(paulis.before[used], paulis.wires[used], x[:, used], z[:, used])
