"""Compiling and executing a recorded run again, and explaining what came out differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qlang.backends.limits import NUMPY
from qlang.compiler.authority import DEVELOPMENT, Authority
from qlang.compiler.driver import Compilation, Options, compile_source
from qlang.compiler.frontend import TextLoader
from qlang.ir import plan
from qlang.ir.text import print_ir
from qlang.ir.values import plain
from qlang.runtime.differences import Difference, text_difference
from qlang.runtime.errors import BadRun
from qlang.runtime.replay import Replay, replay_run
from qlang.runtime.run_folder import StoredRun, load_run
from qlang.syntax.diagnostic import errors_of
from qlang.syntax.source import Source
from qlang.trust.manifest import RunFacts, RunPredicate
from qlang.trust.policy.fields import WrongValue
from qlang.trust.policy.load import policy_of
from qlang.version import __version__


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What compiling and executing a recorded run again gave."""

    ok: bool
    plan_hash: str
    """Of the plan compiled now from the recorded source and inputs; as recorded where the source is in Python."""
    result_digest: str
    differences: tuple[Difference, ...]
    surroundings: tuple[Difference, ...]
    """What is another than it was: compiler, passes, calibration, policy, tenant. It may explain a difference, and is
    none itself."""


def replay(run_dir: Path, signed: RunPredicate, today: Authority = DEVELOPMENT) -> ReplayReport:
    """Compile the recorded source again, execute the recorded plan again, and compare both with the record.

    `signed` is what the run's verified manifest says; `today` is under which policy and for whom a job would be
    compiled here now, which is only compared. Raises BadRun for a folder that cannot be read, and what executing
    raises.
    """
    run, facts = load_run(run_dir), signed.facts
    again = replay_run(run_dir)
    compilation = _recompiled(run, facts)
    differences = [*again.differences, *_against_manifest(facts, again), *_plan_differences(again, compilation)]
    return ReplayReport(
        ok=not differences,
        plan_hash=again.plan_hash if compilation is None else compilation.plan_hash or "",
        result_digest=again.result_digest,
        differences=tuple(differences),
        surroundings=(*_authority_differences(signed, today), *_surroundings(facts, compilation)),
    )


def _recompiled(run: StoredRun, facts: RunFacts) -> Compilation | None:
    """The recorded source and inputs compiled today, under the recorded policy.

    None for a Python function: what it saw of its program is gone, and nothing recorded is ever executed as Python.
    Its plan, which was signed with it, stands. Raises BadRun.
    """
    inputs = run.json("inputs.json")
    if inputs.get("embedded"):
        return None
    try:
        ending = "qasm" if str(inputs["file"]).endswith(".qasm") else "qjob"
        source = Source(str(inputs["file"]), run.text(f"source.{ending}"))
        # The only target, and untuned, before these were recorded.
        overrides: dict[str, Any] = {"target": NUMPY, "tuning": {}, **inputs["overrides"]}
        options = Options(seed=int(str(inputs["seed"]), 0), **overrides)
        loader = TextLoader({str(entry["name"]): str(entry["text"]) for entry in inputs["imports"]})
        policy = policy_of(inputs["policy"], "the recorded policy")
    except (KeyError, TypeError, ValueError, WrongValue) as error:
        raise BadRun(run.path / "inputs.json", "is not what this version records") from error
    authority = Authority(policy, facts.tenant, at=facts.created_at)
    return compile_source(source, options, authority=authority, loader=loader)


def _against_manifest(facts: RunFacts, again: Replay) -> Iterator[Difference]:
    """The files agree with each other; do they agree with what was signed?"""
    if facts.plan_hash != again.plan_hash:
        yield Difference("plan", "plan hash in the manifest", facts.plan_hash, again.plan_hash, "of plan.mlir")
    if facts.result_digest != again.result_digest:
        recorded = facts.result_digest
        yield Difference("result", "result digest in the manifest", recorded, again.result_digest, "")


def _plan_differences(again: Replay, compilation: Compilation | None) -> Iterator[Difference]:
    if compilation is None or compilation.plan_hash == again.plan_hash:
        return
    if compilation.plan is None:
        first = errors_of(compilation.diagnostics)[0]
        detail = f"does not compile any more: {first.code} {first.message()}"
        yield Difference("source", "source", None, None, detail)
        return
    yield Difference("plan", "plan hash", again.plan_hash, compilation.plan_hash, "")
    line = text_difference(again.plan_text, print_ir(compilation.plan))
    if line is not None:
        yield line


def _authority_differences(signed: RunPredicate, today: Authority) -> Iterator[Difference]:
    """The recorded policy was compiled under; what is in force here now may decide otherwise."""
    if signed.policy.digest != today.policy.digest:
        recorded, now = f"{signed.policy.name} {signed.policy.digest}", f"{today.policy.name} {today.policy.digest}"
        yield Difference("policy", "policy", recorded, now, "")
    if signed.facts.tenant != today.tenant:
        yield Difference("tenant", "tenant", signed.facts.tenant, today.tenant, "")


def _surroundings(facts: RunFacts, compilation: Compilation | None) -> Iterator[Difference]:
    if facts.compiler_version != __version__:
        yield Difference("compiler", "compiler version", facts.compiler_version, __version__, "")
    if compilation is None or compilation.plan is None:
        return
    old, new = _by_name(facts.passes), _by_name(compilation.passes)
    others = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    for name in others:
        yield Difference("passes", f"pass {name}", old.get(name), new.get(name), "")
    if not others and facts.passes != compilation.passes:
        yield Difference("passes", "order of the passes", ", ".join(old), ", ".join(new), "")
    schedule = next(op for op in compilation.plan.walk() if isinstance(op, plan.ScheduleOp))
    backend, decided = schedule.backend.data, schedule.attributes.get("snapshot")
    snapshot = None if decided is None else str(plain(decided))
    if backend != facts.backend_id:
        yield Difference("catalogue", "backend chosen", facts.backend_id, backend, "")
    elif snapshot != facts.calibration_snapshot_id:
        recorded = str(facts.calibration_snapshot_id)
        yield Difference("catalogue", f"calibration snapshot of {backend}", recorded, str(snapshot), "")


def _by_name(passes: tuple[str, ...]) -> Mapping[str, str]:
    return {spec.partition("{")[0]: spec for spec in passes}
