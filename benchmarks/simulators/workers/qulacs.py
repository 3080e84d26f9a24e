"""Qulacs in double precision, with its optimizer's blocks of up to five qubits."""

from importlib.metadata import version
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from qulacs import NoiseSimulator, Observable, QuantumCircuit, QuantumGateBase, QuantumState
from qulacs import gate as gates
from qulacs.circuit import QuantumCircuitOptimizer

from benchmarks.simulators.cases import NOISE, Case, chain_of
from benchmarks.simulators.gates import DIAGONAL, Operation, matrix
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, peaks_of, serve

_FIXED = {
    "x": gates.X,
    "h": gates.H,
    "s": gates.S,
    "sdg": gates.Sdag,
    "t": gates.T,
    "tdg": gates.Tdag,
    "cx": gates.CNOT,
    "cz": gates.CZ,
    "swap": gates.SWAP,
}
_TURNED = {"rx": gates.RotX, "ry": gates.RotY, "rz": gates.RotZ}


def gate(each: Operation) -> QuantumGateBase:
    """The gate in Qulacs's words."""
    if each.name in _FIXED:
        return _FIXED[each.name](*each.wires)
    if each.name in _TURNED:
        return _TURNED[each.name](each.wires[0], *each.angles)
    if each.name == "mcz":
        found = gates.to_matrix_gate(gates.Z(each.wires[-1]))
        for control in each.wires[:-1]:
            found.add_control_qubit(control, 1)
        return found
    values = matrix(each.name, len(each.wires), each.angles)
    if each.name in DIAGONAL:
        return gates.DiagonalMatrix(list(each.wires), np.diag(values))
    return gates.DenseMatrix(list(each.wires), values)


class Qulacs:
    """Times `update_quantum_state` of a circuit that its optimizer merged before, on a state that is kept."""

    def versions(self) -> dict[str, str]:
        return {"qulacs": version("qulacs")}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if precision != "float64":
            raise Unsupported("Qulacs computes in float64 only")
        if case.kind == "gradient":
            raise Unsupported("Qulacs's gradients are of circuits with parametric gates of its own")
        if case.kind != "state":  # merging would be work to do for each set, and noise stands between the gates
            return [{"block": 0}]
        if any(each.name == "mcz" for each in case.circuit.operations):
            return [{"block": 0}]  # the optimizer would merge the controls into a dense matrix of all qubits
        return [{"block": size} for size in (4, 3, 2, 5, 0)]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._case = case
        self._sets = case.sets or (None,)
        self._circuits = [self._circuit(parameters, variant["block"]) for parameters in self._sets]
        self._observable = Observable(case.qubits)
        for wire in range(case.qubits - 1):
            self._observable.add_operator(1.0, f"Z {wire} Z {wire + 1}")
        self._state = QuantumState(case.qubits)
        self._values: list[float] = []
        self._errors: list[float] = []

    def _circuit(self, parameters: tuple[float, ...] | None, block: int) -> QuantumCircuit:
        circuit = QuantumCircuit(self._case.qubits)
        for each in self._case.circuit.operations:
            if parameters is not None and each.slot is not None:
                each = Operation(each.name, each.wires, (parameters[each.slot],), each.slot)
            if self._case.kind == "trajectories":
                size = len(each.wires)
                circuit.add_noise_gate(gate(each), "Depolarizing", NOISE[size - 1] * (1 - 4.0**-size))
            else:
                circuit.add_gate(gate(each))
        if block:
            QuantumCircuitOptimizer().optimize(circuit, block)
        return circuit

    def run(self) -> dict[str, float]:
        if self._case.kind == "trajectories":
            return self._trajectories()
        values = []
        begin = perf_counter()
        for circuit in self._circuits:
            self._state.set_zero_state()
            circuit.update_quantum_state(self._state)
            if self._case.kind != "state":
                values.append(self._observable.get_expectation_value(self._state).real)
        seconds = perf_counter() - begin
        self._values = values
        return {"seconds": seconds}

    def _trajectories(self) -> dict[str, float]:
        """Its noise simulator, which runs equal trajectories once. Its probability counts the errors alone."""
        begin = perf_counter()
        self._state.set_zero_state()
        outcomes = NoiseSimulator(self._circuits[0], self._state).execute(self._case.trajectories)
        seconds = perf_counter() - begin
        sums = [chain_of(outcome, self._case.qubits) for outcome in outcomes]
        self._values = [float(np.mean(sums))]
        self._errors = [float(np.std(sums) / np.sqrt(len(sums)))]
        return {"seconds": seconds}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return np.array([self._state.get_amplitude(int(index)) for index in indices])

    def peaks(self, count: int) -> NDArray[np.int64]:
        return peaks_of(self._state.get_vector(), count)

    def answer(self) -> tuple[list[float], list[float]]:
        return self._values, self._errors


if __name__ == "__main__":
    serve(Qulacs())
