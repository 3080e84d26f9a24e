"""The NumPy backend: the reference that every other backend is tested against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from qlang.backends.branches import MAX_BRANCHES
from qlang.backends.density_matrix import DensityMatrix
from qlang.backends.errors import (
    BadRequest,
    ExactNeedsDensityMatrix,
    TooLarge,
)
from qlang.backends.estimate import gate_count
from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.limits import (
    AUTO_DENSITY_QUBITS,
    MAX_DENSITY_QUBITS,
    available_memory,
    gate_seconds,
    state_bytes,
)
from qlang.backends.program import Program
from qlang.backends.protocol import Capabilities, Cost, Outcome, Request
from qlang.backends.state_vector import StateVector
from qlang.backends.targets import who_could
from qlang.ir.kernel import FuncOp

MAX_SCALE = 99
MAX_SHOTS = 1 << 40
METHODS = ("auto", "state_vector", "density_matrix", "trajectories")

CAPABILITIES = Capabilities("numpy", METHODS[1:], True, True, True, True)


@dataclass(slots=True)
class ReferenceBackend:
    """Exact state vectors, density matrices and trajectories in NumPy, double precision, one thread."""

    memory_limit: int = field(default_factory=available_memory)
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    _decoded: tuple[FuncOp, Program] | None = None

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state with its scratch space, and seconds from the number of gates, data-dependent loops once.

        Raises `BadRequest`, `ExactNeedsDensityMatrix`.
        """
        method = choose_method(program.qubits, request)
        size = state_bytes(program.qubits, method)
        gates = gate_count(program) * sum(request.scales)
        runs = 1 if method != "trajectories" else min(request.shots or (1,))
        return Cost(size, gates * gate_seconds(program.qubits, method) * runs)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel.

        Raises `TooLarge`, `ExactNeedsDensityMatrix`, `BadRequest`, `NotUnitary`, `TraceTooLong`,
        `TooManyBranches`, `LoopLimit` and other errors of `qlang.backends.errors`.
        """
        check_request(request, program.qubits, program.bit_registers)
        method = choose_method(program.qubits, request)
        needed = state_bytes(program.qubits, method)
        if needed > self.memory_limit:
            others = () if method == "density_matrix" else who_could(program.qubits, self.memory_limit)
            raise TooLarge(program.qubits, needed, self.memory_limit, 4 if method == "density_matrix" else 2, others)
        if self._decoded is None or self._decoded[0] is not program:
            self._decoded = program, decode(program)
        limit = max(min(self.max_branches, 3 * self.memory_limit // needed - 3), 1)
        start = (
            partial(DensityMatrix, program.qubits, request.noise)
            if method == "density_matrix"
            else partial(StateVector, program.qubits)
        )
        return Execution(self._decoded[1], request, method, limit, start).outcome()


def choose_method(qubits: int, request: Request) -> str:
    """The method that runs: as asked, or by noise and size. Raises `BadRequest`, `ExactNeedsDensityMatrix`."""
    if request.method not in METHODS:
        raise BadRequest(f"unknown method `{request.method}`; known are {', '.join(METHODS)}")
    if request.method != "auto":
        return _asked_method(request)
    if request.noise is None:
        return "state_vector"
    if qubits <= AUTO_DENSITY_QUBITS:
        return "density_matrix"
    if request.shots is not None and not request.states:
        return "trajectories"
    if qubits <= MAX_DENSITY_QUBITS:
        return "density_matrix"
    raise ExactNeedsDensityMatrix(qubits, MAX_DENSITY_QUBITS)


def _asked_method(request: Request) -> str:
    if request.method == "state_vector" and request.noise is not None:
        raise BadRequest("noise needs the method `density_matrix` or `trajectories`")
    if request.method == "trajectories" and (request.shots is None or request.states):
        raise BadRequest("trajectories need `shots` and give no state")
    return request.method


def check_request(request: Request, qubits: int, registers: Mapping[str, int]) -> None:
    """Raises `BadRequest` for scales, shots, wires or bits (of `registers`, name to size) that make no sense."""
    scales, shots = request.scales, request.shots
    if not scales or any(not 1 <= scale <= MAX_SCALE or scale % 2 != 1 for scale in scales):
        raise BadRequest(f"noise scales {list(scales)}: odd numbers from 1 to {MAX_SCALE} are needed")
    if shots is not None and (len(shots) != len(scales) or not 1 <= min(shots) <= max(shots) <= MAX_SHOTS):
        raise BadRequest(f"shots {list(shots)} for noise scales {list(scales)}; at most {MAX_SHOTS} for each")
    if request.seed < 0:
        raise BadRequest("a seed is not negative")
    asked = [(each.label, each.wires, each.bits) for each in request.samples]
    asked += [(each.label, each.wires, None) for each in request.states]
    for label, wires, bits in asked:
        size, what = (qubits, "qubits") if bits is None else (registers.get(bits, 0), f"bits of `{bits}`")
        if any(not 0 <= wire < size for wire in wires):
            raise BadRequest(f"`{label}` asks for wires {list(wires)} of {size} {what}")
    for state in request.states:
        if len(set(state.wires)) != len(state.wires):
            raise BadRequest(f"`{state.label}` names a wire twice")
