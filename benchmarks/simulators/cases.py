"""What is asked of a simulator, and the file that hands it over.

Four kinds of question:

- `state`: the state at the end of a circuit, from |0…0⟩; who can keep its memory from run to run may;
- `gradient`: the gradient of ⟨Σ Z_i Z_{i+1}⟩ (open chain) by all parameters of a circuit;
- `parameter_sets`: the same expectation value for many sets of parameters of one circuit;
- `trajectories`: the mean of Σ Z_i Z_{i+1} over shots of a noisy circuit, one trajectory for each shot. After each gate
  of k qubits these qubits depolarize: ρ → (1 − p) ρ + p · 1/2^k with p = NOISE[k − 1].
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.simulators.circuits import DEFINITIONS, SEED, Circuit, circuit
from benchmarks.simulators.gates import Operation

KINDS = ("state", "gradient", "parameter_sets", "trajectories")
NOISE = (0.001, 0.01)
TRAJECTORIES = 1000
PARAMETER_SETS = 100


@dataclass(frozen=True, slots=True)
class Case:
    """One question. `name` is a circuit's for the kind `state`, and the kind's own otherwise."""

    name: str
    kind: str
    circuit: Circuit
    sets: tuple[tuple[float, ...], ...] = ()
    trajectories: int = 0

    @property
    def qubits(self) -> int:
        return self.circuit.qubits


_OTHERS = {"gradient": "hea", "parameter_sets": "hea", "trajectories": "brickwork"}
"""Kinds that a name of their own asks for, and the circuit each is about."""

CASE_NAMES = (*DEFINITIONS, *_OTHERS)


def case(name: str, qubits: int, max_layers: int | None = None) -> Case:
    """One of `CASE_NAMES`. Raises KeyError for an unknown name and ValueError for numbers that make no circuit."""
    if name not in _OTHERS:
        return Case(name, "state", circuit(name, qubits, max_layers))
    about = circuit(_OTHERS[name], qubits, max_layers)
    if name == "trajectories":
        return Case(name, name, about, trajectories=TRAJECTORIES)
    if name == "gradient":
        return Case(name, name, about)
    random = np.random.default_rng((SEED, qubits, PARAMETER_SETS))
    drawn = random.uniform(0, 2 * math.pi, (PARAMETER_SETS, len(about.parameters)))
    return Case(name, name, about, sets=tuple(tuple(map(float, row)) for row in drawn))


def chain_of(outcome: int, qubits: int) -> int:
    """Σ Z_i Z_{i+1} of a basis state."""
    unequal = (outcome ^ (outcome >> 1)) & ((1 << (qubits - 1)) - 1)
    return qubits - 1 - 2 * unequal.bit_count()


def write_case(asked: Case, path: Path) -> None:
    path.write_text(json.dumps(asdict(asked)), encoding="utf-8")


def read_case(path: Path) -> Case:
    """The inverse of `write_case`."""
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    about = held.pop("circuit")
    operations = tuple(
        Operation(each["name"], tuple(each["wires"]), tuple(each["angles"]), each["slot"])
        for each in about.pop("operations")
    )
    sets = tuple(tuple(row) for row in held.pop("sets"))
    return Case(circuit=Circuit(operations=operations, **about), sets=sets, **held)
