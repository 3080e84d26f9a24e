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


def test_a_result_prints_as_the_command_does(qlangc: Callable[..., Any], in_workspace: Path) -> None:
    text = (
        "circuit c(float t) { qubit[2] q; rx(t) q[0]; }\n"
        "job j { run c(t = 0.5); expect z = Z(q[0]); sample q; shots 500; seed 2; backend sim like ibm.manila; }\n"
        "job k { run c(t = t); sweep t in [0.1, 0.2]; expect z = Z(q[0]); shots 50; seed 2; }\n"
    )
    Path("program.qjob").write_text(text)
    for job, parts in (("j", ("expectation", "counts of q", "± is shot noise alone")), ("k", ("t  ", "0.2"))):
        result = ql.compile(text, "program.qjob").run(job)
        shown = str(result)
        assert all(part in shown for part in parts) and "\x1b" not in shown
        assert _steady(shown) == _steady(qlangc("run", "program.qjob", "--job", job).out)
        assert repr(result).startswith(f"Result({result.run_id}") and "\n" not in repr(result)


def _steady(table: str) -> list[str]:
    """What two runs of one plan have in common: all but the id, the folder and the time."""
    head, *lines = table.splitlines()
    return [head.partition(":")[2], *(line for line in lines if line.split()[:1] not in (["recorded"], ["took"]))]
