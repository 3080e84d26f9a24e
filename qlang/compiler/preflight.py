"""Ask the policy before a run what the signer will ask after it: a run that cannot be signed is not begun.

This saves the run, it protects nothing: the signer judges by itself. Runs under the built-in policy and runs signed by
a signer behind a socket, whose keys are not ours to look at, are judged by the signer alone.
"""

from __future__ import annotations

from pathlib import Path

from qlang.compiler.driver import Compilation
from qlang.ir import plan
from qlang.ir.values import plain, plain_attributes
from qlang.trust.custody import RUN_MANIFEST
from qlang.trust.errors import KeyRefused, PolicyRefused
from qlang.trust.keys.user import user_ring
from qlang.trust.policy.evaluate import evaluate
from qlang.trust.policy.questions import KeyFacts, SigningQuestion
from qlang.trust.signing.peer import own_peer
from qlang.trust.times import precisely_now


def refuse_unsignable(compilation: Compilation, workspace: Path) -> None:
    """Look at a plan as the signer would now.

    Raises: PolicyRefused with every reason; KeyRefused, KeyStoreError, PolicyError, FileRefused where the keys or the
    policy cannot be looked at.
    """
    assert compilation.plan is not None
    (sign,) = [op for op in compilation.plan.body.block.ops if isinstance(op, plan.SignOp)]
    (schedule,) = [op for op in compilation.plan.body.block.ops if isinstance(op, plan.ScheduleOp)]
    policy, tenant = compilation.authority.policy, compilation.authority.tenant
    stated, calibrated = plain(sign.attributes["algorithms"]), plain_attributes(schedule).get("snapshot_date")
    assert isinstance(stated, list)
    algorithms, now, peer = tuple(map(str, stated)), precisely_now(), own_peer()
    question = SigningQuestion(
        tenant=tenant,
        crypto_mode=str(plain(sign.attributes["crypto"])),
        algorithms=algorithms,
        keys=_keys(workspace, policy.key_tenant(tenant), algorithms, now),
        backend_id=schedule.backend.data,
        created_at=now,
        now=now,
        calibration_at=None if calibrated is None else str(calibrated),
        peer=peer,
        owner_uid=None if peer is None else peer.uid,
    )
    decision = evaluate(policy, question)
    if not decision.allowed:
        raise PolicyRefused(decision.reasons)


def _keys(workspace: Path, tenant: str, algorithms: tuple[str, ...], now: str) -> tuple[KeyFacts, ...]:
    """The user's keys; for missing ones those that a signer would make."""
    ring, found = user_ring(workspace), []
    for name in algorithms:
        try:
            (record,) = ring.select(RUN_MANIFEST, tenant, (name,), now, create=False)
            found.append(KeyFacts.of(record))
        except KeyRefused as refused:
            if refused.state != "missing":
                raise
            found.append(KeyFacts.not_yet_made(name, tenant, now))
    return tuple(found)
