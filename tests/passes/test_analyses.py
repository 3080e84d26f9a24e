"""Counting and grouping: closed forms, loops multiplied, agreement with what unrolling gives."""

import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit

from qlang.ir.circuit import FuncOp
from qlang.ir.gates import BY_CODE
from qlang.ir.job import ExpectOp, SettingOp
from qlang.ir.packed import Gate
from qlang.ir.pauli import product_factors
from qlang.ir.text import parse_ir
from qlang.ir.values import integers, plain
from qlang.passes.count_resources import CountResources
from qlang.passes.group_observables import GroupObservables
from tests.passes.circuits import apply, circuits, module_of

LOOP = """builtin.module {{ circuit.func @f() -> (!circuit.reg<4>) {{
  %q0 = circuit.alloc : !circuit.reg<4>
  %a = arith.constant {first} : i64
  %b = arith.constant {last} : i64
  %one = arith.constant 1 : i64
  %x = arith.constant 0.5 : f64
  %q1 = scf.for %i = %a to %b step %one iter_args(%r = %q0) -> (!circuit.reg<4>) : i64 {{
    {body}
    scf.yield %r9 : !circuit.reg<4>
  }}
  circuit.return %q1 : !circuit.reg<4>
}} }}"""
STATIC = "%r9 = circuit.run <h 0, cx 0 1, t 1, cx 1 2> %r : !circuit.reg<4>"
MOVING = '%j = arith.addi %i, %one : i64\n%r9 = circuit.gate "rzz"(%x) %r [%i, %j] : !circuit.reg<4>'


def resources(text: str) -> dict[str, object]:
    module = apply(CountResources(), parse_ir(text))
    func = next(op for op in module.ops if isinstance(op, FuncOp))
    found = plain(func.attributes["resources"])
    assert isinstance(found, dict)
    return found


def test_a_loop_is_multiplied_and_not_unrolled() -> None:
    found = resources(LOOP.format(first=0, last=1_000_000, body=STATIC))
    assert found["gates"] == {"cx": 2_000_000, "h": 1_000_000, "t": 1_000_000}
    assert found["two_qubit"] == found["t"] * 2 == 2_000_000
    assert found["depth"] == 4_000_000
    assert found["exact"] is True


def test_the_same_time_for_ten_and_for_a_million_iterations() -> None:
    def seconds(last: int) -> float:
        """The fastest of several, which no load of the machine makes slow."""
        times = []
        for _ in range(20):
            start = time.process_time()
            resources(LOOP.format(first=0, last=last, body=STATIC))
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(1_000_000) < 3 * seconds(10)


def test_pairs_of_a_moving_gate_are_found() -> None:
    found = resources(LOOP.format(first=0, last=3, body=MOVING))
    assert found["pairs"] == [0, 1, 1, 2, 2, 3]
    assert found["pair_counts"] == [2, 2, 2]
    assert found["depth"] == 3


def test_beyond_the_budget_pairs_are_scattered() -> None:
    found = resources(LOOP.format(first=0, last=100_000, body=MOVING))
    assert found["scattered"] == found["two_qubit"] == 200_000
    assert found["pairs"] == []


@given(circuit=circuits(max_gates=25))
def test_straight_circuits_agree_with_qiskit(circuit: tuple[int, list[Gate]]) -> None:
    """Depth and size as Qiskit counts them, on the same gates without global phases."""
    qubits, gates = circuit
    gates = [gate for gate in gates if gate[1]]
    theirs = QuantumCircuit(qubits)
    for code, wires, _ in gates:
        theirs.unitary(np.eye(2 ** len(wires)), list(wires), label=BY_CODE[code].name)
    module = apply(CountResources(), module_of(qubits, [gates]))
    func = next(op for op in module.ops if isinstance(op, FuncOp))
    found = plain(func.attributes["resources"])
    assert isinstance(found, dict)
    assert found["depth"] == theirs.depth()
    assert sum(found["gates"].values()) == theirs.size()  # type: ignore[union-attr]  # a mapping


JOB = """builtin.module {{ circuit.func @f() -> (!circuit.reg<4>) {{
  %q0 = circuit.alloc : !circuit.reg<4>
  circuit.return %q0 : !circuit.reg<4>
}}
job.job "j" runs @f {{ job.expect "e" {terms} array<f64: {ones}> }} }}"""
PAULIS = st.dictionaries(st.integers(0, 3), st.sampled_from("XYZ"), max_size=4)


@given(st.lists(PAULIS, min_size=1, max_size=12))
def test_every_product_is_measured_by_its_setting(products: list[dict[int, str]]) -> None:
    texts = ["*".join(f"{p}{w}" for w, p in sorted(product.items())) or "I" for product in products]
    quoted = "[" + ", ".join(f'"{text}"' for text in texts) + "]"
    ones = ", ".join(["1.0"] * len(texts))
    module = apply(GroupObservables(), parse_ir(JOB.format(terms=quoted, ones=ones)))
    (expect,) = [op for op in module.walk() if isinstance(op, ExpectOp)]
    bases = [op.basis.data for op in module.walk() if isinstance(op, SettingOp)]
    assert expect.groups is not None
    for text, group in zip(texts, integers(expect.groups), strict=True):
        if group < 0:
            assert text == "I"
        else:
            assert all(bases[group][wire] == pauli for wire, pauli in product_factors(text).items())
    assert len(set(bases)) == len(bases) <= len({t for t in texts if t != "I"})
