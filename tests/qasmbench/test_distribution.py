"""Applications of the QASMBench collection: our histograms against Qiskit's exact distributions.

The oracle follows every branch of measurements, resets and conditions with Qiskit's own `Statevector`, so all
deviation is our sampling error; `conftest.py` states the false-alarm rate. Registers are compared one by one.
"""

import gzip
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import Bit, CircuitInstruction, ClassicalRegister, IfElseOp
from qiskit.quantum_info import Statevector

CORPUS = Path(__file__).parents[1] / "data" / "qasmbench-small"
SHOTS = 4096
LARGE = {"hhl_n10"}
"""186,806 lines."""
BROKEN = {"hhl_n10", "vqe_uccsd_n4", "vqe_uccsd_n6", "vqe_uccsd_n8"}
"""They measure `q` into `c` and declare neither: Qiskit rejects them, and so must we."""
NAMES = sorted(path.name.split(".")[0] for path in CORPUS.glob("*.qasm*"))


def text_of(name: str) -> str:
    packed = CORPUS / f"{name}.qasm.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes()).decode()
    return (CORPUS / f"{name}.qasm").read_text(encoding="utf-8")


def repaired(text: str) -> str:
    """A broken program as it was meant: `q` names all qubits in order, `c` has a bit for each measurement."""
    registers = re.findall(r"^qreg (\w+)\[(\d+)\];", text, re.MULTILINE)
    wires = [f"{register}[{index}]" for register, size in registers for index in range(int(size))]
    measured = re.findall(r"^measure q\[(\d+)\] -> c\[\d+\];", text, re.MULTILINE)
    for index in measured:
        text = text.replace(f"measure q[{index}] ->", f"measure {wires[int(index)]} ->")
    register, size = registers[-1]
    return text.replace(f"qreg {register}[{size}];", f"qreg {register}[{size}];\ncreg c[{len(measured)}];", 1)


def loaded(text: str) -> QuantumCircuit:
    """As Qiskit reads OpenQASM 2, with the gates that its own `qelib1.inc` has beyond the paper's."""
    return qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


@dataclass
class Branch:
    """One history of outcomes: its probability, the state after it, the classical bits that are 1."""

    probability: float
    state: Statevector
    ones: frozenset[Bit]


def exact_counts(circuit: QuantumCircuit) -> dict[str, dict[str, float]]:
    """Exact probabilities of every classical register's bit strings."""
    body, last = _split(circuit)
    branches = [Branch(1.0, Statevector.from_int(0, 2**circuit.num_qubits), frozenset())]
    for instruction in body:
        branches = [after for branch in branches for after in _step(circuit, branch, instruction)]
    registers: dict[str, dict[str, float]] = {register.name: {} for register in circuit.cregs}
    measured = [instruction.qubits[0] for instruction in last]
    clbits = [instruction.clbits[0] for instruction in last]
    for branch in branches:
        # Qiskit writes the first qubit asked for rightmost.
        wires = [circuit.find_bit(qubit).index for qubit in measured]
        outcomes = branch.state.probabilities(wires) if wires else np.ones(1)
        for outcome in np.flatnonzero(outcomes > 1e-14):
            ones = branch.ones - set(clbits) | {bit for place, bit in enumerate(clbits) if outcome >> place & 1}
            for register in circuit.cregs:
                word = "".join("1" if bit in ones else "0" for bit in reversed(list(register)))
                probabilities = registers[register.name]
                weight = branch.probability * float(outcomes[outcome])
                probabilities[word] = probabilities.get(word, 0.0) + weight
    return registers


def _split(circuit: QuantumCircuit) -> tuple[list[CircuitInstruction], list[CircuitInstruction]]:
    """The measurements that nothing follows on their wires can wait until the end; the rest goes first."""
    touched: set[Bit] = set()
    body: list[CircuitInstruction] = []
    last: list[CircuitInstruction] = []
    for instruction in reversed(circuit.data):
        if instruction.operation.name == "barrier":
            continue
        wires = {*instruction.qubits, *instruction.clbits}
        final = instruction.operation.name == "measure" and not wires & touched
        (last if final else body).append(instruction)
        touched |= wires
    return body[::-1], last[::-1]


def _step(circuit: QuantumCircuit, branch: Branch, instruction: CircuitInstruction) -> list[Branch]:
    operation = instruction.operation
    wires = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
    if operation.name == "barrier":
        return [branch]
    if operation.name == "measure":
        return _measured(branch, wires[0], instruction.clbits[0])
    if operation.name == "reset":
        return _reset(branch, wires[0])
    if isinstance(operation, IfElseOp):
        return _conditional(circuit, branch, instruction)
    return [Branch(branch.probability, branch.state.evolve(operation, wires), branch.ones)]


def _projections(branch: Branch, wire: int) -> list[tuple[int, float, Statevector]]:
    amplitudes = branch.state.data.reshape(-1, 2, 2**wire)
    found = []
    for outcome in (0, 1):
        kept = np.zeros_like(amplitudes)
        kept[:, outcome] = amplitudes[:, outcome]
        chance = float(np.vdot(kept, kept).real)
        if chance > 1e-12:
            found.append((outcome, chance, Statevector(kept.reshape(-1) / np.sqrt(chance))))
    return found


def _measured(branch: Branch, wire: int, bit: Bit) -> list[Branch]:
    return [
        Branch(branch.probability * chance, state, branch.ones | {bit} if outcome else branch.ones - {bit})
        for outcome, chance, state in _projections(branch, wire)
    ]


def _reset(branch: Branch, wire: int) -> list[Branch]:
    flip = QuantumCircuit(1)
    flip.x(0)
    return [
        Branch(branch.probability * chance, state.evolve(flip, [wire]) if outcome else state, branch.ones)
        for outcome, chance, state in _projections(branch, wire)
    ]


def _conditional(circuit: QuantumCircuit, branch: Branch, instruction: CircuitInstruction) -> list[Branch]:
    condition: Any
    condition, wanted = instruction.operation.condition
    bits = list(condition) if isinstance(condition, ClassicalRegister) else [condition]
    value = sum(1 << place for place, bit in enumerate(bits) if bit in branch.ones)
    if value != int(wanted):
        return [branch]
    block = instruction.operation.blocks[0]
    outer = dict(zip(block.qubits, instruction.qubits, strict=True))
    outer |= dict(zip(block.clbits, instruction.clbits, strict=True))
    branches = [branch]
    for inner in block.data:
        moved = inner.replace(qubits=[outer[bit] for bit in inner.qubits], clbits=[outer[bit] for bit in inner.clbits])
        branches = [after for before in branches for after in _step(circuit, before, moved)]
    return branches


def marked(names: list[str]) -> list[Any]:
    return [pytest.param(name, marks=pytest.mark.slow) if name in LARGE else name for name in names]


@pytest.mark.parametrize("name", marked(NAMES))
def test_histograms_agree_with_qiskit(
    name: str,
    qlangc: Callable[..., Any],
    tmp_path: Path,
    assert_sampled_from: Callable[[Mapping[str, int], Mapping[str, float]], None],
) -> None:
    text = repaired(text_of(name)) if name in BROKEN else text_of(name)
    path = tmp_path / f"{name}.qasm"
    path.write_text(text, encoding="utf-8")
    found = qlangc("run", path, "--shots", SHOTS, "--seed", 1, "--json").data["counts"]
    expected = exact_counts(loaded(text))
    assert set(found) == set(expected)
    for register, probabilities in expected.items():
        assert sum(found[register].values()) == SHOTS
        assert_sampled_from(found[register], probabilities)


@pytest.mark.parametrize("name", marked(sorted(BROKEN)))
def test_undeclared_registers_are_reported_where_qiskit_reports_them(
    name: str, qlangc: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / f"{name}.qasm"
    path.write_text(text_of(name), encoding="utf-8")
    with pytest.raises(qasm2.QASM2ParseError) as refusal:
        loaded(text_of(name))
    place = re.search(r":(\d+),", refusal.value.message)
    assert place
    answer = qlangc("check", "--format", "concise", path)
    assert answer.status == 1
    report = answer.out + answer.err
    assert f"{name}.qasm:{place[1]}:" in report
    assert "`q`" in report
