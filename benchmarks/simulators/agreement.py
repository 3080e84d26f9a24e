"""Whether two simulators gave the same answer; without that there is no ratio.

States are compared on the largest amplitudes and on random ones, up to a global phase, in the l2 norm relative to that
of the compared amplitudes. Exact values likewise. Means over shots agree within five standard errors (one false alarm
in two million).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.simulators.processes import Worker

BOUNDS = {"float32": 1e-4, "float64": 1e-9}
_PEAKS = 32
_RANDOM = 96
_STANDARD_ERRORS = 5.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """A difference, and what it may be at most."""

    difference: float
    bound: float

    @property
    def agrees(self) -> bool:
        return self.difference <= self.bound  # false for NaN


def chosen_indices(worker: Worker, qubits: int, seconds: float) -> list[int]:
    """Basis states worth comparing, after a run of the worker."""
    random = np.random.default_rng(qubits).integers(0, 1 << qubits, _RANDOM)
    peaks = worker.ask("peaks", seconds, count=_PEAKS)["indices"]
    return sorted({*peaks, *random.tolist()})


def amplitudes(worker: Worker, indices: Sequence[int], seconds: float) -> Any:
    """Complex amplitudes of the worker's last run, shape (len(indices),)."""
    found = np.asarray(worker.ask("amplitudes", seconds, indices=list(indices))["amplitudes"], float)
    return found[:, 0] + 1j * found[:, 1]


def compare_states(ours: Any, theirs: Any, precision: str) -> Agreement:
    """Of amplitudes at the same basis states."""
    overlap = np.vdot(ours, theirs)
    phase = overlap / abs(overlap) if abs(overlap) > 0 else 1.0
    return Agreement(_distance(ours * phase, theirs), BOUNDS[precision])


def compare_values(ours: dict[str, Any], theirs: dict[str, Any], precision: str) -> Agreement:
    """Of the answers of the other kinds: `values`, and `errors` where they are statistical."""
    first, second = np.asarray(ours["values"], float), np.asarray(theirs["values"], float)
    if first.shape != second.shape:
        return Agreement(float("inf"), 0.0)
    if not (ours["errors"] and theirs["errors"]):
        return Agreement(_distance(first, second), BOUNDS[precision])
    error = np.hypot(ours["errors"], theirs["errors"])
    return Agreement(float(np.max(np.abs(first - second) / error)), _STANDARD_ERRORS)


def _distance(ours: Any, theirs: Any) -> float:
    size = float(np.linalg.norm(theirs))
    return float(np.linalg.norm(ours - theirs)) / size if size > 0 else float("inf")
