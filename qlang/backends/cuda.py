"""The GPU backend: state vectors and trajectories by CUDA kernels. Nothing here imports CuPy before something runs.

What it has no kernels for, density matrices and trajectories, it leaves to the CPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from qlang.backends.branches import MAX_BRANCHES
from qlang.backends.errors import TargetUnavailable, TooLarge
from qlang.backends.estimate import gate_count
from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.protocol import Backend, Capabilities, Cost, Outcome, Request
from qlang.backends.reference import METHODS, ReferenceBackend, check_request, choose_method
from qlang.ir.kernel import FuncOp

if TYPE_CHECKING:
    from qlang.kernels.cuda.device import Device, Link
    from qlang.kernels.cuda.shape import Precision

NAME = "gpu.cuda"
CAPABILITIES = Capabilities(NAME, METHODS[1:], True, True, True, True)
PRECISIONS: "Mapping[str, Precision]" = {"f64": "float64", "f32": "float32"}
_SECONDS_PER_GATE = 2e-5
_SECONDS_PER_AMPLITUDE = 1e-12
"""What a gate costs; orders of magnitude, from the bandwidth of memory and not from a measurement."""


@dataclass(slots=True)
class CudaBackend:
    """State vectors on all devices of this process. `devices` are found when the first program runs."""

    precision: str = "f64"
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    devices: "tuple[Device, ...] | None" = None
    link: "Link | None" = None
    others: Backend = field(default_factory=ReferenceBackend)
    """Runs what there are no kernels for."""

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state, and seconds from the number of gates. Raises `BadRequest`, `ExactNeedsDensityMatrix`."""
        if choose_method(program.qubits, request) != "state_vector":
            return self.others.estimate(program, request)
        from qlang.kernels.cuda.state import state_bytes

        gates = gate_count(program) * sum(request.scales)
        seconds = gates * (_SECONDS_PER_GATE + _SECONDS_PER_AMPLITUDE * 2.0**program.qubits)
        return Cost(state_bytes(program.qubits, PRECISIONS[self.precision]), seconds)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel. Raises what the reference raises, and `TargetUnavailable` where there is no device."""
        check_request(request, program.qubits, program.bit_registers)
        method = choose_method(program.qubits, request)
        if method != "state_vector":
            return self.others.execute(program, request)
        from qlang.backends.cuda_state import CudaStateVector
        from qlang.kernels.cuda.errors import StateTooLarge
        from qlang.kernels.cuda.state import devices_for, state_bytes

        precision, devices = PRECISIONS[self.precision], self._found()
        try:
            used = devices_for(program.qubits, precision, 1, devices)
        except StateTooLarge as error:
            raise TooLarge(program.qubits, error.needed, error.limit) from error
        free = min(device.free_bytes() for device in used)
        most = free // state_bytes(program.qubits, precision, 1, len(used))
        limit = max(1, min(self.max_branches, most))
        start = partial(CudaStateVector, program.qubits, precision, used, self.link)
        return Execution(decode(program), request, method, limit, start).outcome()

    def _found(self) -> "tuple[Device, ...]":
        """The devices. Raises `TargetUnavailable`."""
        if self.devices is None:
            from qlang.kernels.cuda.cupy_device import cuda_devices, link_of
            from qlang.kernels.cuda.errors import NoCuda

            try:
                found = cuda_devices()
            except NoCuda as error:
                raise TargetUnavailable(NAME, self.precision, error.reason_text) from error
            self.devices = tuple(found)
            self.link = link_of(found) if len(found) > 1 else None
        return self.devices
