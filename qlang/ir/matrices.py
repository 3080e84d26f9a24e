"""Matrices of the primitive gates.

The first wire of a gate is the most significant bit of the matrix index, so `cx` is [[1,0],[0,X]] with the
control first. Phases follow the OpenQASM 3 standard library: `u` is Qiskit's U gate, and the built-in
`U(θ, φ, λ)` is e^{iθ/2} u(θ, φ, λ) as in the specification's section on built-in gates.
"""

from cmath import exp
from collections.abc import Callable
from functools import lru_cache
from math import cos, pi, sin, sqrt

import numpy as np
from numpy.typing import NDArray

from qlang.ir.gates import BY_CODE

Matrix = NDArray[np.complex128]


def _of(*rows: tuple[complex, ...]) -> Matrix:
    return np.array(rows, dtype=np.complex128)


def _diagonal(*entries: complex) -> Matrix:
    return np.diag(np.array(entries, dtype=np.complex128))


def controlled(matrix: Matrix, values: str = "1") -> Matrix:
    """The matrix with one more most significant wire for each character of `values`, acting where they match.

    `"1"` is a control on 1, `"0"` on 0; the first character belongs to the first wire.
    """
    size = matrix.shape[0]
    result = np.eye(size << len(values), dtype=np.complex128)
    start = int(values, 2) * size if values else 0
    result[start : start + size, start : start + size] = matrix
    return result


def _u(theta: float, phi: float, lam: float) -> Matrix:
    c, s = cos(theta / 2), sin(theta / 2)
    # e^(i(φ + λ)) as a product: the sum of a large angle and a small one would round the small one away
    return _of((c, -exp(1j * lam) * s), (exp(1j * phi) * s, exp(1j * phi) * exp(1j * lam) * c))


def _rx(theta: float) -> Matrix:
    c, s = cos(theta / 2), -1j * sin(theta / 2)
    return _of((c, s), (s, c))


def _ry(theta: float) -> Matrix:
    c, s = cos(theta / 2), sin(theta / 2)
    return _of((c, -s), (s, c))


def _rz(theta: float) -> Matrix:
    return _diagonal(exp(-0.5j * theta), exp(0.5j * theta))


def _p(theta: float) -> Matrix:
    return _diagonal(1, exp(1j * theta))


def _rotation_about(pauli_product: Matrix, theta: float) -> Matrix:
    return cos(theta / 2) * np.eye(4, dtype=np.complex128) - 1j * sin(theta / 2) * pauli_product


_X = _of((0, 1), (1, 0))
_Y = _of((0, -1j), (1j, 0))
_Z = _diagonal(1, -1)
_H = _of((1, 1), (1, -1)) / sqrt(2)
_SX = _of((1 + 1j, 1 - 1j), (1 - 1j, 1 + 1j)) / 2
_SWAP = _of((1, 0, 0, 0), (0, 0, 1, 0), (0, 1, 0, 0), (0, 0, 0, 1))
_ISWAP = _of((1, 0, 0, 0), (0, 0, 1j, 0), (0, 1j, 0, 0), (0, 0, 0, 1))


def _product(left: Matrix, right: Matrix) -> Matrix:
    return np.kron(left, right).astype(np.complex128)


_XX, _YY, _ZZ, _ZX = _product(_X, _X), _product(_Y, _Y), _product(_Z, _Z), _product(_Z, _X)
_ECR = (_product(_X, _of((1, 0), (0, 1))) - _product(_Y, _X)) / sqrt(2)
"""Written with the first wire most significant; Qiskit's ECR(0, 1) on the same wires."""

_FIXED: dict[str, Matrix] = {
    "id": np.eye(2, dtype=np.complex128),
    "x": _X,
    "y": _Y,
    "z": _Z,
    "h": _H,
    "s": _diagonal(1, 1j),
    "sdg": _diagonal(1, -1j),
    "t": _p(pi / 4),
    "tdg": _p(-pi / 4),
    "sx": _SX,
    "sxdg": _SX.conj().T,
    "cx": controlled(_X),
    "cy": controlled(_Y),
    "cz": controlled(_Z),
    "ch": controlled(_H),
    "swap": _SWAP,
    "iswap": _ISWAP,
    "iswapdg": _ISWAP.conj().T,
    "ecr": _ECR,
    "ccx": controlled(_X, "11"),
    "ccz": controlled(_Z, "11"),
    "cswap": controlled(_SWAP),
}

_PARAMETRIC: dict[str, Callable[..., Matrix]] = {
    "rx": _rx,
    "ry": _ry,
    "rz": _rz,
    "p": _p,
    "u": _u,
    "U": lambda theta, phi, lam: exp(0.5j * theta) * _u(theta, phi, lam),
    "cp": lambda theta: controlled(_p(theta)),
    "crx": lambda theta: controlled(_rx(theta)),
    "cry": lambda theta: controlled(_ry(theta)),
    "crz": lambda theta: controlled(_rz(theta)),
    "rxx": lambda theta: _rotation_about(_XX, theta),
    "ryy": lambda theta: _rotation_about(_YY, theta),
    "rzz": lambda theta: _rotation_about(_ZZ, theta),
    "rzx": lambda theta: _rotation_about(_ZX, theta),
    "gphase": lambda theta: _of((exp(1j * theta),)),
}


@lru_cache(maxsize=4096)
def matrix(code: int, parameters: tuple[float, ...] = ()) -> Matrix:
    """The unitary of a primitive, shape (2^qubits, 2^qubits); read-only, since it is shared."""
    name = BY_CODE[code].name
    result = _FIXED[name] if name in _FIXED else _PARAMETRIC[name](*parameters)
    result.setflags(write=False)
    return result
