"""Gates and registers under `ql.`: names that a circuit function may use, and that do nothing outside of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn


@dataclass(frozen=True, slots=True)
class StandardGate:
    """A gate of the standard library or the prelude, with the names of its arguments in order."""

    parameters: tuple[str, ...]
    qubits: tuple[str, ...]
    words: str
    """What it does, in a line."""


_ANGLES = {"t": ("theta",), "l": ("lam",), "g": ("gamma",), "tp": ("theta", "phi"), "pl": ("phi", "lam")}
_ANGLES |= {"": (), "tpl": ("theta", "phi", "lam"), "tplg": ("theta", "phi", "lam", "gamma")}
_QUBITS = {"q": ("qubit",), "ab": ("a", "b"), "ct": ("control", "target"), "": ()}
_QUBITS |= {"cab": ("control", "a", "b")}
_QUBITS |= {f"{n}ct": (*(f"control{k}" for k in range(1, n + 1)), "target") for n in (2, 3, 4)}

_TABLE = """
CX      -    ct   Controlled X, by its name in OpenQASM 2.
U       tpl  q    The built-in rotation of OpenQASM: any one-qubit unitary up to a phase.
c3sqrtx -    3ct  Square root of X with three controls.
c3x     -    3ct  X with three controls.
c4x     -    4ct  X with four controls.
ccx     -    2ct  Toffoli: X with two controls.
ccz     -    2ct  Z with two controls.
ch      -    ct   Controlled Hadamard.
cp      l    ct   Controlled phase.
cphase  l    ct   Controlled phase, by its name in OpenQASM 2.
crx     t    ct   Controlled rotation about X.
cry     t    ct   Controlled rotation about Y.
crz     t    ct   Controlled rotation about Z.
cs      -    ct   Controlled S.
csdg    -    ct   Controlled inverse of S.
cswap   -    cab  Fredkin: exchanges two qubits if the control is 1.
csx     -    ct   Controlled square root of X.
cu      tplg ct   Controlled U with a phase.
cu1     l    ct   Controlled phase, by its name in OpenQASM 2.
cu3     tpl  ct   Controlled u.
cx      -    ct   Controlled X (CNOT).
cy      -    ct   Controlled Y.
cz      -    ct   Controlled Z.
dcx     -    ab   Two CX, one in each direction.
ecr     -    ab   Echoed cross resonance.
gphase  g    -    A global phase.
h       -    q    Hadamard.
id      -    q    Nothing.
iswap   -    ab   Exchanges two qubits, with a phase i where they differ.
p       l    q    A phase on 1.
phase   l    q    A phase on 1, by its name in OpenQASM 2.
r       tp   q    Rotation about an axis in the equator: exp(-iθ/2 (cos φ X + sin φ Y)).
rc3x    -    3ct  X with three controls up to relative phases.
rccx    -    2ct  Toffoli up to relative phases.
rx      t    q    Rotation about X: exp(-iθ/2 X).
rxx     t    ab   Ising coupling exp(-iθ/2 X⊗X).
ry      t    q    Rotation about Y: exp(-iθ/2 Y).
ryy     t    ab   Ising coupling exp(-iθ/2 Y⊗Y).
rz      l    q    Rotation about Z: exp(-iλ/2 Z).
rzx     t    ab   Coupling exp(-iθ/2 Z⊗X), Z on the first qubit.
rzz     t    ab   Ising coupling exp(-iθ/2 Z⊗Z).
s       -    q    Square root of Z.
sdg     -    q    Inverse of S.
swap    -    ab   Exchanges two qubits.
sx      -    q    Square root of X.
sxdg    -    q    Inverse of the square root of X.
t       -    q    Fourth root of Z.
tdg     -    q    Inverse of T.
u       tpl  q    Any one-qubit unitary, in Qiskit's convention.
u0      g    q    Nothing, by its name in OpenQASM 2.
u1      l    q    A phase on 1, by its name in OpenQASM 2.
u2      pl   q    u(π/2, φ, λ), by its name in OpenQASM 2.
u3      tpl  q    Any one-qubit unitary, by its name in OpenQASM 2.
x       -    q    Pauli X (NOT).
y       -    q    Pauli Y.
z       -    q    Pauli Z.
"""


def _gates() -> dict[str, StandardGate]:
    found = {}
    for line in _TABLE.strip().splitlines():
        name, angles, qubits, words = line.split(maxsplit=3)
        found[name] = StandardGate(_ANGLES[angles.strip("-")], _QUBITS[qubits.strip("-")], words)
    return found


GATES = _gates()
"""The gates of the standard library and the prelude, by name."""

MODIFIERS = {
    "ctrl": "(gate, count=1): the gate under that many controls, which stand before its qubits.",
    "inv": "(gate): the inverse of the gate.",
    "negctrl": "(gate, count=1): the gate under controls that act at 0.",
    "pow": "(gate, exponent): a real power of the gate.",
}
"""What makes gates of gates."""

REGISTERS = {
    "barrier": "(*qubits): no gate is moved across it.",
    "bit": "(): a bit, 0 at first.",
    "bits": "(n): a register of bits, 0 at first.",
    "delay": '(duration, *qubits): wait; the duration is text as `"100ns"` or a number of seconds.',
    "measure": "(qubits): the bits of a measurement in the computational basis.",
    "qubit": "(): a qubit in |0⟩.",
    "qubits": "(n): a register of qubits in |0⟩.",
    "reset": "(qubits): bring qubits to |0⟩.",
}
"""Registers and operations that are no gates."""


def operation(name: str) -> Callable[..., NoReturn]:
    """The stand-in for a gate or register function, for editors and for Python to find.

    Raises AttributeError for names that are neither, with the name that was probably meant.
    """
    if name not in REGISTERS and name not in GATES and name not in MODIFIERS:
        from qlang.sema.suggestions import suggest

        near = suggest(name, [*GATES, *REGISTERS, *MODIFIERS])
        hint = f". Did you mean: {near!r}?" if near else ""
        raise AttributeError(f"module 'qlang' has no attribute {name!r}{hint}")

    def only_in_circuits(*_: object, **__: object) -> NoReturn:
        raise TypeError(f"ql.{name} describes part of a circuit: use it inside a function under @ql.circuit")

    only_in_circuits.__name__ = only_in_circuits.__qualname__ = name
    only_in_circuits.__module__ = "qlang"
    gate = GATES.get(name)
    only_in_circuits.__doc__ = gate.words if gate is not None else {**MODIFIERS, **REGISTERS}[name]
    return only_in_circuits
