"""One-qubit unitaries as angles."""

from cmath import phase
from math import atan2

import numpy as np

from qlang.ir.matrices import Matrix, matrix


def matrix_power(code: int, parameters: tuple[float, ...], exponent: float) -> tuple[float, float, float, float]:
    """θ, φ, λ and a global phase of a one-qubit primitive to a real power.

    The principal power: eigenvalues' angles in (−π, π] are scaled (OpenQASM 3, "pow modifier").
    """
    values, vectors = np.linalg.eig(matrix(code, parameters))
    vectors, _ = np.linalg.qr(vectors)
    powered = (vectors * np.exp(1j * exponent * np.angle(values))) @ vectors.conj().T
    return euler_angles(powered)


def euler_angles(unitary: Matrix) -> tuple[float, float, float, float]:
    """θ, φ, λ and phase such that the unitary is e^{i·phase} u(θ, φ, λ)."""
    (a, b), (c, d) = ((complex(x), complex(y)) for x, y in unitary)
    theta = 2 * atan2(abs(c), abs(a))
    if abs(a) < 1e-12:
        overall = phase(-b)
        return theta, phase(c) - overall, 0.0, overall
    overall = phase(a)
    if abs(c) < 1e-12:
        return theta, 0.0, phase(d) - overall, overall
    return theta, phase(c) - overall, phase(-b) - overall, overall
