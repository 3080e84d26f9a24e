"""The density matrix, by its components r_P = tr(Pρ) for all Pauli products P.

4^n real numbers: half the memory of the matrix, and a gate with its noise is one real matrix, in which Clifford
gates are signed permutations and depolarizing costs nothing. Two bits of the index belong to each wire, I X Y Z =
0 1 2 3; wire 0 is the least significant digit.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qlang.backends.amplitudes import Amplitudes
from qlang.backends.channels import on_wires, pauli_transfer, paulis
from qlang.backends.gate_steps import Step, gate_steps, steps_of
from qlang.backends.noise import Applied, NoiseModel
from qlang.backends.states import GateCall
from qlang.ir.gates import BY_NAME
from qlang.ir.matrices import controlled, matrix

_NEGLIGIBLE = 1e-15
_MAX_KEPT = 4096
_FUSED = 2
"""Noise joins the matrix of a gate on so many wires."""
_WIDE = 3
"""Gates on more wires are applied to the matrix itself: 16^k entries are too many."""

_RESET = steps_of(np.array([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]], dtype=np.float64))
_FLIP = steps_of(pauli_transfer([matrix(BY_NAME["x"].code)]))

_Moves = tuple[tuple[tuple[Step, ...], tuple[int, ...]], ...]


class DensityMatrix:
    """A mixed state, at first |0…0⟩⟨0…0|, with the noise that acts on it."""

    __slots__ = ("_kept", "components", "noise", "qubits")

    def __init__(self, qubits: int, noise: NoiseModel | None = None) -> None:
        grid = np.zeros((4,) * qubits)
        grid[(slice(None, None, 3),) * qubits] = 1  # I and Z products have the value 1 in |0…0⟩
        self.qubits = qubits
        self.noise = noise
        self.components = Amplitudes(grid.reshape(-1))
        self._kept: dict[GateCall, _Moves] = {}

    large = False

    def copy(self) -> "DensityMatrix":
        """An independent copy."""
        twin = DensityMatrix.__new__(DensityMatrix)
        twin.qubits, twin.noise, twin._kept = self.qubits, self.noise, self._kept
        twin.components = self.components.copy()
        return twin

    def gates(self, calls: Sequence[GateCall]) -> None:
        """Apply gates, each with its noise."""
        apply, kept = self.components.apply, self._kept
        for call in calls:
            moves = kept.get(call)
            if moves is None:
                if len(call[1]) > _WIDE:
                    self._wide_gate(call)
                if len(kept) >= _MAX_KEPT:
                    kept.clear()
                moves = self._moves(call)
                if len(call[1]) <= _WIDE:
                    kept[call] = moves
            for steps, bits in moves:
                apply(steps, bits)

    def delay(self, seconds: float, wire: int) -> None:
        """The noise of idling."""
        for channel, wires in self.noise.idle(seconds, wire) if self.noise else ():
            self.components.apply(steps_of(channel.transfer, _NEGLIGIBLE), bits_of(wires))

    def reset(self, wire: int) -> bool:
        """Put a wire into |0⟩."""
        self.components.apply(_RESET, bits_of((wire,)))
        return True

    def flip(self, wire: int) -> None:
        """Pauli X without noise."""
        self.components.apply(_FLIP, bits_of((wire,)))

    def probability_of_one(self, wire: int) -> float:
        """(1 − ⟨Z⟩)/2."""
        return float(1 - self.components.vector[3 << 2 * wire]) / 2

    def collapse(self, wire: int, outcome: int, probability: float) -> None:
        """Project on an outcome that has this probability, and normalise."""
        half, sign = 0.5 / probability, (1, -1)[outcome]
        block = np.zeros((4, 4))
        block[0, 0] = block[3, 3] = half
        block[0, 3] = block[3, 0] = sign * half
        self.components.apply(steps_of(block), bits_of((wire,)))

    def marginal(self, wires: tuple[int, ...]) -> NDArray[np.float64]:
        """Distribution of `wires`: the Hadamard transform of their Z products."""
        grid = self._grid(wires, slice(None, None, 3))
        for axis in range(len(wires)):
            zero, one = np.take(grid, 0, axis), np.take(grid, 1, axis)
            grid = np.stack((zero + one, zero - one), axis) / 2
        return np.ascontiguousarray(grid).reshape(-1)

    def means(self, products: Sequence[tuple[int, ...]]) -> list[float]:
        """For each product of wires, the mean of (−1)^(sum of their bits): a component."""
        return [float(self.components.vector[sum(3 << 2 * wire for wire in wires)]) for wires in products]

    def reduced(self, wires: tuple[int, ...]) -> NDArray[np.complex128]:
        """Density matrix of `wires`, indexed as `marginal`."""
        grid: NDArray[np.complex128] = self._grid(wires, slice(None)).astype(np.complex128)
        for _ in wires:  # each turn moves a wire's digit to the end as row and column
            grid = np.tensordot(grid, paulis(1) / 2, axes=(0, 0))
        rows, columns = range(0, grid.ndim, 2), range(1, grid.ndim, 2)
        return grid.transpose([*rows, *columns]).reshape(1 << len(wires), -1)

    def _grid(self, wires: tuple[int, ...], digits: slice) -> NDArray[np.float64]:
        """Components that are I elsewhere, one axis for each wire, the last wire first."""
        index = [digits if wire in wires else 0 for wire in reversed(range(self.qubits))]
        grid = self.components.vector.reshape((4,) * self.qubits)[tuple(index)]
        kept = sorted(wires, reverse=True)
        return np.asarray(grid).transpose([kept.index(wire) for wire in reversed(wires)])

    def _channels(self, call: GateCall) -> tuple[Applied, ...]:
        code, wires, _, controls = call
        return self.noise.after(code, wires, len(controls)) if self.noise else ()

    def _moves(self, call: GateCall) -> _Moves:
        """The gate with its noise, as matrices to apply one after another."""
        code, wires, parameters, controls = call
        channels = self._channels(call)
        separate = [(steps_of(c.transfer, _NEGLIGIBLE), bits_of(where)) for c, where in channels]
        if not wires:
            return ()
        if len(wires) > _WIDE:
            return tuple(separate)
        transfer = pauli_transfer([controlled(matrix(code, parameters), controls)])
        if len(wires) > _FUSED:
            return ((steps_of(transfer, _NEGLIGIBLE), bits_of(wires)), *separate)
        for channel, where in channels:
            transfer = on_wires(channel.transfer, where, wires) @ transfer
        return ((steps_of(transfer, _NEGLIGIBLE), bits_of(wires)),)

    def _wide_gate(self, call: GateCall) -> None:
        """Apply U to the rows and U* to the columns of the matrix."""
        code, wires, parameters, controls = call
        to_matrix = paulis(1).transpose(1, 2, 0).reshape(4, 4) / 2  # (row, column) from I X Y Z
        entries = Amplitudes(self.components.vector.astype(np.complex128))
        for wire in range(self.qubits):
            entries.apply(steps_of(to_matrix), bits_of((wire,)))
        steps = gate_steps(code, parameters)
        conjugate = tuple((apply, where, _conjugate(factors)) for apply, where, factors in steps)
        entries.apply(steps, tuple(2 * wire + 1 for wire in wires), controls)
        entries.apply(conjugate, tuple(2 * wire for wire in wires), controls)
        back = paulis(1).transpose(0, 2, 1).reshape(4, 4)  # tr(Pρ) = Σ P[c, r] ρ[r, c]
        for wire in range(self.qubits):
            entries.apply(steps_of(np.ascontiguousarray(back)), bits_of((wire,)))
        self.components.vector[...] = entries.vector.real


def bits_of(wires: tuple[int, ...]) -> tuple[int, ...]:
    """The bits of the index that belong to wires, two for each, the more significant first."""
    return tuple(bit for wire in wires for bit in (2 * wire + 1, 2 * wire))


def _conjugate(factors: object) -> object:
    if isinstance(factors, tuple):
        return tuple(factor.conjugate() for factor in factors)
    return None if factors is None else factors.conjugate()  # type: ignore[attr-defined]  # a number or an array
