"""qlang's simulation on GPUs as a worker: what `gpu.cuda` executes, planned as it plans it.

`compile_seconds` are those from the kernel of the plan to a state on the device, one run included: planning, NVRTC,
numbers.
"""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import Case
from benchmarks.simulators.ours import kernel_of
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, serve
from qlang.backends.cuda_state import planned
from qlang.backends.native_programs import lowering_of
from qlang.backends.tracing import trace
from qlang.kernels.angles import AngleSources, ProgramAngles, program_angles
from qlang.kernels.cuda.cupy_device import CupyDevice, cuda_devices, link_of
from qlang.kernels.cuda.device import STORED, Link
from qlang.kernels.cuda.errors import StateTooLarge
from qlang.kernels.cuda.readout import sample
from qlang.kernels.cuda.shape import Precision
from qlang.kernels.cuda.state import CudaState, devices_for
from qlang.kernels.program import Program
from qlang.version import __version__


class OursOnGpu:
    """Runs a circuit from |0…0⟩ again and again, on the fewest devices that hold its state."""

    sources: AngleSources
    state: CudaState

    def __init__(
        self, devices: Sequence[CupyDevice] | None = None, link: Link | None = None, *, spread: bool = False
    ) -> None:
        """On the devices of this machine where none are given; with `spread` on all of them."""
        self._found = tuple(cuda_devices() if devices is None else devices)
        self._link, self._spread = link, spread

    def versions(self) -> dict[str, str]:
        found = {"qlang": __version__}
        for name in ("cupy-cuda12x", "cupy-cuda13x"):
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                continue
        return found

    def variants(self, case: Case, precision: str) -> list[Variant]:
        return [{}]

    def load(self, case: Case, precision: str, variant: Variant) -> dict[str, float]:
        """Raises `Unsupported` for what is no state or fits no devices."""
        if case.kind != "state":
            raise Unsupported(f"`{case.kind}` is not asked of GPUs")
        begin = perf_counter()
        kernel = kernel_of(case)
        lowered = perf_counter()
        lowering = lowering_of(trace(kernel, ()).calls, case.qubits, twists=False)
        self.sources = planned(lowering.steps, cast(Precision, precision), None)
        self.given = lowering.angle_map.angles(lowering.parameters)
        self.plan_seconds = perf_counter() - lowered
        try:
            fewest = devices_for(self.program.qubits, cast(Precision, precision), 1, self._found)
            self.devices = self._found if self._spread else fewest
        except StateTooLarge as error:
            raise Unsupported(str(error)) from error
        if len(self.devices) > 1 and self._link is None:
            self._link = link_of(cast(Sequence[CupyDevice], self.devices))
        self.state = CudaState.empty(self.program.qubits, cast(Precision, precision), 1, self.devices, self._link)
        self.run()
        return {"frontend_seconds": lowered - begin, "compile_seconds": perf_counter() - lowered}

    @property
    def program(self) -> Program:
        """What runs."""
        return self.sources.program

    @property
    def bytes_moved(self) -> int:
        """Of amplitudes, by one run: each sweep reads and writes what is in use, and the beginning is written."""
        sizes = [sweep.size for sweep in self.program.sweeps] or [self.program.qubits]
        return STORED[self.state.precision].itemsize * (2 * sum(1 << size for size in sizes) + (1 << sizes[0]))

    def run(self) -> dict[str, float]:
        begin = perf_counter()
        self.angles: ProgramAngles = program_angles(self.sources, self.given)
        self.state.run(self.program, self.angles)
        for device in self.devices:
            cast(CupyDevice, device).synchronize()
        return {"seconds": perf_counter() - begin, "bytes_moved": self.bytes_moved}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        """At indices whose bits are wires: where they are stored, with the frame put on top."""
        kept, spread = indices ^ int(self.angles.frame.x[0]), self.state.spread
        stored = np.zeros_like(kept)
        for wire, position in enumerate(self.program.end[: self.program.wires]):
            stored |= (kept >> wire & 1) << self.state.where[position]
        numbers, places = np.divmod(stored, spread.item_size)
        found = np.empty(len(kept), dtype=np.complex128)
        for at, (number, place) in enumerate(zip(numbers.tolist(), places.tolist(), strict=True)):
            device = spread.devices[number]
            part = device.part(spread.arrays[number], place, place + 1)
            found[at] = device.download(part, STORED[self.state.precision])[0]
        signs = 1.0 - 2.0 * (np.bitwise_count(kept & int(self.angles.frame.z[0])) & 1)
        return cast(Amplitudes, found * signs * self.angles.frame.phase[0])

    def whole_state(self) -> NDArray[np.complex128]:
        """All amplitudes, by wires; of small states."""
        index = np.arange(1 << self.program.wires)
        kept = index ^ int(self.angles.frame.x[0])
        places = sum((kept >> wire & 1) << self.program.end[wire] for wire in range(self.program.wires))
        signs = 1.0 - 2.0 * (np.bitwise_count(kept & int(self.angles.frame.z[0])) & 1)
        found: NDArray[np.complex128] = self.state.amplitudes()[places] * signs * self.angles.frame.phase[0]
        return found

    def peaks(self, count: int) -> NDArray[np.int64]:
        """Indices that are likely: drawn by their weights."""
        drawn = sample(self.state, np.random.default_rng(1).random(count))
        found = np.zeros_like(drawn)
        for wire, position in enumerate(self.program.end[: self.program.wires]):
            found |= (drawn >> position & 1) << wire
        return np.unique(found ^ int(self.angles.frame.x[0]))

    def answer(self) -> tuple[Sequence[float], Sequence[float]]:
        raise Unsupported("states only")


if __name__ == "__main__":
    serve(OursOnGpu())
