"""The state vector: 2^n amplitudes in double precision."""

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.backends.amplitudes import Amplitudes
from qlang.backends.gate_steps import Step, gate_steps
from qlang.backends.states import GateCall
from qlang.ir.gates import BY_NAME

_X = gate_steps(BY_NAME["x"].code, ())


class StateVector:
    """A pure state, at first |0…0⟩; wire 0 is the least significant bit of the index."""

    __slots__ = ("amplitudes", "qubits")

    def __init__(self, qubits: int, amplitudes: Amplitudes | None = None) -> None:
        self.qubits = qubits
        if amplitudes is None:
            vector = np.zeros(1 << qubits, dtype=np.complex128)
            vector[0] = 1
            amplitudes = Amplitudes(vector)
        self.amplitudes = amplitudes

    large = False

    def copy(self) -> "StateVector":
        """An independent copy."""
        return StateVector(self.qubits, self.amplitudes.copy())

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Apply gates in order."""
        apply = self.amplitudes.apply
        for code, wires, parameters, controls in calls:
            apply(gate_steps(code, parameters), wires, controls)

    def delay(self, seconds: float, wire: int) -> None:
        """Nothing: a wire without noise does not change."""

    def operator(self, steps: Sequence[Step], wires: tuple[int, ...]) -> None:
        """Apply any operator, unitary or not."""
        self.amplitudes.apply(steps, wires)

    def scale(self, factor: float) -> None:
        """Multiply every amplitude."""
        np.multiply(self.amplitudes.vector, factor, self.amplitudes.vector)

    def reset(self, wire: int) -> bool:
        """Never: a pure state is reset by measuring and flipping."""
        return False

    def flip(self, wire: int) -> None:
        """Pauli X without noise."""
        self.amplitudes.apply(_X, (wire,))

    def probability_of_one(self, wire: int) -> float:
        """P(1) of a measurement."""
        part = self.amplitudes.parts((wire,))[1]
        return float(np.sum(part.real**2) + np.sum(part.imag**2))

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Project on an outcome that has this probability, and normalise."""
        parts = self.amplitudes.parts((wire,))
        parts[1 - outcome][...] = 0
        if probability != 1:
            np.multiply(parts[outcome], 1 / sqrt(probability), parts[outcome])

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Distribution of `wires`, shape (2^len(wires),); bit k of the index is wire k of the list."""
        vector = self.amplitudes.vector
        weights = vector.real**2 + vector.imag**2
        return marginal_of(weights, self.qubits, wires)

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """For each product of wires, the mean of (−1)^(sum of their bits)."""
        return means_of(self.marginal, products)

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, shape (2^m, 2^m), rows and columns indexed as in `marginal`."""
        matrix = self.by_wires(wires)
        return (matrix.T @ matrix.conj()).astype(np.complex128)

    def by_wires(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """The amplitudes with shape (2^(n−m), 2^m): the others' index, and that of `wires`."""
        others = [wire for wire in range(self.qubits) if wire not in wires]
        order = [*reversed(others), *reversed(wires)]
        grid = self.amplitudes.vector.reshape((2,) * self.qubits)
        axes = [self.qubits - 1 - wire for wire in order]
        return np.array(grid.transpose(axes), order="C").reshape(-1, 1 << len(wires))


def means_of(
    marginal: Callable[[tuple[int, ...]], NDArray[np.float64]], products: Sequence[tuple[int, ...]]
) -> list[float]:
    """Means of products of signs, each from the distribution of its wires."""
    return [
        float(marginal(wires) @ (1 - 2.0 * (np.bitwise_count(np.arange(1 << len(wires))) & 1))) for wires in products
    ]


def marginal_of(weights: NDArray[np.float64], qubits: int, wires: Sequence[int]) -> NDArray[np.float64]:
    """Sum a distribution over all other wires, and put `wires` in order."""
    if tuple(wires) == tuple(range(qubits)):
        return weights
    grid = weights.reshape((2,) * qubits)
    gone = tuple(qubits - 1 - wire for wire in range(qubits) if wire not in wires)
    kept = sorted(wires, reverse=True)  # axes that remain, in order
    summed = grid.sum(axis=gone) if gone else grid
    axes = [kept.index(wire) for wire in reversed(wires)]
    return np.ascontiguousarray(summed.transpose(axes)).reshape(-1)
