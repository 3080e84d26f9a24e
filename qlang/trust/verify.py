"""Verify a run offline, and name the first link that broke.

Nothing in the folder, the ledger or the receipt is believed: every file may be missing, forged, huge or no file at
all. What is believed: the verifier's trust store and policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from qlang.trust.canonical import sha256_digest
from qlang.trust.checks import Check
from qlang.trust.envelope import Envelope
from qlang.trust.errors import ManifestError
from qlang.trust.keys.trust import TrustStore
from qlang.trust.ledger.proof import Proof
from qlang.trust.manifest import Statement, parse_statement
from qlang.trust.policy.builtin import BUILTIN_DEVELOPMENT
from qlang.trust.policy.evaluate import required_algorithms
from qlang.trust.policy.model import Policy
from qlang.trust.verification.folder import (
    algorithms_check,
    folder_notes,
    read_envelope,
    run_id_check,
    signature_checks,
    subject_checks,
)
from qlang.trust.verification.kept import Shown, kept_checkpoints
from qlang.trust.verification.logs import Verifier, checkpoint_checks
from qlang.trust.verification.recorded import Recorded, ledger_checks, receipt_checks
from qlang.trust.verification.signers import key_checks, key_fault, policy_checks


def verify_run(
    run_dir: Path,
    *,
    ledger: Path | None,
    policy: Policy | None = None,
    trusted: TrustStore | None = None,
    run_id: str | None = None,
) -> tuple[Check, ...]:
    """All verdicts on a run; it is genuine if every one is ok. `verification.chain.first_broken` names the first.

    `ledger`: its file; None where only the receipt in the folder shows that the run was recorded.
    `policy`: the verifier's; None is the built-in one.
    `trusted`: the keys that may have signed; None accepts any, and checks say so.
    `run_id`: of the run that it must be; None for whichever the folder holds.
    What the folder and the ledger contain never raises.
    """
    envelope, check = read_envelope(run_dir)
    if envelope is None:
        return (check,)
    try:
        statement = parse_statement(envelope.payload)
    except ManifestError as error:
        return (check, Check("statement", False, str(error)))
    policy = policy or BUILTIN_DEVELOPMENT
    run = Recorded(statement.predicate, sha256_digest(envelope.payload))
    proof, receipt = receipt_checks(run_dir, run)
    return (
        check,
        *run_id_check(statement, run_id),
        *subject_checks(run_dir, statement),
        Check("statement", True, f"run {statement.predicate.facts.run_id}, manifest {run.digest}"),
        *_signed(envelope, statement, policy, trusted),
        *(ledger_checks(ledger, run, proof, trusted) if ledger is not None else ()),
        *receipt,
        *(_vouched(proof, ledger, run, Verifier(trusted, policy, run.predicate.facts)) if proof is not None else ()),
        *folder_notes(run_dir, statement),
    )


def _vouched(proof: Proof, ledger: Path | None, run: Recorded, by: Verifier) -> Iterator[Check]:
    kept: tuple[Shown, ...] = ()
    if ledger is not None and by.policy.witnesses.threshold:
        kept = kept_checkpoints(ledger, run)
    return checkpoint_checks(proof, kept, by)


def _signed(envelope: Envelope, statement: Statement, policy: Policy, trusted: TrustStore | None) -> tuple[Check, ...]:
    """Signatures, keys and policy: only signatures by trusted keys count towards what is demanded."""
    predicate, facts = statement.predicate, statement.predicate.facts
    valid, signatures = signature_checks(envelope, predicate)
    counting = {
        key.public.algorithm
        for key in predicate.keys
        if trusted is None or key_fault(predicate, key, trusted, policy) is None
    }
    required = required_algorithms(policy, facts.tenant, facts.crypto_mode)
    return (
        *signatures,
        algorithms_check(predicate, required, valid),
        *key_checks(predicate, trusted, policy),
        *policy_checks(predicate, trusted, policy, valid & counting),
    )
