"""Our primitives as Qiskit's gates."""

from qiskit.circuit import Gate, QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.circuit.library.standard_gates import GlobalPhaseGate, UGate, iSwapGate

_STANDARD = get_standard_gate_name_mapping()


def _u_of_the_specification(theta: float, phi: float, lam: float) -> Gate:
    circuit = QuantumCircuit(1, global_phase=theta / 2)
    circuit.append(UGate(theta, phi, lam), [0])
    return circuit.to_gate()


_OURS = {"iswapdg": lambda: iSwapGate().inverse(), "gphase": GlobalPhaseGate, "U": _u_of_the_specification}


def qiskit_gate(name: str, parameters: tuple[float, ...]) -> Gate:
    """The gate with these parameters."""
    if name in _OURS:
        return _OURS[name](*parameters)
    return _STANDARD[name].base_class(*parameters)


def qiskit_circuit(gates, qubits: int) -> QuantumCircuit:
    """A circuit of our gates."""
    circuit = QuantumCircuit(qubits)
    for name, wires, parameters in gates:
        circuit.append(qiskit_gate(name, parameters), list(wires))
    return circuit
