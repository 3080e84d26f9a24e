"""Jobs written in Python leave runs like all others: genuine, and replayable without Python's help."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qlang as ql

TURN = 0.3


@ql.circuit
def turned(n: int, steps: int):
    q = ql.qubits(n)
    for _ in range(steps):
        for i in range(n):
            ql.rx(TURN, q[i])


def test_a_run_is_verified_and_replayed(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    job = ql.job(turned(3, steps=2), expect={"mz": ql.mean(ql.Z)}, shots=500, seed=5, backend="sim like ibm.manila")
    result = job.run()
    assert qlangc("verify", result.run_dir, "--json").data["ok"]
    again = qlangc("replay", result.run_dir, "--json").data
    assert again == {
        "schema": "qlang.replay/1",
        "ok": True,
        "plan_hash": result.record["plan_hash"],
        "result_digest": result.record["result_digest"],
        "differences": [],
        "surroundings": [],
    }
    assert "def turned" in (result.run_dir / "source.py").read_text(encoding="utf-8")
    assert json.loads((result.run_dir / "inputs.json").read_text(encoding="utf-8"))["embedded"] is True


def test_text_is_compiled_again(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    program = ql.compile("circuit c() { qubit q; U(1, 0, 0) q; }\njob j { run c(); sample q; shots 50; seed 2; }\n")
    result = program.run()
    assert qlangc("replay", result.run_dir).status == 0
    assert json.loads((result.run_dir / "inputs.json").read_text(encoding="utf-8"))["embedded"] is False
