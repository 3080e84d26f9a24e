"""The gates of the benchmark circuits and their matrices.

A gate of k wires has a 2^k × 2^k matrix whose index has the first wire as its least significant bit.
"""

import cmath
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Matrix: TypeAlias = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Operation:
    """A gate on wires. `slot`: which parameter of the circuit its angle is; for gates of one angle."""

    name: str
    wires: tuple[int, ...]
    angles: tuple[float, ...] = ()
    slot: int | None = None


def u(theta: float, phi: float, lam: float) -> Matrix:
    """U(θ, φ, λ) of OpenQASM, with a real non-negative top left entry for θ in [0, π]."""
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    return np.array([[c, -cmath.exp(1j * lam) * s], [cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c]])


def phase(angle: float) -> Matrix:
    return np.diag([1, cmath.exp(1j * angle)])


X = np.array([[0, 1], [1, 0]], complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1, -1]).astype(complex)
H = np.array([[1, 1], [1, -1]]) * complex(math.sqrt(0.5))


def pauli_rotation(pauli: Matrix, angle: float) -> Matrix:
    """exp(−i·angle/2·P) for P² = 1."""
    return math.cos(angle / 2) * np.eye(len(pauli), dtype=complex) - 1j * math.sin(angle / 2) * pauli


def controlled(matrix: Matrix) -> Matrix:
    """With a control as the first wire."""
    size = 2 * len(matrix)
    found = np.eye(size, dtype=complex)
    found[1::2, 1::2] = matrix
    return found


def su4(*angles: float) -> Matrix:
    """(U₃ ⊗ U₂) · exp(−i/2 (c₁XX + c₂YY + c₃ZZ)) · (U₁ ⊗ U₀); 15 angles: of U₀, U₁, c₁ c₂ c₃, U₂, U₃."""
    before = np.kron(u(*angles[3:6]), u(*angles[0:3]))
    after = np.kron(u(*angles[12:15]), u(*angles[9:12]))
    middle = [pauli_rotation(np.kron(p, p), angle) for p, angle in zip((X, Y, Z), angles[6:9], strict=True)]
    return after @ middle[0] @ middle[1] @ middle[2] @ before


def cartan_form(each: Operation) -> list[Operation]:
    """The seven gates that a gate `su4` is defined by, in the order of application."""
    first, second = each.wires
    before = [Operation("u", (wire,), each.angles[at : at + 3]) for wire, at in ((first, 0), (second, 3))]
    middle = [Operation(name, each.wires, (each.angles[at],)) for at, name in enumerate(("rxx", "ryy", "rzz"), 6)]
    after = [Operation("u", (wire,), each.angles[at : at + 3]) for wire, at in ((first, 9), (second, 12))]
    return [*before, *middle, *after]


_FIXED: dict[str, Matrix] = {
    "x": X,
    "h": H,
    "s": phase(math.pi / 2),
    "sdg": phase(-math.pi / 2),
    "t": phase(math.pi / 4),
    "tdg": phase(-math.pi / 4),
    "cx": controlled(X),
    "cz": controlled(Z),
    "swap": np.eye(4)[[0, 2, 1, 3]].astype(complex),
}

_ANGLED: dict[str, Callable[..., Matrix]] = {
    "rx": lambda angle: pauli_rotation(X, angle),
    "ry": lambda angle: pauli_rotation(Y, angle),
    "rz": lambda angle: pauli_rotation(Z, angle),
    "p": phase,
    "u": u,
    "cp": lambda angle: controlled(phase(angle)),
    "rxx": lambda angle: pauli_rotation(np.kron(X, X), angle),
    "ryy": lambda angle: pauli_rotation(np.kron(Y, Y), angle),
    "rzz": lambda angle: pauli_rotation(np.kron(Z, Z), angle),
    "su4": su4,
}

NAMES = (*_FIXED, *_ANGLED, "mcz")
DIAGONAL = frozenset({"s", "sdg", "t", "tdg", "rz", "p", "cz", "cp", "rzz", "mcz"})


def matrix(name: str, wires: int, angles: Sequence[float] = ()) -> Matrix:
    """The matrix of a gate. Raises KeyError for a name that is none of `NAMES`."""
    if name == "mcz":
        return np.diag([*[1.0] * (2**wires - 1), -1.0]).astype(complex)
    return _FIXED[name] if name in _FIXED else _ANGLED[name](*angles)
