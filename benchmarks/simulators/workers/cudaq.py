"""NVIDIA CUDA-Q: its single-device target (cuStateVec, gates fused), single and double precision."""

import sys
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any

import cudaq
import numpy as np
from numpy.typing import NDArray

from benchmarks.simulators.cases import Case
from benchmarks.simulators.gates import Operation, cartan_form
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, serve

_OPTIONS = {"float32": "fp32", "float64": "fp64"}
_PLAIN = frozenset({"x", "h", "s", "sdg", "t", "tdg", "cx", "cz", "swap"})
_TURNED = frozenset({"rx", "ry", "rz"})


def add(kernel: Any, qubits: Any, each: Operation) -> None:
    """Append a gate to a kernel, up to a global phase."""
    wires = [qubits[wire] for wire in each.wires]
    if each.name in _PLAIN:
        getattr(kernel, each.name)(*wires)
    elif each.name in _TURNED:
        getattr(kernel, each.name)(each.angles[0], *wires)
    elif each.name == "u":
        kernel.u3(*each.angles, *wires)
    elif each.name == "cp":
        kernel.cr1(each.angles[0], *wires)
    elif each.name == "mcz":
        kernel.cz(wires[:-1], wires[-1])
    elif each.name == "su4":
        for part in cartan_form(each):
            add(kernel, qubits, part)
    else:
        _rotate_pair(kernel, wires, each)


def _rotate_pair(kernel: Any, wires: list[Any], each: Operation) -> None:
    """rxx, ryy and rzz: CUDA-Q has none of them, and fuses what they are made of."""
    quarter = np.pi / 2
    for wire in wires:
        if each.name == "rxx":
            kernel.h(wire)
        elif each.name == "ryy":
            kernel.rx(quarter, wire)
    kernel.cx(*wires)
    kernel.rz(each.angles[0], wires[1])
    kernel.cx(*wires)
    for wire in wires:
        if each.name == "rxx":
            kernel.h(wire)
        elif each.name == "ryy":
            kernel.rx(-quarter, wire)


class CudaQ:
    """Times `get_state` of a kernel that was compiled before; the state stays on the device."""

    def __init__(self, target: str) -> None:
        self._target = target

    def versions(self) -> dict[str, str]:
        found = {}
        for name in ("cuda-quantum-cu12", "cuda-quantum-cu13"):
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                continue
        return found

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if case.kind != "state":
            raise Unsupported(f"`{case.kind}` is not asked of CUDA-Q")
        if self._target == "nvidia" and cudaq.num_available_gpus() == 0:
            raise Unsupported("no device")
        return [{}]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        options = {"option": _OPTIONS[precision]} if self._target == "nvidia" else {}
        cudaq.set_target(self._target, **options)
        self._qubits = case.qubits
        self._kernel = cudaq.make_kernel()
        qubits = self._kernel.qalloc(case.qubits)
        for each in case.circuit.operations:
            add(self._kernel, qubits, each)

    def run(self) -> dict[str, float]:
        self._state: Any = None
        begin = perf_counter()
        state = cudaq.get_state(self._kernel)
        _ = state.amplitude([0] * self._qubits)  # waits for the device
        seconds = perf_counter() - begin
        self._state = state
        return {"seconds": seconds}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        states = [[int(index) >> bit & 1 for bit in range(self._qubits)] for index in indices]
        return np.asarray(self._state.amplitudes(states))

    def peaks(self, count: int) -> NDArray[np.int64]:
        raise Unsupported("the state stays on the device")

    def answer(self) -> tuple[list[float], list[float]]:
        raise Unsupported("states only")


if __name__ == "__main__":
    serve(CudaQ("qpp-cpu" if "--cpu" in sys.argv[1:] else "nvidia"))
