"""Circuits as steps, for what plans of them look like; and a count of work that no load of the machine changes."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np

from qlang.kernels.decompose import steps_of
from qlang.kernels.program import Pass, Program
from qlang.kernels.steps import Steps
from tests.kernels.programs import CX, PARITY, PATTERN, ROTATION, steps_from
from tests.kernels.step_circuits import call


def brickwork(qubits: int, layers: int) -> Steps:
    """Layers of ry and rz on every wire and cx on every second pair of neighbours."""
    rows = []
    for layer in range(layers):
        for wire in range(qubits):
            rows += [(ROTATION, wire, 0), (PARITY, 1 << wire, 0)]
        rows += [(CX, wire, wire + 1) for wire in range(layer % 2, qubits - 1, 2)]
    return steps_from(qubits, rows)


def trotter(qubits: int, layers: int) -> Steps:
    """Layers of zz on every pair of neighbours and rx on every wire."""
    calls = []
    for _ in range(layers):
        calls += [call("rzz", wire, wire + 1, parameters=(0.1,)) for wire in range(qubits - 1)]
        calls += [call("rx", wire, parameters=(0.2,)) for wire in range(qubits)]
    return steps_of(calls, qubits).steps


def fourier(qubits: int) -> Steps:
    """The quantum Fourier transform, its exchanges at the end included."""
    calls = []
    for wire in reversed(range(qubits)):
        calls.append(call("h", wire))
        calls += [call("cp", other, wire, parameters=(np.pi / 2 ** (wire - other),)) for other in range(wire)]
    calls += [call("swap", wire, qubits - 1 - wire) for wire in range(qubits // 2)]
    return steps_of(calls, qubits).steps


def search(qubits: int, rounds: int) -> Steps:
    """Rotations on all wires and a sign on one of the states, as in Grover's search."""
    everything = (1 << qubits) - 1
    rows = []
    for _ in range(rounds):
        rows += [(ROTATION, wire, 0) for wire in range(qubits)]
        rows.append((PATTERN, everything, everything))
    return steps_from(qubits, rows)


def random_steps(qubits: int, count: int, seed: int = 3) -> Steps:
    """Rotations, phases and CX gates on random wires."""
    generator = np.random.default_rng(seed)
    rows = []
    for kind in generator.choice([ROTATION, PARITY, CX], size=count).tolist():
        first, second = generator.permutation(qubits)[:2].tolist()
        rows.append((kind, 1 << first if kind == PARITY else first, second if kind == CX else 0))
    return steps_from(qubits, rows)


def passes(program: Program) -> list[Pass]:
    """All passes in order."""
    return [entry for sweep in program.sweeps for entry in sweep.passes]


def calls_made(function: Callable[[], Any]) -> int:
    """Function calls, built-in ones too, that a call makes."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count
