"""Circuits through other languages and back: what the tests of this folder share.

Equality is checked in one of three ways, and each test says which:
- `same_unitary`: exact matrices, with the global phase unless a test says otherwise;
- `equivalent`: MQT QCEC, at any width, up to a global phase;
- exact outcome probabilities of circuits that measure on the way, by our executor (`tests.compiler.programs`) and by
  following Qiskit's state vectors (`tests.qasmbench.test_distribution`).
"""

import gzip
from pathlib import Path

import numpy as np
from mqt import qcec
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

import qlang as ql

DATA = Path(__file__).parents[1] / "data"
BROKEN = {"hhl_n10", "vqe_uccsd_n4", "vqe_uccsd_n6", "vqe_uccsd_n8"}
"""Files of QASMBench that measure registers which they do not declare."""


def text_of(path: Path) -> str:
    """A file's text, compressed or not."""
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


def corpus(folder: str) -> dict[str, Path]:
    """Name → file of a corpus."""
    return {path.name.partition(".")[0]: path for path in sorted((DATA / folder).glob("*.qasm*"))}


QASMBENCH = {name: path for name, path in corpus("qasmbench-small").items() if name not in BROKEN}
NAM = corpus("nam-circuits")


def program(text: str, name: str = "input.qasm") -> ql.Program:
    """A program under a name that says its language."""
    return ql.compile(text, name)


def bare(circuit: QuantumCircuit) -> QuantumCircuit:
    """The unitary part: without the measurements and barriers, loops written out."""
    found = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
    for instruction in circuit.data:
        operation = instruction.operation
        wires = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if operation.name == "for_loop":
            values, parameter, block = operation.params
            for value in values:
                body = block.assign_parameters({parameter: value}) if parameter is not None else block
                found.compose(bare(body), wires, inplace=True)
        elif operation.name not in ("measure", "barrier", "delay"):
            found.append(operation, wires)
    return found


def is_dynamic(circuit: QuantumCircuit) -> bool:
    """Whether anything but gates follows or hangs on a measurement, so that there is no unitary."""
    measured: set[object] = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        if name in ("barrier", "delay"):
            continue
        if name in ("reset", "if_else", "while_loop", "switch_case", "store") or measured & set(instruction.qubits):
            return True
        if name == "measure":
            measured.update(instruction.qubits)
    return False


def same_unitary(left: QuantumCircuit, right: QuantumCircuit, *, phase: bool = True) -> bool:
    """Whether matrices agree, entry by entry; without `phase`, up to a global one."""
    a, b = Operator(left).data, Operator(right).data
    if not phase:
        overlap = np.vdot(b, a)
        b = b * (overlap / abs(overlap)) if abs(overlap) > 1e-9 else b
    return a.shape == b.shape and bool(np.allclose(a, b, atol=1e-9))


def equivalent(left: QuantumCircuit, right: QuantumCircuit) -> bool:
    """Whether MQT QCEC proves two circuits equivalent up to a global phase.

    The alternating scheme on decision diagrams decides alone: the others of its portfolio cannot prove equivalence
    or cannot prove the opposite.
    """
    result = qcec.verify(
        left,
        right,
        run_alternating_checker=True,
        run_simulation_checker=False,
        run_zx_checker=False,
        run_construction_checker=False,
        timeout=120.0,
    )
    verdict = str(result.equivalence)
    return verdict in ("EquivalenceCriterion.equivalent", "EquivalenceCriterion.equivalent_up_to_global_phase")
