"""PennyLane's lightning.qubit: gate by gate in C++, single and double precision, adjoint gradients."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from importlib.metadata import version
from operator import methodcaller
from time import perf_counter
from typing import TypeAlias

import numpy as np
import pennylane as qp
from numpy.typing import NDArray
from pennylane_lightning import lightning_qubit_ops as kernels
from pennylane_lightning.lightning_base._serialize import QuantumScriptSerializer
from pennylane_lightning.lightning_qubit._adjoint_jacobian import LightningAdjointJacobian
from pennylane_lightning.lightning_qubit._state_vector import LightningStateVector

from benchmarks.simulators.cases import Case
from benchmarks.simulators.gates import Operation, cartan_form, matrix
from benchmarks.simulators.workers.service import (
    Amplitudes,
    Unsupported,
    Variant,
    peaks_of,
    reversed_bits,
    serve,
)

_TYPES = {"float32": np.complex64, "float64": np.complex128}
_METHODS = {
    "x": ("PauliX", False),
    "h": ("Hadamard", False),
    "s": ("S", False),
    "sdg": ("S", True),
    "t": ("T", False),
    "tdg": ("T", True),
    "rx": ("RX", False),
    "ry": ("RY", False),
    "rz": ("RZ", False),
    "cx": ("CNOT", False),
    "cz": ("CZ", False),
    "swap": ("SWAP", False),
    "cp": ("ControlledPhaseShift", False),
    "rxx": ("IsingXX", False),
    "ryy": ("IsingYY", False),
    "rzz": ("IsingZZ", False),
}
"""Gate → (method of Lightning's state, whether inverted)."""

Apply: TypeAlias = Callable[[object], None]

_TAPE = {"ry": qp.RY, "rz": qp.RZ, "rx": qp.RX, "cx": qp.CNOT}


class Lightning:
    """Times the C++ kernels called one after the other, bound before; the state's allocation included."""

    def versions(self) -> dict[str, str]:
        return {"pennylane-lightning": version("pennylane-lightning"), "pennylane": version("pennylane")}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if case.kind == "trajectories":
            raise Unsupported("lightning.qubit has no noise")
        if case.kind == "parameter_sets":  # merging would be work to do for each set
            return [{"merged": False}]
        return [{}] if case.kind == "gradient" else [{"merged": True}, {"merged": False}]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._case, self._type = case, _TYPES[precision]
        self._observable = qp.Hamiltonian(
            [1.0] * (case.qubits - 1), [qp.Z(wire) @ qp.Z(wire + 1) for wire in range(case.qubits - 1)]
        )
        self._state: LightningStateVector | None = None
        self._values: Sequence[float] = []
        self._tape = self._recorded() if case.kind == "gradient" else None
        self._plans = [self._plan(row, variant["merged"]) for row in case.sets]
        if case.kind == "state":
            self._plans = [self._plan(case.circuit.parameters, variant["merged"])]

    def _plan(self, parameters: Sequence[float], merged: bool) -> list[Apply]:
        """The calls of a circuit; `merged`: neighbouring gates of one qubit are one."""
        given: list[Operation] = []
        for each in self._case.circuit.operations:
            if each.slot is not None:
                each = replace(each, angles=(parameters[each.slot],))
            given += cartan_form(each) if each.name == "su4" else [each]
        return [bound(group, self._type) for group in (merged_runs(given) if merged else [[each] for each in given])]

    def _recorded(self) -> qp.tape.QuantumScript:
        operations, trainable, count = [], [], 0
        for each in self._case.circuit.operations:
            operations.append(_TAPE[each.name](*each.angles, wires=each.wires))
            if each.slot is not None:
                trainable.append(count)
            count += len(each.angles)
        return qp.tape.QuantumScript(operations, [qp.expval(self._observable)], trainable_params=trainable)

    def run(self) -> dict[str, float]:
        self._state = None
        if self._case.kind == "gradient":
            return self._gradient()
        if self._case.kind == "parameter_sets":
            return self._parameter_sets()
        begin = perf_counter()
        state = LightningStateVector(self._case.qubits, self._type)
        for apply in self._plans[0]:
            apply(state._qubit_state)
        seconds = perf_counter() - begin
        self._state = state
        return {"seconds": seconds}

    def _gradient(self) -> dict[str, float]:
        """The forward pass and the adjoint pass."""
        assert self._tape is not None
        begin = perf_counter()
        state = LightningStateVector(self._case.qubits, self._type)
        final = state.get_final_state(self._tape)
        self._values = np.ravel(LightningAdjointJacobian(final).calculate_jacobian(self._tape))
        return {"seconds": perf_counter() - begin}

    def _parameter_sets(self) -> dict[str, float]:
        measurements = kernels.MeasurementsC64 if self._type is np.complex64 else kernels.MeasurementsC128
        observable = _serialized(qp.tape.QuantumScript([], [qp.expval(self._observable)]), self._type)
        values = []
        begin = perf_counter()
        state = LightningStateVector(self._case.qubits, self._type)._qubit_state
        for plan in self._plans:
            state.resetStateVector()
            for apply in plan:
                apply(state)
            values.append(measurements(state).expval(observable))
        seconds = perf_counter() - begin
        self._values = values
        return {"seconds": seconds}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        assert self._state is not None
        return self._state.state[reversed_bits(indices, self._case.qubits)]

    def peaks(self, count: int) -> NDArray[np.int64]:
        assert self._state is not None
        return reversed_bits(peaks_of(self._state.state, count), self._case.qubits)

    def answer(self) -> tuple[Sequence[float], Sequence[float]]:
        return self._values, []


def merged_runs(operations: Iterable[Operation]) -> list[list[Operation]]:
    """Groups, in an order that does the same: runs of gates of one qubit with nothing else on it between; others."""
    groups: list[list[Operation]] = []
    open_runs: dict[int, list[Operation]] = {}
    for each in operations:
        if len(each.wires) > 1:
            for wire in each.wires:
                open_runs.pop(wire, None)
            groups.append([each])
        elif each.wires[0] in open_runs:
            open_runs[each.wires[0]].append(each)
        else:
            open_runs[each.wires[0]] = [each]
            groups.append(open_runs[each.wires[0]])
    return groups


def bound(group: Sequence[Operation], dtype: type) -> Apply:
    """Gates of one qubit, or one gate, as a call on a C++ state: what is left when its arguments are made before."""
    each = group[0]
    wires = list(each.wires)
    if len(group) > 1 or each.name == "u":
        product = reduce(np.matmul, [matrix(gate.name, 1, gate.angles) for gate in reversed(group)])
        return methodcaller("applyMatrix", np.ascontiguousarray(product, dtype), wires, False)
    if each.name == "mcz":
        return methodcaller("PauliZ", wires[:-1], [True] * (len(wires) - 1), wires[-1:], False, [])
    name, inverse = _METHODS[each.name]
    return methodcaller(name, wires, inverse, list(each.angles))


def _serialized(tape: qp.tape.QuantumScript, dtype: type) -> object:
    """The observable of a tape as an object of Lightning's C++."""
    serializer = QuantumScriptSerializer("lightning.qubit", use_csingle=dtype is np.complex64)
    return serializer.serialize_observables(tape)[0][0]


if __name__ == "__main__":
    serve(Lightning())
