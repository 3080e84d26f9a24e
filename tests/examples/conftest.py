"""Exact states of small registers by NumPy; qubit 0 is the least significant bit of an index."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAULI = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


@pytest.fixture
def pauli() -> Callable[..., np.ndarray]:
    """`pauli(4, {0: "X", 2: "Z"})`: the matrix of a Pauli product."""

    def product(qubits: int, factors: Mapping[int, str]) -> np.ndarray:
        matrix = np.eye(1)
        for qubit in range(qubits):
            matrix = np.kron(PAULI[factors.get(qubit, "I")], matrix)
        return matrix

    return product


@pytest.fixture
def run_example(qlangc: Callable[..., Any], pytestconfig: pytest.Config) -> Callable[[str], dict[str, Any]]:
    """Run a file of `examples/`, verify and replay the run; the object that `run --json` prints."""

    def run(name: str) -> dict[str, Any]:
        outcome: dict[str, Any] = qlangc("run", pytestconfig.rootpath / "examples" / name, "--json").data
        verdict = qlangc("verify", outcome["run_dir"], "--json").data
        assert verdict["ok"], [check for check in verdict["checks"] if not check["ok"]]
        again = qlangc("replay", outcome["run_dir"], "--json").data
        assert again == {
            "schema": "qlang.replay/1",
            "ok": True,
            "plan_hash": outcome["plan_hash"],
            "result_digest": outcome["result_digest"],
            "differences": [],
            "surroundings": [],
        }
        stored = json.loads((Path(outcome["run_dir"]) / "results.json").read_text(encoding="utf-8"))
        assert stored
        return outcome

    return run
