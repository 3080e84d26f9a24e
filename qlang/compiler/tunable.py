"""What `qlangc tune` searches for: the first program that native code runs for a job, with its gates' angles.

The job's plan is followed up to its execution, and the execution is begun with the job's first point on a state that
only takes notes: what it is given until somebody reads it, basis changes included, is what the simulator plans as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.native import CAPABILITIES, FEWEST_QUBITS, FEWEST_STEERED, MOST_SWEPT, steered
from qlang.backends.native_programs import lowering_of
from qlang.backends.protocol import Request
from qlang.backends.reference import choose_method
from qlang.backends.states import GateCall
from qlang.backends.waiting_gates import MOST_WAITING, whole_periods
from qlang.ir import plan
from qlang.ir.kernel import FuncOp
from qlang.kernels.cpu.host import Precision
from qlang.kernels.steps import MappedLowering
from qlang.runtime.interpret import COMPUTE, Machine
from qlang.runtime.stages import Kernel

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
    """Native code runs nothing of the job, or nothing that can be tuned; the message says why."""


class _Asked(Exception):
    """The execution has come so far that its first request is known."""

    def __init__(self, request: Request) -> None:
        self.request = request


class _Read(Exception):
    """Something about the state is needed to go on."""


class _Listener:
    """A backend that hears the first request and executes nothing."""

    capabilities = CAPABILITIES

    def execute(self, program: FuncOp, request: Request) -> Any:
        raise _Asked(request)

    def estimate(self, program: FuncOp, request: Request) -> Any:
        raise _Asked(request)


class _Notes:
    """A simulated state that notes gates and can tell nothing."""

    large = True

    def __init__(self, qubits: int) -> None:
        self.qubits = qubits
        self.calls: list[GateCall] = []

    def gates(self, calls: Sequence[GateCall]) -> None:
        self.calls.extend(calls)
        if len(self.calls) >= MOST_WAITING:
            del self.calls[whole_periods(self.calls) :]
            raise _Read

    def delay(self, seconds: float, wire: int) -> None:
        """Nothing happens to a wire without noise."""

    def __getattr__(self, name: str) -> Any:
        raise _Read


def tunable_of(module: ModuleOp) -> Tunable:
    """The first program of a planned module, after `plan-execution` or later.

    Raises: NothingToTune, and what the plan's stages and the kernel raise.
    """
    kernel, request, points = _first_request(module)
    qubits = kernel.program.qubits
    if choose_method(qubits, request) != "state_vector":
        raise NothingToTune("noise is simulated by density matrices and batches of trajectories, which are not tuned")
    fewest = FEWEST_STEERED if steered(kernel.program) else FEWEST_QUBITS
    if qubits < fewest:
        raise NothingToTune(f"circuits of fewer than {fewest} qubits are left to the reference simulator")
    if points > 1 and qubits <= MOST_SWEPT:
        raise NothingToTune(f"up to {MOST_SWEPT} qubits the points of a sweep run as one batch, which is not tuned")
    notes = _Notes(qubits)
    with suppress(_Read):  # as every execution ends that looks at its state
        Execution(decode(kernel.program), request, "state_vector", 1, lambda: notes, unravels=False).outcome()
    if not notes.calls:
        raise NothingToTune("the job begins with no gates")
    lowering = lowering_of(notes.calls, qubits)
    return Tunable(kernel.program.sym_name.data, qubits, PRECISIONS[kernel.precision], len(notes.calls), lowering)


def _first_request(module: ModuleOp) -> tuple[Kernel, Request, int]:
    """The kernel, what is asked of it first, and the number of points. Raises: NothingToTune."""
    job = next(op for op in module.ops if isinstance(op, plan.JobOp))
    machine = Machine(module, job, backend=_Listener())
    kernel, points = None, 0
    for op in job.body.block.ops:
        handler = COMPUTE.get(type(op))
        if handler is None:
            continue
        try:
            value = handler(machine, op)
        except _Asked as asked:
            assert kernel is not None, "what executes uses a kernel"
            return kernel, asked.request, points
        machine.values[op.results[0]] = value
        kernel = value if isinstance(op, plan.LowerOp) else kernel
        points = len(value.rows) if isinstance(op, plan.PointsOp) else points
    raise NothingToTune("the job executes nothing")
