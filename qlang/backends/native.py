"""The CPU backend: state vectors and trajectories by machine code made for the circuit.

What it has no native code for it leaves to the reference: states of few qubits, whose time goes into the interpreter
anyway, density matrices, and trajectories of noise that is no mixture of Paulis. Results are the same for any number
of threads, and on the same processor and installation they are the same bits every time.
"""

from dataclasses import dataclass, field
from functools import partial

from qlang.backends.branches import MAX_BRANCHES
from qlang.backends.errors import TooLarge
from qlang.backends.estimate import gate_count
from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.limits import NATIVE, NUMPY, available_memory, gate_seconds, state_bytes
from qlang.backends.program import Program
from qlang.backends.protocol import Capabilities, Cost, Outcome, Request
from qlang.backends.reference import METHODS, ReferenceBackend, check_request, choose_method
from qlang.backends.targets import who_could
from qlang.ir.kernel import FuncOp

CAPABILITIES = Capabilities("llvm", METHODS[1:], True, True, True, True)
FEWEST_QUBITS = 63
"""Smaller states are left to the reference, whose cost per gate is lower."""


@dataclass(slots=True)
class NativeBackend:
    """State vectors in single or double precision by native code; what it has none for runs on the reference."""

    precision: str = "f64"
    memory_limit: int = field(default_factory=available_memory)
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    _reference: ReferenceBackend | None = None
    _decoded: tuple[FuncOp, Program] | None = None

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state with what native code takes besides, and seconds from the number of gates.

        Raises `BadRequest`, `ExactNeedsDensityMatrix`.
        """
        method = choose_method(program.qubits, request)
        target = self._target(program.qubits, method)
        gates = gate_count(program) * sum(request.scales)
        runs = 1 if method != "trajectories" else min(request.shots or (1,))
        seconds = gates * gate_seconds(program.qubits, method, target) * runs
        return Cost(state_bytes(program.qubits, method, target, self.precision), seconds)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel. Raises what the reference raises."""
        check_request(request, program.qubits, program.bit_registers)
        method = choose_method(program.qubits, request)
        if self._target(program.qubits, method) == NUMPY:
            return self._by_reference().execute(program, request)
        needed = state_bytes(program.qubits, method, NATIVE, self.precision)
        if needed > self.memory_limit:
            others = who_could(program.qubits, self.memory_limit, besides=(NATIVE, self.precision))
            raise TooLarge(program.qubits, needed, self.memory_limit, 2, others)
        if self._decoded is None or self._decoded[0] is not program:
            self._decoded = program, decode(program)
        limit = max(min(self.max_branches, self.memory_limit // needed), 1)
        from qlang.backends.native_state import NativeStateVector

        start = partial(NativeStateVector, program.qubits, self.precision)
        return Execution(self._decoded[1], request, method, limit, start).outcome()

    def _target(self, qubits: int, method: str) -> str:
        """Who simulates."""
        return NATIVE if method == "state_vector" and qubits >= FEWEST_QUBITS else NUMPY

    def _by_reference(self) -> ReferenceBackend:
        if self._reference is None:
            self._reference = ReferenceBackend(self.memory_limit, self.max_branches)
        return self._reference
