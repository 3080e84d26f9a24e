"""Who signed: the keys against the verifier's trust store, and everything stated against the verifier's policy."""

from __future__ import annotations

from collections.abc import Iterator

from qlang.trust.checks import Check
from qlang.trust.custody import DEFAULT_TENANT, RUN_MANIFEST
from qlang.trust.keys.events import Created
from qlang.trust.keys.trust import (
    EXPIRED,
    IS_COMPROMISED,
    NOT_YET_VALID,
    REVOKED,
    ROTATED,
    VALID,
    WRONG_PURPOSE,
    WRONG_TENANT,
    KeyStatus,
    TrustStore,
)
from qlang.trust.manifest import ManifestKey, RunPredicate
from qlang.trust.policy.evaluate import evaluate_verification
from qlang.trust.policy.model import Policy
from qlang.trust.policy.questions import KeyFacts, VerificationQuestion

_OTHER_CUSTODY = "other custody"
_NO_MORE = "its signatures count no more, whoever's keys are trusted"
_ANEW = "do not rely on this run: have the job run and signed again with a key that is valid (`qlangc keys list`)"
_NOT_FOR_THIS = "ask the signer which key is for such runs: this one says itself that it is not"
ADVICE = {
    REVOKED: f"{_NO_MORE}; {_ANEW}",
    IS_COMPROMISED: f"{_NO_MORE}, for others may hold it; {_ANEW}",
    ROTATED: f"another key has its place, and signatures dated later count no more; {_ANEW}",
    EXPIRED: f"signatures dated after its end do not count; {_ANEW}",
    NOT_YET_VALID: f"signatures dated before its beginning do not count; {_ANEW}",
    WRONG_PURPOSE: _NOT_FOR_THIS,
    WRONG_TENANT: _NOT_FOR_THIS,
    _OTHER_CUSTODY: "the manifest contradicts what the key says about itself: do not rely on this run, ask its signer",
}
"""State of a key → what to do about a run that it signed; for others, see `chain.ADVICE`."""
_UNREADABLE = "get that file anew from whom it came, or remove it if you know that it is no revocation"


def key_checks(predicate: RunPredicate, trusted: TrustStore | None, policy: Policy) -> Iterator[Check]:
    """Trusted, for this purpose, at that time and place in the ledger, not revoked, and kept where the run says."""
    if trusted is None:
        yield Check("key", True, "not checked: no trusted keys given, the manifest's own keys were used")
        return
    for text in trusted.faults:
        yield Check("key store", False, f"{text}; it may be a revocation", _UNREADABLE)
    for ignored in trusted.ignored:
        if ignored.event.event.key in trusted.trusted:
            yield Check(
                "key store", False, f"an event about a trusted key is not to be believed: {ignored}", _UNREADABLE
            )
    for key in predicate.keys:
        status, name = _key_status(predicate, key, trusted, policy), key.public.key_id
        if status.state == VALID:
            yield Check(f"key {name}", True, f"trusted, custody {key.custody}, {key.probe}")
        else:
            yield Check(f"key {name}", False, status.without_name(name), ADVICE.get(status.state, ""))


def key_fault(predicate: RunPredicate, key: ManifestKey, trusted: TrustStore, policy: Policy) -> str | None:
    """Why a signature by one of the manifest's keys does not count, or None if it does."""
    status = _key_status(predicate, key, trusted, policy)
    return None if status.state == VALID else status.detail


def _key_status(predicate: RunPredicate, key: ManifestKey, trusted: TrustStore, policy: Policy) -> KeyStatus:
    facts = predicate.facts
    tenant = policy.key_tenant(facts.tenant) if policy.tenants else None
    status = trusted.status(
        key.public, purpose=RUN_MANIFEST, at=facts.created_at, position=predicate.ledger, tenant=tenant
    )
    for claims in trusted.claims_of(key.public) if status.state == VALID else ():
        if claims.custody != key.custody:
            detail = f"{key.public.key_id} has custody {claims.custody}, the manifest says {key.custody}"
            return KeyStatus(_OTHER_CUSTODY, detail)
    return status


def policy_checks(
    predicate: RunPredicate, trusted: TrustStore | None, policy: Policy, valid: frozenset[str]
) -> Iterator[Check]:
    """What the verifier's policy says of the run. `valid`: the algorithms of valid signatures by trusted keys."""
    facts = predicate.facts
    decision = evaluate_verification(
        policy,
        VerificationQuestion(
            tenant=facts.tenant,
            crypto_mode=facts.crypto_mode,
            algorithms=tuple(name for name in predicate.algorithms if name in valid),
            keys=tuple(_key_facts(key, trusted) for key in predicate.keys),
            backend_id=facts.backend_id,
            created_at=facts.created_at,
            calibration_at=facts.calibration_at,
            signed_at=predicate.signed_at,
        ),
    )
    for verdict in decision.rules:
        if not verdict.allowed:
            yield Check(f"policy {verdict.rule}", False, f"{verdict.reason} ({verdict.place})")
    if decision.allowed:
        yield Check("policy", True, f"{policy.name}: {len(decision.rules)} rules looked at")
    if policy.digest != predicate.policy.digest:
        signed_under = f"{predicate.policy.name!a:.80} {predicate.policy.digest}"
        yield Check("note policy", True, f"signed under {signed_under}, verified under {policy.name} {policy.digest}")


def _key_facts(key: ManifestKey, trusted: TrustStore | None) -> KeyFacts:
    """A key as a policy sees it. Its age and owner are those that it states in a signed event of the trust store."""
    claims = trusted.claims_of(key.public) if trusted is not None else ()
    made = [
        signed.event.at
        for signed in (trusted.events if trusted is not None and claims else ())
        if isinstance(signed.event, Created) and signed.event.key == key.public
    ]
    return KeyFacts(
        key_id=key.public.key_id,
        algorithm=key.public.algorithm,
        custody=key.custody,
        probe=key.probe,
        not_before=key.not_before,
        not_after=key.not_after,
        created_at=min(made, default=None),
        tenant=claims[0].tenant if claims else DEFAULT_TENANT,
    )
