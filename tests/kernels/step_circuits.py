"""Random circuits over all primitives with any controls, and their exact matrices."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from qlang.backends.state_vector import StateVector
from qlang.backends.states import GateCall
from qlang.ir.gates import BY_CODE, BY_NAME, Primitive

ANGLES = st.one_of(
    st.floats(-10, 10, allow_nan=False),
    st.sampled_from([0.0, np.pi, -np.pi, 2 * np.pi, -2 * np.pi, 3 * np.pi, np.pi / 2, -np.pi / 2, 1e-9, -1e-300]),
    st.sampled_from([np.pi + 1e-7, -np.pi - 1e-7, 2 * np.pi - 1e-9, 3 * np.pi + 1e-6]),
)


def call(name: str, *wires: int, parameters: tuple[float, ...] = (), controls: str = "") -> GateCall:
    """A gate by its name."""
    return BY_NAME[name].code, wires, parameters, controls


@st.composite
def gate_calls(draw: st.DrawFn, qubits: int, longest: int = 30, most_controls: int = 3) -> list[GateCall]:
    """A circuit of any primitives with controls of both values."""
    calls: list[GateCall] = []
    for _ in range(draw(st.integers(0, longest))):
        row: Primitive = draw(st.sampled_from([row for row in BY_CODE if row.qubits <= qubits]))
        spare = min(qubits - row.qubits, most_controls)
        controls = draw(st.text("01", max_size=spare)) if draw(st.booleans()) else ""
        wires = draw(st.permutations(range(qubits)))[: row.qubits + len(controls)]
        parameters = tuple(draw(ANGLES) for _ in range(row.parameters))
        calls.append((row.code, tuple(wires), parameters, controls))
    return calls


def random_vector(qubits: int, seed: int = 1) -> NDArray[np.complex128]:
    """A normalised vector."""
    generator = np.random.default_rng(seed)
    vector = generator.normal(size=1 << qubits) + 1j * generator.normal(size=1 << qubits)
    return (vector / np.linalg.norm(vector)).astype(np.complex128)


def reference(calls: list[GateCall], qubits: int, vector: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """The state after the gates, by the reference simulator."""
    state = StateVector(qubits)
    state.amplitudes.vector[...] = vector
    state.gates(calls)
    return state.amplitudes.vector
