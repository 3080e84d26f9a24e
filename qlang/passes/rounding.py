"""How far rounding can move a simulated state: an upper bound from the counted gates.

One operator on w wires multiplies blocks of k numbers (k = 2^w amplitudes of a state vector, 4^w Pauli components of
a density matrix). With u = 2^-53, complex inner products of length k err by at most √2·(k + 2)·u times the product
of the moduli (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1 and lemma 3.5), so the block by
√2·(k + 2)·√k·u times its norm, and computed matrix entries add 5·k·u. Errors of later operators add up, for
unitaries keep the l2 norm and channels the trace norm; (1 + ε)^n − 1 ≤ exp(n·ε) − 1.

- Without noise the bound is on ‖ψ − ψ'‖₂ of the normalised state; after measurements, on its mean over outcomes
  (Cauchy–Schwarz: a branch of probability p scales an error by 1/√p and weighs p).
- With noise it is on the trace norm of ρ − ρ', which is at least its l2 (Frobenius) norm: an operator's l2 error
  gives at most √(2^n) times as much trace norm, and a channel's matrix has at most √(2^w) times the norm of a unitary.

The angles are taken as the kernel computes them; sampling and estimation are not rounding and are not in it.
"""

from collections.abc import Mapping
from math import expm1, sqrt

from qlang.ir.gates import Primitive, counted_gate, cx_gates
from qlang.ir.values import Plain

UNIT_ROUNDOFF = 2.0**-53
_ENTRY = 5.0
"""Rounding of a matrix entry in units of u: a product of sines, cosines and phases, or an entry taken as zero."""
_DEVICE_CHANNELS = 2
"""Channels after a gate of a calibrated device: depolarizing and relaxation."""


def operator_error(levels: int) -> float:
    """Relative l2 error of one operator on blocks of `levels` numbers, in units of u."""
    return sqrt(2) * (levels + 2) * sqrt(levels) + _ENTRY * levels


def l2_bound(resources: Mapping[str, Plain], qubits: int, scale: int, noise: Plain) -> float | None:
    """An upper bound on the l2 error of the state at the largest noise scale, in double precision.

    `resources` is what `count-resources` wrote. `None` where the number of operators is not bounded: a `while`, or a
    loop whose range is not known before the run.
    """
    if not resources["bounded"]:
        return None
    counts = resources["gates"]
    assert isinstance(counts, Mapping)
    channels = _channels(noise)
    units: float = sum(_count(number) * _gate_error(*counted_gate(name), channels) for name, number in counts.items())
    others = sum(_count(resources[name]) for name in ("measurements", "resets", "unlisted"))
    units += others * _single_error(channels)
    spread = sqrt(2.0**qubits) if channels else 1.0
    return spread * expm1(min(units * scale * UNIT_ROUNDOFF, 1.0))


def infidelity_bound(l2: float, noisy: bool) -> float:
    """An upper bound on 1 − F: ε² for pure states, where F = |⟨ψ|ψ'⟩|², else the trace norm (Fuchs, van de Graaf)."""
    return l2 if noisy else l2 * l2


def _count(number: Plain) -> int:
    assert isinstance(number, int)
    return number


def _channels(noise: Plain) -> int:
    """How many channels may follow a gate on one or two wires."""
    if not isinstance(noise, Mapping):
        return 0
    rules = noise.get("rules")
    return len(rules) if isinstance(rules, list) else _DEVICE_CHANNELS


def _gate_error(primitive: Primitive, controls: int, channels: int) -> float:
    if not channels:
        return operator_error(2**primitive.qubits)  # controls only choose the amplitudes
    wires = primitive.qubits + controls
    places = wires if wires < 3 else wires * cx_gates(primitive, controls)
    return (1 + channels * places) * operator_error(4**wires) * sqrt(2.0**wires)


def _single_error(channels: int) -> float:
    return (1 + channels) * operator_error(4) * sqrt(2) if channels else operator_error(2)
