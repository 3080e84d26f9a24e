"""The CPU backend: state vectors and trajectories by machine code made for the circuit.

What it has no native code for it leaves to the reference: states of few qubits, whose time goes into the interpreter
anyway, density matrices, and trajectories of noise that is no mixture of Paulis. Results are the same for any number
of threads, and on the same processor and installation they are the same bits every time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from qlang.backends.branches import MAX_BRANCHES
from qlang.backends.errors import BadRequest, TooLarge
from qlang.backends.estimate import gate_count
from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.limits import NATIVE, NATIVE_BYTES, NUMPY, available_memory, gate_seconds, state_bytes, threads_here
from qlang.backends.program import Program
from qlang.backends.protocol import Capabilities, Cost, Outcome, Request
from qlang.backends.reference import METHODS, ReferenceBackend, check_request, choose_method
from qlang.backends.states import SimulatedState
from qlang.backends.targets import who_could
from qlang.ir.kernel import FuncOp
from qlang.kernels.cpu.host import Precision

if TYPE_CHECKING:
    from qlang.backends.native_sweeps import Points, Sweep
    from qlang.tuning.planned import Planned

_PRECISIONS: Mapping[str, Precision] = {"f64": "float64", "f32": "float32"}
CAPABILITIES = Capabilities("llvm", METHODS[1:], True, True, True, True)
FEWEST_QUBITS, FEWEST_STEERED, FEWEST_NOISY = 12, 16, 8
"""Smaller states are left to the reference: in circuits that run straight through, in those that bits or resets
interrupt again and again, and in trajectories. It takes a fraction of a millisecond to bind and start a program."""
FEWEST_SWEPT, MOST_SWEPT = 6, 16
"""Qubits of circuits that are swept in batches; larger states fill the caches by themselves."""
_INTERRUPTIONS = frozenset({"kernel.reset", "circuit.bits_get", "circuit.bits_to_int"})


@dataclass(slots=True)
class NativeBackend:
    """State vectors in single or double precision by native code; what it has none for runs on the reference."""

    precision: str = "f64"
    threads: int = field(default_factory=threads_here)
    memory_limit: int = field(default_factory=available_memory)
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    _reference: ReferenceBackend | None = None
    _decoded: tuple[FuncOp, Program] | None = None
    _last_swept: "tuple[FuncOp, Sweep | None] | None" = None

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state with what native code takes besides, and seconds from the number of gates.

        Raises `BadRequest`, `ExactNeedsDensityMatrix`.
        """
        method = choose_method(program.qubits, request)
        target = self._target(program, method)
        gates = gate_count(program) * sum(request.scales)
        runs = 1 if method != "trajectories" else min(request.shots or (1,))
        seconds = gates * gate_seconds(program.qubits, method, target) * runs
        return Cost(state_bytes(program.qubits, method, target, self.precision), seconds)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel. Raises what the reference raises."""
        check_request(request, program.qubits, program.bit_registers)
        method = choose_method(program.qubits, request)
        if self._target(program, method) == NUMPY:
            return self._by_reference().execute(program, request)
        needed = state_bytes(program.qubits, method, NATIVE, self.precision)
        if needed > self.memory_limit:
            others = who_could(program.qubits, self.memory_limit, besides=(NATIVE, self.precision))
            raise TooLarge(program.qubits, needed, self.memory_limit, 2, others)
        if self._decoded is None or self._decoded[0] is not program:
            self._decoded = program, decode(program)
        copies = (self.memory_limit - needed) // (NATIVE_BYTES[self.precision] << program.qubits)
        limit = min(self.max_branches, copies + 1)
        start = self._start(program.qubits, request)
        execution = Execution(self._decoded[1], request, method, limit, start, unravels=False)
        from qlang.backends.native_trajectories import NeedsBranches

        try:
            return execution.outcome()
        except NeedsBranches:
            return self._by_reference().execute(program, request)

    def execute_all(self, program: FuncOp, requests: Sequence[Request]) -> Iterator[Outcome]:
        """Run a kernel for several requests, in order; a parameter sweep without noise as batches of one program.

        Raises what the reference raises.
        """
        swept = self._swept(program, requests)
        if swept is None:
            for request in requests:
                yield self.execute(program, request)
            return
        from qlang.backends.native_batch import run_items
        from qlang.backends.native_state import NativeStateVector

        sweep, points = swept
        precision = _PRECISIONS[self.precision]
        tuned = _tuned(requests[0], precision)
        for items in run_items(sweep.lowering, points.parameters, precision, self.threads, tuned=tuned):
            for item in range(len(items)):
                request = requests[items.first + item]
                check_request(request, program.qubits, program.bit_registers)
                state = NativeStateVector.of(items.view(item))
                end = points.ends[items.first + item].branch(sweep.program, state)
                start = self._start(program.qubits, request)
                yield Execution(
                    sweep.program, request, "state_vector", self.max_branches, start, kept=[end], kept_scale=1
                ).outcome()

    def _swept(self, program: FuncOp, requests: Sequence[Request]) -> "tuple[Sweep, Points] | None":
        """The circuit and what its points execute, where one program can run them."""
        if len(requests) < 2 or not FEWEST_SWEPT <= program.qubits <= MOST_SWEPT:
            return None
        if any(request.noise is not None or request.scales != (1,) for request in requests):
            return None
        if any(choose_method(program.qubits, request) != "state_vector" for request in requests):
            return None
        from qlang.backends.native_sweeps import sweep_of

        if self._last_swept is None or self._last_swept[0] is not program:
            if self._decoded is None or self._decoded[0] is not program:
                self._decoded = program, decode(program)
            self._last_swept = program, sweep_of(program, self._decoded[1], requests[0].parameters)
        sweep = self._last_swept[1]
        points = None if sweep is None else sweep.points([request.parameters for request in requests])
        return None if sweep is None or points is None else (sweep, points)

    def _start(self, qubits: int, request: Request) -> Callable[[], SimulatedState]:
        """What makes the state |0…0⟩."""
        precision = _PRECISIONS[self.precision]
        if request.noise is not None:
            from qlang.backends.native_trajectories import PauliTrajectories

            return partial(PauliTrajectories, qubits, request.noise, precision, self.threads)
        from qlang.backends.native_state import NativeStateVector

        return partial(NativeStateVector, qubits, precision, self.threads, _tuned(request, precision))

    def _target(self, program: FuncOp, method: str) -> str:
        """Who simulates."""
        if method == "density_matrix":
            return NUMPY
        if method == "trajectories":
            return NATIVE if program.qubits >= FEWEST_NOISY else NUMPY
        return NATIVE if program.qubits >= (FEWEST_STEERED if steered(program) else FEWEST_QUBITS) else NUMPY

    def _by_reference(self) -> ReferenceBackend:
        if self._reference is None:
            self._reference = ReferenceBackend(self.memory_limit, self.max_branches)
        return self._reference


def _tuned(request: Request, precision: Precision) -> "Planned | None":
    """What the plan states of options. Raises BadRequest."""
    if request.tuning is None:
        return None
    from qlang.tuning.planned import BadTuning, planned_from

    try:
        return planned_from(request.tuning, precision)
    except BadTuning as error:
        raise BadRequest(str(error)) from error


def steered(program: FuncOp) -> bool:
    """Whether measured bits are read, or wires reset, while the circuit runs."""
    return any(op.name in _INTERRUPTIONS for op in program.walk())
