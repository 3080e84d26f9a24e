"""qsim through qsimcirq: single precision, gates fused into blocks of up to four qubits."""

import os
from importlib.metadata import version
from time import perf_counter
from typing import Any

import cirq
import numpy as np
import qsimcirq
from numpy.typing import NDArray
from qsimcirq import qsim

from benchmarks.simulators.cases import Case
from benchmarks.simulators.gates import matrix
from benchmarks.simulators.workers.service import (
    Amplitudes,
    Unsupported,
    Variant,
    peaks_of,
    reversed_bits,
    serve,
)

_FIXED = {
    "x": cirq.X,
    "h": cirq.H,
    "s": cirq.S,
    "sdg": cirq.S**-1,
    "t": cirq.T,
    "tdg": cirq.T**-1,
    "cx": cirq.CX,
    "cz": cirq.CZ,
    "swap": cirq.SWAP,
}
_ANGLED = {
    "rx": cirq.rx,
    "ry": cirq.ry,
    "rz": cirq.rz,
    "cp": lambda angle: cirq.CZPowGate(exponent=angle / np.pi),
    "rzz": lambda angle: cirq.ZZPowGate(exponent=angle / np.pi, global_shift=-0.5),
}


def gate(name: str, wires: int, angles: tuple[float, ...]) -> Any:
    """The gate in cirq's words."""
    if name in _FIXED:
        return _FIXED[name]
    if name in _ANGLED:
        return _ANGLED[name](*angles)
    if name == "mcz":
        return cirq.Z.controlled(wires - 1)
    if name == "su4":  # cirq's first qubit is the most significant one
        swapped = [0, 2, 1, 3]
        return cirq.MatrixGate(matrix(name, wires, angles)[np.ix_(swapped, swapped)])
    raise Unsupported(f"no gate `{name}`")


class Qsim:
    """Times `qsim_simulate_fullstate` on a circuit that is translated before."""

    def versions(self) -> dict[str, str]:
        return {"qsimcirq": version("qsimcirq"), "cirq-core": version("cirq-core")}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if precision != "float32":
            raise Unsupported("qsim computes in float32 only")
        if case.kind != "state":
            raise Unsupported(f"`{case.kind}` is not asked of qsim")
        return [{"fused": size} for size in (4, 3, 2)]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        qubits = cirq.LineQubit.range(case.qubits)
        program = cirq.Circuit(
            gate(each.name, len(each.wires), each.angles).on(*(qubits[wire] for wire in each.wires))
            for each in case.circuit.operations
        )
        options = qsimcirq.QSimOptions(
            max_fused_gate_size=variant["fused"], cpu_threads=int(os.environ["OMP_NUM_THREADS"])
        )
        self._simulator = qsimcirq.QSimSimulator(options)
        self._options = dict(self._simulator.qsim_options)
        self._options["s"] = 1
        self._options["c"], _ = self._simulator._translate_circuit(
            qsimcirq.QSimCircuit(program), "translate_cirq_to_qsim", qubits
        )
        self._qubits = case.qubits
        self._state: Any = None

    def run(self) -> dict[str, float]:
        self._state = None
        begin = perf_counter()
        state = qsim.qsim_simulate_fullstate(self._options, 0)
        seconds = perf_counter() - begin
        self._state = state.view(np.complex64)
        return {"seconds": seconds}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return self._state[reversed_bits(indices, self._qubits)]

    def peaks(self, count: int) -> NDArray[np.int64]:
        return reversed_bits(peaks_of(self._state, count), self._qubits)

    def answer(self) -> tuple[list[float], list[float]]:
        raise Unsupported("states only")


if __name__ == "__main__":
    serve(Qsim())
