"""Controlled gates written out: exact matrices, global phase included, against the primitives' own."""

from math import pi

import numpy as np
import pytest

from qlang.interchange.controls import TooManyControls, pieces
from qlang.ir.gates import BY_CODE, BY_NAME, Primitive
from qlang.ir.matrices import controlled, matrix

FEW = frozenset(("x", "h", "p", "cx", "gphase", "s", "sdg", "ry", "rx", "rz", "u"))
ALL = frozenset(BY_NAME)
ANGLES = (0.7, -1.9, 2.3)


def unitary(steps: list[tuple[str, tuple[float, ...], tuple[int, ...]]], size: int) -> np.ndarray:
    """The product of gates, wire 0 most significant."""
    whole = np.eye(2**size, dtype=complex)
    for name, angles, wires in steps:
        gate = matrix(BY_NAME[name].code, angles)
        state = whole.reshape([2] * size + [-1])
        count = len(wires)
        tensor = gate.reshape([2] * (2 * count))
        state = np.tensordot(tensor, state, axes=(list(range(count, 2 * count)), list(wires)))
        whole = np.moveaxis(state, list(range(count)), list(wires)).reshape(2**size, -1)
    return whole


@pytest.mark.parametrize("allowed", [FEW, ALL], ids=["few", "all"])
@pytest.mark.parametrize("controls", ["", "1", "0", "10", "110"])
@pytest.mark.parametrize("row", BY_CODE, ids=lambda row: row.name)
def test_every_primitive_under_controls(row: Primitive, controls: str, allowed: frozenset[str]) -> None:
    size = row.qubits + len(controls)
    angles = ANGLES[: row.parameters]
    steps = list(pieces(row.name, angles, tuple(range(size)), controls, allowed))
    assert {name for name, _, _ in steps} <= allowed
    expected = controlled(matrix(row.code, angles), controls)
    assert np.allclose(unitary(steps, size), expected, atol=1e-12)


def test_wide_phases() -> None:
    size = 6
    steps = list(pieces("p", (0.4,), tuple(range(size)), "1" * (size - 1), FEW))
    expected = np.eye(2**size, dtype=complex)
    expected[-1, -1] = np.exp(0.4j)
    assert np.allclose(unitary(steps, size), expected)
    assert sum(name == "cx" for name, _, _ in steps) == 2**size - 2
    with pytest.raises(TooManyControls):
        list(pieces("z", (), tuple(range(40)), "1" * 39, FEW))


def test_the_test_sees_a_wrong_phase() -> None:
    steps = list(pieces("rz", (pi / 3,), (0, 1), "1", FEW))
    assert not np.allclose(unitary(steps, 2), controlled(matrix(BY_NAME["p"].code, (pi / 3,))))
