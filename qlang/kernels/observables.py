"""Sums of Pauli products as masks over the index of a state.

A product is i^|x & z| · X^x Z^z: it takes the amplitude of index j ^ x, with the sign (−1)^|(j ^ x) & z|, to index j.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qlang.ir.pauli import product_factors


@dataclass(frozen=True, eq=False, slots=True)
class PauliSums:
    """Several observables as one list of terms, arrays of one length.

    flips, signs int64: the masks x and z. coefficients float64. outputs int32: the observable of each term, ascending.
    """

    count: int
    """How many observables there are."""
    flips: NDArray[np.int64]
    signs: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    outputs: NDArray[np.int32]

    def phases(self) -> NDArray[np.complex128]:
        """i^|x & z| of each term."""
        powers: NDArray[np.complex128] = np.array([1, 1j, -1, -1j])[np.bitwise_count(self.flips & self.signs) % 4]
        return powers

    def weighted(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The coefficients of Σ weight · observable, for weights (count,)."""
        factors: NDArray[np.float64] = self.coefficients * weights[self.outputs]
        return factors


def pauli_sums(observables: Sequence[tuple[Sequence[str], Sequence[float]]]) -> PauliSums:
    """Observables given as products (`X0*Z3`, `I`) with coefficients. Raises ValueError for other text."""
    flips, signs, coefficients, outputs = [], [], [], []
    for output, (products, factors) in enumerate(observables):
        for product, factor in zip(products, factors, strict=True):
            paulis = product_factors(product)
            flips.append(sum(1 << wire for wire, pauli in paulis.items() if pauli != "Z"))
            signs.append(sum(1 << wire for wire, pauli in paulis.items() if pauli != "X"))
            coefficients.append(factor)
            outputs.append(output)
    return PauliSums(
        len(observables),
        np.array(flips, dtype=np.int64),
        np.array(signs, dtype=np.int64),
        np.array(coefficients, dtype=np.float64),
        np.array(outputs, dtype=np.int32),
    )
