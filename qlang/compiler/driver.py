"""The compilation of one job: check, lower, run the passes, hash the plan.

Every decision that comes from outside the text is an argument here (`Options`, and the policy with its tenant in
`Authority`) or is looked up by the pass `resolve-candidates`; the same text, options, policy and catalogue give the
same plan hash.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass, PassPipeline

from qlang.backends.targets import chosen_targets
from qlang.collection import CollectionPaused
from qlang.compiler.authority import DEVELOPMENT, Authority
from qlang.compiler.candidates import ResolveCandidates
from qlang.compiler.frontend import Analysis, FileLoader, TextLoader, analyse
from qlang.compiler.jobs import JobProblem, chosen_job
from qlang.compiler.lowering.circuit import lower_circuit
from qlang.compiler.lowering.frame import LoweringError
from qlang.compiler.lowering.job import lower_job
from qlang.compiler.plan_problems import REFUSALS, diagnose
from qlang.compiler.policy_stage import ApplyPolicy
from qlang.compiler.tuning_stage import ApplyTuning
from qlang.ir import plan
from qlang.ir.circuit import RegisterType
from qlang.ir.dialects import context
from qlang.ir.linearity import check_linearity
from qlang.ir.text import text_digest
from qlang.ir.values import Interval, Plain
from qlang.passes.pipeline import CIRCUIT_PASSES, PLAN_PASSES
from qlang.passes.plan_execution import PlanExecution
from qlang.sema.jobs import CheckedJob
from qlang.syntax.diagnostic import Diagnostic, errors_of
from qlang.syntax.source import Source

STAGES = {"ir": "canonicalize-circuit", "kernel": "plan-execution", "plan": "sign"}
"""Pass after which a stage is complete."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may be decided outside of the text; `None` leaves it to the job."""

    job: str | None = None
    shots: int | None = None
    seed: int | None = None
    backend: str | None = None
    crypto: str | None = None
    target: str | None = None
    """Which executors the plan may be for, the preferred first, with commas; `None`: those of this installation."""
    tuning: Mapping[str, Plain] | None = None
    """Options of native code as a recorded plan states them, nothing in it for the default ones; `None`: what was
    tuned on this machine."""
    verify_each: bool = False


@dataclass(frozen=True)
class Compilation:
    """A job with everything that was decided about it; `plan` is `None` where compilation stopped earlier."""

    source: Source
    loaded: tuple[Source, ...]
    """The files that the source includes or imports, the standard ones left out."""
    options: Options
    module: ModuleOp | None
    plan: plan.JobOp | None
    plan_hash: str | None
    """Digest of the plan's text without locations: what is signed."""
    diagnostics: tuple[Diagnostic, ...]
    timings: tuple[tuple[str, float], ...]
    fixed_seed: bool = False
    """Whether the job or the command states the seed; otherwise it is a fresh one."""
    passes: tuple[str, ...] = ()
    """The passes that ran, in order, with their options, as `xdsl-opt -p` reads them."""
    authority: Authority = DEVELOPMENT
    """Under which policy and for whom."""
    embedded: bool = False
    """Whether the source is a Python function, which cannot be compiled again from its text alone."""

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not errors_of(self.diagnostics)


def compile_source(
    source: Source,
    options: Options = Options(),  # frozen
    *,
    authority: Authority = DEVELOPMENT,
    stop_after: str | None = None,
    on_pass: Callable[[str, ModuleOp], None] | None = None,
    loader: FileLoader | TextLoader | None = None,
) -> Compilation:
    """Compile one job of a text.

    `stop_after` is a stage (`ir`, `kernel`, `plan`) or a pass; `on_pass` sees the module after every pass. Never
    raises for what a user wrote: mistakes are in `diagnostics`. Raises `TargetUnavailable` for an unknown target.
    """
    with CollectionPaused():
        clock = _Clock()
        analysis = analyse(source, loader=loader)
        clock.lap("check")
        return compile_analysis(
            analysis, options, authority=authority, stop_after=stop_after, on_pass=on_pass, clock=clock
        )


@dataclass(slots=True)
class _Clock:
    """Seconds of each stage, in order."""

    laps: list[tuple[str, float]] = field(default_factory=list)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps.append((name, now - self.last))
        self.last = now


def compile_analysis(
    analysis: Analysis,
    options: Options,
    *,
    authority: Authority = DEVELOPMENT,
    stop_after: str | None = None,
    on_pass: Callable[[str, ModuleOp], None] | None = None,
    clock: _Clock | None = None,
) -> Compilation:
    """Compile one job of a checked file; see `compile_source`."""
    clock = clock or _Clock()
    source, loaded, found = analysis.source, analysis.loaded, analysis.diagnostics
    failed = Compilation(
        source,
        loaded,
        options,
        None,
        None,
        None,
        found,
        tuple(clock.laps),
        embedded=analysis.embedded,
        authority=authority,
    )
    if not analysis.ok:
        return failed
    try:
        job = chosen_job(analysis, options.job, options.shots, options.backend, options.crypto, authority)
        stated = options.seed if options.seed is not None else job.seed
        seed = secrets.randbits(63) if stated is None else stated
        circuit = lower_circuit(job)
        check_linearity(circuit.body, RegisterType)  # cheap, and a cloned qubit would be a wrong result
        module = ModuleOp([circuit, lower_job(job, seed, job.shots)])
    except (JobProblem, LoweringError) as problem:
        return replace(failed, diagnostics=(*found, problem.diagnostic), timings=tuple(clock.laps))
    clock.lap("lower")
    started = replace(failed, module=module, fixed_seed=stated is not None)
    try:
        passes = _pipeline(stop_after, authority, options.target, options.tuning)
        ran = _run_passes(module, passes, options.verify_each, on_pass, clock)
    except REFUSALS as problem:
        refused = (*found, *diagnose(problem, job, module, lambda variant: _fits(variant, authority, options.target)))
        return replace(started, diagnostics=refused, timings=tuple(clock.laps))
    plans = [op for op in module.ops if isinstance(op, plan.JobOp)]
    finished = plans[0] if plans and not _partial(stop_after) else None
    plan_hash = text_digest(finished) if finished is not None else None
    clock.lap("hash")
    return replace(started, plan=finished, plan_hash=plan_hash, timings=tuple(clock.laps), passes=ran)


def _fits(job: CheckedJob, authority: Authority, target: str | None) -> Interval | None:
    """The predicted fidelity of a variant of a job, or `None` where it cannot be planned either."""
    module = ModuleOp([lower_circuit(job), lower_job(job, 0, job.shots)])
    try:
        _run_passes(module, _pipeline("schedule", authority, target), False, None, _Clock())
    except REFUSALS:
        return None
    schedule = next(op for op in module.walk() if isinstance(op, plan.ScheduleOp))
    fidelity = schedule.attributes["fidelity"]
    assert isinstance(fidelity, Interval)
    return fidelity


def pass_names() -> tuple[str, ...]:
    """The passes of a whole compilation, in order."""
    return tuple(entry.name for entry in _pipeline(None, DEVELOPMENT, None))


def _pipeline(
    stop_after: str | None, authority: Authority, target: str | None, tuning: Mapping[str, Plain] | None = None
) -> list[ModulePass]:
    targets = chosen_targets(target)
    passes: list[ModulePass] = [kind() for kind in CIRCUIT_PASSES]
    passes += [ResolveCandidates(targets[0]), ApplyPolicy(authority)]
    for kind in PLAN_PASSES:
        passes += [PlanExecution(targets), ApplyTuning(tuning)] if kind is PlanExecution else [kind()]
    if stop_after is None:
        return passes
    last = STAGES.get(stop_after, stop_after)
    names = [entry.name for entry in passes]
    if last not in names:
        raise ValueError(f"unknown pass {last}; the passes are {', '.join(names)}")
    return passes[: names.index(last) + 1]


def _partial(stop_after: str | None) -> bool:
    """Whether the pipeline ends before the plan is complete."""
    return stop_after is not None and STAGES.get(stop_after, stop_after) != STAGES["plan"]


def _run_passes(
    module: ModuleOp,
    passes: list[ModulePass],
    verify_each: bool,
    on_pass: Callable[[str, ModuleOp], None] | None,
    clock: _Clock,
) -> tuple[str, ...]:
    """Run passes; returns those that ran."""
    ran: list[str] = []

    def between(previous: ModulePass | None, current: ModuleOp, following: ModulePass | None) -> None:
        if previous is None:
            clock.lap("prepare")
            return
        clock.lap(previous.name)
        ran.append(str(previous.pipeline_pass_spec(include_default=True)))
        if verify_each:
            current.verify()
        if on_pass is not None:
            on_pass(previous.name, current)
            clock.lap(f"after {previous.name}")

    PassPipeline(tuple(passes), between).apply(context(), module)
    return tuple(ran)
