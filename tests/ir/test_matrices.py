"""Primitive gates against Qiskit's matrices, and their inverses."""

import numpy as np
import pytest
from qiskit.circuit import Gate
from qiskit.circuit.library import standard_gates as std
from qiskit.quantum_info import Operator

from qlang.ir.gates import BY_CODE, BY_NAME, Primitive, inverse
from qlang.ir.matrices import controlled, matrix

ANGLES = (0.7, -1.3, 2.1)

QISKIT: dict[str, Gate] = {
    "id": std.IGate(), "x": std.XGate(), "y": std.YGate(), "z": std.ZGate(), "h": std.HGate(), "s": std.SGate(),
    "sdg": std.SdgGate(), "t": std.TGate(), "tdg": std.TdgGate(), "sx": std.SXGate(), "sxdg": std.SXdgGate(),
    "rx": std.RXGate(0.7), "ry": std.RYGate(0.7), "rz": std.RZGate(0.7), "p": std.PhaseGate(0.7),
    "u": std.UGate(*ANGLES), "cx": std.CXGate(), "cy": std.CYGate(), "cz": std.CZGate(), "ch": std.CHGate(),
    "cp": std.CPhaseGate(0.7), "crx": std.CRXGate(0.7), "cry": std.CRYGate(0.7), "crz": std.CRZGate(0.7),
    "swap": std.SwapGate(), "iswap": std.iSwapGate(), "iswapdg": std.iSwapGate().inverse(),
    "rxx": std.RXXGate(0.7), "ryy": std.RYYGate(0.7), "rzz": std.RZZGate(0.7), "rzx": std.RZXGate(0.7),
    "ecr": std.ECRGate(), "ccx": std.CCXGate(), "ccz": std.CCZGate(), "cswap": std.CSwapGate(),
    "gphase": std.GlobalPhaseGate(0.7),
}  # fmt: skip


@pytest.mark.parametrize("row", BY_CODE, ids=lambda row: row.name)
def test_matrix_is_qiskits(row: Primitive) -> None:
    ours = matrix(row.code, ANGLES[: row.parameters])
    if row.name == "U":
        theirs = np.exp(0.5j * ANGLES[0]) * matrix(BY_CODE[15].code, ANGLES)
    else:
        theirs = Operator(QISKIT[row.name]).reverse_qargs().data
    assert np.allclose(ours, theirs, atol=1e-14)


def test_large_angles_of_u_round_no_other_away() -> None:
    u, p, ry = (
        matrix(BY_NAME[name].code, angles) for name, angles in (("u", (0.4, 1e22, 0.3)), ("p", (1e22,)), ("ry", (0.4,)))
    )
    assert np.allclose(u, p @ ry @ np.diag([1, np.exp(0.3j)]), rtol=0, atol=1e-15)


@pytest.mark.parametrize("row", BY_CODE, ids=lambda row: row.name)
def test_inverse_undoes_exactly(row: Primitive) -> None:
    parameters = ANGLES[: row.parameters]
    undo, angles = inverse(row, parameters)
    product = matrix(undo.code, angles) @ matrix(row.code, parameters)
    assert np.allclose(product, np.eye(2**row.qubits), atol=1e-14)


@pytest.mark.parametrize("row", BY_CODE, ids=lambda row: row.name)
def test_rows_describe_their_matrices(row: Primitive) -> None:
    unitary = matrix(row.code, ANGLES[: row.parameters])
    support = np.abs(unitary) > 1e-12
    if row.kind == 0:
        assert np.array_equal(support, np.eye(len(unitary), dtype=bool))
    if row.kind == 1:
        assert support.sum(axis=0).tolist() == support.sum(axis=1).tolist() == [1] * len(unitary)
    if row.symmetric and row.qubits == 2:
        swap = matrix(25)
        assert np.allclose(swap @ unitary @ swap, unitary)
    if row.additive and row.period is not None:
        assert np.allclose(matrix(row.code, (row.period * np.pi,)), np.eye(len(unitary)))
        assert not np.allclose(matrix(row.code, (row.period * np.pi / 2,)), np.eye(len(unitary)))
        both = matrix(row.code, (0.3,)) @ matrix(row.code, (0.4,))
        assert np.allclose(both, matrix(row.code, (0.7,)))


def test_controls_act_on_the_written_values() -> None:
    unitary = controlled(matrix(1), "10")
    expected = np.eye(8)
    expected[[4, 5]] = expected[[5, 4]]
    assert np.array_equal(unitary.real, expected)
