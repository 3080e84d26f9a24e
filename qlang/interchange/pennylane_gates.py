"""PennyLane's operations as calls of ours, phases included. Parameters are those of `operation.parameters`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi

Calls = list[tuple[str, tuple[float, ...], tuple[int, ...]]]
"""Gate, angles, operands by number."""

SAME = {
    "Identity": "id",
    "PauliX": "x",
    "PauliY": "y",
    "PauliZ": "z",
    "Hadamard": "h",
    "S": "s",
    "T": "t",
    "SX": "sx",
    "RX": "rx",
    "RY": "ry",
    "RZ": "rz",
    "PhaseShift": "p",
    "U1": "p",
    "U3": "u",
    "CNOT": "cx",
    "CY": "cy",
    "CZ": "cz",
    "CH": "ch",
    "SWAP": "swap",
    "ISWAP": "iswap",
    "ECR": "ecr",
    "CSWAP": "cswap",
    "Toffoli": "ccx",
    "CCZ": "ccz",
    "CRX": "crx",
    "CRY": "cry",
    "CRZ": "crz",
    "ControlledPhaseShift": "cp",
    "IsingXX": "rxx",
    "IsingYY": "ryy",
    "IsingZZ": "rzz",
}
"""Class → gate with the same parameters and wires."""


def _rot(angles: Sequence[float], width: int) -> Calls:
    phi, theta, omega = angles
    return [("rz", (phi,), (0,)), ("ry", (theta,), (0,)), ("rz", (omega,), (0,))]


def _u2(angles: Sequence[float], width: int) -> Calls:
    return [("u", (pi / 2, *angles), (0,))]


def _global_phase(angles: Sequence[float], width: int) -> Calls:
    return [("gphase", (-angles[0],), ())]


def _multi_rz(angles: Sequence[float], width: int) -> Calls:
    chain: Calls = [("cx", (), (k, k + 1)) for k in range(width - 1)]
    return [*chain, ("rz", (angles[0],), (width - 1,)), *reversed(chain)]


def _identities(angles: Sequence[float], width: int) -> Calls:
    return [("id", (), (k,)) for k in range(width)]


SPECIAL: dict[str, Callable[[Sequence[float], int], Calls]] = {
    "Identity": _identities,
    "Rot": _rot,
    "U2": _u2,
    "GlobalPhase": _global_phase,
    "MultiRZ": _multi_rz,
}
"""Class → calls, by parameters and number of wires."""
