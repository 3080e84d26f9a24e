"""What a policy says of a job file, a run, or nothing in particular, as plain data. Schema `qlang.policy/1`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qlang.compiler import exit_codes, frontend
from qlang.compiler.authority import Authority, kme_configured, kme_fault
from qlang.compiler.console import Console
from qlang.compiler.failure import Failure
from qlang.compiler.jobs import JobProblem, named_job
from qlang.compiler.lowering.job import candidate_name
from qlang.compiler.sources import source_of
from qlang.sema.jobs import CheckedJob
from qlang.trust.crypto_modes import MODES
from qlang.trust.policy.explain import Subject, contradictions, explain, rules_of, rules_when_signing
from qlang.trust.policy.load import load_policy, load_tokens
from qlang.trust.policy.verdict import Decision, Verdict

_SOURCES = (".qjob", ".qasm")


@dataclass(frozen=True, slots=True)
class Asked:
    """What `policy explain` is about, beside the tenant."""

    mode: str | None = None
    """None: all of them."""
    backends: tuple[str, ...] = ()
    subject: str | None = None
    """A job file or a run."""
    job: str | None = None
    """Which job of the file."""


def explanation(authority: Authority, asked: Asked, console: Console) -> dict[str, Any] | None:
    """Verdicts with their rules; None where the job has mistakes, which are shown. Raises: Failure."""
    if asked.mode is not None and asked.mode not in MODES:
        raise Failure(f"unknown crypto mode `{asked.mode}`", f"the modes are {', '.join(_modes(authority))}")
    policy, tenant = authority.policy, authority.tenant
    of_run = asked.subject is not None and not asked.subject.endswith(_SOURCES)
    subjects = _run_subjects(authority, str(asked.subject)) if of_run else _subjects(authority, asked, console)
    if subjects is None:
        return None
    later = () if of_run else rules_when_signing(policy, tenant)
    return {
        "policy": {"name": policy.name, "digest": policy.digest},
        "tenant": tenant,
        "allowed": _allowed(asked, subjects),
        "subjects": [_plain(subject) for subject in subjects],
        "when_signing": [{"rule": rule.key, "value": rule.value, "place": rule.place} for rule in later],
    }


def checked(path: Path) -> dict[str, Any]:
    """What a policy file holds, all of it read. Raises: FileRefused, PolicyError."""
    from qlang.trust.errors import PolicyError, QkdConfigError
    from qlang.trust.qkd.config import configured

    policy = load_policy(path)
    try:
        qkd = configured(path)
    except QkdConfigError as error:
        key = f"qkd.{error.key}" if error.key else "qkd"
        raise PolicyError(path, key, error.reason, policy.lines.get(key, policy.lines.get("qkd"))) from error
    problems = contradictions(policy)
    return {
        "ok": not problems,
        "policy": {"name": policy.name, "digest": policy.digest},
        "rules": len(rules_of(policy)),
        "tenants": list(policy.tenants),
        "tokens": list(load_tokens(path)),
        "qkd": None if qkd is None else f"{qkd.host}, port {qkd.port} ({qkd.kind})",
        "contradictions": list(problems),
    }


def _plain(subject: Subject) -> dict[str, Any]:
    verdicts = subject.decision.rules
    rules = [{"rule": v.rule, "place": v.place, "allowed": v.allowed, "reason": v.reason} for v in verdicts]
    told = {"kind": subject.kind, "name": subject.name, "allowed": subject.decision.allowed}
    return {**told, "algorithms": list(subject.algorithms), "rules": rules}


def _allowed(asked: Asked, subjects: tuple[Subject, ...]) -> bool:
    """One of a job's backends is enough; where all modes are shown, a refused one is an answer."""
    demanded = ["tenant", "run"]
    demanded += ["mode"] if asked.mode is not None or asked.subject is not None else []
    demanded += ["backend"] if asked.backends else []
    backends = [subject.decision.allowed for subject in subjects if subject.kind == "backend"]
    needed = all(subject.decision.allowed for subject in subjects if subject.kind in demanded)
    return needed and (not backends or any(backends))


def _modes(authority: Authority) -> tuple[str, ...]:
    """The modes that can be offered: `qkd` only where a KME is configured."""
    return tuple(name for name, mode in MODES.items() if not mode.needs_kme or kme_configured(authority))


def _subjects(authority: Authority, asked: Asked, console: Console) -> tuple[Subject, ...] | None:
    modes, backends = _modes(authority) if asked.mode is None else (asked.mode,), asked.backends
    if asked.subject is not None:
        job = _job(asked.subject, asked.job, console)
        if job is None:
            return None
        modes = (asked.mode or job.crypto.mode,)
        backends = backends or tuple(candidate_name(backend) for backend in job.backends)
    return tuple(
        _with_kme(authority, subject) for subject in explain(authority.policy, authority.tenant, modes, backends)
    )


def _with_kme(authority: Authority, subject: Subject) -> Subject:
    """For a mode that needs one: whether the KME answers."""
    if subject.kind != "mode" or not MODES[subject.name].needs_kme:
        return subject
    fault, place = kme_fault(authority), authority.policy.place("qkd")
    verdict = Verdict(
        "qkd", place, fault is None, f"QKD_UNAVAILABLE: {fault}" if fault else "the KME answers and has keys"
    )
    return replace(subject, decision=Decision((*subject.decision.rules, verdict)))


def _job(path: str, name: str | None, console: Console) -> CheckedJob | None:
    """A job of a file; None after showing its mistakes."""
    source = source_of(path, console)
    if source is None:
        return None
    analysis = frontend.analyse(source)
    console.diagnostics(analysis.diagnostics)
    if not analysis.ok:
        return None
    try:
        return named_job(analysis, name)
    except JobProblem as problem:
        console.diagnostics((problem.diagnostic,))
        return None


def _run_subjects(authority: Authority, text: str) -> tuple[Subject, ...]:
    """What a verifier with this policy would say of a run that is what it says. Raises: Failure."""
    from qlang.compiler.run_folders import find_run, read_run
    from qlang.trust.policy.evaluate import evaluate_verification
    from qlang.trust.policy.questions import KeyFacts, VerificationQuestion

    run = read_run(find_run(text, Path.cwd()))
    if run.statement is None:
        raise Failure(f"{run.path}: {run.problem}", "`qlangc verify` names what is broken", exit_codes.DIAGNOSTICS)
    told, keys = run.statement.predicate.facts, run.statement.predicate.keys
    question = VerificationQuestion(
        tenant=told.tenant,
        crypto_mode=told.crypto_mode,
        algorithms=run.statement.predicate.algorithms,
        keys=tuple(
            KeyFacts(
                key.public.key_id,
                key.public.algorithm,
                key.custody,
                key.probe,
                key.not_before,
                key.not_after,
                created_at=key.not_before,
                tenant=authority.policy.key_tenant(told.tenant),
            )
            for key in keys
        ),
        backend_id=told.backend_id,
        created_at=told.created_at,
        calibration_at=told.calibration_at,
    )
    return (Subject("run", told.run_id, evaluate_verification(authority.policy, question), question.algorithms),)
