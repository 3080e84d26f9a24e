"""Primitives as Stim's Clifford gates, rotations by multiples of a quarter turn included; global phases are dropped."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, pi

TOLERANCE = 1e-10
"""How far, in quarter turns, an angle may be from a multiple and count as one."""

Clifford = list[tuple[str, tuple[int, ...]]]
"""Stim gates with their targets."""

_FIXED = {
    "id": "I",
    "x": "X",
    "y": "Y",
    "z": "Z",
    "h": "H",
    "s": "S",
    "sdg": "S_DAG",
    "sx": "SQRT_X",
    "sxdg": "SQRT_X_DAG",
    "cx": "CX",
    "cy": "CY",
    "cz": "CZ",
    "swap": "SWAP",
    "iswap": "ISWAP",
    "iswapdg": "ISWAP_DAG",
}
_QUARTERS = {
    "rx": ("", "SQRT_X", "X", "SQRT_X_DAG"),
    "ry": ("", "SQRT_Y", "Y", "SQRT_Y_DAG"),
    "rz": ("", "S", "Z", "S_DAG"),
    "p": ("", "S", "Z", "S_DAG"),
    "rxx": ("", "SQRT_XX", "XX", "SQRT_XX_DAG"),
    "ryy": ("", "SQRT_YY", "YY", "SQRT_YY_DAG"),
    "rzz": ("", "SQRT_ZZ", "ZZ", "SQRT_ZZ_DAG"),
}
"""Rotation → Stim gate by quarter turns; `XX` and the like are the Pauli on both qubits."""
_HALVES = {"cp": ("", "Z"), "crx": ("X", "X"), "cry": ("Y", "Y"), "crz": ("Z", "Z")}


def quarters(angle: float, unit: float = pi / 2) -> int | None:
    """An angle in multiples of `unit`, or `None` where it is none."""
    if not isfinite(angle):
        return None
    turns = angle / unit
    nearest = round(turns)
    return nearest if abs(turns - nearest) <= TOLERANCE * max(1, abs(turns)) else None


def clifford(name: str, angles: tuple[float, ...], wires: tuple[int, ...]) -> Clifford | None:
    """The Stim gates of a primitive without further controls, or `None` where it is no Clifford gate."""
    if name in _FIXED:
        return [(_FIXED[name], wires)]
    if name in _QUARTERS:
        turns = quarters(angles[0])
        return None if turns is None else _gate(_QUARTERS[name][turns % 4], wires)
    if name in _HALVES:
        return _controlled_rotation(name, angles[0], wires)
    special = _SPECIAL.get(name)
    return special(angles, wires) if special is not None else None


def _gate(name: str, wires: tuple[int, ...]) -> Clifford:
    if not name:
        return []
    if len(name) == 2 and len(wires) == 2 and name[0] == name[1]:
        return [(name[0], (wire,)) for wire in wires]
    return [(name, wires)]


def _controlled_rotation(name: str, angle: float, wires: tuple[int, ...]) -> Clifford | None:
    """`cp(π)` is CZ; a controlled rotation by π is a controlled Pauli with a phase of -i on the control."""
    turns = quarters(angle, pi)
    if turns is None:
        return None
    if name == "cp":
        return [("CZ", wires)] if turns % 2 else []
    pauli = f"C{_HALVES[name][1]}"
    control = wires[:1]
    table: tuple[Clifford, ...] = (
        [],
        [(pauli, wires), ("S_DAG", control)],
        [("Z", control)],
        [(pauli, wires), ("S", control)],
    )
    return table[turns % 4]


def _u(angles: tuple[float, ...], wires: tuple[int, ...]) -> Clifford | None:
    """Rz(φ) Ry(θ) Rz(λ); where θ is a multiple of a half turn only φ ± λ matters."""
    theta, phi, lam = angles
    turns = quarters(theta)
    if turns is not None and turns % 2 == 0:
        rest = clifford("rz", (phi + lam if turns % 4 == 0 else phi - lam,), wires)
        return None if rest is None else _gate(_QUARTERS["ry"][turns % 4], wires) + rest
    parts = [clifford(name, (angle,), wires) for name, angle in (("rz", lam), ("ry", theta), ("rz", phi))]
    return None if None in parts else [gate for part in parts if part is not None for gate in part]


def _rzx(angles: tuple[float, ...], wires: tuple[int, ...]) -> Clifford | None:
    inner = clifford("rzz", angles, wires)
    target = ("H", wires[1:])
    return None if inner is None else [target, *inner, target]


_SPECIAL: dict[str, Callable[[tuple[float, ...], tuple[int, ...]], Clifford | None]] = {
    "u": _u,
    "U": _u,
    "rzx": _rzx,
    "ecr": lambda a, w: [*(_rzx((pi / 2,), w) or ()), ("X", w[:1])],
    "gphase": lambda a, w: [],
}
