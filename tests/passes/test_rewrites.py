"""Rewrites of circuits: the unitary stays, global phase included; the result is a fixed point; time is linear."""

import time
from math import pi

import numpy as np
import pytest
from hypothesis import given
from xdsl.passes import ModulePass

from qlang.ir.circuit import RunOp
from qlang.ir.gates import BY_NAME
from qlang.ir.packed import Gate
from qlang.passes.cancel_inverses import CancelInverses
from qlang.passes.canonicalize import CanonicalizeCircuit
from qlang.passes.merge_rotations import MergeRotations
from tests.passes.circuits import apply, circuits, gate_list, module_of, unitary

REWRITES = [CanonicalizeCircuit(), MergeRotations(), CancelInverses()]


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.name)
@given(circuit=circuits())
def test_the_unitary_is_kept(rewrite: ModulePass, circuit: tuple[int, list[Gate]]) -> None:
    qubits, gates = circuit
    middle = len(gates) // 2
    module = apply(rewrite, module_of(qubits, [gates[:middle], gates[middle:]]))
    assert np.allclose(unitary(qubits, gate_list(module)), unitary(qubits, gates), atol=1e-12)


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.name)
@given(circuit=circuits())
def test_a_second_time_changes_nothing(rewrite: ModulePass, circuit: tuple[int, list[Gate]]) -> None:
    qubits, gates = circuit
    once = apply(rewrite, module_of(qubits, [gates]))
    assert str(apply(rewrite, once.clone())) == str(once)


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.name)
@given(circuit=circuits())
def test_every_gate_keeps_a_span_of_the_source(rewrite: ModulePass, circuit: tuple[int, list[Gate]]) -> None:
    qubits, gates = circuit
    module = apply(rewrite, module_of(qubits, [gates]))
    for op in module.walk():
        if isinstance(op, RunOp):
            spans = op.gate_spans()
            assert len(spans) == len(op.gates)
            assert all(end == start + 5 and start < 10 * len(gates) for start, end in spans)
            assert spans == sorted(spans)


def _gates(*entries: tuple[str, tuple[int, ...], tuple[float, ...]]) -> list[Gate]:
    return [(BY_NAME[name].code, wires, angles) for name, wires, angles in entries]


def test_rotations_merge_through_gates_on_other_wires() -> None:
    gates = _gates(("rz", (0,), (0.2,)), ("h", (1,), ()), ("rz", (0,), (0.3,)))
    merged = gate_list(apply(MergeRotations(), module_of(2, [gates])))
    assert merged == _gates(("rz", (0,), (0.5,)), ("h", (1,), ()))


@pytest.mark.parametrize("large", [1e6, 1e22, 1.7e308, 4 * pi * 2.0**40])
@pytest.mark.parametrize("name", ["rx", "rz", "p"])
def test_large_angles_take_no_other_angle_with_them(name: str, large: float) -> None:
    gates = _gates(("h", (0,), ()), (name, (0,), (large,)), (name, (0,), (0.3,)), (name, (0,), (large,)))
    module = module_of(1, [gates])
    for rewrite in REWRITES:
        module = apply(rewrite, module)
    assert np.allclose(unitary(1, gate_list(module)), unitary(1, gates), rtol=0, atol=1e-15)


def test_small_rotations_stay() -> None:
    gates = _gates(("rx", (0,), (1.0,)), ("rx", (0,), (-1.0 + 4e-13,)))
    ((_, _, (angle,)),) = gate_list(apply(MergeRotations(), module_of(1, [gates])))
    assert angle == 1.0 + (-1.0 + 4e-13)


def test_a_symmetric_gate_meets_itself_with_its_wires_exchanged() -> None:
    gates = _gates(("rzz", (0, 1), (0.2,)), ("rzz", (1, 0), (-0.2,)), ("cz", (0, 1), ()), ("cz", (1, 0), ()))
    module = apply(CancelInverses(), apply(MergeRotations(), module_of(2, [gates])))
    assert gate_list(module) == []


def test_nested_inverses_cancel_in_one_scan() -> None:
    names = ["h", "s", "t", "cx", "cx", "tdg", "sdg", "h"]
    gates = [(BY_NAME[n].code, (0, 1)[: BY_NAME[n].qubits], ()) for n in names]
    assert gate_list(apply(CancelInverses(), module_of(2, [gates]))) == []


def test_a_gate_in_between_prevents_cancellation() -> None:
    gates = _gates(("cx", (0, 1), ()), ("h", (1,), ()), ("cx", (0, 1), ()))
    assert gate_list(apply(CancelInverses(), module_of(2, [gates]))) == gates


@pytest.mark.parametrize("rewrite", REWRITES, ids=lambda rewrite: rewrite.name)
def test_time_is_linear(rewrite: ModulePass) -> None:
    """N against 4N: a quadratic pass would take 16 times as long; the limit leaves room for noise."""

    def seconds(size: int) -> float:
        pattern = _gates(
            ("h", (0,), ()), ("rz", (0,), (0.1,)), ("cx", (0, 1), ()), ("rz", (1,), (0.2,)), ("h", (0,), ())
        )
        best = float("inf")
        for _ in range(3):
            module = module_of(2, [pattern * (size // len(pattern))])
            start = time.process_time()
            apply(rewrite, module)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(20_000) / seconds(5_000) < 8
