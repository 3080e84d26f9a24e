"""Standard gates in words and as matrices in text.

The first wire is the most significant bit of the index, as in `qlang.ir.matrices`, which tests compare with.
Texts use `i` for the imaginary unit and `·` for products; there is no arithmetic here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class GateFact:
    """What is known of a standard gate."""

    meaning: str
    parameters: tuple[str, ...] = ()
    wires: int = 1
    rows: Rows = ()
    """The matrix, or empty where words say more."""
    factor: str = ""
    """A common factor in front of the matrix."""


def _controlled(rows: Rows) -> Rows:
    """`rows` on the last wires where the first wire is 1."""
    size = len(rows)
    above = [["1" if row == column else "0" for column in range(2 * size)] for row in range(size)]
    return [*above, *(["0"] * size + list(row) for row in rows)]


def _diagonal(*entries: str) -> Rows:
    return [[entry if row == column else "0" for column in range(len(entries))] for row, entry in enumerate(entries)]


_C, _S, _IS = "cos(θ/2)", "sin(θ/2)", "-i·sin(θ/2)"
_X: Rows = [["0", "1"], ["1", "0"]]
_Y: Rows = [["0", "-i"], ["i", "0"]]
_Z = _diagonal("1", "-1")
_H: Rows = [["1/√2", "1/√2"], ["1/√2", "-1/√2"]]
_SX: Rows = [["1+i", "1-i"], ["1-i", "1+i"]]
_SXDG: Rows = [["1-i", "1+i"], ["1+i", "1-i"]]
_RX: Rows = [[_C, _IS], [_IS, _C]]
_RY: Rows = [[_C, "-sin(θ/2)"], [_S, _C]]
_RZ = _diagonal("e^(-iθ/2)", "e^(iθ/2)")
_P = _diagonal("1", "e^(iθ)")
_U: Rows = [[_C, "-e^(iλ)·sin(θ/2)"], ["e^(iφ)·sin(θ/2)", "e^(i(φ+λ))·cos(θ/2)"]]
_SWAP: Rows = [["1", "0", "0", "0"], ["0", "0", "1", "0"], ["0", "1", "0", "0"], ["0", "0", "0", "1"]]
_ISWAP: Rows = [["1", "0", "0", "0"], ["0", "0", "i", "0"], ["0", "i", "0", "0"], ["0", "0", "0", "1"]]
_ECR: Rows = [["0", "0", "1", "i"], ["0", "0", "i", "1"], ["1", "-i", "0", "0"], ["-i", "1", "0", "0"]]
_DCX: Rows = [["1", "0", "0", "0"], ["0", "0", "1", "0"], ["0", "0", "0", "1"], ["0", "1", "0", "0"]]
_RXX: Rows = [[_C, "0", "0", _IS], ["0", _C, _IS, "0"], ["0", _IS, _C, "0"], [_IS, "0", "0", _C]]
_RYY: Rows = [
    [_C, "0", "0", "i·sin(θ/2)"],
    ["0", _C, _IS, "0"],
    ["0", _IS, _C, "0"],
    ["i·sin(θ/2)", "0", "0", _C],
]
_RZZ = _diagonal("e^(-iθ/2)", "e^(iθ/2)", "e^(iθ/2)", "e^(-iθ/2)")
_RZX: Rows = [
    [_C, _IS, "0", "0"],
    [_IS, _C, "0", "0"],
    ["0", "0", _C, "i·sin(θ/2)"],
    ["0", "0", "i·sin(θ/2)", _C],
]

_ANGLE = ("θ",)
_EULER = ("θ", "φ", "λ")

GATES: Mapping[str, GateFact] = {
    "id": GateFact("Identity.", rows=_diagonal("1", "1")),
    "x": GateFact("Pauli X: swaps |0⟩ and |1⟩.", rows=_X),
    "y": GateFact("Pauli Y.", rows=_Y),
    "z": GateFact("Pauli Z: flips the sign of |1⟩.", rows=_Z),
    "h": GateFact("Hadamard: exchanges the Z and X bases.", rows=_H),
    "s": GateFact("Phase gate, the square root of Z.", rows=_diagonal("1", "i")),
    "sdg": GateFact("Inverse of `s`.", rows=_diagonal("1", "-i")),
    "t": GateFact("The square root of `s`.", rows=_diagonal("1", "e^(iπ/4)")),
    "tdg": GateFact("Inverse of `t`.", rows=_diagonal("1", "e^(-iπ/4)")),
    "sx": GateFact("The square root of X.", rows=_SX, factor="1/2"),
    "sxdg": GateFact("Inverse of `sx`.", rows=_SXDG, factor="1/2"),
    "rx": GateFact("Rotation by θ about X.", _ANGLE, rows=_RX),
    "ry": GateFact("Rotation by θ about Y.", _ANGLE, rows=_RY),
    "rz": GateFact("Rotation by θ about Z.", _ANGLE, rows=_RZ),
    "r": GateFact("Rotation by θ about the axis at angle φ in the XY plane.", ("θ", "φ")),
    "p": GateFact("Phase e^(iθ) on |1⟩.", _ANGLE, rows=_P),
    "phase": GateFact("Phase e^(iθ) on |1⟩, like `p`.", _ANGLE, rows=_P),
    "u1": GateFact("Phase e^(iθ) on |1⟩, like `p`.", _ANGLE, rows=_P),
    "u2": GateFact("`u(π/2, φ, λ)` up to a phase: one X90 pulse between two phases.", ("φ", "λ")),
    "u3": GateFact("Any one-qubit gate, up to a phase.", _EULER),
    "u": GateFact("Any one-qubit gate, up to a phase.", _EULER, rows=_U),
    "U": GateFact("OpenQASM's built-in one-qubit gate.", _EULER, rows=_U, factor="e^(iθ/2)"),
    "cx": GateFact("Controlled X: flips the second qubit where the first is |1⟩.", wires=2, rows=_controlled(_X)),
    "CX": GateFact("Controlled X, OpenQASM 2's spelling.", wires=2, rows=_controlled(_X)),
    "cy": GateFact("Controlled Y.", wires=2, rows=_controlled(_Y)),
    "cz": GateFact("Controlled Z: flips the sign of |11⟩.", wires=2, rows=_controlled(_Z)),
    "ch": GateFact("Controlled Hadamard.", wires=2, rows=_controlled(_H)),
    "csx": GateFact("Controlled square root of X.", wires=2),
    "cp": GateFact("Phase e^(iθ) on |11⟩.", _ANGLE, 2, _controlled(_P)),
    "cphase": GateFact("Phase e^(iθ) on |11⟩, like `cp`.", _ANGLE, 2, _controlled(_P)),
    "cu1": GateFact("Phase e^(iθ) on |11⟩, like `cp`.", _ANGLE, 2, _controlled(_P)),
    "crx": GateFact("Controlled rotation about X.", _ANGLE, 2, _controlled(_RX)),
    "cry": GateFact("Controlled rotation about Y.", _ANGLE, 2, _controlled(_RY)),
    "crz": GateFact("Controlled rotation about Z.", _ANGLE, 2, _controlled(_RZ)),
    "cu": GateFact("Controlled e^(iγ)·u(θ, φ, λ).", ("θ", "φ", "λ", "γ"), 2),
    "cu3": GateFact("Controlled `u3`.", _EULER, 2),
    "swap": GateFact("Exchanges two qubits.", wires=2, rows=_SWAP),
    "iswap": GateFact("Exchanges two qubits; |01⟩ and |10⟩ get the phase i.", wires=2, rows=_ISWAP),
    "ecr": GateFact("Echoed cross-resonance: equal to `cx` up to one-qubit gates.", wires=2, rows=_ECR, factor="1/√2"),
    "dcx": GateFact("Two `cx` with alternate controls.", wires=2, rows=_DCX),
    "rxx": GateFact("e^(-iθ/2·X⊗X).", _ANGLE, 2, _RXX),
    "ryy": GateFact("e^(-iθ/2·Y⊗Y).", _ANGLE, 2, _RYY),
    "rzz": GateFact("e^(-iθ/2·Z⊗Z).", _ANGLE, 2, _RZZ),
    "rzx": GateFact("e^(-iθ/2·Z⊗X).", _ANGLE, 2, _RZX),
    "ccx": GateFact("Toffoli: flips the third qubit where both others are |1⟩.", wires=3),
    "ccz": GateFact("Flips the sign of |111⟩.", wires=3),
    "cswap": GateFact("Fredkin: exchanges the last two qubits where the first is |1⟩.", wires=3),
    "gphase": GateFact("Global phase e^(iθ).", _ANGLE, 0),
}


def matrix_text(fact: GateFact) -> str:
    """The matrix in columns, brackets at both sides; empty where the table has none."""
    if not fact.rows:
        return ""
    widths = [max(len(row[column]) for row in fact.rows) for column in range(len(fact.rows))]
    lines = [
        "[ " + "  ".join(cell.center(width) for cell, width in zip(row, widths, strict=True)) + " ]"
        for row in fact.rows
    ]
    if fact.factor:
        middle = (len(lines) - 1) // 2
        mark = f"{fact.factor} · "
        lines = [(mark if index == middle else " " * len(mark)) + line for index, line in enumerate(lines)]
    return "\n".join(lines)


def wire_names(count: int) -> tuple[str, ...]:
    """`a`, `b`, `c`, … as in the definitions of the standard library."""
    return tuple("abcdefghijklmnop"[:count])
