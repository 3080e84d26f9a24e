"""How far rounding can move a simulated state: an upper bound from the counted gates, for every target.

One operator of the reference (`cpu.numpy`) on w wires multiplies blocks of k numbers (k = 2^w amplitudes of a state
vector, 4^w Pauli components of a density matrix). With u = 2^-53, complex inner products of length k err by at most
√2·(k + 2)·u times the product of the moduli (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.1
and lemma 3.5), so the block by √2·(k + 2)·√k·u times its norm, and computed matrix entries add 5·k·u. Errors of later
operators add up, for unitaries keep the l2 norm and channels the trace norm; (1 + ε)^n − 1 ≤ exp(n·ε) − 1.

Native code works on elementary steps (`qlang.kernels.recipes`) in precision u = 2^-53 or 2^-24, after angles and
tables were made in double precision, d = 2^-53:

- A scaled rotation b + t·a, a − t·b errs by u of the result, and by u of t·b and t·a on processors without fused
  multiply-adds; t = tan(θ/2) with |t| ≤ 1 is off by (u + 6d)·|t|, and |t|/√(1 + t²) ≤ 1/√2 of the result's norm.
- A phase table's entry is a product of numbers of modulus one with the cosines that rotations left out: u for storing
  it. Complex multiplication errs by √5·u (Brent, Percival, Zimmermann, Math. Comp. 76, 1469 (2007)). Every rotation
  and every phase term is charged one multiplication, as if none shared a table, and 6d for the sine and cosine of an
  angle and a factor of the product.
- Interactions of a pair of wires may be written as one rotation by one of two angles (`qlang.kernels.interactions`),
  only where its steps are charged no more than those that they replace: one multiplication for each angle, and for the
  three shears of such a rotation 12u. With |τ|, |σ| ≤ 1 and a vector of norm 1, the shears' results are at most √2, 1
  and 1, their errors reach the end times 1, √2 and 1, and each errs by u of its result, u of its coefficient's product,
  and u of that product without fused multiply-adds: (√2 + 2) + √2 (1 + 2√2) + 3 < 12. Its two angles are sums and
  differences of those replaced, with the error of both. A constant within d of a multiple of π/2 is taken as that.
- One-qubit gates that stand together are multiplied and written as three angles when angles are bound: 10d for each
  factor, and as much for its share of the angles. There are no more of these than there were.
- An angle c₀ + Σ cᵢ·pᵢ with |pᵢ| ≤ 2π (parameters are reduced exactly before) errs by d times the sum of the moduli
  for each addition; angles that meet in a table or a merged rotation are added in at most `_ADDITIONS` steps, each
  term being charged its own modulus, at least that of any angle of such a product, for all of them. Half of an
  angle's error is that of a rotation or a parity.
- Wires that begin in a state or join it are one multiplication with a stored factor, √5·u + u. A factor that is not
  exact has a step that made it, and each multiplication is charged to one of them: less than its table would be.
- Permutations, Paulis and their frames are exact.
- What is read is of the computed state divided by its norm. A vector at the distance ε < 1 of a unit vector is at an
  angle of at most arcsin ε to it, and √(2 − 2·√(1 − ε²)) from it once it has norm 1.

- Without noise the bound is on ‖ψ − ψ'‖₂ of the normalised state; after measurements, on its mean over outcomes
  (Cauchy–Schwarz: a branch of probability p scales an error by 1/√p and weighs p).
- With noise it is on the trace norm of ρ − ρ', which is at least its l2 (Frobenius) norm: an operator's l2 error
  gives at most √(2^n) times as much trace norm, and a channel's matrix has at most √(2^w) times the norm of a unitary.
  Pure states of trajectories are off by twice their own l2 error in trace norm, which is less.

The angles are taken as the program computes them; sampling and estimation are not rounding and are not in it.
"""

from collections.abc import Mapping
from functools import lru_cache
from math import expm1, pi, sqrt

from qlang.ir.gates import Primitive, counted_gate, cx_gates
from qlang.ir.values import Plain
from qlang.kernels.recipes import recipe
from qlang.kernels.steps import StepKind

UNIT_ROUNDOFF = 2.0**-53
NATIVE: Mapping[str, tuple[int, int]] = {"cpu.llvm": (1, 1), "gpu.cuda": (2, 9)}
"""Targets of native code, and the multiplications that a parity and a pattern are charged there; all others are
bounded as the reference. A GPU multiplies tables as it goes instead of making one of them: short patterns are eight
parities at most, and each table's entry is multiplied once, the product with the table of scales once more."""
_NATIVE_ROUNDOFF = {"bf16": 2.0**-24, "f32": 2.0**-24, "f64": UNIT_ROUNDOFF}
_STORED_ROUNDOFF = {"bf16": 2.0**-8}
"""Of amplitudes that are stored in less than they are computed in. Every elementary step is charged a store, as if it
were a sweep over memory of its own, and so are the initial state and a measurement."""
_PRECISIONS = {"cpu.llvm": ("f32", "f64"), "gpu.cuda": ("bf16", "f32", "f64")}
_ADDITIONS = 64
"""Of angles one after another: 16 levels of a transform over a tile's rows, and up to 48 terms on the same wires."""
_COLLAPSE = 48.0
"""Rounding of a measurement by native code: the probability, summed in a tree, its root, and the scaling by it."""
_ENTRY = 5.0
"""Rounding of a matrix entry in units of u: a product of sines, cosines and phases, or an entry taken as zero."""
_DEVICE_CHANNELS = 2
"""Channels after a gate of a calibrated device: depolarizing and relaxation."""


def operator_error(levels: int) -> float:
    """Relative l2 error of one operator on blocks of `levels` numbers, in units of u."""
    return sqrt(2) * (levels + 2) * sqrt(levels) + _ENTRY * levels


def precisions(target: str, noise: Plain) -> tuple[str, ...]:
    """Precisions that a target may run a job in, the fastest first; noise is simulated in double precision."""
    return _PRECISIONS.get(target, ("f64",)) if noise is None else ("f64",)


def native_gate_error(primitive: Primitive, controls: int, precision: str, target: str) -> float:
    """Relative l2 error of a gate by native code of a target, in units of its roundoff."""
    double = UNIT_ROUNDOFF / _NATIVE_ROUNDOFF[precision]
    return _native_error(primitive.code, controls, double, *NATIVE[target])


@lru_cache(maxsize=1024)
def _native_error(code: int, controls: int, double: float, parity: int, pattern: int) -> float:
    total = 0.0
    for step in recipe(code, "1" * controls).steps:
        if step.angle is not None:
            modulus = max(abs(step.angle[0]) + 2 * pi * sum(map(abs, step.angle[1:])), 2 * pi)
            share = 1.0 if step.kind is StepKind.PATTERN else 0.5
            total += (sqrt(5) + 1) * {StepKind.PARITY: parity, StepKind.PATTERN: pattern}.get(step.kind, 1)
            total += double * (6 + 20 + share * modulus * (_ADDITIONS + len(step.angle)))
            total += 1 + (2 + 6 * double) / sqrt(2) if step.kind is StepKind.ROTATION else 0
    return total


def l2_bound(
    resources: Mapping[str, Plain],
    qubits: int,
    scale: int,
    noise: Plain,
    target: str = "cpu.numpy",
    precision: str = "f64",
) -> float | None:
    """An upper bound on the l2 error of the state at the largest noise scale.

    `resources` is what `count-resources` wrote. `None` where the number of operators is not bounded: a `while`, or a
    loop whose range is not known before the run.
    """
    if not resources["bounded"]:
        return None
    counts = resources["gates"]
    assert isinstance(counts, Mapping)
    channels = _channels(noise)
    numbers = [(counted_gate(name), _count(number)) for name, number in counts.items()]
    others = sum(_count(resources[name]) for name in ("measurements", "resets", "unlisted"))
    units: float = sum(number * _gate_error(*gate, channels) for gate, number in numbers)
    units += others * _single_error(channels)
    spread = sqrt(2.0**qubits) if channels else 1.0
    bound = spread * expm1(min(units * scale * UNIT_ROUNDOFF, 1.0))
    if target not in NATIVE:
        return bound
    native: float = sum(number * native_gate_error(*gate, precision, target) for gate, number in numbers)
    native += others * _COLLAPSE
    rounding = native * _NATIVE_ROUNDOFF[precision]
    if precision in _STORED_ROUNDOFF:
        steps = sum(number * len(recipe(gate.code, "1" * controls).steps) for (gate, controls), number in numbers)
        rounding += (steps + others + 1) * _STORED_ROUNDOFF[precision]
    own = _normalised(expm1(min(rounding * scale, 1.0)))
    return max(bound, 2 * own if channels else own)  # small states and other noise are left to the reference


def _normalised(error: float) -> float:
    """How far a vector is from a unit vector, divided by its norm; before, it was as far as `error`."""
    return error * sqrt(2 / (1 + sqrt(1 - error * error))) if error < 1 else 2.0


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
