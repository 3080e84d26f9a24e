"""Pass `apply-policy`: look up what the policy says of a job, and put it into the IR.

    job.settings {crypto = "hybrid"}     →   job.settings {crypto = "hybrid", algorithms = ["ed25519", "ml-dsa-65"],
                                                           tenant = "default", policy = "sha256:…"}
    job.candidate "ibm.boston" {…}       →   job.candidate "ibm.boston" {reason = "policy: …", …}

A forbidden tenant or mode, and a policy that leaves no candidate, refuse the job. What is signed is judged again by
the signer, which believes no compiler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.utils.arg_spec import ArgSpec

from qlang.compiler.authority import DEVELOPMENT, Authority
from qlang.ir.job import CandidateOp, JobOp, SettingsOp
from qlang.ir.values import attribute, plain, plain_attributes
from qlang.trust.algorithms import available_algorithms
from qlang.trust.policy.choose import signing_algorithms
from qlang.trust.policy.evaluate import (
    UNCALIBRATED,
    algorithm_verdicts,
    backend_verdicts,
    calibration_verdicts,
    mode_verdicts,
    tenant_verdicts,
)
from qlang.trust.policy.patterns import matches
from qlang.trust.policy.verdict import Verdict


class PolicyRefusal(Exception):
    """The policy forbids a job: its `tenant`, `mode`, `algorithms` or all its `backends`."""

    def __init__(
        self, authority: Authority, subject: str, verdicts: tuple[Verdict, ...], missing: tuple[str, ...] = ()
    ) -> None:
        super().__init__("; ".join(map(str, verdicts)) or f"no key of {', '.join(missing)}")
        self.authority = authority
        self.subject = subject
        self.verdicts = verdicts
        """The refusals."""
        self.missing = missing
        """Algorithms that the policy wants and this installation has not."""


@dataclass(frozen=True)
class ApplyPolicy(ModulePass):
    """See the module."""

    name = "apply-policy"

    authority: Authority = DEVELOPMENT

    def spec(self, *, include_default: bool = False) -> ArgSpec:
        """The tenant and the policy's digest: what the pass depends on."""
        return ArgSpec(self.name, {"tenant": (self.authority.tenant,), "policy": (self.authority.policy.digest,)})

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        for job in op.ops:
            if isinstance(job, JobOp):
                self._sign(next(entry for entry in job.body.block.ops if isinstance(entry, SettingsOp)))
                self._judge([entry for entry in job.body.block.ops if isinstance(entry, CandidateOp)])

    def _sign(self, settings: SettingsOp) -> None:
        """Choose what signs, unless tenant, mode or algorithms are forbidden."""
        policy, tenant = self.authority.policy, self.authority.tenant
        mode = str(plain(settings.attributes["crypto"]))
        self._refuse("tenant", tenant_verdicts(policy, tenant))
        self._refuse("mode", mode_verdicts(policy, tenant, mode))
        algorithms = signing_algorithms(policy, tenant, mode)
        self._refuse("algorithms", algorithm_verdicts(policy, tenant, mode, algorithms))
        available = available_algorithms(providers=policy.providers)
        missing = tuple(name for name in algorithms if name not in available)
        if missing:
            raise PolicyRefusal(self.authority, "algorithms", (), missing)
        settings.attributes["algorithms"] = attribute(list(algorithms))
        settings.attributes["tenant"] = attribute(tenant)
        settings.attributes["policy"] = attribute(policy.digest)

    def _refuse(self, subject: str, verdicts: Iterable[Verdict]) -> None:
        refused = _refused(verdicts)
        if refused:
            raise PolicyRefusal(self.authority, subject, refused)

    def _judge(self, candidates: list[CandidateOp]) -> None:
        """Give what is forbidden its reason."""
        refusals = {candidate: self._refusals(candidate) for candidate in candidates}
        if candidates and all(refusals.values()):
            each = dict.fromkeys(verdict for found in refusals.values() for verdict in found)
            raise PolicyRefusal(self.authority, "backends", tuple(each))
        for candidate, found in refusals.items():
            if found:
                candidate.attributes["reason"] = attribute(f"policy: {'; '.join(map(_without_place, found))}")

    def _refusals(self, candidate: CandidateOp) -> tuple[Verdict, ...]:
        policy, tenant = self.authority.policy, self.authority.tenant
        known, backend = plain_attributes(candidate), candidate.backend.data
        forbidden = _refused(backend_verdicts(policy, tenant, backend))
        if forbidden or known.get("reason") is not None:
            return forbidden
        calibrated = None if known.get("snapshot_date") is None else str(known["snapshot_date"])
        now = self.authority.at or datetime.now(UTC).isoformat()
        ages = tuple(calibration_verdicts(policy, tenant, backend, calibrated, now))
        if ages and not any(matches(backend, pattern) for pattern in UNCALIBRATED):
            candidate.attributes["perishable"] = attribute(True)  # tomorrow it is older
        return _refused(ages)


def _refused(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in verdicts if not verdict.allowed)


def _without_place(verdict: Verdict) -> str:
    """A plan does not change with the layout of the policy file."""
    return f"{verdict.reason} ({verdict.rule})"
