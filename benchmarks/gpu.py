"""qlang's CUDA target on the GPUs of this machine: is it right, how fast is it, and how fast are others beside it.

    python -m benchmarks.gpu                                    # everything, in less than ten minutes
    python -m benchmarks.gpu --circuits brickwork --qubits 28   # less of it
    python -m benchmarks.gpu --peers ''                         # without others

One JSON object a line: `device` rows; for each circuit and precision `correctness` (16 qubits, against the matrices of
its gates multiplied one by one in NumPy, with nothing of the compiler); `bandwidth` (a copy of a state); a `timing` row
for each circuit, size and precision; then `comparison` rows, ours and a peer in turn on the same device, with both
states compared; and what that says about the project's `bar`. What a peer cannot do, or that it is missing, stands in
its row. Beyond `--seconds` nothing new begins, and what was left out is said.

Ends with status 1 where a result is wrong and 2 where there is no device. Where there is no index to install peers
from, cuStateVec's wheel (`custatevec-cu12` or `-cu13`) or CUDA-Q on PYTHONPATH is enough.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from statistics import median
from time import monotonic, perf_counter
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.bars import GPU_BAR, ratio_verdicts
from benchmarks.simulators.cases import case
from benchmarks.simulators.circuits import DEFINITIONS
from benchmarks.simulators.environments import GPU_PEERS, PEERS
from benchmarks.simulators.gates import matrix
from benchmarks.simulators.measure import Question, Settings, measure
from benchmarks.simulators.ours_gpu import OursOnGpu
from benchmarks.simulators.processes import usable_cores
from benchmarks.simulators.rows import Row as Comparison
from benchmarks.simulators.workers.service import Unsupported
from qlang.kernels.cuda.cupy_device import CupyDevice, cuda_devices
from qlang.kernels.cuda.device import Link
from qlang.kernels.cuda.errors import NoCuda
from qlang.kernels.cuda.readout import norms
from qlang.kernels.cuda.shape import Precision
from qlang.kernels.cuda.state import CudaState

CHECKED_QUBITS = 16
TOLERANCE: dict[Precision, float] = {"float32": 1e-4, "float64": 1e-11, "bfloat16": 0.3}
"""On the l2 norm of the error; the state in bfloat16 has eight bits and is rounded in every sweep."""
_COMPARED = ("float32", "float64")
_MOST_CORES = 16
Row = dict[str, Any]


@lru_cache(maxsize=32)
def by_definition(name: str, qubits: int) -> NDArray[np.complex128]:
    """The state of a circuit, (2**qubits,), gate after gate by their matrices."""
    state = np.zeros((2,) * qubits, dtype=np.complex128)
    state[(0,) * qubits] = 1
    for each in case(name, qubits).circuit.operations:
        count = len(each.wires)
        axes = [qubits - 1 - wire for wire in reversed(each.wires)]  # the first wire is the lowest bit of the matrix
        gate = matrix(each.name, count, each.angles).reshape((2,) * 2 * count)
        state = np.moveaxis(np.tensordot(gate, state, axes=(range(count, 2 * count), axes)), range(count), axes)
    return np.ascontiguousarray(state).reshape(-1)


def correctness(
    name: str,
    precision: Precision,
    devices: Sequence[CupyDevice],
    link: Link | None = None,
    qubits: int = CHECKED_QUBITS,
) -> Row:
    """The l2 error of a circuit's state, up to its global phase, on as many devices as are given."""
    ours = OursOnGpu(devices, link, spread=True)
    ours.load(case(name, qubits), precision, {})
    found, wanted = ours.whole_state(), by_definition(name, qubits)
    overlap = np.vdot(found, wanted)
    error = float(np.linalg.norm(found * (overlap / abs(overlap)) - wanted))
    same = {"circuit": name, "qubits": qubits, "precision": precision, "devices": len(devices)}
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
    ours = OursOnGpu(found)
    try:
        told = ours.load(case(name, qubits), precision, {})
    except Unsupported as refusal:
        return {**same, "skipped": str(refusal)}
    seconds = [ours.run()["seconds"] for _ in range(repeats)]
    passes = [len(sweep.passes) for sweep in ours.program.sweeps]
    return {
        **same,
        "devices": len(ours.devices),
        "frontend_seconds": told["frontend_seconds"],
        "plan_seconds": ours.plan_seconds,
        "first_seconds": told["compile_seconds"] - ours.plan_seconds,
        "seconds": {"min": min(seconds), "median": median(seconds), "max": max(seconds)},
        "sweeps": len(passes),
        "passes": sum(passes),
        "bytes_per_second": ours.bytes_moved / min(seconds),
        "norm": float(norms(ours.state)[0]),
    }


def rows(options: argparse.Namespace, devices: Sequence[CupyDevice]) -> Iterator[Row]:
    """All measurements, one after the other, until the time is used up."""
    end = monotonic() + options.seconds
    for device in devices:
        yield {"row": "device", "name": device.name, "free_bytes": device.free_bytes()}
    copies: dict[str, float] = {}
    for precision in options.precisions:
        for name in options.circuits:
            yield correctness(name, precision, devices[:1])
            if len(devices) > 1:
                yield correctness(name, precision, devices[:2])
        copied = bandwidth(precision, min(26, max(options.qubits)), devices[0])
        copies[precision] = copied["bytes_per_second"]
        yield copied
    asked = sorted(
        (
            (name, qubits, precision)
            for precision in options.precisions
            for qubits in options.qubits
            for name in options.circuits
        ),
        key=lambda each: (each[0] not in GPU_BAR.circuits or each[1] not in GPU_BAR.qubits, each[1]),
    )
    for number, (name, qubits, precision) in enumerate(asked):
        if monotonic() > end:
            yield {"row": "left out", "timings": asked[number:]}
            return
        yield timing(name, qubits, precision, devices, options.repeats)
    if options.peers:
        give_back(devices)
        yield from comparisons(options, [each for each in asked if each[2] in _COMPARED], copies, end)


def comparisons(
    options: argparse.Namespace, asked: Sequence[tuple[str, int, str]], copies: dict[str, float], end: float
) -> Iterator[Row]:
    """Ours and each peer in turn, in processes of their own; then the verdicts."""
    found: list[Comparison] = []
    threads = min(_MOST_CORES, len(usable_cores()) or 1)
    for number, (name, qubits, precision) in enumerate(asked):
        if monotonic() > end:
            yield {"row": "left out", "comparisons": asked[number:]}
            break
        question = Question(case(name, qubits), precision, threads, gpu_bandwidth=copies[precision])
        settings = Settings(options.repeats, time_budget=min(5.0, max(1.0, (end - monotonic()) / 4)))
        for row in measure(question, [PEERS[peer] for peer in options.peers], settings):
            found.append(row)
            wrong = {"right": False} if row.status == "disagree" else {}
            yield {"row": "comparison", **row.json(), **wrong}
            if monotonic() > end:
                break
    for verdict in ratio_verdicts(found, [GPU_BAR]):
        yield {"row": "bar", **dataclasses.asdict(verdict)}


def give_back(devices: Sequence[CupyDevice]) -> None:
    """Free what CuPy keeps for this process, for others to measure on the devices."""
    cupy: Any = import_module("cupy")
    for device in devices:
        with cupy.cuda.Device(device.number):
            cupy.get_default_memory_pool().free_all_blocks()


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Options of a command line. Raises SystemExit(2) for a mistake."""
    parser = argparse.ArgumentParser("python -m benchmarks.gpu", description="Check and time the target gpu.cuda.")
    parser.add_argument("--circuits", type=_list, default=["brickwork", "qaoa", "trotter", "hea", "qft"])
    parser.add_argument("--qubits", type=lambda text: [int(part) for part in _list(text)], default=[24, 28, 30])
    parser.add_argument("--precisions", type=_list, default=["float32", "float64"])
    parser.add_argument("--peers", type=_list, default=list(GPU_PEERS), help=f"of {', '.join(GPU_PEERS)}; '' for none")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=480.0, help="after which nothing new begins (480)")
    options = parser.parse_args(argv)
    unknown = (
        {*options.circuits} - {*DEFINITIONS} | {*options.precisions} - {*TOLERANCE} | {*options.peers} - {*GPU_PEERS}
    )
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return options


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    try:
        devices = cast(Sequence[CupyDevice], cuda_devices())
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
