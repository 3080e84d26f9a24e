"""Which job a command means, with what the command line decides instead of it."""

from dataclasses import replace
from typing import Literal, get_args

from qlang.compiler.authority import Authority, kme_configured, kme_fault
from qlang.compiler.frontend import Analysis
from qlang.sema import errors
from qlang.sema.defaults import NoDefaultJob, default_job
from qlang.sema.jobs import CheckedBackend, CheckedCrypto, CheckedJob, CryptoMode
from qlang.sema.symbols import NoiseSymbol
from qlang.syntax.diagnostic import Diagnostic
from qlang.syntax.source import Span
from qlang.trust.algorithms import available_algorithms
from qlang.trust.crypto_modes import MODES, missing_for

DEFAULT_SHOTS = 1024
"""Shots of a plain OpenQASM program that says nothing, as in other SDKs."""


class JobProblem(Exception):
    """No job to compile, or an option that does not fit it; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message())
        self.diagnostic = diagnostic


def chosen_job(
    analysis: Analysis,
    name: str | None,
    shots: int | None,
    backend: str | None,
    crypto: str | None,
    authority: Authority,
) -> CheckedJob:
    """The job to compile, with the options applied.

    Raises JobProblem.
    """
    job = named_job(analysis, name)
    if shots is not None:
        job = replace(job, shots=shots)
    if backend is not None:
        job = replace(job, backends=(_backend(analysis, job, backend),))
    if crypto is not None:
        job = replace(job, crypto=_crypto(analysis, crypto, authority))
    _check_keys(job, authority)
    return job


def named_job(analysis: Analysis, name: str | None) -> CheckedJob:
    source = analysis.source
    everything = Span(source, 0, 0)
    jobs = {job.name: job for job in analysis.module.jobs}
    if name is not None:
        if name not in jobs:
            raise JobProblem(errors.planning.UnknownJob(everything, name, tuple(jobs)))
        return jobs[name]
    if len(jobs) > 1:
        raise JobProblem(errors.planning.SeveralJobs(next(iter(jobs.values())).span, tuple(jobs)))
    if jobs:
        return next(iter(jobs.values()))
    if analysis.module.main is None:
        raise JobProblem(errors.planning.NothingToRun(everything))
    try:
        job = default_job(analysis.module)
    except NoDefaultJob as problem:
        raise JobProblem(problem.diagnostic) from None
    return job if job.shots is not None else replace(job, shots=DEFAULT_SHOTS)


def _backend(analysis: Analysis, job: CheckedJob, text: str) -> CheckedBackend:
    """A backend as the command line names it."""
    words = text.split()
    kind: Literal["device", "sim", "sim like", "sim with"] = "device"
    name = text
    if words[:1] == ["sim"]:
        joined = " ".join(words[:2])
        kind = "sim like" if joined == "sim like" else "sim with" if joined == "sim with" else "sim"
        name = " ".join(words[2:]) if kind != "sim" else ""
    noise = analysis.module.scope.lookup(name) if kind == "sim with" else None
    if kind == "sim with" and not isinstance(noise, NoiseSymbol):
        raise JobProblem(errors.backend.UnknownNoise(Span(analysis.source, 0, 0), name))
    return CheckedBackend(kind, name, (), job.span, noise if isinstance(noise, NoiseSymbol) else None)


def _crypto(analysis: Analysis, mode: str, authority: Authority) -> CheckedCrypto:
    if mode not in get_args(CryptoMode):
        known = tuple(name for name in MODES if not MODES[name].needs_kme or kme_configured(authority))
        raise JobProblem(errors.crypto.UnknownCryptoMode(Span(analysis.source, 0, 0), mode, known))
    return CheckedCrypto(mode, None)  # type: ignore[arg-type]  # one of the modes


def _check_keys(job: CheckedJob, authority: Authority) -> None:
    """A crypto mode that no key can serve is a mistake before anything runs."""
    algorithms, mode = available_algorithms(providers=authority.policy.providers), MODES[job.crypto.mode]
    missing = missing_for(mode, algorithms, kme_fault(authority) if mode.needs_kme and authority.at is None else None)
    if missing:
        possible = tuple(name for name, mode in MODES.items() if not missing_for(mode, algorithms))
        raise JobProblem(errors.crypto.NoKeyForMode(job.crypto.span or job.span, job.crypto.mode, missing, possible))
