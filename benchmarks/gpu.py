"""qlang's CUDA target on the GPUs of this machine: is it right, how fast is it, how near to the memory's bandwidth.

    python -m benchmarks.gpu --circuits brickwork,qft --qubits 28,30 --precisions float32,float64

One JSON object a line: first `device` rows, then for each precision `correctness` (16 qubits against the steps one by
one in NumPy) and `bandwidth` (a copy of the state), then a `timing` row for each circuit and size. Ends with status 1
where a result is wrong and 2 where there is no device. Peers on GPUs are those of `benchmarks.simulators`.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, cast

import numpy as np

from benchmarks.simulators.cases import case
from benchmarks.simulators.circuits import DEFINITIONS
from benchmarks.simulators.ours import kernel_of
from qlang.backends.tracing import trace
from qlang.kernels.angles import AngleSources, program_angles
from qlang.kernels.cuda.cupy_device import CupyDevice, cuda_devices, link_of
from qlang.kernels.cuda.errors import NoCuda, StateTooLarge
from qlang.kernels.cuda.readout import norms
from qlang.kernels.cuda.shape import Precision, cuda_options
from qlang.kernels.cuda.state import CudaState, devices_for
from qlang.kernels.decompose import steps_of
from qlang.kernels.frames import Frame
from qlang.kernels.interpret import execute_steps
from qlang.kernels.program import Program
from qlang.kernels.schedule import plan
from qlang.kernels.steps import Lowering

CHECKED_QUBITS = 16
TOLERANCE: dict[Precision, float] = {"float32": 1e-4, "float64": 1e-11, "bfloat16": 0.3}
"""On the l2 norm of the error; the state in bfloat16 has eight bits and is rounded in every sweep."""
Row = dict[str, Any]


def lowered(name: str, qubits: int) -> Lowering:
    """A circuit of the simulator benchmarks as steps, through the whole compiler."""
    return steps_of(trace(kernel_of(case(name, qubits)), ()).calls, qubits)


def by_wire(state: CudaState, program: Program, frame: Frame) -> np.ndarray:
    """The true amplitudes, frame put on top."""
    index = np.arange(1 << program.wires)
    kept = index ^ int(frame.x[0])
    places = np.zeros_like(index)
    for wire in range(program.wires):
        places |= (kept >> wire & 1) << program.end[wire]
    signs = 1.0 - 2.0 * (np.bitwise_count(kept & int(frame.z[0])) & 1)
    found: np.ndarray = state.amplitudes()[places] * signs * frame.phase[0]
    return found


def correctness(name: str, precision: Precision, devices: Sequence[CupyDevice]) -> Row:
    """The l2 error of a circuit's state."""
    lowering = lowered(name, CHECKED_QUBITS)
    program = plan(lowering.steps, CHECKED_QUBITS, cuda_options(precision), fresh=True)
    angles = program_angles(AngleSources.of(program, lowering.steps), lowering.angles())
    state = CudaState.empty(program.qubits, precision, 1, devices, link_of(devices) if len(devices) > 1 else None)
    state.run(program, angles)
    wanted = execute_steps(lowering.steps, lowering.angles()[0], np.eye(1, 1 << CHECKED_QUBITS)[0])
    error = float(np.linalg.norm(by_wire(state, program, angles.frame) - wanted))
    same = {"circuit": name, "qubits": CHECKED_QUBITS, "precision": precision, "devices": len(devices)}
    return {"row": "correctness", **same, "l2_error": error, "right": error <= TOLERANCE[precision]}


def bandwidth(precision: Precision, qubits: int, device: CupyDevice) -> Row:
    """Bytes read and written in a second by a copy of a state, the fastest of five."""
    state = CudaState.empty(qubits, precision, 1, [device])
    state.set_basis()
    twin = state.copy()
    seconds = []
    for _ in range(5):
        device.synchronize()
        begin = perf_counter()
        device.copy(state.spread.arrays[0], twin.spread.arrays[0])
        device.synchronize()
        seconds.append(perf_counter() - begin)
    moved = 2 * state.spread.arrays[0].nbytes
    return {"row": "bandwidth", "precision": precision, "qubits": qubits, "bytes_per_second": moved / min(seconds)}


def timing(name: str, qubits: int, precision: Precision, found: Sequence[CupyDevice], repeats: int) -> Row:
    """Seconds of a circuit from |0…0⟩: planning, the first run with its compilation, and further runs."""
    same = {"row": "timing", "circuit": name, "qubits": qubits, "precision": precision}
    try:
        devices = cast(Sequence[CupyDevice], devices_for(qubits, precision, 1, found))
    except StateTooLarge as error:
        return {**same, "skipped": str(error)}
    lowering = lowered(name, qubits)
    begin = perf_counter()
    program = plan(lowering.steps, qubits, cuda_options(precision), fresh=True)
    sources = AngleSources.of(program, lowering.steps)
    planned = perf_counter() - begin
    state = CudaState.empty(program.qubits, precision, 1, devices, link_of(devices) if len(devices) > 1 else None)
    seconds = []
    for _ in range(repeats + 1):
        begin = perf_counter()
        state.run(program, program_angles(sources, lowering.angles()))
        for device in devices:
            device.synchronize()
        seconds.append(perf_counter() - begin)
    later = seconds[1:]
    passes = [len(sweep.passes) for sweep in program.sweeps]
    moved = sum(array.nbytes for array in state.spread.arrays) * (2 * len(passes) + 1)
    return {
        **same,
        "devices": len(devices),
        "plan_seconds": planned,
        "first_seconds": seconds[0],
        "seconds": {"min": min(later), "median": statistics.median(later), "max": max(later)},
        "sweeps": len(passes),
        "passes": sum(passes),
        "bytes_per_second": moved / min(later),
        "norm": float(norms(state)[0]),
    }


def rows(options: argparse.Namespace, devices: Sequence[CupyDevice]) -> Iterator[Row]:
    """All measurements, one after the other."""
    for device in devices:
        yield {"row": "device", "name": device.name, "free_bytes": device.free_bytes()}
    for precision in options.precisions:
        for name in options.circuits:
            yield correctness(name, precision, devices[:1])
            if len(devices) > 1:
                yield correctness(name, precision, devices[:2])
        yield bandwidth(precision, min(26, max(options.qubits)), devices[0])
    for precision in options.precisions:
        for name in options.circuits:
            for qubits in options.qubits:
                yield timing(name, qubits, precision, devices, options.repeats)


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m benchmarks.gpu", description="Check and time the target gpu.cuda.")
    parser.add_argument("--circuits", type=_list, default=["brickwork", "qaoa", "trotter", "hea", "qft"])
    parser.add_argument("--qubits", type=lambda text: [int(part) for part in _list(text)], default=[20, 24, 28, 30])
    parser.add_argument("--precisions", type=_list, default=["float32", "float64"])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(argv)
    unknown = {*options.circuits} - {*DEFINITIONS} | {*options.precisions} - {*TOLERANCE}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    try:
        devices = cuda_devices()
    except NoCuda as error:
        print(error, file=sys.stderr)
        return 2
    wrong = 0
    for row in rows(options, devices):
        print(json.dumps(row), flush=True)
        wrong += row.get("right") is False
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
