"""Cartan forms, and blocks on pairs of wires replaced by them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from step_circuits import ANGLES, call, gate_calls, random_vector, reference

from qlang.kernels.cartan import PRODUCTS, cartan_form
from qlang.kernels.decompose import GateCall, steps_of
from qlang.kernels.fuse import fused
from qlang.kernels.interpret import execute_steps
from qlang.kernels.pairs import paired
from qlang.kernels.steps import StepKind

CX = np.eye(4)[[0, 1, 3, 2]]
SWAP = np.eye(4)[[0, 2, 1, 3]]
SPECIAL = {
    "identity": np.eye(4),
    "cx": CX,
    "swap": SWAP,
    "iswap": SWAP * np.array([1, 1j, 1j, 1]),
    "dcx": CX @ SWAP,
    "cz": np.diag([1, 1, 1, -1]),
    "almost identity": np.diag(np.exp(1j * np.array([0, 1e-9, 3e-9, 1e-7]))),
    "almost swap": np.diag(np.exp(1j * np.array([0, 1e-6, 1e-13, 1e-10]))) @ SWAP,
}


def _unitaries(count: int, size: int, seed: int = 1) -> np.ndarray:
    """Haar-random."""
    generator = np.random.default_rng(seed)
    made = generator.normal(size=(count, size, size)) + 1j * generator.normal(size=(count, size, size))
    unitary, triangular = np.linalg.qr(made)
    phases = np.diagonal(triangular, axis1=1, axis2=2)
    return unitary * (phases / np.abs(phases))[:, None, :]


def _exponential(angles: np.ndarray) -> np.ndarray:
    """exp(i(x XX + y YY + z ZZ)): the products commute, and each squares to 1."""
    result = np.eye(4, dtype=np.complex128)
    for angle, product in zip(angles, PRODUCTS, strict=True):
        result = result @ (np.cos(angle) * np.eye(4) + 1j * np.sin(angle) * product)
    return result


@pytest.mark.parametrize("name", ["random", "local", *SPECIAL])
def test_cartan_forms_are_their_gates(name: str) -> None:
    if name == "random":
        gates = _unitaries(500, 4)
    else:
        local = np.array([np.kron(a, b) for a, b in zip(_unitaries(60, 2), _unitaries(60, 2, 2), strict=True)])
        middle = SPECIAL.get(name, np.eye(4))
        gates = np.concatenate([local @ middle @ local[::-1], [middle + 0j]])
    form = cartan_form(gates)
    for number, gate in enumerate(gates):
        (first, second), (third, fourth) = form.before[number], form.after[number]
        for factor in (first, second, third, fourth):
            assert np.linalg.det(factor) == pytest.approx(1, abs=1e-12)
        middle = _exponential(form.angles[number])
        found = np.exp(1j * form.phase[number]) * np.kron(third, fourth) @ middle @ np.kron(first, second)
        np.testing.assert_allclose(found, gate, atol=1e-12)


def test_what_is_not_unitary_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="misses"):
        cartan_form(np.arange(16.0).reshape(1, 4, 4) + 0j)


@st.composite
def pair_blocks(draw: st.DrawFn) -> list[GateCall]:
    """Circuits in which many gates in a row are on one pair of three wires."""
    found = []
    for _ in range(draw(st.integers(1, 4))):
        pair = draw(st.permutations(range(3)))[:2]
        for _ in range(draw(st.integers(0, 20))):
            name = draw(
                st.sampled_from(["h", "ry", "u", "t", "x", "cx", "rxx", "cz", "cp", "swap", "rzz", "crx", "iswap"])
            )
            count = {"u": 3, "ry": 1, "rxx": 1, "cp": 1, "rzz": 1, "crx": 1}.get(name, 0)
            wires = pair[:1] if name in ("h", "ry", "u", "t", "x") else pair
            found.append(call(name, *wires, parameters=tuple(draw(ANGLES) for _ in range(count))))
            pair = pair[::-1] if draw(st.booleans()) else pair
    return found


@settings(max_examples=70, deadline=None)
@given(st.one_of(pair_blocks(), gate_calls(3)))
def test_pairing_keeps_the_circuit(calls: list[GateCall]) -> None:
    start = random_vector(3)
    expected = reference(calls, 3, start)
    for lowering in (paired(steps_of(calls, 3)), fused(paired(steps_of(calls, 3)))):
        found = execute_steps(lowering.steps, lowering.angles()[0], start)
        np.testing.assert_allclose(found, expected, atol=1e-11)


def test_long_blocks_take_six_rotations_and_two_cx() -> None:
    calls = []
    for layer in range(5):
        calls += [call("u", wire, parameters=(0.3 + layer, 1.0 + wire, 2.0)) for wire in (0, 1)] + [call("cx", 0, 1)]
    for lowering in (paired(steps_of(calls, 2)), fused(paired(steps_of(calls, 2)))):
        assert (lowering.steps.kinds == StepKind.ROTATION).sum() == 6
        assert (lowering.steps.kinds == StepKind.CX).sum() == 2


def test_blocks_of_six_rotations_and_interrupted_ones_stay() -> None:
    su4 = [call("u", wire, parameters=(0.3, 1.0 + wire, 2.0)) for wire in (0, 1)]
    su4 += [call(name, 0, 1, parameters=(0.4,)) for name in ("rxx", "ryy", "rzz")]
    su4 += [call("u", wire, parameters=(0.7, 1.0 + wire, 2.0)) for wire in (0, 1)]
    layers = []
    for layer in range(6):
        layers += [call("ry", wire, parameters=(0.1 + layer,)) for wire in range(3)] + [
            call("cx", 0, 1),
            call("cx", 1, 2),
        ]
    for calls, qubits in ((su4, 2), (layers, 3)):
        lowering = steps_of(calls, qubits)
        assert paired(lowering).steps == lowering.steps


def test_batches_are_their_items() -> None:
    calls = [call("u", wire, parameters=(1, 2, 3)) for _ in range(4) for wire in (0, 1, 0)]
    for place in (2, 5, 8, 11):
        calls[place] = call("cx", 0, 1)
    lowering = fused(paired(steps_of(calls, 2)))
    batch = np.random.default_rng(3).uniform(-7, 7, (30, len(lowering.parameters)))
    together = lowering.angle_map.angles(batch)
    for angles, parameters in zip(together, batch, strict=True):
        numbers = iter(parameters.tolist())
        gates = [(code, wires, tuple(next(numbers) for _ in old), controls) for code, wires, old, controls in calls]
        found = execute_steps(lowering.steps, angles, random_vector(2))
        np.testing.assert_allclose(found, reference(gates, 2, random_vector(2)), atol=1e-12)
