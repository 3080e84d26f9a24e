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

from benchmarks.simulators.cases import NOISE, Case, chain_of
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
        if case.kind not in ("state", "trajectories"):
            raise Unsupported(f"`{case.kind}` is not asked of qsim")
        return [{"fused": size} for size in (4, 3, 2)]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._case = case
        qubits = cirq.LineQubit.range(case.qubits)
        operations = []
        for each in case.circuit.operations:
            wires = [qubits[wire] for wire in each.wires]
            operations.append(gate(each.name, len(wires), each.angles).on(*wires))
            if case.kind == "trajectories":  # cirq's probability counts the errors alone
                size = len(wires)
                operations.append(cirq.depolarize(NOISE[size - 1] * (1 - 4.0**-size), n_qubits=size).on(*wires))
        translator = "translate_cirq_to_qsim"
        if case.kind == "trajectories":
            operations.append(cirq.measure(*qubits))
            translator = "translate_cirq_to_qtrajectory"
        options = qsimcirq.QSimOptions(
            max_fused_gate_size=variant["fused"], cpu_threads=int(os.environ["OMP_NUM_THREADS"])
        )
        self._simulator = qsimcirq.QSimSimulator(options)
        self._options = dict(self._simulator.qsim_options)
        self._options["s"] = 1
        self._options["c"], _ = self._simulator._translate_circuit(
            qsimcirq.QSimCircuit(cirq.Circuit(operations)), translator, qubits
        )
        self._state: Any = None

    def run(self) -> dict[str, float]:
        if self._case.kind == "trajectories":
            return self._trajectories()
        self._state = None
        begin = perf_counter()
        state = qsim.qsim_simulate_fullstate(self._options, 0)
        seconds = perf_counter() - begin
        self._state = state.view(np.complex64)
        return {"seconds": seconds}

    def _trajectories(self) -> dict[str, float]:
        """One call of the C++ for each, as the simulator's own `run` makes them."""
        begin = perf_counter()
        outcomes = [qsim.qtrajectory_sample({**self._options, "s": seed}) for seed in range(self._case.trajectories)]
        seconds = perf_counter() - begin
        read = [sum(bit << wire for wire, bit in enumerate(bits)) for bits in outcomes]
        sums = [chain_of(outcome, self._case.qubits) for outcome in read]
        self._values = [float(np.mean(sums))]
        self._errors = [float(np.std(sums) / np.sqrt(len(sums)))]
        return {"seconds": seconds}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return self._state[reversed_bits(indices, self._case.qubits)]

    def peaks(self, count: int) -> NDArray[np.int64]:
        return reversed_bits(peaks_of(self._state, count), self._case.qubits)

    def answer(self) -> tuple[list[float], list[float]]:
        return self._values, self._errors


if __name__ == "__main__":
    serve(Qsim())
