"""The GPU backend: state vectors by CUDA kernels. Nothing here imports CuPy before something runs.

What it has no kernels for, density matrices and trajectories, and states so small that a CPU has them done before a
GPU has started, it leaves to native code of the CPU.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from qlang.backends.branches import MAX_BRANCHES
from qlang.backends.errors import TargetUnavailable, TooLarge
from qlang.backends.estimate import gate_count
from qlang.backends.execution import Execution
from qlang.backends.interpreter import decode
from qlang.backends.limits import CUDA, gate_seconds, state_bytes
from qlang.backends.native import NativeBackend
from qlang.backends.protocol import Capabilities, Cost, Outcome, Request
from qlang.backends.reference import METHODS, check_request, choose_method
from qlang.backends.targets import who_could
from qlang.ir.kernel import FuncOp

if TYPE_CHECKING:
    from qlang.backends.native_sweeps import Points, Sweep
    from qlang.kernels.cuda.device import Device, Link
    from qlang.kernels.cuda.shape import Precision

CAPABILITIES = Capabilities("cuda", METHODS[1:], True, True, True, True)
FEWEST_QUBITS = 20
"""Smaller states, 16 MB in double precision, run on the CPU: importing CuPy and launching take longer. Estimated, not
measured."""
_MOST_SWEPT = 24
"""Qubits of circuits that are swept in batches; larger states keep a GPU busy one by one."""
_PRECISIONS: "Mapping[str, Precision]" = {"f64": "float64", "f32": "float32", "bf16": "bfloat16"}


@dataclass(slots=True)
class CudaBackend:
    """State vectors on the devices of this process, which are found when the first program runs."""

    precision: str = "f64"
    fewest_qubits: int = FEWEST_QUBITS
    max_branches: int = MAX_BRANCHES
    capabilities: Capabilities = CAPABILITIES
    devices: "tuple[Device, ...] | None" = None
    link: "Link | None" = None
    _cpu: NativeBackend | None = None

    def estimate(self, program: FuncOp, request: Request) -> Cost:
        """Bytes of the state with what it takes besides, and seconds from the number of gates.

        Raises `BadRequest`, `ExactNeedsDensityMatrix`.
        """
        if self._left_to_cpu(program, request):
            return self._by_cpu().estimate(program, request)
        gates = gate_count(program) * sum(request.scales)
        seconds = gates * gate_seconds(program.qubits, "state_vector", CUDA)
        return Cost(state_bytes(program.qubits, "state_vector", CUDA, self.precision), seconds)

    def execute(self, program: FuncOp, request: Request) -> Outcome:
        """Run a kernel. Raises what the reference raises, and `TargetUnavailable` where there is no device."""
        check_request(request, program.qubits, program.bit_registers)
        if self._left_to_cpu(program, request):
            return self._by_cpu().execute(program, request)
        from qlang.backends.cuda_state import CudaStateVector
        from qlang.kernels.cuda.errors import StateTooLarge
        from qlang.kernels.cuda.state import devices_for
        from qlang.kernels.cuda.state import state_bytes as device_bytes

        precision, devices = _PRECISIONS[self.precision], self._found()
        try:
            used = devices_for(program.qubits, precision, 1, devices)
        except StateTooLarge as error:
            others = who_could(program.qubits, error.limit, besides=(CUDA, self.precision))
            raise TooLarge(program.qubits, error.needed, error.limit, 2, others) from error
        free = min(device.free_bytes() for device in used)
        most = free // device_bytes(program.qubits, precision, 1, len(used))
        limit = max(1, min(self.max_branches, most))
        start = partial(CudaStateVector, program.qubits, precision, used, self.link)
        return Execution(decode(program), request, "state_vector", limit, start).outcome()

    def execute_all(self, program: FuncOp, requests: Sequence[Request]) -> Iterator[Outcome]:
        """Run a kernel for several requests, in order; points of a circuit without choices as a batch of states.

        Raises as `execute`, when an outcome is asked for.
        """
        swept = self._swept(program, requests)
        if swept is not None:
            yield from self._batch(program, requests, *swept)
        elif requests and all(self._left_to_cpu(program, request) for request in requests):
            yield from self._by_cpu().execute_all(program, requests)
        else:
            for request in requests:
                yield self.execute(program, request)

    def _swept(self, program: FuncOp, requests: Sequence[Request]) -> "tuple[Sweep, Points] | None":
        """The circuit and what its points execute, where these are worth a launch and one program runs them."""
        worth = len(requests) << min(program.qubits, _MOST_SWEPT) >= 1 << self.fewest_qubits
        if len(requests) < 2 or not worth or program.qubits > _MOST_SWEPT:
            return None
        plain = all(request.noise is None and request.scales == (1,) for request in requests)
        if not plain or any(choose_method(program.qubits, request) != "state_vector" for request in requests):
            return None
        from qlang.backends.native_sweeps import sweep_of

        sweep = sweep_of(program, decode(program), requests[0].parameters)
        points = None if sweep is None else sweep.points([request.parameters for request in requests])
        return None if sweep is None or points is None else (sweep, points)

    def _batch(
        self, program: FuncOp, requests: Sequence[Request], sweep: "Sweep", points: "Points"
    ) -> Iterator[Outcome]:
        from qlang.backends.cuda_state import CudaStateVector, run_items

        precision, devices = _PRECISIONS[self.precision], self._found()[:1]
        states = run_items(sweep.lowering, points.parameters, precision, devices)
        start = partial(CudaStateVector, program.qubits, precision, devices)
        for request, state, end in zip(requests, states, points.ends, strict=True):
            check_request(request, program.qubits, program.bit_registers)
            kept = [end.branch(sweep.program, state)]
            execution = Execution(
                sweep.program, request, "state_vector", self.max_branches, start, kept=kept, kept_scale=1
            )
            yield execution.outcome()

    def _left_to_cpu(self, program: FuncOp, request: Request) -> bool:
        return program.qubits < self.fewest_qubits or choose_method(program.qubits, request) != "state_vector"

    def _by_cpu(self) -> NativeBackend:
        if self._cpu is None:
            self._cpu = NativeBackend("f64" if self.precision == "f64" else "f32")
        return self._cpu

    def _found(self) -> "tuple[Device, ...]":
        """The devices. Raises `TargetUnavailable`."""
        if self.devices is None:
            from qlang.kernels.cuda.cupy_device import cuda_devices, link_of
            from qlang.kernels.cuda.errors import NoCuda

            try:
                self.devices = found = cuda_devices()
            except NoCuda as error:
                raise TargetUnavailable(CUDA, self.precision, error.reason_text) from error
            self.link = link_of(found) if len(found) > 1 else None
        return self.devices
