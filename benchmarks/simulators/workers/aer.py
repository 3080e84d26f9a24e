"""Qiskit Aer's state vector method: single and double precision, gates fused; on a CPU, or on a GPU with cuStateVec."""

import os
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, library
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

from benchmarks.simulators.cases import NOISE, Case, chain_of
from benchmarks.simulators.gates import Operation, matrix
from benchmarks.simulators.workers.service import Amplitudes, Unsupported, Variant, peaks_of, serve

_FIXED = {
    "x": library.XGate,
    "h": library.HGate,
    "s": library.SGate,
    "sdg": library.SdgGate,
    "t": library.TGate,
    "tdg": library.TdgGate,
    "rx": library.RXGate,
    "ry": library.RYGate,
    "rz": library.RZGate,
    "cx": library.CXGate,
    "cz": library.CZGate,
    "swap": library.SwapGate,
    "cp": library.CPhaseGate,
    "rzz": library.RZZGate,
}
_PRECISIONS = {"float32": "single", "float64": "double"}


class Aer:
    """Takes the seconds that Aer itself states for the experiment: fusion and simulation, and saving one amplitude."""

    def __init__(self, device: str) -> None:
        self._device = device

    def versions(self) -> dict[str, str]:
        found = {}
        for name in ("qiskit-aer", "qiskit-aer-gpu", "qiskit"):
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                continue
        return found

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if case.kind == "gradient":
            raise Unsupported("Aer has no gradients")
        if self._device == "GPU":
            if "GPU" not in AerSimulator().available_devices():
                raise Unsupported("no device")
            return [{"fused": size, "custatevec": native} for size in (5, 4) for native in (True, False)]
        blocked = [{"fused": 5, "blocked": 18}] if case.kind == "state" and case.qubits > 20 else []
        return [{"fused": 5}, {"fused": 4}, {"fused": 3}, *blocked]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._case = case
        threads = int(os.environ["OMP_NUM_THREADS"])
        settings: dict[str, Any] = {
            "method": "statevector",
            "device": self._device,
            "precision": _PRECISIONS[precision],
            "max_parallel_threads": threads,
            "fusion_enable": True,
            "fusion_max_qubit": variant["fused"],
            "seed_simulator": 1,
        }
        if "blocked" in variant:
            settings |= {"blocking_enable": True, "blocking_qubits": variant["blocked"]}
        if variant.get("custatevec"):
            settings |= {"cuStateVec_enable": True}
        if case.kind == "trajectories":
            settings |= {"noise_model": noise_model(case), "max_parallel_shots": threads}
        if case.kind == "parameter_sets":
            settings |= {"runtime_parameter_bind_enable": True, "max_parallel_experiments": threads}
        self._simulator = AerSimulator(**settings)
        self._parameters = [Parameter(f"p{slot}") for slot in range(len(case.circuit.parameters))]
        self._circuit = self._gates()
        self._shots, self._binds = 1, None
        if case.kind == "state":
            self._circuit.save_amplitudes([0])
        elif case.kind == "trajectories":
            self._circuit.measure_all()
            self._shots = case.trajectories
        else:
            chain = [("ZZ", [wire, wire + 1], 1.0) for wire in range(case.qubits - 1)]
            operator = SparsePauliOp.from_sparse_list(chain, case.qubits)
            self._circuit.save_expectation_value(operator, list(range(case.qubits)))
            self._binds = [
                {parameter: [row[slot] for row in case.sets] for slot, parameter in enumerate(self._parameters)}
            ]

    def _gates(self) -> QuantumCircuit:
        found = QuantumCircuit(self._case.qubits)
        for each in self._case.circuit.operations:
            found.append(self._gate(each), list(each.wires))
        return found

    def _gate(self, each: Operation) -> Any:
        """The gate in Qiskit's words."""
        if each.name == "mcz":
            return library.MCPhaseGate(np.pi, len(each.wires) - 1)
        if each.name not in _FIXED:
            return library.UnitaryGate(matrix(each.name, len(each.wires), each.angles))
        if self._case.kind == "parameter_sets" and each.slot is not None:
            return _FIXED[each.name](self._parameters[each.slot])
        return _FIXED[each.name](*each.angles)

    def run(self) -> dict[str, float]:
        options = {} if self._binds is None else {"parameter_binds": self._binds}
        self._result = self._simulator.run(self._circuit, shots=self._shots, **options).result()
        if not self._result.success:
            raise RuntimeError(self._result.status)
        if self._case.kind == "state":
            return {"seconds": self._result.results[0].time_taken}
        return {"seconds": self._result.metadata["time_taken_execute"]}

    def _again(self, save: str, *arguments: Any) -> Any:
        """What the same circuit leaves, run once more: Aer keeps no state after a run."""
        circuit = self._gates()
        getattr(circuit, save)(*arguments)
        result = self._simulator.run(circuit, shots=1).result()
        if not result.success:
            raise RuntimeError(result.status)
        return result.data(0)

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return np.asarray(self._again("save_amplitudes", indices.tolist())["amplitudes"])

    def peaks(self, count: int) -> NDArray[np.int64]:
        return peaks_of(np.asarray(self._again("save_statevector")["statevector"]), count)

    def answer(self) -> tuple[list[float], list[float]]:
        if self._case.kind == "parameter_sets":
            rows = range(len(self._result.results))
            return [float(self._result.data(row)["expectation_value"]) for row in rows], []
        counts = self._result.get_counts()
        values = np.array([chain_of(int(outcome, 2), self._case.qubits) for outcome in counts], float)
        weights = np.array(list(counts.values()), float) / sum(counts.values())
        mean = float(weights @ values)
        spread = float(np.sqrt(weights @ (values - mean) ** 2 / sum(counts.values())))
        return [mean], [spread]


def noise_model(case: Case) -> NoiseModel:
    """Depolarizing after every gate, as `cases` defines it."""
    found = NoiseModel()
    for size in (1, 2):
        names = sorted({each.name for each in case.circuit.operations if len(each.wires) == size})
        found.add_all_qubit_quantum_error(depolarizing_error(NOISE[size - 1], size), names)
    return found


if __name__ == "__main__":
    serve(Aer("GPU" if "--gpu" in sys.argv[1:] else "CPU"))
