"""Qiskit circuits in and out: standard gates with controls, random circuits, control flow, parameters, names.

Unitaries are compared as matrices, global phase included. Circuits that measure on the way are compared by exact
distributions: ours by our executor, Qiskit's by following its state vectors.
"""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm3
from qiskit.circuit import Clbit, Gate, Parameter, ParameterVector, Qubit, annotated_operation
from qiskit.circuit.classical import expr, types
from qiskit.circuit.library import (
    CUGate,
    DiagonalGate,
    Initialize,
    MCXGate,
    PauliEvolutionGate,
    PauliGate,
    QFTGate,
    UGate,
    get_standard_gate_name_mapping,
    quantum_volume,
)
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Operator, SparsePauliOp, random_unitary

import qlang as ql
from tests.compiler.programs import distribution
from tests.interchange.oracles import same_unitary
from tests.qasmbench.test_distribution import exact_counts

STANDARD = sorted(set(get_standard_gate_name_mapping()) - {"measure", "reset", "delay"})


def there_and_back(circuit: QuantumCircuit) -> QuantumCircuit:
    back = ql.from_qiskit(circuit).to_qiskit()
    assert isinstance(back, QuantumCircuit)
    return back


def standard(name: str) -> Gate:
    gate = get_standard_gate_name_mapping()[name]
    angles = np.random.default_rng(len(name)).uniform(-7, 7, len(gate.params))
    return type(gate)(*map(float, angles)) if gate.params else gate


@pytest.mark.parametrize("name", STANDARD)
def test_standard_gates_alone_and_under_controls(name: str) -> None:
    gate = standard(name)
    alone = QuantumCircuit(gate.num_qubits, global_phase=0.3)
    alone.append(gate, range(gate.num_qubits))
    assert same_unitary(alone, there_and_back(alone))
    if gate.num_qubits <= 3:
        controlled = QuantumCircuit(gate.num_qubits + 2)
        controlled.append(gate.control(2, ctrl_state=2, annotated=False), range(gate.num_qubits + 2))
        assert same_unitary(controlled, there_and_back(controlled))


@pytest.mark.parametrize("seed", range(6))
def test_random_circuits(seed: int) -> None:
    circuit = random_circuit(4, 8, max_operands=4, seed=seed)
    assert same_unitary(circuit, there_and_back(circuit))
    through2 = ql.compile(ql.from_qiskit(circuit).to_qasm2(), "x.qasm").to_qiskit()
    assert same_unitary(circuit, through2, phase=False)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4), st.integers(1, 6))
def test_random_circuits_of_any_shape(seed: int, width: int, depth: int) -> None:
    circuit = random_circuit(width, depth, max_operands=min(3, width), seed=seed)
    assert same_unitary(circuit, there_and_back(circuit))


def test_gates_with_definitions() -> None:
    circuit = QuantumCircuit(4)
    inner = random_circuit(2, 3, seed=5).to_gate(label="mine")
    circuit.append(inner, [2, 0])
    circuit.append(inner.control(1, ctrl_state=0, annotated=False), [1, 3, 0])
    circuit.append(QFTGate(3), [0, 1, 2])
    circuit.append(PauliGate("XYZ"), [1, 2, 3])
    circuit.append(DiagonalGate([1, 1j, -1, np.exp(0.3j)]), [0, 3])
    circuit.append(MCXGate(3, ctrl_state=5), [0, 1, 2, 3])
    circuit.append(CUGate(0.7, 1.0, 2.0, 3.0, ctrl_state=0), [3, 1])
    circuit.unitary(random_unitary(4, seed=1), [3, 1])
    circuit.unitary(random_unitary(2, seed=2), [0])
    circuit.unitary(random_unitary(8, seed=3), [2, 1, 0])
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XY", "ZZ"], [0.3, 0.2]), 0.7), [0, 1])
    assert same_unitary(circuit, there_and_back(circuit))
    volume = quantum_volume(4, 3, seed=1)
    assert same_unitary(volume, there_and_back(volume))


@pytest.mark.parametrize("state", ["1", "0", "01", "10", "00"])
def test_qiskit_reads_controlled_u_as_we_write_it(state: str) -> None:
    """Qiskit's reader and the specification disagree about the phase of `U`, which a control makes visible."""
    controls = len(state)
    circuit = QuantumCircuit(controls + 1)
    circuit.append(UGate(0.7, 1.1, -2.0).control(controls, ctrl_state=state, annotated=False), range(controls + 1))
    text = ql.from_qiskit(circuit).to_qasm3()
    assert same_unitary(circuit, qasm3.loads(text), phase=False)
    assert same_unitary(circuit, ql.compile(text, "x.qasm").to_qiskit())
    ours = "qubit[2] q; {} @ U(0.7, 1.1, -2.0) q[0], q[1];".format("ctrl" if state[-1] == "1" else "negctrl")
    back = ql.compile(ql.compile(ours, "x.qasm").to_qasm3(), "x.qasm").to_qiskit()
    assert same_unitary(ql.compile(ours, "x.qasm").to_qiskit(), back)


def test_annotated_operations() -> None:
    from qiskit.circuit.library import SGate, TGate

    circuit = QuantumCircuit(3)
    modifiers = [
        annotated_operation.InverseModifier(),
        annotated_operation.ControlModifier(2, 1),
        annotated_operation.PowerModifier(3),
    ]
    circuit.append(annotated_operation.AnnotatedOperation(SGate(), modifiers), [0, 1, 2])
    circuit.append(annotated_operation.AnnotatedOperation(TGate(), modifiers[:1]), [1])
    assert same_unitary(circuit, there_and_back(circuit))


def test_definitions_have_names_that_do_not_change() -> None:
    def build() -> str:
        circuit = QuantumCircuit(2)
        for seed in (1, 2, 1):
            gate = random_circuit(2, 2, seed=seed).to_gate()
            gate.name = "block"
            circuit.append(gate, [0, 1])
        return ql.from_qiskit(circuit).text

    text = build()
    assert text == build()
    assert text.count("gate block q0") == 1 and text.count("gate block_1 q0") == 1
    assert text.count("\nblock q[0]") == 2


def test_bits_read_alike_on_both_sides() -> None:
    """x on qubit 0 of three: Qiskit says 001 for the clbits, and so do we."""
    circuit = QuantumCircuit(QuantumRegister(2, "a"), QuantumRegister(1, "b"), ClassicalRegister(3, "out"))
    circuit.x(0)
    circuit.measure([0, 1, 2], [0, 1, 2])
    program = ql.from_qiskit(circuit)
    assert exact_counts(circuit) == {"out": {"001": pytest.approx(1.0)}}
    assert distribution(program.text) == {"out": {1: pytest.approx(1.0)}}
    assert "qubit[2] a;\nqubit[1] b;\nbit[3] out;" in program.text
    assert [register.name for register in program.to_qiskit().qregs] == ["a", "b"]


def test_free_parameters_stay_parameters() -> None:
    theta, vector = Parameter("θ"), ParameterVector("x", 2)
    circuit = QuantumCircuit(1)
    circuit.rx(2 * theta + vector[1].sin() - 0.5, 0)
    circuit.rz(vector[0] ** 2 / 3, 0)
    program = ql.from_qiskit(circuit)
    assert "input float[64] θ;" in program.text and 'input float[64] x_1;  // "x[1]"' in program.text
    back = program.to_qiskit()
    values = {"θ": 0.3, "x[0]": 1.1, "x[1]": -0.4}
    ours = {"θ": 0.3, "x_0": 1.1, "x_1": -0.4}
    bound = circuit.assign_parameters({p: values[p.name] for p in circuit.parameters})
    assert {p.name for p in back.parameters} == set(ours)
    assert same_unitary(bound, back.assign_parameters({p: ours[p.name] for p in back.parameters}))


def test_control_flow_survives() -> None:
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(2, "c"), ClassicalRegister(1, "d"))
    circuit.h([0, 1])
    circuit.measure([0, 1], [0, 1])
    with circuit.if_test((circuit.cregs[0], 2)) as otherwise:
        circuit.x(2)
        circuit.global_phase += 0.2
    with otherwise:
        circuit.ry(0.7, 2)
    with circuit.if_test((circuit.clbits[1], 0)):
        circuit.h(2)
    with circuit.for_loop(range(1, 6, 2), Parameter("i")) as turn:
        circuit.rz(0.1 * turn, 2)
        circuit.h(2)
    with circuit.for_loop((3, 1)) as _:
        circuit.sx(2)
    with circuit.switch(circuit.cregs[0]) as case:
        with case(0, 3):
            circuit.x(2)
        with case(case.DEFAULT):
            circuit.ry(0.2, 2)
    with circuit.if_test(expr.logic_and(circuit.clbits[0], expr.logic_not(circuit.clbits[1]))):
        circuit.y(2)
    circuit.measure(2, 2)
    program = ql.from_qiskit(circuit)
    for word in ("if (c == 2) {", "} else {", "for int i in [1:2:5]", "for int i_1 in {3, 1}", "switch (", "default {"):
        assert word in program.text
    expected = distribution(program.text)
    again = ql.from_qiskit(program.to_qiskit()).text
    assert distribution(again) == {name: pytest.approx(found, abs=1e-9) for name, found in expected.items()}
    aer = pytest.importorskip("qiskit_aer", reason="qiskit-aer is an optional oracle")
    counts = aer.AerSimulator(seed_simulator=1).run(circuit, shots=20000).result().get_counts()
    ones = sum(number for outcome, number in counts.items() if outcome.split()[0] == "1") / 20000
    assert abs(ones - expected["d"].get(1, 0.0)) < 5 / math.sqrt(4 * 20000)  # five standard deviations: 6e-7


def test_loops_break_and_while() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.while_loop((circuit.clbits[0], 0)):
        circuit.h(0)
        circuit.measure(0, 0)
    with circuit.for_loop(range(5)):
        circuit.x(0)
        with circuit.if_test((circuit.clbits[0], 1)):
            circuit.break_loop()
    program = ql.from_qiskit(circuit)
    assert "while (!c[0]) {" in program.text and "break;" in program.text


def test_variables_and_stores() -> None:
    circuit = QuantumCircuit(1, 2)
    number = circuit.add_var("n", expr.lift(3, types.Uint(8)))
    flag = circuit.add_var("flag", expr.lift(False))
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.store(flag, expr.lift(circuit.clbits[0]))
    circuit.store(number, expr.bit_xor(number, 1))
    with circuit.if_test(expr.logic_and(flag, expr.equal(number, 2))):
        circuit.x(0)
    circuit.measure(0, 1)
    text = ql.from_qiskit(circuit).text
    assert "uint[8] n;" in text and "bool flag;" in text
    assert distribution(text)["c"] == {0: pytest.approx(0.5), 1: pytest.approx(0.5)}  # x undoes the 1


def test_initialize_reset_delay_barrier() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.append(Initialize([0.6, 0, 0, 0.8j]), [0, 1])
    circuit.barrier()
    circuit.delay(100, 0, unit="ns")
    circuit.reset(1)
    circuit.measure([0, 1], [0, 1])
    program = ql.from_qiskit(circuit)
    assert "delay[100ns] q[0];" in program.text and "barrier q[0], q[1];" in program.text
    assert distribution(program.text)["c"] == {0: pytest.approx(0.36), 1: pytest.approx(0.64)}


HOSTILE = ["if", "gate", "a b", "x", "pi", "π", "", "0", "q\n}", "é́", "circuit", "x", "_", "measure q;", "q" * 500]


def test_hostile_names_become_identifiers() -> None:
    circuit = QuantumCircuit()
    for number, name in enumerate(HOSTILE):
        try:
            circuit.add_register(QuantumRegister(1, name or None), ClassicalRegister(1, f"{name}{number}"))
        except Exception as refused:  # noqa: BLE001  # Qiskit refuses duplicates by itself
            assert "already exists" in str(refused)
    circuit.h(range(circuit.num_qubits))
    back = there_and_back(circuit)
    assert (back.num_qubits, back.num_clbits, back.size()) == (circuit.num_qubits, circuit.num_clbits, circuit.size())
    for number in range(len(HOSTILE)):
        gate = Gate(HOSTILE[number] or "g", 1, [])
        inner = QuantumCircuit(1)
        inner.rx(0.1 * number, 0)
        gate.definition = inner
        outer = QuantumCircuit(1)
        outer.append(gate, [0])
        assert same_unitary(inner, ql.from_qiskit(outer).to_qiskit())


def test_bits_without_registers_and_shared_ones() -> None:
    shared = [Qubit(), Qubit(), Qubit()]
    circuit = QuantumCircuit(shared, QuantumRegister(bits=shared[1:], name="tail"), [Clbit()])
    circuit.h(0)
    circuit.cx(0, 2)
    assert same_unitary(circuit, there_and_back(circuit))


def test_empty_circuits() -> None:
    assert ql.from_qiskit(QuantumCircuit()).text.splitlines() == ["OPENQASM 3.0;", 'include "stdgates.inc";']
    assert there_and_back(QuantumCircuit(2)).num_qubits == 2
    phased = QuantumCircuit(1, global_phase=1.5)
    assert same_unitary(phased, there_and_back(phased))


@pytest.mark.slow
def test_a_hundred_thousand_gates_take_seconds() -> None:
    import time

    circuit = QuantumCircuit(4)
    for k in range(25_000):
        circuit.h(k % 4)
        circuit.cx(k % 4, (k + 1) % 4)
        circuit.rz(0.1, 2)
        circuit.t(3)
    start = time.perf_counter()
    back = there_and_back(circuit)
    assert time.perf_counter() - start < 30  # some 3 s alone on one core
    assert back.size() == 100_000


def refusal(build: Any) -> ql.CompileError:
    with pytest.raises(ql.CompileError) as caught:
        ql.from_qiskit(build)
    return caught.value


def test_refusals_name_the_instruction() -> None:
    from qiskit.circuit import Instruction

    opaque = QuantumCircuit(1)
    opaque.append(Instruction("magic", 1, 0, []), [0])
    assert "`magic`" in str(refusal(opaque))
    assert [d.code for d in refusal(opaque).diagnostics] == ["QJ0907"]
    infinite = QuantumCircuit(1)
    infinite.rx(math.inf, 0)
    assert [d.code for d in refusal(infinite).diagnostics] == ["QJ0910"]
    nan = QuantumCircuit(1)
    nan.rx(math.nan, 0)
    assert "nan" in str(refusal(nan))
    nested = QuantumCircuit(1, 1)
    for _ in range(70):
        outer = QuantumCircuit(1, 1)
        outer.if_test((outer.clbits[0], 1), nested, [0], [0])
        nested = outer
    assert "deeper than" in str(refusal(nested))
    with pytest.raises(TypeError, match="QuantumCircuit"):
        ql.from_qiskit("h q;")


def test_operator_is_the_oracle_it_claims_to_be() -> None:
    """A wrong phase, a swapped wire and a wrong control are seen."""
    base = QuantumCircuit(2)
    base.ch(0, 1)
    for change in (
        lambda c: c.ch(1, 0),
        lambda c: c.h(1),
        lambda c: c.append(standard("h").control(ctrl_state=0, annotated=False), [0, 1]),
    ):
        other = QuantumCircuit(2)
        change(other)
        assert not same_unitary(base, other)
    assert not same_unitary(base, QuantumCircuit(2, global_phase=0.1).compose(base))
    assert np.allclose(Operator(base).data, Operator(base).data)


def test_registers_that_share_bits_are_refused() -> None:
    shared = [Clbit() for _ in range(3)]
    circuit = QuantumCircuit(QuantumRegister(1), ClassicalRegister(name="a", bits=shared[:2]))
    circuit.add_bits(shared[2:])
    circuit.add_register(ClassicalRegister(name="b", bits=shared[1:]))
    with pytest.raises(ql.CompileError, match="classical register `b`") as caught:
        ql.from_qiskit(circuit)
    assert [each.code for each in caught.value.diagnostics] == ["QJ0907"]
