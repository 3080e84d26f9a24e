"""The primitive gates that circuits are made of, as one table.

Everything else a user can name is defined in terms of these, in the standard library or in the program.
Adding a row is adding a gate: codes, inverses, costs and classes are read from here by every pass and backend;
the matrices stand in `qlang.ir.matrices`.

Costs are those of the usual decomposition into CX and one-qubit gates; T counts those of the exact Clifford+T
one, and `None` where a rotation by an arbitrary angle has none.
"""

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """The structure of a gate's matrix, which decides how a simulator applies it."""

    DIAGONAL = 0
    PERMUTATION = 1
    """One nonzero entry in each row and column."""
    ROTATION = 2
    """Real up to the phases of diagonals: a plane rotation."""
    DENSE = 3


@dataclass(frozen=True, slots=True)
class Primitive:
    """A row of the table."""

    code: int
    name: str
    parameters: int
    qubits: int
    kind: Kind
    inverse: str
    """`self`, `negate` (same gate, all parameters negated), the name of another gate, or `u` (θ, φ, λ → −θ, −λ, −φ)."""
    cx_cost: int
    t_count: int | None
    additive: bool = False
    """Whether two in a row on the same wires are one with the parameters added."""
    period: float | None = None
    """Angle, in units of π, after which an additive gate is exactly the identity."""
    symmetric: bool = False
    """Whether the order of the wires does not matter."""


_D, _P, _R, _X = Kind.DIAGONAL, Kind.PERMUTATION, Kind.ROTATION, Kind.DENSE

_ROWS: tuple[Primitive, ...] = (
    Primitive(0, "id", 0, 1, _D, "self", 0, 0),
    Primitive(1, "x", 0, 1, _P, "self", 0, 0),
    Primitive(2, "y", 0, 1, _P, "self", 0, 0),
    Primitive(3, "z", 0, 1, _D, "self", 0, 0),
    Primitive(4, "h", 0, 1, _R, "self", 0, 0),
    Primitive(5, "s", 0, 1, _D, "sdg", 0, 0),
    Primitive(6, "sdg", 0, 1, _D, "s", 0, 0),
    Primitive(7, "t", 0, 1, _D, "tdg", 0, 1),
    Primitive(8, "tdg", 0, 1, _D, "t", 0, 1),
    Primitive(9, "sx", 0, 1, _X, "sxdg", 0, 0),
    Primitive(10, "sxdg", 0, 1, _X, "sx", 0, 0),
    Primitive(11, "rx", 1, 1, _X, "negate", 0, None, additive=True, period=4),
    Primitive(12, "ry", 1, 1, _R, "negate", 0, None, additive=True, period=4),
    Primitive(13, "rz", 1, 1, _D, "negate", 0, None, additive=True, period=4),
    Primitive(14, "p", 1, 1, _D, "negate", 0, None, additive=True, period=2),
    Primitive(15, "u", 3, 1, _X, "u", 0, None),
    Primitive(16, "U", 3, 1, _X, "u", 0, None),
    Primitive(17, "cx", 0, 2, _P, "self", 1, 0),
    Primitive(18, "cy", 0, 2, _P, "self", 1, 0),
    Primitive(19, "cz", 0, 2, _D, "self", 1, 0, symmetric=True),
    Primitive(20, "ch", 0, 2, _X, "self", 1, 2),
    Primitive(21, "cp", 1, 2, _D, "negate", 2, None, additive=True, period=2, symmetric=True),
    Primitive(22, "crx", 1, 2, _X, "negate", 2, None, additive=True, period=4),
    Primitive(23, "cry", 1, 2, _R, "negate", 2, None, additive=True, period=4),
    Primitive(24, "crz", 1, 2, _D, "negate", 2, None, additive=True, period=4),
    Primitive(25, "swap", 0, 2, _P, "self", 3, 0, symmetric=True),
    Primitive(26, "iswap", 0, 2, _P, "iswapdg", 2, 0, symmetric=True),
    Primitive(27, "iswapdg", 0, 2, _P, "iswap", 2, 0, symmetric=True),
    Primitive(28, "rxx", 1, 2, _X, "negate", 2, None, additive=True, period=4, symmetric=True),
    Primitive(29, "ryy", 1, 2, _X, "negate", 2, None, additive=True, period=4, symmetric=True),
    Primitive(30, "rzz", 1, 2, _D, "negate", 2, None, additive=True, period=4, symmetric=True),
    Primitive(31, "rzx", 1, 2, _X, "negate", 2, None, additive=True, period=4),
    Primitive(32, "ecr", 0, 2, _X, "self", 1, 0),
    Primitive(33, "ccx", 0, 3, _P, "self", 6, 7),
    Primitive(34, "ccz", 0, 3, _D, "self", 6, 7, symmetric=True),
    Primitive(35, "cswap", 0, 3, _P, "self", 8, 7),
    Primitive(36, "gphase", 1, 0, _D, "negate", 0, 0, additive=True, period=2),
)

BY_NAME = {row.name: row for row in _ROWS}
BY_CODE = _ROWS
"""Indexed by code: codes are dense and never change meaning."""


def inverse(primitive: Primitive, parameters: tuple[float, ...]) -> tuple[Primitive, tuple[float, ...]]:
    """The gate and parameters that undo a gate exactly, global phase included."""
    match primitive.inverse:
        case "self":
            return primitive, parameters
        case "negate":
            return primitive, tuple(-parameter for parameter in parameters)
        case "u":
            theta, phi, lam = parameters
            return primitive, (-theta, -lam, -phi)
        case other:
            return BY_NAME[other], parameters


def counted_gate(name: str) -> tuple[Primitive, int]:
    """The primitive of a counted name, and its further controls: `cccx` is `ccx` with one more. Raises KeyError."""
    controls = 0
    while name not in BY_NAME and name.startswith("c"):
        name, controls = name[1:], controls + 1
    return BY_NAME[name], controls


def cx_gates(primitive: Primitive, controls: int = 0) -> int:
    """How many CX a gate with further controls costs.

    The cost of the primitive that it is; else 2^w − 2 on w wires, which suffices for any diagonal (Bullock, Markov,
    Quantum Inf. Comput. 4, 27 (2004)) and so for a controlled one-qubit gate.
    """
    known = BY_NAME.get("c" * controls + primitive.name)
    return known.cx_cost if known is not None else (1 << primitive.qubits + controls) - 2
