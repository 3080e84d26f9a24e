"""Random straight circuits as IR, and their unitaries by plain matrix products."""

from collections.abc import Sequence
from math import pi

import numpy as np
from hypothesis import strategies as st
from xdsl.dialects.builtin import DenseArrayBase, FunctionType, ModuleOp, i32
from xdsl.ir import Block, Region
from xdsl.passes import ModulePass

from qlang.ir.circuit import AllocOp, FuncOp, RegisterType, ReturnOp, RunOp
from qlang.ir.dialects import context
from qlang.ir.gates import BY_CODE
from qlang.ir.matrices import Matrix, matrix
from qlang.ir.packed import Gate, pack
from qlang.ir.values import attribute

ANGLES = (0.0, pi / 2, -pi / 2, pi, 2 * pi, 4 * pi, 0.3, -1.7)


@st.composite
def gates(draw: st.DrawFn, qubits: int) -> Gate:
    rows = [row for row in BY_CODE if row.qubits <= qubits]
    row = draw(st.sampled_from(rows))
    wires = draw(st.permutations(range(qubits)))[: row.qubits]
    angles = [draw(st.sampled_from(ANGLES)) for _ in range(row.parameters)]
    return row.code, tuple(wires), tuple(angles)


def circuits(max_qubits: int = 4, max_gates: int = 14) -> st.SearchStrategy[tuple[int, list[Gate]]]:
    def of_size(qubits: int) -> st.SearchStrategy[tuple[int, list[Gate]]]:
        return st.tuples(st.just(qubits), st.lists(gates(qubits), max_size=max_gates))

    return st.integers(1, max_qubits).flatmap(of_size)


def module_of(qubits: int, runs: Sequence[Sequence[Gate]]) -> ModuleOp:
    """A module with one circuit `main` made of packed runs; gate k of the whole has the span [10k, 10k + 5)."""
    register = RegisterType.of(qubits)
    alloc = AllocOp.create(result_types=[register])
    block = Block([alloc])
    value, number = alloc.result, 0
    for run in runs:
        offsets = [x for k in range(number, number + len(run)) for x in (10 * k, 10 * k + 5)]
        number += len(run)
        op = RunOp.create(
            operands=[value],
            result_types=[register],
            properties={"gates": pack(run), "spans": DenseArrayBase.from_list(i32, offsets)},
        )
        block.add_op(op)
        value = op.result
    block.add_op(ReturnOp.create(operands=[value]))
    registers = {"registers": attribute({"q": [0, qubits]})}
    return ModuleOp([FuncOp("main", FunctionType.from_lists([], [register]), Region(block), registers)])


def apply(kind: ModulePass, module: ModuleOp) -> ModuleOp:
    kind.apply(context(), module)
    module.verify()
    return module


def gate_list(module: ModuleOp) -> list[Gate]:
    return [gate for op in module.walk() if isinstance(op, RunOp) for gate in op.gates.gates()]


def unitary(qubits: int, gate_sequence: Sequence[Gate]) -> Matrix:
    """The whole matrix, wire 0 the least significant bit."""
    state = np.eye(2**qubits, dtype=np.complex128).reshape([2] * qubits + [2**qubits])
    for code, wires, angles in gate_sequence:
        axes = [qubits - 1 - wire for wire in wires]
        operator = matrix(code, angles).reshape([2] * (2 * len(wires)))
        state = np.tensordot(operator, state, axes=(range(len(wires), 2 * len(wires)), axes))
        state = np.moveaxis(state, range(len(wires)), axes)
    return state.reshape(2**qubits, 2**qubits)
