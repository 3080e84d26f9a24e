"""Tell the signer of a run that is about to begin, so that a run that cannot be signed is not begun.

A wrong PIN, an expired key, a policy that refuses: all this is known before the run, and asked for before it. The
signer judges again when it signs.
"""

from __future__ import annotations

from qlang.compiler.driver import Compilation
from qlang.ir import plan
from qlang.ir.values import plain, plain_attributes
from qlang.trust.signing.intent import SigningIntent
from qlang.trust.signing.request import ManifestSigner


def refuse_unsignable(compilation: Compilation, signer: ManifestSigner) -> None:
    """Let the signer look at a plan. Raises: what `ManifestSigner.prepare` raises."""
    assert compilation.plan is not None
    (sign,) = [op for op in compilation.plan.body.block.ops if isinstance(op, plan.SignOp)]
    (schedule,) = [op for op in compilation.plan.body.block.ops if isinstance(op, plan.ScheduleOp)]
    stated, calibrated = plain(sign.attributes["algorithms"]), plain_attributes(schedule).get("snapshot_date")
    assert isinstance(stated, list)
    signer.prepare(
        SigningIntent(
            tenant=compilation.authority.tenant,
            crypto_mode=str(plain(sign.attributes["crypto"])),
            algorithms=tuple(map(str, stated)),
            backend_id=schedule.backend.data,
            calibration_at=None if calibrated is None else str(calibrated),
        )
    )
