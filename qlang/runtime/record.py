"""Run a plan, sign what happened and record it: the one entry for a run.

.qlang/runs/<id>/  source.qjob plan.mlir ir.mlir kernel.mlir inputs.json results.json raw.json report.html
                   manifest.dsse.json receipt.tlog-proof trace.json, and .npy files for what is too long for JSON
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation

from qlang.backends.protocol import Backend
from qlang.ir import plan
from qlang.ir.kernel import FuncOp
from qlang.ir.text import print_ir, text_digest
from qlang.ir.values import plain_attributes
from qlang.mitigation.arms import EM_VERSION
from qlang.runtime.errors import BadPlan
from qlang.runtime.interpret import COMPUTE, Handler, Machine, interpret
from qlang.runtime.progress import Progress, progress_for
from qlang.runtime.raw_data import raw_json
from qlang.runtime.report import report_html
from qlang.runtime.results import Results, results_of, sla_json
from qlang.runtime.run_folder import RunFolder, run_folder
from qlang.runtime.stages import Checked, Kernel
from qlang.trust.canonical import Json, sha256_digest
from qlang.trust.crypto_modes import MODES
from qlang.trust.custody import DEFAULT_TENANT
from qlang.trust.manifest import RunFacts
from qlang.trust.seal import SealedRun, seal_run
from qlang.trust.signing.request import ManifestSigner
from qlang.trust.times import any_moment, written_precisely


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that the source imports: its path from the folder of the source, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What was compiled."""

    name: str
    """File name; its ending says the language."""
    text: str
    imports: tuple[Imported, ...] = ()
    overrides: Mapping[str, str | int | None] = field(default_factory=dict)
    """Options of the command line that replace the job's own."""
    embedded: bool = False
    """Whether the text is that of a Python function with a job block behind it."""
    policy: Mapping[str, Json] = field(default_factory=dict)
    """The rules of the policy that it was compiled under, as `qlang.trust.policy.content` gives them."""

    @property
    def file_name(self) -> str:
        """What it is called in the run folder."""
        if self.embedded:
            return "source.py"
        return "source.qasm" if self.name.endswith(".qasm") else "source.qjob"


@dataclass(frozen=True, slots=True)
class CompileInfo:
    """How it was compiled."""

    version: str
    stages: tuple[tuple[str, float], ...] = ()
    """Name and seconds of each stage, in order."""
    passes: tuple[str, ...] = ()
    """The passes that ran, in order, with their options."""

    @property
    def seconds(self) -> float:
        """All stages together."""
        return sum(seconds for _, seconds in self.stages)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A recorded run."""

    run_id: str
    run_dir: Path
    job: str
    backend: str
    plan_hash: str
    result_digest: str
    manifest_digest: str
    ledger_index: int
    seed: str
    results: Results
    timings: Mapping[str, float]
    """`compile_s`, `execute_s`, `sign_s`."""

    def to_json(self) -> dict[str, Any]:
        """The object that `qlangc run --json` prints; `points` only for a sweep."""
        points = self.results.points
        single = points[0] if len(points) == 1 and not points[0]["parameters"] else {}
        shown = {"expect": single.get("expect", {}), "counts": single.get("counts", {})}
        shown |= {name: single[name] for name in ("probabilities", "states") if name in single}
        return {
            "run_id": self.run_id,
            "run_dir": str(self.run_dir),
            "job": self.job,
            "backend": self.backend,
            "plan_hash": self.plan_hash,
            "result_digest": self.result_digest,
            "seed": self.seed,
            **shown,
            "points": [] if single else list(points),
            "sla": sla_json(self.results.sla),
            "bias_bounds": self.results.core["bias_bounds"],
            "methods_applied": self.results.core["methods_applied"],
            "not_applied": self.results.core["not_applied"],
            "timings": dict(self.timings),
        }


@dataclass(frozen=True, slots=True)
class _Recorder:
    """What signing and recording need to know."""

    folder: RunFolder
    source: SourceInfo
    compiled: CompileInfo
    signer: ManifestSigner
    created: datetime


def execute_plan(
    module: ModuleOp,
    job: plan.JobOp,
    *,
    workspace: Path,
    source: SourceInfo,
    compiled: CompileInfo,
    signer: ManifestSigner,
    backend: Backend | None = None,
    progress: Progress | None = None,
) -> RunRecord:
    """Run a plan of a module, sign it and record it under `workspace`/.qlang.

    Raises the errors of `qlang.backends.errors`, `qlang.runtime.errors`, `qlang.mitigation.errors` and
    `qlang.trust.errors`; nothing is recorded then.
    """
    created = datetime.now(UTC)
    with run_folder(workspace, created) as folder:
        recorder = _Recorder(folder, source, compiled, signer, created)
        shown = progress or progress_for()
        machine = Machine(module, job, backend, shown, compile_seconds=compiled.seconds)
        handlers: dict[type[Operation], Handler] = {
            **COMPUTE,
            plan.SignOp: lambda machine, op: _sign(recorder, machine, op),
            plan.RecordOp: lambda machine, op: machine.value(op.signature),
        }
        _write_inputs(recorder, module, job)
        interpret(machine, handlers)
        return _finish(recorder, machine)


def _write_inputs(recorder: _Recorder, module: ModuleOp, job: plan.JobOp) -> None:
    folder, source = recorder.folder, recorder.source
    folder.write(source.file_name, source.text)
    folder.write("plan.mlir", print_ir(job))
    before = [op for op in module.ops if not isinstance(op, plan.JobOp | FuncOp)]
    folder.write("ir.mlir", "".join(print_ir(op) for op in before))
    folder.write("kernel.mlir", "".join(print_ir(op) for op in module.ops if isinstance(op, FuncOp)))
    imports = [{"name": i.name, "digest": sha256_digest(i.text.encode()), "text": i.text} for i in source.imports]
    inputs = {
        "schema": "qlang.inputs/1",
        "file": Path(source.name).name,
        "embedded": source.embedded,
        "imports": imports,
        "overrides": {name: value for name, value in source.overrides.items() if value is not None},
        "seed": job.seed.data,
        "policy": dict(source.policy),
        "compiler": recorder.compiled.version,
    }
    folder.write_json("inputs.json", inputs)


@dataclass(frozen=True, slots=True)
class Signed:
    """A sealed folder that still has its hidden name."""

    sealed: SealedRun
    facts: RunFacts
    results: Results
    seconds: float


def plan_hash(job: plan.JobOp) -> str:
    """SHA-256 of the plan's text without locations; it is also the digest of plan.mlir."""
    return text_digest(job)


def _sign(recorder: _Recorder, machine: Machine, op: plan.SignOp) -> Signed:
    checked: Checked = machine.value(op.verdict)
    folder, results = recorder.folder, results_of(machine.job.job.data, checked)
    started, kernel, raw = perf_counter(), _kernel(machine), checked.estimates.raw
    decided: Mapping[str, Any] = plain_attributes(op)
    sealed_facts = RunFacts(
        run_id=folder.run_id,
        job_id=machine.job.job.data,
        tenant=str(decided.get("tenant", DEFAULT_TENANT)),
        backend_id=raw.place.backend,
        crypto_mode=str(decided["crypto"]),
        plan_hash=plan_hash(machine.job),
        source_digest=sha256_digest(recorder.source.text.encode()),
        kernel_digest=kernel.digest,
        calibration_snapshot_id=raw.place.snapshot,
        calibration_at=_in_utc(raw.place.predicted.get("snapshot_date")),
        em_method=str(checked.estimates.policy.arm),
        em_version=EM_VERSION,
        seed=machine.job.seed.data,
        result_digest=results.digest,
        created_at=written_precisely(recorder.created),
        compiler_version=recorder.compiled.version,
        passes=recorder.compiled.passes,
        labels={name: str(value) for name, value in decided.get("labels", {}).items()},
        methods_applied=tuple(note.to_json() for note in checked.estimates.notes),
    )
    for name, content in results.files.items():
        folder.write(name, content)
    folder.write_json("results.json", {**results.to_json(), "result_digest": results.digest})
    folder.write_json("raw.json", raw_json(raw))
    folder.write("report.html", report_html(results, sealed_facts, checked, machine.job))
    algorithms = tuple(map(str, decided.get("algorithms", MODES[sealed_facts.crypto_mode].default)))
    sealed = seal_run(folder.partial, sealed_facts, algorithms, recorder.signer)
    return Signed(sealed, sealed_facts, results, perf_counter() - started)


def _in_utc(date: object) -> str | None:
    """An ISO 8601 date as manifests write it, without a zone in UTC; None where it is none."""
    try:
        return None if date is None else written_precisely(any_moment(str(date)))
    except ValueError:
        return None


def _kernel(machine: Machine) -> Kernel:
    found = [value for value in machine.values.values() if isinstance(value, Kernel)]
    if not found:
        raise BadPlan("plan.sign", "no kernel was lowered")
    return found[0]


def _finish(recorder: _Recorder, machine: Machine) -> RunRecord:
    signed = [value for value in machine.values.values() if isinstance(value, Signed)]
    ends = [op for op in machine.job.body.block.ops if isinstance(op, plan.RecordOp)]
    if not signed or not ends:
        raise BadPlan("plan.job", "the run is not signed and recorded")
    folder, facts_ = recorder.folder, signed[0].facts
    folder.write_json("trace.json", machine.trace.to_json(recorder.compiled.stages))
    path = folder.finish()
    timings = {
        "compile_s": recorder.compiled.seconds,
        "execute_s": machine.trace.seconds("plan.execute"),
        "sign_s": signed[0].seconds,
    }
    return RunRecord(
        facts_.run_id,
        path,
        facts_.job_id,
        facts_.backend_id,
        facts_.plan_hash,
        facts_.result_digest,
        signed[0].sealed.manifest_digest,
        signed[0].sealed.ledger_index,
        facts_.seed,
        signed[0].results,
        timings,
    )
