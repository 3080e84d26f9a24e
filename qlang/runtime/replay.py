"""Run a recorded plan again and compare: the same plan and seed give the same bits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.utils.exceptions import ParseError, VerifyException

from qlang.backends.protocol import Backend
from qlang.backends.reference import ReferenceBackend
from qlang.ir import plan
from qlang.ir.text import parse_ir
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
    result_digest: str
    """Of the new results."""
    differences: tuple[str, ...]
    """What differs from the record, in words."""


def replay_run(run_dir: Path, backend: Backend | None = None) -> Replay:
    """Execute the plan of a complete run folder; nothing is written.

    The folder is not believed to be genuine: that is what `qlang.trust.verify` is for. Raises `BadRun` for a folder
    that cannot be read, and what executing raises.
    """
    run = load_run(run_dir)
    module, job = _parse(run)
    machine = Machine(module, job, backend or ReferenceBackend())
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
    differences = list(_differences(recorded, results.core))
    if recorded.get("result_digest") != results.digest:
        differences.append(f"result digest: recorded {recorded.get('result_digest')}, now {results.digest}")
    return Replay(not differences, plan_hash(job), results.digest, tuple(differences[:_MAX_DIFFERENCES]))


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


def _differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Where plain data differ, by path; what only the record has is no result."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in new:
            if key not in old:
                yield f"{place}{key}: not in the record"
            else:
                yield from _differences(old[key], new[key], f"{place}{key}.")
    elif isinstance(old, list) and isinstance(new, list | tuple) and len(old) == len(new):
        for index, (one, two) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, two, f"{place}{index}.")
    elif old != new:
        yield f"{place.rstrip('.')}: recorded {str(old)[:80]}, now {str(new)[:80]}"
