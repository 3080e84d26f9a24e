"""Gates and registers under `ql.`: names that a circuit function may use, and that do nothing outside of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

GATES = frozenset(
    {
        "CX",
        "U",
        "c3sqrtx",
        "c3x",
        "c4x",
        "ccx",
        "ccz",
        "ch",
        "cp",
        "cphase",
        "crx",
        "cry",
        "crz",
        "cs",
        "csdg",
        "cswap",
        "csx",
        "cu",
        "cu1",
        "cu3",
        "cx",
        "cy",
        "cz",
        "dcx",
        "ecr",
        "gphase",
        "h",
        "id",
        "iswap",
        "p",
        "phase",
        "r",
        "rc3x",
        "rccx",
        "rx",
        "rxx",
        "ry",
        "ryy",
        "rz",
        "rzx",
        "rzz",
        "s",
        "sdg",
        "swap",
        "sx",
        "sxdg",
        "t",
        "tdg",
        "u",
        "u0",
        "u1",
        "u2",
        "u3",
        "x",
        "y",
        "z",
    }
)
"""The gates of the standard library and the prelude."""

REGISTERS = frozenset({"barrier", "bit", "bits", "delay", "measure", "qubit", "qubits", "reset"})


def operation(name: str) -> Callable[..., NoReturn]:
    """The stand-in for a gate or register function, for editors and for Python to find.

    Raises AttributeError for names that are neither.
    """
    if name not in REGISTERS and name not in GATES:
        raise AttributeError(f"module 'qlang' has no attribute {name!r}")

    def only_in_circuits(*_: object) -> NoReturn:
        raise TypeError(f"ql.{name} describes part of a circuit: use it inside a function under @ql.circuit")

    only_in_circuits.__name__ = only_in_circuits.__qualname__ = name
    only_in_circuits.__module__ = "qlang"
    return only_in_circuits
