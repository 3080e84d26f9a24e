"""Noise channels as Kraus operators.

A channel on k wires is a completely positive, trace-preserving map ρ → Σ K ρ K†; the first wire is the most
significant bit of an operator's index, as for gates. Nielsen, Chuang, section 8.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import exp, expm1, sqrt

import numpy as np
from numpy.typing import NDArray

Operator = NDArray[np.complex128]

_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=np.complex128)


@lru_cache(maxsize=8)
def paulis(wires: int) -> Operator:
    """All Pauli products, shape (4^k, 2^k, 2^k); digits I X Y Z = 0 1 2 3, the first wire most significant."""
    result = np.ones((1, 1, 1), dtype=np.complex128)
    for _ in range(wires):
        result = np.array([np.kron(left, right) for left in result for right in _PAULIS])
    result.setflags(write=False)
    return result


def pauli_transfer(kraus: Sequence[Operator]) -> NDArray[np.float64]:
    """R[i, j] = tr(P_i Λ(P_j))/2^k: the channel on the components r_P = tr(Pρ)."""
    size = len(kraus[0])
    basis = paulis(size.bit_length() - 1)
    total = np.zeros((size * size, size * size))
    for operator in kraus:
        moved = operator @ basis @ operator.conj().T
        total += np.real(basis.reshape(len(basis), -1) @ moved.transpose(0, 2, 1).reshape(len(basis), -1).T)
    return total / size


@dataclass(frozen=True, eq=False)
class Channel:
    """A noise channel; two are the same only if they are one object."""

    name: str
    kraus: tuple[Operator, ...]
    probabilities: tuple[float, ...] | None = None
    """Where every Kraus operator is √p times a unitary: the p, the first of which belongs to the identity."""

    @cached_property
    def transfer(self) -> NDArray[np.float64]:
        """The channel in the Pauli basis."""
        return pauli_transfer(self.kraus)

    @property
    def process_fidelity(self) -> float:
        """tr R/4^k: overlap with the identity."""
        return float(np.trace(self.transfer)) / len(self.transfer)


def average_infidelity(process_fidelity: float, wires: int) -> float:
    """1 − F̄ with F̄ = (d·F + 1)/(d + 1), d = 2^k. Nielsen, Phys. Lett. A 303, 249 (2002)."""
    size = 1 << wires
    return 1 - (size * process_fidelity + 1) / (size + 1)


def depolarizing(probability: float, wires: int) -> Channel:
    """ρ → (1 − p)ρ + p·I/d on the wires: each nontrivial Pauli product with p/4^k. 0 ≤ p ≤ 4^k/(4^k − 1)."""
    count = 4**wires
    each = probability / count
    weights = (max(1 - probability + each, 0.0), *[each] * (count - 1))
    return _mixed("depolarizing", weights, tuple(paulis(wires)))


def bit_flip(probability: float) -> Channel:
    """X with probability p."""
    return _mixed("bitflip", (1 - probability, probability), (_PAULIS[0], _PAULIS[1]))


def phase_flip(probability: float) -> Channel:
    """Z with probability p."""
    return _mixed("phaseflip", (1 - probability, probability), (_PAULIS[0], _PAULIS[3]))


def amplitude_damping(gamma: float) -> Channel:
    """|1⟩ decays to |0⟩ with probability γ."""
    return Channel("amplitude_damping", (_keep(1 - gamma), _decay(gamma)))


def thermal_relaxation(t1: float, t2: float, time: float) -> Channel:
    """Relaxation to |0⟩ during `time`: populations decay with e^(−t/T1), coherences with e^(−t/T2); seconds.

    T1 or T2 may be infinite; T2 above 2·T1, which no state allows, counts as 2·T1.
    """
    beyond = max(time / t2 - time / (2 * t1), 0.0)  # dephasing that relaxation does not explain
    flip = -expm1(-beyond) / 2
    kept = _keep(exp(-time / t1))
    operators = (sqrt(1 - flip) * kept, sqrt(flip) * (_PAULIS[3] @ kept), _decay(-expm1(-time / t1)))
    return Channel("thermal", tuple(operator for operator in operators if np.any(operator)))


def _keep(survival: float) -> Operator:
    return np.array([[1, 0], [0, sqrt(survival)]], dtype=np.complex128)


def _decay(gamma: float) -> Operator:
    return np.array([[0, sqrt(gamma)], [0, 0]], dtype=np.complex128)


def _mixed(name: str, probabilities: tuple[float, ...], unitaries: Sequence[Operator]) -> Channel:
    kraus = tuple(sqrt(p) * unitary for p, unitary in zip(probabilities, unitaries, strict=True))
    return Channel(name, kraus, probabilities)


def on_wires(transfer: NDArray[np.float64], wires: tuple[int, ...], all_wires: tuple[int, ...]) -> NDArray[np.float64]:
    """The Pauli transfer matrix of a channel on `wires`, as one on `all_wires`, which contain them."""
    k, others = len(all_wires), [wire for wire in all_wires if wire not in wires]
    order = [*wires, *others]
    whole: NDArray[np.float64] = np.kron(transfer, np.eye(4 ** len(others))).astype(np.float64)
    grid = whole.reshape((4,) * (2 * k))
    axes = [order.index(wire) for wire in all_wires]
    return grid.transpose([*axes, *[k + axis for axis in axes]]).reshape(4**k, 4**k)


def pairs_of(wires: Sequence[int]) -> list[tuple[int, int]]:
    """All pairs, in the order of the wires."""
    return [(a, b) for (i, a), (j, b) in product(enumerate(wires), repeat=2) if i < j]
