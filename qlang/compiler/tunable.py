"""What `qlangc tune` searches for: the run of gates that a job begins with, as the simulator will see it.

Gates are taken from the kernel itself, executed with the job's first point by a state that only takes notes. They end
where a measured bit is needed to go on, at the latest where the simulator plans a new program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from qlang.backends.branches import Machine
from qlang.backends.interpreter import decode, run
from qlang.backends.native_programs import lowering_of
from qlang.backends.native_state import MOST_WAITING
from qlang.backends.states import GateCall
from qlang.ir import plan
from qlang.ir.kernel import FuncOp
from qlang.ir.values import floats, plain_attributes
from qlang.kernels.cpu.host import Precision
from qlang.kernels.steps import MappedLowering

PRECISIONS: dict[str, Precision] = {"f32": "float32", "f64": "float64"}


@dataclass(frozen=True, slots=True)
class Tunable:
    """A structure with angles to measure it with."""

    kernel: str
    qubits: int
    precision: Precision
    """The coarsest that the job may run in."""
    gates: int
    lowering: MappedLowering


class NothingToTune(Exception):
    """The job begins with no gates."""


class _Read(Exception):
    """Something about the state is needed to go on."""


class _Notes:
    """A simulated state that notes gates and can tell nothing."""

    large = True

    def __init__(self, qubits: int) -> None:
        self.qubits = qubits
        self.calls: list[GateCall] = []

    def gates(self, calls: Sequence[GateCall]) -> None:
        self.calls.extend(calls)
        if len(self.calls) >= MOST_WAITING:
            raise _Read

    def delay(self, seconds: float, wire: int) -> None:
        """Nothing happens to a wire without noise."""

    def __getattr__(self, name: str) -> Any:
        raise _Read


def tunable_of(module: ModuleOp) -> Tunable:
    """The first run of gates of a planned module. Raises: NothingToTune, and what the kernel raises."""
    lower = next(op for op in module.walk() if isinstance(op, plan.LowerOp))
    name = lower.kernel.root_reference.data
    kernel = next(op for op in module.ops if isinstance(op, FuncOp) and op.sym_name.data == name)
    notes = _Notes(kernel.qubits)
    try:
        run(decode(kernel), Machine(None), notes, _first_point(module, kernel), 0)
    except _Read:
        del notes.calls[MOST_WAITING:]
    if not notes.calls:
        raise NothingToTune
    precision = PRECISIONS[str(plain_attributes(lower)["precision"])]
    return Tunable(name, kernel.qubits, precision, len(notes.calls), lowering_of(notes.calls, kernel.qubits))


def _first_point(module: ModuleOp, kernel: FuncOp) -> tuple[float, ...]:
    """The parameters of the first point of the job's sweep."""
    points = next(op for op in module.walk() if isinstance(op, plan.PointsOp))
    values = dict(zip((name.data for name in points.names), floats(points.values), strict=False))
    return tuple(values[name] for name in kernel.parameter_names)
