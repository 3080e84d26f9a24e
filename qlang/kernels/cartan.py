"""The Cartan (KAK) form of two-qubit gates, many at a time.

U = e^{iφ} (A₁ ⊗ B₁) exp(i(x XX + y YY + z ZZ)) (A₀ ⊗ B₀) with A, B in SU(2) (Zhang, Vala, Sastry, Whaley, Phys. Rev. A
67, 042313 (2003)). In the magic basis local gates are real orthogonal and the middle is diagonal, so the form follows
from the eigenvectors of Uᵀ U, a symmetric unitary whose real and imaginary parts have the same real eigenvectors.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Complexes = NDArray[np.complex128]

TOLERANCE = 1e-12
"""Largest entry by which a form may miss its gate."""

_MAGIC = np.array([[1, 0, 0, 1j], [0, 1j, 1, 0], [0, 1j, -1, 0], [1, 0, 0, -1j]]) / np.sqrt(2)
_PAULIS = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])

PRODUCTS: Complexes = np.array([np.kron(pauli, pauli) for pauli in _PAULIS])
"""XX, YY and ZZ, the first wire being the most significant bit."""

_EIGENVALUES = np.array([np.ones(4), *(np.diag(_MAGIC.conj().T @ product @ _MAGIC).real for product in PRODUCTS)]).T
"""Of 1, XX, YY and ZZ on the four magic states."""

_MIXTURES = np.array([0.3, 0.8, 1.3, 1.8, 2.3, 2.8])
"""Directions in which real and imaginary parts are mixed: in one of six, few unlike eigenvalues come close."""


@dataclass(frozen=True, eq=False, slots=True)
class CartanForm:
    """Forms of n gates: before and after (n, 2, 2, 2) in SU(2), those of the first wire first; angles x, y, z (n, 3);
    phase (n,) φ."""

    before: Complexes
    angles: Reals
    after: Complexes
    phase: Reals

    def gates(self) -> Complexes:
        """The gates (n, 4, 4)."""
        exponent = self.angles @ _EIGENVALUES[:, 1:].T + self.phase[:, None]
        middle = (_MAGIC * np.exp(1j * exponent)[:, None, :]) @ _MAGIC.conj().T
        gates: Complexes = _kron(self.after) @ middle @ _kron(self.before)
        return gates


def cartan_form(gates: Complexes) -> CartanForm:
    """The forms of unitaries (n, 4, 4). Raises ArithmeticError if one is missed by more than `TOLERANCE`."""
    phase = np.angle(np.linalg.det(gates)) / 4
    inner = _MAGIC.conj().T @ (gates * np.exp(-1j * phase)[:, None, None]) @ _MAGIC
    right = _real_eigenvectors(inner.swapaxes(1, 2) @ inner)
    right[:, :, 0] *= np.sign(np.linalg.det(right))[:, None]
    turned = inner @ right
    # a column of `turned` is a real vector times a phase; its square's phase is unambiguous up to π
    halves = np.angle((turned**2).sum(axis=1)) / 2
    left = (turned * np.exp(-1j * halves)[:, None, :]).real
    negative = np.linalg.det(left) < 0
    halves[negative, 0] += np.pi
    left[negative, :, 0] *= -1
    components = halves @ np.linalg.inv(_EIGENVALUES).T
    before, first = _factors(_MAGIC @ right.swapaxes(1, 2) @ _MAGIC.conj().T)
    after, second = _factors(_MAGIC @ left @ _MAGIC.conj().T)
    form = CartanForm(before, components[:, 1:], after, phase + components[:, 0] + first + second)
    miss = np.abs(form.gates() - gates).max(initial=0)
    if miss > TOLERANCE:
        raise ArithmeticError(f"a Cartan form misses its gate by {miss:.1e}: is it unitary?")
    return form


def _real_eigenvectors(symmetric: Complexes) -> Reals:
    """Real orthogonal Q (n, 4, 4) for which Qᵀ G Q is diagonal, G unitary and symmetric."""
    parts = symmetric.real[:, None], symmetric.imag[:, None]
    mixed = parts[0] * np.cos(_MIXTURES)[:, None, None] + parts[1] * np.sin(_MIXTURES)[:, None, None]
    vectors = np.linalg.eigh(mixed)[1]
    rotated = vectors.swapaxes(2, 3) @ symmetric[:, None] @ vectors
    rest = np.abs(rotated * (1 - np.eye(4))).max(axis=(2, 3))
    chosen: Reals = vectors[np.arange(len(symmetric)), rest.argmin(axis=1)]
    return chosen


def _factors(products: Complexes) -> tuple[Complexes, Reals]:
    """A and B (n, 2, 2, 2) in SU(2), and the phase (n,) with e^{iφ} A ⊗ B = K, from K in SU(2) ⊗ SU(2)."""
    count = len(products)
    paired = products.reshape(count, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(count, 4, 4)
    left, _, right = np.linalg.svd(paired)
    factors = np.stack([left[:, :, 0], right[:, 0]], axis=1).reshape(count, 2, 2, 2)
    factors = factors / np.sqrt(np.linalg.det(factors).astype(np.complex128))[:, :, None, None]
    overlap = (_kron(factors).conj() * products).sum(axis=(1, 2))
    return factors, np.angle(overlap)


def _kron(factors: Complexes) -> Complexes:
    """A ⊗ B (n, 4, 4) of (n, 2, 2, 2)."""
    product = factors[:, 0, :, None, :, None] * factors[:, 1, None, :, None, :]
    return product.reshape(-1, 4, 4)
