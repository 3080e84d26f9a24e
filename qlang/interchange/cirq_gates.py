"""Cirq's gates as calls of ours, phases included.

A power of a gate G with eigenvalues e^{iπ(h)} is e^{iπ t s} G^t, where t is the exponent and s the global shift.
"""

from __future__ import annotations

from cmath import phase
from collections.abc import Callable
from math import pi
from typing import Any

Calls = list[tuple[str, tuple[float, ...], tuple[int, ...]]]
"""Gate, angles, operands by number."""
Number = Callable[[Any], float]


def _exact(names: dict[float, str], exponent: float) -> str | None:
    """The gate's own name at some exponents, all of them modulo 4."""
    return names.get(exponent % 4) if exponent % 4 in names else names.get(exponent % 4 - 4)


def _x(t: float, s: float) -> Calls:
    name = _exact({1: "x", 0.5: "sx", -0.5: "sxdg"}, t) if -2 < t <= 2 else None
    if name is not None:
        return [("gphase", (pi * t * s,), ()), (name, (), (0,))]
    return [("gphase", (pi * t * (s + 0.5),), ()), ("rx", (pi * t,), (0,))]


def _y(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * t * s,), ()), ("y", (), (0,))]
    return [("gphase", (pi * t * (s + 0.5),), ()), ("ry", (pi * t,), (0,))]


def _z(t: float, s: float) -> Calls:
    names = {1: "z", 0.5: "s", -0.5: "sdg", 0.25: "t", -0.25: "tdg"}
    if t in names:
        return [("gphase", (pi * t * s,), ()), (names[t], (), (0,))]
    if s == -0.5:
        return [("rz", (pi * t,), (0,))]
    return [("gphase", (pi * t * s,), ()), ("p", (pi * t,), (0,))]


def _h(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * t * s,), ()), ("h", (), (0,))]
    return [("gphase", (pi * t * s,), ()), ("ry", (-pi / 4,), (0,)), ("p", (pi * t,), (0,)), ("ry", (pi / 4,), (0,))]


def _cz(t: float, s: float) -> Calls:
    call = ("cz", (), (0, 1)) if t == 1 else ("cp", (pi * t,), (0, 1))
    return [("gphase", (pi * t * s,), ()), call]


def _cx(t: float, s: float, control: int = 0, target: int = 1) -> Calls:
    if t == 1:
        return [("gphase", (pi * s,), ()), ("cx", (), (control, target))]
    turn = ("h", (), (target,))
    return [("gphase", (pi * t * s,), ()), turn, ("cp", (pi * t,), (control, target)), turn]


def _cy(t: float, s: float) -> Calls:
    return [("sdg", (), (1,)), *_cx(t, s), ("s", (), (1,))]


def _swap(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * s,), ()), ("swap", (), (0, 1))]
    return [("cx", (), (0, 1)), *_cx(t, s, 1, 0), ("cx", (), (0, 1))]


def _iswap(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * s,), ()), ("iswap", (), (0, 1))]
    return [("gphase", (pi * t * s,), ()), ("rxx", (-pi * t / 2,), (0, 1)), ("ryy", (-pi * t / 2,), (0, 1))]


def _pair(name: str) -> Callable[[float, float], Calls]:
    return lambda t, s: [("gphase", (pi * t * (s + 0.5),), ()), (name, (pi * t,), (0, 1))]


def _ccz(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * s,), ()), ("ccz", (), (0, 1, 2))]
    half = pi * t / 2  # controlled-controlled phase from controlled ones, exactly
    return [
        ("gphase", (pi * t * s,), ()),
        ("cp", (half,), (1, 2)),
        ("cx", (), (0, 1)),
        ("cp", (-half,), (1, 2)),
        ("cx", (), (0, 1)),
        ("cp", (half,), (0, 2)),
    ]


def _ccx(t: float, s: float) -> Calls:
    if t == 1:
        return [("gphase", (pi * s,), ()), ("ccx", (), (0, 1, 2))]
    return [("h", (), (2,)), *_ccz(t, s), ("h", (), (2,))]


POWERS: dict[str, Callable[[float, float], Calls]] = {
    "XPowGate": _x,
    "YPowGate": _y,
    "ZPowGate": _z,
    "HPowGate": _h,
    "CZPowGate": _cz,
    "CXPowGate": _cx,
    "CYPowGate": _cy,
    "SwapPowGate": _swap,
    "ISwapPowGate": _iswap,
    "XXPowGate": _pair("rxx"),
    "YYPowGate": _pair("ryy"),
    "ZZPowGate": _pair("rzz"),
    "CCZPowGate": _ccz,
    "CCXPowGate": _ccx,
}
"""Class → calls, by exponent and global shift."""


def _identity(gate: Any, number: Number, width: int) -> Calls:
    return [("id", (), (k,)) for k in range(width)]


def _cswap(gate: Any, number: Number, width: int) -> Calls:
    return [("cswap", (), (0, 1, 2))]


def _phased_x(gate: Any, number: Number, width: int) -> Calls:
    turn, shift = number(gate.phase_exponent), number(gate.global_shift)
    return [("p", (-pi * turn,), (0,)), *_x(number(gate.exponent), shift), ("p", (pi * turn,), (0,))]


def _phased_xz(gate: Any, number: Number, width: int) -> Calls:
    """Z^z Z^a X^x Z^-a."""
    x, z, a = (number(value) for value in (gate.x_exponent, gate.z_exponent, gate.axis_phase_exponent))
    return [("p", (-pi * a,), (0,)), *_x(x, 0.0), ("p", (pi * (a + z),), (0,))]


def _global_phase(gate: Any, number: Number, width: int) -> Calls:
    coefficient = complex(gate.coefficient)
    return [("gphase", (phase(coefficient),), ())]


def _fsim(gate: Any, number: Number, width: int) -> Calls:
    """e^{-iθ(XX+YY)/2} and a controlled phase of -φ."""
    theta, phi = number(gate.theta), number(gate.phi)
    return [("rxx", (theta,), (0, 1)), ("ryy", (theta,), (0, 1)), ("cp", (-phi,), (0, 1))]


SPECIAL: dict[str, Callable[[Any, Number, int], Calls]] = {
    "IdentityGate": _identity,
    "CSwapGate": _cswap,
    "PhasedXPowGate": _phased_x,
    "PhasedXZGate": _phased_xz,
    "GlobalPhaseGate": _global_phase,
    "FSimGate": _fsim,
}
"""Class → calls, from the gate itself."""
