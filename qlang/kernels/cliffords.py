"""Cliffords on two wires a and b, as far as blocks of a circuit need them: exact, one object for each.

A Pauli is an integer: bits 0 and 1 say where X is (a, b), bits 2 and 3 where Z is, both make a Y, and bit 4 is a minus
sign. A `Clifford` C knows C† P C for all of them, and itself as a matrix for the global phase. Steps on it are looked
up once they were met, so that a circuit of any length costs a dictionary access for each.
"""

from cmath import phase
from collections.abc import Iterator
from functools import lru_cache
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from qlang.kernels.steps import StepKind

Complexes = NDArray[np.complex128]

A, B, AB = 1, 2, 3
"""Masks of the wires."""
MINUS = 16

StepKey = tuple[int, int, int, int]
"""Kind, first and second as in `Steps` with wires 0 and 1, and the angle in quarter turns (of π/2)."""

_X, _Y, _Z = (
    np.array(rows, dtype=np.complex128) for rows in ([[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
)
_ONE = np.eye(2, dtype=np.complex128)

PAULIS: Complexes = np.array(
    [
        np.kron(*((_ONE, _X, _Z, _Y)[(code >> wire & 1) | (code >> wire + 2 & 1) << 1] for wire in (1, 0)))
        for code in range(16)
    ]
)
"""The matrices (16, 4, 4) of the Paulis without sign; a is bit 0 of the index."""
_SIDE_BY_SIDE = PAULIS.transpose(1, 0, 2).reshape(4, 64)
_TRANSPOSED = PAULIS.transpose(0, 2, 1).reshape(16, 16).T
_EVERY = np.eye(4, dtype=np.complex128)
_TURN = -1j * PAULIS[[0b0101, 0b1010]]
"""R(π) on either wire."""


def weight(pauli: int) -> int:
    """On how many wires a Pauli is."""
    return ((pauli | pauli >> 2) & AB).bit_count()


def commute(left: int, right: int) -> bool:
    """Whether two Paulis commute."""
    return not ((left & AB & right >> 2) ^ (right & AB & left >> 2)).bit_count() & 1


class Clifford:
    """One Clifford; equal ones that `then` leads to are the same object. `pulled[P]` is C† P C of the Paulis."""

    __slots__ = ("_after", "matrix", "pulled")

    def __init__(self, matrix: Complexes, pulled: tuple[int, ...]) -> None:
        self.matrix = matrix
        self.pulled = pulled
        self._after: dict[StepKey, Clifford] = {}

    @property
    def local(self) -> bool:
        """Whether it is one gate on each wire, perhaps behind a SWAP."""
        return weight(self.pulled[_X_A]) == 1 and weight(self.pulled[_Z_A]) == 1

    def then(self, step: StepKey) -> "Clifford":
        """What a step makes of it."""
        known = self._after.get(step)
        if known is None:
            known = self._after[step] = _interned(
                step_matrix(step) @ self.matrix, _through(conjugates(step), self.pulled)
            )
        return known

    def behind(self, other: "Clifford") -> "Clifford":
        """Another one, then this one."""
        return Clifford(self.matrix @ other.matrix, _through(self.pulled, other.pulled))

    def inverse(self) -> "Clifford":
        """C†."""
        pushed = [0] * 16
        for pauli, image in enumerate(self.pulled):
            pushed[image & 15] = pauli | image & MINUS
        return Clifford(self.matrix.conj().T, tuple(pushed))


def _through(images: tuple[int, ...], pulled: tuple[int, ...]) -> tuple[int, ...]:
    """What is pulled through one Clifford pulled through another one."""
    return tuple([pulled[image & 15] ^ (image & MINUS) for image in images])


_X_A, _Z_A = 1, 4
_KNOWN: dict[tuple[tuple[int, ...], int], Clifford] = {}


def _interned(matrix: Complexes, pulled: tuple[int, ...]) -> Clifford:
    """The object of a Clifford: there are 11520 times 8 phases, of which circuits meet few."""
    entry = next(each for each in matrix[0].tolist() if abs(each) > 0.1)
    key = pulled, round(phase(entry) / (pi / 4)) % 8
    known = _KNOWN.get(key)
    if known is None:
        known = _KNOWN[key] = Clifford(matrix, pulled)
    return known


def _pulled(matrix: Complexes) -> tuple[int, ...]:
    moved = ((matrix.conj().T @ _SIDE_BY_SIDE).reshape(64, 4) @ matrix).reshape(4, 16, 4).swapaxes(0, 1)
    overlaps = (moved.reshape(16, 16) @ _TRANSPOSED).real  # traces of products with every Pauli
    codes = np.abs(overlaps).argmax(axis=1)
    signs = overlaps[np.arange(16), codes] < 0
    return tuple((codes + MINUS * signs).tolist())


@lru_cache(maxsize=1024)
def step_matrix(step: StepKey) -> Complexes:
    """The matrix of a step."""
    kind, first, second, quarters = step
    half, whole = quarters * pi / 4, quarters * pi / 2
    index = np.arange(4)
    result: Complexes
    match StepKind(kind):
        case StepKind.ROTATION:
            result = cos(half) * _EVERY + sin(half) * _TURN[first]
            return result
        case StepKind.PARITY:
            result = cos(half) * _EVERY - 1j * sin(half) * PAULIS[first << 2]
            return result
        case StepKind.PATTERN:
            result = np.diag(np.where((index & first) == second, np.exp(1j * whole), 1))
            return result
        case StepKind.CX:
            result = _EVERY[index ^ (index >> first & 1) << second]
            return result
        case StepKind.SWAP:
            return _EVERY[[0, 2, 1, 3]]
        case StepKind.X:
            result = PAULIS[1 << first]
            return result
        case StepKind.Z:
            result = PAULIS[0b0100 << first]
            return result
        case _:
            raise ValueError(f"{StepKind(kind).name} is no step on two wires")


@lru_cache(maxsize=1024)
def conjugates(step: StepKey) -> tuple[int, ...]:
    """S† P S of a step S."""
    return _pulled(step_matrix(step))


IDENTITY = _interned(np.eye(4, dtype=np.complex128), tuple(range(16)))

Turns = tuple[int, int, int]
"""λ, θ, φ of RZ(φ) R(θ) RZ(λ) in quarter turns."""

TURNS_BY_IMAGES: dict[tuple[int, int], Turns] = {
    (1, 4): (0, 0, 0),
    (21, 4): (1, 0, 0),
    (17, 4): (2, 0, 0),
    (5, 4): (3, 0, 0),
    (4, 17): (0, 1, 0),
    (21, 17): (0, 1, 1),
    (20, 17): (0, 1, 2),
    (5, 17): (0, 1, 3),
    (4, 5): (1, 1, 0),
    (17, 5): (1, 1, 1),
    (20, 5): (1, 1, 2),
    (1, 5): (1, 1, 3),
    (4, 1): (2, 1, 0),
    (5, 1): (2, 1, 1),
    (20, 1): (2, 1, 2),
    (21, 1): (2, 1, 3),
    (4, 21): (3, 1, 0),
    (1, 21): (3, 1, 1),
    (20, 21): (3, 1, 2),
    (17, 21): (3, 1, 3),
    (17, 20): (0, 2, 0),
    (5, 20): (1, 2, 0),
    (1, 20): (2, 2, 0),
    (21, 20): (3, 2, 0),
}
"""The 24 Cliffords C of one wire, up to a phase, by C† X C and C† Z C on the first wire."""


def one_wire_steps(turns: Turns, wire: int) -> Iterator[StepKey]:
    """The steps of one of them, multiples of π as Paulis."""
    before, angle, after = turns
    for kind, quarters in ((StepKind.PARITY, before), (StepKind.ROTATION, angle), (StepKind.PARITY, after)):
        if quarters == 2:
            yield StepKind.Z, wire, 0, 0
            if kind == StepKind.ROTATION:
                yield StepKind.X, wire, 0, 0
        elif quarters:
            yield kind, 1 << wire if kind == StepKind.PARITY else wire, 0, -1 if quarters == 3 else quarters


@lru_cache(maxsize=64)
def one_wire(turns: Turns, wire: int) -> Clifford:
    """One of them on a wire."""
    found = IDENTITY
    for step in one_wire_steps(turns, wire):
        found = found.then(step)
    return found


def local_form(clifford: Clifford) -> tuple[bool, Turns, Turns, float]:
    """A local Clifford as a SWAP (or none), then gates on a and on b, and the angle χ of the phase e^{iχ} on top.

    χ is in (−π, π].
    """
    swapped = bool(weight(clifford.pulled[_X_A] & ~(A | A << 2)))
    rest = clifford.behind(IDENTITY.then((StepKind.SWAP, 0, 1, 0))) if swapped else clifford
    pulled = rest.pulled
    first = TURNS_BY_IMAGES[pulled[_X_A], pulled[_Z_A]]
    second = TURNS_BY_IMAGES[_on_first(pulled[_X_A << 1]), _on_first(pulled[_Z_A << 1])]
    product = one_wire(first, 0).matrix @ one_wire(second, 1).matrix
    eighths = round(phase(np.vdot(product, rest.matrix)) / (pi / 4))  # rounding decides whether it is 4 or −4
    return swapped, first, second, (4 if eighths == -4 else eighths) * pi / 4


def _on_first(pauli: int) -> int:
    """A Pauli on the second wire as one on the first wire."""
    return (pauli & 15) >> 1 | pauli & MINUS
