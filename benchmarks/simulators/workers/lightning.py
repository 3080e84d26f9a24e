"""PennyLane's lightning.qubit: gate by gate in C++, single and double precision, adjoint gradients."""

import sys
from collections.abc import Callable, Iterable, Sequence
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
    """Times the C++ kernels called one after the other on a state that is kept, as PennyLane's device keeps it.

    The calls are prepared before, without their arguments where those are parameters. For many sets of parameters,
    `through="device"` is what PennyLane itself does: its device executes tapes with new parameters.
    """

    def __init__(self, through: str) -> None:
        self._through = through

    def versions(self) -> dict[str, str]:
        return {"pennylane-lightning": version("pennylane-lightning"), "pennylane": version("pennylane")}

    def variants(self, case: Case, precision: str) -> list[Variant]:
        if case.kind == "trajectories":
            raise Unsupported("lightning.qubit has no noise")
        if self._through == "device" and case.kind != "parameter_sets":
            raise Unsupported("only asked for sets of parameters; see `lightning`")
        if case.kind == "parameter_sets":
            return [{"through": self._through}]
        return [{}] if case.kind == "gradient" else [{"merged": True}, {"merged": False}]

    def load(self, case: Case, precision: str, variant: Variant) -> None:
        self._case, self._type = case, _TYPES[precision]
        self._observable = qp.Hamiltonian(
            [1.0] * (case.qubits - 1), [qp.Z(wire) @ qp.Z(wire + 1) for wire in range(case.qubits - 1)]
        )
        self._state = LightningStateVector(case.qubits, self._type)
        self._values: Sequence[float] = []
        self._calls: list[Apply] = []
        if case.kind == "state":
            self._calls = self._prepared(variant["merged"])
        else:
            self._tape = self._recorded()
        if case.kind == "parameter_sets":
            self._device = qp.device("lightning.qubit", wires=case.qubits, c_dtype=self._type)

    def _prepared(self, merged: bool) -> list[Apply]:
        """The calls of a circuit; `merged`: neighbouring gates of one qubit are one."""
        given: list[Operation] = []
        for each in self._case.circuit.operations:
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
        if self._case.kind == "gradient":
            return self._gradient()
        if self._case.kind == "parameter_sets":
            return self._by_device() if self._through == "device" else self._by_kernels()
        begin = perf_counter()
        state = self._state._qubit_state
        state.resetStateVector()
        for apply in self._calls:
            apply(state)
        return {"seconds": perf_counter() - begin}

    def _gradient(self) -> dict[str, float]:
        """The forward pass and the adjoint pass."""
        begin = perf_counter()
        self._state.reset_state()
        final = self._state.get_final_state(self._tape)
        self._values = np.ravel(LightningAdjointJacobian(final).calculate_jacobian(self._tape))
        return {"seconds": perf_counter() - begin}

    def _by_kernels(self) -> dict[str, float]:
        """Straight calls of the C++, with the angles of each set."""
        measurements = kernels.MeasurementsC64 if self._type is np.complex64 else kernels.MeasurementsC128
        observable = _serialized(self._tape, self._type)
        state = self._state._qubit_state
        calls = []
        for each in self._case.circuit.operations:
            name, inverse = _METHODS[each.name]
            calls.append((getattr(state, name), list(each.wires), inverse, each.slot, list(each.angles)))
        values = []
        begin = perf_counter()
        for row in self._case.sets:
            state.resetStateVector()
            for call, wires, inverse, slot, angles in calls:
                call(wires, inverse, angles if slot is None else [row[slot]])
            values.append(measurements(state).expval(observable))
        self._values = values
        return {"seconds": perf_counter() - begin}

    def _by_device(self) -> dict[str, float]:
        """PennyLane's device, given tapes."""
        every = list(range(len(self._case.circuit.parameters)))
        begin = perf_counter()
        tapes = [self._tape.bind_new_parameters(row, every) for row in self._case.sets]
        self._values = self._device.execute(tapes)
        return {"seconds": perf_counter() - begin}

    def amplitudes(self, indices: NDArray[np.int64]) -> Amplitudes:
        return self._state.state[reversed_bits(indices, self._case.qubits)]

    def peaks(self, count: int) -> NDArray[np.int64]:
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
    serve(Lightning("device" if "--device" in sys.argv[1:] else "kernels"))
