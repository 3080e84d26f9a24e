"""Readout error of one qubit and its inverse.

With p01 = P(read 1 | prepared 0) and p10 = P(read 0 | prepared 1) the confusion matrix, columns = prepared, is

    A = [[1 − p01, p10], [p01, 1 − p10]],     det A = D = 1 − p01 − p10.

A reading z = ±1 has the mean D·⟨Z⟩ + s with s = p10 − p01, so f(z) = (z − s)/D has the mean ⟨Z⟩: this is A⁻ᵀ applied to
(1, −1). For independent readouts the product of the f over a Pauli term's qubits is unbiased for the term.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from qlang.mitigation.errors import NotInvertible


@dataclass(frozen=True, slots=True)
class Confusion:
    """Readout error of one qubit; raises `NotInvertible` unless 0 ≤ p01, p10 ≤ 1 and p01 + p10 < 1."""

    p01: float
    p10: float

    def __post_init__(self) -> None:
        if not (0 <= self.p01 <= 1 and 0 <= self.p10 <= 1 and self.p01 + self.p10 < 1):
            raise NotInvertible(self.p01, self.p10)

    @property
    def contrast(self) -> float:
        """D = 1 − p01 − p10, the factor on ⟨Z⟩."""
        return 1 - self.p01 - self.p10

    @property
    def shift(self) -> float:
        """s = p10 − p01, what is added to ⟨Z⟩."""
        return self.p10 - self.p01

    def matrix(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """A[read][prepared]."""
        return (1 - self.p01, self.p10), (self.p01, 1 - self.p10)

    def inverse(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """A⁻¹[prepared][read]; its columns add up to one."""
        d = self.contrast
        return ((1 - self.p10) / d, -self.p10 / d), (-self.p01 / d, (1 - self.p01) / d)

    def factors(self) -> tuple[float, float]:
        """(f for a reading of 0, f for a reading of 1), unbiased for ⟨Z⟩."""
        return (1 - self.shift) / self.contrast, (-1 - self.shift) / self.contrast


def variance_factor(confusions: Sequence[Confusion]) -> float:
    """Bound on the per-shot second moment of a mitigated Pauli term, Π ((1 + |s|)/D)²; it is at most 1 unmitigated."""
    return prod(((1 + abs(each.shift)) / each.contrast) ** 2 for each in confusions)
