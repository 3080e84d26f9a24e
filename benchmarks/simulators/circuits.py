"""The circuits that are measured. Wire 0 is the least significant bit; every circuit starts in |0…0⟩.

All random numbers come from `numpy.random.default_rng` with the seed (SEED, qubits), so that a name and a number of
qubits (and a bound on the depth, where one is given) determine every angle.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.simulators.gates import Operation

SEED = 20240
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit with numbers for all its angles."""

    name: str
    qubits: int
    operations: tuple[Operation, ...]
    layers: int
    """The depth in the unit of the circuit's definition."""

    @property
    def parameters(self) -> tuple[float, ...]:
        """The angles of the operations with a slot, in the order of the slots."""
        return tuple(each.angles[0] for each in self.operations if each.slot is not None)


def brickwork(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """Each layer: ry, rz with angles in [0, 2π) on every qubit; cx on (0,1), (2,3) … or, odd layers, (1,2), (3,4) …"""
    for layer in range(layers):
        for wire in range(qubits):
            yield Operation("ry", (wire,), (random.uniform(0, 2 * math.pi),))
            yield Operation("rz", (wire,), (random.uniform(0, 2 * math.pi),))
        for wire in range(layer % 2, qubits - 1, 2):
            yield Operation("cx", (wire, wire + 1))


def quantum_volume(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """Each layer: the qubits in random order, taken in pairs, and on every pair a Haar-random SU(4) (arXiv:1811.12926).

    As many layers as qubits, unless a bound is given. A pair's gate is given by its Cartan form, whose Haar measure is
    that of the local gates times ∏_{j<k} |sin(c_j + c_k) sin(c_j − c_k)| dc (arXiv:1306.2811, eq. 15 in our angles).
    """
    for _ in range(layers):
        order = [int(wire) for wire in random.permutation(qubits)]
        for first, second in zip(order[0::2], order[1::2], strict=False):
            angles = (*_haar_angles(random), *_haar_angles(random), *_haar_cartan(random))
            yield Operation("su4", (first, second), (*angles, *_haar_angles(random), *_haar_angles(random)))


def _haar_angles(random: Random) -> tuple[float, float, float]:
    """θ, φ, λ of a Haar-random U(θ, φ, λ)."""
    return (
        2 * math.asin(math.sqrt(random.uniform())),
        random.uniform(0, 2 * math.pi),
        random.uniform(0, 2 * math.pi),
    )


def _haar_cartan(random: Random) -> tuple[float, float, float]:
    while True:
        a, b, c = (float(each) for each in random.uniform(0, math.pi, 3))
        density = abs(
            math.sin(a + b) * math.sin(a - b) * math.sin(a + c) * math.sin(a - c) * math.sin(b + c) * math.sin(b - c)
        )
        if random.uniform() < density:
            return a, b, c


def regular_graph(qubits: int, random: Random) -> list[tuple[int, int]]:
    """A random simple 3-regular graph by the pairing model, drawn again until it is simple. `qubits` is even."""
    while True:
        points = random.permutation(np.repeat(np.arange(qubits), 3))
        edges = {(int(min(a, b)), int(max(a, b))) for a, b in points.reshape(-1, 2) if a != b}
        if len(edges) == 3 * qubits // 2:
            return sorted(edges)


def qaoa(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """MaxCut on a random 3-regular graph: h on all; each layer rzz(γ) on every edge and rx(β) on every qubit."""
    edges = regular_graph(qubits, random)
    yield from (Operation("h", (wire,)) for wire in range(qubits))
    for _ in range(layers):
        gamma, beta = (float(each) for each in random.uniform(0, math.pi, 2))
        yield from (Operation("rzz", edge, (gamma,)) for edge in edges)
        yield from (Operation("rx", (wire,), (beta,)) for wire in range(qubits))


def trotter(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """Open Ising chain with J = 1, field 0.9, time step 0.1: each step rzz(0.2) along the chain, then rx(0.18)."""
    for _ in range(layers):
        yield from (Operation("rzz", (wire, wire + 1), (0.2,)) for wire in range(qubits - 1))
        yield from (Operation("rx", (wire,), (0.18,)) for wire in range(qubits))


def qft(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """ry with random angles on all (so that the input is not a basis state), then the full transform with its swaps."""
    for wire in range(qubits):
        yield Operation("ry", (wire,), (random.uniform(0, math.pi),))
    for wire in reversed(range(qubits)):
        yield Operation("h", (wire,))
        for control in reversed(range(wire)):
            yield Operation("cp", (control, wire), (math.pi / 2 ** (wire - control),))
    for wire in range(qubits // 2):
        yield Operation("swap", (wire, qubits - 1 - wire))


def ghz(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """h on qubit 0, then cx along the chain."""
    yield Operation("h", (0,))
    yield from (Operation("cx", (wire, wire + 1)) for wire in range(qubits - 1))


def grover(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """h on all; each iteration flips the sign of one random basis state, then reflects about the uniform state."""
    marked = random.integers(0, 2, qubits)
    unset = [wire for wire in range(qubits) if not marked[wire]]
    every = tuple(range(qubits))
    yield from (Operation("h", (wire,)) for wire in every)
    for _ in range(layers):
        yield from (Operation("x", (wire,)) for wire in unset)
        yield Operation("mcz", every)
        yield from (Operation("x", (wire,)) for wire in unset)
        yield from (Operation(name, (wire,)) for name in ("h", "x") for wire in every)
        yield Operation("mcz", every)
        yield from (Operation(name, (wire,)) for name in ("x", "h") for wire in every)


def clifford_t(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """Each layer: h, s, sdg, t or tdg, drawn uniformly, on every qubit; cx on the pairs of a random order of them."""
    names = ("h", "s", "sdg", "t", "tdg")
    for _ in range(layers):
        yield from (Operation(names[random.integers(len(names))], (wire,)) for wire in range(qubits))
        order = [int(wire) for wire in random.permutation(qubits)]
        yield from (Operation("cx", pair) for pair in zip(order[0::2], order[1::2], strict=False))


def hea(qubits: int, layers: int, random: Random) -> Iterator[Operation]:
    """Each layer: ry then rz on every qubit, all angles parameters, then cx along the open chain.

    2 · qubits · layers parameters: 400 for 20 qubits and the usual 10 layers.
    """
    slot = 0
    for _ in range(layers):
        for wire in range(qubits):
            for name in ("ry", "rz"):
                yield Operation(name, (wire,), (random.uniform(0, 2 * math.pi),), slot)
                slot += 1
        yield from (Operation("cx", (wire, wire + 1)) for wire in range(qubits - 1))


@dataclass(frozen=True, slots=True)
class Definition:
    """How a circuit is made, and its usual number of layers (None: as many as qubits)."""

    make: Callable[[int, int, Random], Iterator[Operation]]
    layers: int | None
    bounded: bool = True
    """Whether `layers` may be bounded by the caller."""


DEFINITIONS: dict[str, Definition] = {
    "brickwork": Definition(brickwork, 20),
    "quantum_volume": Definition(quantum_volume, None),
    "qaoa": Definition(qaoa, 4),
    "trotter": Definition(trotter, 10),
    "qft": Definition(qft, 1, bounded=False),
    "ghz": Definition(ghz, 1, bounded=False),
    "grover": Definition(grover, 4),
    "clifford_t": Definition(clifford_t, 20),
    "hea": Definition(hea, 10),
}


def circuit(name: str, qubits: int, max_layers: int | None = None) -> Circuit:
    """One of `DEFINITIONS` for an even number of qubits ≥ 4, with at most `max_layers` layers.

    Raises KeyError for an unknown name, ValueError for numbers that make no circuit.
    """
    if qubits < 4 or qubits % 2:
        raise ValueError(f"{qubits} qubits: an even number from 4 on is needed (every circuit pairs its qubits)")
    definition = DEFINITIONS[name]
    layers = definition.layers or qubits
    if max_layers is not None and definition.bounded:
        layers = min(layers, max_layers)
    random = np.random.default_rng((SEED, qubits))
    return Circuit(name, qubits, tuple(definition.make(qubits, layers, random)), layers)
