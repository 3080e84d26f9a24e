"""Run a recorded plan again and compare: the same plan and seed give the same bits."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import ParseError, VerifyException

from qlang.backends.protocol import Backend
from qlang.ir import plan
from qlang.ir.text import parse_ir, print_ir
from qlang.runtime.differences import Difference, result_differences
from qlang.runtime.errors import BadRun
from qlang.runtime.interpret import COMPUTE, Handler, Machine, interpret
from qlang.runtime.record import plan_hash
from qlang.runtime.results import results_of
from qlang.runtime.run_folder import StoredRun, load_run
from qlang.runtime.stages import Checked

_MAX_DIFFERENCES = 20


@dataclass(frozen=True, slots=True)
class Replay:
    """What running again gave."""

    ok: bool
    plan_hash: str
    """Of the plan as it lies in the folder."""
    plan_text: str
    """The plan as it lies in the folder, without locations."""
    result_digest: str
    """Of the new results."""
    differences: tuple[Difference, ...]


def replay_run(run_dir: Path, backend: Backend | None = None) -> Replay:
    """Execute the plan of a complete run folder; nothing is written.

    The folder is not believed to be genuine: that is what `qlang.trust.verify` is for. Raises `BadRun` for a folder
    that cannot be read, and what executing raises.
    """
    run = load_run(run_dir)
    module, job = _parse(run)
    machine = Machine(module, job, backend)
    last: list[Any] = []
    handlers: dict[type[Operation], Handler] = {
        **COMPUTE,
        plan.SignOp: lambda machine, op: last.append(machine.value(op.verdict)),
        plan.RecordOp: lambda machine, op: None,
    }
    interpret(machine, handlers)
    if not last:
        raise BadRun(run_dir / "plan.mlir", "the plan does not end in `plan.sign`")
    checked: Checked = last[0]
    results = results_of(job.job.data, checked)
    recorded = run.json("results.json")
    differences = list(islice(result_differences(recorded, results.core), _MAX_DIFFERENCES))
    if recorded.get("result_digest") != results.digest:
        old = str(recorded.get("result_digest"))
        differences.append(Difference("result", "result digest", old, results.digest, ""))
    return Replay(not differences, plan_hash(job), print_ir(job), results.digest, tuple(differences))


def _parse(run: StoredRun) -> tuple[ModuleOp, plan.JobOp]:
    text = run.text("plan.mlir") + run.text("kernel.mlir")
    try:
        module = parse_ir(f"builtin.module {{\n{text}\n}}", "plan.mlir")
        module.verify()
    except (ParseError, VerifyException) as error:
        raise BadRun(run.path / "plan.mlir", "is not a plan that this version can read") from error
    jobs = [op for op in module.ops if isinstance(op, plan.JobOp)]
    if len(jobs) != 1:
        raise BadRun(run.path / "plan.mlir", f"has {len(jobs)} plans")
    return module, jobs[0]
