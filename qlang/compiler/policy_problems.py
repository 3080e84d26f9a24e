"""What the policy refuses, as diagnostics: reasons and places of rules from the policy, spans from the checked job."""

from __future__ import annotations

from qlang.compiler.authority import Authority
from qlang.compiler.policy_stage import PolicyRefusal
from qlang.sema import errors
from qlang.sema.jobs import CheckedJob
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span
from qlang.trust.algorithms import available_algorithms
from qlang.trust.crypto_modes import MODES, missing_for
from qlang.trust.policy.choose import signing_algorithms
from qlang.trust.policy.evaluate import algorithm_verdicts, mode_verdicts


def forbidden(problem: PolicyRefusal, job: CheckedJob) -> Diagnostic:
    """The diagnostic of a job that the policy forbids."""
    authority, reasons = problem.authority, tuple(map(str, problem.verdicts))
    tenant, mode = authority.tenant, job.crypto.mode
    if problem.subject == "tenant":
        return errors.crypto.UnknownTenant(job.span, tenant, reasons, tuple(authority.policy.tenants))
    if problem.subject == "backends":
        return errors.crypto.ForbiddenBackends(backends_span(job), job.name, tenant, reasons)
    span = job.crypto.span or job.span
    if problem.missing:
        absent = "which the policy wants and this installation has not"
        missing = tuple(f"a key of {name}, {absent}" for name in problem.missing)
        return errors.crypto.NoKeyForMode(span, mode, missing, _allowed(authority))
    stated = job.crypto.span is not None
    return errors.crypto.ForbiddenMode(span, mode, tenant, reasons, stated, _allowed(authority))


def backends_span(job: CheckedJob) -> Span:
    """From the first to the last backend that a job states; the job where it states none."""
    spans = [backend.span for backend in job.backends if backend.span is not None]
    return Span(spans[0].source, spans[0].start, spans[-1].end) if spans else job.span


def _allowed(authority: Authority) -> tuple[str, ...]:
    """The modes that policy and installation can serve for the tenant, without asking a KME."""
    policy, tenant = authority.policy, authority.tenant
    available = available_algorithms(providers=policy.providers)
    found = []
    for name, mode in MODES.items():
        algorithms = signing_algorithms(policy, tenant, name)
        verdicts = (*mode_verdicts(policy, tenant, name), *algorithm_verdicts(policy, tenant, name, algorithms))
        possible = not missing_for(mode, available) and set(algorithms) <= set(available)
        if possible and all(verdict.allowed for verdict in verdicts):
            found.append(name)
    return tuple(found)
